"""Journals of moved files: each move is recorded before it happens, so that it can be undone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar, cast

from map4.core.base.files.journal import Journal, JournalDisk, JournalError
from map4.core.base.files.undo import UndoneFile, UndoStep
from map4.core.base.paths import display_path, is_one_name
from map4.core.base.text import counted
from map4.errors import Map4Error
from map4.extras.shared.moving import OF_THE_DISK, Disk, Way, carry, settle

TAKEN = "another file is in its place; move that away, then undo again"
_COARSE_NS = 2_000_000_001  # FAT stores times in steps of 2 s


@dataclass(slots=True, kw_only=True)
class MoveEntry:
    """A file in a journal.

    number: from 1, in the order of the moves
    path, to: its place before and after the move
    size_bytes, mtime_ns: of the original file
    line_at: offset of its line in the journal
    folders: folders made for it
    moves: every move that was begun, the newest last
    is_followed: whether the library had followed the file to its new place
    is_unfinished: whether the last move may be incomplete
    is_back: whether everything is restored
    is_unmoved: whether only the library changes, as the file is gone or stays in its place
    texts: its content before and after the move, as Latin-1; empty if that stays
    """

    path: str
    to: str
    size_bytes: int
    mtime_ns: int
    number: int = 0
    line_at: int = 0
    folders: list[str] = field(default_factory=list)
    moves: list[Way] = field(default_factory=list)
    is_followed: bool = False
    is_unfinished: bool = True
    is_back: bool = False
    is_unmoved: bool = False
    texts: list[str] = field(default_factory=list)

    @property
    def is_home(self) -> bool:
        """Whether its old place has a file."""
        return _is_at(self.path, self.to)

    @property
    def is_away(self) -> bool:
        """Whether its new place has a file."""
        return not self.is_unmoved and _is_at(self.to, self.path)


E = TypeVar("E", bound=MoveEntry)


class MoveJournal(Journal, Generic[E]):
    """The journal of moved files. Subclasses may add members to entries.

    disk: changes the disk
    """

    GONE: ClassVar[str] = "it is neither at its old place nor at its new one"
    _disk: Disk

    def __init__(self, path: str, head: Mapping[str, Any], disk: JournalDisk) -> None:
        super().__init__(path, head, disk)
        self.entries: list[E] = []
        self._by_number: dict[int, E] = {}

    @property
    def files(self) -> list[E]:
        """The last move of each file: a move that was cut off is reverted and repeated."""
        return list({entry.path: entry for entry in self.entries}.values())

    def remove_if_empty(self) -> None:
        """Remove a journal without files."""
        if not self.entries:
            self._disk.remove(self.path)

    # ---- steps -----------------------------------------------------------------------------------

    def begin(self, entry: E, way: Way) -> None:
        """Record that a file is about to move; assigns its number."""
        entry.number, entry.folders = len(self.entries) + 1, way.folders()
        entry.line_at = self.add({
            "step": "move", "number": entry.number, "from": entry.path, "to": self._outward(entry.to),
            "partial": self._outward(way.partial), "folders": [self._outward(folder) for folder in entry.folders],
            "size_bytes": entry.size_bytes, "mtime_ns": entry.mtime_ns, **self._more_of(entry),
            **({"texts": entry.texts} if entry.texts else {}),
        })  # fmt: skip
        entry.moves.append(way)
        self.entries.append(entry)

    def finish(self, entry: E) -> None:
        """Record that it moved and that the library is updated."""
        self.add({"step": "moved", "number": entry.number})
        entry.is_unfinished, entry.is_followed = False, True

    def finish_return(self, entry: E) -> None:
        """Record that everything is restored."""
        self.add({"step": "back", "number": entry.number})
        entry.is_unfinished, entry.is_back = False, True

    def move(self, entry: E, follow: Callable[[], object], put_back: Callable[[E], str | None]) -> str | None:
        """Move a file; returns the reason if it stays.

        follow: updates the library
        put_back: puts it back, whatever state it is in, and returns the reason if that fails
        """
        try:
            way = Way.to(entry.path, entry.to)
            self.begin(entry, way)
            if not entry.is_unmoved:
                carry(way, self._disk)
            follow()
            self.finish(entry)
        except FileExistsError:
            self.finish_return(entry)
            self.remove_folders(entry)
            return f"it can't be moved: there is another file {display_path(entry.to)}"
        except OSError as error:
            still = put_back(entry)
            problem = f"it can't be moved: {error.strerror or error}" + ("" if still is None else f"; {still}")
            if error.errno in OF_THE_DISK:
                moved = counted(sum(not each.is_back for each in self.entries), "file")
                done = f"{moved} moved before it; 'map4 undo' puts them back"
                raise JournalError(f"{display_path(entry.path)}: {problem}; {done}") from None
            return problem
        except BaseException:
            # After a signal, or if the library or journal can't be written, undo the half-done move.
            if entry in self.entries:
                with suppress(Map4Error):
                    put_back(entry)
            raise
        return None

    # ---- the way back ----------------------------------------------------------------------------

    def settle(self, entry: E) -> None:
        """Finish or undo the last move of a file if that was cut off."""
        if entry.is_unfinished and entry.moves and not entry.is_unmoved:
            settle(entry.moves[-1], self._disk)

    def put_back(self, entry: E, follow: Callable[[], object]) -> str | None:
        """Move a file back from any state, and record that; returns the reason if that fails, or None.

        follow: updates the library
        """
        try:
            self.settle(entry)
            problem = self.problem_of_return(entry)
            if problem is None and entry.is_away:
                way = Way.to(entry.to, entry.path)
                self.add({"step": "return", "number": entry.number, "partial": way.partial})
                entry.moves.append(way)
                entry.is_unfinished = True
                carry(way, self._disk)
                _keep_time(entry)
            if problem is None:
                follow()
        except FileExistsError:
            problem = TAKEN
        except OSError as error:
            with suppress(OSError):
                self.settle(entry)
            problem = "it can't be put back: " + (error.strerror or str(error))
        if problem is None:
            self.finish_return(entry)
            self.remove_folders(entry)
        return problem

    def undone(self, put_back: Callable[[E], str | None], *, dry_run: bool = False) -> Iterator[UndoneFile]:
        """Undo all moves, newest first.

        put_back: puts a file back, or only checks that; returns the reason if it stays
        """
        yield from self.unreadable()
        for entry in reversed(self.files):
            was_back = entry.is_back
            problem = None if was_back else put_back(entry)
            to = None if entry.is_unmoved else entry.to
            yield UndoneFile(
                path=entry.path, to=to, problem=problem, is_unmoved=entry.is_unmoved,
                state="unchanged" if was_back else "left_alone" if problem else "planned" if dry_run else "restored",
            )  # fmt: skip
        if not dry_run:
            self.remove_folders(*self.entries)

    def step(self, kind: str, files: Sequence[E], what: str, *command: str) -> UndoStep:
        """It as a step."""
        undone = sum(entry.is_back for entry in files)
        return UndoStep(kind=kind, at=self.begun_at, what=what, count=len(files), undone=undone, command=command)

    def problem_of_return(self, entry: E) -> str | None:
        """Return why a file can't be put back, when no move is half done."""
        if entry.is_home and entry.is_away:
            return TAKEN
        return None if entry.is_home or entry.is_away or entry.is_unmoved else self.GONE

    def remove_folders(self, *entries: E) -> None:
        """Remove the folders that were made for some files if they are empty."""
        for folder in sorted({folder for entry in entries for folder in entry.folders}, reverse=True):
            self._disk.remove_folder(folder)

    # ---- lines -----------------------------------------------------------------------------------

    def _outward(self, path: str) -> str:
        """Return a path as the journal has it."""
        return path

    def _inward(self, path: str) -> str:
        """Return a path of the journal as it is on disk; raises ValueError if the journal can't have it."""
        return path

    def _more_of(self, entry: E) -> dict[str, Any]:
        """Return further members of its line."""
        return {}

    def _entry(self, step: dict[str, Any], **values: Any) -> E:
        return cast(E, MoveEntry(**values))

    def _read(self, step: dict[str, Any], line_at: int) -> None:
        name, number = step["step"], Journal.whole_number(step["number"])
        if name == "move":
            entry = self._entry(
                step, number=number, path=str(step["from"]), to=self._inward(step["to"]), line_at=line_at,
                size_bytes=Journal.whole_number(step["size_bytes"]), mtime_ns=Journal.whole_number(step["mtime_ns"]),
                folders=[self._inward(folder) for folder in step["folders"]], texts=step.get("texts", []),
            )  # fmt: skip
            entry.moves.append(Way(source=entry.path, target=entry.to, partial=self._inward(step["partial"])))
            self.entries.append(entry)
            self._by_number[number] = entry
            return
        moved = self._by_number.get(number)
        if moved is None:  # its line is damaged, which is reported
            return
        if name == "return":
            moved.moves.append(Way(source=moved.to, target=moved.path, partial=str(step["partial"])))
        moved.is_unfinished = name == "return"
        moved.is_followed = moved.is_followed or name == "moved"
        moved.is_back = name == "back"


def _is_at(path: str, other: str) -> bool:
    """Whether there is a file of this name, and not only of another name that the disk treats as equal."""
    if not os.path.lexists(path):
        return False
    return not is_one_name(path, other) or os.path.basename(path) in os.listdir(os.path.dirname(path))


def _keep_time(entry: MoveEntry) -> None:
    """Restore a file's time, if the other disk stored it less exactly."""
    with suppress(OSError):
        status = os.stat(entry.path)
        if status.st_mtime_ns != entry.mtime_ns and abs(status.st_mtime_ns - entry.mtime_ns) < _COARSE_NS:
            os.utime(entry.path, ns=(status.st_atime_ns, entry.mtime_ns))
