"""What the user heard lately, or skips, in lists."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playlist_library import make_playlist_library, song

from map4 import Library
from map4.core.music.query.context import Preferences
from map4.errors import UsageError
from map4.lists.playlist.playlist import Playlist
from map4.lists.playlist.request import Preset

FRESH = Preset(name="fresh", help="", options={"n": 12, "recent": "out", "relax": True, "policy": "creative"})


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(make_playlist_library(tmp_path / "library.map4")) as opened:
        yield opened


def _hear(library: Library, paths: list[str], ago: timedelta = timedelta(days=1), **more: Any) -> None:
    for path in paths:
        track = library.track(path)
        assert track is not None
        library.plays.add(track, at=datetime.now(UTC) - ago, source="subsonic", **more)


def _paths(made: Playlist) -> list[str]:
    return [pick.track.path for pick in made.picks]


def _reasons(made: Playlist, text: str) -> set[str]:
    return {pick.track.path for pick in made.picks if any(text in reason for reason in pick.reasons)}


def test_preset_leaves_out_recent_plays_while_enough_others_fit(library: Library) -> None:
    first = _paths(library.playlist(song(1), preset=FRESH))
    _hear(library, first)
    second = library.playlist(song(1), preset=FRESH)
    assert {*_paths(second)} & {*first} == {song(1)}
    every = [track.path for track in library.tracks.all()]
    _hear(library, every)
    _hear(library, first, timedelta(hours=3))
    third = _paths(library.playlist(song(1), preset=FRESH))  # nothing is fresh: what was heard longest ago
    assert len(third) == 12
    assert {*third} & {*first} == {song(1)}
    ann = library.acting_as(library.accounts.add("Ann", "admin").actor())  # her plays are others
    assert _paths(ann.playlist(song(1), preset=FRESH)) == first


def test_list_by_seed_avoids_recent_plays_unless_other_plays_are_named(library: Library) -> None:
    options: dict[str, Any] = {"n": 8, "policy": "creative", "harmonic": "off"}
    before = library.playlist(song(1), **options)
    by_query = _paths(library.playlist(query="bpm:1..", **options))
    _hear(library, [*_paths(before), *by_query])
    after = library.playlist(song(1), **options)
    assert len(_reasons(after, "although heard lately")) < len(before.picks) - 1
    assert _paths(library.playlist(query="bpm:1..", **options)) == by_query
    for more in ({"query": "^played:-5y OR bpm:1.."}, {"include": song(9)}):
        assert not _reasons(library.playlist(song(1), **options, **more), "heard lately")
    off = library.playlist(song(1), preset=Preset(name="off", help="", options={"recent": "off"}), **options)
    assert _paths(off) == _paths(before)
    with Library.open(library.path, preferences=Preferences(recent="off")) as other:
        assert _paths(other.playlist(song(1), **options)) == _paths(before)


def test_skipped_tracks_come_less_often_and_are_named(library: Library) -> None:
    before = _paths(library.playlist(song(1), n=8))
    _hear(library, before[1:], heard_s=2.0)
    after = library.playlist(song(1), n=8)
    named = _reasons(after, "although skipped more often than heard")
    assert named < {*before[1:]}
    assert len(_paths(library.playlist(query="bpm:1..", n=60, relax=True))) == 60  # never none


def test_suggestions_avoid_recent_plays_and_leave_them_out_for_a_list_that_does(library: Library) -> None:
    lists = library.lists
    lists.save("mixed", library.playlist(song(1), n=4, policy="creative").to_tracklist())
    lists.save("fresh", library.playlist(song(1), preset=FRESH, n=4).to_tracklist())

    def suggested(name: str, n: int = 20) -> dict[str, tuple[str, ...]]:
        return {slot.track.path: slot.why for slot in lists.slots(name, after=2, n=n).slots}

    mixed, fresh = suggested("mixed", 5), suggested("fresh", 5)
    _hear(library, [*mixed, *fresh])
    assert {*suggested("mixed", 5)} != {*mixed}
    assert not {*suggested("fresh", 5)} & {*fresh}
    heard = [path for path, why in suggested("mixed").items() if "although heard lately" in why]
    assert {*mixed} & {*heard}


def test_preset_keeps_places_for_tracks_that_were_not_played_for_a_year(library: Library) -> None:
    every = [track.path for track in library.tracks.all()]
    rest = {song(n) for n in range(1, 60, 5)}
    _hear(library, [path for path in every if path not in rest], timedelta(days=90))
    options = {"n": 20, "recent": "off", "relax": True, "policy": "creative", "harmonic": "off"}

    def rested(**more: object) -> int:
        preset = Preset(name="own", help="", options={**options, "recent": "less", **more})
        made = library.playlist(song(2), preset=preset)
        assert _reasons(made, "not played for a year") == ({*_paths(made)} & rest if more else set())
        return len({*_paths(made)} & rest)

    assert rested() < 6 <= rested(reach=0.3)


@pytest.mark.parametrize("options", [{"recent": "never"}, {"reach": 2}, {"reach": "half"}], ids=str)
def test_invalid_keys_of_presets_are_refused(library: Library, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"'(recent|reach)' must be"):
        library.playlist(song(1), preset=Preset(name="own", help="", options=options))


def test_refresh_renews_recent_plays_only_in_a_list_that_leaves_them_out(library: Library) -> None:
    lists = library.lists
    for preset, is_renewed in ((FRESH, True), (None, False)):
        made = library.playlist(song(1), preset=preset, **({} if preset else {"n": 12, "relax": True}))
        lists.save(name := f"list {is_renewed}", made.to_tracklist(name=None))
        _hear(library, _paths(made)[:4])
        draft = lists.refresh(name)
        kept = [track.path for track in draft.content.tracks]
        assert kept[0] == song(1)
        assert bool({*_paths(made)[1:4]} & {*kept}) is not is_renewed
        assert {replaced.why for replaced in draft.replaced if is_renewed} <= {"was heard lately"}
        assert len(kept) == 12
    more = [track.path for track in lists.fill("list True", n=16).content.tracks[12:]]
    recent = set(library.tracks.paths("played:-2w"))
    assert len(more) == 4
    assert not recent & {*more}
