"""Bars: the first beat of each, and the beats per bar, if known."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from map4.core.dsp.compiled import call, kernels
from map4.core.dsp.inside.bar_evidence import ONSETS, beat_evidence, first_sound_s, thirds_over_halves
from map4.core.dsp.inside.bar_scorer import FIRST_PLACE, METRES, OFF, BarWeights, place_scores, shipped_weights
from map4.core.dsp.inside.certainty import LEAST_SECONDS, Kind, bar_certainty, kind_of, log_odds, probability
from map4.core.dsp.rhythm.rhythm import Rhythm, half_a_beat_later
from map4.core.dsp.spectrum.semitones import Notes
from map4.core.dsp.spectrum.spectral_pass import FloatArray, Spectra
from map4.core.music.analysis.analysis import Grid
from map4.core.music.analysis.inside import Bars, Metre

FloatVector = npt.NDArray[np.float64]

LEAST_BEATS = 8
"""Two bars; with fewer beats nothing can repeat."""
LEAST_CONFIDENCE = 0.25
"""Bars with less confidence are not reported: a guess among four is right once in four."""

SUSPECT = 0.005
"""Mean probability of halfway between two beats from which beats half a beat later are tried too."""

LATER_COST = 1.0
"""Minimum gain in log odds of bars half a beat later: moving right beats does more harm than keeping wrong ones."""

MOST_ODDS = 8.0
"""Maximum log odds."""

IN_TWO, IN_TWO_BY_THIRDS = 3.0, 3.0
"""Log odds of two beats per bar against four if beats have as many thirds as halves, and the gain per unit of
`thirds_over_halves`: music counted in dotted quarters is more often in six-eight time than in twelve-eight."""

RARE_COST = 1.5
"""Log odds that machine-made tracks need for two or three beats per bar: nearly all have four. Two need none if beats
have more thirds than halves. Six of 349 tracks get the right bars, none loses them; 24 songs in 3/4 and 6/8 stay."""

IRREGULAR_COST = 230.0
"""Log odds required for a bar of another length. The evidence of neighbouring beats is nearly the same: in unchanged
bars, dozens in a row may seem to begin elsewhere. Tracks shortened by up to three beats reach it in .80 of 357 cases,
unchanged tracks in 15 of 372."""

ONE_REACH = 0.14
"""Maximum distance in beats from a first beat for the first sound to begin a bar."""
FIRST_SOUND, SURE_FIRST_SOUND = 1.25, 2.5
"""Log odds for bars that the first sound opens: the values that make whole tracks likeliest, for productions, dance
tracks and songs alike; the second for recordings of drums only, and for whole tracks that sound from their very start.
In the Harmonix Set's labels, .945 of 362 songs with a beat in their first .1 s begin a bar with it, log odds of 3.9
against each other beat. In the clips that trained the scorer it would be 2.5."""

START_S = 0.1
"""Sound from before this time on counts as from the very start: MP3 may put 50 ms before the music."""

FILLS = 0.5
"""Weight in log odds of how much more the last beats of bars change than the second beats, relative to the mean change
of a beat. With three times as much, the first beat is right in .90 instead of .86 of 363 pieces of drummers with the
right beats, but other music gets worse."""
FILL_FLOOR = 0.02
"""Minimum standard deviation of the onsets between bars, since those of machines may be identical."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counted:
    """A track counted on one set of beats.

    beats_s: shape (b,), b >= 1
    scores: shape (b, 28), from `place_scores`
    onsets: shape (b, 20), onsets within each beat: the first numbers of `beat_evidence`
    in_two: >= 0, added to the log odds of two beats per bar against four
    rare_cost: log odds that two or three beats per bar need
    """

    beats_s: FloatVector
    scores: FloatArray
    onsets: FloatArray
    in_two: float = 0.0
    rare_cost: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BarLayout:
    """A possible layout of the bars.

    is_later: whether its beats are half a beat after the tracked beats
    first: indices of the beats that begin a bar
    beats_per_bar: of the most likely metre of these beats
    metre_odds: log odds of this metre, uncalibrated
    begins: log odds, by the scores, that the first beats begin bars
    opens: log odds from the first sound, if it begins a bar, else 0
    fills: how much more the last beats of bars change from bar to bar than the second beats, relative to the mean
        change
    """

    is_later: bool
    first: npt.NDArray[np.int64]
    beats_per_bar: int
    metre_odds: float
    begins: float
    opens: float
    fills: float

    def odds(self, weights: BarWeights) -> float:
        """Log odds against other layouts, uncalibrated."""
        odds = float(weights.choice) * self.begins + self.opens
        return odds + FILLS * self.fills - LATER_COST * self.is_later


