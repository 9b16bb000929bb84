"""Where a track of a set begins and ends to be heard, from how likely each loudness is at each moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from map4.selection.unmixing.gains import GAINS_DB, Curve, LikelyGains

Ints = npt.NDArray[np.int64]
_Shape = Callable[[Curve], npt.NDArray[np.floating[Any]]]

_FULL_PERCENT = 60.0
_LENGTHS_S = (1.5, 3.0, 4.5, 6.0, 8.0, 10.0, 12.5, 16.0, 20.0, 25.0, 30.0, 37.0, 45.0)
_CUT = 0.25
"""Chance of a track to be cut in or off; else each curve and each length of a fade are as likely."""
_FROM_START, _TO_END = 0.5, 0.03
"""Chance of a track to be played from its first moment, which is usual, and to its last, which is not."""
_CLEARER = 15.0
"""How much likelier an edge is where the set is a neper closer to what is known from there on."""
_BEFORE_S, _INSIDE_S, _BEYOND_S = 60.0, 12.0, 45.0
"""How far before where it is heard for sure it may begin, and within; and so far from there what is heard tells."""
_BEHIND_S = 4.0
_LEAST_WINDOWS = 8
_LEAST_EVIDENCE = -6.0
"""No window says more than that against a loudness: there are voices, echoes and breaks of the fader."""
_NEAR_S = 1.0
_FINE_DB = np.arange(-38.0, 7.0)
"""The lowest of these stands for silence."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edges:
    """From where to where a track is heard.

    full: its power where it is loudest, against its core
    """

    start_s: float
    end_s: float
    full: float


@dataclass(frozen=True, slots=True, eq=False)
class _Fade:
    """One way to come in.

    gains_db: at the middle of each window that begins or ends within it, a half step apart, from 1.5 steps before it on
    audible_s: how long after it began it is heard
    chance: as a logarithm
    """

    gains_db: Curve
    audible_s: float
    chance: float


def find_edges(
    heard: LikelyGains, *, core_s: tuple[float, float], file_s: tuple[float, float], set_s: float
) -> Edges | None:
    """From where to where a track is heard; None where it never is.

    core_s: where it is heard for sure
    file_s: the part of the set in which the whole file would be heard
    set_s: length of the set
    """
    curve = heard.curve
    times = curve.times_s
    inside = (times >= core_s[0]) & (times <= core_s[1]) & (np.nan_to_num(curve.gains) > 0.0)
    if not inside.any():
        return None
    full = float(np.percentile(curve.gains[inside], _FULL_PERCENT))
    fine, misfit = _finer(heard.evidence, 10.0 * np.log10(full)), np.nan_to_num(heard.misfit)
    start_s = _begins(curve.first_s, curve.step_s, fine, misfit, core_s, file_s[0], _FROM_START)
    # The end is the beginning of what is played backwards.
    mirrored = (-core_s[1], -core_s[0])
    end_s = -_begins(-float(times[-1]), curve.step_s, fine[::-1], misfit[::-1], mirrored, -file_s[1], _TO_END)
    start_s, end_s = max(0.0, start_s), min(set_s, end_s)
    return Edges(start_s=start_s, end_s=end_s, full=full) if end_s > start_s else None


def _finer(evidence: npt.NDArray[np.float32], full_db: float) -> Curve:
    """The same for each of `_FINE_DB` beside its full level."""
    at = np.interp(_FINE_DB + full_db, [_FINE_DB[0], *GAINS_DB[1:]], np.arange(len(GAINS_DB)))
    at[0] = 0.0  # silence is silence, however loud it is elsewhere
    low = np.minimum(at.astype(int), len(GAINS_DB) - 2)
    share = at - low
    least = np.maximum(evidence, _LEAST_EVIDENCE)
    made: Curve = least[:, low] * (1.0 - share) + least[:, low + 1] * share
    return made


