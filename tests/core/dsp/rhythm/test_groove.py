"""Grooves, and beats of steady parts."""

import numpy as np
import pytest
from signals import Pattern, beat_times, cadence, drum_loop, mix, white_noise
from spectra import spectra_of

from map4.core.dsp.rhythm.beat_network import BEAT_RATE_HZ
from map4.core.dsp.rhythm.groove import Groove, even_beats, measure_groove
from map4.core.dsp.rhythm.onsets import FULL_BAND, OnsetEnvelopes, onset_envelopes
from map4.core.dsp.rhythm.rhythm import beats_by_parts
from map4.core.dsp.rhythm.tempo_map import TempoCourse
from map4.core.dsp.rhythm.tempo_scorer import score_candidates
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.spectral_pass import FloatArray, SpectralPass
from map4.core.music.analysis.analysis import Grid, TempoSegment


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


def test_noise_has_no_groove_and_even_beats_are_the_grid() -> None:
    assert groove_of(white_noise(12.0), 120).repetition < 0.1
    flat = np.zeros(2000, dtype=np.float32)
    groove = measure_groove(flat, flat, tuple(beat_times(120, 19.0).tolist()), 120)
    assert groove == Groove(repetition=0.0, kick_evenness=0.0, kick_dominance=0.0)
    for beats in (0, 1, 7):
        envelope = np.ones(2000, dtype=np.float32)
        assert measure_groove(envelope, envelope, tuple(0.5 * i for i in range(beats)), 120) is None
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


CHANGE_S, END_S = 40.3, 80.3
SLOW, FAST = np.arange(0.3, CHANGE_S - 0.01, 0.5), np.arange(CHANGE_S, END_S, 0.4)
TRUTH = np.concatenate([SLOW, FAST])
"""120, then 150 BPM."""


def onsets_at(times_s: np.ndarray) -> tuple[OnsetEnvelopes, FloatArray]:
    """Onsets and the network's beats, both at these times."""
    sharp = np.zeros(round((END_S + 1.0) * ShortWindow.RATE_HZ), dtype=np.float32)
    sharp[np.rint(times_s * ShortWindow.RATE_HZ).astype(int)] = 1.0
    activation = np.zeros(round((END_S + 1.0) * BEAT_RATE_HZ), dtype=np.float32)
    activation[np.rint(times_s * BEAT_RATE_HZ).astype(int)] = 1.0
    return OnsetEnvelopes(bands=np.tile(sharp, (7, 1)), sharp=sharp, magnitude=sharp), activation


def parts(change_s: float) -> tuple[TempoSegment, ...]:
    return (
        TempoSegment(start_s=0.0, end_s=change_s, bpm=120.4),
        TempoSegment(start_s=change_s, end_s=END_S, bpm=149.5),
    )


def test_slipped_beats_return_to_the_grid_in_the_octave_of_the_track() -> None:
    for change_s in (CHANGE_S, CHANGE_S - 4.0, CHANGE_S + 4.0):
        slipped = TRUTH.copy()
        slipped[10:30] += 0.25
        slipped[110:150] += 0.2
        found = beats_by_parts(*_with(onsets_at(TRUTH), change_s, slipped))
        assert found.size == TRUTH.size
        np.testing.assert_allclose(found, TRUTH, atol=0.02)
    y = np.concatenate([drum_loop(100.0, 60.0), drum_loop(160.0, 60.0)])
    spectral_pass = SpectralPass()
    spectral_pass.feed(mix(y, 0.3 * cadence(0, "major", 120.0)))
    course = TempoCourse(onset_envelopes(spectral_pass.finish().mel_power), score_candidates)
    slower, faster = course.near(80.0), course.near(160.0)
    assert slower is not None
    assert faster is not None
    assert np.log2(faster).mean() > np.log2(slower).mean()


def test_freely_played_parts_and_tempo_changes_keep_their_beats() -> None:
    rng = np.random.default_rng(1)
    free = np.sort(FAST + rng.uniform(-0.18, 0.18, FAST.size))
    played = np.concatenate([SLOW, free])
    found = beats_by_parts(*_with(onsets_at(played), CHANGE_S, played))
    np.testing.assert_array_equal(found[-free[5:].size :], free[5:])
    for change_s in np.arange(CHANGE_S - 3.0, CHANGE_S + 3.0, 0.13).tolist():
        rng = np.random.default_rng(2)
        # Before the change nothing keeps to a grid, so that beats and the lines of the next part meet.
        played = np.sort(np.concatenate([SLOW + rng.uniform(-0.2, 0.2, SLOW.size), FAST]))
        found = beats_by_parts(*_with(onsets_at(FAST), change_s, played))
        assert np.diff(found).min() > 0.09


def _with(
    heard: tuple[OnsetEnvelopes, FloatArray], change_s: float, beats_s: np.ndarray
) -> tuple[OnsetEnvelopes, tuple[TempoSegment, ...], np.ndarray, FloatArray]:
    return heard[0], parts(change_s), beats_s, heard[1]
