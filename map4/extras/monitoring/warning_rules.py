"""What a server warns of: when a warning begins, and when it ends. `examples/prometheus-rules.yaml` says the same."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from map4.base.text import percent

WarningName = Literal["requests-fail", "files-fail", "lookups-fail", "queue-long", "disk-full", "nothing-finished"]
WARNING_NAMES: tuple[WarningName, ...] = get_args(WarningName)

FAILING = 0.25
"""More of what was tried lately must not fail."""
LEAST_COUNTED = 20
"""Of fewer than so many, a share says nothing."""
REQUESTS_S, FILES_S, LOOKUPS_S = 300.0, 900.0, 3600.0
"""What "lately" is. Look-ups are counted at the end of each job."""
MOST_WAITING = 100
"""Jobs, or requests, that may wait."""
DISK_USED = 0.8
QUIET_S = 600.0
"""So long work may wait while nothing is finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How a server is, as far as it warns of it.

    totals: how many requests, files and look-ups there were since it began, and how many of each failed, as
        `Metrics.totals` has them
    quiet_s: since a job last got on
    jobs_due, requests_waiting: that wait
    jobs_open: that wait or run
    disk_used: of the fullest disk, 0-1
    """

    totals: Mapping[str, float]
    quiet_s: float
    jobs_due: int
    requests_waiting: float
    jobs_open: int
    disk_used: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A warning that begins (`is_on`), or is over.

    message: for a person; no name of anything is in it
    """

    name: WarningName
    is_on: bool
    message: str


class WarningRules:
    """Says which warnings begin and end; each is told once.

    now: seconds that nobody sets back
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._past: deque[tuple[float, Mapping[str, float]]] = deque([(now(), {})])
        self._open_since: float | None = None
        self.current: dict[WarningName, Warned] = {}

    def look(self, condition: Condition) -> list[Warned]:
        """What begins, and what is over, since one looked last."""
        now = self._now()
        self._past.append((now, condition.totals))
        while self._past[0][0] < now - LOOKUPS_S - 60:
            self._past.popleft()
        if not condition.jobs_open:
            self._open_since = None
        elif self._open_since is None:
            self._open_since = now
        told = []
        for name, message in self._found(condition, now).items():
            if (message is not None) != (name in self.current):
                is_on = message is not None
                told.append(Warned(name=name, is_on=is_on, message=message or _over(name)))
                if is_on:
                    self.current[name] = told[-1]
                else:
                    del self.current[name]
        return told

    def _found(self, condition: Condition, now: float) -> dict[WarningName, str | None]:
        waiting = max(condition.jobs_due, condition.requests_waiting)
        quiet_s = min(condition.quiet_s, now - (now if self._open_since is None else self._open_since))
        disk = f"a disk is {percent(condition.disk_used)} full: that of the library, or of temporary files"
        quiet = f"work waits, and for {quiet_s / 60:.0f} minutes nothing was finished"
        what = "jobs" if condition.jobs_due > MOST_WAITING else "requests"
        return {
            "requests-fail": self._failing("requests", REQUESTS_S, now, "of the requests ended in an error of map4"),
            "files-fail": self._failing("files", FILES_S, now, "of the files could not be analysed"),
            "lookups-fail": self._failing("lookups", LOOKUPS_S, now, "of the look-ups failed"),
            "queue-long": f"{waiting:,.0f} {what} wait" if waiting > MOST_WAITING else None,
            "disk-full": disk if condition.disk_used > DISK_USED else None,
            "nothing-finished": quiet if quiet_s > QUIET_S else None,
        }

    def _failing(self, what: str, within_s: float, now: float, said: str) -> str | None:
        before = next(totals for at, totals in self._past if at >= now - within_s)
        latest = self._past[-1][1]
        tried, failed = (latest[name] - before.get(name, 0.0) for name in (what, f"{what}_failed"))
        if tried < LEAST_COUNTED or failed <= FAILING * tried:
            return None
        return (
            f"in the last {within_s / 60:.0f} minutes {percent(failed / tried)} {said} ({failed:,.0f} of {tried:,.0f})"
        )


def _over(name: WarningName) -> str:
    return {
        "requests-fail": "requests are answered again",
        "files-fail": "files can be analysed again",
        "lookups-fail": "look-ups succeed again",
        "queue-long": "the queue is short again",
        "disk-full": "the disk has room again",
        "nothing-finished": "work gets on again",
    }[name]
