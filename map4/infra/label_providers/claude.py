"""Ask Claude: the only place that opens a network connection, and the only one that knows the key."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from map4.domain.label_facts import TrackFacts
from map4.domain.labels import Labels
from map4.errors import UsageError
from map4.infra.label_providers.prompt import (
    ANSWER_TOKENS_PER_TRACK,
    SYSTEM_PROMPT,
    answer_schema,
    question,
    read_answer,
)
from map4.ports.asking import Fault, FaultKind, Reply

if TYPE_CHECKING:
    import anthropic
    from anthropic.types import Message

KEY_VARIABLE = "ANTHROPIC_API_KEY"
DEFAULT_MODEL = "claude-haiku-5-5"
"""A current small model."""
DEFAULT_BASE_URL = "https://api.anthropic.com"
SOURCE = "claude"
# More than any answer needs: it is a limit against answers without end, and costs nothing.
_MOST_TOKENS_PER_TRACK = 4 * ANSWER_TOKENS_PER_TRACK
_MOST_TOKENS_BESIDE = 1000
# Models that think before they answer count that as output.
_THINKING_TOKENS = 8000
_MESSAGE_LENGTH = 200
_ERRNO = re.compile(r"^\[Errno -?\d+\] ")
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def api_key(environment: Mapping[str, str]) -> str | None:
    """The key, or None where there is none.

    Raises
    ------
    UsageError
        If it holds characters that no key has. They would be rejected, key and all, by what writes the header.
    """
    key = environment.get(KEY_VARIABLE, "").strip()
    if not all("!" <= letter <= "~" for letter in key):
        raise UsageError(f"{KEY_VARIABLE} holds spaces or letters that no key has; set it anew")
    return key or None


def checked_base_url(url: str) -> str:
    """The address of the service, as far as it may be sent a key.

    Raises
    ------
    UsageError
        If it is no address, holds a password, or is not encrypted and another machine's.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise UsageError("--base-url takes an address such as https://api.anthropic.com")
    if parts.username or parts.password:
        raise UsageError(f"--base-url may hold no password; the key comes from {KEY_VARIABLE}")
    if parts.scheme == "http" and host not in _LOCAL_HOSTS:
        raise UsageError(f"http://{host} would be sent your key for anyone to read; use https")
    return url