def find_bars(
    spectra: Spectra, notes: Notes, rhythm: Rhythm, counted: Counted | None = None
) -> tuple[Rhythm, Bars | None]:
    """Find the bars, and move the beats by half a beat if they more likely are between the true beats.

    counted: on the beats of the rhythm, if that was done before
    returns: The rhythm, moved if needed, and its bars; None without beats, with fewer than `LEAST_BEATS`, and if the
        first beats would be little more than a guess.
    """
    weights = shipped_weights()
    counted = counted or counted_on(spectra, notes, rhythm)
    if counted is None:
        return rhythm, None
    rhythms, tried = [rhythm], [counted]
    if between(counted.scores, weights) >= SUSPECT:  # counting again takes as long as the first count
        rhythms.append(half_a_beat_later(rhythm, spectra.duration_s))
        later = counted_on(spectra, notes, rhythms[1])
        if later is not None:
            tried.append(later)
    sound_from_s, opens = opening(spectra, rhythm)
    course, phase_odds = most_likely(all_layouts(tried, sound_from_s, weights, opens), weights)
    counted, rhythm = tried[course.is_later], rhythms[course.is_later]
    size = math.log(len(counted.beats_s))
    confidence = _confidence(phase_odds, size, weights.phase)
    if confidence < LEAST_CONFIDENCE:
        return rhythm, None
    confidence = bar_certainty(confidence, spectra, rhythm)
    metre = Metre(beats_per_bar=course.beats_per_bar, confidence=_confidence(course.metre_odds, size, weights.metre))
    downbeats_s = tuple(counted.beats_s[course.first].tolist())
    return rhythm, Bars(downbeats_s=downbeats_s, confidence=confidence, metre=metre)


def counted_on(spectra: Spectra, notes: Notes, rhythm: Rhythm) -> Counted | None:
    """A track counted on its beats; None with fewer than `LEAST_BEATS`."""
    beats_s = np.array(rhythm.beats_s)
    if beats_s.size < LEAST_BEATS:
        return None
    evidence = beat_evidence(beats_s, spectra.mel_power, rhythm.envelopes.bands, notes.peaks)
    thirds = thirds_over_halves(beats_s, rhythm.envelopes.sharp)
    return Counted(
        beats_s=beats_s,
        scores=place_scores(evidence),
        onsets=evidence[:, :ONSETS],
        in_two=max(0.0, IN_TWO + IN_TWO_BY_THIRDS * thirds),
        rare_cost=RARE_COST if kind_of(spectra, rhythm) is Kind.MACHINE else 0.0,
    )


def opening(spectra: Spectra, rhythm: Rhythm) -> tuple[float | None, float]:
    """Start of the first sound in seconds, None if it is no evidence, and the log odds that it begins a bar."""
    sound_from_s = first_sound_s(spectra.mel_power)
    # Whole tracks start with a bar (lab/tried.md, version 21).
    if (sound_from_s or 0.0) < START_S and spectra.duration_s >= LEAST_SECONDS:
        return sound_from_s or 0.0, SURE_FIRST_SOUND
    return sound_from_s, SURE_FIRST_SOUND if kind_of(spectra, rhythm) is Kind.DRUMS else FIRST_SOUND


