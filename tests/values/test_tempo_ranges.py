"""Tempo ranges: what they change, which are proposed, and which tempi contradict them."""

from dataclasses import replace
from typing import Any

import pytest
from libraries import audio_id, made_analysis
from stored import NOW, numbers_found, put_own, put_track

from map4.core.base.records import Absent
from map4.core.music.analysis.analysis import Grid, Tempo, TempoCandidate
from map4.core.music.analysis.inside import Bars, Metre
from map4.core.store.sql_store import Store
from map4.doctor import Doctor
from map4.doctor.checks.finding import Finding
from map4.errors import NothingFoundError, UsageError
from map4.values.genres import Genres
from map4.values.tempo_ranges import TempoRanges, choose_tempi


def put_tempo(store: Store, number: int, bpm: float, confidence: float = 0.7, *, folder: str = "a", genre: str) -> None:
    """A track with half and double of its tempo as alternatives."""
    put_track(store, number, path=f"/music/{folder}/{number}.mp3", genre=genre, title=f"Song {number}", analysed=False)

    others = tuple(
        TempoCandidate(bpm=bpm * factor, confidence=round(share * (1.0 - confidence), 3))
        for factor, share in ((0.5, 0.6), (2.0, 0.4))
    )
    analysis = replace(made_analysis(), tempo=Tempo(bpm=bpm, confidence=confidence, alternatives=others), beats_s=())
    store.tracks.put_analysis(audio_id(number), analysis, now=NOW)


def found(store: Store, check: str, query: str = "is:any") -> list[Finding]:
    return list(Doctor(store).findings(query, only=[check]))


def shown(findings: list[Finding]) -> list[tuple[str | Absent, str, str]]:
    return [(finding.about, finding.detail, finding.choices[0].command) for finding in findings]


@pytest.fixture
def fast(store: Store) -> Store:
    """Ten tracks at 174 BPM, two of them measured at half."""
    for number in range(1, 11):
        put_tempo(store, number, 87.0 if number > 8 else 173.0 + number / 4, folder="dnb", genre="Drum & Bass; Bass")
    return store


def test_range_is_proposed_for_a_genre_once_and_then_corrects_the_others(fast: Store) -> None:
    put_tempo(fast, 11, 124.0, genre="House")
    findings = found(fast, "tempo_ranges")
    command = """map4 set --query 'genre:="Drum & Bass"' tempo-range=121..241"""
    detail = "8 of 10 tracks have 121..241 BPM, 2 half or double"
    assert shown(findings) == [("Drum & Bass", detail, command)]
    [finding], [choice] = findings, findings[0].choices
    assert (finding.count, [track.path for track in finding.tracks or ()]) == (
        2,
        ["/music/dnb/10.mp3", "/music/dnb/9.mp3"],
    )  # type: ignore[union-attr]
    assert (choice.values, choice.query, choice.tempo_range) == (None, 'genre:="Drum & Bass"', "121..241")
    assert found(fast, "tempo_ranges", "genre:house") == []
    TempoRanges(fast).set("121..241", query='genre:="Drum & Bass"')
    assert found(fast, "tempo_ranges") == []
    assert {track.bpm() for track in fast.tracks.tracks()} == {124.0, 174.0, *(173.0 + n / 4 for n in range(1, 9))}


def test_folder_of_a_fast_genre_that_is_read_an_octave_low_gets_a_range(store: Store) -> None:
    genres = ("Drum & Bass", "DnB", "Jungle", "Neurofunk")
    for number in range(1, 11):
        put_tempo(
            store, number, 86.0 + number / 4, 0.95 if number < 8 else 0.7, folder="fast", genre=genres[number % 4]
        )
        put_tempo(store, 20 + number, 115.0 + number / 4, folder="Speedcore EPs", genre="Electronic")
        put_tempo(store, 40 + number, 70.0 + number / 4, folder="slow", genre="Trap" if number % 2 else "Dub")
    assert {(finding.about, finding.choices[0].tempo_range) for finding in found(store, "tempo_ranges")} == {
        ("/music/fast", "121..241"), ("/music/Speedcore EPs", "165..329")
    }  # fmt: skip


def test_range_of_a_folder_covers_its_subfolders_but_not_what_genres_propose(fast: Store) -> None:
    for number in range(11, 21):
        folder = "mixed/one" if number % 2 else "mixed/two"
        put_tempo(fast, number, 205.0 if number == 20 else 100.0 + number / 10, folder=folder, genre=f"Genre {number}")
    assert [(finding.about, finding.count) for finding in found(fast, "tempo_ranges")] == [
        ("Drum & Bass", 2), ("/music/mixed", 1)
    ]  # fmt: skip
    [_, finding] = found(fast, "ranges")
    assert finding.choices[0].command == """map4 set --query 'path:"/music/mixed"' tempo-range=72..143"""


