"""Query a service about many tracks: in batches, in parallel, with retries, within a time limit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from map4.core.base.call_options import CallOptions, option
from map4.extras.shared.retry import HOPELESS, Breaker, Patience, wait_s
from map4.extras.shared.service import BatchClock, Fault, FaultKind, Reply, ServiceClient

Question = TypeVar("Question")
Answer = TypeVar("Answer")

REQUEST_TIMEOUT_S = 60.0  # twenty tracks take seconds; a service that takes longer than this has lost the request
# Minimum timeout of a request, even if hardly any patience is left.
_LEAST_TIMEOUT_S = 1.0


class BatchLimits(CallOptions):
    """Limits of batches and requests."""

    batch_size: int = option(20, about="Questions per request.", least=1, most=100)
    concurrency: int = option(4, about="Parallel requests.", least=1, most=32)
    max_wait_s: float = option(120.0, about="Stop after waiting so many seconds in total for failed requests.")
    max_requests: int | None = option(None, "--max-requests", "Send at most N requests.", least=1, metavar="N")
    timeout_s: float = option(REQUEST_TIMEOUT_S, about="Seconds after which a request fails.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Generic[Answer]):
    """Received answers, by id."""

    answers: Mapping[int, Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A batch will be sent again after `seconds`."""

    fault: Fault
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """Questions that will stay unanswered, after `tries` failures."""

    ids: tuple[int, ...]
    fault: Fault | None
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """No more requests are sent; the remaining questions follow as `GivenUp`. `fault` is the cause, if any."""

    reason: str
    fault: Fault | None = None


BatchEvent = Answered[Answer] | Waiting | GivenUp | Stopped


