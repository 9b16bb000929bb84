"""The sound of each bar: its levels, rhythm, harmony and tune, as rows to compare."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from map4.core.dsp.rhythm.onsets import BAND_GROUPS
from map4.core.dsp.spectrum.filters import PITCH_RATE_HZ, ShortWindow, power_bands
from map4.core.dsp.spectrum.packed import Packed
from map4.core.dsp.spectrum.semitones import LOWEST_MIDI
from map4.core.dsp.spectrum.spectral_pass import FloatArray, Spectra

FloatVector = npt.NDArray[np.float64]

STEPS = 4
"""Sixteenths per beat."""
LEVEL_BANDS = 10
"""Groups of four mel bands whose levels are compared."""
LEVEL_STRIDE = 2
"""Levels use every second frame: a beat has twenty or more."""
ONSET_BANDS = len(BAND_GROUPS)
EARLY_S = 0.02
"""A frame contains an onset this much before it happens: about half of its window."""
QUIET = 1e-3
"""Share of the mean power (-30 dB) that counts as silence in a band, so that noise is not compared."""
LOW_BELOW_HZ, HIGH_ABOVE_HZ = 160.0, 3000.0
"""Upper limit of kick and bass; lower limit of hi-hats and cymbals."""
LAST_BAR_SHARE = 0.6
"""The sound after the last downbeat is a bar if it has at least this length."""
FULL_PERCENTILE = 85.0
"""Percentile of the bars' levels that a full bar has, even if half of the track is sparse."""
TUNE = slice(8, 56)
"""Semitones from MIDI 36 to 83, the range of basses and tunes; above are overtones."""


