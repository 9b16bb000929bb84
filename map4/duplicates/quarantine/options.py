"""What can be asked of a quarantine, and what it reports while it runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from map4.base.call_options import call_options, option
from map4.base.options import WorkerOptions
from map4.base.records import Count, Json, Moment, Record, ShownPath
from map4.duplicates.records import REMOVABLE_KINDS, GroupKind

QuarantineOutcome = Literal["planned", "moved", "returned", "left"]
"""planned: a dry run would move it; moved, returned: done; left: left alone, for a reason that is given."""

LEAST_CERTAINTY = 0.9
"""Copies that are less certain stay where they are."""


@call_options
class QuarantineOptions(WorkerOptions):
    """Which copies are moved away."""

    kinds: Iterable[GroupKind] = option(
        REMOVABLE_KINDS, about="Of groups; never versions, which are no copies.", what="kind of duplicates"
    )
    least_certainty: float = option(
        LEAST_CERTAINTY, about="Copies that are less certain stay.", what="a certainty", least=0, most=1
    )
    dry_run: bool = option(False, about="Change nothing, only say what would move where; no file is decoded.")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineStarted:
    """So many copies are to be moved, or moved back; `journal` says where that is written down, None in a dry run."""

    files: int
    size_bytes: int
    journal: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyDone(Record, members="path outcome to keep=kept kind size_bytes problem remark"):
    """One copy is where it belongs now, or was left alone.

    path: its place among the music
    outcome: planned: a dry run would move it; left: left alone
    to: its place in the quarantine; None where it was never there
    kept: the copy that stays
    kind: of its group; None when it is put back
    problem: why it was left alone, to be read behind its name
    remark: what a person should know besides
    """

    path: str
    outcome: QuarantineOutcome
    kept: ShownPath
    to: ShownPath | None = None
    kind: Annotated[GroupKind | None, Json(enum=["same_audio", "same_recording", "likely", None])] = None
    size_bytes: Count = 0
    problem: str | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineSummary:
    """What was done.

    done: copies that were moved or put back, or would be
    left: those left alone
    size_bytes: of those that are done
    journal: what --undo takes; None of a dry run, and where nothing was moved
    """

    done: Count = 0
    left: Count = 0
    size_bytes: Count = 0
    journal: ShownPath | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineDocument(
    Record,
    kind="quarantine",
    members="action dry_run journal=summary.journal files done=summary.done left=summary.left"
    " size_bytes=summary.size_bytes",
):
    """Which copies 'map4 duplicates --quarantine' moved away, or '--undo' put back.

    dry_run: true where nothing was moved
    """

    action: Literal["move", "undo"]
    dry_run: bool
    files: tuple[CopyDone, ...]
    summary: QuarantineSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedAway(Record):
    """A quarantine of this library whose journal is there.

    journal: what --undo takes
    begun_at: None where its journal does not say
    files: how many copies were moved away
    size_bytes: of these
    returned: how many of these were put back
    """

    journal: ShownPath
    begun_at: Moment | None
    files: Count
    size_bytes: Count
    returned: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantines(Record, kind="quarantine-journals"):
    """The quarantines of a library, the last one first ('map4 duplicates --undo --list --json')."""

    quarantines: tuple[MovedAway, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineFinished:
    """The last event."""

    summary: QuarantineSummary


QuarantineEvent = QuarantineStarted | CopyDone | QuarantineFinished


class QuarantineTally:
    """Adds up events; what an interrupted run has done can be read from it at any time."""

    def __init__(self) -> None:
        self.done = self.left = self.size_bytes = 0

    def add(self, event: CopyDone) -> CopyDone:
        """Count one event, and give it."""
        if event.outcome == "left":
            self.left += 1
        else:
            self.done += 1
            self.size_bytes += event.size_bytes
        return event

    def finished(self, journal: str | None) -> QuarantineFinished:
        return QuarantineFinished(
            summary=QuarantineSummary(done=self.done, left=self.left, size_bytes=self.size_bytes, journal=journal)
        )
