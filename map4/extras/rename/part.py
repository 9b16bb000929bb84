"""Names of files by a template: `library.rename`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from map4.core.base.call_options import USUAL, takes
from map4.core.base.paths import Paths
from map4.extras.rename.moving import Renaming
from map4.extras.rename.names import NameTemplate
from map4.extras.rename.planning import RenamePlanner
from map4.extras.rename.records import RenamedFile, RenameDocument, RenameOptions, RenamePlan
from map4.library.part import LibraryPart


class Renames(LibraryPart, scope="files"):
    """Renames files by their tags, and undoes that."""

    @takes("map4.extras.rename.records:RenameOptions")
    def plan(self, template: str, tracks: Paths, options: RenameOptions = USUAL, **keywords: Any) -> RenamePlan:
        """Plan new names; a rename that was cut off is completed first.

        template: fields in braces; with '/' relative to the scanned folder or `into`, else to the file's folder
        tracks: tracks of this library, or names of its tracks (`tracks.named`)
        raises UsageError: if the template has unknown fields or reserved characters, or `into` is not scanned
        raises NothingFoundError: if a track is not in the library
        """
        planner = RenamePlanner(self._store, NameTemplate(template), options)
        if not self._store.place.is_in_memory:
            self._renaming().settle()
        return planner.plan(self._tracks(tracks))

    def run(self, plan: RenamePlan) -> RenameDocument:
        """Carry out a plan. Lists, values and imported data follow each file; nothing is overwritten.

        returns: Renamed files, files that stay with their `problem`, and the journal for `undo`.
        raises LibraryBusyError: if a scan of this library runs
        raises Map4Error: if the library or its journal can't be written, or a disk is full
        """
        return RenameDocument.of(tuple(self.run_events(plan)))

    def run_events(self, plan: RenamePlan) -> Iterator[RenamedFile]:
        """`run`, yielding each file as soon as it has its new name."""
        yield from self._noting(self._renaming().run(plan), "files-renamed", lambda file: file.state == "renamed")

    def _renaming(self) -> Renaming:
        return Renaming(store=self._store)