# Without slots, because the streams are cached properties.
@dataclass(frozen=True, kw_only=True, eq=False)
class BarPictures:
    """Features of the bars, one row per bar.

    sound: shape (n, beats * 10), logarithmic level of ten bands in each beat
    rhythm: shape (n, beats * 4 * 5), onset strength of five bands in each sixteenth
    harmony: shape (n, beats * 12), pitch classes in each beat
    tune: shape (n, beats * 48), notes in each beat
    levels: shape (n, 4), logarithmic power of all bands, lows, middle and highs
    hits: shape (n, 3), mean onset strength below 190 Hz, in the middle and above about 2.5 kHz
    opening: shape (n, 5), onset strength of the five bands in the first sixteenth
    closing: shape (n, 3), onset strength (low, mid, high) in the second half of the bar
    """

    sound: FloatArray
    rhythm: FloatArray
    harmony: FloatArray
    tune: FloatArray
    levels: FloatArray
    hits: FloatArray
    opening: FloatArray
    closing: FloatArray

    @cached_property
    def streams(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Sound, rhythm, harmony and tune of each bar minus their means, as rows of length 1, less if nearly empty."""
        return unit_rows(self.sound), unit_rows(self.rhythm), unit_rows(self.harmony), unit_rows(self.tune)

    @cached_property
    def likeness(self) -> FloatArray:
        """Similarity of each pair of bars in each stream, -1 to 1, shape (4, n, n)."""
        return np.stack([rows @ rows.T for rows in self.streams])

    def part(self, first: int, last: int) -> BarPictures:
        """The bars from the first to before the last."""
        if first == 0 and last >= len(self.levels):
            return self
        return BarPictures(**{field.name: getattr(self, field.name)[first:last] for field in fields(self)})


def picture_bars(
    edges_s: FloatVector, beats: int, spectra: Spectra, onset_bands: FloatArray, peaks: FloatArray
) -> BarPictures:
    """Compute the features of each bar.

    edges_s: shape (n + 1,), the starts of the bars and the end of the last
    beats: per bar
    onset_bands: shape (7, m), as in `OnsetEnvelopes`
    peaks: shape (k, 72), as in `Notes`
    """
    n, steps = len(edges_s) - 1, STEPS * beats
    frames = _step_frames(edges_s, steps, len(spectra.mel_power))
    by_beat = _mean_levels(spectra.mel_power, _level_groups(), frames[::STEPS])
    hits = np.maximum.reduceat(onset_bands[:ONSET_BANDS], frames, axis=1)[:, :-1].T
    rhythm = np.sqrt(hits)
    mean = by_beat.mean(axis=0)
    sound = np.log(by_beat[:, :LEVEL_BANDS] + QUIET * mean[:LEVEL_BANDS] + np.float32(1e-20))
    totals = by_beat[:, LEVEL_BANDS:].reshape(n, beats, -1).mean(axis=1)
    levels = np.log(totals + QUIET * totals.mean(axis=0) + np.float32(1e-20))
    notes = _notes_between(np.append(_parts(edges_s, beats), edges_s[-1]), peaks)
    by_step = rhythm.reshape(n, steps, ONSET_BANDS)
    threes = by_step @ _THREE_BANDS
    return BarPictures(
        sound=sound.reshape(n, -1),
        rhythm=rhythm.reshape(n, -1),
        harmony=(notes @ _fold()).reshape(n, -1),
        tune=notes.reshape(n, -1),
        levels=levels,
        hits=threes.mean(axis=1),
        opening=by_step[:, 0],
        closing=threes[:, steps // 2 :].mean(axis=1),
    )


def unit_rows(rows: FloatArray) -> FloatArray:
    """Rows minus their mean, each of length 1, or shorter if nearly empty."""
    rows = rows - rows.mean(axis=0)
    length = np.sqrt(np.einsum("nc,nc->n", rows, rows))
    return rows / (length + np.float32(0.1) * length.mean() + np.float32(1e-9))[:, None]


def bar_edges(downbeats_s: FloatVector, duration_s: float) -> FloatVector:
    """The starts of the bars and the end of the last, shape (n + 1,)."""
    bar_s = float(np.median(np.diff(downbeats_s)))
    if duration_s - downbeats_s[-1] < LAST_BAR_SHARE * bar_s:
        return downbeats_s
    return np.append(downbeats_s, min(downbeats_s[-1] + bar_s, duration_s))


def low_levels_db(edges_s: FloatVector, beats: int, spectra: Spectra) -> tuple[FloatVector, FloatVector, FloatVector]:
    """Features of the lows of each bar; decibels, each of shape (n,).

    returns: Their level and their share of the total, relative to full bars; and how much their strongest sixteenth
        exceeds the others.
    """
    steps = STEPS * beats
    frames = _step_frames(edges_s, steps, len(spectra.mel_power))
    power = _mean_levels(spectra.mel_power, _level_groups()[:, LEVEL_BANDS : LEVEL_BANDS + 2], frames)
    in_bars = np.maximum(power.astype(np.float64).reshape(-1, steps, 2), 1e-20)
    all_db, low_db = 10.0 * np.log10(in_bars.mean(axis=1)).T
    full_db, full_low_db = (float(np.percentile(row, FULL_PERCENTILE)) for row in (all_db, low_db))
    low = in_bars[:, :, 1]
    moved_db = 10.0 * np.log10(low.max(axis=1) / np.median(low, axis=1))
    return low_db - full_low_db, (low_db - all_db) - (full_low_db - full_db), moved_db


def _mean_levels(mel_power: Packed, groups: FloatArray, frames: npt.NDArray[np.int64]) -> FloatArray:
    """Mean power of groups of mel bands from each frame to before the next, shape (frames - 1, groups)."""
    power = mel_power.times(groups, stride=LEVEL_STRIDE)
    places = np.minimum(frames // LEVEL_STRIDE, len(power) - 1)
    means = np.add.reduceat(power, places, axis=0)[:-1] / np.maximum(np.diff(places), 1)[:, None]
    return np.asarray(means, dtype=np.float32)


def pulse_strength(edges_s: FloatVector, beats: int, onsets: FloatArray) -> FloatVector:
    """How much the onsets of each bar vary between sixteenths, relative to full bars, shape (n,).

    onsets: shape (m,), an onset envelope
    """
    steps = STEPS * beats
    strongest = np.maximum.reduceat(onsets, _step_frames(edges_s, steps, len(onsets)))[:-1].reshape(-1, steps)
    moved = np.abs(np.diff(strongest, axis=1)).mean(axis=1, dtype=np.float64)
    return moved / max(float(np.percentile(strongest.mean(axis=1), FULL_PERCENTILE)), 1e-6)


def _step_frames(edges_s: FloatVector, steps: int, count: int) -> npt.NDArray[np.int64]:
    """First frame of each equal part of each bar, and the end of the last; shape (n * steps + 1,)."""
    times = np.append(_parts(edges_s, steps), edges_s[-1])
    return np.clip(np.rint((times - EARLY_S) * ShortWindow.RATE_HZ).astype(np.int64), 0, count - 1)


def _parts(edges_s: FloatVector, parts: int) -> FloatVector:
    """Start of each equal part of each bar, shape (n * parts,)."""
    times: FloatVector = edges_s[:-1, None] + np.diff(edges_s)[:, None] * np.arange(parts) / parts
    return times.ravel()


_THREE_BANDS = np.array([[1, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0.5, 0], [0, 0, 1]], dtype=np.float32)


def _notes_between(times_s: FloatVector, peaks: FloatArray) -> FloatArray:
    """Mean of the notes from each time to the next, with fractions of frames; shape (times - 1, 48)."""
    peaks = peaks[:, TUNE]
    total = np.zeros((len(peaks) + 1, peaks.shape[1]))
    np.cumsum(peaks, axis=0, out=total[1:])
    place = np.clip(times_s * PITCH_RATE_HZ + 0.5, 0.0, len(peaks) - 1e-3)
    below = place.astype(np.int64)
    at = total[below] + (place - below)[:, None] * peaks[np.minimum(below, len(peaks) - 1)]
    return (np.diff(at, axis=0) / np.maximum(np.diff(place), 0.1)[:, None]).astype(np.float32)


@cache
def _level_groups() -> FloatArray:
    """Matrix (40, 14) from density in mel bands to the power of ten groups, of all bands, lows, middle and highs."""
    three = power_bands(LOW_BELOW_HZ, HIGH_ABOVE_HZ)
    areas_hz, bands = three.sum(axis=1), len(three)
    matrix = np.zeros((bands, LEVEL_BANDS + 4), dtype=np.float32)
    matrix[np.arange(bands), np.arange(bands) * LEVEL_BANDS // bands] = areas_hz
    matrix[:, LEVEL_BANDS] = areas_hz
    matrix[:, LEVEL_BANDS + 1 :] = three
    return matrix


@cache
def _fold() -> FloatArray:
    """Matrix (48, 12) from the semitones of MIDI 36 to 83 to pitch classes."""
    matrix = np.zeros((TUNE.stop - TUNE.start, 12), dtype=np.float32)
    semitone = np.arange(len(matrix))
    matrix[semitone, (semitone + TUNE.start + LOWEST_MIDI) % 12] = 1.0
    return matrix
