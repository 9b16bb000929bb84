"""The grid through given beats, and beats of given envelopes."""

import numpy as np
import pytest

from map4.core.dsp.rhythm.beats import (
    ONSET_BIAS_S,
    beats_on_grid,
    even_beats,
    fit_grid,
    interval_stability,
    steady_grid,
    supports_grid,
    track_beats,
)
from map4.core.dsp.rhythm.onsets import LONG_LAG, OnsetEnvelopes, onset_envelopes
from map4.core.dsp.rhythm.tempo import fine_tempo
from map4.core.dsp.rhythm.tempogram import detrended
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.packed import Packed
from map4.core.music.analysis.analysis import Grid


def test_grid_of_exact_beats_is_exact_and_stability_falls_with_variation() -> None:
    grid = fit_grid(0.4 + 0.5 * np.arange(40), 120.0)
    assert grid.bpm == pytest.approx(120.0)
    assert grid.first_beat_s == pytest.approx(0.4)
    assert grid.metre is None
    assert grid.downbeat is None
    grid = fit_grid(10.2 + 0.5 * np.arange(40), 120.0)
    assert grid.first_beat_s == pytest.approx(0.2)
    assert interval_stability(np.array([0.0, 0.5, 1.0, 1.5])) == pytest.approx(1.0)
    intervals = np.array([0.4, 0.6, 0.4, 0.6])
    assert interval_stability(np.concatenate([[0.0], np.cumsum(intervals)])) == pytest.approx(0.8)
    assert interval_stability(np.array([0.0, 0.5])) is None


def test_missing_and_imprecise_beats_keep_the_grid_few_or_wandering_do_not() -> None:
    beats = 0.4 + 0.5 * np.arange(60)
    beats[::5] += 0.1
    assert fit_grid(beats, 120.0) is None
    assert fit_grid(np.array([0.0, 0.5, 1.0]), 120.0) is None
    wandering = np.cumsum(np.random.default_rng(2).uniform(0.3, 0.74, 80))
    assert fit_grid(wandering, 120.0) is None
    for bpm in (119.0, 121.0, 109.0, 130.0):
        assert fit_grid(0.5 * np.arange(40), bpm) is None
    beats = 0.3 + 0.5 * np.arange(100)
    beats[40] += 0.2
    beats = np.delete(beats, [10, 11, 70])
    grid = fit_grid(beats, 120.0)
    assert grid.bpm == pytest.approx(120.0, abs=1e-6)
    assert grid.first_beat_s == pytest.approx(0.3, abs=1e-6)
    beats = 0.4 + 0.5 * np.arange(40) + np.random.default_rng(3).normal(0.0, 0.01, 40)
    grid = fit_grid(beats, 120.4)
    assert grid.bpm == pytest.approx(120.4)
    period_s = 60 / grid.bpm
    assert np.abs((beats - grid.first_beat_s + period_s / 2) % period_s - period_s / 2).max() < 0.07


