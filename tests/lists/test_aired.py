"""Lists that begin at a time, after what a player played before."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playlist_library import make_playlist_library, song

from map4 import Library
from map4.core.music.plays import PlaySource
from map4.errors import UsageError
from map4.lists.playlist.playlist import Playlist

STARTS = datetime(2026, 11, 2, 14, 0).astimezone()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Sixty tracks of 30 artists, two each."""
    with Library.open(make_playlist_library(tmp_path / "library.map4")) as opened:
        yield opened


def _aired(library: Library, numbers: range, *, source: PlaySource) -> dict[str | None, datetime]:
    """Play tracks before the list, the last number last; returns when each artist was last played."""
    last = dict[str | None, datetime]()
    for number in numbers:
        track, at = library.track(song(number)), STARTS - timedelta(minutes=4 * (numbers.stop - number))
        assert track is not None
        assert library.plays.add(track, at=at, source=source)
        last[track.artist()] = at
    return last


def _made(library: Library, **options: object) -> Playlist:
    return library.playlist(starts=STARTS.isoformat(), minutes=60, **options)


def test_artist_gap_counts_tracks_that_the_player_played_before(library: Library) -> None:
    before = {pick.track.artist() for pick in _made(library, artist_gap="2h").picks}
    aired = _aired(library, range(1, 29), source="stream")
    assert {artist for artist in aired if artist in before}
    made = _made(library, aired="stream", artist_gap="2h")
    for pick in made.picks:
        last = aired.get(pick.track.artist())
        assert last is None or datetime.fromisoformat(pick.starts_at or "") - last >= timedelta(hours=2)
    assert [pick.relaxed for pick in made.picks] == [()] * len(made.picks)
    early = library.playlist(starts=(STARTS + timedelta(hours=2)).isoformat(), minutes=60, aired="stream",
                             artist_gap="2h")  # fmt: skip
    assert {pick.track.artist() for pick in early.picks} == before


def test_gap_in_tracks_counts_earlier_plays_of_the_named_player_only(library: Library) -> None:
    first = _made(library).picks[0].track
    number = int(Path(first.path).stem)
    artists = _aired(library, range(number, number + 1), source="page")
    assert _made(library, aired="stream").picks[0].track.path == first.path
    for made in (_made(library, aired="page"), _made(library, aired="any", artist_gap=4)):
        assert not artists.keys() & {pick.track.artist() for pick in made.picks[:4]}


def test_aired_tracks_are_private(library: Library) -> None:
    before = [pick.track.path for pick in _made(library, artist_gap="2h").picks]
    _aired(library, range(1, 29), source="stream")
    ann = library.acting_as(library.accounts.add("Ann", "admin").actor())
    assert [pick.track.path for pick in _made(ann, aired="stream", artist_gap="2h").picks] == before


def test_live_list_on_the_clock_is_answered_as_at_its_start(library: Library) -> None:
    library.lists.make_live("Noon", "bpm:..120 daypart:14..15 season:11-02")
    assert len(library.lists.content("Noon", starts=STARTS.isoformat()).tracks) == 10
    later = library.lists.content("Noon", starts=(STARTS + timedelta(hours=2)).isoformat())
    assert later.tracks == ()


def test_picks_have_the_time_of_day_and_queries_the_time_of_the_start(library: Library) -> None:
    made = _made(library, query="daypart:14..15 season:11-02")
    times = [pick.starts_at for pick in made.picks]
    assert times == [(STARTS + timedelta(seconds=200 * place)).isoformat() for place in range(len(times))]
    assert made.to_record()["picks"][1]["starts_at"] == times[1]
    with pytest.raises(UsageError, match="'25:00' is not a time"):
        library.playlist(n=3, starts="25:00")
    with pytest.raises(UsageError, match="there is no player 'radio'"):
        library.playlist(n=3, aired="radio")
