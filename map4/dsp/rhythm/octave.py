"""Half or double: what the kicks and bass notes of a whole track say of the octave of its tempo."""

from __future__ import annotations

import math

import numpy as np

from map4.dsp.rhythm.onsets import OnsetEnvelopes, onset_rate_hz
from map4.dsp.rhythm.tempo import TempoDistribution

LOW_BANDS = 2
"""Kick and bass, the first rows of the envelopes."""
LEAST_SECONDS = 60.0
"""Whole tracks. An excerpt may be the one part in which the bass is busy: of 105, four would be lost."""
SLOW_BELOW_BPM, FAST_FROM_BPM = 98.0, 122.0
"""Tempi below the first, and their doubles, are what is confused. Between the two the rate of the low onsets is the
same at either octave (pop at 110, hardcore at 220), and a tempo there has no double or half that it could tell."""
BUSY_HZ = 3.3
"""Low onsets a second from which they speak for the faster tempo. Below 98 BPM, kick and bass of slow songs seldom play
more than eighths, two to three a second; those of tracks at 130 to 190 BPM have four to six. Fewer tell nothing: a kick
on every beat of a fast track, and no bass, is two a second too."""
GAIN_PER_HZ = 5.0
MOST_LOG_ODDS = 2.5
"""How much they weigh against the scorers, whose log odds are wrong by up to 2.4 on fast tracks."""


LEAST_NOTES = 0.03
"""Tuning strength: drummers alone have 0.02 at most, produced tracks with a bass 0.047 and more. Kicks and toms of a
drummer say how busy he is: of 75, six at 80 to 96 BPM (samba, afrobeat, funk) would be told at the double."""


def settle_octave(
    distribution: TempoDistribution, envelopes: OnsetEnvelopes, duration_s: float, tuning_strength: float
) -> TempoDistribution:
    """Weigh a tempo against its double, or its half, by how many low onsets a second there are.

    distribution: what the scorers say
    envelopes: of the whole track
    tuning_strength: of the whole track, as in `Spectra`
    returns: The distribution in which both divide their probability anew; the same one for short tracks, for drums
        alone, and for tempi of which the rate says nothing.
    """
    slow_bpm = _slower(distribution.bpm)
    if slow_bpm is None or duration_s < LEAST_SECONDS or tuning_strength < LEAST_NOTES:
        return distribution
    busier_hz = low_onset_rate_hz(envelopes, duration_s) - BUSY_HZ
    log_odds = float(np.clip(GAIN_PER_HZ * busier_hz, 0.0, MOST_LOG_ODDS))
    return distribution.shared_anew(slow_bpm, 2.0 * slow_bpm, math.exp(log_odds))


def low_onset_rate_hz(envelopes: OnsetEnvelopes, duration_s: float) -> float:
    """Kicks and bass notes a second."""
    return onset_rate_hz(envelopes.bands[:LOW_BANDS].sum(axis=0), duration_s)


def _slower(bpm: float) -> float | None:
    """The slower of the two tempi in question, or None."""
    if bpm < SLOW_BELOW_BPM:
        return bpm
    return 0.5 * bpm if FAST_FROM_BPM <= bpm < 2.0 * SLOW_BELOW_BPM else None