def _begins(
    first_s: float, step_s: float, evidence: Curve, misfit: npt.NDArray[np.float32], core_s: tuple[float, float],
    file_s: float, from_file: float,
) -> float:  # fmt: skip
    """Where a track begins to be heard: within a second of that, most of what is likely lies.

    evidence: of each of `_FINE_DB`, from `first_s` on
    file_s, from_file: where its file begins, and how likely it is to be played from there
    """
    half_s = step_s / 2.0
    last_s = min(core_s[0] + _BEYOND_S, core_s[1] + _BEHIND_S)
    evidence = evidence[: max(0, round((last_s - first_s) / step_s) + 1)]
    low_s = max(file_s, core_s[0] - _BEFORE_S)
    places = np.arange(round((low_s - first_s) / half_s), int((core_s[0] + _INSIDE_S - first_s) / half_s) + 1)
    if len(evidence) < _LEAST_WINDOWS or not places.size:
        return max(core_s[0], file_s)
    begins_s = (first_s + half_s * places).astype(np.float64)
    is_file = np.abs(begins_s - file_s) < 0.52 * half_s
    # Where what is not known goes over into what is known, there is an edge.
    at = np.clip(places[:, None] // 2 + np.array([-4, -3, -2, 2, 3, 4]), 0, len(misfit) - 1)
    apart = misfit[at]
    clearer = np.clip(apart[:, :3].min(axis=1) - apart[:, 3:].max(axis=1), 0.0, 1.0)
    weights = 1.0 + _CLEARER * clearer
    chance = np.where(is_file, np.log(from_file), np.log((1.0 - from_file) * weights / weights.sum()))
    fades = _fades(step_s)
    scores = [chance + one.chance + told for one, told in zip(fades, _told(fades, evidence, places), strict=True)]
    audible_s = [begins_s + one.audible_s for one in fades]
    return max(_likeliest(np.concatenate(audible_s), np.concatenate(scores)), file_s)


def _told(fades: Sequence[_Fade], evidence: Curve, places: Ints) -> Iterator[Curve]:
    """What is heard says so much for each fade at each of some places, which count half windows."""
    before = np.concatenate([[0.0], evidence[:, 0].cumsum()])
    behind = np.concatenate([evidence[::-1, int(np.searchsorted(_FINE_DB, 0.0))].cumsum()[::-1], [0.0]])
    for fade in fades:
        its = np.rint(np.clip(fade.gains_db, _FINE_DB[0], 0.0) - _FINE_DB[0]).astype(int)
        told = np.zeros(len(places))
        for odd in (0, 1):
            some = np.flatnonzero((places - 3) % 2 == odd)
            window = -((3 - places[some]) // 2)
            within = np.arange(odd, len(its), 2)
            at = np.array(window[:, None] + np.arange(len(within)))
            is_known = (at >= 0) & (at < len(evidence))
            told[some] = np.where(is_known, evidence[np.clip(at, 0, len(evidence) - 1), its[within]], 0.0).sum(axis=1)
            told[some] += before[np.clip(window, 0, len(evidence))]
            told[some] += behind[np.clip(window + len(within), 0, len(evidence))]
        yield told


def _likeliest(at_s: Curve, scores: Curve) -> float:
    """The mean of what lies within a second of where most of the likelihood does."""
    likely = np.exp(scores - scores.max())
    tenth = np.rint(10.0 * (at_s - at_s.min())).astype(int)
    total = np.concatenate([[0.0], np.bincount(tenth, likely).cumsum()])
    near, places = round(10.0 * _NEAR_S), np.arange(len(total) - 1)
    sums = total[np.minimum(places + near + 1, len(total) - 1)] - total[np.maximum(places - near, 0)]
    chosen = np.abs(tenth - int(sums.argmax())) <= near
    return float((likely[chosen] * at_s[chosen]).sum() / likely[chosen].sum())


@cache
def _fades(step_s: float) -> tuple[_Fade, ...]:
    """The ways to come in, by the curves that mixers and editors have."""
    made = [_fade(lambda share: (share > 0.0) * 1.0, 0.0, 0.0, step_s, _CUT)]
    chance = (1.0 - _CUT) / len(_SHAPES) / len(_LENGTHS_S)
    made += [_fade(shape, length_s, audible, step_s, chance) for shape, audible in _SHAPES for length_s in _LENGTHS_S]
    return tuple(made)


def _fade(shape: _Shape, length_s: float, audible: float, step_s: float, chance: float) -> _Fade:
    half_s = step_s / 2.0
    middles = half_s * np.arange(-3, int(np.ceil(length_s / half_s)) + 4)
    # A window is two steps long; its power is the mean of four parts of it.
    parts = middles[:, None] + step_s * np.arange(-0.75, 1.0, 0.5)
    amplitude = shape(np.clip(parts / max(length_s, 1e-3), 0.0, 1.0))
    gains_db = 10.0 * np.log10(np.maximum(np.square(amplitude).mean(axis=1), 1e-9))
    return _Fade(gains_db, audible * length_s, float(np.log(chance)))


def _logarithmic(share: Curve) -> Curve:
    made: Curve = np.where(share > 0.0, np.clip(1.0 + 0.2 * np.log10(np.maximum(share, 1e-5)), 0.0, 1.0), 0.0)
    return made


def _exponential(share: Curve) -> Curve:
    made: Curve = np.where(share > 0.0, np.exp(-11.5129 * (1.0 - share)), 0.0)
    return made


_SHAPES: tuple[tuple[_Shape, float], ...] = (
    (lambda share: share, 0.05),
    (lambda share: np.sin(0.5 * np.pi * share), 0.0318),
    (lambda share: 0.5 - 0.5 * np.cos(np.pi * share), 0.1436),
    (lambda share: share * share, 0.2236),
    (np.sqrt, 0.0025),
    (_logarithmic, 0.0),
    (_exponential, 0.7398),
)
"""Linear, quarter and half sine, square, root, logarithmic and exponential; with the share of each after which it is
heard: where its amplitude is .05 of full, 26 dB down."""
