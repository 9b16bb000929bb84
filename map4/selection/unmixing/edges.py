"""Where a track of a set begins and ends to be heard, from how loud it is at each moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from map4.selection.unmixing.gains import Curve

LEAST_DB = -20.0
"""So far below its full level a track is still told from what else is heard there."""
AUDIBLE = 0.05
"""Share of the amplitude from which on a fade is heard: 26 dB down."""
LEAST_TOLD = 0.06
"""A track that is not there explains less, now and then."""
_SMOOTH_S = 2.0
_NEARER = 0.003
"""Of two fades that fit as well, the one that begins nearer to where the track is surely heard."""
_GONE_S, _HIDDEN_S = 3.0, 12.0
"""So long without it, or so long that nobody can say, and it has ended; breaks of the fader are shorter."""
_FULL_PERCENT = 85.0
_WINDOW_S = 1.0
"""A window counts as one without the track where part of it is, so that a track is cut in where one begins."""
_SUDDEN_S = 1.5
"""What rises faster was cut in."""
_SNAP_S = 2.5
"""A fade that begins so near to the beginning of a track begins with it."""
_MASKED_START_S, _MASKED_END_S = 10.0, 2.5
"""For so long others may hide that a track is played from its first moment, or to its last: the one is usual, the other
is not."""
_BEFORE_S, _LONGEST_S, _GRID_S = 8.0, 45.0, 0.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeardCourse:
    """How loud one track is, moment by moment.

    first_s: the time of the first value in the set
    step_s: from one to the next
    gains: powers, NaN where the track itself is quiet
    told: how much of what is heard only the track explains, 0-1
    core_s: where it is heard for sure
    file_s: the part of the set in which the whole file would be heard
    """

    first_s: float
    step_s: float
    gains: Curve
    told: Curve
    core_s: tuple[float, float]
    file_s: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edges:
    """From where to where a track is heard.

    full: its power where it is loudest, against its core
    """

    start_s: float
    end_s: float
    full: float


def find_edges(heard: HeardCourse, *, set_s: float) -> Edges | None:
    """From where to where a track is heard; None where it never is.

    set_s: length of the set
    """
    times = (heard.first_s + heard.step_s * np.arange(len(heard.gains))).astype(np.float64)
    inside = (times >= heard.core_s[0]) & (times <= heard.core_s[1]) & np.isfinite(heard.gains)
    if not inside.any():
        return None
    full = float(np.percentile(heard.gains[inside], _FULL_PERCENT))
    if full <= 0.0:
        return None
    gains = heard.gains / full
    start_s = _begins(times, gains, heard, heard.file_s[0], _MASKED_START_S)
    # The end is the beginning of what is played backwards.
    mirrored = HeardCourse(
        first_s=-float(times[-1]), step_s=heard.step_s, gains=heard.gains[::-1], told=heard.told[::-1],
        core_s=(-heard.core_s[1], -heard.core_s[0]), file_s=(-heard.file_s[1], -heard.file_s[0]),
    )  # fmt: skip
    end_s = -_begins(-times[::-1], gains[::-1], mirrored, -heard.file_s[1], _MASKED_END_S)
    start_s, end_s = max(0.0, start_s), min(set_s, end_s)
    return Edges(start_s=start_s, end_s=end_s, full=full) if end_s > start_s else None


def _begins(times: Curve, gains: Curve, heard: HeardCourse, file_s: float, most_masked_s: float) -> float:
    """Where a track begins to be heard; gains as powers, 1 at full level.

    file_s: where its file begins
    most_masked_s: how long others may hide that it is played from there
    """
    width = max(1, round(_SMOOTH_S / heard.step_s))
    kernel, there = np.ones(width), 10.0 ** (LEAST_DB / 10.0)
    is_heard = (gains > there) & (heard.told >= LEAST_TOLD)
    is_gone = np.isfinite(gains) & (gains <= there)
    heard_here, gone_here = (np.convolve(one * 1.0, kernel, mode="same") for one in (is_heard, is_gone))
    is_there = heard_here > np.maximum(0.35 * width, gone_here)
    is_known = is_there | (gone_here > 0.5 * width)
    index = int(np.searchsorted(times, min(heard.core_s[0] + 1.0, sum(heard.core_s) / 2.0)))
    # It may begin to be heard only within what was taken for its core.
    later = np.flatnonzero(is_there[min(index, len(times) - 1) :])
    if not later.size:
        return heard.core_s[0]
    first = index = min(index, len(times) - 1) + int(later[0])
    gone = hidden = 0
    while index >= 0 and gone * heard.step_s < _GONE_S and hidden * heard.step_s < _HIDDEN_S:
        if is_there[index]:
            first, gone, hidden = index, 0, 0
        elif is_known[index]:
            gone += 1
        else:
            hidden += 1
        index -= 1
    start_s = _risen(times, gains, first, heard.step_s)
    # Where nobody can say that it is gone, a track begins with its file; its first value is of half a second later.
    is_hidden = not first or float((is_known & ~is_there)[:first].mean()) < 0.5
    masked_s = heard.step_s * float(np.isfinite(gains[:first]).sum())
    is_hidden &= masked_s <= most_masked_s and times[first] - file_s <= _HIDDEN_S
    if abs(start_s - file_s) <= _SNAP_S or is_hidden:
        return file_s
    return max(start_s, file_s)


def _risen(times: Curve, gains: Curve, first: int, step_s: float) -> float:
    """Where the rise began that reaches the least level at about `first`."""
    beyond = round(_LONGEST_S / step_s)
    low = max(0, first - round(_BEFORE_S / step_s))
    high = min(len(times), first + beyond)
    known = np.flatnonzero(np.isfinite(gains[low:high])) + low
    amplitude = np.sqrt(np.clip(gains[known], 0.0, 1.5))
    at = times[known]
    here = int(np.searchsorted(known, first))
    loud = np.flatnonzero(amplitude[here:] >= 0.8)
    if not loud.size:
        return float(times[first])
    top = here + int(loud[0])
    quiet = np.flatnonzero(amplitude[: top + 1] <= 0.15)
    bottom = int(quiet[-1]) if quiet.size else 0
    if at[top] - at[bottom] <= _SUDDEN_S:
        half = bottom + int(np.flatnonzero(amplitude[bottom : top + 1] >= np.sqrt(0.5))[0]) if quiet.size else bottom
        return float(at[half]) - _WINDOW_S / 2.0
    return _fade_begin(at, amplitude, min(here, len(at) - 1))


def _fade_begin(at: Curve, amplitude: Curve, here: int) -> float:
    """Where the fade begins to be heard that fits an amplitude best, of the curves that mixers and editors have."""
    best = (np.inf, float(at[here]))
    # Of the root, so that what is quiet counts too.
    seen = np.sqrt(np.minimum(amplitude, 1.1))
    lengths = np.geomspace(2.0, _LONGEST_S, 24)[:, None]
    for heard in np.arange(at[here] - _BEFORE_S, at[here] + 1.0, 2 * _GRID_S):
        used = (at >= heard - 4.0) & (at <= heard + _LONGEST_S)
        for shape, audible in _SHAPES:
            begin = heard - audible * lengths
            share = np.clip((at[used] - begin) / lengths, 0.0, 1.0)
            weight = (at[used] <= begin + lengths + 4.0).astype(float)
            errors = (weight * np.abs(np.sqrt(shape(share)) - seen[used])).sum(axis=1)
            errors /= np.maximum(weight.sum(axis=1), 1.0)
            worst = float(errors.min()) + _NEARER * abs(float(heard - at[here]))
            if worst < best[0]:
                best = (worst, float(heard))
    return best[1]


def _logarithmic(share: Curve) -> Curve:
    made: Curve = np.where(share > 0.0, np.clip(1.0 + 0.2 * np.log10(np.maximum(share, 1e-5)), 0.0, 1.0), 0.0)
    return made


def _exponential(share: Curve) -> Curve:
    made: Curve = np.where(share > 0.0, np.exp(-11.5129 * (1.0 - share)), 0.0)
    return made


_SHAPES = (
    (lambda share: share, AUDIBLE),
    (lambda share: np.sin(0.5 * np.pi * share), 0.0318),
    (lambda share: 0.5 - 0.5 * np.cos(np.pi * share), 0.1436),
    (lambda share: share * share, 0.2236),
    (np.sqrt, 0.0025),
    (_logarithmic, 0.0),
    (_exponential, 0.7398),
)
"""Linear, quarter and half sine, square, root, logarithmic and exponential; with the share at which each is audible."""
