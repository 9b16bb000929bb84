"""Questions about a few tracks are answered by an index, in a library of any size."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from list_libraries import audio_id_of, put_songs, song

from map4 import Library
from map4.infra.sqlite.database import Database
from map4.infra.sqlite.search import Search
from map4.infra.sqlite.tracks import TrackStore

NAMES = [
    ("Björk", "Jóga"), ("BJÖRK ", "jóga"), ("Bjork", "Joga"), ("Straße", "Weiß"), ("STRASSE", "WEISS"), ("!!!", "?"),
    ("!!!", "? "), ("Einstein", "E=mc²"), ("EINSTEIN", "e=MC²"), ('The "Band"', "A_B"), ('the "band"', "a_b"),
    ("Ann", "Sky"), ("Other", "Name"), ("Ann", "Skyline"),
]  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    songs = [song(f"/m/{n}.mp3", artist, title, 120.0, "8A", 0.5) for n, (artist, title) in enumerate(NAMES)]
    return put_songs(tmp_path / "library.map4", songs)


def test_recordings_are_found_by_name_as_by_comparing_all(path: Path) -> None:
    with Library.open(path) as library:
        library.set(list(library.search("title:name")), artist="ANN", title="sky")
    with closing(Database(str(path))) as database:
        store = TrackStore(database)
        search = Search(database, store)
        tracks = list(store.tracks())
        found = {tuple(sorted(search.recordings_of([track]))) for track in tracks}
    assert {tuple(number - 1 for number in ids) for ids in found} == {
        (0, 1), (2,), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13,),
    }  # fmt: skip


def test_recordings_are_found_by_audio_too(tmp_path: Path) -> None:
    songs = [
        song(f"/m/{n}.mp3", f"Artist {n}", "One", 120.0, "8A", 0.5, audio_id=audio_id_of(n // 2), is_missing=n == 3)
        for n in range(4)
    ]
    path = put_songs(tmp_path / "library.map4", songs)
    with closing(Database(str(path))) as database:
        store = TrackStore(database)
        tracks = {track.path: track for track in store.tracks()}
        of_audio = [Search(database, store).recordings_of([tracks[f"/m/{n}.mp3"]]) for n in (0, 3)]
    assert of_audio == [{1, 2}, {3}]  # what is gone is none
