"""What other programs know of the music."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from map4.app.options import USUAL, takes
from map4.app.paths import PathLike, absolute_path
from map4.domain.actor import needing
from map4.domain.paths import display_path
from map4.errors import Map4Error, NothingFoundError
from map4.library.open_library import Part

if TYPE_CHECKING:
    from map4.app.imports.imports import ImportOptions
    from map4.domain.lists.tracklist import PlaylistEntry
    from map4.domain.path_maps import PathMaps
    from map4.ports.imports import ImportSummary, PendingMatches, StoredImport


@needing({"read": "history pending", "scan": "read read_each match forget"})
class ImportsPart(Part):
    """What other programs know of the music: read it, see what came of it, forget it."""

    @takes("map4.app.imports.imports:ImportOptions")
    def read(
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
        on_track: is told after each track how many were read
        raises NothingFoundError: if there is no such file
        raises ImportReadError: if it is no library that map4 can read
        raises UsageError: if there is no such importer
        """
        from map4.app.imports.imports import Importing

        return Importing(self._store).run(source, options, on_track=on_track)

    def read_each(
        self, sources: Iterable[PathLike], options: ImportOptions, *, on_track: Callable[[int], object] | None = None
    ) -> Iterator[ImportSummary | Map4Error]:
        """`read` one file or folder after another; why one can't be is given in its place."""
        from map4.app.imports.imports import Importing
        from map4.formats.importer import ImportReadError

        imports = Importing(self._store)
        for source in sources:
            try:
                yield imports.run(source, options, on_track=on_track)
            except (ImportReadError, NothingFoundError) as error:
                yield error

    def history(self) -> list[StoredImport]:
        """The files that were imported, the last one first."""
        return self._store.imports.history()

    def pending(self) -> list[PlaylistEntry]:
        """Imported entries whose file the library does not have."""
        return [pending.entry for pending in self._store.imports.pending()]

    def match(self, path_maps: PathMaps | None = None) -> PendingMatches:
        """Look again for the files of pending entries; a scan that brings something new does so by itself.

        path_maps: folders that have another name here, besides those that the import was told
        """
        from map4.app.imports.imports import Importing

        return Importing(self._store).match_pending(path_maps)

    def forget(self, source: PathLike) -> None:
        """Drop what was imported from a file; lists that came with it stay.

        raises NothingFoundError: if nothing was imported from it
        """
        path = absolute_path(source)
        if not self._store.imports.forget(path):
            raise NothingFoundError(
                f"nothing was imported from {display_path(path)}; 'map4 import --history' shows what was"
            )
