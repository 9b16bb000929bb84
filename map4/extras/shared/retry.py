"""When and how often to retry: tries by kind of fault, back-off, a time budget, and a circuit breaker.

tenacity, which is no dependency, repeats a single call; here batches share the budget and the breaker.
"""

from __future__ import annotations

from dataclasses import dataclass

from map4.extras.shared.service import Fault, FaultKind

LONGEST_WAIT_S = 60.0  # maximum single wait, even if the service requests more
SHORTEST_WAIT_S = 1.0
BREAKER_FAILURES = 5  # after this many consecutive failed batches the service counts as down
# Waits are extended randomly by up to this share, so that several map4 processes don't retry simultaneously.
JITTER = 0.25


@dataclass(frozen=True, slots=True)
class RetryRule:
    """Maximum number of tries of a batch, and the first wait in between, which doubles each time."""

    tries: int
    first_wait_s: float


RULES: dict[FaultKind, RetryRule] = {
    "rate_limit": RetryRule(tries=5, first_wait_s=30.0),
    "server": RetryRule(tries=3, first_wait_s=5.0),
    "network": RetryRule(tries=3, first_wait_s=2.0),
}
"""Faults that may pass. For a bad answer the batch is halved instead; a rejected key or request would fail again."""

HOPELESS: frozenset[FaultKind] = frozenset({"authentication", "request"})
"""Faults after which no more requests are sent."""


def wait_s(fault: Fault, tries: int, jitter: float) -> float | None:
    """Seconds to wait before a batch is sent again; None to give up.

    fault: the last fault
    tries: number of tries that met this kind of fault
    jitter: random, 0-1
    returns: The wait that the service requests, else first wait · 2^(tries − 1); extended by the jitter, within 1-60 s.
    """
    rule = RULES.get(fault.kind)
    if rule is None or tries >= rule.tries:
        return None
    base = rule.first_wait_s * 2.0 ** (tries - 1) if fault.retry_after_s is None else fault.retry_after_s
    return min(max(base * (1.0 + JITTER * jitter), SHORTEST_WAIT_S), LONGEST_WAIT_S)


class Patience:
    """The seconds a run may lose in back-offs and failed requests; overlapping losses count once.

    most_s: in total
    """

    def __init__(self, most_s: float) -> None:
        self._most_s = most_s
        self._lost: list[tuple[float, float]] = []

    def can_lose(self, start: float, end: float) -> bool:
        """Whether a loss is within the budget; time that is lost anyway costs nothing more."""
        return _length(_joined(self._lost, start, end)) <= self._most_s

    def lose(self, start: float, end: float) -> None:
        """Record a loss, in seconds of one clock; it may be in the future."""
        self._lost = _joined(self._lost, start, end)

    @property
    def left_s(self) -> float:
        """The remaining seconds, never negative."""
        return max(0.0, self._most_s - _length(self._lost))


def _joined(spans: list[tuple[float, float]], start: float, end: float) -> list[tuple[float, float]]:
    """Merge a span into spans that don't touch each other."""
    apart = [(a, b) for a, b in spans if b < start or a > end]
    touching = [(a, b) for a, b in spans if b >= start and a <= end]
    return [*apart, (min([start, *(a for a, _ in touching)]), max([end, *(b for _, b in touching)]))]


def _length(spans: list[tuple[float, float]]) -> float:
    return sum(end - start for start, end in spans)


class Breaker:
    """Counts consecutive failures, and decides when to stop."""

    def __init__(self, failures: int = BREAKER_FAILURES) -> None:
        self._most = failures
        self._in_a_row = 0

    def success(self) -> None:
        self._in_a_row = 0

    def failure(self) -> bool:
        """Count a failed batch; returns True if it is time to stop."""
        self._in_a_row += 1
        return self._in_a_row >= self._most