def test_pulses_have_beats_also_where_a_pulse_is_missing() -> None:
    envelope = np.zeros(2000, dtype=np.float32)
    pulses = np.arange(30, 2000, 50)
    envelope[pulses] = 1.0
    beats = track_beats(envelope, 60 * ShortWindow.RATE_HZ / 50)
    np.testing.assert_allclose(beats, pulses / ShortWindow.RATE_HZ - ONSET_BIAS_S, atol=0.002)
    envelope = np.zeros(2000, dtype=np.float32)
    pulses = np.arange(30, 2000, 50)
    envelope[np.delete(pulses, 17)] = 1.0
    beats = track_beats(envelope, 60 * ShortWindow.RATE_HZ / 50)
    assert beats.size == pulses.size
    assert beats[17] == pytest.approx(pulses[17] / ShortWindow.RATE_HZ - ONSET_BIAS_S, abs=0.02)
    for n_frames in (1, 7, 40):
        envelope = np.zeros(n_frames, dtype=np.float32)
        assert track_beats(envelope, 120.0).size == 0
        envelope[n_frames // 2] = 1.0
        assert track_beats(envelope, 120.0).size <= 1


def _straying(off_beat: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Envelope, activation and true beats of a pulse whose middle third is played between the beats."""
    pulses = 30 + 50 * np.arange(120)
    envelope = np.zeros(6100, dtype=np.float32)
    activation = np.full(3050, 0.02, dtype=np.float32)
    envelope[pulses], activation[pulses // 2] = 1.0, 0.8
    envelope[pulses[40:80]], activation[pulses[40:80] // 2] = 0.3, 0.3
    envelope[pulses[40:80] + 25], activation[(pulses[40:80] + 25) // 2] = 1.0, off_beat
    return envelope, activation, pulses / ShortWindow.RATE_HZ - ONSET_BIAS_S


def test_even_beats_and_fine_tempo_stay_exact_where_tracking_slips() -> None:
    envelope, activation, expected = _straying(0.35)
    bpm = 60 * ShortWindow.RATE_HZ / 50
    slipped = track_beats(envelope, bpm, activation)
    assert np.abs(slipped - expected).max() > 0.2
    np.testing.assert_allclose(even_beats(envelope, bpm, activation, slipped), expected, atol=0.01)
    n_frames = round(60 * ShortWindow.RATE_HZ)
    seconds = np.arange(n_frames) / ShortWindow.RATE_HZ
    envelope = (np.cos(2 * np.pi * seconds * 121.7 / 60) ** 8).astype(np.float32)
    # cos^8 has two pulses a period.
    assert fine_tempo(envelope, 240.0).bpm == pytest.approx(243.4, abs=0.005)


def test_confident_networks_and_free_playing_get_no_even_beats() -> None:
    envelope, activation, _ = _straying(0.7)
    bpm = 60 * ShortWindow.RATE_HZ / 50
    free = track_beats(envelope, bpm, activation)
    assert even_beats(envelope, bpm, activation, free) is free
    pulses = 30 + np.cumsum(np.rint(50 + 8 * np.sin(np.arange(120) / 9)).astype(int))
    envelope = np.zeros(7000, dtype=np.float32)
    envelope[pulses] = 1.0
    # A network that hears a beat everywhere would bear any out.
    activation = np.ones(3500, dtype=np.float32)
    bpm = 60 * ShortWindow.RATE_HZ / 50
    free = track_beats(envelope, bpm, activation)
    assert even_beats(envelope, bpm, activation, free) is free


def test_envelopes_measure_rises_of_bands_above_the_local_level() -> None:
    mel_power = np.full((60, 40), 1.0, dtype=np.float32)
    mel_power[30:] = 0.01
    envelopes = onset_envelopes(Packed.of(mel_power))
    assert envelopes.sharp[0] > 1.0
    assert not envelopes.sharp[3:].any()
    assert not envelopes.bands[:, LONG_LAG + 1 :].any()
    mel_power = np.full((200, 40), 1e-6, dtype=np.float32)
    for frame in range(200):
        mel_power[frame, 5 + frame // 16] = 1.0
    envelopes = onset_envelopes(Packed.of(mel_power))
    assert envelopes.bands[6, 20:].sum() < 0.1 * envelopes.bands[5, 20:].sum()
    envelope = np.full((1, 500), 2.0, dtype=np.float32)
    envelope[0, 250] = 5.0
    above = detrended(envelope)
    assert above[0, 250] == pytest.approx(3.0, abs=0.05)
    assert np.count_nonzero(above > 0.01) == 1


def pulse_envelopes(n_frames: int, times_s: np.ndarray, strengths: np.ndarray) -> OnsetEnvelopes:
    envelope = np.zeros(n_frames, dtype=np.float32)
    for time_s, strength in zip(times_s, strengths, strict=True):
        place = time_s * ShortWindow.RATE_HZ
        frames = np.arange(max(0, int(place) - 3), min(n_frames, int(place) + 5))
        envelope[frames] += strength * np.exp(-0.5 * np.square(frames - place))
    return OnsetEnvelopes(bands=np.zeros((7, n_frames), dtype=np.float32), sharp=envelope, magnitude=envelope)


def test_tempo_and_grid_survive_a_break_of_off_beats() -> None:
    # Thirty beats on the beat, thirty in between only, sixty on the beat again.
    beats = 0.4 + 60.0 / 137.3 * np.arange(120)
    beats[30:60] += 30.0 / 137.3
    envelopes = pulse_envelopes(5600, beats, np.ones(120))
    fine = fine_tempo(envelopes.magnitude, 138.5)
    assert fine.bpm == pytest.approx(137.3, abs=0.01)
    assert fine.coherence > 0.95
    grid = steady_grid(envelopes, fine.bpm)
    assert grid.first_beat_s == pytest.approx(0.4, abs=0.005)
    tracked = beats_on_grid(track_beats(envelopes.sharp, fine.bpm), grid)
    np.testing.assert_allclose(np.diff(tracked), 60.0 / 137.3, atol=0.02)


def test_steady_grids_are_on_the_louder_half_of_coherent_onsets() -> None:
    times = 0.3 + 0.25 * np.arange(200)
    envelopes = pulse_envelopes(5200, times, np.where(np.arange(200) % 2 == 0, 1.0, 1.3))
    assert steady_grid(envelopes, 120.0).first_beat_s == pytest.approx(0.05, abs=0.005)
    silent = pulse_envelopes(300, np.zeros(0), np.zeros(0))
    assert steady_grid(silent, 120.0).bpm == pytest.approx(120.0)
    beats = np.array([0.51, 1.0, 1.74, 2.0, 2.5])
    on_grid = beats_on_grid(beats, Grid(first_beat_s=0.0, bpm=120.0))
    np.testing.assert_allclose(on_grid, [0.51, 1.0, 1.5, 2.0, 2.5])
    rng = np.random.default_rng(3)
    drifting = np.cumsum(60.0 / np.linspace(110.0, 118.0, 100))
    random = np.sort(rng.uniform(0.0, 50.0, 100))
    for times in (drifting, random):
        assert fine_tempo(pulse_envelopes(5600, times, np.ones(100)).magnitude, 114.0).coherence < 0.9
    times = 0.2 + 0.5 * np.arange(5)
    assert fine_tempo(pulse_envelopes(280, times, np.ones(5)).magnitude, 120.0).coherence == 0.0


@pytest.mark.parametrize(("off_beat", "first_s"), [(0.1, 0.3), (0.35, 0.05)])
def test_steady_grid_follows_a_network_that_clearly_prefers_the_off_beat(off_beat: float, first_s: float) -> None:
    # Louder between the beats, and there alone for two thirds of the track: beats slip, and stay there.
    beats, between = 0.3 + 0.5 * np.arange(120), 0.55 + 0.5 * np.arange(120)
    strengths = np.concatenate([np.where(np.arange(120) < 40, 1.0, 0.3), np.full(120, 1.3)])
    envelopes = pulse_envelopes(6200, np.concatenate([beats, between]), strengths)
    activation = np.full(3100, 0.01, dtype=np.float32)
    for times, heard in ((beats, 0.4), (between, off_beat)):
        activation[np.rint((times + ONSET_BIAS_S) * ShortWindow.RATE_HZ / 2).astype(int)] = heard
    tracked = track_beats(envelopes.sharp, 120.0)
    assert np.mean(np.abs((tracked - 0.3) % 0.5 - 0.25) < 0.05) > 0.6
    assert steady_grid(envelopes, 120.0, tracked, activation).first_beat_s == pytest.approx(first_s, abs=0.01)


def test_network_confirms_a_straight_grid_but_not_for_free_playing() -> None:
    _, activation, expected = _straying(0.35)
    grid = Grid(first_beat_s=float(expected[0]), bpm=60 * ShortWindow.RATE_HZ / 50)
    slipped = expected.copy()
    slipped[40:80] += 25 / ShortWindow.RATE_HZ
    assert supports_grid(grid, activation, slipped)
    assert not supports_grid(grid, _straying(0.7)[1], slipped)
    pulses = 30 + np.cumsum(np.rint(50 + 8 * np.sin(np.arange(120) / 9)).astype(int))
    activation = np.full(3500, 0.02, dtype=np.float32)
    activation[pulses // 2] = 0.8
    beats = pulses / ShortWindow.RATE_HZ - ONSET_BIAS_S
    assert not supports_grid(Grid(first_beat_s=float(beats[0]), bpm=60 * ShortWindow.RATE_HZ / 50), activation, beats)
