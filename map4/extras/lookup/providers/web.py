"""Requests to providers of metadata: keys, tokens, rate limits, and what answers mean."""

from __future__ import annotations

import json
import os
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from map4.core.base.paths import user_file
from map4.core.base.regular_files import OnDisk
from map4.core.base.unfinished import SafeFile
from map4.errors import UsageError
from map4.extras.lookup.provider import NO_ACCESS, Access, MetadataProvider, ServiceRequest
from map4.extras.shared import http_answers
from map4.extras.shared.service import Fault, FaultKind, Reply
from map4.version import __version__

# A later moment was written by a clock that has been set back since.
_MOST_AHEAD_S = 600.0
_POLL_S = 0.02
_MOST_BYTES = 100


class SharedRate:
    """Schedules requests at least `interval_s` after the response to any other request to the same host.

    Only one request is in flight at a time, so the service never sees requests closer together, at any latency.

    folder: contains each host's next free moment, under a lock
    """

    def __init__(self, folder: str, host: str, interval_s: float) -> None:
        name = "".join(letter if letter.isalnum() or letter in ".-" else "_" for letter in host)
        self._path = os.path.join(folder, f"{name}.next")
        self._interval_s = interval_s
        self._own_next_s = self._held_until_s = 0.0
        self._own = threading.Lock()

    @contextmanager
    def turn(self, most_s: float) -> Iterator[bool]:
        """Wait for the next turn and hold it; yields False if it does not come within `most_s`."""
        until = time.monotonic() + most_s
        with ExitStack() as stack:
            is_ours = self._own.acquire(timeout=most_s)
            if is_ours:
                stack.callback(self._own.release)
                is_ours = self._is_locked(stack, until) and time.monotonic() + self._wait_s() <= until
            if is_ours:
                time.sleep(self._wait_s())
                self._note()  # for other processes, in case this one ends before the response
                stack.callback(self._note)
            yield is_ours

    def hold(self, seconds: float) -> None:
        """Block all requests for this long; called by the holder of the turn."""
        self._held_until_s = time.time() + seconds

    def _is_locked(self, stack: ExitStack, until: float) -> bool:
        from filelock import FileLock, Timeout

        try:
            SafeFile.make_private_folder(os.path.dirname(self._path))
            lock = FileLock(f"{self._path}.lock", poll_interval=_POLL_S, mode=0o600)
            stack.enter_context(lock.acquire(timeout=max(0.0, until - time.monotonic())))
        except Timeout:
            return False
        except OSError:  # unwritable folder: then at least this process keeps the rate
            pass
        return True

    def _wait_s(self) -> float:
        next_s, now_s = max(self._read(), self._own_next_s), time.time()
        return next_s - now_s if now_s < next_s <= now_s + _MOST_AHEAD_S else 0.0

    def _note(self) -> None:
        self._own_next_s = max(time.time() + self._interval_s, self._held_until_s)
        with suppress(OSError), open(self._path, "w", encoding="ascii", opener=SafeFile.open_private) as file:
            file.write(f"{self._own_next_s:.6f}")

    def _read(self) -> float:
        with suppress(OSError, ValueError):
            return float(OnDisk(self._path).read(most_bytes=_MOST_BYTES))
        return 0.0


AGENT: Mapping[str, str] = {"User-Agent": f"map4/{__version__}"}
_HOLD_S, _LONGEST_HOLD_S = 5.0, 60.0  # how long to pause when no request is left, if the service does not report a time
_TOKEN_S, _EARLY_S = 3600.0, 60.0  # default lifetime of a token, and how early it is renewed
_MOST_HOPS = 5


def checked_url(url: str, provider: str, *, has_key: bool = False) -> str:
    """The address of a service without a trailing slash."""
    parts = http_answers.parts_of(url)
    if parts is None or parts.username:
        raise UsageError(f"providers.{provider}.url must be an address such as https://musicbrainz.org")
    if has_key and parts.scheme == "http" and not http_answers.is_this_machine(parts.hostname):
        raise UsageError(f"providers.{provider}.url: http://{parts.hostname} would get your key unencrypted; use https")
    return url.rstrip("/")


