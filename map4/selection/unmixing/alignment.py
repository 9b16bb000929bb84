"""Where exactly a track lies in a set, and how fast it plays: by the course of its levels, a few seconds at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Levels = npt.NDArray[np.uint8]
"""Shape (n, bands): levels in steps of half a decibel, as `map4.features.sound.set_words` makes them."""
Floats = npt.NDArray[np.float32]

CHUNK_S = 8.0
"""Long enough for several beats, short enough that a speed that is 1 % off moves it by .08 s only."""
_HOP_S = 4.0
_FIRST_REACH_S, _REACH_S = 1.5, 0.4
"""How far beside the line a chunk is looked for: fingerprints place it to .2 s, and drift by half a step of speed."""
_RISE_STEPS = 3
"""Levels are compared with those so many steps before, 60 ms: an equaliser or a fade leaves that as it is."""
_MOST_RISE = 40.0
_LEAST_AGREEMENT = 0.25
_INLIER_S = 0.06
_MOST_SLOPE = 0.015
_ROUNDS = 3
_LEAST_CHUNKS = 2
_SPEEDS_BESIDE = (0.0, 0.015, -0.015, 0.03, -0.03)
_SURELY_HERE = 0.4
"""Agreement times share, beyond which no other speed is tried."""
_SURE_CHUNKS = 4
"""With fewer, the speed stays that of the candidate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLine:
    """How a track lies in a set.

    zero_s: where the track's first sample would be in the set
    speed, pitch: how it plays, 1 as it is
    first_s, last_s: from where to where in the set it was compared
    agreement: correlation of the changes of levels there, 0-1
    share: of the chunks, those that agree with the line
    """

    zero_s: float
    speed: float
    pitch: float
    first_s: float
    last_s: float
    agreement: float = 0.0
    share: float = 0.0

    def track_s(self, set_s: float) -> float:
        """The time of the track at a time of the set."""
        return (set_s - self.zero_s) * self.speed


def align(levels: Levels, course_of: Callable[[float, float], Levels], line: SetLine, *, rate_hz: float) -> SetLine:
    """Lay a track on a set exactly; where it does not agree at the candidate's speed, at those beside it.

    levels: of the set
    course_of: gives the levels of the track as they are at a speed and a pitch
    line: about where it lies
    rate_hz: steps a second of both
    returns: the line, with an agreement of 0 where nothing agrees
    """
    best = line
    for change in _SPEEDS_BESIDE:
        made = _aligned(levels, course_of, _turned(line, 1.0 + change), rate_hz)
        if made.agreement * made.share > best.agreement * best.share:
            best = made
        if best.agreement * best.share >= _SURELY_HERE:
            break
    return best


def _turned(line: SetLine, factor: float) -> SetLine:
    """The same at another speed, around the middle of what was compared."""
    mid = (line.first_s + line.last_s) / 2.0
    speed = line.speed * factor
    pitch = speed if line.pitch == line.speed else line.pitch
    return replace(line, speed=speed, pitch=pitch, zero_s=mid - line.track_s(mid) / speed)


def _aligned(levels: Levels, course_of: Callable[[float, float], Levels], line: SetLine, rate_hz: float) -> SetLine:
    follows = line.pitch == line.speed
    course = course_of(line.speed, line.pitch)
    for turn in range(_ROUNDS):
        reach = _FIRST_REACH_S if turn == 0 else _REACH_S
        at, late, agreement = _chunks(levels, course, line, reach, rate_hz)
        if len(at) < _LEAST_CHUNKS:
            return replace(line, agreement=0.0, share=0.0)
        offset, slope, near = _fitted(at, late, agreement)
        mid = float(at.mean())
        speed = line.speed * (1.0 - slope)
        # Where the track's time is 0 on the new line.
        zero = mid - (mid - line.zero_s - offset) / (1.0 - slope)
        line = replace(
            line, zero_s=zero, speed=speed, pitch=speed if follows else line.pitch,
            agreement=float(np.median(agreement[near])) if near.any() else 0.0, share=float(near.mean()),
        )  # fmt: skip
        if line.share == 0.0:
            break
        if turn + 1 < _ROUNDS:
            course = course_of(line.speed, line.pitch)
    return line