def most_likely(layouts: Sequence[BarLayout], weights: BarWeights) -> tuple[BarLayout, float]:
    """The best of at least one layout, and its log odds against the others, uncalibrated."""
    odds = np.array([course.odds(weights) for course in layouts])
    best = int(odds.argmax())
    likely = np.exp(odds - odds[best])
    return layouts[best], log_odds(float(1.0 / likely.sum()))


def all_layouts(
    tried: Sequence[Counted], sound_from_s: float | None, weights: BarWeights, opens: float = FIRST_SOUND
) -> list[BarLayout]:
    """The most likely layout for each set of beats, and the layouts that start on each other beat of a bar.

    tried: on the tracked beats, and half a beat later if that is tried
    sound_from_s, opens: from `opening`
    weights: provides `prior`
    """
    return [
        course for index, way in enumerate(tried) for course in _layouts(way, index > 0, sound_from_s, weights, opens)
    ]


def _layouts(
    way: Counted, is_later: bool, sound_from_s: float | None, weights: BarWeights, opens: float
) -> Iterator[BarLayout]:
    scores, likely = way.scores, _likely(way.scores, weights)
    votes = {metre: float(likely[:, _columns(metre)].sum(axis=1).mean()) for metre in METRES}
    # Rare in machine-made music, unless thirds are heard (lab/tried.md, version 23).
    costs = {2: way.rare_cost * (way.in_two <= IN_TWO), 3: way.rare_cost}
    metre = max(METRES, key=lambda each: votes[each] * math.exp(-costs.get(each, 0.0)))
    columns = _columns(metre)
    # In any metre: a beat that begins a bar of six begins a bar of three.
    local, begins = scores[:, columns], likely[:, list(FIRST_PLACE.values())].sum(axis=1)
    if metre == 4 and votes[2] * math.exp(way.in_two - costs[2]) > votes[4]:
        # Either half of a bar of four is a bar.
        metre, votes[2] = 2, votes[2] + votes[4]
        local = np.logaddexp(np.logaddexp(local[:, :2], local[:, 2:]), scores[:, _columns(2)])
        begins = begins + likely[:, columns.start + 2]
    places = _best_course(local.astype(np.float64))
    changes = _changes(way.onsets, metre)
    for place in range(metre):
        first = np.flatnonzero(places == place)
        if first.size:
            yield BarLayout(
                is_later=is_later,
                first=first,
                beats_per_bar=metre,
                metre_odds=log_odds(votes[metre]),
                begins=log_odds(float(begins[first].mean())),
                opens=opens * _opens(way.beats_s, first, metre, sound_from_s),
                fills=_fills(changes, first),
            )


def _opens(beats_s: FloatVector, first: npt.NDArray[np.int64], metre: int, sound_from_s: float | None) -> bool:
    """Whether the first sound begins a bar."""
    if sound_from_s is None or beats_s.size < 2:
        return False
    away_s = sound_from_s - beats_s[first]
    away = float(away_s[np.abs(away_s).argmin()] / np.median(np.diff(beats_s)))
    return abs(away - metre * round(away / metre)) < ONE_REACH


def _changes(onsets: FloatArray, metre: int) -> FloatVector:
    """How much each beat differs from the same beat a bar before and after; mean 1, 0 if nothing changes."""
    count = onsets.shape[0]
    least = np.full(count, np.inf)
    if count > metre:
        away = np.abs(onsets[metre:] - onsets[:-metre]).mean(axis=1)
        least[metre:] = away
        least[:-metre] = np.minimum(least[:-metre], away)
    known = np.isfinite(least)
    least[~known] = least[known].mean() if known.any() else 0.0
    return least / (least.mean() + FILL_FLOOR)


