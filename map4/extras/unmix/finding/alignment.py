"""Locate a track in a set exactly and measure its speed by comparing level curves ("courses") in short chunks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import fft

Levels = npt.NDArray[np.uint8]  # shape (n, bands): levels in steps of 0.5 dB, as made by `map4.extras.unmix.set_words`
Floats = npt.NDArray[np.float32]

CHUNK_S = 8.0  # contains several beats, but a speed error of 1 % shifts it by only 0.08 s
_HOP_S, _LEAST_HOP_S, _CHUNKS = 4.0, 1.0, 12
"""Chunks every 4 s; more often in short passages, where three chunks would have to determine the speed."""
_FIRST_REACH_S, _REACH_S = 1.5, 0.4
"""How far from the line a chunk is searched: fingerprints are accurate to 0.2 s and drift by half a speed step."""
_RISE_STEPS = 3
"""Levels are compared with the levels this many steps (60 ms) earlier, which cancels equalisers and fades."""
_MOST_RISE = 40.0
_LEAST_AGREEMENT = 0.15  # least agreement of a chunk. A crowd left 0.14 to 0.34 in chunks within 20 ms of a line.
_INLIER_S = 0.06
_MOST_SLOPE = 0.015
_ROUNDS = 3
_LEAST_CHUNKS = 2
_SPEEDS_BESIDE = (0.0, 0.015, -0.015, 0.03, -0.03)
_SURELY_HERE = 0.4  # agreement times share above which no other speed is tried
_BESIDE_S = 40.0  # how far from a line to look for the same track elsewhere: a 30 s loop and what is played before it
_ELSEWHERE, _OF_LINE, _BETTER, _NEAR_STEPS = 0.35, 0.5, 0.1, 4
"""Least agreement of chunks there, or this share of the line's if that is less (in crowds); least gain over the line;
tolerance of their positions (80 ms)."""
_SURE_CHUNKS = 4  # with fewer chunks, the candidate's speed is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLine:
    """Position of a track in a set.

    zero_s: where the track's first sample would be in the set
    speed, pitch: factors; 1 means unchanged
    first_s, last_s: compared range of the set
    agreement: correlation of the level changes there, 0-1
    share: share of the chunks that agree with the line
    """

    zero_s: float
    speed: float
    pitch: float
    first_s: float
    last_s: float
    agreement: float = 0.0
    share: float = 0.0

    def track_s(self, set_s: float) -> float:
        """Convert a time of the set to a time of the track."""
        return (set_s - self.zero_s) * self.speed


def align(levels: Levels, course_of: Callable[[float, float], Levels], line: SetLine, *, rate_hz: float) -> SetLine:
    """Align a track with a set exactly; if it does not agree at the candidate's speed, try the neighbouring speeds.

    levels: levels of the set
    course_of: returns the track's levels at a speed and a pitch
    line: approximate position
    rate_hz: steps per second of both
    returns: the line, with agreement 0 if nothing agrees
    """
    best = line
    for change in _SPEEDS_BESIDE:
        aligned = _aligned(levels, course_of, _turned(line, 1.0 + change), rate_hz)
        if aligned.agreement * aligned.share > best.agreement * best.share:
            best = aligned
        if best.agreement * best.share >= _SURELY_HERE:
            break
    return best


def _turned(line: SetLine, factor: float) -> SetLine:
    """Return the line at another speed, rotated about the middle of the compared range."""
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
        # the set time at which the track starts, on the new line
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


def places(levels: Levels, course: Levels, line: SetLine, *, rate_hz: float) -> list[SetLine]:
    """Return the line and further lines of the same track before, within and after it (loops and jumps).

    course: the whole track at its playing speed
    returns: the given line, without a start or end that another line covers; then the others by position
    """
    size, hop = round(CHUNK_S * rate_hz), round(_HOP_S * rate_hz)
    its = changes(course)
    spectrum = fft.rfft(its, fft.next_fast_len(len(its) + size, real=True), axis=0, workers=1)
    squares = np.concatenate([[0.0], np.cumsum(np.square(its).sum(axis=1), dtype=np.float64)])
    least = min(_ELSEWHERE, max(_LEAST_AGREEMENT, _OF_LINE * line.agreement))
    places: list[tuple[int, int, float]] = []
    holds: list[int] = []
    first, last = (round(at * rate_hz) for at in (line.first_s - _BESIDE_S, line.last_s + _BESIDE_S))
    for start in range(max(_RISE_STEPS, first), min(last, len(levels)) - size, hop):
        mine = changes(levels[start - _RISE_STEPS : start + size])[_RISE_STEPS:]
        norms = np.sqrt(np.maximum(squares[size:] - squares[:-size], 1e-9) * max(float(np.square(mine).sum()), 1e-9))
        own = start - round(line.zero_s * rate_hz)
        near = slice(max(0, own - _NEAR_STEPS), max(0, own + _NEAR_STEPS + 1))
        spread = fft.rfft(mine, 2 * (spectrum.shape[0] - 1), axis=0, workers=1)
        curve = fft.irfft((spectrum * spread.conj()).sum(axis=1), workers=1)[: len(norms)] / norms
        best = int(curve.argmax())
        its_own = float(curve[near].max(initial=0.0))
        if curve[best] >= least and curve[best] > its_own + _BETTER:
            places.append((start, start - best, float(curve[best])))
        elif its_own >= _LEAST_AGREEMENT:
            holds.append(start)
    others = [
        replace(line, zero_s=float(np.median([zero for _, zero, _ in group])) / rate_hz, share=1.0,
                agreement=float(np.median([agreement for *_, agreement in group])),
                first_s=group[0][0] / rate_hz, last_s=(group[-1][0] + size) / rate_hz)
        for group in _grouped(places, hop)
        if len(group) >= _LEAST_CHUNKS
    ]  # fmt: skip
    if others and holds:
        line = replace(line, first_s=max(line.first_s, holds[0] / rate_hz),
                       last_s=min(line.last_s, (holds[-1] + size) / rate_hz))  # fmt: skip
    return [line, *others]


def _grouped(places: Sequence[tuple[int, int, float]], hop: int) -> list[list[tuple[int, int, float]]]:
    """Group consecutive chunks at one position of the track."""
    groups: list[list[tuple[int, int, float]]] = []
    for place in places:
        if groups and place[0] - groups[-1][-1][0] <= 2 * hop and abs(place[1] - groups[-1][-1][1]) <= _NEAR_STEPS:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def changes(levels: npt.NDArray[np.generic]) -> Floats:
    """Level changes, shape (n, bands), clipped to ±20 dB."""
    steps = levels.astype(np.float32)
    risen = np.zeros_like(steps)
    risen[_RISE_STEPS:] = steps[_RISE_STEPS:] - steps[:-_RISE_STEPS]
    return np.clip(risen, -_MOST_RISE, _MOST_RISE)


def _chunks(
    levels: Levels, course: Levels, line: SetLine, reach_s: float, rate_hz: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """For each chunk: its middle in the set, its delay against the line, and its agreement."""
    size, reach = round(CHUNK_S * rate_hz), round(reach_s * rate_hz)
    hop = round(float(np.clip((line.last_s - line.first_s) / _CHUNKS, _LEAST_HOP_S, _HOP_S)) * rate_hz)
    theirs = np.pad(changes(course), ((reach, reach), (0, 0)))
    chunks: list[tuple[float, float, float]] = []
    for start in range(round(line.first_s * rate_hz), round(line.last_s * rate_hz) - size // 2, hop):
        its = start - round(line.zero_s * rate_hz)
        if its < 0 or its + size > len(course) or start + size > len(levels):
            continue
        mine = changes(levels[max(0, start - _RISE_STEPS) : start + size])[-size:]
        curve = _correlations(mine, theirs[its : its + size + 2 * reach])
        peak = int(curve.argmax())
        # an earlier match in the track means a later position in the set
        rounded = start - line.zero_s * rate_hz - its
        late = reach - peak - _vertex(curve, peak)
        chunks.append(((start + size / 2) / rate_hz, (late + rounded) / rate_hz, float(curve[peak])))
    table = np.array(chunks, dtype=np.float64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _correlations(mine: Floats, other: Floats) -> npt.NDArray[np.float64]:
    """Correlate a chunk with each position in a longer one."""
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
    """Offset of the true maximum from the highest sample, by a parabola."""
    if not 0 < peak < len(curve) - 1:
        return 0.0
    left, here, right = curve[peak - 1 : peak + 2].tolist()
    bend = left - 2.0 * here + right
    return 0.0 if bend >= 0.0 else 0.5 * (left - right) / bend


def _fitted(
    at: npt.NDArray[np.float64], late: npt.NDArray[np.float64], agreement: npt.NDArray[np.float64]
) -> tuple[float, float, npt.NDArray[np.bool_]]:
    """Fit a line through most points: its height at their mean, its slope, and which points are on it."""
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
        slope, height = np.polyfit(at[near] - mid, late[near], 1, w=agreement[near])
    return float(height), float(slope), near