@dataclass(slots=True, eq=False)
class _Batch:
    ids: tuple[int, ...]
    due: float = 0.0
    tries: dict[FaultKind, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Sent:
    batch: _Batch
    at: float
    timeout_s: float


class BatchRun(Generic[Question, Answer]):
    """Sends questions to one service in several runs with shared limits.

    All decisions are made in the thread that iterates `run`; only the requests run in other threads.

    jitter: returns a random number in 0-1
    """

    def __init__(
        self,
        client: ServiceClient[Question, Answer],
        clock: BatchClock,
        limits: BatchLimits,
        jitter: Callable[[], float],
    ) -> None:
        self.requests = 0
        self.input_tokens = 0
        self.output_tokens = 0
        self._client, self._clock, self._limits, self._jitter = client, clock, limits, jitter
        self._patience = Patience(limits.max_wait_s)
        self._breaker = Breaker()
        self._ready: deque[_Batch] = deque()
        self._later: list[_Batch] = []
        self._sent: dict[Future[Reply[Answer]], _Sent] = {}
        self._stop: Stopped | None = None

    def run(self, questions: Mapping[int, Question]) -> Iterator[BatchEvent[Answer]]:
        """Send the questions; each id ends in one `Answered` or `GivenUp`, and is not sent again once answered."""
        ids, size = tuple(questions), self._limits.batch_size
        self._ready.extend(_Batch(ids[start : start + size]) for start in range(0, len(ids), size))
        while self._stop is None and (self._ready or self._later or self._sent):
            self._send(questions)
            if self._stop is None:
                self._clock.wait(tuple(self._sent), self._next_s())
                yield from self._collect()
        if self._stop is not None:
            yield self._stop
        batches = [*self._ready, *self._later, *(sent.batch for sent in self._sent.values())]
        left = tuple(number for batch in batches for number in batch.ids)
        if left:
            yield GivenUp(ids=left, fault=None)

    def _send(self, questions: Mapping[int, Question]) -> None:
        now = self._clock.monotonic()
        due = [batch for batch in self._later if batch.due <= now]
        self._later = [batch for batch in self._later if batch.due > now]
        self._ready.extendleft(reversed(due))
        if self._limits.max_requests is not None and self.requests >= self._limits.max_requests:
            if not self._sent:  # wait for the sent requests, which are paid for
                self._end(f"the limit of {self._limits.max_requests} requests is reached")
            return
        # A waiting batch keeps its slot, so that a service in trouble does not get all others meanwhile.
        while self._ready and len(self._sent) + len(self._later) < self._limits.concurrency:
            if self._limits.max_requests is not None and self.requests >= self._limits.max_requests:
                return
            batch = self._ready.popleft()
            timeout_s = min(self._limits.timeout_s, max(self._patience.left_s, _LEAST_TIMEOUT_S))
            self.requests += 1
            future = self._client.submit({number: questions[number] for number in batch.ids}, timeout_s)
            self._sent[future] = _Sent(batch, self._clock.monotonic(), timeout_s)

    def _next_s(self) -> float:
        """Seconds until the next action if no answer arrives."""
        moments = [*(sent.at + sent.timeout_s for sent in self._sent.values()), *(batch.due for batch in self._later)]
        return max(0.0, min(moments, default=0.0) - self._clock.monotonic())

    def _collect(self) -> Iterator[BatchEvent[Answer]]:
        now = self._clock.monotonic()
        for future, sent in list(self._sent.items()):
            if future.done():
                reply = future.result()
            elif now >= sent.at + sent.timeout_s:  # catches slow answers whose single reads don't time out
                reply = Reply(fault=Fault(kind="network", message=f"no answer within {sent.timeout_s:.0f} s"))
            else:
                continue
            del self._sent[future]
            self.input_tokens += reply.input_tokens
            self.output_tokens += reply.output_tokens
            yield from self._settle(sent, reply, now)

    def _settle(self, sent: _Sent, reply: Reply[Answer], now: float) -> Iterator[BatchEvent[Answer]]:
        if reply.answers:
            self._breaker.success()
            yield Answered(answers=reply.answers)
        left = tuple(number for number in sent.batch.ids if number not in reply.answers)
        if not left:
            return
        fault = reply.fault or Fault(kind="answer", message="the answer is incomplete")
        if self._stop is not None:
            self._ready.append(_Batch(left))
        elif fault.kind == "answer":
            yield from self._halve(left, fault, is_whole=not reply.answers)
        else:
            self._patience.lose(sent.at, now)
            yield from self._again(sent.batch, fault, now)

    def _again(self, batch: _Batch, fault: Fault, now: float) -> Iterator[BatchEvent[Answer]]:
        """Schedule a batch again, or give it up."""
        batch.tries[fault.kind] = batch.tries.get(fault.kind, 0) + 1
        seconds = wait_s(fault, batch.tries[fault.kind], self._jitter())
        if seconds is None:
            yield GivenUp(ids=batch.ids, fault=fault, tries=sum(batch.tries.values()))
            if fault.kind in HOPELESS:
                self._end(fault.message, fault)
            elif self._breaker.failure():
                self._end(f"{fault.message}, repeatedly", fault)
        elif not self._patience.can_lose(now, now + max(seconds, fault.retry_after_s or 0.0)):
            self._ready.appendleft(batch)
            self._end(f"{fault.message}, and waiting would exceed {self._limits.max_wait_s:g} s", fault)
        else:
            self._patience.lose(now, now + seconds)
            batch.due = now + seconds
            self._later.append(batch)
            yield Waiting(fault=fault, seconds=seconds)

    def _end(self, reason: str, fault: Fault | None = None) -> None:
        self._stop = self._stop or Stopped(reason=reason, fault=fault)

    def _halve(self, left: Sequence[int], fault: Fault, *, is_whole: bool) -> Iterator[BatchEvent[Answer]]:
        """Retry in smaller batches, down to a single question, so that one bad question does not affect the others."""
        if is_whole and len(left) == 1:
            yield GivenUp(ids=tuple(left), fault=fault, tries=1)
        else:
            half = (len(left) + 1) // 2
            self._ready.extendleft(_Batch(part) for part in (tuple(left[half:]), tuple(left[:half])) if part)
        if is_whole and self._breaker.failure():
            self._end(f"{fault.message}, repeatedly", fault)