def _fills(changes: FloatVector, first: npt.NDArray[np.int64]) -> float:
    """How much more the last beats of bars change than the second beats: fills are in the last beats."""
    last, second = first[first > 0] - 1, first[first < changes.size - 1] + 1
    return float(changes[last].mean() - changes[second].mean()) if last.size and second.size else 0.0


def between(scores: FloatArray, weights: BarWeights) -> float:
    """Mean probability that the beats are halfway between the true beats, from `place_scores`."""
    return float(_likely(scores, weights)[:, OFF].mean())


def _likely(scores: FloatArray, weights: BarWeights) -> FloatArray:
    """Probabilities weighted by the prior, which lowers rare metres."""
    prior = np.append(np.repeat(weights.prior[: len(METRES)], METRES), weights.prior[len(METRES)])
    likely: FloatArray = np.exp(scores + prior)
    likely /= likely.sum(axis=1, keepdims=True)
    return likely


def _columns(metre: int) -> slice:
    return slice(FIRST_PLACE[metre], FIRST_PLACE[metre] + metre)


def _best_course(local: FloatVector) -> npt.NDArray[np.int64]:
    """Most likely places (Viterbi), shape (b,).

    local: log probability of each place, shape (b, metre)
    """
    beats, metre = np.arange(len(local)), local.shape[1]
    # By the place at which counting through would begin, which only irregular bars change.
    counts = (beats[:, None] + np.arange(metre)) % metre
    by_count = np.take_along_axis(local, counts, axis=1)
    library = kernels()
    if library is not None:
        scored, course = np.empty_like(by_count), np.empty_like(beats)
        call(library.map4_course, by_count, len(local), metre, float(IRREGULAR_COST), scored, course)
        return (beats + course) % metre
    rows = by_count.tolist()
    scores = [rows[0]]
    for row in rows[1:]:
        least = max(scores[-1]) - IRREGULAR_COST
        scores.append([max(score, least) + gain for score, gain in zip(scores[-1], row, strict=True)])
    begins = [scores[-1].index(max(scores[-1]))]
    for before in scores[-2::-1]:
        best = max(before)
        begins.append(begins[-1] if before[begins[-1]] >= best - IRREGULAR_COST else before.index(best))
    return (beats + begins[::-1]) % metre


def _confidence(odds: float, size: float, weights: FloatArray) -> float:
    """Calibrated probability."""
    held = max(-MOST_ODDS, min(MOST_ODDS, odds))
    value = float(weights[0]) + float(weights[1]) * held + float(weights[2]) * size
    return probability(value)


LEAST_SHARE = 0.95
"""Minimum share of bars that begin on the same beat of the grid, counted through; a track that cuts a beat has no such
grid."""


def on_grid(bars: Bars | None, grid: Grid | None) -> Bars | None:
    """The bars, with the beat of the bar on which the grid most likely begins.

    bars, grid: of the same track; None if there is none
    """
    if grid is None or bars is None:
        return bars
    metre = bars.metre.beats_per_bar
    number = np.rint((np.asarray(bars.downbeats_s) - grid.first_beat_s) * grid.bpm / 60.0).astype(np.int64)
    count = np.bincount(number % metre, minlength=metre)
    downbeat = int(count.argmax())
    if number.size == 0 or count[downbeat] < LEAST_SHARE * number.size:
        return bars
    return replace(bars, grid_beat=(-downbeat) % metre + 1)


def barred(grid: Grid | None, bars: Bars | None) -> Grid | None:
    """The grid with metre and the place of its first beat in the bar, if both are certain.

    grid, bars: of the same track; None if there is none
    returns: The unchanged grid if the bars are less certain than `Bars.SURE`, or don't follow it.
    """
    if grid is None or bars is None or bars.sure < Bars.SURE:
        return grid
    placed = on_grid(bars, grid)
    if placed is None or placed.grid_beat is None:
        return grid
    return replace(grid, metre=placed.metre.beats_per_bar, downbeat=placed.grid_beat)
