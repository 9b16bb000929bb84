"""Lists that grow: refreshed and filled by the playlist search."""

import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from list_libraries import HOUSE, audio_id_of, put_songs, song

from map4.core.music.analysis.key import Key
from map4.core.music.lists.limits import TempoLimit
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.mixing.harmony import fits
from map4.core.music.track.track import Track
from map4.errors import NothingFoundError, UsageError
from map4.library import Library
from map4.lists.playlists import Playlists
from map4.search.matching.matcher import ResolvedPlaylist

FRIDAY = (
    "/music/Ann/Sky.mp3\n/music/Fay/Polka.mp3\n/music/Cat/Rain.mp3\n/nowhere.mp3\n/music/Hal/Gone.mp3\n"
    "/music/Dan/Wind.mp3\n/x.mp3"
)


def more_house(count: int) -> list[dict[str, object]]:
    choose = random.Random(1)
    return [
        song(
            f"/more/{n}.mp3",
            f"Artist {n}",
            f"Title {n}",
            choose.uniform(118, 130),
            f"{choose.randint(7, 11)}A",
            choose.uniform(0.4, 0.8),
            genre="House",
            audio_id=audio_id_of(n + 1000),
        )
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return put_songs(tmp_path_factory.mktemp("growing") / "library.map4", [*HOUSE, *more_house(80)])


@pytest.fixture
def lists(path: Path) -> Iterator[Playlists]:
    with Library.open(path) as library:
        yield library.lists


def listed(lists: Playlists, text: str) -> ResolvedPlaylist:
    return lists.read("x.m3u8", data=text.encode())


def keeps_limits(tracks: list[Track]) -> bool:
    steps = [(MixTraits.of(a), MixTraits.of(b)) for a, b in pairwise(tracks)]
    return all(
        TempoLimit.of("flexible").allows(a.bpm or 0, b.bpm or 0) and fits("flexible", a.key, b.key) for a, b in steps
    )


# ---- refresh -------------------------------------------------------------------------------------


def test_refresh_keeps_fitting_tracks_and_replaces_the_others(lists: Playlists) -> None:
    made = lists.refresh(listed(lists, FRIDAY))
    tracks = list(made.content.tracks)
    assert [track.path for track in tracks if track.path in FRIDAY] == [
        "/music/Ann/Sky.mp3", "/music/Cat/Rain.mp3", "/music/Dan/Wind.mp3",
    ]  # fmt: skip
    assert (len(tracks), made.missing) == (7, 0)
    assert keeps_limits(tracks)
    assert len({track.audio_id for track in tracks}) == 7
    assert [(replacement.entry.entry.position, replacement.why) for replacement in made.replaced] == [
        (2, "does not fit"), (4, "is not in the library"), (5, "is gone"), (7, "is not in the library"),
    ]  # fmt: skip
    assert [replacement.track for replacement in made.replaced] == [tracks[1], tracks[3], tracks[4], tracks[6]]
    assert made.content.picks[1].reasons  # why the search took it
    made = lists.refresh(listed(lists, FRIDAY), exclude="path:/more")
    new = {replacement.track.path for replacement in made.replaced if replacement.track}
    assert new <= {"/music/Bob/Fire.mp3", "/music/Eve/Snow.mp3", "/music/Gus/Fog.mp3"}
    made = lists.refresh(listed(lists, "/x.mp3\n/y.mp3\n/music/Ann/Sky.mp3"))
    tracks = list(made.content.tracks)
    assert (len(tracks), tracks[-1].path) == (3, "/music/Ann/Sky.mp3")
    assert keeps_limits(tracks)


def test_refresh_reports_entries_without_a_replacement(lists: Playlists) -> None:
    made = lists.refresh(listed(lists, FRIDAY), query="artist:nobody")
    assert [track.path for track in made.content.tracks] == [
        "/music/Ann/Sky.mp3", "/music/Cat/Rain.mp3", "/music/Dan/Wind.mp3",
    ]  # fmt: skip
    assert made.missing == 4
    assert {replacement.track for replacement in made.replaced} == {None}
    with pytest.raises(NothingFoundError, match="the only entry"):
        lists.refresh(listed(lists, "/x.mp3"))


# ---- fill ----------------------------------------------------------------------------------------


def test_list_is_extended_from_its_last_track_unless_long_enough(lists: Playlists) -> None:
    text = "/music/Ann/Sky.mp3\n/music/Bob/Fire.mp3"
    made = lists.fill(listed(lists, text), n=20)
    tracks = list(made.content.tracks)
    assert [track.path for track in tracks[:2]] == text.split()
    assert (len(tracks), made.missing) == (20, 0)
    assert keeps_limits(tracks)
    assert len({track.audio_id for track in tracks}) == 20
    other = lists.fill(listed(lists, text), n=20, vary=1)
    assert [track.path for track in other.content.tracks] != [track.path for track in tracks]
    for wish in ({"n": 2}, {"n": 1}, {"minutes": 8}, {"minutes": 4}):
        with pytest.raises(UsageError, match="already that long; request more than"):
            lists.fill(listed(lists, text), **wish)


def test_new_tracks_may_be_preferred_or_avoided(lists: Playlists) -> None:
    start = listed(lists, "/music/Ann/Sky.mp3")

    def in_8a(**wishes: Any) -> int:
        tracks = lists.fill(start, n=15, **wishes).content.tracks[1:]
        return sum(track.key() == Key.parse("8A") for track in tracks)

    assert in_8a(avoided="key:8A") < in_8a() < in_8a(preferred="key:8A")
    filled = lists.fill(start, n=15, preferred="key:8A").content
    reasons = [reason for pick in filled.picks for reason in pick.reasons]
    assert reasons.count("preferred: key:8A") == in_8a(preferred="key:8A")
    # Of a list that is refreshed, the tracks that stay are not judged anew.
    friday = listed(lists, FRIDAY)
    usual, other = lists.refresh(friday).content, lists.refresh(friday, avoided="artist:artist").content
    assert [track.path for track in other.tracks] != [] != [track.path for track in usual.tracks]
    news = [track for track in other.tracks if track.path.startswith("/more/")]
    picks = [pick for pick in other.picks if "although to be avoided: artist:artist" in pick.reasons]
    assert len(picks) == len(news)
