"""Sweepers between the tracks of a list: jingles from a query, every so many tracks or minutes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playlist_library import make_playlist_library, song

from map4 import Library
from map4.errors import NothingFoundError, UsageError
from map4.lists.playlist.playlist import Playlist
from map4.lists.playlist.request import Preset

JINGLES = [{"number": number, "genre": "Jingle", "title": f"Ident {number}", "duration_s": 9.0} for number in (71, 72)]
FREE: dict[str, Any] = {"relax": True, "policy": "creative", "harmonic": "off"}


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(make_playlist_library(tmp_path / "library.map4", more=JINGLES)) as opened:
        yield opened


def _made(library: Library, sweepers: str = "genre:jingle", **options: Any) -> Playlist:
    return library.playlist(
        song(1), preset=Preset(name="own", help="", options={"sweepers": sweepers, **FREE, **options})
    )


def _sweepers(made: Playlist) -> list[tuple[int, str]]:
    return [(pick.position, pick.track.path) for pick in made.picks if pick.sweeper]


def test_sweeper_comes_after_every_few_tracks_in_turn(library: Library) -> None:
    made = _made(library, n=10, sweeper_gap=3)
    assert _sweepers(made) == [(4, song(71)), (8, song(72)), (12, song(71))]
    assert [pick.position for pick in made.picks] == [*range(1, 14)]
    assert made.picks[3].reasons == ("sweeper, every 3 tracks",)
    assert [pick.position for pick in made.picks if pick.transition is None] == [1, 4, 5, 8, 9, 12, 13]
    plain = library.playlist(song(1), n=10, exclude="genre:jingle", **FREE)
    assert [pick.track.path for pick in made.picks if not pick.sweeper] == [pick.track.path for pick in plain.picks]
    assert made.quality == plain.quality
    assert _sweepers(_made(library, n=10, vary=1))[0] == (5, song(72))


def test_sweepers_by_time_count_in_the_minutes(library: Library) -> None:
    made = _made(library, minutes=60, sweeper_gap="10m")
    at_s, since_s = 0.0, 0.0
    for pick in made.picks:
        if pick.sweeper:
            assert 600.0 <= since_s < 600.0 + max(pick.track.length_s or 0.0 for pick in made.picks)
            since_s = 0.0
        else:
            since_s += pick.track.length_s or 0.0
        at_s += pick.track.length_s or 0.0
    assert len(_sweepers(made)) >= 3
    assert at_s == pytest.approx(3600.0, abs=240.0)


def test_stored_sweepers_keep_their_places_and_are_not_judged(library: Library) -> None:
    lists = library.lists
    lists.save("Hour", _made(library, n=12, sweeper_gap=2).to_tracklist(name=None))
    places = [place for place, pick in enumerate(lists.content("Hour").picks, start=1) if pick.sweeper]
    assert places == [3, 6, 9, 12, 15]
    check = lists.check("Hour")
    assert not check.songs_again
    assert not any({weak.step.place + 1, weak.step.place + 2} & {*places} for weak in check.weakest)
    for draft in (lists.order("Hour"), lists.order("Hour", shuffle="7"), lists.refresh("Hour")):
        kept = [place for place, pick in enumerate(draft.content.picks, start=1) if pick.sweeper]
        assert kept == places
        assert [draft.content.tracks[place - 1].genre() for place in places] == ["Jingle"] * 5


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"sweepers": "genre:none"}, NothingFoundError, "no track matches 'genre:none'"),
        ({"sweeper_gap": 0}, UsageError, "more than 0 tracks"),
        ({"sweeper_gap": "soon"}, UsageError, "is not a gap"),
        ({"sweepers": 3}, UsageError, "must be a query"),
        ({"sweepers": "is:any"}, NothingFoundError, "nothing is left of the tracks after sweepers 'is:any'"),
    ],
    ids=str,
)
def test_invalid_sweepers_are_refused(
    library: Library, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        _made(library, **{"n": 5, **options})
