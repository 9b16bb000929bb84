"""Import what other programs know of the music."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from map4.app.options import USUAL, takes
from map4.app.paths import PathLike
from map4.errors import Map4Error, NothingFoundError
from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.app.imports.imports import ImportOptions, Imports
    from map4.domain.lists.tracklist import PlaylistEntry
    from map4.domain.path_maps import PathMaps
    from map4.ports.imports import ImportSummary, PendingMatches, StoredImport


class ImportMethods(OpenLibrary):
    """Import what other programs know of the music."""

    @takes("map4.app.imports.imports:ImportOptions")
    def import_file(
        self,
        source: PathLike,
        options: ImportOptions = USUAL,
        *,
        on_track: Callable[[int], object] | None = None,
        **keywords: Any,
    ) -> ImportSummary:
        """Read what another program's library says: lists, cue points, grids, ratings, plays, tempo and key.

        The file is only read. Entries whose file the library does not have are kept, and matched when a scan finds it.
        Importing a file again replaces what it said before; where it says the same, nothing changes.

        source: the other program's file, or folder
        options: the same as the keywords, as a `map4.app.imports.imports.ImportOptions`
        on_track: is told after each track how many were read
        raises NothingFoundError: if there is no such file
        raises ImportReadError: if it is no library that map4 can read
        raises UsageError: if there is no such importer
        """

        return self._imports.run(source, options, on_track=on_track)

    def import_files(
        self, sources: Iterable[PathLike], options: ImportOptions, *, on_track: Callable[[int], object] | None = None
    ) -> Iterator[ImportSummary | Map4Error]:
        """Import one file or folder after another, as `import_file` does; why one can't be is given in its place."""
        from map4.formats.importer import ImportReadError

        imports = self._imports
        for source in sources:
            try:
                yield imports.run(source, options, on_track=on_track)
            except (ImportReadError, NothingFoundError) as error:
                yield error

    def imports(self) -> list[StoredImport]:
        """The files that were imported, the last one first."""
        return self._imports.history()

    def pending_imports(self) -> list[PlaylistEntry]:
        """Imported entries whose file the library does not have."""
        return self._imports.pending()

    def match_pending_imports(self, path_maps: PathMaps | None = None) -> PendingMatches:
        """Look again for the files of pending entries; a scan that brings something new does so by itself.

        path_maps: folders that have another name here, besides those that the import was told
        """
        return self._imports.match_pending(path_maps)

    def forget_import(self, source: PathLike) -> None:
        """Drop what was imported from a file; lists that came with it stay.

        raises NothingFoundError: if nothing was imported from it
        """
        self._imports.forget(source)

    @property
    def _imports(self) -> Imports:
        from map4.app.imports.imports import Imports

        # A new one each time: what the files are called may have changed since.
        return Imports(self._store)
