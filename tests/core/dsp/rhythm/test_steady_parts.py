"""Beats of a track whose parts each keep to a tempo of their own."""

import numpy as np
from signals import cadence, drum_loop, mix

from map4.core.dsp.rhythm.beat_network import BEAT_RATE_HZ
from map4.core.dsp.rhythm.onsets import OnsetEnvelopes, onset_envelopes
from map4.core.dsp.rhythm.steady_parts import beats_by_parts
from map4.core.dsp.rhythm.tempo_map import TempoCourse
from map4.core.dsp.rhythm.tempo_scorer import score_candidates
from map4.core.dsp.spectrum.spectral_pass import FRAME_RATE_HZ, FloatArray, SpectralPass
from map4.core.music.analysis.analysis import TempoSegment

CHANGE_S, END_S = 40.3, 80.3
SLOW, FAST = np.arange(0.3, CHANGE_S - 0.01, 0.5), np.arange(CHANGE_S, END_S, 0.4)
TRUTH = np.concatenate([SLOW, FAST])
"""120, then 150 BPM."""


def onsets_at(times_s: np.ndarray) -> tuple[OnsetEnvelopes, FloatArray]:
    """Onsets and the network's beats, both at these times."""
    sharp = np.zeros(round((END_S + 1.0) * FRAME_RATE_HZ), dtype=np.float32)
    sharp[np.rint(times_s * FRAME_RATE_HZ).astype(int)] = 1.0
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
