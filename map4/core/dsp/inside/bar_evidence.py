"""Evidence for bars at each beat: onsets within it, changes of harmony and sound, and repetition."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from map4.core.dsp.compiled import call, kernels
from map4.core.dsp.rhythm.onsets import BAND_GROUPS, COMPRESSION
from map4.core.dsp.spectrum.filters import PITCH_RATE_HZ, ShortWindow
from map4.core.dsp.spectrum.packed import Packed
from map4.core.dsp.spectrum.semitones import LOWEST_MIDI, SEMITONES
from map4.core.dsp.spectrum.spectral_pass import MEL_BANDS, FloatArray

FloatVector = npt.NDArray[np.float64]

SLOTS = 4
"""Parts of a beat whose onsets are measured separately."""
EARLY_SHARE = 0.06
"""The first part of a beat begins this share of a beat early, as not every player is on time."""
BANDS = len(BAND_GROUPS)
LAGS = (1, 2, 3, 4, 5, 6, 7, 8, 12, 16)
"""Beats after which drums and harmony may repeat."""
LAG_REACH = 8
"""Beats on either side over which repetition is averaged."""
TREBLE_FROM, TREBLE_TO = 24, 60
"""Semitones above the lowest: bass is MIDI 28-51; above 87 are overtones."""
NOVELTY_BEATS = (1, 4, 8, 16)

DIVISION = 24
"""Places within a beat that are measured to detect halves and quarters, or thirds."""
CLEAREST = 1.0
"""Maximum log ratio; clearer thirds are no further evidence."""

SILENT = 1e-2
"""Relative to the median power (-20 dB): quieter sound comes before the music."""
CUT_FRAMES = 3
"""Music that sounds within these frames (30 ms) may be cut out of other music: its start is no evidence."""

ONSETS = SLOTS * BANDS
CHANGES = 10
RISES = 2
NOVELTIES = len(NOVELTY_BEATS) + 2
RETURNS = 2 * len(LAGS)
EVIDENCE = ONSETS + CHANGES + RISES + NOVELTIES + RETURNS

_HALVES_AT_ONCE = 64  # so that a long mix takes little memory
_ONSET_FLOOR, _CHANGE_FLOOR = 0.05, 0.04
"""Standard deviations below which nothing really changes, so that noise is not amplified."""


def beat_evidence(beats_s: FloatVector, mel_power: Packed, onset_bands: FloatArray, peaks: FloatArray) -> FloatArray:
    """The evidence at each beat.

    beats_s: shape (b,), b >= 2, ascending times in seconds
    mel_power: shape (n, 40), as in `Spectra`
    onset_bands: shape (7, n), as in `OnsetEnvelopes`
    peaks: shape (m, 72), as in `Notes`
    returns: shape (b, 58); independent of level and timbre.
    """
    edges = np.append(beats_s, 2.0 * beats_s[-1] - beats_s[-2])
    period = np.diff(edges)
    n = beats_s.size
    onsets = _scaled(_slot_onsets(beats_s, period, onset_bands), _ONSET_FLOOR, by_band=True)
    halves = np.append(np.stack([beats_s, beats_s + 0.5 * period], axis=1).ravel(), edges[-1])
    level = _half_levels(halves, mel_power)
    # Fold first: for a three-hour mix, all notes would need three times the memory.
    folded = _half_means(halves, peaks @ _fold())
    bass, treble = folded[:, :12], folded[:, 12:]
    changes, rises = [], []
    for chroma in (bass, treble):
        beat = chroma[::2] + chroma[1::2]
        early = np.concatenate([chroma[:1], chroma[1:-1:2] + chroma[2::2]])
        changes += [_change(beat, 1), _change(beat, 2), _change(beat, 4), _change(early, 1), _change(early, 2)]
        first = chroma[::2]
        before = np.concatenate([first[:1], chroma[1:-1:2]])
        rises.append(np.maximum(first - before, 0.0).sum(axis=1) / (beat.sum(axis=1).mean() + 1e-9))
    sound = level.reshape(n, 2 * MEL_BANDS)
    sound = 0.5 * (sound[:, :MEL_BANDS] + sound[:, MEL_BANDS:])
    sound = sound - sound.mean(axis=0)
    whole = np.concatenate([_beats_of(bass), _beats_of(treble)], axis=1)
    novelties = [_distance(sound, span) for span in NOVELTY_BEATS] + [_change(whole, 8), _change(whole, 16)]
    per_beat = np.stack([*changes, *rises, *novelties], axis=1)
    drums = onsets - onsets.mean(axis=0)
    chords = _unit(whole - whole.mean(axis=0))
    returns = np.concatenate([_returns(drums), _returns(chords)], axis=1)
    evidence: FloatArray = np.concatenate([onsets, _scaled(per_beat, _CHANGE_FLOOR), returns], axis=1, dtype=np.float32)
    return np.clip(evidence, -6.0, 6.0)


def thirds_over_halves(beats_s: FloatVector, sharp: FloatArray) -> float:
    """How much stronger the onsets at the thirds of beats are than at their halves and quarters.

    Both thirds must be present: swing has only the second.

    beats_s: shape (b,), b >= 2, ascending times in seconds
    sharp: shape (n,), as in `OnsetEnvelopes`
    returns: Logarithm of the ratio, at most `CLEAREST`; far below 0 in most music.
    """
    places = beats_s[:-1, None] + np.diff(beats_s)[:, None] * np.arange(DIVISION) / DIVISION
    mean = np.interp(places * ShortWindow.RATE_HZ, np.arange(sharp.size), sharp).mean(axis=0)
    thirds = min(mean[n - 1 : n + 2].max() for n in (DIVISION // 3, 2 * DIVISION // 3))
    halves = max(mean[n] for n in (DIVISION // 4, DIVISION // 2, 3 * DIVISION // 4))
    floor = 0.1 * mean.mean() + 1e-9
    return min(CLEAREST, math.log((thirds + floor) / (halves + floor)))


def first_sound_s(mel_power: Packed) -> float | None:
    """Start of the first sound, in seconds; None if there is no sound, or sound from the very start.

    mel_power: shape (n, 40), as in `Spectra`
    """
    power = mel_power.sums
    sounding = power[power > 0.0]
    if not sounding.size:
        return None
    first = int((power > SILENT * np.median(sounding)).argmax())
    return first / ShortWindow.RATE_HZ if first >= CUT_FRAMES else None


def _slot_onsets(beats_s: FloatVector, period: FloatVector, onset_bands: FloatArray) -> FloatArray:
    """Largest rise of each band in each part of each beat, shape (b, 4, 5)."""
    edges = (beats_s[:, None] + (np.arange(SLOTS) / SLOTS - EARLY_SHARE) * period[:, None]).ravel()
    edges = np.append(edges, beats_s[-1] + (1.0 - EARLY_SHARE) * period[-1])
    frames = np.clip(np.rint(edges * ShortWindow.RATE_HZ).astype(np.int64), 0, onset_bands.shape[1] - 1)
    largest = np.maximum.reduceat(onset_bands[:BANDS], frames, axis=1)[:, :-1]
    return largest.T.reshape(beats_s.size, SLOTS, BANDS)


def _half_levels(halves: FloatVector, mel_power: Packed) -> FloatArray:
    """Compressed mean level of each band in each half of a beat, shape (2 b, 40)."""
    last = len(mel_power) - 1
    frames = np.clip(np.rint(halves * ShortWindow.RATE_HZ).astype(np.int64), 0, last)
    power = np.empty((frames.size - 1, MEL_BANDS), dtype=np.float32)
    library = kernels()
    ones = np.ones(int(np.diff(frames).max(initial=1)), dtype=np.float32)
    # As products: numpy's sums along the long axis are several times slower.
    for begin in range(0, len(power), _HALVES_AT_ONCE):
        edges = frames[begin : begin + _HALVES_AT_ONCE + 1]
        rows = mel_power[edges[0] : edges[-1] + 1]
        edges = edges - edges[0]
        if library is not None:
            call(library.map4_means, rows, edges, edges.size - 1, MEL_BANDS, power[begin:])
            continue
        for half, (first, after) in enumerate(pairwise(edges.tolist()), begin):
            count = max(after - first, 1)
            np.matmul(ones[:count], rows[first:][:count], out=power[half])
            power[half] /= count
    return np.log1p(power * np.float32(COMPRESSION / max(mel_power.mean, 1e-20)))


def _half_means(halves: FloatVector, chroma: FloatArray) -> FloatArray:
    """Mean of each column in each half of a beat, shape (2 b, 24)."""
    total = np.concatenate([np.zeros((1, chroma.shape[1])), np.cumsum(chroma, axis=0, dtype=np.float64)])
    place = np.clip(halves * PITCH_RATE_HZ + 0.5, 0.0, total.shape[0] - 1.0)
    below = np.minimum(place.astype(np.int64), total.shape[0] - 2)
    at = total[below] + (place - below)[:, None] * (total[below + 1] - total[below])
    span = np.maximum(np.diff(place), 0.1)[:, None]
    return (np.diff(at, axis=0) / span).astype(np.float32)


@cache
def _fold() -> FloatArray:
    """Matrix (72, 24) from the semitones to the pitch classes of the bass and of the treble."""
    matrix = np.zeros((SEMITONES, 24), dtype=np.float32)
    semitone = np.arange(TREBLE_TO)
    matrix[semitone, (semitone + LOWEST_MIDI) % 12 + 12 * (semitone >= TREBLE_FROM)] = 1.0
    return matrix


def _beats_of(chroma: FloatArray) -> FloatArray:
    return chroma[::2] + chroma[1::2]


def means_around(rows: FloatArray, span: int) -> tuple[FloatVector, FloatVector]:
    """Means of the `span` rows before each row, and of the `span` rows from it on."""
    total = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0, dtype=np.float64)])
    n = rows.shape[0]
    here = np.arange(n)
    low, high = np.maximum(here - span, 0), np.minimum(here + span, n)
    before = (total[here] - total[low]) / np.maximum(here - low, 1)[:, None]
    after = (total[high] - total[here]) / (high - here)[:, None]
    return before, after


def _cosine(first: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> FloatVector:
    product, one_power, other_power = (
        np.einsum("bk,bk->b", a, b) for a, b in ((first, other), (first, first), (other, other))
    )
    lengths = np.sqrt(one_power * other_power)
    return product / (lengths + 0.02 * float(lengths.mean()) + 1e-9)


def _change(chroma: FloatArray, span: int) -> FloatVector:
    """1 - cosine between the beats before and the beats from here on."""
    before, after = means_around(chroma, span)
    change = 1.0 - _cosine(before, after)
    change[0] = change[1:].mean() if change.size > 1 else 0.0
    return change


def _distance(sound: FloatArray, span: int) -> FloatVector:
    """Mean distance between the levels before and from here on."""
    before, after = means_around(sound, span)
    distance: FloatVector = np.abs(after - before).mean(axis=1)
    distance[0] = distance[1:].mean() if distance.size > 1 else 0.0
    return distance


def _unit(rows: FloatArray) -> FloatArray:
    length = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    return rows / (length + 0.1 * length.mean() + 1e-9)


def _returns(rows: FloatArray) -> FloatVector:
    """Similarity of the rows around each row with the rows each of `LAGS` earlier, -1 to 1, shape (b, 10)."""
    n = rows.shape[0]
    alike, both = np.zeros((n, len(LAGS))), np.zeros((n, len(LAGS)))
    power = np.einsum("bk,bk->b", rows, rows)
    for column, lag in enumerate(LAGS):
        if n > lag:
            alike[lag:, column] = np.einsum("bk,bk->b", rows[lag:], rows[:-lag])
            both[lag:, column] = 0.5 * (power[lag:] + power[:-lag])
    return _smoothed(alike) / (_smoothed(both) + 0.05 * float(power.mean()) + 1e-9)


def _smoothed(values: FloatVector) -> FloatVector:
    """Mean over `LAG_REACH` rows on either side."""
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    here = np.arange(values.shape[0])
    low, high = np.maximum(here - LAG_REACH, 0), np.minimum(here + LAG_REACH + 1, values.shape[0])
    return (total[high] - total[low]) / (high - low)[:, None]


def _scaled(values: npt.NDArray[np.floating], floor: float, *, by_band: bool = False) -> FloatArray:
    """Scaled to mean 0 and standard deviation 1 over the track; by band over all parts of a beat."""
    axis = tuple(range(values.ndim - 1)) if by_band else 0
    scaled = (values - values.mean(axis=axis)) / (values.std(axis=axis) + floor)
    return scaled.reshape(values.shape[0], -1).astype(np.float32)
