"""The interface to a remote service: faults, replies, the client and a clock."""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

Question = TypeVar("Question", contravariant=True)
Answer = TypeVar("Answer")

FaultKind = Literal["authentication", "request", "rate_limit", "server", "network", "answer"]
"""Why a request failed: the key is invalid; the service rejects the request (such as an unknown model); too many
requests; an error of the service; no connection or a timeout; an unusable answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The failure of one request: a sentence for people, without secrets.

    retry_after_s: seconds to wait as requested by the service; None if it requests nothing
    """

    kind: FaultKind
    message: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Generic[Answer]):
    """The result of one request.

    answers: by requested id; ids that the reply omits or repeats are missing
    fault: why answers are missing, all or some
    input_tokens, output_tokens: as counted by the service
    """

    answers: Mapping[int, Answer] = field(default_factory=dict)
    fault: Fault | None = None
    input_tokens: int = 0
    output_tokens: int = 0


class ServiceClient(Protocol[Question, Answer]):
    """A service that answers asynchronously."""

    @property
    def model(self) -> str:
        """The model that answers."""
        ...

    def submit(self, questions: Mapping[int, Question], timeout_s: float) -> Future[Reply[Answer]]:
        """Send these questions; the future never raises, and returns a `network` fault after the timeout."""
        ...


class BatchClock:
    """The clock and the wait that batches need; tests replace it."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment."""
        return time.monotonic()

    def wait(self, futures: Collection[Future[Reply[Any]]], timeout_s: float) -> None:
        """Wait until a future is done, at most `timeout_s`; there may be no futures."""
        if futures:
            concurrent.futures.wait(futures, timeout_s, concurrent.futures.FIRST_COMPLETED)
        else:
            time.sleep(timeout_s)
