"""Choices between files for imported entries: one for all entries with the same artist, title and album."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from map4.core.base.files.undo import UndoStep
from map4.core.base.path_maps import Location
from map4.core.base.paths import display_path
from map4.core.base.text import folded, utc_text
from map4.core.music.lists.tracklist import PlaylistEntry
from map4.core.store.database import StorePart
from map4.core.store.sql_store import Store
from map4.core.store.stored_tables import ExtraTables, Newest, StoredTable
from map4.imports import SqlImports, affected
from map4.library import hookspecs
from map4.plays import SqlPlays

EXTRA = "review"
_CHOICES = StoredTable.sql_beside(__file__)["import_choices"]
TABLES = (StoredTable("import_choices", _CHOICES, on_hand_over="moved", merge=Newest("chosen_at", "choices")),)
_OF_AUDIO = "SELECT import_id, key, entry FROM imported_tracks WHERE audio_id = ? AND method IN ('chosen', 'audio_id')"
_WAITS = "UPDATE imported_tracks SET audio_id = NULL, path = NULL, method = NULL WHERE import_id = ? AND key = ?"
_WAITS_IN_LISTS = (
    "UPDATE playlist_tracks SET path = ?, display = ?, audio_id = NULL WHERE audio_id = ? AND artist IS ? "
    "AND title IS ? AND playlist_id IN (SELECT p.id FROM playlists AS p JOIN imports AS i ON i.id = ? AND i.format = "
    "json_extract(p.header, '$.imported.format') "
    "AND i.display = coalesce(json_extract(p.header, '$.imported.file'), i.display))"
)
_WAITS_IN_PLAYS = "UPDATE played_tracks SET audio_id = NULL WHERE audio_id = ? AND names = ?"


def id_of(entry: Any) -> str:
    """Return the id of the names of a `PlaylistEntry` or `WantedTrack`; "" without a title."""
    text = "\0".join(folded(name or "").strip() for name in (entry.artist, entry.title, entry.album))
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8)
    return f"e-{digest.hexdigest()}" if entry.title else ""


class SqlChoices(StorePart):
    """The choices that people made."""

    def all(self) -> Mapping[str, tuple[str | None, str, str]]:
        """Return audio id, label and time of each choice by the id of its entry, the newest first."""
        with self._database.reading() as connection:
            if not ExtraTables.exist(connection, EXTRA):
                return {}
            sql = "SELECT id, audio_id, label, chosen_at FROM import_choices ORDER BY chosen_at DESC, place DESC"
            return {entry_id: (audio_id, label, at) for entry_id, audio_id, label, at in connection.execute(sql)}

    def put(self, entry: PlaylistEntry, file: tuple[str, str] | None, imports: SqlImports) -> None:
        """Store a choice, the audio id and path of a file, and apply it to all waiting entries with its names."""
        ExtraTables.make(self._database, EXTRA)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM import_choices WHERE id = ?", (id_of(entry),))
            connection.execute(
                "INSERT INTO import_choices (id, label, audio_id, chosen_at, place) VALUES (?, ?, ?, ?, "
                "(SELECT coalesce(max(place), 0) + 1 FROM import_choices))",
                (id_of(entry), entry.label(), file and file[0], utc_text(datetime.now(UTC))),
            )
            waiting = [pending for pending in imports.pending() if id_of(pending.entry) == id_of(entry)]
            if file is not None:
                imports.choose(waiting, *file)

    def take_back(self, entry_id: str) -> bool:
        """Forget a choice; its entries wait again. Returns whether there was one."""
        if (choice := self.all().get(entry_id)) is None:
            return False
        audio_id = choice[0]
        with self._database.transaction() as connection, affected(connection, self._database.path) as named:
            connection.execute("DELETE FROM import_choices WHERE id = ?", (entry_id,))
            for import_id, key, text in connection.execute(_OF_AUDIO, (audio_id,)).fetchall():
                data = json.loads(text)
                paths = data.pop("paths", [])
                entry = PlaylistEntry(position=1, **data)
                if id_of(entry) == entry_id and entry.audio_id is None:
                    path = Location.as_file_name([*paths, entry.location or key][0])
                    listed = (os.fsencode(path), display_path(path), audio_id, entry.artist, entry.title, import_id)
                    connection.execute(_WAITS, (import_id, key))
                    connection.execute(_WAITS_IN_LISTS, listed)
                    connection.execute(_WAITS_IN_PLAYS, (audio_id, SqlPlays.digest_of_names(entry.artist, entry.title)))
            named.add(audio_id)
        return True


@hookspecs.chosen_files.implementation
def chooser(store: Store) -> Callable[[Any], str | None]:
    """Return a function from a `WantedTrack` to the chosen audio; None without a choice."""
    choices = store.part(SqlChoices).all()
    return lambda wanted: choices.get(id_of(wanted), (None,))[0] if choices else None


def undo_steps(store: Store) -> Iterator[UndoStep]:
    """The choices, newest first."""
    for entry_id, (audio_id, label, at) in store.part(SqlChoices).all().items():
        what = f"{label}: {'a file was chosen' if audio_id else 'not there'}"
        yield UndoStep(kind="review", at=at, what=what, command=("import", "review", "--undo", entry_id))
