"""What happens when a track goes while a list is made."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import list_libraries
import pytest
from playlist_library import make_playlist_library, song

from map4 import Library
from map4.core.music.track.genre import GenreTable
from map4.core.music.track.track import Track
from map4.lists.generate import make_playlist
from map4.lists.playlist.playlist import Playlist
from map4.lists.playlist.request import ListRequest
from map4.lists.problem import ListFindings


def test_track_removed_during_generation_is_skipped(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = make_playlist_library(tmp_path_factory.mktemp("gone") / "library.map4", tracks=20)
    with Library.open(path) as library:
        seed = library.track(song(1), sound=True)
        assert seed is not None
        asked: list[int] = []

        def load(file_ids: Sequence[int]) -> Iterator[Track]:
            asked.extend(file_ids)
            return library.tracks.by_id(file_ids) if len(asked) != 2 else iter(())

        *_, made = make_playlist(
            replace(ListRequest(n=6).settled(), seeds=(seed,)),
            ListFindings(),
            library.tracks.columns(),
            genres=GenreTable.shipped(),
            load=load,
            detailed=lambda tracks: tracks,
            similarities=lambda tracks, columns: None,
        )
    assert isinstance(made, Playlist)
    assert len(asked) == 5
    assert [pick.position for pick in made.picks] == [1, 2, 3, 4, 5]


def test_short_tracks_are_left_out_unless_the_query_names_lengths(tmp_path_factory: pytest.TempPathFactory) -> None:
    songs = [
        list_libraries.song(f"/m/{n}.mp3", f"A{n}", f"T{n}", 120.0, "8A", 0.5, duration_s=20.0 if n < 4 else 240.0)
        for n in range(10)
    ]
    path = tmp_path_factory.mktemp("short") / "library.map4"
    list_libraries.put_songs(path, songs)
    with Library.open(path) as library:

        def short(n: int, query: str = "") -> list[bool]:
            made = library.playlist(n=n, query=query)
            return sorted(pick.track.length_s == 20.0 for pick in made.picks)

        assert short(6) == [False] * 6
        assert any(short(7))  # the others are too few
        assert short(3, "duration:..30") == [True] * 3
        assert any(short(6, "length:..300"))


def test_reasons_beside_a_tempo_curve_are_true(tmp_path_factory: pytest.TempPathFactory) -> None:
    tempi = {1: (90.0, "8A"), 2: (90.5, "8A"), 3: (97.0, "8A"), 4: (97.5, "8A"), 5: (91.0, "2A")}
    songs = [
        list_libraries.song(f"/m/{n}.mp3", f"A{n}", f"T{n}", bpm, key, 0.5, duration_s=240.0)
        for n, (bpm, key) in tempi.items()
    ]
    path = tmp_path_factory.mktemp("reasons") / "library.map4"
    list_libraries.put_songs(path, songs)
    with Library.open(path) as library:

        def reasons(*seeds: str, **more: str) -> tuple[list[float | None], set[str]]:
            made = library.playlist(seeds, n=3, tempo_curve="0:90,12:90", harmonic="strict", **more)
            misses = made.tempo_misses or ()
            assert all("90.0 BPM wanted, track " in miss for miss in misses)
            return [pick.track.bpm() for pick in made.picks], {miss.rpartition(": ")[2] for miss in misses}

        assert reasons()[0][:2] in ([90.0, 90.5], [90.5, 90.0])
        assert reasons()[1] == {"others of this tempo fit worse here"}
        assert reasons(query="key:8A")[1] == {"no other track of this tempo can be chosen"}
        assert reasons(query="bpm:95..100")[1] == {"no track has this tempo"}
        assert "you named this track" in reasons("/m/3.mp3")[1]
