"""Start and end of each track in a set, from the likelihood of each loudness over time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter

from map4.extras.unmix.finding.gains import GAINS_DB, Curve, LikelyGains

_Shape = Callable[[Curve], npt.NDArray[np.floating[Any]]]

_LENGTHS_S = (1.5, 3.0, 4.5, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.5, 21.0, 24.0, 27.0, 30.0, 34.0, 39.0, 45.0)
_CUT = 0.25  # probability of a cut; the rest is shared equally by all curves and lengths of fades
_SILENT = 1e-4  # power below which a fade is as good as silent: 40 dB below full


@dataclass(frozen=True, slots=True, eq=False)
class Fade:
    """One way to come in.

    gains_db: at the middle of each overlapping window, half a step apart, starting 1.5 steps before the fade
    lasts_s: length of the fade
    audible_s: delay until it is audible
    chance: log probability
    """

    gains_db: Curve
    lasts_s: float
    audible_s: float
    chance: float


@cache
def fades(step_s: float) -> tuple[Fade, ...]:
    """All ways to come in, for windows `step_s` apart."""
    shapes = [_fade(lambda share: (share > 0.0) * 1.0, 0.0, 0.0, step_s, _CUT)]
    chance = (1.0 - _CUT) / len(_SHAPES) / len(_LENGTHS_S)
    shapes += [_fade(shape, length_s, audible, step_s, chance) for shape, audible in _SHAPES for length_s in _LENGTHS_S]
    return tuple(shapes)


def _fade(shape: _Shape, length_s: float, audible: float, step_s: float, chance: float) -> Fade:
    half_s = step_s / 2.0
    middles = half_s * np.arange(-3, int(np.ceil(length_s / half_s)) + 4)
    # A window is two steps long. Sets are compared in dB: where a level falls, its mean power is too high for that.
    parts = middles[:, None] + step_s * np.arange(-0.875, 1.0, 0.25)
    powers = np.maximum(np.square(shape(np.clip(parts / max(length_s, 1e-3), 0.0, 1.0))), _SILENT)
    gains_db = 5.0 * (np.log10(powers.mean(axis=1)) + np.log10(powers).mean(axis=1))
    return Fade(gains_db, length_s, audible * length_s, float(np.log(chance)))


def _logarithmic(share: Curve) -> Curve:
    curve: Curve = np.where(share > 0.0, np.clip(1.0 + 0.2 * np.log10(np.maximum(share, 1e-5)), 0.0, 1.0), 0.0)
    return curve


def _exponential(share: Curve) -> Curve:
    curve: Curve = np.where(share > 0.0, np.exp(-11.5129 * (1.0 - share)), 0.0)
    return curve


_SHAPES: tuple[tuple[_Shape, float], ...] = (
    (lambda share: share, 0.05),
    (lambda share: np.sin(0.5 * np.pi * share), 0.0318),
    (lambda share: 0.5 - 0.5 * np.cos(np.pi * share), 0.1436),
    (lambda share: share * share, 0.2236),
    (np.sqrt, 0.0025),
    (_logarithmic, 0.0),
    (_exponential, 0.7398),
)
"""Linear, quarter and half sine, square, root, logarithmic and exponential. The second value is the share of the fade
after which it is audible: amplitude 0.05, 26 dB down."""


Ints = npt.NDArray[np.int64]

_FULL_PERCENT = 60.0
_FROM_START, _TO_END = 0.5, 0.03
"""Probability that a track is played from its first moment (common) and to its last (rare)."""
_CLEARER = 15.0
"""How much likelier an edge is at a place after which the known tracks explain the set better by 1 neper."""
_BEFORE_S, _INSIDE_S, _BEYOND_S = 60.0, 12.0, 45.0
"""Search range before and inside the certain range; the third value limits how much audio is used as evidence."""
_BEHIND_S = 4.0
_LEAST_WINDOWS = 8
_LEAST_EVIDENCE = -6.0  # limit of a window's evidence against a loudness: there are voices, echoes and fader breaks
_CLEAR = 0.75
"""Least evidence of a track. In three sets, other mixes or other places of a song had up to 0.4; tracks that were
played had 1.6 to 6."""
_NEAR_S, _AS_RIGHT = 1.0, 0.98
_CROSSED = 0.5  # probability that two neighbours are crossfaded, so that a movement opens and closes them together
_CROSS_STEP_S, _CROSS_CELLS = 0.5, 5
_LEAST_CHANCE = 1e-9
_WANDER_DB = 2.0
_FINE_DB = np.arange(-38.0, 7.0)  # the lowest value means silence


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edges:
    """Range in which a track is audible.

    full: its power at its loudest, relative to its core
    evidence: mean log-likelihood gain per window of its core from including the track
    start_certainty, end_certainty: probability that each is right within 1 s; None if it was not measured
    """

    start_s: float
    end_s: float
    full: float
    evidence: float
    start_certainty: float | None = None
    end_certainty: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AudiblePart:
    """An audible track whose edges are wanted.

    track: its number
    core_s: range in which it is certainly audible
    file_s: range of the set that the whole file would cover
    """

    track: int
    gains: LikelyGains
    core_s: tuple[float, float]
    file_s: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Odds:
    """Likelihood of each way to fade in at each place.

    opens_s, full_s, audible_s: when the fader opens, when it is fully open, and when the track becomes audible
    chances, scores: logarithms, before and after the audio is considered
    """

    opens_s: Curve
    full_s: Curve
    audible_s: Curve
    chances: Curve
    scores: Curve


def find_edges(parts: Sequence[AudiblePart], *, set_s: float) -> list[Edges | None]:
    """Return the audible range of each track; None if it is never audible or the others explain the set as well.

    parts: all tracks that may be audible around the same time
    set_s: length of the set
    """
    levels = [_level(part) for part in parts]
    odds = [None if level is None else _odds(part, level[0]) for part, level in zip(parts, levels, strict=True)]
    edges: list[Edges | None] = []
    for edge_part, level, its in zip(parts, levels, odds, strict=True):
        if level is None or its is None:
            edges.append(None)
            continue
        # an end is the beginning of the reversed set
        (begin, sure_of_start), (end, sure_of_end) = (
            _likeliest(its[side], core_s, least_s, _neighbour_odds(edge_part, side, parts, odds))
            for side, (core_s, least_s) in enumerate(
                (
                    (edge_part.core_s[0], max(0.0, edge_part.file_s[0])),
                    (-edge_part.core_s[1], max(-set_s, -edge_part.file_s[1])),
                )
            )
        )
        edges.append(Edges(start_s=begin, end_s=-end, full=level[0], evidence=level[1], start_certainty=sure_of_start,
                           end_certainty=sure_of_end) if -end > begin else None)  # fmt: skip
    return edges


def _neighbour_odds(
    part: AudiblePart, side: int, parts: Sequence[AudiblePart], odds: Sequence[tuple[_Odds | None, _Odds | None] | None]
) -> list[_Odds]:
    """How neighbouring tracks end where this track begins (side 0), or begin where it ends (side 1)."""
    near = (
        odds_of_other[1 - side]
        for other, odds_of_other in zip(parts, odds, strict=True)
        if odds_of_other is not None and other.track != part.track
        and abs(other.core_s[1 - side] - part.core_s[side]) < _BEFORE_S
    )  # fmt: skip
    return [each for each in near if each is not None]


def _level(part: AudiblePart) -> tuple[float, float] | None:
    """Loudness of a track and its evidence; None without evidence."""
    curve = part.gains.curve
    times = curve.times_s
    inside = (times >= part.core_s[0]) & (times <= part.core_s[1]) & (np.nan_to_num(curve.gains) > 0.0)
    if not inside.any():
        return None
    evidence = -float(np.maximum(part.gains.evidence[inside, 0], _LEAST_EVIDENCE).mean())
    return (float(np.percentile(curve.gains[inside], _FULL_PERCENT)), evidence) if evidence >= _CLEAR else None


def _odds(part: AudiblePart, full: float) -> tuple[_Odds | None, _Odds | None]:
    """Odds of its beginning, and of its end as a beginning in reversed time."""
    curve = part.gains.curve
    fine, misfit = _finer(part.gains.evidence, 10.0 * np.log10(full)), np.nan_to_num(part.gains.misfit)
    mirrored = (-part.core_s[1], -part.core_s[0])
    return (
        _begins(curve.first_s, curve.step_s, fine, misfit, part.core_s, part.file_s[0], _FROM_START),
        _begins(-float(curve.times_s[-1]), curve.step_s, fine[::-1], misfit[::-1], mirrored, -part.file_s[1], _TO_END),
    )


def _finer(evidence: npt.NDArray[np.float32], full_db: float) -> Curve:
    """Interpolate the evidence to the steps of `_FINE_DB` relative to the full level."""
    at = np.interp(_FINE_DB + full_db, [_FINE_DB[0], *GAINS_DB[1:]], np.arange(len(GAINS_DB)))
    at[0] = 0.0  # silence is the same at any full level
    low = np.minimum(at.astype(int), len(GAINS_DB) - 2)
    share = at - low
    least = np.maximum(evidence, _LEAST_EVIDENCE)
    finer: Curve = least[:, low] * (1.0 - share) + least[:, low + 1] * share
    # compressors and hands move a level by some dB: each level is as likely as those beside it, less how far they are
    audible = finer[:, 1:].copy()
    for far in range(1, round(3 * _WANDER_DB) + 1):
        less = 0.5 * (far / _WANDER_DB) ** 2
        audible[:, far:] = np.maximum(audible[:, far:], finer[:, 1:-far] - less)
        audible[:, :-far] = np.maximum(audible[:, :-far], finer[:, 1 + far :] - less)
    finer[:, 1:] = audible
    return finer


def _begins(
    first_s: float, step_s: float, evidence: Curve, misfit: npt.NDArray[np.float32], core_s: tuple[float, float],
    file_s: float, from_file: float,
) -> _Odds | None:  # fmt: skip
    """Odds of each way a track may fade in, and of each place; None if too little is audible.

    evidence: per step of `_FINE_DB`, from `first_s` on
    file_s, from_file: where its file begins, and the probability that it is played from there
    """
    half_s = step_s / 2.0
    last_s = min(core_s[0] + _BEYOND_S, core_s[1] + _BEHIND_S)
    evidence = evidence[: max(0, round((last_s - first_s) / step_s) + 1)]
    low_s = max(file_s, core_s[0] - _BEFORE_S)
    places = np.arange(round((low_s - first_s) / half_s), int((core_s[0] + _INSIDE_S - first_s) / half_s) + 1)
    if len(evidence) < _LEAST_WINDOWS or not places.size:
        return None
    begins_s = (first_s + half_s * places).astype(np.float64)
    is_file = np.abs(begins_s - file_s) < 0.52 * half_s
    # an edge is likely where the set turns from unexplained to explained
    at = np.clip(places[:, None] // 2 + np.array([-4, -3, -2, 2, 3, 4]), 0, len(misfit) - 1)
    apart = misfit[at]
    clearer = np.clip(apart[:, :3].min(axis=1) - apart[:, 3:].max(axis=1), 0.0, 1.0)
    weights = 1.0 + _CLEARER * clearer
    chance = np.where(is_file, np.log(from_file), np.log((1.0 - from_file) * weights / weights.sum()))
    shapes = fades(step_s)
    later = np.concatenate(list(_evidence_of(shapes, evidence, places)))
    chances = np.concatenate([chance + way.chance for way in shapes])
    opens_s = np.tile(begins_s, len(shapes))
    lasts_s, audible_s = (
        np.repeat(each, len(places)) for each in ([way.lasts_s for way in shapes], [way.audible_s for way in shapes])
    )
    return _Odds(opens_s, opens_s + lasts_s, opens_s + audible_s, chances, chances + later)


def _evidence_of(shapes: Sequence[Fade], evidence: Curve, places: Ints) -> Iterator[Curve]:
    """Evidence of the audio for each fade at each place; places count half windows."""
    before = np.concatenate([[0.0], evidence[:, 0].cumsum()])
    behind = np.concatenate([evidence[::-1, int(np.searchsorted(_FINE_DB, 0.0))].cumsum()[::-1], [0.0]])
    for fade in shapes:
        its = np.rint(np.clip(fade.gains_db, _FINE_DB[0], 0.0) - _FINE_DB[0]).astype(int)
        weights = np.zeros(len(places))
        for odd in (0, 1):
            some = np.flatnonzero((places - 3) % 2 == odd)
            window = -((3 - places[some]) // 2)
            within = np.arange(odd, len(its), 2)
            at = np.array(window[:, None] + np.arange(len(within)))
            is_known = (at >= 0) & (at < len(evidence))
            weights[some] = np.where(is_known, evidence[np.clip(at, 0, len(evidence) - 1), its[within]], 0.0).sum(
                axis=1
            )
            weights[some] += before[np.clip(window, 0, len(evidence))]
            weights[some] += behind[np.clip(window + len(within), 0, len(evidence))]
        yield weights


def _likeliest(
    odds: _Odds | None, core_s: float, least_s: float, others: Sequence[_Odds]
) -> tuple[float, float | None]:
    """When a track becomes audible, the second that contains most of the likelihood of opening fades, and how sure.

    least_s: where the set or the file begins
    others: ends of the preceding tracks, as beginnings in reversed time
    """
    if odds is None:
        return max(core_s, least_s), None
    scores = odds.scores
    if others:
        # a crossfader closes one track as it opens the other
        crossed = np.mean([_crossed(odds, other) for other in others], axis=0)
        scores = scores + np.log((1.0 - _CROSSED) + _CROSSED * crossed)
    likely = np.exp(scores - scores.max())
    opens_s, audible_s = (np.maximum(at, least_s) for at in (odds.opens_s, odds.audible_s))
    low_s = float(opens_s.min()) - _NEAR_S
    first, last = (np.rint((at - low_s) * 10.0).astype(int) for at in (opens_s - _NEAR_S, audible_s + _NEAR_S))
    size = int(last.max()) + 2
    right = np.cumsum(np.bincount(first, likely, size) - np.bincount(last + 1, likely, size))
    best = int(right.argmax())
    worse = np.flatnonzero(right < _AS_RIGHT * right[best])
    begin, end = worse[worse < best].max(initial=-1) + 1, worse[worse > best].min(initial=size) - 1
    return max(low_s + float(begin + end) / 20.0, least_s), min(1.0, float(right[best] / likely.sum()))


def _crossed(odds: _Odds, other: _Odds) -> Curve:
    """How much likelier each beginning is if the preceding track ends by the same movement."""
    low_s = float(odds.opens_s.min())
    size = int(np.ceil((odds.full_s.max() - low_s) / _CROSS_STEP_S)) + 1

    def cells(opens_s: Curve, full_s: Curve) -> tuple[Ints, npt.NDArray[np.bool_]]:
        first, last = (np.rint((at - low_s) / _CROSS_STEP_S).astype(int) for at in (opens_s, full_s))
        return first * size + last, (first >= 0) & (last < size)

    at, is_there = cells(-other.full_s, -other.opens_s)
    weighted, chance = (
        uniform_filter(np.bincount(at[is_there], np.exp(each - each.max())[is_there], size * size).reshape(size, size)
                       / np.exp(each - each.max()).sum(), _CROSS_CELLS, mode="constant").ravel()
        for each in (other.scores, other.chances)
    )  # fmt: skip
    mine, _ = cells(odds.opens_s, odds.full_s)
    ratio: Curve = np.where(chance[mine] > _LEAST_CHANCE, weighted[mine] / np.maximum(chance[mine], _LEAST_CHANCE), 0.0)
    return ratio
