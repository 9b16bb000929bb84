"""Move copies of recordings away, and bring them back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from map4.app.options import USUAL, takes
from map4.app.paths import PathLike
from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.app.quarantine.options import QuarantineEvent, QuarantineOptions, QuarantineSummary
    from map4.domain.duplicates import DuplicateGroup


class QuarantineMethods(OpenLibrary):
    """Move copies of recordings away, and bring them back."""

    @takes("map4.app.quarantine.options:QuarantineOptions")
    def quarantine(
        self,
        groups: Iterable[DuplicateGroup],
        folder: PathLike,
        options: QuarantineOptions = USUAL,
        **keywords: Any,
    ) -> QuarantineSummary:
        """Move the copies of some groups into a folder; nothing is deleted.

        The kept file of each group is decoded to its end first. What stored lists, imports, your values and labels say
        of a copy goes to the kept one.

        groups: from `duplicates`
        folder: outside of every scanned folder; made where it does not exist
        options: the same as the keywords, as a `map4.app.quarantine.options.QuarantineOptions`
        returns: How many were moved (`done`) and left alone (`left`), and the `journal` that `undo_quarantine` takes.
        raises UsageError: if the folder lies in a scanned one or holds one; if a kind is "versions"
        raises LibraryBusyError: if a scan of this library runs
        raises Map4Error: if the folder can't be written, or its disk is full; what was moved before is in the journal
        """
        return _summary(self.quarantine_events(groups, folder, options))

    @takes("map4.app.quarantine.options:QuarantineOptions")
    def quarantine_events(
        self,
        groups: Iterable[DuplicateGroup],
        folder: PathLike,
        options: QuarantineOptions = USUAL,
        **keywords: Any,
    ) -> Iterator[QuarantineEvent]:
        """Move copies, event by event; each is moved before its event comes. The keywords are those of `quarantine`.

        yields: QuarantineStarted, then a CopyDone for each copy, at last QuarantineFinished. Closing the generator
            early leaves the other copies where they are.
        """
        from map4.app.quarantine.quarantine import Quarantine

        quarantine = Quarantine(store=self._store, lanes=self._scanner.lanes, decoder=self._decoder)
        yield from quarantine.run(groups, folder, options)

    def undo_quarantine(self, journal: PathLike, *, dry_run: bool = False) -> QuarantineSummary:
        """Put back all files that a quarantine moved, with what the library knew of them; can be done again.

        journal: the file that `quarantine` named
        dry_run: only count what would be put back
        returns: How many were put back (`done`), and how many stay in the quarantine (`left`).
        raises NothingFoundError: if there is no such journal
        raises Map4Error: if it is none, or can't be written
        """
        return _summary(self.undo_quarantine_events(journal, dry_run=dry_run))

    def undo_quarantine_events(self, journal: PathLike, *, dry_run: bool = False) -> Iterator[QuarantineEvent]:
        """Put files back, event by event, the last one that was moved first."""
        from map4.app.quarantine.returning import Returning

        yield from Returning(self._store).run(journal, dry_run=dry_run)


def _summary(events: Iterable[QuarantineEvent]) -> QuarantineSummary:
    from map4.app.quarantine.options import QuarantineFinished

    for event in events:
        if isinstance(event, QuarantineFinished):
            return event.summary
    raise AssertionError("it ends with its summary")
