"""Put back files from a quarantine by its journal, including moves that were cut off."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, nullcontext

from map4.audio.jobs import Stamp
from map4.base.files.moving import Disk
from map4.base.given_paths import PathLike, absolute_path
from map4.errors import NothingFoundError, UsageError
from map4.extras.quarantine.journal import JournalEntry, QuarantineJournal, QuarantineList
from map4.extras.quarantine.options import (
    CopyDone,
    MovedAway,
    QuarantineEvent,
    QuarantineOutcome,
    QuarantineStarted,
    QuarantineTally,
)
from map4.extras.quarantine.store import HandOver, SqlHandOvers
from map4.music.track.track import display_path
from map4.scan import MusicPlaces
from map4.store.sql_store import Store


class Returning:
    """Puts back the files of a journal, each with its library data.

    disk: changes the disk
    """

    def __init__(self, store: Store, disk: Disk | None = None) -> None:
        self._store = store
        self._disk = disk or Disk()
        self._places = MusicPlaces(store)

    def quarantines(self) -> Iterator[MovedAway]:
        """Yield the quarantines, newest first."""
        for journal in QuarantineList(self._store.place.beside).journals():
            # A move that was cut off is reverted and repeated: the last entry of a file counts.
            if entries := {entry.path: entry for entry in journal.entries}.values():
                yield MovedAway(
                    journal=journal.path,
                    begun_at=journal.begun_at,
                    files=len(entries),
                    size_bytes=sum(entry.size_bytes for entry in entries),
                    returned=sum(entry.is_back for entry in entries),
                )

    def moved_by(self, plan: str) -> tuple[str | None, list[CopyDone]]:
        """Return the journal of a plan whose job was killed, and its moved copies; a move that was cut off is
        reverted."""
        path = QuarantineList(self._store.place.beside).path_of(plan)
        if path is None:
            return None, []
        with closing(QuarantineJournal.open(path, self._disk)) as journal, self._store.locks.scan(wait=False):
            for entry in journal.entries:
                if entry.is_unfinished and not entry.is_back:
                    self.put_back(entry, journal)
        return path, [
            CopyDone(path=copy.path, outcome="moved", kept=copy.kept, to=copy.to, size_bytes=copy.size_bytes)
            for copy in journal.entries if not (copy.is_unfinished or copy.is_back)
        ]  # fmt: skip

    def _last(self) -> str:
        last = next((quarantine for quarantine in self.quarantines() if quarantine.returned < quarantine.files), None)
        if last is None:
            raise NothingFoundError("there is nothing to put back; '--undo JOURNAL' takes a journal from elsewhere")
        return last.journal

    def run(self, journal_path: PathLike | None, *, dry_run: bool = False) -> Iterator[QuarantineEvent]:
        """Put back all files of a journal, newest first; see `QuarantinePart.undo_events`."""
        journal_path = self._last() if journal_path is None else journal_path
        with closing(QuarantineJournal.open(absolute_path(journal_path), self._disk, read_only=dry_run)) as journal:
            self._require_library(journal)
            if not dry_run:
                self._store.require_writable()
            with nullcontext() if dry_run else self._store.locks.scan(wait=False):
                yield from self._run(journal, dry_run=dry_run)

    def _run(self, journal: QuarantineJournal, *, dry_run: bool) -> Iterator[QuarantineEvent]:
        tally = QuarantineTally()
        entries = [entry for entry in reversed(journal.entries) if not entry.is_back]
        yield QuarantineStarted(
            files=len(entries),
            size_bytes=sum(entry.size_bytes for entry in entries),
            journal=None if dry_run else journal.path,
        )
        for line in journal.damaged:
            reason = f"its line {line} can't be read; the file named in it may be in the quarantine"
            yield tally.add(CopyDone(path=journal.path, outcome="left", kept="", problem=reason))
        for entry in entries:
            problem = self._places.problem(entry.path)
            if problem is None:
                problem = journal.problem_of_return(entry) if dry_run else self.put_back(entry, journal)
            outcome: QuarantineOutcome = "left" if problem else "planned" if dry_run else "returned"
            yield tally.add(
                CopyDone(
                    path=entry.path,
                    outcome=outcome,
                    kept=entry.kept,
                    to=entry.to,
                    size_bytes=entry.size_bytes,
                    problem=problem,
                )
            )
        if not dry_run:
            journal.remove_folders(*journal.entries)
        yield tally.finished(journal.path)

    def put_back(self, entry: JournalEntry, journal: QuarantineJournal) -> str | None:
        """Put a file back, whatever state it is in; returns the reason if that fails, or None."""
        if (problem := journal.carry_back(entry)) is not None:
            return problem
        try:
            plan = HandOver.of_data(journal.rows_of(entry))
        except (OSError, TypeError, ValueError, KeyError):
            plan = None  # the next scan finds the file
        if plan is not None:
            self._store.part(SqlHandOvers).take_back(plan, _stamp(entry.path))
        journal.finish_return(entry)
        journal.remove_folders(entry)
        return None

    def _require_library(self, journal: QuarantineJournal) -> None:
        """Require the library of the journal, if that still exists."""
        own, its = self._store.place.beside, os.path.realpath(journal.library)
        if journal.library and own != its and os.path.exists(its):
            raise UsageError(
                f"{display_path(journal.path)} is the journal of the library {display_path(journal.library)}; "
                "name that with --library"
            )


def _stamp(path: str) -> Stamp | None:
    try:
        return Stamp.of(os.stat(path))
    except OSError:
        return None
