"""Read HTTP answers of a service with limits on size and time, and report faults in plain words."""

from __future__ import annotations

import ipaddress
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import SplitResult, urlsplit

from map4.base.asking.service import Fault, FaultKind, Reply
from map4.base.text import without_controls

if TYPE_CHECKING:
    import ssl

    import httpx2

Answer = TypeVar("Answer")
_MOST_BYTES = 16 << 20
"""Maximum size of an answer."""
_MESSAGE_LENGTH = 160


class HttpError(Exception):
    """The request failed; the message is for people."""

    def __init__(self, kind: FaultKind, message: str) -> None:
        super().__init__(message)
        self.kind: FaultKind = kind


@cache
def trusted(*, trust_env: bool = True) -> ssl.SSLContext:
    """The TLS context of all clients; cached, because loading the certificates takes longer than most requests.

    trust_env: whether SSL_CERT_FILE and SSL_CERT_DIR apply
    """
    import httpx2

    return httpx2.create_ssl_context(trust_env=trust_env)


def answered(name: str, ask: Callable[[], Reply[Answer]]) -> Future[Reply[Answer]]:
    """Run a request in a daemon thread of this name; the future never raises."""
    future: Future[Reply[Answer]] = Future()

    def run() -> None:
        try:
            reply = ask()
        except Exception as error:
            # Around a single request: clients raise all kinds of errors for malformed answers.
            fault = Fault(kind="answer", message=f"{type(error).__name__} at an answer of an unknown form")
            reply = Reply(fault=fault)
        future.set_result(reply)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future


def parts_of(address: str) -> SplitResult | None:
    """The parts of an HTTP address with a host; None for other text."""
    with suppress(ValueError):
        parts = urlsplit(address)
        _ = parts.port  # raises if invalid
        if parts.scheme in ("http", "https") and parts.hostname and not parts.query and not parts.fragment:
            return parts
    return None


def is_this_machine(host: str | None) -> bool:
    """Whether a host name or number always means this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def as_said(text: object) -> str:
    """A message of a service, for use in map4's message."""
    return " ".join(without_controls(str(text)).split())[:_MESSAGE_LENGTH].rstrip(".")


@contextmanager
def mapped_http_errors(host: str, timeout_s: float) -> Iterator[None]:
    """Convert a client's exceptions to `HttpError`."""
    import httpx2

    try:
        yield
    except httpx2.TimeoutException:
        raise HttpError("network", f"no answer within {timeout_s:.0f} s") from None
    except httpx2.DecodingError:
        raise HttpError("answer", f"{host} answered with damaged data") from None
    except httpx2.TransportError as error:
        raise HttpError("network", f"{host} can't be reached, or hung up ({cause(error)})") from None


def body_of(response: httpx2.Response, host: str, until: float, timeout_s: float) -> bytes:
    """The whole answer.

    until: deadline in `time.monotonic`
    timeout_s: the timeout in seconds, for the message
    """
    body = bytearray()
    for part in response.iter_bytes():
        body += part
        if len(body) > _MOST_BYTES:
            raise HttpError("answer", f"{host} answered with more than {_MOST_BYTES >> 20} MB")
        if time.monotonic() > until:
            raise HttpError("network", f"{host} did not end its answer within {timeout_s:.0f} s")
    return bytes(body)


def ended_within(timeout_s: float, host: str, ask: Callable[[], Answer]) -> Answer:
    """The result of a request that runs in a daemon thread: no client limits how long the head of an answer takes.

    raises HttpError: if it takes longer
    """
    future: Future[Answer] = Future()

    def run() -> None:
        try:
            future.set_result(ask())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="map4-request", daemon=True).start()
    if not wait((future,), timeout_s).done:
        raise HttpError("network", f"{host} did not end its answer within {timeout_s:.0f} s")
    return future.result()


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as requested by the service; a date is compared with the service's own clock."""
    text = headers.get("retry-after", "")
    with suppress(ValueError):
        seconds = float(text)
        return seconds if 0.0 <= seconds < float("inf") else None
    with suppress(ValueError, TypeError, KeyError, OverflowError):
        seconds = (parsedate_to_datetime(text) - parsedate_to_datetime(headers["date"])).total_seconds()
        return seconds if seconds > 0.0 else None
    return None


def cause(error: BaseException) -> str:
    """The innermost cause, such as "Name or service not known"."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return re.sub(r"^\[Errno -?\d+\] ", "", text)[:_MESSAGE_LENGTH] or type(error).__name__