def changes(levels: npt.NDArray[np.generic]) -> Floats:
    """How levels change, shape (n, bands); large changes count no more than 20 dB."""
    steps = levels.astype(np.float32)
    risen = np.zeros_like(steps)
    risen[_RISE_STEPS:] = steps[_RISE_STEPS:] - steps[:-_RISE_STEPS]
    return np.clip(risen, -_MOST_RISE, _MOST_RISE)


def _chunks(
    levels: Levels, course: Levels, line: SetLine, reach_s: float, rate_hz: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The middle of each chunk in the set, how much later than the line it is there, and how well it agrees."""
    size, hop, reach = round(CHUNK_S * rate_hz), round(_HOP_S * rate_hz), round(reach_s * rate_hz)
    found: list[tuple[float, float, float]] = []
    for start in range(round(line.first_s * rate_hz), round(line.last_s * rate_hz) - size // 2, hop):
        its = start - round(line.zero_s * rate_hz)
        if its < reach + _RISE_STEPS or its + size + reach > len(course) or start + size > len(levels):
            continue
        if start < _RISE_STEPS:
            continue
        mine = changes(levels[start - _RISE_STEPS : start + size])[_RISE_STEPS:]
        other = changes(course[its - reach - _RISE_STEPS : its + size + reach])[_RISE_STEPS:]
        curve = _correlations(mine, other)
        peak = int(curve.argmax())
        # The set is later by as much as the track has to be taken from earlier.
        rounded = start - line.zero_s * rate_hz - its
        late = reach - peak - _vertex(curve, peak)
        found.append(((start + size / 2) / rate_hz, (late + rounded) / rate_hz, float(curve[peak])))
    table = np.array(found, dtype=np.float64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _correlations(mine: Floats, other: Floats) -> npt.NDArray[np.float64]:
    """Of one chunk with another at each place within a longer one."""
    size = len(mine)
    spread = np.sqrt(float(np.square(mine).sum()))
    squares = np.concatenate([[0.0], np.cumsum(np.square(other).sum(axis=1), dtype=np.float64)])
    norms = np.sqrt(np.maximum(squares[size:] - squares[:-size], 1e-9))
    flat = mine.reshape(-1)
    bands = mine.shape[1]
    views = np.lib.stride_tricks.sliding_window_view(np.ascontiguousarray(other).reshape(-1), flat.size)[::bands]
    products = np.array([float(view @ flat) for view in views])
    curve: npt.NDArray[np.float64] = products / (norms[: len(products)] * max(spread, 1e-9))
    return curve


def _vertex(curve: npt.NDArray[np.float64], peak: int) -> float:
    """How far beside its highest point a curve is highest, by a parabola."""
    if not 0 < peak < len(curve) - 1:
        return 0.0
    left, here, right = curve[peak - 1 : peak + 2].tolist()
    bend = left - 2.0 * here + right
    return 0.0 if bend >= 0.0 else 0.5 * (left - right) / bend


def _fitted(
    at: npt.NDArray[np.float64], late: npt.NDArray[np.float64], agreement: npt.NDArray[np.float64]
) -> tuple[float, float, npt.NDArray[np.bool_]]:
    """The line through most of the points: its height in their middle, its slope, and which points are on it."""
    mid = at.mean()
    sure = agreement >= _LEAST_AGREEMENT
    if not sure.any():
        return 0.0, 0.0, sure
    best: tuple[float, float, float] = (-1.0, 0.0, 0.0)
    points = np.flatnonzero(sure)
    for first in points:
        for second in points:
            far = at[second] - at[first]
            slope = 0.0 if far <= 0.0 else (late[second] - late[first]) / far
            if far < 0.0 or abs(slope) > _MOST_SLOPE:
                continue
            height = late[first] - slope * (at[first] - mid)
            near = sure & (np.abs(late - height - slope * (at - mid)) < _INLIER_S)
            worth = float(agreement[near].sum())
            if worth > best[0]:
                best = (worth, height, slope)
    _, height, slope = best
    near = sure & (np.abs(late - height - slope * (at - mid)) < _INLIER_S)
    if near.sum() >= _SURE_CHUNKS:
        slope, rest = np.polyfit(at[near] - mid, late[near], 1, w=agreement[near])
        height = rest
    return float(height), float(slope), near
