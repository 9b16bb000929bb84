"""Tracks of a library without any audio, to be labelled."""

from typing import Any

from libraries import CORE, WHEN, audio_id, put_file
from made_library import database_of

from map4.core.music.track.track import Track
from map4.library import Library


def make_tracks(library: Library, count: int, **columns: Any) -> list[Track]:
    """So many analysed tracks, each with artist, title, year and the genre tag "House", unless told otherwise."""
    with database_of(library) as database, database.transaction() as connection:
        start = connection.execute("SELECT count(*) FROM files").fetchone()[0]
        for number in range(start, start + count):
            name = str(columns.get("folder", "/music")) + f"/{number}.wav"
            title = columns.get("title", f"Title {number}")
            values: dict[str, Any] = {"artist": f"Artist {number}", "title": title, "year": 1998, "genre": "House"}
            values |= {key: value for key, value in columns.items() if key != "folder"}
            values["title"] = None if title is None else title.encode("utf-8", "replace").decode()
            put_file(connection, name, audio_id=audio_id(number), **values)
            connection.execute(
                "INSERT INTO analyses (audio_id, version, analysed_at, core) VALUES (?, ?, ?, ?)",
                (audio_id(number), 1, WHEN, CORE),
            )
    return list(library.tracks.all())[start:]
