"""Results of writing to a stick."""

from __future__ import annotations

from typing import Literal

from map4.core.base.records import Count, Record, ShownPath

StickListState = Literal["new", "changed", "same", "stays", "removed"]


class WrittenStickList(Record):
    """A list on a stick, as planned or written.

    state: stays: it is not named now, or another program wrote it; removed: by --prune
    """

    name: str
    folders: tuple[str, ...] = ()
    state: StickListState
    tracks: Count = 0


class StickWrite(Record, kind="stick-write", members="* dry_run=is_dry_run stand_ins=copies"):
    """The result of 'map4 stick LIST --to DIR' or its dry run; 'map4 stick show' is that of no list.

    player: model for which music is converted
    other_lists: number of lists that stay, and that a job's result leaves out of `lists`: they may be other people's
    tracks: number of tracks of the named lists
    copied: tracks whose music is written, including the `converted` ones
    same: tracks whose music is on the stick
    others: number of other tracks, which stay
    analyses: tracks whose cue points, grid and phrases are written
    values: tracks whose names, ratings or other values changed
    removed: music that --prune removes
    left_out: tracks that can't be written, with the reason
    size_bytes: of all new files, estimated for conversions
    free_bytes: on the stick, before
    misses: what players will not show, as sentences
    stand_ins: entries that are copies of files that are away
    """

    stick: ShownPath
    player: str
    lists: tuple[WrittenStickList, ...]
    other_lists: Count = 0
    tracks: Count = 0
    copied: Count = 0
    converted: Count = 0
    same: Count = 0
    others: Count = 0
    analyses: Count = 0
    values: Count = 0
    removed: tuple[ShownPath, ...] = ()
    left_out: tuple[str, ...] = ()
    size_bytes: Count = 0
    free_bytes: Count = 0
    misses: tuple[str, ...] = ()
    copies: Count = 0
    is_dry_run: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether everything is on the stick already."""
        is_same = all(listed.state in ("same", "stays") for listed in self.lists)
        return is_same and not (self.copied or self.analyses or self.values or self.removed)