class Claude:
    """A client of Claude's; each request runs in a thread of its own, which never keeps the process from ending.

    Parameters
    ----------
    key : is in no representation, message or exception that leaves this class
    model, base_url : which model, and where
    """

    def __init__(self, *, key: str, model: str = DEFAULT_MODEL, base_url: str = DEFAULT_BASE_URL) -> None:
        self._key = key
        self._model = model
        self._base_url = base_url
        self._lock = threading.Lock()
        self._made: anthropic.Anthropic | None = None

    @property
    def model(self) -> str:
        """The model that answers."""
        return self._model

    def submit(self, questions: Mapping[int, TrackFacts], timeout_s: float) -> Future[Reply[Labels]]:
        """Ask about these tracks."""
        future: Future[Reply[Labels]] = Future()

        def run() -> None:
            try:
                reply = self._ask(questions, timeout_s)
            except Exception as error:
                # Around one job: the SDK raises anything at answers of an unknown form.
                reply = Reply(fault=self._fault("answer", f"{type(error).__name__} at an answer of an unknown form"))
            future.set_result(reply)

        threading.Thread(target=run, name="map4-claude", daemon=True).start()
        return future

    def _client(self) -> anthropic.Anthropic:
        import anthropic

        with self._lock:
            if self._made is None:
                self._made = anthropic.Anthropic(
                    api_key=self._key,
                    base_url=self._base_url,
                    max_retries=0,  # it would obey a retry-after of days
                )
            return self._made

    def _ask(self, questions: Mapping[int, TrackFacts], timeout_s: float) -> Reply[Labels]:
        import anthropic

        try:
            # Not validated strictly: each new kind of block or reason to stop would make every answer invalid.
            message = self._client().messages.create(**self._request(questions), timeout=timeout_s)
            return self._read(message, questions)
        except anthropic.APITimeoutError:
            return Reply(fault=self._fault("network", f"there was no answer within {timeout_s:.0f} s"))
        except anthropic.APIConnectionError as error:
            return Reply(fault=self._fault("network", f"{self._host} can't be reached ({_cause(error)})"))
        except anthropic.APIStatusError as error:
            return Reply(fault=self._of_status(error))
        except (anthropic.APIError, ValueError, AttributeError, TypeError):
            # HTML, broken or foreign JSON with status 200: the SDK, or who reads what it makes of it, stumbles.
            return Reply(fault=self._fault("answer", f"{self._host} answered with something else than Claude's JSON"))

    def _request(self, questions: Mapping[int, TrackFacts]) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._model,
            "system": SYSTEM_PROMPT,
            "messages": [{"role": "user", "content": question(questions)}],
            "max_tokens": _MOST_TOKENS_BESIDE + _MOST_TOKENS_PER_TRACK * len(questions),
            "output_config": {"format": {"type": "json_schema", "schema": answer_schema()}},
        }
        if "haiku" in self._model:
            # To know a record needs no reasoning, and it would cost more than the answer. Larger models refuse this.
            request["thinking"] = {"type": "disabled"}
        else:
            request["max_tokens"] += _THINKING_TOKENS
        return request

    def _read(self, message: Message, questions: Mapping[int, TrackFacts]) -> Reply[Labels]:
        labels: dict[int, Labels] = {}
        problem = None if message.stop_reason != "refusal" else "Claude declined to answer"
        if problem is None:
            text = "".join(block.text for block in message.content if block.type == "text")
            try:
                labels = read_answer(text, questions, source=SOURCE, model=self._model)
                problem = None if len(labels) == len(questions) else "the answer leaves tracks out"
            except ValueError:
                is_cut = message.stop_reason in ("max_tokens", "model_context_window_exceeded")
                problem = "the answer was cut off" if is_cut else "the answer is no JSON of the form asked for"
        return Reply(
            answers=labels,
            fault=None if problem is None else self._fault("answer", problem),
            input_tokens=_count(message.usage.input_tokens),
            output_tokens=_count(message.usage.output_tokens),
        )

    def _of_status(self, error: anthropic.APIStatusError) -> Fault:
        status = error.status_code
        said = self._clean(error.api_message)
        if status in (401, 403):
            return self._fault("authentication", f"the key in {KEY_VARIABLE} is not accepted ({status}{said})")
        if status == 429:
            asked_s = _retry_after_s(error)
            again = "" if asked_s is None else f", and asks to come back in {_span(asked_s)}"
            return self._fault("rate_limit", f"too many requests for this key (429){again}", asked_s)
        if status == 413:
            return self._fault("answer", "the request is too large (413)")
        if status in (408, 409) or status >= 500:
            what = "is overloaded" if status == 529 else "has a problem"
            return self._fault("server", f"{self._host} {what} ({status})", _retry_after_s(error))
        return self._fault("request", f"the service takes no such request ({status}{said})")

    def _fault(self, kind: FaultKind, message: str, retry_after_s: float | None = None) -> Fault:
        return Fault(kind=kind, message=message.replace(self._key, "…"), retry_after_s=retry_after_s)

    def _clean(self, said: Any) -> str:
        """What the service says, on one short line, without the key, which it might quote."""
        if not isinstance(said, str):
            return ""
        words = " ".join(said.replace(self._key, "…").split())[:_MESSAGE_LENGTH].rstrip(".")
        return f": {words}" if words else ""

    @property
    def _host(self) -> str:
        return urlsplit(self._base_url).hostname or self._base_url


def key_from_environment() -> str | None:
    """The key of this process's environment; see `api_key`."""
    return api_key(os.environ)


def _count(tokens: Any) -> int:
    return tokens if isinstance(tokens, int) and tokens > 0 else 0


def _cause(error: BaseException) -> str:
    """The innermost reason, such as "Name or service not known"."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return _ERRNO.sub("", str(cause))[:_MESSAGE_LENGTH] or type(cause).__name__


def _retry_after_s(error: anthropic.APIStatusError) -> float | None:
    text = error.response.headers.get("retry-after", "")
    try:
        seconds = float(text)
    except ValueError:  # a date, which no service of this kind sends
        return None
    return seconds if 0.0 <= seconds < float("inf") else None


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
