"""The journal of a quarantine: each move is recorded before it happens, so that it can be undone.

JSON lines. The first line describes the journal; each further line is a step with one file, flushed before the next
step. Only the last line can be cut off by a power cut; nothing was done after it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from map4.base.files.journal import SUFFIX, JournalError, JournalFile, whole_lines, whole_number
from map4.base.files.moving import Disk, Way
from map4.base.regular_files import open_regular
from map4.errors import NothingFoundError, UsageError
from map4.music.track.track import display_path
from map4.scan import IGNORE_FILE

SCHEMA = "map4/quarantine-journal/1"
PREFIX = "map4-quarantine-"
_MOST_FIRST_BYTES = 64 << 10


@dataclass(slots=True)
class JournalEntry:
    """A file in a journal.

    number: from 1, in the order of the moves
    path: its place among the music
    to: its place in the quarantine; relative to the journal in the journal file
    size_bytes, mtime_ns: of the original file
    kept: path of the kept copy
    rows: its library data that went to the kept copy; None if it must be read from the journal
    line_at: offset of its line in the journal
    folders: folders made for it in the quarantine
    ways: every move that was begun, the newest last
    is_unfinished: whether the last move may be incomplete
    is_back: whether everything is restored
    """

    number: int
    path: str
    to: str
    size_bytes: int
    mtime_ns: int
    kept: str
    rows: dict[str, Any] | None
    folders: list[str] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    is_unfinished: bool = True
    is_back: bool = False
    line_at: int = 0


class QuarantineJournal:
    """An open journal.

    file: for appending; None if it is only read
    disk: changes the disk
    plan: id of the plan whose job writes it
    """

    def __init__(
        self,
        path: str,
        file: JournalFile | None,
        disk: Disk,
        library: str,
        begun_at: str = "",
        plan: str | None = None,
    ) -> None:
        self.path, self.library, self.begun_at, self.plan = path, library, begun_at, plan
        self.entries: list[JournalEntry] = []
        self.damaged: list[int] = []
        self._by_number: dict[int, JournalEntry] = {}
        self._file, self._disk = file, disk

    @classmethod
    def create(
        cls, folder: str, *, library: str, now: datetime, disk: Disk, plan: str | None = None
    ) -> QuarantineJournal:
        stem = os.path.join(folder, f"{PREFIX}{now:%Y%m%d-%H%M%S}")
        try:
            file = JournalFile.create(stem, disk.append)
            journal = cls(file.path, file, disk, library, plan=plan)
            head = {"schema": SCHEMA, "library": library, "begun_at": now.isoformat(timespec="seconds")}
            try:
                journal.add(head if plan is None else {**head, "plan": plan})
                disk.sync_folder(file.path)
            except (JournalError, OSError):
                journal.close()
                disk.remove(file.path)
                raise
        except OSError as error:
            raise JournalError(
                f"no journal can be written in {display_path(folder)}: {error.strerror or error}; nothing was moved"
            ) from None
        return journal

    @classmethod
    def open(cls, path: str, disk: Disk, *, read_only: bool = False) -> QuarantineJournal:
        """Read a journal, and continue it unless `read_only`."""
        shown, path = display_path(path), os.path.realpath(path)  # paths in it are relative to it
        try:
            with open_regular(path) as file:
                first = file.readline(_MOST_FIRST_BYTES)
                header = _parsed(first) or {}
                # Without any line, power failed before anything was moved.
                is_begun = not first.endswith(b"\n") and os.path.basename(path).startswith(PREFIX)
                if header.get("schema") != SCHEMA and not is_begun:
                    raise JournalError(f"{shown} is not a journal of 'map4 duplicates --quarantine'")
            adding = None if read_only else JournalFile.open(path, disk.append)
        except FileNotFoundError:
            raise NothingFoundError(f"there is no journal {shown}") from None
        except IsADirectoryError:
            raise UsageError(f"{shown} is a folder; name the journal in it{_journals_in(path)}") from None
        except OSError as error:
            raise JournalError(f"the journal {shown} can't be opened: {error.strerror or error}") from None
        head = str(header.get("library", "")), str(header.get("begun_at", "")), header.get("plan")
        journal = cls(path, adding, disk, *head)
        for number, (start, line) in enumerate(() if is_begun else whole_lines(path), start=1):
            try:
                if number > 1:
                    journal._read(_parsed(line) or {}, start)
            except (KeyError, TypeError, ValueError, IndexError):
                journal.damaged.append(number)
        return journal

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def remove_if_empty(self) -> None:
        """Remove a journal without files."""
        if not self.entries:
            self._disk.remove(self.path)

    # ---- steps -----------------------------------------------------------------------------------

    def begin(self, entry: JournalEntry, way: Way) -> None:
        """Record that a file is about to move into the quarantine; assigns its number."""
        entry.number, entry.folders = len(self.entries) + 1, way.folders()
        entry.line_at = self.add({
            "step": "move", "number": entry.number, "from": entry.path, "to": self._relative(entry.to),
            "partial": self._relative(way.partial), "folders": [self._relative(folder) for folder in entry.folders],
            "size_bytes": entry.size_bytes, "mtime_ns": entry.mtime_ns, "kept": entry.kept, "rows": entry.rows,
        })  # fmt: skip
        entry.ways.append(way)
        self.entries.append(entry)

    def finish(self, entry: JournalEntry) -> None:
        """Record that it moved and that the library is updated."""
        self.add({"step": "moved", "number": entry.number})
        entry.is_unfinished, entry.rows = False, None

    def begin_return(self, entry: JournalEntry, way: Way) -> None:
        """Record that a file is about to move back."""
        self.add({"step": "return", "number": entry.number, "partial": way.partial})
        entry.ways.append(way)
        entry.is_unfinished = True

    def finish_return(self, entry: JournalEntry) -> None:
        """Record that everything is restored."""
        self.add({"step": "back", "number": entry.number})
        entry.is_unfinished, entry.is_back = False, True

    def add(self, step: dict[str, Any]) -> int:
        """Append a line and flush it to disk; returns its offset."""
        assert self._file is not None, "it was opened for reading"
        try:
            return self._file.add(step)
        except OSError as error:
            raise JournalError(
                f"the journal {display_path(self.path)} can't be written: {error.strerror or error}; nothing more was "
                "moved"
            ) from None

    # ---- reading ---------------------------------------------------------------------------------

    def rows_of(self, entry: JournalEntry) -> dict[str, Any]:
        """Return the library's data on a file."""
        if entry.rows is not None:
            return entry.rows
        with open_regular(self.path) as file:
            file.seek(entry.line_at)
            return dict(json.loads(file.readline())["rows"])

    def _read(self, step: dict[str, Any], line_at: int) -> None:
        name, number = step["step"], whole_number(step["number"])
        if name == "move":
            entry = JournalEntry(
                number=number,
                path=str(step["from"]),
                to=self._absolute(step["to"]),
                size_bytes=whole_number(step["size_bytes"]),
                mtime_ns=whole_number(step["mtime_ns"]),
                kept=str(step["kept"]),
                rows=None if dict(step["rows"]) else {},
                line_at=line_at,
                folders=[self._absolute(folder) for folder in step["folders"]],
            )
            entry.ways.append(Way(source=entry.path, target=entry.to, partial=self._absolute(step["partial"])))
            self.entries.append(entry)
            self._by_number[number] = entry
            return
        copy = self._by_number.get(number)
        if copy is None:  # its line is damaged, which is reported
            return
        if name == "return":
            copy.ways.append(Way(source=copy.to, target=copy.path, partial=str(step["partial"])))
        copy.is_unfinished = name == "return"
        copy.is_back = name == "back"

    def _relative(self, path: str) -> str:
        return os.path.relpath(path, os.path.dirname(self.path))

    def _absolute(self, path: str) -> str:
        folder = os.path.dirname(self.path)
        path_inside = os.path.normpath(os.path.join(folder, path))
        if not path_inside.startswith(os.path.join(folder, "")):
            raise ValueError(f"{path} is outside of the quarantine")
        return path_inside


def make_quarantine(folder: str, disk: Disk) -> None:
    """Create a folder for copies; if it was empty before, scans skip it."""
    if os.path.isdir(folder) and os.listdir(folder):
        return
    for missing in Way.to("", os.path.join(folder, IGNORE_FILE)).folders():
        disk.make_folder(missing)
    with open(os.path.join(folder, IGNORE_FILE), "x", encoding="ascii") as file:
        file.write("# Copies that map4 moved away: scans skip this folder.\n*\n")


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        data = json.loads(line)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def _journals_in(folder: str) -> str:
    try:
        names: Iterable[str] = sorted(os.listdir(folder))
    except OSError:
        names = ()
    journals = [display_path(name) for name in names if name.startswith(PREFIX) and name.endswith(SUFFIX)]
    return f": {', '.join(journals)}" if journals else ""
