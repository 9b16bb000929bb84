"""Copies that are moved away: `library.quarantine`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from map4.base.actor import needs
from map4.base.given_paths import PathLike
from map4.base.options import USUAL, takes
from map4.duplicates import DuplicateGroup
from map4.extras.quarantine.options import CopyDone, QuarantineDocument, QuarantineOptions
from map4.extras.quarantine.quarantine import Quarantine
from map4.part import LibraryPart


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
    ) -> QuarantineDocument:
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
        files = tuple(self.move_events(groups, folder, options, plan=plan))
        return QuarantineDocument(dry_run=options.dry_run, files=files)

    @takes("map4.extras.quarantine.options:QuarantineOptions")
    def move_events(
        self,
        groups: Iterable[DuplicateGroup],
        folder: PathLike,
        options: QuarantineOptions = USUAL,
        *,
        plan: str | None = None,
        **keywords: Any,
    ) -> Iterator[CopyDone]:
        """`move`, yielding each copy once it is moved; closing the generator early leaves the remaining copies where
        they are."""
        services = self._services
        quarantine = Quarantine(store=self._store, lanes=services.scanner.lanes, decoder=services.decoder, plan=plan)
        copies = quarantine.run(groups, folder, options)
        yield from self._noting(copies, "copies-moved-away", lambda copy: copy.outcome == "moved")
