"""Rhythm of a track: tempo, beats, grid, and the numbers that rhythmic descriptors are made of."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from map4.domain.analysis import Grid, Tempo, TempoCandidate
from map4.features.beats import fit_grid, interval_stability, track_beats
from map4.features.onsets import FULL_BAND, OnsetEnvelopes, onset_envelopes
from map4.features.signal import FRAME_RATE_HZ, FloatArray, Spectra
from map4.features.tempo import (
    ALTERNATIVE_RATIOS,
    FASTEST_BPM,
    TempoDistribution,
    TempoScorer,
    distribute,
    fine_tempo,
    score_candidates,
)
from map4.features.tempogram import Tempogram, compute_tempogram, grid_bpm

LEAST_SECONDS = 3.0
"""Shorter signals hold too few beats to tell a tempo."""
LEAST_BEATS = 4
LEAST_ONSET = 0.15
"""98th percentile of the sharp envelope. Drones whose partials beat stay below 0.10, music begins at 0.22."""
CLARITY_LOWEST_BPM = 28.0
"""Clarity looks back 2.1 s: where kick and snare alternate, only two beats repeat, and at 60 BPM those are 2 s."""
LEAST_CLARITY = 0.18
CLARITY_SECONDS = 1.3
"""Short signals repeat themselves by chance: pulse clarity must reach this / sqrt(duration). At 30 s that is 0.24;
syllables reach 0.20, noise 0.07, and music whose tempo comes out right starts at 0.24."""
HELD_NOTES = 0.05
"""Tuning strength from which notes are held, which neither speech (0.04) nor noise (0.01) does: that is music, and its
tempo may be a guess with a low confidence."""
LEAST_CLARITY_WITH_NOTES = 0.06
SCORE_TEMPERATURE = 1.0
"""At 1 the probabilities are honest: of labelled tracks at 0.9 and above 98 % are right, at 0.7 and above 91 %."""

ONSET_REACH_FRAMES = 5
"""An onset is the largest value within this distance (50 ms) ..."""
ONSET_MARGIN = 0.25
"""... and stands this far above the mean of the second around it; white noise stays below."""
MEAN_REACH_FRAMES = round(FRAME_RATE_HZ / 2)

LEAST_ALTERNATIVE = 0.01
"""Probability below which a ratio other than half and double is not worth telling."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rhythm:
    """What the onsets say.

    Parameters
    ----------
    tempo, grid : None where nothing repeats (silence, noise, drones, speech, a few seconds)
    beats_s : beat times in seconds, ascending, empty without a tempo
    onset_rate_hz : onsets a second
    flux : mean rise of the compressed mel spectrum over 20 ms, >= 0; does not depend on the level
    pulse_clarity : largest autocorrelation of the onsets at a beat's distance over the median one, 0-1
    envelopes : the onset envelopes at `FRAME_RATE_HZ`
    tempogram : None for silence
    """

    tempo: Tempo | None
    beats_s: tuple[float, ...]
    grid: Grid | None
    onset_rate_hz: float
    flux: float
    pulse_clarity: float
    envelopes: OnsetEnvelopes
    tempogram: Tempogram | None


def estimate_rhythm(spectra: Spectra, *, scorer: TempoScorer = score_candidates) -> Rhythm:
    """Estimate tempo, beats and grid.

    Parameters
    ----------
    spectra : of a signal of any length
    scorer : rates the candidate tempi of a tempogram

    Returns
    -------
    Rhythm; its tempo, beats and grid are None and empty for silence, noise, held sounds, speech and less than 3 s.
    """
    envelopes = onset_envelopes(spectra.mel_power)
    tempogram = compute_tempogram(envelopes)
    clarity = 0.0 if tempogram is None else _pulse_clarity(tempogram)
    tempo, beats, grid = None, np.zeros(0), None
    if tempogram is not None and _has_pulse(spectra, envelopes.sharp, clarity):
        distribution = distribute(scorer(tempogram), temperature=SCORE_TEMPERATURE)
        bpm = fine_tempo(envelopes.sharp, distribution.bpm)
        beats = track_beats(envelopes.sharp, bpm)
        beats = beats[beats < spectra.duration_s]
        if beats.size >= LEAST_BEATS:
            grid = fit_grid(beats, bpm)
            # The line through all beats is ten times as exact as the Fourier sum (median error 0.002 BPM); without
            # a steady beat the Fourier sum means nothing either.
            tempo = _tempo(distribution, distribution.bpm if grid is None else grid.bpm, interval_stability(beats))
    return Rhythm(
        tempo=tempo,
        beats_s=() if tempo is None else tuple(beats.tolist()),
        grid=grid,
        onset_rate_hz=_count_onsets(envelopes.sharp) / max(spectra.duration_s, 1.0 / FRAME_RATE_HZ),
        flux=float(envelopes.sharp.mean(dtype=np.float64)),
        pulse_clarity=clarity,
        envelopes=envelopes,
        tempogram=tempogram,
    )


def _pulse_clarity(tempogram: Tempogram) -> float:
    """Peak of the full-band autocorrelation over its median, clipped to 0-1."""
    row = tempogram.autocorrelation[FULL_BAND, (grid_bpm() >= CLARITY_LOWEST_BPM) & (grid_bpm() <= FASTEST_BPM)]
    return float(np.clip(row.max() - np.median(row), 0.0, 1.0))


def _has_pulse(spectra: Spectra, sharp: FloatArray, clarity: float) -> bool:
    if spectra.duration_s < LEAST_SECONDS or float(np.percentile(sharp, 98)) < LEAST_ONSET:
        return False
    if spectra.tuning_strength >= HELD_NOTES:
        return clarity >= LEAST_CLARITY_WITH_NOTES
    return clarity >= max(LEAST_CLARITY, CLARITY_SECONDS / math.sqrt(spectra.duration_s))


def _tempo(distribution: TempoDistribution, bpm: float, stability: float | None) -> Tempo:
    confidence = distribution.probability(distribution.bpm)
    alternatives = []
    for ratio in ALTERNATIVE_RATIOS:
        probability = distribution.probability(bpm * ratio)
        wanted = ratio in (0.5, 2.0) or probability >= LEAST_ALTERNATIVE
        if wanted and 30.0 <= bpm * ratio <= 300.0:
            # Bins of neighbouring ratios overlap, and no alternative may seem more probable than the choice.
            alternatives.append(TempoCandidate(bpm=bpm * ratio, confidence=min(probability, confidence)))
    alternatives.sort(key=lambda candidate: -candidate.confidence)
    return Tempo(bpm=bpm, confidence=confidence, alternatives=tuple(alternatives), stability=stability)


def _count_onsets(sharp: FloatArray) -> int:
    """Peaks of the sharp envelope."""
    n_frames = sharp.size
    padded = np.pad(sharp, ONSET_REACH_FRAMES, constant_values=-1.0)
    largest = padded[:n_frames].copy()
    for shift in range(1, 2 * ONSET_REACH_FRAMES + 1):
        np.maximum(largest, padded[shift : shift + n_frames], out=largest)
    total = np.concatenate([[0.0], np.cumsum(sharp, dtype=np.float64)])
    frame = np.arange(n_frames)
    low, high = np.maximum(frame - MEAN_REACH_FRAMES, 0), np.minimum(frame + MEAN_REACH_FRAMES + 1, n_frames)
    mean = (total[high] - total[low]) / (high - low)
    return int(np.count_nonzero((sharp >= largest) & (sharp > mean + ONSET_MARGIN)))
