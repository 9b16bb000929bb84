"""How long and how often a service is asked again: tries by kind of fault, back-off, a budget of waiting, a breaker."""

from __future__ import annotations

from dataclasses import dataclass

from map4.base.asking.service import Fault, FaultKind

LONGEST_WAIT_S = 60.0
"""The longest single wait, also where the service asks for a longer one."""
SHORTEST_WAIT_S = 1.0
BREAKER_FAILURES = 5
"""So many batches given up in a row mean that the service is gone for now."""
# Waits are drawn out by up to this part, so that several map4 don't come back at the same moment.
JITTER = 0.25


@dataclass(frozen=True, slots=True)
class RetryRule:
    """How often a batch is sent in all, and the first wait in between; the next ones double."""

    tries: int
    first_wait_s: float


RULES: dict[FaultKind, RetryRule] = {
    "rate_limit": RetryRule(tries=5, first_wait_s=30.0),
    "server": RetryRule(tries=3, first_wait_s=5.0),
    "network": RetryRule(tries=3, first_wait_s=2.0),
}
"""Faults that pass by themselves. Others don't: those of an answer are for halving the batch, those of the key or the
request would only come again."""

HOPELESS: frozenset[FaultKind] = frozenset({"authentication", "request"})
"""Faults after which nothing more is asked."""


def wait_s(fault: Fault, tries: int, jitter: float) -> float | None:
    """Seconds to wait before a batch is sent again; None to give it up.

    fault: the last one
    tries: how often it was sent and met this kind of fault
    jitter: 0-1, drawn by chance
    returns: What the service asks for, else first wait · 2^(tries − 1); drawn out by the jitter, within 1-60 s.
    """
    rule = RULES.get(fault.kind)
    if rule is None or tries >= rule.tries:
        return None
    base = rule.first_wait_s * 2.0 ** (tries - 1) if fault.retry_after_s is None else fault.retry_after_s
    return min(max(base * (1.0 + JITTER * jitter), SHORTEST_WAIT_S), LONGEST_WAIT_S)


class Patience:
    """Seconds a run may lose, in back-offs and in requests that came to nothing; time lost twice at once counts once.

    most_s: in all
    """

    def __init__(self, most_s: float) -> None:
        self._most_s = most_s
        self._lost: list[tuple[float, float]] = []

    def can_lose(self, start: float, end: float) -> bool:
        """Whether so much would not be too much; what is lost at the same time anyway costs nothing more."""
        return _length(_joined(self._lost, start, end)) <= self._most_s

    def lose(self, start: float, end: float) -> None:
        """Take note of a loss, in seconds of one clock; it may lie ahead."""
        self._lost = _joined(self._lost, start, end)

    @property
    def left_s(self) -> float:
        """What is left, never negative."""
        return max(0.0, self._most_s - _length(self._lost))


def _joined(spans: list[tuple[float, float]], start: float, end: float) -> list[tuple[float, float]]:
    """Spans that don't touch each other, and one more."""
    apart = [(a, b) for a, b in spans if b < start or a > end]
    touching = [(a, b) for a, b in spans if b >= start and a <= end]
    return [*apart, (min([start, *(a for a, _ in touching)]), max([end, *(b for _, b in touching)]))]


def _length(spans: list[tuple[float, float]]) -> float:
    return sum(end - start for start, end in spans)


class Breaker:
    """Counts what was given up in a row, and says when to stop asking."""

    def __init__(self, failures: int = BREAKER_FAILURES) -> None:
        self._most = failures
        self._in_a_row = 0

    def success(self) -> None:
        self._in_a_row = 0

    def failure(self) -> bool:
        """A batch came to nothing; True when it is time to stop."""
        self._in_a_row += 1
        return self._in_a_row >= self._most
