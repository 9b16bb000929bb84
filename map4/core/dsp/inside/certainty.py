"""Final certainty of tempo and bars: the scorers' values, corrected for each kind of music.

A few numbers, fitted to tracks with known tempo and bars: productions, songs, drummers and dance tracks
(`lab/tried.md`). No scorer was trained on these fits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum, auto

import numpy as np

from map4.core.dsp.rhythm.beats import chance_at
from map4.core.dsp.rhythm.onsets import OnsetEnvelopes
from map4.core.dsp.rhythm.rhythm import Rhythm, halfway
from map4.core.dsp.rhythm.tempo import distribute
from map4.core.dsp.rhythm.tempo_scorer import score_candidates
from map4.core.dsp.rhythm.tempogram import section_tempograms
from map4.core.dsp.spectrum.spectral_pass import Spectra
from map4.core.music.analysis.analysis import Tempo

MOST_TEMPO_ODDS = 6.0
"""Maximum log odds of a tempo from the scorers."""
FLOOR = 0.02
"""Minimum probability of a beat in the network."""
MOST_HALVED = 0.2
SLOW_BELOW_BPM, FAST_FROM_BPM = 98.0, 122.0
"""Borders in the fit for tracks without a grid."""
LEAST_SECONDS = 60.0
"""Minimum length of a whole track: an excerpt may be the one part with a busy bass."""
LEAST_NOTES = 0.03
"""Minimum tuning strength: solo drummers have 0.02 at most, produced tracks with a bass 0.047 and more."""


class Kind(Enum):
    """Drums only; an excerpt; a whole track made by a machine, which keeps to a grid; another whole track."""

    DRUMS = auto()
    EXCERPT = auto()
    MACHINE = auto()
    PLAYED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoFit:
    """Terms of the log odds of a tempo.

    shift: constant
    odds: factor of the log odds from the scorers
    halved: factor of the mean probability of half the tempo in sections of the track, from 98 to 122 BPM. Ballads at
        double the tempo have it in some parts only.
    fast: from 122 BPM on
    """

    shift: float
    odds: float
    halved: float
    fast: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BarFit:
    """Terms of the log odds of bars: constant; factor of the odds from the weights; factor of how much lower the
    activation is halfway between the beats."""

    shift: float
    odds: float
    contrast: float = 0.0


PLAYED_TEMPO = TempoFit(shift=0.94, odds=0.87, halved=-12.3, fast=-2.1)
"""Drums and excerpts are as certain as the scorers, and a machine's track as `tempo_choice` is."""
MOST_PLAYED = 0.7
"""Maximum certainty of a tempo without a grid: of 21 recordings .48 are right, of 66 rendered songs .80."""
FAST_BPM, MOST_DOUBTED = 185.0, 0.85
"""From this tempo on the maximum certainty with a grid: .93 of 40 game songs are right, two of four others."""
CLEAR_BEATS, CLEAR_SLOW_BEATS, SLOW_BPM = 0.8, 3.0, 110.0
"""Least `beat_contrast` of a tempo that is at most half of `MAX_BPM`, and of one below `SLOW_BPM`, to be certain: else
it may be half the true one. By maker, .98 of 100 sure game songs are right (without, .94 of 124), and 34 of 34 other
pieces (35 of 36)."""
BAR_FITS = {
    Kind.DRUMS: BarFit(shift=-1.0, odds=1.1),
    Kind.EXCERPT: BarFit(shift=-0.2, odds=0.75, contrast=0.5),
    Kind.MACHINE: BarFit(shift=1.0, odds=1.3, contrast=0.5),
    Kind.PLAYED: BarFit(shift=0.4, odds=0.75),
}


def kind_of(spectra: Spectra, rhythm: Rhythm) -> Kind:
    if spectra.tuning_strength < LEAST_NOTES:
        return Kind.DRUMS
    if spectra.duration_s < LEAST_SECONDS:
        return Kind.EXCERPT
    return Kind.PLAYED if rhythm.grid is None else Kind.MACHINE


def with_tempo_certainty(spectra: Spectra, rhythm: Rhythm) -> Rhythm:
    """The rhythm of a whole track without a grid, with the confidence of its tempo calibrated."""
    tempo, fit = rhythm.tempo, PLAYED_TEMPO
    if tempo is None or rhythm.distribution is None or kind_of(spectra, rhythm) is not Kind.PLAYED:
        return rhythm
    bpm = rhythm.distribution.bpm
    value = fit.shift + fit.odds * max(-MOST_TEMPO_ODDS, min(MOST_TEMPO_ODDS, log_odds(tempo.confidence)))
    if SLOW_BELOW_BPM <= bpm < FAST_FROM_BPM:
        value += fit.halved * min(MOST_HALVED, _halved(rhythm.envelopes, bpm))
    value += fit.fast * (bpm >= FAST_FROM_BPM)
    return replace(rhythm, tempo=as_sure(tempo, min(MOST_PLAYED, probability(value))))


def most_certain(bpm: float, contrast: float) -> float:
    """Maximum certainty of a tempo with a grid, by the `beat_contrast` of its beats."""
    clear = CLEAR_SLOW_BEATS if bpm < SLOW_BPM else CLEAR_BEATS
    may_be_half = 2.0 * bpm <= Tempo.MAX_BPM and contrast < clear
    return MOST_DOUBTED if may_be_half or bpm >= FAST_BPM else 1.0


def bar_certainty(confidence: float, spectra: Spectra, rhythm: Rhythm) -> float:
    """Calibrated certainty of bars with a confidence from the weights, at most that of the tempo.

    At a wrong tempo, most bars are wrong: the result is the probability that both are right.
    """
    kind = kind_of(spectra, rhythm)
    fit = BAR_FITS[kind]
    value = fit.shift + fit.odds * log_odds(confidence)
    bars = probability(value + fit.contrast * beat_contrast(rhythm, spectra.duration_s))
    return bars if rhythm.tempo is None else bars * rhythm.tempo.confidence


def beat_contrast(rhythm: Rhythm, duration_s: float) -> float:
    """Log ratio of the network's activation at the beats to that halfway between them."""
    if rhythm.network is None:
        return 0.0
    beats_s = np.array(rhythm.beats_s)
    at, between = (
        max(FLOOR, chance_at(rhythm.network.activation, times)) for times in (beats_s, halfway(beats_s, duration_s))
    )
    return math.log(at / between)


def log_odds(probability: float) -> float:
    held = min(max(probability, 1e-9), 1.0 - 1e-9)
    return math.log(held / (1.0 - held))


def probability(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))


def _halved(envelopes: OnsetEnvelopes, bpm: float) -> float:
    """Mean probability of half a tempo in the sections of a track; 0 if no section is full."""
    probabilities = [
        distribute(score_candidates(section)).probability(0.5 * bpm)
        for section in section_tempograms(envelopes)
        if section is not None
    ]
    return float(np.mean(probabilities)) if probabilities else 0.0


def as_sure(tempo: Tempo, confidence: float) -> Tempo:
    """A tempo with another confidence; its alternatives share the rest, and none is more probable."""
    share = (1.0 - confidence) / max(1e-9, 1.0 - tempo.confidence)
    others = tuple(replace(other, confidence=min(confidence, share * other.confidence)) for other in tempo.alternatives)
    return replace(tempo, confidence=confidence, alternatives=others)
