"""The journal of a quarantine, with the library data of the copies; it can be moved together with them."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from map4.core.base.files.journal import JournalError
from map4.core.base.regular_files import OnDisk
from map4.extras.shared.move_journal import MoveEntry, MoveJournal
from map4.extras.shared.moving import Disk, Way
from map4.scan import DiskFiles

_MOVED = "moved"
_MOST_JOURNALS = 10_000


@dataclass(slots=True, kw_only=True)
class JournalEntry(MoveEntry):
    """A copy in a journal; `to` is relative to the journal in the journal file.

    kept: path of the kept copy
    rows: its library data that went to the kept copy; None if it must be read from the journal
    """

    kept: str
    rows: dict[str, Any] | None


class QuarantineJournal(MoveJournal[JournalEntry]):
    """An open journal of a quarantine."""

    SCHEMA, PREFIX, COMMAND = "map4/quarantine-journal/1", "map4-quarantine-", "duplicates --quarantine"
    GONE = "it is neither at its place nor in the quarantine"

    def finish(self, entry: JournalEntry) -> None:
        super().finish(entry)
        entry.rows = None

    def problem_of_return(self, entry: JournalEntry) -> str | None:
        if os.path.islink(entry.to):
            return "in the quarantine it is a link, which map4 never puts there"
        return super().problem_of_return(entry)

    def rows_of(self, entry: JournalEntry) -> dict[str, Any]:
        """Return the library's data on a file."""
        if entry.rows is not None:
            return entry.rows
        with OnDisk(self.path).open() as file:
            file.seek(entry.line_at)
            return dict(json.loads(file.readline())["rows"])

    def _more_of(self, entry: JournalEntry) -> dict[str, Any]:
        return {"kept": entry.kept, "rows": entry.rows, **({"unmoved": True} if entry.is_unmoved else {})}

    def _entry(self, step: dict[str, Any], **values: Any) -> JournalEntry:
        values |= {"kept": str(step["kept"]), "is_unmoved": step.get("unmoved") is True}
        return JournalEntry(rows=None if dict(step["rows"]) else {}, **values)

    def _outward(self, path: str) -> str:
        return os.path.relpath(path, os.path.dirname(self.path))

    def _inward(self, path: str) -> str:
        folder = os.path.dirname(self.path)
        path_inside = os.path.normpath(os.path.join(folder, path))
        if not path_inside.startswith(os.path.join(folder, "")):
            raise ValueError(f"{path} is outside of the quarantine")
        return path_inside


def make_quarantine(folder: str, disk: Disk) -> None:
    """Create a folder for copies; if it was empty before, scans skip it."""
    if os.path.isdir(folder) and os.listdir(folder):
        return
    for missing in Way.to("", os.path.join(folder, DiskFiles.IGNORE_FILE)).folders():
        disk.make_folder(missing)
    with open(os.path.join(folder, DiskFiles.IGNORE_FILE), "x", encoding="ascii") as file:
        file.write("# Copies that map4 moved away: scans skip this folder.\n*\n")


class QuarantineList:
    """A file beside the library with JSON lines, the newest last: paths of journals, and of files that were moved from
    places to which an untrusted journal could not return them.

    beside: the prefix of the library's side files
    """

    def __init__(self, beside: str) -> None:
        self._path = f"{beside}.quarantines"

    def note(self, journal: str) -> None:
        """Add a journal. If that fails, it can only be undone by its path."""
        with suppress(OSError):
            self._add(journal)

    def note_move(self, path: str) -> None:
        """Record that a file is about to move away from a path; raises OSError."""
        self._add({_MOVED: path})

    def _add(self, line: object) -> None:
        descriptor = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        try:
            Disk.append(descriptor, b"\n" + json.dumps(line).encode("ascii"))  # an earlier line may be cut off
        finally:
            os.close(descriptor)

    def moved(self) -> frozenset[str]:
        """Return the recorded paths of moved files."""
        return frozenset(str(line[_MOVED]) for line in self._lines() if isinstance(line, dict) and _MOVED in line)

    def path_of(self, plan: str) -> str | None:
        """Return the path of the journal of a plan whose job began before; None if there is none."""
        return next((journal.path for journal in self.journals() if journal.plan == plan), None)

    def paths(self) -> list[str]:
        """Return the paths of the journals, newest first, without those that moved or are on an absent drive."""
        newest = deque((line for line in self._lines() if isinstance(line, str)), maxlen=_MOST_JOURNALS)
        return [path for path in reversed(newest) if os.path.isfile(path)]

    def journals(self) -> Iterator[QuarantineJournal]:
        """Yield the readable journals, newest first; for reading only."""
        with suppress(JournalError):
            yield from QuarantineJournal.readable(self.paths())

    def _lines(self) -> Iterator[object]:
        with suppress(OSError), OnDisk(self._path).open() as file:
            for line in file:
                with suppress(ValueError, RecursionError):  # cut off
                    yield json.loads(line)
