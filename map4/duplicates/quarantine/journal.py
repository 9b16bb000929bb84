"""The journal of a quarantine, with the library data of the copies; it can be moved together with them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

from map4.base.files.move_journal import MoveEntry, MoveJournal
from map4.base.files.moving import Disk, Way
from map4.base.regular_files import open_regular
from map4.scan import IGNORE_FILE

SCHEMA = "map4/quarantine-journal/1"
PREFIX = "map4-quarantine-"


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

    SCHEMA, PREFIX, WRITER = SCHEMA, PREFIX, "'map4 duplicates --quarantine'"
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
        with open_regular(self.path) as file:
            file.seek(entry.line_at)
            return dict(json.loads(file.readline())["rows"])

    def _more_of(self, entry: JournalEntry) -> dict[str, Any]:
        return {"kept": entry.kept, "rows": entry.rows}

    def _entry(self, step: dict[str, Any], **values: Any) -> JournalEntry:
        return JournalEntry(kept=str(step["kept"]), rows=None if dict(step["rows"]) else {}, **values)

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
    for missing in Way.to("", os.path.join(folder, IGNORE_FILE)).folders():
        disk.make_folder(missing)
    with open(os.path.join(folder, IGNORE_FILE), "x", encoding="ascii") as file:
        file.write("# Copies that map4 moved away: scans skip this folder.\n*\n")
