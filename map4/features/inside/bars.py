"""Bars: which beat of each is the first, and how many beats they have, or that this is not known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from map4.domain.inside import Bars, Metre
from map4.features.inside.bar_evidence import beat_evidence, thirds_over_halves
from map4.features.inside.bar_scorer import FIRST_PLACE, METRES, OFF, BarWeights, place_scores, shipped_weights
from map4.features.rhythm.rhythm import Rhythm, half_a_beat_later
from map4.features.spectrum.semitones import Notes
from map4.features.spectrum.spectral_pass import FloatArray, Spectra

FloatVector = npt.NDArray[np.float64]

LEAST_BEATS = 8
"""Fewer are two bars: nothing returns."""
LEAST_CONFIDENCE = 0.25
"""Below, bars are not told: a guess among four is right once in four."""

SUSPECT = 0.03
"""Mean probability of lying between two beats from which it is tried what half a beat later gives."""
MOVED_ODDS = 4.5
"""By how much the log odds of lying between must fall for the beats to be moved."""

MOST_ODDS = 8.0
"""Log odds beyond which nothing gets surer."""

IN_TWO, IN_TWO_BY_THIRDS = 3.0, 3.0
"""Log odds of two beats a bar against four where beats have as many thirds as halves, and what each unit of
`thirds_over_halves` adds: what is counted in dotted quarters is in six-eight time more often than in twelve-eight."""

CUT_CHANCE = 1e-3
"""A bar ends early, and the next begins."""
MISSED_CHANCE = 5e-4
"""A beat is missing, or one too many was found."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decision:
    """The most likely course of the bars.

    Parameters
    ----------
    first : indexes of the beats that begin a bar
    beats_per_bar : of the most likely metre
    phase_odds, metre_odds : log odds, before any calibration, of these beats and of this metre
    """

    first: npt.NDArray[np.int64]
    beats_per_bar: int
    phase_odds: float
    metre_odds: float


def find_bars(spectra: Spectra, notes: Notes, rhythm: Rhythm) -> tuple[Rhythm, Bars | None]:
    """Find the bars, and move the beats by half of one where they surely lie between the true ones.

    Parameters
    ----------
    spectra, notes, rhythm : of the same track

    Returns
    -------
    The rhythm as it was or moved, and its bars; None without beats, with fewer than `LEAST_BEATS` and where the first
    beats would be little but a guess.
    """
    weights = shipped_weights()
    scores = _scores(spectra, notes, rhythm, weights)
    if scores is None:
        return rhythm, None
    if between(scores, weights) >= SUSPECT:
        moved = half_a_beat_later(rhythm, spectra.duration_s)
        others = _scores(spectra, notes, moved, weights)
        if others is not None and is_moved(scores, others, weights):
            rhythm, scores = moved, others
    return rhythm, _bars(rhythm, scores, weights)


def _scores(spectra: Spectra, notes: Notes, rhythm: Rhythm, weights: BarWeights) -> FloatArray | None:
    beats_s = np.array(rhythm.beats_s)
    if beats_s.size < LEAST_BEATS:
        return None
    return place_scores(beat_evidence(beats_s, spectra.mel_power, rhythm.envelopes.bands, notes.peaks), weights)


def _bars(rhythm: Rhythm, scores: FloatArray, weights: BarWeights) -> Bars | None:
    thirds = thirds_over_halves(np.array(rhythm.beats_s), rhythm.envelopes.sharp)
    decision = decide(scores, weights, in_two=max(0.0, IN_TWO + IN_TWO_BY_THIRDS * thirds))
    size = math.log(len(scores))
    confidence = _confidence(decision.phase_odds, size, weights.phase)
    if confidence < LEAST_CONFIDENCE:
        return None
    return Bars(
        downbeats_s=tuple(np.array(rhythm.beats_s)[decision.first].tolist()),
        confidence=confidence,
        metre=Metre(
            beats_per_bar=decision.beats_per_bar, confidence=_confidence(decision.metre_odds, size, weights.metre)
        ),
    )


