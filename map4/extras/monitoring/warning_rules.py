"""Rules for when warnings begin and end; `examples/prometheus-rules.yaml` has the same rules."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from map4.base.text import percent

WarningName = Literal["requests-fail", "files-fail", "lookups-fail", "queue-long", "disk-full", "nothing-finished"]
WARNING_NAMES: tuple[WarningName, ...] = get_args(WarningName)

FAILING = 0.25
"""Largest tolerated share of recent failures."""
LEAST_COUNTED = 20
"""Least number of attempts for a meaningful share."""
REQUESTS_S, FILES_S, LOOKUPS_S = 300.0, 900.0, 3600.0
"""Time windows of "recent". Look-ups are counted at the end of each job."""
MOST_WAITING = 100
"""Largest tolerated number of waiting jobs or requests."""
DISK_USED = 0.8
QUIET_S = 600.0
"""How long work may wait without any progress."""
_OVER: dict[WarningName, str] = {
    "requests-fail": "requests succeed again",
    "files-fail": "files can be analysed again",
    "lookups-fail": "look-ups succeed again",
    "queue-long": "the queue is short again",
    "disk-full": "the disk has free space again",
    "nothing-finished": "work progresses again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Server state as input of the rules.

    totals: numbers of requests, files and look-ups since start, and of failures of each, as in `Metrics.totals`
    quiet_s: seconds since the last progress of a job
    jobs_due, requests_waiting: number waiting
    jobs_open: number waiting or running
    disk_used: used share of the fullest disk, 0-1
    """

    totals: Mapping[str, float]
    quiet_s: float
    jobs_due: int
    requests_waiting: float
    jobs_open: int
    disk_used: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A warning that begins (`is_on`) or ends.

    message: for people; contains no names
    """

    name: WarningName
    is_on: bool
    message: str


class WarningRules:
    """Detects which warnings begin and end; each is reported once.

    now: returns monotonic seconds
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._past: deque[tuple[float, Mapping[str, float]]] = deque([(now(), {})])
        self._open_since: float | None = None
        self._active: set[WarningName] = set()

    def look(self, condition: Condition) -> list[Warned]:
        """Return the warnings that began or ended since the last call."""
        now = self._now()
        self._past.append((now, condition.totals))
        while self._past[0][0] < now - LOOKUPS_S - 60:
            self._past.popleft()
        if not condition.jobs_open:
            self._open_since = None
        elif self._open_since is None:
            self._open_since = now
        warned = []
        for name, message in self._found(condition, now).items():
            if (message is not None) != (name in self._active):
                warned.append(Warned(name=name, is_on=message is not None, message=message or _OVER[name]))
                self._active ^= {name}
        return warned

    def _found(self, condition: Condition, now: float) -> dict[WarningName, str | None]:
        waiting = max(condition.jobs_due, condition.requests_waiting)
        quiet_s = min(condition.quiet_s, now - (now if self._open_since is None else self._open_since))
        disk = f"a disk is {percent(condition.disk_used)} full (library or temporary files)"
        quiet = f"work is waiting, but nothing has finished for {quiet_s / 60:.0f} minutes"
        what = "jobs" if condition.jobs_due > MOST_WAITING else "requests"
        return {
            "requests-fail": self._failing(
                "requests", REQUESTS_S, now, "of the requests failed with an internal error"
            ),
            "files-fail": self._failing("files", FILES_S, now, "of the files failed to analyse"),
            "lookups-fail": self._failing("lookups", LOOKUPS_S, now, "of the look-ups failed"),
            "queue-long": f"{waiting:,.0f} {what} are waiting" if waiting > MOST_WAITING else None,
            "disk-full": disk if condition.disk_used > DISK_USED else None,
            "nothing-finished": quiet if quiet_s > QUIET_S else None,
        }

    def _failing(self, what: str, within_s: float, now: float, words: str) -> str | None:
        before = next(totals for at, totals in self._past if at >= now - within_s)
        latest = self._past[-1][1]
        tried, failed = (latest[name] - before.get(name, 0.0) for name in (what, f"{what}_failed"))
        if tried < LEAST_COUNTED or failed <= FAILING * tried:
            return None
        return (
            f"in the last {within_s / 60:.0f} minutes {percent(failed / tried)} {words} ({failed:,.0f} of {tried:,.0f})"
        )