def test_certain_tempi_outside_a_range_are_reported_until_they_are_settled(fast: Store) -> None:
    put_tempo(fast, 11, 87.0, 0.95, genre="Bass")
    put_tempo(fast, 12, 174.0, 0.95, genre="Bass")
    assert found(fast, "tempo_outside") == []
    TempoRanges(fast).set("121..241", query="genre:bass")
    [finding] = found(fast, "tempo_outside")
    assert (finding.about, finding.detail) == ("Song 11", "measured 87.0 BPM (95 %), outside 121..241 for genre:bass")
    assert [(choice.label, choice.values) for choice in finding.choices] == [
        ("keep 174.0", {"bpm": 174.0}), ("change to 87.0", {"bpm": 87.0})
    ]  # fmt: skip
    put_own(fast, 11, bpm=87.0)
    assert found(fast, "tempo_outside") == []


def test_certain_tempo_without_another_inside_is_reported(store: Store) -> None:
    put_tempo(store, 1, 250.0, 0.95, genre="House")
    TempoRanges(store).set("31..61")
    [finding] = found(store, "tempo_outside")
    assert finding.detail == "measured 250.0 BPM (95 %), outside 31..61 for all tracks"
    assert [choice.label for choice in finding.choices] == ["keep 250.0"]


# Tempo ranges in a library: which tracks have them, and when they are applied, undone and removed.
BEATS = tuple(round(0.5 * number, 4) for number in range(32))


def put_measured(store: Store, number: int, *, bpm: float = 120.0, path: str | None = None, **tags: Any) -> None:
    """A track with half and double of its tempo as alternatives."""
    put_track(store, number, path=path, analysed=False, **tags)
    others = (TempoCandidate(bpm=bpm / 2, confidence=0.3), TempoCandidate(bpm=2 * bpm, confidence=0.1))
    bars = Bars(downbeats_s=BEATS[::4], confidence=0.5, metre=Metre(beats_per_bar=4, confidence=0.9), grid_beat=1)
    tempo, grid = Tempo(bpm=bpm, confidence=0.6, alternatives=others), Grid(first_beat_s=0.0, bpm=bpm)
    analysis = replace(made_analysis(), tempo=tempo, grid=grid, beats_s=BEATS, bars=bars)
    store.tracks.put_analysis(audio_id(number), analysis, now=NOW)


def tempi(store: Store) -> dict[str, float | None]:
    return {track.path.removeprefix("/music/").removesuffix(".mp3"): track.bpm() for track in store.tracks.tracks()}


def rows(store: Store) -> list[Any]:
    sql = (
        "SELECT a.audio_id, a.core, d.beats, d.downbeats FROM analyses AS a JOIN details AS d ON d.id = a.id ORDER BY 1"
    )
    with store.database.reading() as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture
def ranges(store: Store) -> TempoRanges:
    put_measured(store, 1, genre="Drum & Bass")
    put_measured(store, 2, genre="House")
    put_measured(store, 3, bpm=87.0, genre="Drum & Bass", path="/music/slow/3.mp3")
    return TempoRanges(store)


def test_range_for_all_tracks_is_seen_by_searches_and_its_removal_restores_every_byte(
    store: Store, ranges: TempoRanges
) -> None:
    before = rows(store)
    done = ranges.set("50..99")
    assert (done.query, done.range, done.tracks, done.changed, done.outside) == ("", "50..99", 3, 2, 0)
    assert tempi(store) == {"1": 60.0, "2": 60.0, "slow/3": 87.0}
    assert sorted(numbers_found(store, "bpm:60")) == [1, 2]
    assert numbers_found(store, "tempo-confidence:0.98") == [1, 2, 3]
    analysis: Any = store.tracks.analysis(audio_id(1))
    assert (analysis.beats_s, analysis.bars.downbeats_s) == (BEATS[::2], BEATS[::8])
    assert analysis.grid == Grid(first_beat_s=0.0, bpm=60.0)
    removed = ranges.set(None)
    assert (removed.range, removed.before, removed.tracks, removed.changed) == (None, "50..99", 0, 2)
    assert rows(store) == before


def test_last_matching_range_counts_and_the_one_for_all_tracks_comes_last(store: Store, ranges: TempoRanges) -> None:
    ranges.set("120..240", query='genre:"drum & bass"')
    ranges.set("50..99")
    assert tempi(store) == {"1": 120.0, "2": 60.0, "slow/3": 174.0}
    ranges.set("60..119", query='path:"/music/slow"')
    assert tempi(store)["slow/3"] == 87.0
    ranges.set("130..260", query='genre:"drum & bass"')
    assert tempi(store) == {"1": 240.0, "2": 60.0, "slow/3": 174.0}
    assert [(tempo_range.query, tempo_range.range, tempo_range.tracks) for tempo_range in ranges.all().ranges] == [
        ("", "50..99", 1), ('path:"/music/slow"', "60..119", 0), ('genre:"drum & bass"', "130..260", 2)
    ]  # fmt: skip


