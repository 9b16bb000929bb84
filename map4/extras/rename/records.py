"""Records of renames: the plan, and what was done."""

from __future__ import annotations

from typing import Literal

from map4.core.base.call_options import CallOptions, option
from map4.core.base.paths import PathLike
from map4.core.base.records import Count, Record, ShownPath

RenameState = Literal["planned", "renamed", "same", "left"]
FileKind = Literal["music", "sidecar", "cover"]


class RenameOptions(CallOptions):
    """Where renamed files go."""

    into: PathLike | None = option(
        None, "--into", "Move to folders below DIR, inside a scanned folder (default: the file's scanned folder).",
        metavar="DIR",
    )  # fmt: skip


class RenamedFile(Record, kind="renamed-file", is_bare=True):
    """A file and its new name.

    path: its place before
    state: planned: it would be renamed; same: it has its name already; left: it stays, with the reason
    to: its new place; null if it has none
    kind: sidecar: lyrics or a CUE sheet named like music; cover: of a folder whose music all moves to one folder
    problem: why it stays, or why the names in a renamed CUE sheet do; to follow its name
    journal: for undo; null in a plan
    """

    path: str
    state: RenameState
    to: ShownPath | None = None
    kind: FileKind = "music"
    problem: str | None = None
    journal: ShownPath | None = None


class RenamePlan(Record, kind="rename-plan", members="template files planned same left"):
    """The new names of files ('map4 rename --dry-run --json').

    template: the template of the names
    files: by folder
    roots: the scanned folders and `into`, which are never removed
    """

    template: str
    files: tuple[RenamedFile, ...]
    roots: tuple[str, ...] = ()

    def count(self, state: RenameState) -> int:
        """Return the number of files in a state."""
        return sum(file.state == state for file in self.files)

    @property
    def planned(self) -> Count:
        """Number of files that would be renamed."""
        return self.count("planned")

    @property
    def same(self) -> Count:
        """Number of files that have their name already."""
        return self.count("same")

    @property
    def left(self) -> Count:
        """Number of files that stay for a reason."""
        return self.count("left")


class RenameDocument(Record, kind="rename"):
    """The files that 'map4 rename' renamed.

    journal: for undo; null if nothing was renamed
    done, left: number of files that were renamed, and that were not
    """

    journal: ShownPath | None
    files: tuple[RenamedFile, ...]
    done: Count
    left: Count

    @classmethod
    def of(cls, files: tuple[RenamedFile, ...]) -> RenameDocument:
        """Return the document for processed files."""
        left = sum(file.state == "left" for file in files)
        done = [file for file in files if file.state != "left"]
        journal = next((file.journal for file in done), None)
        return cls(journal=journal, files=files, done=len(done), left=left)
