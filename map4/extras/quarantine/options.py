"""Options of a quarantine, and the events that it reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from map4.base.call_options import call_options, option
from map4.base.options import WorkerOptions
from map4.base.records import Count, Json, Moment, Record, ShownPath
from map4.duplicates import REMOVABLE_KINDS, DuplicateGroup, GroupKind

QuarantineOutcome = Literal["planned", "moved", "returned", "left"]
"""planned: a dry run would move it; moved, returned: done; left: not moved, with the reason."""

LEAST_CERTAINTY = 0.9
"""Less certain copies stay where they are."""


@call_options
class QuarantineOptions(WorkerOptions):
    """Which copies are moved away."""

    kinds: Iterable[GroupKind] = option(
        REMOVABLE_KINDS, about="Kinds of groups; never versions, which are no copies.", what="kind of duplicates"
    )
    least_certainty: float = option(
        LEAST_CERTAINTY, about="Copies that are less certain stay.", what="a certainty", least=0, most=1
    )
    dry_run: bool = option(False, about="Change nothing, only report what would move where; no file is decoded.")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineStarted:
    """The number of copies to move or move back; `journal` is the file that records it, None in a dry run."""

    files: int
    size_bytes: int
    journal: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyDone(Record, members="path outcome to keep=kept kind size_bytes problem remark"):
    """A copy was moved or put back, or not.

    path: its place among the music
    outcome: planned: a dry run would move it; left: not moved
    to: its place in the quarantine; None if it was never there
    kept: the copy that stays
    kind: of its group; None when it is put back
    problem: why it was not moved, to follow its name
    remark: further information for the user
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
    """The result.

    done: copies that were (or would be) moved or put back
    left: copies that were not
    size_bytes: total size of `done`
    journal: for --undo; None in a dry run, and if nothing was moved
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
    """The copies that 'map4 duplicates --quarantine' moved away, or '--undo' put back.

    dry_run: true if nothing was moved
    """

    action: Literal["move", "undo"]
    dry_run: bool
    files: tuple[CopyDone, ...]
    summary: QuarantineSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedAway(Record):
    """A quarantine of this library whose journal exists.

    journal: for --undo
    begun_at: None if its journal does not contain it
    files: number of copies moved away
    size_bytes: their total size
    returned: how many of them were put back
    """

    journal: ShownPath
    begun_at: Moment | None
    files: Count
    size_bytes: Count
    returned: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantines(Record, kind="quarantine-journals"):
    """The quarantines of a library, newest first ('map4 duplicates --undo --list --json')."""

    quarantines: tuple[MovedAway, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineFinished:
    """The last event."""

    summary: QuarantineSummary


QuarantineEvent = QuarantineStarted | CopyDone | QuarantineFinished


def without_analyses(group: DuplicateGroup) -> DuplicateGroup:
    """Strip a group to what a move needs, as there may be very many."""
    members = (replace(member, track=replace(member.track, analysis=None, imported=None)) for member in group.members)
    return replace(group, members=tuple(members))


class QuarantineTally:
    """Adds up events; also gives the totals of an interrupted run at any time."""

    def __init__(self) -> None:
        self.done = self.left = self.size_bytes = 0

    def add(self, event: CopyDone) -> CopyDone:
        """Count an event, and return it."""
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
