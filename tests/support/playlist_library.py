"""A library of made-up tracks for tests of playlists: no audio, but sound vectors, tempo, key, energy and names."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from copied import copied
from libraries import audio_id, number_files, put_track

from map4.core.music.analysis.inside import SoundVector
from map4.core.store.file.database import SqliteDatabase

TRACKS = 60


@copied
def make_playlist_library(
    path: Path, *, tracks: int = TRACKS, sound: bool = True, more: Sequence[dict[str, Any]] = ()
) -> None:
    """A library of house in which each track goes with most others; `/music/1.mp3` is the first.

    Tempi from 118 on in steps of .2, keys 8A, 9A, 8B in turn, energy .3 to .9 in a zigzag, an artist for each two.

    Parameters
    ----------
    sound : give sound vectors; without, tracks are alike by HAMMS alone
    more : further tracks, as arguments of `put_track`
    """
    rng = np.random.default_rng(7)
    rows: list[dict[str, Any]] = [
        {
            "number": number,
            "bpm": 118 + number * 0.2,
            "key": ("8A", "9A", "8B")[number % 3],
            "energy": 0.3 + 0.6 * (number * 7 % tracks) / tracks,
            "artist": f"Artist {number // 2}",
            "title": f"Title {number}",
            "genre": "House",
        }
        for number in range(1, tracks + 1)
    ]
    with closing(SqliteDatabase(str(path))) as database, database.transaction() as connection:
        for row in [*rows, *more]:
            put_track(connection, **row)
            if sound:
                vector = rng.standard_normal(SoundVector.SIZE).astype("<f2").tobytes()
                connection.execute(
                    "INSERT INTO sounds (id, version, data) SELECT id, ?, ? FROM analyses WHERE audio_id = ?",
                    (SoundVector.VERSION, vector, audio_id(row["number"])),
                )
    number_files(path)


def song(number: int) -> str:
    """The path of a track."""
    return f"/music/{number}.mp3"
