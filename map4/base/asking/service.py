"""What asking a remote service needs: faults, replies, the service itself and a clock."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

Question = TypeVar("Question", contravariant=True)
Answer = TypeVar("Answer")

FaultKind = Literal["authentication", "request", "rate_limit", "server", "network", "answer"]
"""Why a request gave nothing: the key is wrong; the service refuses this request (a model it does not have); too many
requests; an error of the service; no connection or no answer in time; an answer that can't be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What went wrong with one request: a sentence for a person, which holds no secret.

    retry_after_s: seconds the service asks us to stay away; None where it does not say
    """

    kind: FaultKind
    message: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Generic[Answer]):
    """What came of one request.

    answers: by the ids asked for; what the reply leaves out, or names twice, is missing
    fault: why there are none; also beside answers, where some are missing
    input_tokens, output_tokens: as the service counts them
    """

    answers: Mapping[int, Answer] = field(default_factory=dict)
    fault: Fault | None = None
    input_tokens: int = 0
    output_tokens: int = 0


class ServiceClient(Protocol[Question, Answer]):
    """A service that answers in its own time."""

    @property
    def model(self) -> str:
        """The model that answers."""
        ...

    def submit(self, questions: Mapping[int, Question], timeout_s: float) -> Future[Reply[Answer]]:
        """Ask these questions; the future never raises, and gives a `network` fault after the time-out."""
        ...


class BatchClock(Protocol):
    """Time, as far as asking needs it."""

    def monotonic(self) -> float:
        """Seconds since some moment."""
        ...

    def wait(self, futures: Collection[Future[Reply[Any]]], timeout_s: float) -> None:
        """Wait until one of these is done, `timeout_s` at most; there may be none."""
        ...
