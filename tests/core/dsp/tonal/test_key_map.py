"""Tracks that change key, and those that do not."""

from collections.abc import Callable

import numpy as np
import pytest
from signals import Signal, cadence, drum_loop, mix, silence, white_noise
from spectra import spectra_of

from map4.core.dsp.spectrum.spectral_pass import SpectralPass
from map4.core.dsp.tonal.key import estimate_tonality
from map4.core.dsp.tonal.key_map import estimate_key_map
from map4.core.music.analysis.analysis import KeySegment
from map4.core.music.analysis.key import Key, Mode


def key_map(y: Signal) -> tuple[KeySegment, ...]:
    spectra = spectra_of(y)
    frames = estimate_tonality(spectra).frames
    return () if frames is None else estimate_key_map(frames, spectra.duration_s)


@pytest.mark.parametrize(("first", "second"), [((0, "major"), (2, "major")), ((9, "minor"), (0, "minor"))])
def test_key_change_is_located_within_a_window(first: tuple[int, Mode], second: tuple[int, Mode]) -> None:
    y = np.concatenate([cadence(*first, 40.0), cadence(*second, 40.0)])
    segments = key_map(mix(0.7 * y, 0.3 * drum_loop(120, 80.0)))
    assert [s.key for s in segments] == [Key(*first), Key(*second)]
    assert segments[0].end_s == segments[1].start_s == pytest.approx(40.0, abs=9.0)
    assert (segments[0].start_s, segments[1].end_s) == (0.0, 80.0)
    assert min(s.confidence for s in segments) >= 0.75


def test_returning_key_gives_three_parts_and_silence_is_no_change() -> None:
    y = np.concatenate([cadence(5, "major", 36.0), cadence(8, "major", 36.0), cadence(5, "major", 36.0)])
    assert [s.key for s in key_map(y)] == [Key(5, "major"), Key(8, "major"), Key(5, "major")]
    assert key_map(np.concatenate([cadence(2, "minor", 30.0), silence(30.0), cadence(2, "minor", 30.0)])) == ()


@pytest.mark.parametrize(
    "made",
    [
        lambda: cadence(7, "major", 60.0),
        lambda: cadence(4, "minor", 20.0),
        lambda: white_noise(40.0),
        lambda: silence(40.0),
        lambda: np.concatenate([cadence(0, "major", 60.0), cadence(2, "major", 8.0)]),
    ],
    ids=["one key", "too short", "noise", "silence", "a last chorus of seconds"],
)
def test_key_map_is_empty_without_a_key_change(made: Callable[[], Signal]) -> None:
    assert key_map(made()) == ()


def test_scores_of_windows_together_equal_scores_one_by_one() -> None:
    spectral_pass = SpectralPass()
    spectral_pass.feed(np.concatenate([cadence(2, "minor", 30.0), silence(20.0), cadence(9, "major", 30.0)]))
    frames = estimate_tonality(spectral_pass.finish()).frames
    spans = [(first, first + 60) for first in range(0, len(frames.total) - 60, 7)] + [(0, len(frames.total)), (10, 12)]
    together = frames.scores(spans)
    np.testing.assert_allclose(
        together, np.concatenate([frames.scores([span]) for span in spans]), rtol=1e-6, atol=1e-9
    )
    np.testing.assert_allclose(np.exp(together).sum(axis=1), 1.0)
    assert {float(np.ptp(scores)) for scores in together} >= {0.0}  # in silence
    assert np.ptp(together, axis=1).max() > 1.0
