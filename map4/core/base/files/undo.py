"""Records of steps that can be undone, and of undone files."""

from __future__ import annotations

from typing import Literal

from map4.core.base.records import Count, Moment, Record, ShownPath

FileState = Literal["restored", "planned", "unchanged", "left_alone"]


class UndoneFile(Record, kind="undone-file", members="path state to problem"):
    """A file of a step that was undone, or of a dry run.

    path: its place before the step
    state: restored; planned (a dry run); unchanged: it was as before already; left_alone: skipped, with a `problem`
    to: where the step moved it; null if it did not
    problem: why it was skipped, to follow its name
    changes: names of tags with their values now and then
    is_unmoved: whether the step changed only what the library has of it
    """

    path: str
    state: FileState
    to: ShownPath | None = None
    problem: str | None = None
    changes: tuple[tuple[str, str | None, str | None], ...] = ()
    is_unmoved: bool = False


class UndoneFiles(Record, kind="undo"):
    """The files of a step that was undone, as 'map4 tags undo --json', or of a dry run.

    done: number of files that were, or would be, restored
    left: number of skipped files
    """

    dry_run: bool
    files: tuple[UndoneFile, ...]
    done: Count
    left: Count


class UndoStep(Record, members="kind name at what count undone command"):
    """A step that can be undone.

    kind: set, tags, rename, copies, list, import, labels, unmix, or rekordbox-db
    at: in UTC; null if its journal does not contain it
    what: its changes, for the user
    count: number of its values, files, lists or tracks
    undone: how many of them are undone
    command: the words after `map4` that undo it
    """

    kind: str
    at: Moment | None
    what: str
    count: Count = 1
    undone: Count = 0
    command: tuple[ShownPath, ...]

    @property
    def name(self) -> ShownPath:
        """Names it to its command, such as its journal."""
        return self.command[-1]

    @property
    def is_undone(self) -> bool:
        """Whether all of it is undone."""
        return self.undone >= self.count
