"""What was heard is kept, of each person by themselves."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from made_library import analysis_of, put, put_tracks

from map4 import Library
from map4.core.music.plays import Play
from map4.core.music.track.track import Track
from map4.errors import UsageError
from map4.formats.importer import Importer

BEGAN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library.map4") as found:
        put(found, 1, analysis_of(1))
        yield found


@pytest.fixture
def track(library: Library) -> Track:
    [found] = library.tracks.all()
    return found


def _length_s(track: Track) -> float:
    return track.analysis.duration_s


def test_a_play_counts_after_half_of_it_or_four_minutes(library: Library, track: Track) -> None:
    half_s = min(240.0, _length_s(track) / 2)
    assert not library.plays.add(track, heard_s=half_s - 0.1, at=BEGAN)
    assert library.plays.page().plays == ()
    assert library.plays.add(track, heard_s=half_s, at=BEGAN)
    assert library.plays.add(track, at=BEGAN + timedelta(hours=1), source="subsonic")  # the player says that it counts
    plays = library.plays.page().plays
    assert [(play.at, play.source, play.heard_s) for play in plays] == [
        ("2026-03-04T06:06:07Z", "subsonic", None), ("2026-03-04T05:06:07Z", "python", half_s)
    ]  # fmt: skip
    assert {(play.audio_id, play.length_s, play.path) for play in plays} == {
        (track.audio_id, _length_s(track), track.path)
    }


def test_play_reported_twice_is_stored_once(library: Library, track: Track) -> None:
    elsewhere = BEGAN.astimezone(timezone(timedelta(hours=-5)))
    reported = (BEGAN, elsewhere, BEGAN + timedelta(seconds=1))
    assert [library.plays.add(track, heard_s=300, at=at) for at in reported] == [True, False, False]
    assert len(library.plays.page().plays) == 1


def test_play_counts_once_at_a_clock_change(library: Library, track: Track, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []
    for hours in (0, 30, -20):  # told at once, again later, and once more after the clock was set back
        clock = type("Clock", (datetime,), {"now": lambda tz, hours=hours: BEGAN + timedelta(hours=hours)})
        monkeypatch.setattr("map4.plays.part.plays.datetime", clock)
        kept.append(library.plays.add(track, at=BEGAN, source="subsonic"))
    assert kept == [True, False, False]
    assert [play.at for play in library.plays.page().plays] == ["2026-03-04T05:06:07Z"]


def test_repeated_play_without_a_time_is_stored_once(library: Library, track: Track) -> None:
    assert [library.plays.add(track, heard_s=300, source="subsonic") for _ in range(2)] == [True, False]
    [play] = library.plays.page().plays
    assert datetime.now(UTC) - datetime.fromisoformat(play.at) >= timedelta(seconds=300)


@pytest.mark.parametrize("wrong", [
    {"heard_s": -1.0}, {"heard_s": float("nan")}, {"heard_s": 1e308}, {"heard_s": 10**400}, {"heard_s": 86_401},
    {"at": datetime(9999, 1, 1, tzinfo=UTC)}, {"at": datetime(1989, 12, 31, tzinfo=UTC)},
    {"at": datetime(1970, 1, 21, tzinfo=UTC)},
    {"at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))},
])  # fmt: skip
def test_impossible_plays_are_refused(library: Library, track: Track, wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        library.plays.add(track, **wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="1 to 500"):
        library.plays.page(limit=0)
    for refused in (lambda: library.plays.stats(limit=-1), lambda: library.jobs.page(limit=0),
                    lambda: library.tracks.page(limit=-1), lambda: library.lookups.in_doubt(limit=-1)):  # fmt: skip
        with pytest.raises(UsageError, match="not "):
            refused()
    for before in ("soon", "2026-01-01T00:00:00Z/x"):
        with pytest.raises(UsageError, match="neither a time nor"):
            library.plays.page(before=before)


def test_statistics_of_plays_use_local_time(library: Library, track: Track) -> None:
    put_tracks(library, (2, 3))
    _, other, _ = library.tracks.all()
    local = datetime(2026, 3, 4, 23, 50).astimezone()  # a Wednesday
    for days in (0, 1, 7):
        assert library.plays.add(track, heard_s=300, at=local + timedelta(days=days), source="page")
    assert library.plays.add(other, at=local + timedelta(minutes=20), source="subsonic")
    assert not library.plays.add(other, heard_s=1, at=local)
    ann = library.acting_as(library.accounts.add("Ann", "admin").actor())
    assert ann.plays.add(track, at=local)

    found = library.plays.stats()

    assert (found.plays, found.skips, found.tracks, found.heard_s, found.never) == (4, 1, 2, 900, 1)
    assert {hour: count for hour, count in enumerate(found.hours) if count} == {23: 3, 0: 1}
    assert found.weekdays == (0, 0, 2, 2, 0, 0, 0)
    assert (found.months, found.sources) == ({"2026-03": 4}, {"page": 3, "subsonic": 1})
    assert [(play.audio_id, play.plays) for play in found.most] == [(track.audio_id, 3), (other.audio_id, 1)]
    assert [track.path for track in library.plays.stats(limit=1).most] == [track.path]
    since = library.plays.stats(timedelta(seconds=(datetime.now(UTC) - local).total_seconds() - 3600))
    assert (since.plays, since.months) == (3 - 1, {"2026-03": 2})
    assert ann.plays.stats().plays == 1


def test_importers_have_sources_of_plays_and_periods_are_queries(library: Library) -> None:
    sources = {name: Play.source_of(name) for name in Importer.all()}
    assert sources["rekordbox-db"] == "rekordbox"
    named = {name for name, source in sources.items() if source == "lists"}
    assert {"lists"} <= named <= {"lists", "apple-music", "cue", "navidrome", "tags"}  # the others have no histories
    assert library.plays.stats("30d").plays == 0
    with pytest.raises(UsageError, match="such as 30d"):
        library.plays.stats("lately")
