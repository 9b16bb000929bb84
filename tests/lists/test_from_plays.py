"""A list of what is heard now, and its neighbours."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playlist_library import make_playlist_library, song

from map4 import Library
from map4.errors import NothingFoundError, UsageError
from map4.lists.playlist.playlist import Playlist


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(make_playlist_library(tmp_path / "library.map4")) as opened:
        yield opened


def _hear(library: Library, number: int, *days: float) -> None:
    track = library.track(song(number))
    assert track is not None
    for ago in days:
        assert library.plays.add(track, at=datetime.now(UTC) - timedelta(days=ago), source="page")


def _numbers(made: Playlist) -> list[int]:
    return [int(os.path.basename(pick.track.path).removesuffix(".mp3")) for pick in made.picks]


def test_list_from_plays_has_recent_tracks_but_none_played_today(library: Library) -> None:
    _hear(library, 1, 2, 3, 4)
    _hear(library, 8, 5, 6)
    _hear(library, 15, 40, 41, 42, 43)  # long ago
    _hear(library, 22, 2, 3, 4, 5, 0)  # today, too
    made = library.playlist(from_plays="30d", n=12)
    found = _numbers(made)
    assert (found[0], len(found)) == (1, 12)
    assert 8 in found
    assert 22 not in found
    assert [reason for reason in made.picks[0].reasons if "heard" in reason] == ["heard 3 times in the last 30d"]
    mentioned = {number for number, pick in zip(found, made.picks, strict=True) if "heard" in " ".join(pick.reasons)}
    assert mentioned == {1, 8}
    neighbour = next(number for number in found if number not in (1, 8))
    _hear(library, neighbour, 0)
    assert neighbour not in _numbers(library.playlist(from_plays="30d", n=12))
    assert _numbers(library.playlist(from_plays="60d", n=12))[0] == 15
    assert 8 not in _numbers(library.playlist(from_plays="30d", n=12, exclude="title:8", query="bpm:1.."))


def test_invalid_requests_for_a_list_from_plays_are_refused(library: Library) -> None:
    _hear(library, 1, 2)
    with pytest.raises(UsageError, match="such as 30d"):
        library.playlist(from_plays="lately")
    with pytest.raises(UsageError, match="plays and a seed can't be used together"):
        library.playlist(song(1), from_plays="30d")
    with pytest.raises(NothingFoundError):
        library.playlist(from_plays="30d", query="title:nothing")


def test_plays_of_others_make_no_list(library: Library) -> None:
    _hear(library, 1, 2, 3)
    ann = library.acting_as(library.accounts.add("Ann", "admin").actor())
    with pytest.raises(NothingFoundError, match=r"no track of the library was played in the last 30d"):
        ann.playlist(from_plays="30d")
