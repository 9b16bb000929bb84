"""Options of a quarantine, and the events that it reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Literal

from map4.core.base.call_options import WorkerOptions, option
from map4.core.base.records import Count, Json, Record, ShownPath
from map4.duplicates import DuplicateGroup, GroupKind

QuarantineOutcome = Literal["planned", "moved", "left"]
"""planned: a dry run would move it; left: not moved, with the reason."""
WhoseValues = Literal["old", "new"]
TagRule = Literal["fill", "old", "new"]
"""fill: where the new file has none; old: wherever they differ; new: the new file keeps its own only."""

LEAST_CERTAINTY = 0.9  # less certain copies stay where they are


class QuarantineOptions(WorkerOptions):
    """Which copies are moved away."""

    kinds: Iterable[GroupKind] = option(
        DuplicateGroup.REMOVABLE,
        what="kind of duplicates",
        about="Kinds of groups; never versions, which are no copies.",
    )
    least_certainty: float = option(
        LEAST_CERTAINTY, about="Copies that are less certain stay.", what="a certainty", least=0, most=1
    )
    replaces: bool = option(
        False, about="The kept file replaces the copies, of any kind and certainty, if its sound is the same recording "
        "at one constant offset; `values` and `tags` apply.",
    )  # fmt: skip
    values: WhoseValues | None = option(
        None, "--values", "Whose values count where both files have some (default: ask).", what="a file"
    )
    tags: TagRule = option(
        "fill", "--tags", "Tags of OLD to keep as values: those that NEW lacks (fill), all (old), or none (new).",
        what="a rule for tags",
    )  # fmt: skip
    dry_run: bool = option(False, about="Change nothing, only report what would move where; no file is decoded.")


class CopyDone(Record, members="path outcome to keep=kept kind size_bytes conflicts problem remark gone=is_gone"):
    """A copy was moved, or not.

    path: its place among the music
    outcome: planned: a dry run would move it; left: not moved
    to: its place in the quarantine; None if it was never there
    kept: the copy that stays
    kind: of its group; None if its job was killed
    conflicts: names of values of yours that both files have, if none are chosen yet
    problem: why it was not moved, to follow its name
    remark: further information for the user
    journal: for --undo, of a moved copy
    is_gone: True if the file was gone before: only what the library has of it goes to the kept file
    """

    path: str
    outcome: QuarantineOutcome
    kept: ShownPath
    to: ShownPath | None = None
    kind: Annotated[GroupKind | None, Json(enum=["same_audio", "same_recording", "likely", None])] = None
    size_bytes: Count = 0
    conflicts: tuple[str, ...] = ()
    problem: str | None = None
    remark: str | None = None
    journal: str | None = None
    is_gone: bool = False


class QuarantineDocument(Record, kind="quarantine", members="dry_run journal files done left size_bytes"):
    """The copies that 'map4 duplicates --quarantine' moved away.

    dry_run: true if nothing was moved
    """

    dry_run: bool
    files: tuple[CopyDone, ...]

    @property
    def journal(self) -> ShownPath | None:
        """For --undo; null if nothing was moved."""
        return next((copy.journal for copy in self.files if copy.journal), None)

    @property
    def done(self) -> Count:
        """Number of copies that were, or would be, moved."""
        return len(self.files) - self.left

    @property
    def left(self) -> Count:
        """Number of copies that stay."""
        return sum(copy.outcome == "left" for copy in self.files)

    @property
    def size_bytes(self) -> Count:
        """Total size of the moved copies."""
        return sum(copy.size_bytes for copy in self.files if copy.outcome != "left")


def without_analyses(group: DuplicateGroup) -> DuplicateGroup:
    """Strip a group to what a move needs, as there may be very many."""
    members = (replace(member, track=replace(member.track, analysis=None, imported=None)) for member in group.members)
    return replace(group, members=tuple(members))
