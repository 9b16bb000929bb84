"""The low drums on the sixteenths of the bar, and the swing of the beat."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from map4.core.dsp.rhythm.beats import ONSET_BIAS_S
from map4.core.dsp.rhythm.onsets import OnsetEnvelopes
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.music.analysis.inside import Bars, DrumPattern

BEATS_A_BAR = 4
"""Other bars don't have sixteen sixteenths."""
LEAST_BARS = 4
KICK_BANDS = 2
"""The first bands of the envelopes, kick and bass."""
SLOT_REACH_FRAMES = 4
"""An onset raises the envelopes for 80 ms: a rise in the second half belongs to the previous slot."""
FOLD_STEPS = 96
"""Parts of a beat into which the onsets are folded."""
OFF_BEAT_FROM, OFF_BEAT_TO = 0.4, 0.8
"""Range within a beat, or an eighth, in which its off-beat is searched."""
SWUNG = 0.57
"""An off-beat from here on is swung; straight eighths are no evidence about the sixteenths between them."""
QUIET_PERCENTILE, LOUD_PERCENTILE = 20, 99
"""Lower values are constant sound; clipping at the upper percentile limits single loud onsets."""
LEAST_OFF_BEAT = 0.15
"""Relative to the strongest part: weaker peaks are not off-beats."""

_PEAK_PARTS = 3
_BEATS_AT_ONCE = 512  # so that a long mix takes little memory

FloatVector = npt.NDArray[np.float64]


def drum_pattern(envelopes: OnsetEnvelopes, beats_s: tuple[float, ...], bars: Bars | None) -> DrumPattern | None:
    """Fold the onsets into a mean bar.

    envelopes: of the whole track
    beats_s: ascending times in seconds
    bars: which of them open bars
    returns: DrumPattern; None if bars are unknown, don't have four beats, or are fewer than four.
    """
    if bars is None or bars.metre.beats_per_bar != BEATS_A_BAR:
        return None
    beats = np.asarray(beats_s)
    ones = np.searchsorted(beats, np.asarray(bars.downbeats_s) - 1e-6)
    whole = ones[:-1][np.diff(ones) == BEATS_A_BAR]
    if whole.size < LEAST_BARS:
        return None
    return DrumPattern(kick=_kick(envelopes, beats, whole), swing=_swing(envelopes, beats))


def _kick(envelopes: OnsetEnvelopes, beats_s: FloatVector, ones: npt.NDArray[np.int64]) -> str:
    """Strength of the low onsets on each sixteenth: the median of all bars, so that fills are ignored."""
    place = ones[:, None] + np.arange(DrumPattern.SLOTS) * (BEATS_A_BAR / DrumPattern.SLOTS)
    frames = _frames(np.interp(place, np.arange(beats_s.size), beats_s))
    low = envelopes.bands[:KICK_BANDS].sum(axis=0)
    begins = np.maximum(low - np.pad(low[:-SLOT_REACH_FRAMES], (SLOT_REACH_FRAMES, 0)), 0.0)
    around = np.clip(frames[..., None] + np.arange(-1, SLOT_REACH_FRAMES), 0, low.size - 1)
    strength = np.median(begins[around].max(axis=-1), axis=0)
    most = float(strength.max())
    digits = np.zeros(DrumPattern.SLOTS) if most <= 0.0 else np.rint(15.0 * strength / most)
    return "".join(f"{int(digit):x}" for digit in digits)


def _swing(envelopes: OnsetEnvelopes, beats_s: FloatVector) -> float | None:
    """Place of the off-beat within a beat, if it is swung, or else within an eighth; None if there is none."""
    sharp = np.minimum(envelopes.sharp, np.percentile(envelopes.sharp, LOUD_PERCENTILE))
    folded = np.zeros(FOLD_STEPS)
    for first in range(0, beats_s.size - 1, _BEATS_AT_ONCE):
        beats = beats_s[first : first + _BEATS_AT_ONCE + 1, None]
        frames = _frames(beats[:-1] + np.diff(beats, axis=0) * np.arange(FOLD_STEPS) / FOLD_STEPS)
        folded += sharp[np.clip(frames, 0, sharp.size - 1)].sum(axis=0)
    folded /= beats_s.size - 1
    folded -= np.percentile(folded, QUIET_PERCENTILE)
    of_beat = _off_beat(folded, float(folded.max()))
    if of_beat is not None and of_beat >= SWUNG:
        return of_beat
    eighths = folded.reshape(2, -1).mean(axis=0)
    of_eighth = _off_beat(eighths, float(folded.max()))
    return of_beat if of_eighth is None else of_eighth


def _off_beat(folded: FloatVector, most: float) -> float | None:
    """Middle of the largest peak between the beats, 0-1."""
    first, last = round(OFF_BEAT_FROM * folded.size), round(OFF_BEAT_TO * folded.size)
    peak = first + int(folded[first:last].argmax())
    around = np.arange(max(first, peak - _PEAK_PARTS), min(last, peak + _PEAK_PARTS + 1))
    if folded[peak] < LEAST_OFF_BEAT * most or peak in (first, last - 1):
        return None
    return round(float((around * folded[around]).sum() / folded[around].sum()) / folded.size, 3)


def _frames(times_s: FloatVector) -> npt.NDArray[np.int64]:
    return np.rint((times_s + ONSET_BIAS_S) * ShortWindow.RATE_HZ).astype(np.int64)