def decide(scores: FloatArray, weights: BarWeights, *, in_two: float = 0.0) -> Decision:
    """Choose the metre and the course of the bars.

    Parameters
    ----------
    scores : shape (b, 28), b >= 1, from `place_scores`
    weights : whose `prior` and `trust` count
    in_two : >= 0, what is added to the log odds of two beats a bar against four
    """
    likely = _likely(scores, weights)
    votes = {metre: float(likely[:, _columns(metre)].sum(axis=1).mean()) for metre in METRES}
    metre = max(METRES, key=votes.__getitem__)
    columns = _columns(metre)
    local, begins = scores[:, columns], likely[:, list(FIRST_PLACE.values())].sum(axis=1)
    if metre == 4 and votes[2] * math.exp(in_two) > votes[4]:
        # Either half of what the scorer takes for a bar of four is a bar.
        metre, votes[2] = 2, votes[2] + votes[4]
        local = np.logaddexp(np.logaddexp(local[:, :2], local[:, 2:]), scores[:, _columns(2)])
        begins = begins + likely[:, columns.start + 2]
    places = _best_course(float(weights.trust) * local.astype(np.float64), metre)
    first = np.flatnonzero(places == 0)
    if not first.size:
        first = np.array([int(local[:, 0].argmax())])
    # In whatever metre: what begins a bar of six begins one of three.
    return Decision(
        first=first,
        beats_per_bar=metre,
        phase_odds=_odds(float(begins[first].mean())),
        metre_odds=_odds(votes[metre]),
    )


def between(scores: FloatArray, weights: BarWeights) -> float:
    """Mean probability that what was found lies between two beats, from `place_scores`."""
    return float(_likely(scores, weights)[:, OFF].mean())


def is_moved(scores: FloatArray, others: FloatArray, weights: BarWeights) -> bool:
    """Whether beats whose scores these are surely lie between those of the other scores."""
    return _odds(between(scores, weights)) - _odds(between(others, weights)) >= MOVED_ODDS


def _likely(scores: FloatArray, weights: BarWeights) -> FloatArray:
    """Probabilities, with what is rare in music given less."""
    prior = np.append(np.repeat(weights.prior[: len(METRES)], METRES), weights.prior[len(METRES)])
    likely: FloatArray = np.exp(scores + prior)
    likely /= likely.sum(axis=1, keepdims=True)
    return likely


def _columns(metre: int) -> slice:
    return slice(FIRST_PLACE[metre], FIRST_PLACE[metre] + metre)


@cache
def _moves(metre: int) -> FloatVector:
    """Chance of each place after each other, shape (metre, metre)."""
    moves = np.zeros((metre, metre))
    for place in range(metre):
        moves[place, 0] += CUT_CHANCE
        moves[place, place] += MISSED_CHANCE
        moves[place, (place + 2) % metre] += MISSED_CHANCE
        moves[place, (place + 1) % metre] += 1.0 - CUT_CHANCE - 2.0 * MISSED_CHANCE
    return moves


def _best_course(local: FloatVector, metre: int) -> npt.NDArray[np.int64]:
    """Most likely places (Viterbi), shape (b,)."""
    cost = np.log(np.maximum(_moves(metre), 1e-300))
    before = np.empty(local.shape, dtype=np.int64)
    onto = np.ascontiguousarray(cost.T)
    row = np.arange(metre)
    score = local[0]
    for beat in range(1, local.shape[0]):
        through = onto + score
        best = through.argmax(axis=1)
        before[beat] = best
        score = through[row, best] + local[beat]
    places = [int(score.argmax())]
    for best in before[:0:-1].tolist():
        places.append(best[places[-1]])
    return np.array(places[::-1], dtype=np.int64)


def _odds(probability: float) -> float:
    held = min(max(probability, 1e-9), 1.0 - 1e-9)
    return math.log(held / (1.0 - held))


def _confidence(odds: float, size: float, weights: FloatArray) -> float:
    """Calibrated probability."""
    held = max(-MOST_ODDS, min(MOST_ODDS, odds))
    value = float(weights[0]) + float(weights[1]) * held + float(weights[2]) * size
    return 1.0 / (1.0 + math.exp(-value))
