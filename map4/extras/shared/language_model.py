"""Common parts of language models: a prompt, its completion, and errors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import urlsplit

from map4.core.base.text import json_values
from map4.extras.shared.http_answers import answered
from map4.extras.shared.service import Fault, FaultKind, Reply

Question = TypeVar("Question")
Answer = TypeVar("Answer")
_MESSAGE_LENGTH = 200
THINKING_TOKENS = 8000  # models that reason before they answer count that as output


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt for a language model.

    schema: JSON schema of the answer
    most_tokens: more than any answer needs; stops endless answers
    """

    system: str
    user: str
    schema: Mapping[str, Any]
    most_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """The answer of a model; `is_cut`: it reached the token limit; tokens are as the service counts them."""

    text: str
    is_cut: bool = False
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(kw_only=True, eq=False, repr=False)
class ModelService:
    """A model that is queried over HTTP; its error messages never contain the key, which the service might quote.

    key: in no representation, message or exception that leaves this class; empty without a key
    key_variable: environment variable of the key, or its name in the keyring; None if no key is sent
    is_local: whether the host is this machine; then no proxy is used
    """

    provider: ClassVar[str]  # becomes the source of labels
    model: str
    base_url: str
    key: str = ""
    key_variable: str | None = None
    is_local: bool = False

    @property
    def host(self) -> str:
        """Return the host that receives queries."""
        return urlsplit(self.base_url).netloc

    @property
    def cache_name(self) -> str:
        """Return the cache key: models of one name at two addresses may differ."""
        return f"{self.model}@{self.host}"

    @property
    def has_key(self) -> bool:
        """Return whether there is a key, or none is needed."""
        return self.key_variable is None or bool(self.key)

    def complete(self, prompt: Prompt, timeout_s: float) -> Completion | Reply[Any]:
        """Query the model; errors are returned as the reply's fault. Answers of an unknown form may raise anything."""
        raise NotImplementedError

    def fault(self, kind: FaultKind, message: str, retry_after_s: float | None = None) -> Reply[Any]:
        return Reply(fault=Fault(kind=kind, message=self._without_key(message), retry_after_s=retry_after_s))

    def of_status(self, status: int, message: Any, retry_after_s: float | None) -> Reply[Any]:
        """Return the fault for an error status; `message` is the service's own message."""
        words = self._clean(message)
        if status in (401, 403):
            what = f"the key in {self.key_variable}" if self.key else "a request without a key"
            return self.fault("authentication", f"{what} is not accepted ({status}{words})")
        if status == 429:
            again = "" if retry_after_s is None else f"; the service allows another request in {_span(retry_after_s)}"
            return self.fault(
                "rate_limit", f"too many requests{' for this key' if self.key else ''} (429){again}", retry_after_s
            )
        if status == 413 or (status == 400 and "context" in words.casefold()):  # the model's context is too small
            return self.fault("answer", f"the request is too large ({status}{words})")
        if status in (408, 409) or status >= 500:
            what = "is overloaded" if status == 529 else "has a problem"
            return self.fault("server", f"{self.host} {what} ({status})", retry_after_s)
        return self.fault("request", f"the service refuses this request ({status}{words})")

    def _clean(self, message: Any) -> str:
        if not isinstance(message, str):
            return ""
        words = " ".join(self._without_key(message).split())[:_MESSAGE_LENGTH].rstrip(".")
        return f": {words}" if words else ""

    def _without_key(self, message: str) -> str:
        return message.replace(self.key, "…") if self.key else message


class Questioner(Generic[Question, Answer]):
    """Queries a model in threads that never keep the process from ending.

    prompt: turns questions into a prompt
    read: parses answers by id, skipping malformed ones; raises ValueError if the text is no answer at all
    """

    def __init__(
        self,
        model: ModelService,
        prompt: Callable[[Mapping[int, Question]], Prompt],
        read: Callable[[str, Collection[int]], Mapping[int, Answer]],
    ) -> None:
        self._model, self._prompt, self._read = model, prompt, read

    @property
    def model(self) -> str:
        return self._model.model

    def submit(self, questions: Mapping[int, Question], timeout_s: float) -> Future[Reply[Answer]]:
        return answered("map4-language-model", lambda: self._ask(questions, timeout_s))

    def _ask(self, questions: Mapping[int, Question], timeout_s: float) -> Reply[Answer]:
        completion = self._model.complete(self._prompt(questions), timeout_s)
        if isinstance(completion, Reply):
            return completion
        answers: Mapping[int, Answer] = {}
        try:
            answers = self._read(completion.text, questions)
            problem = None if len(answers) == len(questions) else "the answer leaves tracks out"
        except ValueError:
            problem = "the answer was cut off" if completion.is_cut else "the answer is not JSON of the requested form"
        fault = None if problem is None else Fault(kind="answer", message=problem)
        return Reply(
            answers=answers, fault=fault, input_tokens=completion.input_tokens, output_tokens=completion.output_tokens
        )


def declined(who: str, input_tokens: int, output_tokens: int) -> Reply[Any]:
    """Return the reply of a model that declines to answer."""
    fault = Fault(kind="answer", message=f"{who} declined to answer")
    return Reply(fault=fault, input_tokens=input_tokens, output_tokens=output_tokens)


def object_of(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of an object with exactly these properties."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def listed(text: str, name: str) -> list[Any]:
    """Return the list of that name in a JSON document."""
    document = json_values(text)
    items = document.get(name) if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise ValueError(f"there are no {name} in it")
    return items


def count(tokens: Any) -> int:
    """Return tokens as a service counts them; 0 if it does not."""
    return tokens if isinstance(tokens, int) and tokens > 0 else 0


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
