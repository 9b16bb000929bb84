"""The tempo of taps: exact from many, and not moved by slips."""

import random

import pytest
from examples_tried import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from map4.core.music.analysis.tapped_tempo import TappedTempo


def taps(bpm: float, count: int, *, off_s: float = 0.0, seed: int = 1) -> list[float]:
    """Times of taps by somebody who is so much beside the beat."""
    chance = random.Random(seed)
    return [100.0 + 60.0 / bpm * beat + chance.gauss(0.0, off_s) for beat in range(count)]


@settings(max_examples=examples(30))
@given(st.floats(30.0, 240.0), st.integers(2, 40))
def test_even_taps_give_their_tempo(bpm: float, count: int) -> None:
    found = TappedTempo.of(taps(bpm, count))
    assert found.bpm == pytest.approx(bpm)
    assert found.spread_bpm == pytest.approx(0.0, abs=1e-6)
    assert (found.taps, found.is_enough) == (count, count >= TappedTempo.LEAST_TAPS)


def test_uneven_missed_and_extra_taps_give_a_tempo() -> None:
    for seed in range(20):
        found = TappedTempo.of(taps(128.0, 16, off_s=0.015, seed=seed))
        assert found.bpm == pytest.approx(128.0, rel=0.005)
        assert 1.0 < found.spread_bpm < 8.0
    assert TappedTempo.of([]) is None
    assert TappedTempo.of([1.0]) is None
    assert TappedTempo.of([1.0, 1.01, 1.02, 1.05]) is None  # one key, held down
    even = taps(120.0, 16)
    for wrong in (
        [time for beat, time in enumerate(even) if beat != 7],
        [time for beat, time in enumerate(even) if beat not in (5, 6)],
        sorted([*even, even[4] + 0.02]),
        [*even[:8], *(time + 0.2 for time in even[8:])],
    ):
        found = TappedTempo.of(wrong)
        assert found.bpm == pytest.approx(120.0, rel=0.002)


def test_pause_restarts_taps_and_near_tempi_or_octaves_are_selected() -> None:
    found = TappedTempo.of([*taps(90.0, 20), *(time + 60.0 for time in taps(140.0, 9))])
    assert (round(found.bpm, 3), found.taps) == (140.0, 9)
    cases = [
        (87.4, 174.02, 87.01), (172.0, 87.013, 174.026), (121.0, 120.003, 120.003), (99.64, 120.0, 99.6),
        (99.64, None, 99.6),
    ]  # fmt: skip
    assert [
        (tapped, known, TappedTempo(bpm=tapped, spread_bpm=0.0, taps=2).meant(known)) for tapped, known, _ in cases
    ] == cases
