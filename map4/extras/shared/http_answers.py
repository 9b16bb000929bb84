"""Send requests to services with limits on size, time and redirects, and report faults in plain words."""

from __future__ import annotations

import ipaddress
import logging
import re
import socket
import threading
import time
import weakref
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from map4.core.base.text import clean, json_values
from map4.extras.shared.service import Fault, FaultKind, Reply

if TYPE_CHECKING:
    import ssl

    import httpx2

Answer = TypeVar("Answer")
MOST_MESSAGE_BYTES, MOST_DOCUMENT_BYTES, MOST_PAGE_BYTES = 64 << 10, 4 << 20, 16 << 20
"""Maximum size of a token or message, of an answer to a question, and of the largest: a picture, or a list of 10,000
songs."""
_MOST_VALUES = 1_000_000  # as in a list of 16 MB; this many empty objects take 70 MB, 16 MB of them 500 MB
_DOCUMENT = re.compile("json|xml|html")
_MARGIN_S = 0.5  # a slow body is reported sooner than a slow head
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


def in_thread(name: str, call: Callable[[], Answer]) -> Future[Answer]:
    """Run a call in a daemon thread of this name."""
    future: Future[Answer] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future


def answered(name: str, ask: Callable[[], Reply[Answer]]) -> Future[Reply[Answer]]:
    """Run a request in a daemon thread of this name; the future never raises."""

    def reply() -> Reply[Answer]:
        try:
            return ask()
        except Exception as error:
            # Around a single request: clients raise all kinds of errors for malformed answers.
            fault = Fault(kind="answer", message=f"{type(error).__name__} at an answer of an unknown form")
            return Reply(fault=fault)

    return in_thread(name, reply)


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


