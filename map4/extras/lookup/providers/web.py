"""Ask a provider's service over HTTP: the only place that opens a connection for metadata."""

from __future__ import annotations

import json
import logging
import threading
import time
from base64 import b64encode
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from map4.base.asking.http_answers import (
    HttpError,
    answered,
    body_of,
    is_this_machine,
    mapped_http_errors,
    parts_of,
    retry_after_s,
    trusted,
)
from map4.base.asking.service import Fault, FaultKind, Reply
from map4.base.user_folders import user_file
from map4.errors import UsageError
from map4.extras.lookup.provider import NO_ACCESS, Access, MetadataProvider, ServiceRequest
from map4.extras.lookup.providers.rate import SharedRate
from map4.version import __version__

if TYPE_CHECKING:
    import httpx2

AGENT: Mapping[str, str] = {"User-Agent": f"map4/{__version__}"}
_HOLD_S, _LONGEST_HOLD_S = 5.0, 60.0
"""So long a service is left alone that says that no request is left, unless it says for how long."""
_TOKEN_S, _EARLY_S = 3600.0, 60.0
"""How long a token lasts that does not say so, and how long before its end a new one is got."""
_MOST_HOPS = 5


def checked_url(url: str, provider: str, *, has_key: bool = False) -> str:
    """The address of a service, without a slash at its end."""
    parts = parts_of(url)
    if parts is None or parts.username:
        raise UsageError(f"providers.{provider}.url takes an address such as https://musicbrainz.org")
    if has_key and parts.scheme == "http" and not is_this_machine(parts.hostname):
        raise UsageError(
            f"providers.{provider}.url: http://{parts.hostname} would be sent your key for anyone to read; use https"
        )
    return url.rstrip("/")


def web_client(provider: MetadataProvider, rates: str | None = None) -> WebClient:
    """A client of a service, at the rate that it allows; `rates` is the folder of `SharedRate`."""
    policy = provider.policy
    return WebClient(provider, SharedRate(rates or user_file("cache", "rates"), policy.host or "", policy.interval_s))


