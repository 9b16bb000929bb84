"""Lists go by the artist, genre and energy that the user set, as by those that were measured or tagged."""

from pathlib import Path

import pytest
from playlist_library import make_playlist_library, song

from map4 import Library
from map4.core.music.lists.listed import ListedPick
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.track.genre import GenreTable
from map4.lists.judging.quality import listed_tracks


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(make_playlist_library(tmp_path / "library.map4", tracks=24))


def test_own_genre_can_exclude_a_track_from_a_list(library: Library) -> None:
    with library:
        before = {pick.track.path for pick in library.playlist(n=12, query="genre:house").picks}
        [out, *_] = sorted(before)
        library.set(library.tracks.at([out])[0], genre="Death Metal")
        after = {pick.track.path for pick in library.playlist(n=12, query="genre:house").picks}
        assert out not in after
        clashing = library.playlist(n=12).picks  # Metal does not follow House
        assert out not in {pick.track.path for pick in clashing}


def test_own_artist_genre_and_energy_are_used_to_judge_a_list(library: Library) -> None:
    with library:
        tracks, _ = library.tracks.at([song(1)])
        library.set(tracks, artist="Ann", genre="Bebop", energy=10, year=1950)
        [track], _ = library.tracks.at([song(1)])
    [listed] = listed_tracks([(track, ListedPick())], GenreTable.shipped())
    assert (listed.artist, listed.genre_family, listed.mix.energy) == ("Ann", "Jazz", 1.0)
    assert MixTraits.of(track).energy == 1.0