def one_line(text: object) -> str:
    """A message of a service, for use in map4's message."""
    return " ".join(clean(str(text)).split())[:_MESSAGE_LENGTH].rstrip(".")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """An answer, read whole.

    body: of an error, its beginning; empty if it was saved
    sent_to: target of a redirect
    is_saved: whether the body is in the file that the request named
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent_to: str | None
    is_saved: bool


class HttpClient:
    """The client of all requests that map4 sends to services.

    It limits the size and time of each answer, and follows no redirect, whose target would get keys and data.

    trust_env: whether proxies and certificates of the environment apply
    """

    def __init__(self, host: str, headers: Mapping[str, str] | None = None, *, trust_env: bool = True) -> None:
        self._host, self._headers, self._trust_env = host, {"Accept-Encoding": "gzip", **(headers or {})}, trust_env
        self._reusable: weakref.WeakSet[Any] = weakref.WeakSet()

    @cached_property
    def _client(self) -> httpx2.Client:
        import httpx2

        # its log contains whole addresses, with names and keys
        logging.getLogger("httpx2").setLevel(logging.WARNING)
        verify = trusted(trust_env=self._trust_env)
        return httpx2.Client(headers=self._headers, verify=verify, trust_env=self._trust_env, follow_redirects=False)

    def close(self) -> None:
        if client := self.__dict__.pop("_client", None):
            client.close()

    def ask(
        self, method: str, url: str, *, timeout_s: float, silence_s: float | None = None,
        most_bytes: int = MOST_DOCUMENT_BYTES, save_to: str | None = None, **content: Any,
    ) -> HttpAnswer:  # fmt: skip
        """Send a request, and wait for its whole answer.

        silence_s: the longest pause; None is `timeout_s`
        save_to: a file for the answer, unless that is an error or a document
        content: parameters, body and headers, as named by httpx
        """
        connections: list[Any] = []

        def note_connection(event: str, info: Mapping[str, Any]) -> None:
            if event.endswith(("connect_tcp.complete", "start_tls.complete")):
                connections.append(info["return_value"])

        extensions = {"trace": note_connection}
        read = _BodyReader(self._host, timeout_s, time.monotonic() + timeout_s)
        silence_s = silence_s or timeout_s

        def answer() -> HttpAnswer:
            sent = self._client.stream(method, url, timeout=silence_s, extensions=extensions, **content)
            with _mapped_errors(self._host, silence_s), sent as response:
                self._reusable.add(response.extensions["network_stream"])
                status, kind, body = response.status_code, response.headers.get("content-type", ""), b""
                is_saved = save_to is not None and status == 200 and not _DOCUMENT.search(kind)
                if status != 200:
                    body = read.beginning(response)
                elif save_to is not None and is_saved:
                    with open(save_to, "wb") as file:
                        file.writelines(read.parts(response, most_bytes))
                else:
                    body = b"".join(read.parts(response, min(most_bytes, MOST_PAGE_BYTES)))
                target = None if response.next_request is None else str(response.next_request.url)
                return HttpAnswer(status=status, headers=response.headers, body=body, sent_to=target, is_saved=is_saved)

        # In a thread: no client limits how long the head of an answer takes.
        future = in_thread("map4-request", answer)
        if not wait((future,), timeout_s + _MARGIN_S).done:
            # The thread would read a head that never ends until its client is closed, and even then to the next byte.
            for connection in connections or list(self._reusable):
                _end(connection)
            raise read.late()
        return future.result()


@dataclass(frozen=True, slots=True)
class _BodyReader:
    """Reads a body until a deadline."""

    host: str
    timeout_s: float
    until: float

    def parts(self, response: httpx2.Response, most_bytes: int) -> Iterator[bytes]:
        """Yield the body without compression; no more of it is unpacked than may be read."""
        encoding, size = response.headers.get("content-encoding", "identity").lower(), 0
        if encoding not in ("identity", "gzip"):
            raise HttpError("answer", f"{self.host} answered with a compression that was not requested")
        gzip = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding == "gzip" else None
        for packed in response.iter_raw():
            part = packed if gzip is None else gzip.decompress(packed, most_bytes + 1 - size)
            size += len(part)
            if size > most_bytes:
                raise HttpError("answer", f"{self.host} answered with more than {_size_text(most_bytes)}")
            if time.monotonic() > self.until:
                raise self.late()
            yield part
        if gzip is not None and not gzip.eof:
            raise HttpError("network", f"{self.host} broke off its answer")

    def beginning(self, response: httpx2.Response) -> bytes:
        """Return the body of an error, as far as it can be read: the status matters more."""
        body = bytearray()
        with suppress(HttpError), _mapped_errors(self.host, self.timeout_s):
            for part in self.parts(response, MOST_MESSAGE_BYTES):
                body += part
        return bytes(body)

    def late(self) -> HttpError:
        return HttpError("network", f"{self.host} did not end its answer within {self.timeout_s:.0f} s")


def _end(connection: Any) -> None:
    """Wake a thread that reads from a connection, with the end of its data."""
    with suppress(OSError):
        connection.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


def limiting(most_bytes: int = MOST_DOCUMENT_BYTES) -> Callable[[httpx2.Response], None]:
    """Return a response hook that limits the size of answers to a library's own requests."""
    import httpx2

    class Limited(httpx2.SyncByteStream):
        def __init__(self, response: httpx2.Response) -> None:
            self._stream: Any = response.stream

        def __iter__(self) -> Iterator[bytes]:
            size = 0
            for part in self._stream:
                size += len(part)
                if size > most_bytes:
                    raise httpx2.DecodingError(f"it answered with more than {_size_text(most_bytes)}")
                yield part

        def close(self) -> None:
            self._stream.close()

    def limit(response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise httpx2.DecodingError("it answered with a compression that was not requested")
        response.stream = Limited(response)

    return limit


@contextmanager
def _mapped_errors(host: str, timeout_s: float) -> Iterator[None]:
    """Convert a client's exceptions to `HttpError`."""
    import httpx2

    try:
        yield
    except httpx2.TimeoutException:
        raise HttpError("network", f"no answer within {timeout_s:.0f} s") from None
    except (httpx2.DecodingError, zlib.error):
        raise HttpError("answer", f"{host} answered with damaged data") from None
    except httpx2.TransportError as error:
        raise HttpError("network", f"{host} can't be reached, or hung up ({cause(error)})") from None


def _size_text(size: int) -> str:
    return f"{size >> 20} MB" if size >= 1 << 20 else f"{size >> 10} kB"


def document_of(text: str) -> Any:
    """The values of a JSON document."""
    if sum(map(text.count, "{[,")) > _MOST_VALUES:
        raise ValueError(f"more than {_MOST_VALUES:,} values")
    return json_values(text)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as requested by the service; a date is compared with the service's own clock."""
    text = headers.get("retry-after", "")
    with suppress(ValueError):
        seconds = float(text)
        return seconds if 0.0 <= seconds < 1e9 else None
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