def test_tracks_without_a_tempo_inside_are_counted_and_keep_theirs(store: Store, ranges: TempoRanges) -> None:
    put_measured(store, 4, bpm=150.0)
    before = rows(store)
    done = ranges.set("30..61", dry_run=True)
    assert (done.tracks, done.changed, done.outside, done.dry_run) == (4, 3, 1, True)
    assert (rows(store), ranges.all().ranges) == (before, ())
    ranges.set("30..61")
    assert [(tempo_range.tracks, tempo_range.outside) for tempo_range in ranges.all().ranges] == [(4, 1)]
    assert tempi(store) == {"1": 60.0, "2": 60.0, "slow/3": 43.5, "4": 150.0}


def test_undo_restores_the_range_before_once(store: Store, ranges: TempoRanges) -> None:
    ranges.set("50..99")
    ranges.set("130..260")
    back = ranges.undo()
    assert (back.query, back.range, back.before) == ("", "50..99", "130..260")
    assert tempi(store)["1"] == 60.0
    with pytest.raises(NothingFoundError, match="no change of a tempo range to undo"):
        ranges.undo()
    ranges.set(None)
    assert ranges.undo().range == "50..99"
    ranges.set("120..240", query="genre:house")
    assert ranges.undo().range is None
    assert [tempo_range.query for tempo_range in ranges.all().ranges] == [""]
    with pytest.raises(NothingFoundError, match="no tempo range is set for genre:house"):
        ranges.set(None, query="genre:house")


def test_scan_completes_a_stopped_change_or_keeps_the_range(
    store: Store, ranges: TempoRanges, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("map4.values.store.tempo_ranges._AT_ONCE", 1)
    before = rows(store)
    with pytest.raises(KeyboardInterrupt):
        ranges.set("50..99", progress=stop)
    assert sorted(tempi(store).values()) == [60.0, 87.0, 120.0]
    assert choose_tempi(store)
    after = rows(store)
    assert (ranges.all().ranges[0].range, tempi(store)) == ("50..99", {"1": 60.0, "2": 60.0, "slow/3": 87.0})
    assert not choose_tempi(store)
    for remove in (ranges.undo, lambda **how: ranges.set(None, **how)):
        with pytest.raises(KeyboardInterrupt):
            remove(progress=stop)
        assert rows(store) != after
        assert choose_tempi(store)
        assert rows(store) == after
    ranges.undo()
    assert (rows(store), choose_tempi(store)) == (before, ())


def test_values_and_grids_set_by_a_user_stay(store: Store, ranges: TempoRanges) -> None:
    put_own(store, 1, bpm=121.0)
    put_own(store, 2, grid=[{"position_s": 0.1, "bpm": 120.0}])
    assert ranges.set("50..99").tracks == 2
    assert tempi(store) == {"1": 121.0, "2": 120.0, "slow/3": 87.0}


def test_damaged_analysis_does_not_stop_the_others(store: Store, ranges: TempoRanges) -> None:
    with store.database.transaction() as connection:
        connection.execute("UPDATE analyses SET core = '{}' WHERE audio_id = ?", (audio_id(2),))
    assert ranges.set("50..99").changed == 1


def test_range_follows_a_new_analysis_and_a_new_genre(store: Store, ranges: TempoRanges) -> None:
    ranges.set("50..99", query="genre:house")
    put_measured(store, 2, bpm=130.0, genre="House")
    assert tempi(store)["2"] == 130.0
    choose_tempi(store, [audio_id(2)])
    assert tempi(store)["2"] == 65.0
    put_own(store, 1, genre="House")
    put_own(store, 2, genre="Techno")
    choose_tempi(store, [audio_id(1), audio_id(2)])
    store.tracks.mark_missing(["/music/1.mp3"], now=NOW)
    choose_tempi(store)  # a file on a drive that is not connected keeps its range
    assert tempi(store) == {"1": 60.0, "2": 130.0, "slow/3": 87.0}


@pytest.mark.parametrize(
    ("query", "tempo_bpm"), [("year:1990..2020 genre:techno", 60.0), ("path:/music", 120.0), ("", 120.0)]
)
def test_genre_table_chooses_tempi_only_if_a_range_is_for_a_genre(
    store: Store, ranges: TempoRanges, query: str, tempo_bpm: float
) -> None:
    put_measured(store, 4, genre="House", year=2001)
    ranges.set("50..99", query=query)
    put_measured(store, 4, genre="House", year=2001)
    Genres(store).set(parents={"House": "Techno"})
    assert tempi(store)["4"] == tempo_bpm


def test_only_queries_of_texts_years_and_folders_can_have_ranges(ranges: TempoRanges) -> None:
    for query in ("", "vellum", "genre:house or genre:techno ^year:..1999", "label:x path:/music"):
        assert ranges.set("80..159", query=query).range == "80..159"
    for query in (
        "bpm:..100",
        "is:doubtful",
        "mark:peak",
        "rating:4..",
        "added:-2w",
        "house limit:5",
        "dnb sort:title",
    ):
        with pytest.raises(UsageError, match="a tempo range can't be for"):  # depends on tempo, person or day
            ranges.set("80..159", query=query)
