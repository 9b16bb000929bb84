"""Names of files by a template: `library.rename`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from map4.base.actor import needs
from map4.base.given_paths import Paths
from map4.base.options import USUAL, takes
from map4.part import LibraryPart

if TYPE_CHECKING:
    from map4.extras.rename.moving import Renaming
    from map4.extras.rename.records import PastRename, RenamedFile, RenameDocument, RenameOptions, RenamePlan


@needs("files")
class Renames(LibraryPart):
    """Renames files by their tags, and undoes that."""

    @takes("map4.extras.rename.records:RenameOptions")
    def plan(self, template: str, tracks: Paths, options: RenameOptions = USUAL, **keywords: Any) -> RenamePlan:
        """Plan new names; a rename that was cut off is completed first.

        template: fields in braces; with '/' relative to the scanned folder or `into`, else to the file's folder
        tracks: tracks of this library, or names of its tracks (`tracks.named`)
        raises UsageError: if the template has unknown fields or reserved characters, or `into` is not scanned
        raises NothingFoundError: if a track is not in the library
        """
        from map4.extras.rename.names import NameTemplate
        from map4.extras.rename.planning import RenamePlanner

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
        return _document("rename", self.run_events(plan))

    def run_events(self, plan: RenamePlan) -> Iterator[RenamedFile]:
        """`run`, yielding each file as soon as it has its new name."""
        yield from self._noting(self._renaming().run(plan), "files-renamed", lambda file: file.state == "renamed")

    def undo(self, journal: str | None = None, *, dry_run: bool = False) -> RenameDocument:
        """Move the files of a rename back; can be repeated.

        journal: path or name from `journals`; None is the newest that is not undone
        dry_run: change nothing
        raises NothingFoundError: if there is no such journal
        """
        return _document("undo", self.undo_events(journal, dry_run=dry_run))

    def undo_events(self, journal: str | None = None, *, dry_run: bool = False) -> Iterator[RenamedFile]:
        """`undo`, yielding each file, the newest move first."""
        files = self._renaming().undo(journal, dry_run=dry_run)
        yield from self._noting(files, "files-renamed", lambda file: file.state == "returned")

    def journals(self) -> list[PastRename]:
        """Return renames with their journals, newest first."""
        return list(self._renaming().past())

    def _renaming(self) -> Renaming:
        from map4.extras.rename.moving import Renaming

        return Renaming(store=self._store)


def _document(action: Any, events: Iterator[RenamedFile]) -> RenameDocument:
    from map4.extras.rename.records import RenameDocument

    return RenameDocument.of(action, tuple(events))
