"""Groove: the pattern of kick and onsets within the bar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from map4.core.dsp.rhythm.beats import FloatVector
from map4.core.dsp.rhythm.tempo_map import beat_numbers
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.spectral_pass import FloatArray
from map4.core.music.analysis.analysis import Grid

STEPS = 4
"""Sixteenths per beat."""
BEATS_A_BAR = 4
LEAST_BEATS = 8
"""Two bars; a pattern must repeat."""
EVEN_REACH_BEATS = 6
"""Beats on either side (three bars in total) that predict where a beat is due. A tracker misplaces single beats in each
copy of a file; players drift over more bars, and follow no line at all when they play freely."""

_STEP_REACH_S = 0.06  # how long the 80-ms flux of a hit stays high; a sixteenth at 200 BPM is 75 ms
_HALVED_BELOW_BPM = 90.0
"""Below, people may dance to double the tempo, and a kick on the eighths is as good as one on the beat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Groove:
    """The mean bar.

    repetition: share of the onset envelope's variance that the mean bar explains, corrected for chance, 0-1; near 0
        for free playing, 1 for a machine that repeats one bar
    kick_evenness: weakest over strongest of the four beats in the low band, 0-1; 1 if there is a kick on each
    kick_dominance: how much the beats exceed the strongest step between them in the low band, 0-1
    """

    repetition: float
    kick_evenness: float
    kick_dominance: float


def measure_groove(low: FloatArray, full: FloatArray, beats_s: tuple[float, ...], bpm: float) -> Groove | None:
    """Fold the onset envelopes into one bar of sixteen steps.

    low, full: shape (n,), onset envelopes of the kick's band and of all bands, at `ShortWindow.RATE_HZ`
    beats_s: beat times, preferably from `even_beats`
    bpm: tempo, which determines whether people may dance to double the beats
    returns: None with fewer than `LEAST_BEATS` beats. Independent of which of four beats is the first of the bar.
    """
    if len(beats_s) < LEAST_BEATS:
        return None
    beats = np.asarray(beats_s)
    edges = np.linspace(beats[:-1], beats[1:], STEPS, endpoint=False, axis=1)  # of the sixteenths of each beat
    low_steps, full_steps = _sample(low, edges), _sample(full, edges)
    evenness, dominance = _kick(low_steps)
    if bpm < _HALVED_BELOW_BPM:
        halved = _kick(low_steps.reshape(-1, STEPS // 2))
        if halved[0] * halved[1] > evenness * dominance:
            evenness, dominance = halved
    return Groove(repetition=_repetition(full_steps), kick_evenness=evenness, kick_dominance=dominance)


def even_beats(beats_s: tuple[float, ...], grid: Grid | None) -> tuple[float, ...]:
    """Correct single beats that are off.

    beats_s: ascending times in seconds
    grid: of the track, None if its beats follow no grid
    returns: As many times: the lines of the grid from the first beat on; without a grid, the value of a straight line
        fitted to the beats around each (least squares, Hann window of three bars).
    """
    if len(beats_s) < LEAST_BEATS:
        return beats_s
    if grid is not None:
        period_s = 60.0 / grid.bpm
        first = round((beats_s[0] - grid.first_beat_s) / period_s)
        return tuple((grid.first_beat_s + period_s * np.arange(first, first + len(beats_s))).tolist())
    times = np.asarray(beats_s)
    number = beat_numbers(times)
    window = np.hanning(2 * EVEN_REACH_BEATS + 3)[1:-1]
    rows = (np.ones(times.size), number, times, number * number, number * times)
    n, x, y, xx, xy = (np.convolve(np.pad(row, EVEN_REACH_BEATS), window, mode="valid") for row in rows)
    slope = (n * xy - x * y) / (n * xx - x * x)
    even: FloatVector = y / n + slope * (number - x / n)
    return tuple(even.tolist())


def _sample(envelope: FloatArray, times_s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean of the envelope over the 60 ms after each time, with fractions of frames."""
    total = np.concatenate([[0.0], np.cumsum(envelope, dtype=np.float64)])
    reach = _STEP_REACH_S * ShortWindow.RATE_HZ
    first = times_s * ShortWindow.RATE_HZ
    frame = np.arange(total.size)
    return (np.interp(first + reach, frame, total) - np.interp(first, frame, total)) / reach


def _kick(steps: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Evenness of the beats and their dominance over the steps in between, from the low band's (beats, steps)."""
    by_beat = np.array([steps[first::BEATS_A_BAR].mean(axis=0) for first in range(BEATS_A_BAR)])
    on = by_beat[:, 0]
    strongest = float(by_beat.max())
    if strongest <= 0.0:
        return 0.0, 0.0
    between = float(by_beat[:, 1:].mean(axis=0).max())
    evenness = float(on.min() / on.max()) if on.max() > 0.0 else 0.0
    return evenness, float(np.clip(1.0 - between / max(float(on.mean()), 1e-12), 0.0, 1.0))


def _repetition(steps: npt.NDArray[np.float64]) -> float:
    """Adjusted R^2 of the mean bar as a model of all steps, including those of an incomplete last bar."""
    values = steps.reshape(-1)
    bar = STEPS * BEATS_A_BAR
    total = float(np.square(values - values.mean()).sum())
    if values.size < 2 * bar or total <= 0.0:
        return 0.0
    place = np.arange(values.size) % bar
    mean_bar = np.bincount(place, values, bar) / np.bincount(place, minlength=bar)
    left = float(np.square(values - mean_bar[place]).sum())
    # The mean of few bars fits them by chance: compare variances per degree of freedom.
    adjusted = 1.0 - (left / (values.size - bar)) / (total / (values.size - 1))
    return float(np.clip(adjusted, 0.0, 1.0))
