"""Put back files from a quarantine by its journal, including moves that were cut off."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, nullcontext
from functools import cached_property

from map4.core.audio.jobs import Stamp
from map4.core.base.files.undo import UndoneFile, UndoStep
from map4.core.base.paths import PathLike, absolute_path, display_path
from map4.core.base.records import read
from map4.core.base.text import counted, size_text
from map4.core.store.sql_store import Store
from map4.errors import UsageError
from map4.extras.quarantine.journal import JournalEntry, QuarantineJournal, QuarantineList
from map4.extras.quarantine.options import CopyDone
from map4.extras.quarantine.store import HandOver, SqlHandOvers
from map4.extras.shared.moving import Disk
from map4.scan import MusicPlaces


class Returning:
    """Puts back the files of a journal, each with its library data.

    disk: changes the disk
    """

    def __init__(self, store: Store, disk: Disk | None = None) -> None:
        self._store = store
        self._disk = disk or Disk()
        self._list = QuarantineList(store.place.beside)
        self._places = MusicPlaces(store, lambda path: path in self._moved)

    @cached_property
    def _moved(self) -> frozenset[str]:
        return self._list.moved()

    def record_move(self, path: str) -> None:
        """Record that a file is about to move, if `MusicPlaces` allows it back only with a record; raises OSError."""
        if not self._places.is_usual(path):
            self._list.note_move(path)

    def moved_by(self, path: str) -> Iterator[CopyDone]:
        """Yield the copies that are moved by the journal of a killed job; a move that was cut off is reverted."""
        with closing(QuarantineJournal.open(path, self._disk)) as journal:
            for entry in journal.entries:
                if entry.is_unfinished and not entry.is_back and self._problem(entry) is None:
                    self.put_back(entry, journal)
                if not (entry.is_unfinished or entry.is_back):
                    to, size_bytes = (None, 0) if entry.is_unmoved else (entry.to, entry.size_bytes)
                    yield CopyDone(
                        path=entry.path, outcome="moved", kept=entry.kept, to=to, size_bytes=size_bytes, journal=path,
                        is_gone=entry.is_unmoved,
                    )  # fmt: skip

    def revert_unfinished(self) -> None:
        """Revert a move that was cut off by a kill of the last run."""
        last = next(self._list.journals(), None)
        if last is not None and any(entry.is_unfinished for entry in last.entries):
            for _ in self.moved_by(last.path):
                pass

    def undo(self, name: PathLike, *, dry_run: bool = False) -> Iterator[UndoneFile]:
        """Put back all files of a journal, newest first."""
        path = absolute_path(name)
        with closing(QuarantineJournal.open(path, self._disk, read_only=dry_run)) as journal:
            own, its = self._store.place.beside, os.path.realpath(journal.library)
            if journal.library and own != its and os.path.exists(its):
                raise UsageError(
                    f"{display_path(journal.path)} is the journal of the library {display_path(journal.library)}; "
                    "name that with --library"
                )
            if not dry_run:
                self._store.require_writable()

            def put_back(entry: JournalEntry) -> str | None:
                if (problem := self._problem(entry)) is not None:
                    return problem
                return journal.problem_of_return(entry) if dry_run else self.put_back(entry, journal)

            with nullcontext() if dry_run else self._store.locks.scan(wait=False):
                yield from journal.undone(put_back, dry_run=dry_run)

    def put_back(self, entry: JournalEntry, journal: QuarantineJournal) -> str | None:
        """Put a file back, whatever state it is in; returns the reason if that fails, or None."""

        def follow() -> None:
            try:
                plan = read(HandOver, journal.rows_of(entry))
            except (OSError, TypeError, ValueError, KeyError):
                return  # the next scan finds the file
            if plan.path == entry.path:
                self._store.part(SqlHandOvers).take_back(plan, _stamp(entry.path), is_gone=entry.is_unmoved)

        return journal.put_back(entry, follow)

    def _problem(self, entry: JournalEntry) -> str | None:
        """Return why a file must not be restored to the path in its journal, and where it is; None if it may."""
        folder = os.path.dirname(entry.to)
        if os.path.realpath(folder) != folder:  # its journal's path has no links
            return "in the quarantine it is behind a link, which map4 never puts there"
        problem = self._places.problem(entry.path)
        is_at = f"; it is now at {display_path(entry.to)}" if problem and entry.is_away else ""
        return problem and f"{problem}{is_at}"


def _stamp(path: str) -> Stamp | None:
    try:
        return Stamp.of(os.stat(path))
    except OSError:
        return None


def undo_steps(store: Store) -> Iterator[UndoStep]:
    """The moves of copies, newest first, without those whose folder is missing."""
    for journal in QuarantineJournal.readable(QuarantineList(store.place.beside).paths()):
        if files := journal.files:
            yield journal.step("copies", files, _what(files), "duplicates", "--undo", journal.path)


def _what(files: Sequence[JournalEntry]) -> str:
    moved = [entry for entry in files if not entry.is_unmoved]
    changed = sum(entry.is_unmoved and entry.path == entry.kept for entry in files)
    gone, size_bytes = len(files) - len(moved) - changed, sum(entry.size_bytes for entry in moved)
    parts = {
        f"{counted(len(moved), 'copy', 'copies')}, {size_text(size_bytes)}": moved,
        f"{counted(gone, 'gone file')} handed over": gone,
        f"{counted(changed, 'file')} with other audio of the same recording": changed,
    }
    return "; ".join(words for words, count in parts.items() if count)
