"""Tracks that change their tempo, and those that do not."""

import numpy as np
import pytest
from signals import Signal, cadence, clicks, drum_loop, mix
from spectra import spectra_of

from map4.core.dsp.rhythm.onsets import onset_envelopes
from map4.core.dsp.rhythm.rhythm import Rhythm, estimate_rhythm
from map4.core.dsp.rhythm.tempo_map import course_at, estimate_tempo_map, exact_tempo
from map4.core.dsp.rhythm.tempogram import SECTION_HOP_S, SECTION_S, grid_bpm, section_tempograms


def rhythm(y: Signal) -> Rhythm:
    return estimate_rhythm(spectra_of(y))


def steps(*parts: tuple[float, int]) -> np.ndarray:
    """Beats of so many intervals at each tempo, the first at 0.3 s."""
    return 0.3 + np.concatenate([[0.0], np.cumsum(np.repeat([60.0 / bpm for bpm, _ in parts], [n for _, n in parts]))])


def test_tempo_changes_give_segments_and_a_ramp_a_staircase() -> None:
    beats = steps((120.0, 100), (126.0, 100))
    first, second = estimate_tempo_map(beats, 100.0)
    assert first.bpm == pytest.approx(120.0, abs=0.2)
    assert second.bpm == pytest.approx(126.0, abs=0.2)
    assert (first.start_s, second.end_s) == (0.0, 100.0)
    # The change lies within a block of eight beats.
    assert first.end_s == second.start_s == pytest.approx(50.3, abs=4.1)
    beats = np.cumsum(60.0 / np.linspace(100.0, 130.0, 300))
    segments = estimate_tempo_map(beats, float(beats[-1]) + 1.0)
    tempi = [segment.bpm for segment in segments]
    assert len(tempi) >= 3
    assert tempi == sorted(tempi)
    assert tempi[0] == pytest.approx(102.0, abs=4.0)
    assert tempi[-1] == pytest.approx(128.0, abs=4.0)
    course = np.array([100.0, 100.0, 130.0])
    found = course_at(course, np.array([0, 1203, 2004, 3300, 99_999]))
    np.testing.assert_allclose(found, [100.0, 100.0, 100.0, 130.0, 130.0])


def test_steady_tracks_have_no_tempo_map_in_spite_of_jitter_fills_and_jumps() -> None:
    beats = steps((97.0, 400))
    beats = beats + np.random.default_rng(1).normal(0.0, 0.015, beats.size)
    assert estimate_tempo_map(np.sort(beats), 250.0) == ()
    beats = steps((120.0, 96), (150.0, 8), (120.0, 96))
    assert estimate_tempo_map(beats, 100.0) == ()
    beats = steps((120.0, 96), (135.0, 8), (140.0, 96))
    assert [round(segment.bpm) for segment in estimate_tempo_map(beats, 95.0)] == [120, 140]
    beats = np.delete(steps((128.0, 200)), [50, 51, 120])
    assert estimate_tempo_map(beats, 95.0) == ()
    jump = np.concatenate([steps((128.0, 100)), 0.2 + 47.2 + steps((128.0, 100))])
    assert estimate_tempo_map(jump, 95.0) == ()
    beats = np.cumsum(np.random.default_rng(4).uniform(0.35, 0.9, 120))
    assert estimate_tempo_map(beats, float(beats[-1])) == ()
    assert estimate_tempo_map(steps((120.0, 7), (160.0, 7)), 8.0) == ()
    assert estimate_tempo_map(np.zeros(0), 8.0) == ()


def test_exact_tempo_is_that_of_the_longest_near_part_or_a_whole_number() -> None:
    beats = steps((100.0, 60), (128.0, 100), (99.0, 100))
    parts = estimate_tempo_map(beats, float(beats[-1]))
    assert exact_tempo(parts, 101.0, beats) == pytest.approx(99.0, abs=0.2)
    assert exact_tempo(parts, 130.0, beats) == pytest.approx(128.0, abs=0.3)
    beats = steps((100.0, 60), (128.0, 100))
    parts = estimate_tempo_map(beats, float(beats[-1]))
    assert exact_tempo(parts, 85.3, beats) == 85.0
    assert exact_tempo((), 120.6, beats) == 121.0
    rng = np.random.default_rng(1)
    beats = steps((60.0, 30), (80.0, 40))
    parts = estimate_tempo_map(beats, float(beats[-1]))
    loose = np.sort(beats + rng.normal(0.0, 0.07, beats.size))
    assert exact_tempo(parts, 79.6, beats) == pytest.approx(80.0, abs=0.5)
    assert not exact_tempo(parts, 79.6, beats).is_integer()
    assert exact_tempo(parts, 79.6, loose) == 80.0
    assert exact_tempo(parts, 79.6, beats[:2]) == 80.0


@pytest.mark.parametrize(("first", "second"), [(100.0, 128.0), (140.0, 118.0)])
def test_beats_follow_a_mix_from_one_tempo_to_another(first: float, second: float) -> None:
    import mir_eval  # slow

    y = np.concatenate([drum_loop(first, 60.0), drum_loop(second, 60.0)])
    found = rhythm(mix(y, 0.3 * cadence(0, "major", 120.0)))
    assert [segment.bpm for segment in found.tempo_map] == pytest.approx([first, second], abs=0.5)
    assert found.tempo_map[0].end_s == pytest.approx(60.0, abs=6.0)
    truth = np.concatenate([np.arange(0.0, 60.0, 60.0 / first), 60.0 + np.arange(0.0, 60.0, 60.0 / second)])
    assert mir_eval.beat.f_measure(truth, np.array(found.beats_s)) > 0.9


@pytest.mark.parametrize("bpm", [88.0, 174.0])
def test_steady_tracks_have_no_map(bpm: float) -> None:
    assert rhythm(drum_loop(bpm, 40.0, pattern="rock")).tempo_map == ()
    assert rhythm(clicks(bpm, 40.0)).tempo_map == ()


def test_section_tempograms_follow_the_local_tempo() -> None:
    y = np.concatenate([drum_loop(100.0, 50.0), drum_loop(140.0, 50.0)])
    envelopes = onset_envelopes(spectra_of(y).mel_power)
    sections = list(section_tempograms(envelopes))
    assert len(sections) == pytest.approx((100.0 - SECTION_S) / SECTION_HOP_S, abs=1.1)
    fastest = []
    for section in sections:
        middle = (grid_bpm() > 90.0) & (grid_bpm() < 150.0)
        fastest.append(grid_bpm()[middle][section.autocorrelation[5, middle].argmax()])
    assert fastest[:3] == pytest.approx([100.0] * 3, rel=0.03)
    assert fastest[-3:] == pytest.approx([140.0] * 3, rel=0.03)
