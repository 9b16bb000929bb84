"""The files of an address (an audio id, or the id of a file without audio id), and the recordings page by page."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Sequence

from map4.core.music.addresses import is_file_id
from map4.core.music.track.track import Track
from map4.core.store.database import StorePart


class SqlAddresses(StorePart):
    """Finds files by address, and lists the recordings of a library page by page."""

    is_shared = True

    def file_ids(self, address: str) -> list[int]:
        """The files of an address: present files first, then in the order they were added."""
        # A file that was identified later can still be looked up by its earlier id.
        column = "uid" if is_file_id(address) else "audio_id"
        return self._database.column(
            f"SELECT id FROM files WHERE {column} = ? ORDER BY missing_since IS NOT NULL, id", (address,)
        )

    def first_files(self, addresses: Collection[str]) -> dict[str, int]:
        """The representing file of each known address."""
        wanted = "IN (SELECT value FROM json_each(?1)) ORDER BY missing_since IS NULL, id DESC"  # the last row wins
        with self._database.reading() as connection:
            numbers: dict[str, int] = {}
            for column in ("uid", "audio_id"):
                sql = f"SELECT {column}, id FROM files WHERE {column} {wanted}"
                numbers |= dict(connection.execute(sql, (json.dumps(list(addresses)),)))
        return numbers

    def page(self, after: int, count: int) -> list[tuple[int, str | None, str]]:
        """Up to `count` recordings after a file, in the order of their first files: file id, audio id and path."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT f.id, f.audio_id, f.path FROM files AS f WHERE f.id > ? AND NOT EXISTS ("
                "SELECT 1 FROM files AS g WHERE g.audio_id = f.audio_id AND g.id < f.id) ORDER BY f.id LIMIT ?",
                (after, count),
            )
            return [(file_id, audio_id, os.fsdecode(path)) for file_id, audio_id, path in rows]

    def files_of(self, audio_ids: Collection[str]) -> dict[str, list[tuple[int, str]]]:
        """Id and path of the files of each audio, present files first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT audio_id, id, path FROM files WHERE audio_id IN (SELECT value FROM json_each(?)) "
                "ORDER BY missing_since IS NOT NULL, id",
                (json.dumps(list(audio_ids)),),
            )
            files: dict[str, list[tuple[int, str]]] = {}
            for audio_id, file_id, path in rows:
                files.setdefault(audio_id, []).append((file_id, os.fsdecode(path)))
        return files

    def rows(self, paths: Sequence[str]) -> list[int | None]:
        """The file id at each path; None if the library has no such file."""
        with self._database.reading() as connection:
            sql = "SELECT max(id) FROM files WHERE path = ?"
            return [connection.execute(sql, (os.fsencode(path),)).fetchone()[0] for path in paths]

    def address_of(self, track: Track) -> str:
        """The address of a track of this library."""
        return track.audio_id or str(self.own_id(track.path))

    def own_id(self, path: str) -> str | None:
        """The random id of the file at a path, independent of its content; kept until the file is forgotten."""
        row = self._database.row("SELECT uid FROM files WHERE path = ?", (os.fsencode(path),))
        return None if row is None else str(row[0])
