"""Lists in rekordbox's own database: `library.part(RekordboxDatabase)`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from map4.core.base.call_options import USUAL, takes
from map4.core.base.paths import display_path, path_text
from map4.core.music.lists.tracklist import LiveNotes, Tracklist
from map4.errors import NothingFoundError, UsageError
from map4.exports import ExportRequest, with_imported_paths
from map4.extras.rekordbox.options import RekordboxOptions
from map4.extras.rekordbox.records import RekordboxUndo, RekordboxWrite
from map4.extras.rekordbox.writing import DatabaseWriter, WantedLists
from map4.formats import REKORDBOX_PLACES
from map4.library.part import LibraryPart
from map4.search import ResolvedPlaylist


class RekordboxDatabase(LibraryPart, scope="own"):
    """Writes lists into rekordbox's database, and undoes that."""

    @takes("map4.extras.rekordbox.options:RekordboxOptions")
    def write(
        self, lists: Sequence[ResolvedPlaylist | str], options: RekordboxOptions = USUAL, **keywords: Any
    ) -> RekordboxWrite:
        """Write lists, with their folders, of tracks that rekordbox has; without `yes` only plan it.

        lists: names of stored lists or files, or lists that were read
        raises UsageError: if the database must not be written, with the reason
        raises RekordboxDatabaseError: if it can't be written; it is then unchanged
        raises NothingFoundError: if there is no such list, or no database
        """
        database = os.path.realpath(path_text(options.database) if options.database is not None else _usual_path())
        if not os.path.exists(database):
            raise NothingFoundError(f"there is no database {display_path(database)}; name it with --database")
        request = ExportRequest(path_maps=options.path_maps, imported_paths=options.imported_paths)
        request, messages = with_imported_paths(request, "rekordbox-db", self._store)
        content = WantedLists([self._content(listed) for listed in lists], options.values, request.path_maps.mapped)
        writer = DatabaseWriter()
        done = writer.write(database, content) if options.yes else writer.plan(database, content)
        copies = LiveNotes(copies=sum(LiveNotes.of(listed).copies for listed in content.lists))
        return replace(done, remarks=(*messages, *copies.sentences(), *done.remarks))

    def undo(self, *, dry_run: bool = False) -> RekordboxUndo:
        """Put the database and masterPlaylists6.xml back as they were before the newest write.

        dry_run: change nothing
        raises UsageError: if rekordbox runs, or has changed them since
        raises NothingFoundError: if there is no such write
        """
        return DatabaseWriter().undo(dry_run=dry_run)

    def _content(self, listed: ResolvedPlaylist | str) -> Tracklist:
        resolved = self._services.lists.read(listed) if isinstance(listed, str) else listed
        stem = os.path.splitext(os.path.basename(resolved.source))[0]
        content = self._services.lists.content(resolved)
        return content if content.name else replace(content, name=stem)


def _usual_path() -> str:
    """Return where rekordbox keeps its database."""
    if (place := REKORDBOX_PLACES.get(sys.platform)) is not None:
        return os.path.expandvars(os.path.expanduser(place))
    raise UsageError("rekordbox does not run on this system; name its database with --database FILE")
