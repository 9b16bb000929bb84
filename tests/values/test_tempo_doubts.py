"""Doubts of the doctor about tempo ranges: which are proposed, and which tempi they contradict."""

from dataclasses import replace

import pytest
from libraries import audio_id, made_analysis
from stored import NOW, put_own, put_track

from map4.core.base.records import Absent
from map4.core.music.analysis.analysis import Tempo, TempoCandidate
from map4.core.store.sql_store import Store
from map4.doctor import Doctor
from map4.doctor.checks.finding import Finding
from map4.values.tempo_ranges import TempoRanges


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
