"""A range of tempi chooses among the measured ones; beats, bars and grid follow."""

import re
from dataclasses import replace
from typing import Any

import pytest

from map4.core.music.analysis.analysis import Analysis, Grid, Hamms, Tempo, TempoCandidate, TempoSegment
from map4.core.music.analysis.inside import Bars, DetectedCue, Metre, Phrase, Structure
from map4.values.tempo_range import MOST_SURE, TempoRange

BEATS = tuple(round(1.0 + 0.5 * number, 4) for number in range(64))  # 120 BPM
PHRASE = Phrase(start_s=1.0, end_s=3.0, bars=1, group="A", role=None, energy=0.5, confidence=0.9)


def counted(*others: tuple[float, float], first_bar: int = 0) -> Analysis:
    """An analysis at 120 BPM in four, with other tempi."""
    beat = (1 - first_bar - 1) % 4 or 4
    second = replace(PHRASE, start_s=BEATS[first_bar + 4], end_s=30.0, bars=8)
    tempi = tuple(TempoCandidate(bpm=bpm, confidence=sure) for bpm, sure in others)
    return Analysis(
        duration_s=60.0,
        tempo=Tempo(bpm=120.0, confidence=0.6, alternatives=tempi),
        grid=Grid(first_beat_s=0.5, bpm=120.0, metre=4, downbeat=beat),
        hamms=Hamms(vector=(0.4286, *(0.5,) * 11), confidence=0.9),
        beats_s=BEATS,
        bars=Bars(
            downbeats_s=BEATS[first_bar::4], confidence=0.96, grid_beat=beat,
            metre=Metre(beats_per_bar=4, confidence=0.97),
        ),
        structure=Structure(phrases=(PHRASE, second), confidence=0.9),
        detected_cues=(
            DetectedCue(kind="drop", position_s=9.0, reason="bar 5: drums or bass enter after 4 bars", confidence=0.9),
        ),
        tempo_map=tuple(TempoSegment(start_s=at, end_s=at + 30.0, bpm=120.0 + at / 10) for at in (0.0, 40.0)),
    )  # fmt: skip


def chosen(analysis: Analysis, text: str) -> Any:
    downbeats_s = analysis.bars.downbeats_s if analysis.bars else ()
    core, *times = TempoRange.read(text).choose(analysis.to_core(), analysis.beats_s, downbeats_s)
    beats_s, firsts_s = map(tuple, times)
    return Analysis.from_core(core, version=analysis.version, beats_s=beats_s, downbeats_s=firsts_s)


def test_ranges_contain_their_rounded_ends_and_invalid_ranges_are_refused() -> None:
    for text, message in (
        ("80..140", "narrower than an octave: a track at 141 BPM would have no tempo in it"),
        ("fast", "'fast' is not a range of tempi; write 80..159"),
        ("20..100", "20..100 is not a range of tempi within 30..330 BPM"),
        ("160..80", "160..80 is not a range of tempi"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            TempoRange.read(text)
    tempo_range = TempoRange.read("88-175")  # as DJ programs write it
    assert [str(tempo_range), *(bpm in tempo_range for bpm in (87.4, 87.6, 175.4, 175.6))] == [
        "88..175", False, True, True, False
    ]  # fmt: skip


def test_candidates_outside_are_dropped_if_a_tempo_is_inside() -> None:
    measured = counted((60.0, 0.2), (160.0, 0.15), (240.0, 0.05))
    for text, bpm, sure, others in (
        ("100..199", 120.0, 0.8, [(160.0, 0.2)]),
        ("80..159", 120.0, MOST_SURE, []),
        ("130..259", 160.0, 0.75, [(240.0, 0.25)]),
    ):
        tempo = chosen(measured, text).tempo
        alternatives = [(other.bpm, other.confidence) for other in tempo.alternatives]
        assert (tempo.bpm, tempo.confidence, alternatives) == (bpm, sure, others)
    assert chosen(measured, "100..199").beats_s == BEATS
    for measured in (counted((60.0, 0.2)), replace(counted(), tempo=None, grid=None)):
        assert chosen(measured, "150..330") == measured


@pytest.mark.parametrize("first_bar", [0, 1, 2, 3])
def test_half_the_tempo_takes_every_second_beat_and_joins_bars(first_bar: int) -> None:
    half = chosen(counted((60.0, 0.2), first_bar=first_bar), "40..79")
    # The second phrase begins with the second bar, so it begins a bar.
    assert half.bars.downbeats_s == BEATS[first_bar + 4 :: 8]
    assert half.beats_s == BEATS[first_bar % 2 :: 2]
    assert [part.bars for part in half.structure.phrases] == [0, 4]
    assert half.detected_cues[0].reason == "bar 2: drums or bass enter after 2 bars"
    assert (half.tempo_map[1].bpm, half.hamms.vector[0], half.drums) == (62.0, 0.0, None)


def test_half_double_and_other_ratios_change_grids_and_bars() -> None:
    grids = [chosen(counted((60.0, 0.2), first_bar=bar), "40..79").grid for bar in (0, 3)]
    assert grids == [  # bar one is at 3 and at 4.5 s
        Grid(first_beat_s=first_s, bpm=60.0, metre=4, downbeat=beat) for first_s, beat in ((1.0, 3), (0.5, 1))
    ]
    double = chosen(counted((240.0, 0.2)), "165..330")
    assert double.beats_s == tuple(1.0 + 0.25 * number for number in range(2 * len(BEATS) - 1))
    assert double.bars.downbeats_s == BEATS[0:61:2]
    assert double.grid == Grid(first_beat_s=0.5, bpm=240.0, metre=4, downbeat=3)
    assert double.detected_cues[0].reason == "bar 9: drums or bass enter after 8 bars"
    faster, slower = chosen(counted((180.0, 0.2)), "150..300"), chosen(counted((80.0, 0.2)), "50..99")
    assert (faster.bars.metre.beats_per_bar, faster.bars.downbeats_s) == (6, BEATS[::4])
    assert faster.beats_s[:4] == (1.0, 1.3333, 1.6667, 2.0)
    assert (slower.bars, slower.grid) == (None, Grid(first_beat_s=1.0, bpm=80.0))  # two and two thirds of a beat


FAST = [(170.0 + number, 0.7) for number in range(8)]


@pytest.mark.parametrize(
    ("tempi", "usual", "expected"),
    [
        ([*FAST, (87.0, 0.7), (88.0, 0.95)], None, ("123..245", [8, 9])),
        ([*FAST, (87.0, 0.7)], (155.0, 190.0), ("121..241", [8])),
        ([*FAST, (87.0, 0.7)], (60.0, 115.0), ("123..245", [8])),
        (FAST, None, None),
        ([*FAST[:6], (87.0, 0.7)], None, None),  # too few tracks
        ([*FAST, (87.0, 0.95)], None, None),  # certain
        ([*FAST, (87.0, None)], None, None),  # not measured
        ([*FAST, (87.0, 0.7), (110.0, 0.7)], None, None),  # the other half of what is outside is elsewhere
        ([(float(bpm), 0.7) for bpm in range(60, 200, 10)], None, None),
    ],
)
def test_range_is_proposed_if_others_are_at_half_or_double(
    tempi: list[tuple[float, float | None]], usual: tuple[float, float] | None, expected: tuple[str, list[int]] | None
) -> None:
    proposed = TempoRange.propose(tempi, usual)
    assert (proposed and (str(proposed[0]), proposed[1])) == expected
