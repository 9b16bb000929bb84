"""Half or double tempo: decide by the rate of kicks and bass notes in a whole track."""

from __future__ import annotations

import math

import numpy as np

from map4.dsp.rhythm.onsets import OnsetEnvelopes, onset_rate_hz
from map4.dsp.rhythm.tempo import TempoDistribution

LOW_BANDS = 2
"""Kick and bass, the first rows of the envelopes."""
LEAST_SECONDS = 60.0
"""Minimum length: a whole track. An excerpt may be the one part with a busy bass: of 105, four would be wrong."""
SLOW_BELOW_BPM, FAST_FROM_BPM = 98.0, 122.0
"""Tempi below the first and their doubles are confused. Between the two, the rate of low onsets is the same at either
octave (pop at 110, hardcore at 220), and the rate can't decide."""
BUSY_HZ = 3.3
"""Low onsets per second that support the faster tempo. Below 98 BPM, kick and bass of slow songs seldom play more than
eighths, two to three per second; those of tracks at 130 to 190 BPM have four to six. Fewer are no evidence: a kick on
every beat of a fast track without bass is also two per second."""
GAIN_PER_HZ = 5.0
MOST_LOG_ODDS = 2.5
"""Weight against the scorers, whose log odds are wrong by up to 2.4 on fast tracks."""


LEAST_NOTES = 0.03
"""Minimum tuning strength: solo drummers have 0.02 at most, produced tracks with a bass 0.047 and more. Kicks and toms
of a solo drummer only show how busy he is: six of 75, at 80 to 96 BPM (samba, afrobeat, funk), would be doubled."""


def settle_octave(
    distribution: TempoDistribution, envelopes: OnsetEnvelopes, duration_s: float, tuning_strength: float
) -> TempoDistribution:
    """Reweight a tempo and its double, or its half, by the rate of low onsets.

    distribution: from the scorers
    envelopes: of the whole track
    tuning_strength: of the whole track, as in `Spectra`
    returns: The distribution in which both share their probability in a new ratio; unchanged for short tracks, for
        drums only, and for tempi without evidence from the rate.
    """
    slow_bpm = _slower(distribution.bpm)
    if slow_bpm is None or duration_s < LEAST_SECONDS or tuning_strength < LEAST_NOTES:
        return distribution
    busier_hz = low_onset_rate_hz(envelopes, duration_s) - BUSY_HZ
    log_odds = float(np.clip(GAIN_PER_HZ * busier_hz, 0.0, MOST_LOG_ODDS))
    return distribution.shared_anew(slow_bpm, 2.0 * slow_bpm, math.exp(log_odds))


def low_onset_rate_hz(envelopes: OnsetEnvelopes, duration_s: float) -> float:
    """Kicks and bass notes per second."""
    return onset_rate_hz(envelopes.bands[:LOW_BANDS].sum(axis=0), duration_s)


def _slower(bpm: float) -> float | None:
    """The slower of the two candidate tempi, or None."""
    if bpm < SLOW_BELOW_BPM:
        return bpm
    return 0.5 * bpm if FAST_FROM_BPM <= bpm < 2.0 * SLOW_BELOW_BPM else None
