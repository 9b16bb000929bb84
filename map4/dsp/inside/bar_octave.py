"""Half or double tempo: decide by the more likely bars of a whole track."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from map4.dsp.inside.bar_evidence import first_sound_s
from map4.dsp.inside.bar_scorer import shipped_weights
from map4.dsp.inside.bars import counted_on, courses, most_likely
from map4.dsp.rhythm.octave import FAST_FROM_BPM, LEAST_NOTES, LEAST_SECONDS, SLOW_BELOW_BPM
from map4.dsp.rhythm.rhythm import Rhythm, told_anew
from map4.dsp.spectrum.semitones import Notes
from map4.dsp.spectrum.spectral_pass import Spectra

COUNTS = 1.5
"""Weight, relative to the scorers, of the log odds of the bars at the faster tempo minus those at the slower tempo."""
FASTER = 1.5
"""Log odds by which the scorers prefer too slow tempi for fast tracks: they know few above 196 BPM."""
MOST_LOG_ODDS = 2.5
"""Maximum total weight."""


def settle_by_bars(spectra: Spectra, notes: Notes, rhythm: Rhythm) -> Rhythm:
    """Compare the bars at a tempo and at its double or half, if the low onsets can't decide.

    returns: The rhythm at the more likely tempo; unchanged for other tempi, for short tracks, for drums only, and if
        there are no two sets of beats.
    """
    distribution = rhythm.distribution
    if distribution is None or rhythm.tempo is None or spectra.duration_s < LEAST_SECONDS:
        return rhythm
    slow_bpm = _slower(distribution.bpm)
    if slow_bpm is None or spectra.tuning_strength < LEAST_NOTES:
        return rhythm
    both_bpm = slow_bpm, 2.0 * slow_bpm
    slower, faster = (told_anew(rhythm, replace(distribution, bpm=bpm), spectra.duration_s) for bpm in both_bpm)
    by_slower, by_faster = _bar_odds(spectra, notes, slower), _bar_odds(spectra, notes, faster)
    if slower.beats_s == faster.beats_s or by_slower is None or by_faster is None:
        return rhythm
    log_odds = float(np.clip(COUNTS * (by_faster - by_slower) + FASTER, -MOST_LOG_ODDS, MOST_LOG_ODDS))
    shared = distribution.shared_anew(*both_bpm, math.exp(log_odds))
    # If both are uncertain, a third tempo may be more probable; bars are no evidence for it.
    settled = replace(shared, bpm=max(both_bpm, key=shared.probability))
    return told_anew(min((slower, faster), key=lambda way: _apart(way, settled.bpm)), settled, spectra.duration_s)


def _slower(bpm: float) -> float | None:
    """The slower of the two candidate tempi, or None."""
    if SLOW_BELOW_BPM <= bpm < FAST_FROM_BPM:
        return bpm
    return 0.5 * bpm if 2.0 * SLOW_BELOW_BPM <= bpm < 2.0 * FAST_FROM_BPM else None


def _apart(rhythm: Rhythm, bpm: float) -> float:
    """Octaves between two tempi."""
    return math.inf if rhythm.tempo is None else abs(math.log2(rhythm.tempo.bpm / bpm))


def _bar_odds(spectra: Spectra, notes: Notes, rhythm: Rhythm) -> float | None:
    """Log odds of the best bars on the beats of a rhythm; None without bars."""
    counted, weights = counted_on(spectra, notes, rhythm), shipped_weights()
    if counted is None:
        return None
    best, _ = most_likely(courses([counted], first_sound_s(spectra.mel_power), weights), weights)
    return best.odds(weights)
