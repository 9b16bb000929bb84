"""Where a track of a set begins and ends to be heard, from how loud it is at each moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from map4.selection.unmixing.gains import Curve

LEAST_DB = -20.0
"""Below its full level, a track can't be told from what else is heard there."""
AUDIBLE = 0.01
"""Share of the amplitude from which on a fade is heard: 40 dB down."""
_SMOOTH_S = 2.0
_GONE_S = 3.0
"""So long without it, and it has ended; breaks of the fader are shorter."""
_FULL_PERCENT = 85.0
_SUDDEN_S = 1.5
"""What rises faster was cut in."""
_SNAP_S = 2.5
"""A fade that begins so near to the beginning of a track begins with it."""
_BEFORE_S, _LONGEST_S, _GRID_S = 8.0, 45.0, 0.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heard:
    """How loud one track is, moment by moment.

    first_s: the time of the first value in the set
    step_s: from one to the next
    gains: powers, NaN where the track itself is quiet
    core_s: where it is heard for sure
    file_s: the part of the set in which the whole file would be heard
    """

    first_s: float
    step_s: float
    gains: Curve
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


def find_edges(heard: Heard, *, set_s: float) -> Edges | None:
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
    gains = _carried(heard.gains) / full
    start_s = _begins(times, gains, heard, heard.file_s[0])
    # The end is the beginning of what is played backwards.
    mirrored = Heard(
        first_s=-float(times[-1]), step_s=heard.step_s, gains=heard.gains[::-1],
        core_s=(-heard.core_s[1], -heard.core_s[0]), file_s=(-heard.file_s[1], -heard.file_s[0]),
    )  # fmt: skip
    end_s = -_begins(-times[::-1], gains[::-1], mirrored, -heard.file_s[1])
    start_s, end_s = max(0.0, start_s), min(set_s, end_s)
    return Edges(start_s=start_s, end_s=end_s, full=full) if end_s > start_s else None


def _carried(gains: Curve) -> Curve:
    """The same, with what is not known as it was before, and at the beginning as it is after."""
    known = np.flatnonzero(np.isfinite(gains))
    at = np.searchsorted(known, np.arange(len(gains)), side="right") - 1
    carried: Curve = gains[known[np.maximum(at, 0)]]
    return carried


def _begins(times: Curve, gains: Curve, heard: Heard, file_s: float) -> float:
    """Where a track begins to be heard; gains as powers, 1 at full level."""
    width = max(1, round(_SMOOTH_S / heard.step_s))
    smooth = np.convolve(gains, np.full(width, 1.0 / width), mode="same")
    is_there = smooth > 10.0 ** (LEAST_DB / 10.0)
    index = int(np.searchsorted(times, min(heard.core_s[0] + 1.0, sum(heard.core_s) / 2.0)))
    index = min(index, len(times) - 1)
    # It may begin to be heard only within what was taken for its core.
    later = np.flatnonzero(is_there[index:])
    if not later.size:
        return heard.core_s[0]
    index += int(later[0])
    gone, most = 0, max(1, round(_GONE_S / heard.step_s))
    first = index
    while index >= 0 and gone < most:
        if is_there[index]:
            first, gone = index, 0
        else:
            gone += 1
        index -= 1
    start_s = _risen(times, gains, first, heard.step_s)
    # The window of the first value lies half before it.
    if abs(start_s - file_s) <= _SNAP_S or times[first] - file_s <= 1.0 + heard.step_s:
        return file_s
    return max(start_s, file_s)


def _risen(times: Curve, gains: Curve, first: int, step_s: float) -> float:
    """Where the rise began that reaches the least level at about `first`."""
    beyond = round(_LONGEST_S / step_s)
    low = max(0, first - round(_BEFORE_S / step_s))
    high = min(len(times), first + beyond)
    amplitude = np.sqrt(np.clip(gains[low:high], 0.0, 1.5))
    at = times[low:high]
    here = first - low
    loud = np.flatnonzero(amplitude[here:] >= 0.8)
    if not loud.size:
        return float(times[first])
    top = here + int(loud[0])
    quiet = np.flatnonzero(amplitude[: top + 1] <= 0.15)
    bottom = int(quiet[-1]) if quiet.size else 0
    if at[top] - at[bottom] <= _SUDDEN_S:
        half = bottom + int(np.flatnonzero(amplitude[bottom : top + 1] >= np.sqrt(0.5))[0]) if quiet.size else bottom
        return float(at[half])
    return _fade_begin(at, amplitude, here, step_s)


def _fade_begin(at: Curve, amplitude: Curve, here: int, step_s: float) -> float:
    """Where the fade begins to be heard that fits an amplitude best, of the curves that mixers and editors have."""
    best = (np.inf, float(at[here]))
    seen = np.sqrt(np.minimum(amplitude, 1.1))
    for begin in np.arange(at[here] - _BEFORE_S, at[here] + 1.0, 2 * _GRID_S):
        lengths = np.geomspace(2.0, _LONGEST_S, 24)
        used = (at >= begin - 4.0) & (at <= begin + 1.3 * _LONGEST_S)
        share = np.clip((at[used][None, :] - begin) / lengths[:, None], 0.0, 1.0)
        weight = (at[used][None, :] <= begin + lengths[:, None] + 4.0).astype(float)
        for shape, audible in _SHAPES:
            # Of the root, so that what is quiet counts too.
            errors = (weight * np.abs(np.sqrt(shape(share)) - seen[used])).sum(axis=1)
            errors /= np.maximum(weight.sum(axis=1), 1.0)
            index = int(errors.argmin())
            if errors[index] < best[0]:
                best = (float(errors[index]), float(begin + audible * lengths[index]))
    return best[1]


def _logarithmic(share: Curve) -> Curve:
    made: Curve = np.where(share > 0.0, np.clip(1.0 + 0.2 * np.log10(np.maximum(share, 1e-5)), 0.0, 1.0), 0.0)
    return made


def _exponential(share: Curve) -> Curve:
    made: Curve = np.where(share > 0.0, np.exp(-11.5129 * (1.0 - share)), 0.0)
    return made


_SHAPES = (
    (lambda share: share, AUDIBLE),
    (lambda share: np.sin(0.5 * np.pi * share), 0.0064),
    (lambda share: 0.5 - 0.5 * np.cos(np.pi * share), 0.0638),
    (lambda share: share * share, 0.1),
    (_logarithmic, 0.0),
    (_exponential, 0.6),
)
"""Linear, quarter and half sine, square, logarithmic and exponential; with the share at which each is audible."""
