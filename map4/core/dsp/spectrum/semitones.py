"""From the pitch filterbank to notes of equal temperament, and from notes to pitch classes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from map4.core.dsp.spectrum.filters import BINS_PER_SEMITONE, PITCH_BINS, FloatArray
from map4.core.dsp.spectrum.packed import Packed

SEMITONES = PITCH_BINS // BINS_PER_SEMITONE
LOWEST_MIDI = 28
"""The lowest semitone, an E."""
CHROMA_SEMITONES = 68
"""MIDI 28 to 95; above are overtones."""
SIDE_BIN_WEIGHT = 0.5
"""Weight of the side thirds of a semitone; its middle third has weight 1."""
QUIET_SHARE = 0.01
"""Frames below this share of the strongest frame are ignored."""
SURROUNDING_SEMITONES = 9
"""A note is prominent relative to the mean of this many surrounding semitones."""
_TINY = np.float32(np.finfo(np.float32).tiny)


# Without slots, because the loud frames are a cached property.
@dataclass(frozen=True, kw_only=True, eq=False)
class Notes:
    """The notes in each frame of a track; computed once for all uses.

    semitones: shape (n, 72), magnitudes, MIDI 28 to 99
    peaks: shape (n, 72), from `prominent`
    total: shape (n,), sum of a frame's pitches
    """

    semitones: FloatArray
    peaks: FloatArray
    total: FloatArray

    @classmethod
    def of(cls, pitch: Packed, tuning_semitones: float) -> Notes:
        """The notes of a pitch spectrogram, as for `all_semitones`."""
        semitones = all_semitones(pitch, tuning_semitones)
        return cls(semitones=semitones, peaks=prominent(semitones), total=pitch.sums)

    @cached_property
    def loud(self) -> Notes:
        """The notes of the frames that are not quiet."""
        loud = loud_frames(self.total)
        if loud.all():
            return self
        return Notes(semitones=self.semitones[loud], peaks=self.peaks[loud], total=self.total[loud])

    def peaks_only(self) -> Notes:
        """The notes without the magnitudes, which bars and phrases don't use."""
        return Notes(semitones=self.semitones[:0].copy(), peaks=self.peaks, total=self.total)


def all_semitones(pitch: Packed, tuning_semitones: float) -> FloatArray:
    """Magnitude of each semitone in each frame, shape (n, 72), MIDI 28 to 99.

    pitch: shape (n, 216), thirds of semitones as in `Spectra`
    tuning_semitones: tuning of the notes relative to A = 440 Hz, -0.5 to 0.5
    """
    return pitch.times(_semitone_matrix(tuning_semitones))


def loud_frames(total: FloatArray) -> npt.NDArray[np.bool_]:
    """Which frames are not quiet relative to the loudest, by the sum of their pitches; none in silence."""
    peak = float(total.max(initial=0.0))
    return (total >= QUIET_SHARE * peak) & (total > 0.0)


def prominent(semitones: FloatArray) -> FloatArray:
    """How much the root of each semitone's magnitude exceeds the mean of its surroundings, at least 0.

    Removes broad spectra, such as those of drums.

    semitones: shape (n, 72), non-negative
    returns: shape (n, 72), in units of the root of the magnitude.
    """
    root = np.sqrt(semitones)
    peaks: FloatArray = root @ _less_surroundings()
    return np.maximum(peaks, 0.0, out=peaks)


@cache
def fold_matrix() -> FloatArray:
    """Matrix (72, 12) from the semitones of MIDI 28-95 to pitch classes, C first."""
    matrix = np.zeros((SEMITONES, 12), dtype=np.float32)
    semitone = np.arange(CHROMA_SEMITONES)
    matrix[semitone, (semitone + LOWEST_MIDI) % 12] = 1.0
    return matrix


def scaled_to_peak(chroma: FloatArray) -> FloatArray:
    """Each row scaled to a maximum of 1; rows of zeros are unchanged."""
    return np.divide(chroma, np.maximum(chroma.max(axis=1, keepdims=True), _TINY), dtype=np.float32)


def scaled_to_length(chroma: FloatArray) -> FloatArray:
    """Each row scaled to the Euclidean length 1; rows of zeros are unchanged."""
    length = np.sqrt(np.einsum("nc,nc->n", chroma, chroma))
    return chroma / np.maximum(length, _TINY)[:, None]


@lru_cache(maxsize=1)
def _semitone_matrix(tuning_semitones: float) -> FloatArray:
    """Matrix (216, 72) that tunes the notes to A = 440 Hz and sums the thirds of each semitone."""
    matrix = np.zeros((PITCH_BINS, SEMITONES), dtype=np.float32)
    for semitone in range(SEMITONES):
        for third, weight in ((-1, SIDE_BIN_WEIGHT), (0, 1.0), (1, SIDE_BIN_WEIGHT)):
            place = BINS_PER_SEMITONE * (semitone + tuning_semitones) + third
            below = math.floor(place)
            for index, share in ((below, 1.0 - (place - below)), (below + 1, place - below)):
                if 0 <= index < PITCH_BINS:
                    matrix[index, semitone] += weight * share
    return matrix


@cache
def _less_surroundings() -> FloatArray:
    """Matrix (72, 72) that subtracts the running mean over nine semitones."""
    distance = np.abs(np.subtract.outer(np.arange(SEMITONES), np.arange(SEMITONES)))
    return ((distance == 0) - (distance <= SURROUNDING_SEMITONES // 2) / SURROUNDING_SEMITONES).astype(np.float32)
