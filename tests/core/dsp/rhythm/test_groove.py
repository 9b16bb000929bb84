"""The mean bar of patterns whose shape is known."""

import numpy as np
import pytest
from signals import Pattern, beat_times, drum_loop, white_noise
from spectra import spectra_of

from map4.core.dsp.rhythm.groove import Groove, even_beats, measure_groove
from map4.core.dsp.rhythm.onsets import FULL_BAND, onset_envelopes
from map4.core.music.analysis.analysis import Grid


def groove_of(y: np.ndarray, bpm: float, *, seconds: float = 12.0) -> Groove:
    bands = onset_envelopes(spectra_of(y).mel_power).bands
    return measure_groove(bands[0], bands[FULL_BAND], tuple(beat_times(bpm, seconds).tolist()), bpm)


def test_four_on_the_floor_is_even_without_tempo_or_first_beat() -> None:
    for bpm in (96, 128, 174):
        groove = groove_of(drum_loop(bpm, 12.0), bpm)
        assert groove.repetition > 0.9
        assert groove.kick_evenness > 0.85
        assert groove.kick_dominance > 0.8
    groove = groove_of(drum_loop(128, 12.0), 64)
    assert groove.kick_evenness > 0.85
    assert groove.kick_dominance > 0.8
    y = drum_loop(120, 14.0, pattern="rock")
    assert groove_of(y, 120).kick_evenness == pytest.approx(groove_of(y[22050 // 2 :], 120).kick_evenness, abs=0.05)


@pytest.mark.parametrize("bpm", [96, 128, 174])
@pytest.mark.parametrize("pattern", ["rock", "breakbeat"])
def test_rock_and_breakbeat_kicks_are_uneven(pattern: Pattern, bpm: float) -> None:
    groove = groove_of(drum_loop(bpm, 12.0, pattern=pattern), bpm)
    assert groove.repetition > 0.9
    assert groove.kick_evenness < 0.65


def test_noise_flat_envelopes_and_few_bars_have_no_groove() -> None:
    assert groove_of(white_noise(12.0), 120).repetition < 0.1
    flat = np.zeros(2000, dtype=np.float32)
    groove = measure_groove(flat, flat, tuple(beat_times(120, 19.0).tolist()), 120)
    assert groove == Groove(repetition=0.0, kick_evenness=0.0, kick_dominance=0.0)
    for beats in (0, 1, 7):
        envelope = np.ones(2000, dtype=np.float32)
        assert measure_groove(envelope, envelope, tuple(0.5 * i for i in range(beats)), 120) is None


def test_even_beats_of_a_steady_track_are_its_grid_and_few_are_unchanged() -> None:
    lines = 0.3 + 0.5 * np.arange(40)
    beats = lines + np.random.default_rng(5).uniform(-0.05, 0.05, 40)
    even = even_beats(tuple(beats.tolist()), Grid(first_beat_s=0.3, bpm=120.0))
    np.testing.assert_allclose(even, lines, atol=1e-9)
    assert even_beats((0.1, 0.6, 1.3), None) == (0.1, 0.6, 1.3)
    assert even_beats((), None) == ()


@pytest.mark.parametrize("missed", [False, True])
def test_even_beats_follow_slow_tempo_changes_but_not_single_beats(missed: bool) -> None:
    times = np.cumsum(60.0 / np.linspace(110.0, 116.0, 60))
    if missed:
        times = np.delete(times, 30)
    beats = times.copy()
    beats[20] += 0.06
    even = np.array(even_beats(tuple(beats.tolist()), None))
    assert np.abs(even - times).max() < 0.015
    assert even[20] - times[20] < 0.015


@pytest.mark.parametrize("bpm", [96, 128])
def test_groove_hardly_changes_with_a_few_displaced_beats(bpm: float) -> None:
    # What a tracker makes of another copy of the same music.
    bands = onset_envelopes(spectra_of(drum_loop(bpm, 30.0, pattern="breakbeat")).mel_power).bands
    beats = beat_times(bpm, 30.0)[1:]
    other = np.concatenate([beat_times(bpm, 30.0)[:1], beats])
    other[[12, 30]] += 0.05
    steady, two = (
        measure_groove(bands[0], bands[FULL_BAND], even_beats(tuple(times.tolist()), None), bpm)
        for times in (beats, other)
    )
    assert two.repetition == pytest.approx(steady.repetition, abs=0.02)
    assert two.kick_evenness == pytest.approx(steady.kick_evenness, abs=0.03)
