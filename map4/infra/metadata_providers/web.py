"""Ask a provider's service over HTTP: the only place that opens a connection for metadata."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from map4.errors import UsageError
from map4.infra.http_answers import HttpError, body_of, retry_after_s, told
from map4.infra.metadata_providers.rate import SharedRate, default_rates_path
from map4.ports.asking import Fault, FaultKind, Reply
from map4.ports.metadata import MetadataProvider, Request

if TYPE_CHECKING:
    import httpx2


def checked_url(url: str, provider: str) -> str:
    """The address of a service, without a slash at its end.

    Raises
    ------
    UsageError
        If it is no address, or holds a password.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment or parts.username:
        raise UsageError(f"providers.{provider}.url takes an address such as https://musicbrainz.org")
    return url.rstrip("/")


def web_asker(provider: MetadataProvider, rates: str | None = None) -> WebAsker:
    """A client of a service, at the rate that it allows; `rates` as of `map4.infra.metadata_providers.rate`."""
    policy = provider.policy
    return WebAsker(provider, SharedRate(rates or default_rates_path(), policy.host or "", policy.interval_s))


class WebAsker:
    """A client of one service; each request runs in a thread of its own, which never keeps the process from ending.

    Answers are the texts of JSON documents, `null` where the service has no such thing.
    """

    def __init__(self, provider: MetadataProvider, rate: SharedRate) -> None:
        self._provider, self._rate = provider, rate
        self._lock = threading.Lock()
        self._made: httpx2.Client | None = None

    @property
    def model(self) -> str:
        """The host that answers."""
        return self._provider.policy.host or self._provider.name

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            made.close()

    def submit(self, questions: Mapping[int, Request], timeout_s: float) -> Future[Reply[str]]:
        """Ask one question."""
        future: Future[Reply[str]] = Future()
        [(number, request)] = questions.items()

        def run() -> None:
            try:
                reply = self._ask(number, request, timeout_s)
            except Exception as error:
                # Around one job: whatever a strange answer makes of the client.
                reply = self._fault("answer", f"{type(error).__name__} at an answer of an unknown form")
            future.set_result(reply)

        threading.Thread(target=run, name=f"map4-{self._provider.name}", daemon=True).start()
        return future

    def _client(self) -> httpx2.Client:
        import httpx2

        with self._lock:
            if self._made is None:
                self._made = httpx2.Client(headers={"Accept": "application/json", **self._provider.headers})
            return self._made

    def _ask(self, number: int, request: Request, timeout_s: float) -> Reply[str]:
        until = time.monotonic() + timeout_s
        with self._rate.turn(timeout_s) as is_ours:
            if not is_ours:
                return self._fault("network", f"other programs use up what {self.model} allows for the next minute")
            return self._sent(number, request, until, timeout_s)

    def _sent(self, number: int, request: Request, until: float, timeout_s: float) -> Reply[str]:
        left_s = max(1.0, until - time.monotonic())
        stream = self._client().stream("GET", request.url, params=list(request.parameters), timeout=left_s)
        try:
            with told(self.model, timeout_s), stream as response:
                if (refused := self._refused(response)) is not None:
                    return refused
                if response.status_code == 404:
                    return Reply(answers={number: "null"})
                body = body_of(response, self.model, until, timeout_s)
        except HttpError as error:
            return self._fault(error.kind, str(error))
        return self._read(number, request, body)

    def _refused(self, response: httpx2.Response) -> Reply[str] | None:
        """What a status says, where it is no success and not that a thing is unknown."""
        status, host, name = response.status_code, self.model, self._provider.name
        if status in (200, 404):
            return None
        retry_s = retry_after_s(response.headers)
        again = "" if retry_s is None else f", and asks to come back in {retry_s:.0f} s"
        if status in self._provider.policy.limit_statuses:
            return self._fault("rate_limit", f"{host} is asked too often ({status}){again}", retry_s)
        if status in (401, 403):
            message = f"{host} lets this program not in ({status}); look at contact and token_env of providers.{name}"
            return self._fault("authentication", message)
        if status >= 500 or status in (408, 409):
            return self._fault("server", f"{host} has a problem ({status}){again}", retry_s)
        if 300 <= status < 400:
            return self._fault("answer", f"{host} sends to another address ({status})")
        return self._fault("answer", f"{host} takes no such question ({status})")

    def _read(self, number: int, request: Request, body: bytes) -> Reply[str]:
        try:
            text = body.decode("utf-8")
            answer = json.loads(text)
        except (ValueError, RecursionError):  # HTML, half a document, another charset
            return self._fault("answer", f"{self.model} answered with something else than JSON")
        fault = self._provider.fault_in(request, answer)
        return Reply(answers={number: text}) if fault is None else Reply(fault=fault)

    def _fault(self, kind: FaultKind, message: str, retry_after_s: float | None = None) -> Reply[Any]:
        return Reply(fault=Fault(kind=kind, message=message, retry_after_s=retry_after_s))