def web_client(provider: MetadataProvider, rates: str | None = None) -> WebClient:
    """Return a client of a service with its rate limit; `rates` is the folder of `SharedRate`."""
    policy = provider.policy
    return WebClient(provider, SharedRate(rates or user_file("cache", "rates"), policy.host or "", policy.interval_s))


class WebClient:
    """A client of a service. Each request runs in its own daemon thread.

    Answers are JSON texts, `null` if the service does not know the item.
    """

    def __init__(self, provider: MetadataProvider, rate: SharedRate) -> None:
        self._provider, self._rate = provider, rate
        self._access: Access = getattr(provider, "access", NO_ACCESS)
        self._client = http_answers.HttpClient(self.model, {"Accept": "application/json", **provider.headers})
        self._token, self._token_until = "", 0.0

    @property
    def model(self) -> str:
        return self._provider.policy.host or self._provider.name

    def close(self) -> None:
        self._client.close()

    def submit(self, questions: Mapping[int, ServiceRequest], timeout_s: float) -> Future[Reply[str]]:
        """Send one query, or as many at once as the service accepts."""
        return http_answers.answered(f"map4-{self._provider.name}", lambda: self._ask(questions, timeout_s))

    def _ask(self, questions: Mapping[int, ServiceRequest], timeout_s: float) -> Reply[str]:
        until = time.monotonic() + timeout_s
        with self._rate.turn(timeout_s) as is_ours:
            if not is_ours:
                return self._fault("network", f"other programs use the rate limit of {self.model} for the next minute")
            return self._sent(questions, until, timeout_s)

    def _sent(
        self, questions: Mapping[int, ServiceRequest], until: float, timeout_s: float, url: str = "", hops: int = 0
    ) -> Reply[str]:
        requests: Any = list(questions.values())
        is_joined = self._provider.policy.at_once > 1
        request: ServiceRequest = self._provider.joined(requests) if is_joined else requests[0]  # type: ignore[attr-defined]

        def left_s() -> float:
            return max(1.0, until - time.monotonic())

        most_bytes = http_answers.MOST_PAGE_BYTES if request.is_picture else http_answers.MOST_DOCUMENT_BYTES
        try:
            headers = {**self._access.headers, **self._authorization(left_s())}
            content = self._content(request, headers) | {"headers": headers}
            answer = self._client.ask(
                request.method, url or request.url, timeout_s=left_s(), most_bytes=most_bytes, **content
            )
        except http_answers.HttpError as error:
            return self._fault(error.kind, str(error))
        if hops < _MOST_HOPS and (target := self._sent_on(answer)) is not None:
            return self._sent(questions, until, timeout_s, target, hops + 1)
        policy = self._provider.policy
        if _number(answer.headers.get(policy.left_header)) == 0.0:
            self._rate.hold(min(_number(answer.headers.get(policy.reset_header)) or _HOLD_S, _LONGEST_HOLD_S))
        if answer.status == 404:
            return Reply(answers=dict.fromkeys(questions, "null"))
        refused = self._refused(answer)
        if refused is not None and refused.kind not in ("answer", "authentication"):
            return self._reply(refused)
        return self._read(questions, request, answer.body, refused)

    def _sent_on(self, answer: http_answers.HttpAnswer) -> str | None:
        """The redirect target, if it is the service's own host or allowed by its policy."""
        if answer.sent_to is None or not self._provider.policy.sends_on or self._access.secrets:
            return None
        target = urlsplit(answer.sent_to)
        is_ours = target.netloc == self._provider.policy.host
        is_named = target.scheme == "https" and f".{target.hostname}".endswith(self._provider.policy.sends_on)
        return answer.sent_to if is_ours or is_named else None

    def _content(self, request: ServiceRequest, headers: dict[str, str]) -> dict[str, Any]:
        """Parameters and body as sent, including keys."""
        parameters = [*request.parameters, *self._access.parameters.items()]
        if request.method == "POST" and not request.body:
            return {"data": dict(parameters)}
        if request.body:
            headers["Content-Type"] = "application/json"
            return {"params": parameters, "content": request.body.encode()}
        return {"params": parameters}

    def _authorization(self, left_s: float) -> dict[str, str]:
        """The authorization header with a token, which is requested if there is none yet."""
        if self._access.token_url is None:
            return {}
        if time.time() >= self._token_until:
            client_id, client_secret = self._access.secrets
            answer = self._client.ask(
                "POST", self._access.token_url, timeout_s=left_s, most_bytes=http_answers.MOST_MESSAGE_BYTES,
                data={"grant_type": "client_credentials"}, auth=(client_id, client_secret),
            )  # fmt: skip
            if answer.status >= 500:
                raise http_answers.HttpError("server", f"{self.model} issues no token now ({answer.status})")
            try:
                got = http_answers.document_of(answer.body.decode("utf-8")) if answer.status == 200 else {}
                self._token, lasts_s = str(got["access_token"]), float(got.get("expires_in") or _TOKEN_S)
            except (ValueError, LookupError, TypeError):
                raise http_answers.HttpError(
                    "authentication", f"{self.model} rejects these keys ({answer.status}); check them"
                ) from None
            self._token_until = time.time() + lasts_s - _EARLY_S
        return {"Authorization": f"Bearer {self._token}"}

    def _refused(self, http_answer: http_answers.HttpAnswer) -> Fault | None:
        """Fault of an HTTP status; None for success and 404."""
        status, host = http_answer.status, self.model
        if status in (200, 404):
            return None
        retry_s = http_answers.retry_after_s(http_answer.headers)
        again = "" if retry_s is None else f"; retry in {retry_s:.0f} s"
        if status in self._provider.policy.limit_statuses:
            message = f"{host} received too many requests ({status}){again}"
            return Fault(kind="rate_limit", message=message, retry_after_s=retry_s)
        if status in (401, 403):
            self._token_until = 0.0
            message = f"{host} rejects this program ({status})"
            return Fault(kind="authentication", message=message)
        if status >= 500 or status in (408, 409):
            return Fault(kind="server", message=f"{host} has a problem ({status}){again}", retry_after_s=retry_s)
        if 300 <= status < 400:
            return Fault(kind="answer", message=f"{host} redirects to another address ({status})")
        return Fault(kind="answer", message=f"{host} rejects this request ({status})")

    def _read(
        self, questions: Mapping[int, ServiceRequest], request: ServiceRequest, body: bytes, refused: Fault | None
    ) -> Reply[str]:
        """Parse the response; for an error status, prefer the service's message if it is more specific."""
        try:
            text = json.dumps(b64encode(body).decode()) if request.is_picture else body.decode("utf-8")
            for secret in self._access.secrets:
                text = text.replace(secret, "…")
            answer = http_answers.document_of(text)
        except ValueError:  # HTML, a truncated document, another charset
            answer = None
        if refused is not None:
            reported = None if answer is None else self._provider.fault_in(request, answer)
            refused = reported if reported is not None and reported.kind != "answer" else refused
            return self._reply(refused)
        if answer is None:
            return self._fault("answer", f"{self.model} did not return JSON")
        fault = self._provider.fault_in(request, answer)
        if fault is not None:
            return self._reply(fault)
        if self._provider.policy.at_once == 1:
            return Reply(answers=dict.fromkeys(questions, json.dumps(answer, ensure_ascii=False)))
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
        delay_s = float(text or "")
        return delay_s if delay_s >= 0.0 else None
    return None
