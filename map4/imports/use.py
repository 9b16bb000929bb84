"""Data of other programs about the music: import it, list imports, forget them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Unpack

from map4.core.base.actor import Actor, needs
from map4.core.base.call_options import USUAL, takes
from map4.core.base.files.undo import UndoStep
from map4.core.base.path_maps import PathMaps
from map4.core.base.paths import PathLike, absolute_path, display_path
from map4.core.base.text import counted
from map4.core.music.plays import Play
from map4.errors import Map4Error, NothingFoundError
from map4.imports.give_back import ReturnedFiles
from map4.imports.options import ImportOptions, OnCount
from map4.imports.records import (
    Forgotten,
    GivenBack,
    ImportedPlays,
    ImportSummary,
    PendingMatches,
    StagedEntry,
    StoredImport,
)
from map4.imports.store.imports import SqlImports
from map4.lists import SqlPlaylists
from map4.plays import SqlPlaySteps

if TYPE_CHECKING:
    from map4.core.music.lists.tracklist import PlaylistEntry
    from map4.core.store.sql_store import Store
    from map4.imports.reading import ImportReader
    from map4.library.keywords import ImportKeywords


@needs("scan")
class Imports:
    """Data of other programs about the music: import it, list imports, forget them; `map4.Library.imports`."""

    def __init__(self, store: Store) -> None:
        self.actor, self._store, self._imports = store.actor, store, store.part(SqlImports)
        self._steps = store.part(SqlPlaySteps)

    @takes("map4.imports.options:ImportOptions")
    def read(
        self,
        source: PathLike,
        options: ImportOptions = USUAL,
        *,
        known_as: PathLike | None = None,
        on_track: OnCount | None = None,
        **keywords: Unpack[ImportKeywords],
    ) -> ImportSummary:
        """Import another program's library: lists, cue points, grids, ratings, plays, tempo and key.

        The file is only read. Entries whose file the library does not have are stored, and matched when a scan finds
        it. Importing a file again replaces its earlier data; identical data changes nothing.

        source: the other program's file, or folder
        known_as: the path under which it is stored, if it is only temporarily elsewhere
        raises NothingFoundError: if there is no such file
        raises ImportReadError: if map4 can't read the file as a library
        raises UsageError: if there is no such importer
        """
        return self._reader().read(source, options, on_track, known_as)

    def read_each(
        self, sources: Iterable[PathLike], options: ImportOptions, *, on_track: OnCount | None = None
    ) -> Iterator[ImportSummary | Map4Error]:
        """`read` one file or folder after another; a failure is yielded as its error."""
        return self._reader().read_each(sources, options, on_track)

    def preview(
        self, source: PathLike, options: ImportOptions, known_as: PathLike, on_match: Callable[[StagedEntry], None]
    ) -> ImportSummary:
        """`read` without writing, for a plan: also passes each entry with a file to `on_match`."""
        return self._reader().read(source, replace(options, dry_run=True), None, known_as, on_match)

    def _reader(self) -> ImportReader:
        """Return a new reader, as the files may have changed since the last call; lists of imports don't load it."""
        from map4.imports.reading import ImportReader

        return ImportReader(self._store)

    # ---- later -----------------------------------------------------------------------------------

    @needs("read")
    def history(self) -> list[StoredImport]:
        """Return the imported files, newest first."""
        return self._imports.history()

    @needs("read")
    def pending(self) -> list[PlaylistEntry]:
        """Return entries whose file the library does not have."""
        return [pending.entry for pending in self._imports.pending()]

    def plays_of(self, source: PathLike) -> ImportedPlays:
        """Return the numbers of your plays that a file reported."""
        path = absolute_path(source)
        own, shared = self._steps.reported("import", path)
        unrecorded = list(self._steps.unrecorded({Play.source_of(name) for name in self._formats(path)}))
        known = self._imports.names_of(path) if unrecorded else set()
        older = sum(int(count) for audio_id, names, count in unrecorded if {audio_id, names} & known)
        return ImportedPlays(own=own, shared=shared, older=older)

    def forget(self, source: PathLike, *, lists: bool = False, plays: bool = False) -> Forgotten:
        """Delete what was imported from a file, and return the names of deleted lists, with the number of its plays.

        lists: also delete its lists, except those that the user has changed; they can be restored for 30 days
        plays: also delete your plays that only this file reported, also after the rest was forgotten
        raises NothingFoundError: if nothing was imported from it
        """
        path = absolute_path(source)
        formats, of_it = self._formats(path), self.plays_of(path)
        with self._store.at_once():
            is_undone = plays and self._steps.undo("import", path)
            if not self._imports.forget(path) and not is_undone:
                raise NothingFoundError(
                    f"nothing was imported from {display_path(path)}; 'map4 import history' shows what was"
                )
        return Forgotten(self._delete_lists(formats[0], display_path(path)) if lists and formats else (), of_it)

    def _formats(self, path: str) -> list[str]:
        return [entry.format for entry in self.history() if entry.path == path]

    def _delete_lists(self, format_name: str, file: str) -> list[str]:
        """Delete the lists of an imported file, except those that the user has changed, and return their names."""
        stored = self._store.acting_as(Actor.LOCAL).part(SqlPlaylists)
        names = [name for place, name in stored.imported(format_name).items() if place.file == file]
        for name in names:
            stored.delete(name, now=datetime.now(UTC))
        return names

    def give_back(self, *, dry_run: bool = False) -> GivenBack:
        """Give entries and places of lists back to their own files, after an older map4 moved them to copies.

        A list gets a new version. Only a version can say that a place belonged to another file; lists without one stay.
        """
        return ReturnedFiles(self._store).give_back(dry_run=dry_run)

    def match(self, path_maps: PathMaps | None = None) -> PendingMatches:
        """Look again for the files of pending entries, and for copies of recordings whose file is away.

        A scan that brings something new also does this. A copy represents the file until it is back; entries do not
        change.

        path_maps: path maps in addition to those of the import
        """
        matches = self._reader().match_pending(path_maps)
        return replace(matches, waiting=len(self.pending()))


def undo_steps(store: Store) -> Iterator[UndoStep]:
    """The imports, newest first, then forgotten ones whose plays are left."""
    plays = {step.path: step for step in reversed(store.part(SqlPlaySteps).all("import")) if step.plays}
    what = [
        (entry.path, entry.imported_at, f"{entry.matched:,} of {counted(entry.tracks, 'track')}")
        for entry in Imports(store).history()
    ]
    forgotten = plays.keys() - {path for path, *_ in what}
    what += [(step.path, step.done_at, "forgotten") for step in plays.values() if step.path in forgotten]
    for path, at, tracks in what:
        with_plays = f", {counted(plays[path].plays, 'play')}" if path in plays else ""
        yield UndoStep(
            kind="import",
            at=at,
            what=f"{display_path(path)}: {tracks}{with_plays} (its lists stay)",
            command=("import", "forget", "--yes", "--plays", path),
        )