class WebClient:
    """A client of one service; each request runs in a thread of its own, which never keeps the process from ending.

    Answers are the texts of JSON documents, `null` where the service has no such thing.
    """

    def __init__(self, provider: MetadataProvider, rate: SharedRate) -> None:
        self._provider, self._rate = provider, rate
        self._access: Access = getattr(provider, "access", NO_ACCESS)
        self._lock = threading.Lock()
        self._made: httpx2.Client | None = None
        self._token, self._token_until = "", 0.0

    @property
    def model(self) -> str:
        return self._provider.policy.host or self._provider.name

    def close(self) -> None:
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            made.close()

    def submit(self, questions: Mapping[int, ServiceRequest], timeout_s: float) -> Future[Reply[str]]:
        """Ask one question, or as many at once as the service takes."""
        return answered(f"map4-{self._provider.name}", lambda: self._ask(questions, timeout_s))

    def _client(self) -> httpx2.Client:
        import httpx2

        with self._lock:
            if self._made is None:
                # Its log has whole addresses, with the names of tracks and with keys.
                logging.getLogger("httpx2").setLevel(logging.WARNING)
                headers = {"Accept": "application/json", **self._provider.headers}
                self._made = httpx2.Client(headers=headers, verify=trusted())
            return self._made

    def _ask(self, questions: Mapping[int, ServiceRequest], timeout_s: float) -> Reply[str]:
        until = time.monotonic() + timeout_s
        with self._rate.turn(timeout_s) as is_ours:
            if not is_ours:
                return self._fault("network", f"other programs use up what {self.model} allows for the next minute")
            return self._sent(questions, until, timeout_s)

    def _sent(
        self, questions: Mapping[int, ServiceRequest], until: float, timeout_s: float, url: str = "", hops: int = 0
    ) -> Reply[str]:
        requests: Any = list(questions.values())
        is_joined = self._provider.policy.at_once > 1
        request: ServiceRequest = self._provider.joined(requests) if is_joined else requests[0]  # type: ignore[attr-defined]

        def left_s() -> float:
            return max(1.0, until - time.monotonic())

        try:
            with mapped_http_errors(self.model, timeout_s):
                headers = {**self._access.headers, **self._authorization(left_s())}
                content = self._content(request, headers)
                content |= {"headers": headers, "timeout": left_s()}
                with self._client().stream(request.method, url or request.url, **content) as response:
                    if hops < _MOST_HOPS and (target := self._sent_on(response)) is not None:
                        return self._sent(questions, until, timeout_s, target, hops + 1)
                    self._obey(response.headers)
                    if response.status_code == 404:
                        return Reply(answers=dict.fromkeys(questions, "null"))
                    refused = self._refused(response)
                    if refused is not None and refused.kind not in ("answer", "authentication"):
                        return self._reply(refused)
                    body = body_of(response, self.model, until, timeout_s)
        except HttpError as error:
            return self._fault(error.kind, str(error))
        return self._read(questions, request, body, refused)

    def _sent_on(self, response: httpx2.Response) -> str | None:
        """The address that a service sends to, where that is one of its own or one that its policy names."""
        if response.next_request is None or not self._provider.policy.sends_on or self._access.secrets:
            return None
        target = response.next_request.url
        is_ours = target.netloc.decode() == self._provider.policy.host
        is_named = target.scheme == "https" and f".{target.host}".endswith(self._provider.policy.sends_on)
        return str(target) if is_ours or is_named else None

    def _content(self, request: ServiceRequest, headers: dict[str, str]) -> dict[str, Any]:
        """Parameters and body as they are sent, keys included."""
        parameters = [*request.parameters, *self._access.parameters.items()]
        if request.method == "POST" and not request.body:
            return {"data": dict(parameters)}
        if request.body:
            headers["Content-Type"] = "application/json"
            return {"params": parameters, "content": request.body.encode()}
        return {"params": parameters}

    def _authorization(self, left_s: float) -> dict[str, str]:
        """The header with a token of the service, got when there is none yet."""
        if self._access.token_url is None:
            return {}
        if time.time() >= self._token_until:
            client_id, client_secret = self._access.secrets
            answer = self._client().post(
                self._access.token_url,
                data={"grant_type": "client_credentials"},
                auth=(client_id, client_secret),
                timeout=left_s,
            )
            if answer.status_code >= 500:
                raise HttpError("server", f"{self.model} gives no token now ({answer.status_code})")
            try:
                got = answer.json() if answer.status_code == 200 else {}
                self._token, lasts_s = str(got["access_token"]), float(got.get("expires_in") or _TOKEN_S)
            except (ValueError, LookupError, TypeError):
                raise HttpError(
                    "authentication",
                    f"{self.model} gives no token for these keys ({answer.status_code}); are they right?",
                ) from None
            self._token_until = time.time() + lasts_s - _EARLY_S
        return {"Authorization": f"Bearer {self._token}"}

    def _obey(self, headers: Mapping[str, str]) -> None:
        """Leave a service alone, for all programs of this machine, that says that no request is left."""
        policy = self._provider.policy
        if _number(headers.get(policy.left_header)) == 0.0:
            self._rate.hold(min(_number(headers.get(policy.reset_header)) or _HOLD_S, _LONGEST_HOLD_S))

    def _refused(self, response: httpx2.Response) -> Fault | None:
        """What a status says, where it is no success and not that a thing is unknown."""
        status, host = response.status_code, self.model
        if status in (200, 404):
            return None
        retry_s = retry_after_s(response.headers)
        again = "" if retry_s is None else f", and asks to come back in {retry_s:.0f} s"
        if status in self._provider.policy.limit_statuses:
            message = f"{host} is asked too often ({status}){again}"
            return Fault(kind="rate_limit", message=message, retry_after_s=retry_s)
        if status in (401, 403):
            self._token_until = 0.0
            message = f"{host} refuses this program ({status})"
            return Fault(kind="authentication", message=message)
        if status >= 500 or status in (408, 409):
            return Fault(kind="server", message=f"{host} has a problem ({status}){again}", retry_after_s=retry_s)
        if 300 <= status < 400:
            return Fault(kind="answer", message=f"{host} sends to another address ({status})")
        return Fault(kind="answer", message=f"{host} refuses this question ({status})")

    def _read(
        self, questions: Mapping[int, ServiceRequest], request: ServiceRequest, body: bytes, refused: Fault | None
    ) -> Reply[str]:
        """The answer; of a refusal what the service says, where that tells more than its status."""
        try:
            text = json.dumps(b64encode(body).decode()) if request.is_picture else body.decode("utf-8")
            for secret in self._access.secrets:
                text = text.replace(secret, "…")
            answer = json.loads(text)
        except (ValueError, RecursionError):  # HTML, half a document, another charset
            answer = None
        if refused is not None:
            said = None if answer is None else self._provider.fault_in(request, answer)
            refused = said if said is not None and said.kind != "answer" else refused
            return self._reply(refused)
        if answer is None:
            return self._fault("answer", f"{self.model} answered with something else than JSON")
        fault = self._provider.fault_in(request, answer)
        if fault is not None:
            return self._reply(fault)
        if self._provider.policy.at_once == 1:
            return Reply(answers=dict.fromkeys(questions, text))
        parts = self._provider.parted(list(questions.values()), answer)  # type: ignore[attr-defined]
        return Reply(answers={number: json.dumps(part) for number, part in zip(questions, parts, strict=True)})

    def _fault(self, kind: FaultKind, message: str) -> Reply[Any]:
        return self._reply(Fault(kind=kind, message=message))

    def _reply(self, fault: Fault) -> Reply[Any]:
        message = fault.message
        for secret in (*self._access.secrets, self._token):
            message = message.replace(secret, "…") if secret else message
        return Reply(fault=replace(fault, message=message))


def _number(text: str | None) -> float | None:
    with suppress(ValueError, TypeError):
        found = float(text or "")
        return found if found >= 0.0 else None
    return None
