"""Copies that are moved away: `library.quarantine`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from map4.base.actor import needs
from map4.base.given_paths import PathLike
from map4.base.options import USUAL, takes
from map4.duplicates import DuplicateGroup
from map4.extras.quarantine.options import (
    CopyDone,
    MovedAway,
    QuarantineEvent,
    QuarantineFinished,
    QuarantineOptions,
    QuarantineSummary,
)
from map4.extras.quarantine.quarantine import Quarantine
from map4.extras.quarantine.returning import Returning
from map4.part import LibraryPart, end_of


@needs("files")
class QuarantinePart(LibraryPart):
    """Moves copies away, and puts them back; `library.quarantine`."""

    @takes("map4.extras.quarantine.options:QuarantineOptions")
    def move(
        self,
        groups: Iterable[DuplicateGroup],
        folder: PathLike,
        options: QuarantineOptions = USUAL,
        *,
        plan: str | None = None,
        **keywords: Any,
    ) -> QuarantineSummary:
        """Move the copies of some groups into a folder; nothing is deleted.

        The kept file of each group is first decoded to its end. A copy's places in stored lists, imported data, your
        values and labels move to the kept file.

        groups: from `duplicates.find`
        folder: outside of every scanned folder; created if missing
        plan: id of the plan that is carried out; the journal of a killed job is continued
        returns: The number of moved copies (`done`) and copies not moved (`left`), and the `journal` for `undo`.
        raises UsageError: if the folder is in a scanned folder or contains one; if a kind is "versions"
        raises LibraryBusyError: if a scan of this library runs
        raises Map4Error: if the folder can't be written, or its disk is full; earlier moves are in the journal
        """
        return _summary(self.move_events(groups, folder, options, plan=plan))

    @takes("map4.extras.quarantine.options:QuarantineOptions")
    def move_events(
        self,
        groups: Iterable[DuplicateGroup],
        folder: PathLike,
        options: QuarantineOptions = USUAL,
        *,
        plan: str | None = None,
        **keywords: Any,
    ) -> Iterator[QuarantineEvent]:
        """`move` as events; each copy is moved before its event.

        yields: QuarantineStarted, then a CopyDone for each copy, then QuarantineFinished. Closing the generator early
            leaves the remaining copies where they are.
        """
        services = self._services
        quarantine = Quarantine(store=self._store, lanes=services.scanner.lanes, decoder=services.decoder, plan=plan)
        yield from self._noting(quarantine.run(groups, folder, options), "copies-moved-away", _is_moved)

    def moved_by(self, plan: str) -> tuple[str | None, list[CopyDone]]:
        """Return the journal of a plan whose job was killed, and the copies that it moved; None and no copies without
        a journal."""
        return Returning(self._store).moved_by(plan)

    def journals(self) -> list[MovedAway]:
        """Return past quarantines and their journals, newest first; without those whose folder is missing."""
        return list(Returning(self._store).quarantines())

    def undo(self, journal: PathLike | None = None, *, dry_run: bool = False) -> QuarantineSummary:
        """Put back all files that a quarantine moved, with their library data; can be repeated.

        journal: the file that `move` named; None is the newest journal with anything to put back
        dry_run: only count the files
        returns: The number of files put back (`done`), and of files that stay in the quarantine (`left`).
        raises NothingFoundError: if there is no such journal
        raises Map4Error: if it is not a journal, or can't be written
        """
        return _summary(self.undo_events(journal, dry_run=dry_run))

    def undo_events(self, journal: PathLike | None = None, *, dry_run: bool = False) -> Iterator[QuarantineEvent]:
        """`undo` as events, in reverse order of the moves."""
        yield from self._noting(Returning(self._store).run(journal, dry_run=dry_run), "copies-put-back", _is_moved)


def _is_moved(event: QuarantineEvent) -> bool:
    return isinstance(event, CopyDone) and event.outcome in ("moved", "returned")


def _summary(events: Iterable[QuarantineEvent]) -> QuarantineSummary:
    return end_of(events, QuarantineFinished).summary
