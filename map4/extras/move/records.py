"""The certificate of a move: how many things of each kind arrived, and every loss with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from map4.core.base.records import Count, Record

Kind = Literal[
    "tracks", "names", "lists", "folders", "order", "smart_lists", "histories", "hot_cues", "memory_cues", "loops",
    "grids", "tempi", "keys", "ratings", "plays", "dates", "colors", "comments", "marks", "phrases", "vocals",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
WORDS: Mapping[Kind, str] = {
    **{kind: kind.replace("_", " ") for kind in KINDS},
    "colors": "colours of tracks", "order": "order of lists", "vocals": "vocal parts",
}  # fmt: skip

Arrival = Literal["changed", "missing", "added"]


class KindCount(Record):
    """How many things of a kind arrived.

    kind: such as hot_cues; names counts titles, artists and the like, order counts lists
    total: in the source, with unreadable ones
    program_holds: how many of them the program can hold unchanged
    equal: arrived unchanged
    changed: arrived in another form
    missing: did not arrive
    added: only in the result
    """

    kind: Kind
    total: Count = 0
    program_holds: Count = 0
    equal: Count = 0
    changed: Count = 0
    missing: Count = 0
    added: Count = 0


class Loss(Record):
    """A value that did not arrive, or arrived changed.

    arrival: changed, missing, or added: only in the result
    track: path of the track in the source; null for lists
    list: folders and name of the list; null for tracks
    item: what it is, such as "rating" or "hot cue B 'Drop'"
    before: the value in the source, as text
    after: the value in the result, as text
    reason: why
    program_holds: whether the program can hold the source's value
    compared: False if the files have no such value of any track
    count: number of things; above 1 for phrases, and for what was not compared
    """

    kind: Kind
    arrival: Arrival
    item: str
    reason: str
    program_holds: bool
    compared: bool = True
    track: str | None = None
    list: str | None = None
    before: str | None = None
    after: str | None = None
    count: Count = 1


class NotRead(Record):
    """Things of the source that map4 can't read.

    what: a plural, such as "smart lists"
    program_holds: whether the program could hold them
    kind: the kind of `kinds` that counts them as missing; null if none does
    field: name of the value in a track's `imported`, such as "date_added" or "cues.color"; null for other things
    """

    what: str
    count: Count
    program_holds: bool
    kind: Kind | None = None
    field: str | None = None


class Certificate(
    Record, kind="move", members="source format version to output files dry_run=is_dry_run complete=is_complete *"
):
    """The result of moving a library ('map4 move --json').

    source: the file or folder that was read
    format: of the source, as of 'map4 import --from'
    version: of the program that wrote it; null if unknown
    to: the target
    output: the folder of the written files
    files: paths of the written files; with --dry-run of the files to write
    kinds: the kinds that occur
    losses: everything that did not arrive unchanged
    not_read: what map4 can't read in the source
    remarks: sentences about the files
    journal: what 'map4 tags undo' takes back; null if no tags were written
    is_dry_run: whether nothing was written; the losses are then those to expect
    """

    source: str
    format: str
    version: str | None
    to: str
    output: str
    files: tuple[str, ...]
    kinds: tuple[KindCount, ...]
    losses: tuple[Loss, ...]
    not_read: tuple[NotRead, ...] = ()
    remarks: tuple[str, ...] = ()
    journal: str | None = None
    is_dry_run: bool = False

    @property
    def lost(self) -> int:
        """How many things were lost that the program can hold."""
        unread = sum(unread.count for unread in self.not_read if unread.program_holds)
        return unread + sum(loss.count for loss in self.losses if loss.program_holds)

    @property
    def is_complete(self) -> bool:
        """Whether nothing was lost that the program can hold."""
        return not self.lost
