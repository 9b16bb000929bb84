"""Beat times by dynamic programming, and the straight grid through them."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from map4.core.dsp.compiled import call, kernels
from map4.core.dsp.rhythm.beat_network import BEAT_RATE_HZ, POOLED_FRAMES
from map4.core.dsp.rhythm.onsets import OnsetEnvelopes
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.spectral_pass import FloatArray
from map4.core.music.analysis.analysis import Grid

FloatVector = npt.NDArray[np.float64]

TIGHTNESS = 100.0
"""Weight of log(interval / period)^2 against an envelope of standard deviation 1 (Ellis 2007)."""
ACTIVATION_GAIN = 4.0
"""Weight of the probability of a beat against an envelope of standard deviation 1, which balances both. Higher weights
help with rendered music, which the network knows, and harm recordings."""
EVEN_TIGHTNESS = 3000.0
"""Tightness for music with a single tempo: the path can't slip to the off-beat, which may sound like the beat for bars,
but still allows 1 % drift from beat to beat."""
EVEN_SHARE = 0.9
"""Minimum activation of the network at such beats relative to the other beats; it is lower for free playing."""
LINE_SHARE = 0.85
"""Minimum activation of the network at the lines of a straight grid, relative to the beats. Of 762 pieces, free playing
reaches .83; players and machines with a click have .86 and more, even if the beats slipped."""
LONGEST_STEP = 2.0
"""Periods; the previous beat is searched from half a period to this far back."""
ONSET_BIAS_S = 0.0035
"""Delay of the sharp envelope's peaks. It depends on the attack, which neither the peak nor its flank reveals: clicks
-5 ms, drums -1, whole tracks of the demo -2 to 9 (half of them above 5), a sound font's bands 8 to 15. This value keeps
all within 12 ms."""
REFINE_FRAMES = 2
"""The nearest peak of the envelope is searched within this distance (20 ms) of a beat."""
GRID_OUTLIER = 0.15
"""Periods; beats farther from the line are ignored."""
WEAK_END_SHARE = 0.2
"""Beats before the first and after the last beat of this strength (1 = median) only continue into silence."""
LEAST_GRID_BEATS = 4
LEAST_GRID_SHARE = 0.9
"""Minimum share of beats near the line; with fewer, a straight grid would mislead DJs. Lines through playing in time
have .95 and more, lines through free playing .84 and less; these depend on the few bars near them, so that the tempo of
copies of one recording differs by up to .2 BPM."""
SAME_LINE = 0.2
"""Periods by which two equal lines may differ from the first beat to the last. If the beats' line differs more from the
tempo of all onsets, one of them is wrong. If they are equal, the tempo of all onsets defines the grid: it varies by
less than .02 BPM between copies of a recording, the beats' own by up to .1."""
GRID_ROUNDS = 3
"""Number of fits, each without the outliers of the previous fit."""
FOLD_STEPS = 48
"""Parts of a period into which an envelope is folded."""
FOLD_NEIGHBOUR = 0.7
"""Weight of adjacent parts, so that an onset between two parts counts like an onset within a part."""
OVERRULED = 1.5
"""The network must have this many times more activation elsewhere to overrule the phase of most tracked beats. It knows
rendered music and would be right more often with 1.0, but then misses the beat of some recordings."""
PHASE_REACH_S = 0.03
"""The network is accurate to 20 ms (two frames); within this distance the onsets decide where the grid is."""
PHASE_ROUNDS = 2
"""Number of times the grid is moved onto the peaks nearest to its lines."""


def track_beats(
    onset_envelope: FloatArray,
    bpm: float | FloatVector,
    activation: FloatArray | None = None,
    *,
    tightness: float = TIGHTNESS,
) -> FloatVector:
    """Track the beats of a known tempo.

    onset_envelope: shape (n,), non-negative, at `ShortWindow.RATE_HZ`
    bpm: tempo, 30-330, or the tempo at each frame, shape (n,)
    activation: shape (ceil(n / 2),), probability of a beat at `BEAT_RATE_HZ`, or None to use only the onsets
    tightness: cost of leaving the tempo
    returns: Times in seconds, ascending, >= 0, with sub-frame precision; empty without any onset.

    [1] Ellis, "Beat tracking by dynamic programming", J. New Music Research 36(1), 2007.
    """
    spread = float(onset_envelope.std())
    if spread <= 0.0:
        return np.zeros(0)
    onsets = (onset_envelope / spread).astype(np.float32)  # so that tightness weighs the same in quiet and loud tracks
    # Half of the frames take a quarter of the time; the onsets then give the exact times.
    rises = _strongest_of_two(onsets)
    local = rises if activation is None else rises + np.float32(ACTIVATION_GAIN) * activation
    period = np.broadcast_to(60.0 * BEAT_RATE_HZ / np.asarray(bpm), onsets.size)[::POOLED_FRAMES]
    frames = _backtrack(*_accumulate(local, period, tightness))
    # The network continues the beat into silence.
    frames = POOLED_FRAMES * _trimmed(frames, rises)
    times = (_refined(frames, onsets) / ShortWindow.RATE_HZ) - ONSET_BIAS_S
    return np.maximum(times, 0.0)


def fit_grid(beats_s: FloatVector, bpm: float) -> Grid | None:
    """Straight line of a given tempo through beats, if they keep to it.

    beats_s: ascending times in seconds
    bpm: tempo of all onsets together
    returns: The grid, whose first beat is the first one not before zero. None with fewer than four beats, if the beats'
        own line (least squares) differs from the given tempo, or if less than 90 % of the beats are near the line.
    """
    if beats_s.size < LEAST_GRID_BEATS:
        return None
    period_s = 60.0 / bpm
    # A missed beat leaves a step of two, so that the numbers stay proportional to time.
    number = np.concatenate([[0.0], np.cumsum(np.maximum(1.0, np.rint(np.diff(beats_s) / period_s)))])
    slope, start = _line(number, beats_s)
    for _ in range(GRID_ROUNDS):
        distance = np.abs(beats_s - (start + slope * number))
        # Keep at least half of the beats: the first line through drifting beats may miss most of them.
        inliers = distance <= max(GRID_OUTLIER * period_s, float(np.median(distance)))
        slope, start = _line(number[inliers], beats_s[inliers])
    if abs(slope / period_s - 1.0) * number[-1] > SAME_LINE:
        return None
    start = float(np.median(beats_s - period_s * number))  # a median ignores beats off the line
    near = np.abs(beats_s - (start + period_s * number)) <= GRID_OUTLIER * period_s
    return _grid(start, period_s) if np.mean(near) >= LEAST_GRID_SHARE else None


def steady_grid(
    envelopes: OnsetEnvelopes, bpm: float, beats_s: FloatVector | None = None, activation: FloatArray | None = None
) -> Grid:
    """Grid of an exactly known, steady tempo.

    The phase is that of most beats, unless the network has far more activation elsewhere: beats that slip to the
    off-beat may stay there for minutes. Without beats, it is the phase with the largest total rise of the sound. The
    phase is constant over the track: fitted to single beats, a break with only off-beats would bend the line.

    bpm: tempo of the whole track
    beats_s: times in seconds, or None
    activation: as for `track_beats`
    """
    period_s = 60.0 / bpm
    start = _strongest_phase(envelopes.magnitude, beats_s, activation, bpm) * period_s - ONSET_BIAS_S
    for _ in range(PHASE_ROUNDS):
        lines = start + period_s * np.arange(math.floor(envelopes.sharp.size / ShortWindow.RATE_HZ / period_s))
        frames = np.rint(lines * ShortWindow.RATE_HZ).astype(np.int64)
        away = _refined(frames, envelopes.sharp) / ShortWindow.RATE_HZ - ONSET_BIAS_S - lines
        strength = _strength(frames, envelopes.sharp)
        strong = strength >= np.median(strength) if strength.size else strength > 0.0
        start += float(np.median(away[strong])) if strong.any() else 0.0
    return _grid(start, period_s)


def even_beats(onset_envelope: FloatArray, bpm: float, activation: FloatArray, beats_s: FloatVector) -> FloatVector:
    """Beats that keep strictly to the tempo, if they form a straight line that the network supports; else those given.

    onset_envelope, bpm, activation: as for `track_beats`
    beats_s: beats that follow the tempo more freely, shape (b,)
    """
    even = track_beats(onset_envelope, bpm, activation, tightness=EVEN_TIGHTNESS)
    is_line = fit_grid(even, bpm) is not None and beats_s.size > 0
    return even if is_line and chance_at(activation, even) >= EVEN_SHARE * chance_at(activation, beats_s) else beats_s


def supports_grid(grid: Grid, activation: FloatArray, beats_s: FloatVector) -> bool:
    """Whether the network supports a straight grid: its activation at the lines is about that at the beats.

    grid: from `steady_grid`
    activation: as for `track_beats`
    beats_s: beats that may leave the grid, shape (b,), b >= 1
    """
    return chance_at(activation, _lines(grid, beats_s)) >= LINE_SHARE * chance_at(activation, beats_s)


def beats_on_grid(beats_s: FloatVector, grid: Grid) -> FloatVector:
    """Beats of a steady track: the beats near the grid, and grid lines elsewhere, from the first beat to the last.

    beats_s: ascending times in seconds, not empty
    grid: through these beats
    """
    return snapped(_lines(grid, beats_s), beats_s, GRID_OUTLIER * 60.0 / grid.bpm)


def snapped(lines: FloatVector, beats_s: FloatVector, reach_s: float) -> FloatVector:
    """The beats nearest to some times, or the times themselves if no beat is within reach; none before zero."""
    after = np.clip(np.searchsorted(beats_s, lines), 1, beats_s.size - 1)
    before = beats_s[after - 1]
    nearest = np.where(lines - before <= beats_s[after] - lines, before, beats_s[after])
    on_grid: FloatVector = np.where(np.abs(nearest - lines) <= reach_s, nearest, lines)
    return on_grid[on_grid >= 0.0]


def interval_stability(beats_s: FloatVector) -> float | None:
    """1 - std/mean of the intervals between beats, clipped to [0, 1]; None with fewer than three beats."""
    if beats_s.size < 3:
        return None
    intervals = np.diff(beats_s)
    return float(np.clip(1.0 - intervals.std() / intervals.mean(), 0.0, 1.0))


def _lines(grid: Grid, beats_s: FloatVector) -> FloatVector:
    """Lines of a grid from the first beat to the last."""
    period_s = 60.0 / grid.bpm
    first, last = (round((time_s - grid.first_beat_s) / period_s) for time_s in (beats_s[0], beats_s[-1]))
    return grid.first_beat_s + period_s * np.arange(first, last + 1)


def chance_at(activation: FloatArray, beats_s: FloatVector) -> float:
    """Mean probability of a beat within a frame of some times, at least one."""
    return float(chances_at(activation, beats_s).mean())


def chances_at(activation: FloatArray, beats_s: FloatVector) -> FloatArray:
    """Probability of a beat within a frame of each time."""
    frames = np.rint((beats_s + ONSET_BIAS_S) * BEAT_RATE_HZ - 0.25).astype(np.int64)
    around = np.clip(frames[:, None] + np.arange(-1, 2), 0, activation.size - 1)
    nearby: FloatArray = activation[around].max(axis=1)
    return nearby


def _accumulate(local: FloatArray, period: FloatVector, tightness: float) -> tuple[FloatVector, npt.NDArray[np.int32]]:
    """Best score of a chain of beats that ends at each frame, and the length of its last step in frames.

    A step spans at least half a period, so this many frames depend on earlier frames only and are computed together.
    """
    shortest = max(2, round(float(period.min()) / 2.0))
    longest = max(shortest + 1, round(LONGEST_STEP * float(period.max())))
    steps = np.arange(longest, shortest - 1, -1, dtype=np.int32)
    n_frames = local.size
    score = np.zeros(longest + n_frames)  # frames before the first: a chain may start anywhere at no gain
    past = np.lib.stride_tricks.sliding_window_view(score, steps.size)
    best = np.empty(n_frames, dtype=np.int64)
    library, begins = kernels(), np.arange(0, n_frames, shortest)
    local = np.ascontiguousarray(local, dtype=np.float32)
    # Costs depend on the period, and are computed once for each stretch of equal period.
    edges = [0, *begins[1:][np.diff(period[begins]) != 0.0].tolist(), n_frames]
    for first, last in pairwise(edges):
        cost = tightness * np.square(np.log(steps / period[first]))
        if library is not None:
            call(
                library.map4_chain, local[first:], last - first, cost, steps.size, longest, score[first:], best[first:]
            )
            continue
        for start in range(first, last, shortest):
            stop = min(start + shortest, last)
            gain = past[start:stop] - cost
            gain.argmax(axis=1, out=best[start:stop])
            score[longest + start : longest + stop] = local[start:stop] + np.maximum.reduce(gain, axis=1)
    return score[longest:], steps[best]


def _backtrack(score: FloatVector, step: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    last_step = int(step[-1])
    # The last beat is within a step of the end.
    frame = score.size - last_step + int(score[-last_step:].argmax()) if last_step < score.size else int(score.argmax())
    frames = []
    while frame >= 0:
        frames.append(frame)
        frame -= int(step[frame])
    return np.array(frames[::-1], dtype=np.int64)


def _strength(frames: npt.NDArray[np.int64], local: FloatArray) -> FloatVector:
    """Largest value of the envelope within `REFINE_FRAMES` of each beat."""
    around = frames[:, None] + np.arange(-REFINE_FRAMES, REFINE_FRAMES + 1)
    return local[np.clip(around, 0, local.size - 1)].max(axis=1).astype(np.float64)


def _trimmed(frames: npt.NDArray[np.int64], local: FloatArray) -> npt.NDArray[np.int64]:
    """Drop the weak beats at both ends."""
    strength = _strength(frames, local)
    strong = np.nonzero(strength >= WEAK_END_SHARE * np.median(strength))[0]
    return frames[strong[0] : strong[-1] + 1]


def _refined(frames: npt.NDArray[np.int64], local: FloatArray) -> FloatVector:
    """Vertex of the parabola through the nearest peak of the envelope, in frames."""
    around = np.clip(frames[:, None] + np.arange(-REFINE_FRAMES, REFINE_FRAMES + 1), 0, local.size - 1)
    peak = around[np.arange(frames.size), local[around].argmax(axis=1)]
    before, here, after = (local[np.clip(peak + shift, 0, local.size - 1)].astype(np.float64) for shift in (-1, 0, 1))
    curvature = before - 2.0 * here + after
    is_peak = (here >= before) & (here >= after) & (curvature < 0.0) & (peak > 0)
    offset = np.where(is_peak, 0.5 * (before - after) / np.where(is_peak, curvature, 1.0), 0.0)
    return peak + offset


def _grid(start_s: float, period_s: float) -> Grid:
    return Grid(first_beat_s=max(0.0, start_s - math.floor(start_s / period_s) * period_s), bpm=60.0 / period_s)


def _strongest_phase(
    envelope: FloatArray, beats_s: FloatVector | None, activation: FloatArray | None, bpm: float
) -> float:
    """Position within the beat, 0 to 1, with the maximum of a folded envelope; near the beats, if any."""
    folded = _folded(np.arange(envelope.size), envelope, bpm)
    if beats_s is None or not beats_s.size:
        return float(folded.argmax()) / FOLD_STEPS
    most = _folded((beats_s + ONSET_BIAS_S) * ShortWindow.RATE_HZ, np.ones(beats_s.size, dtype=np.float32), bpm)
    near = _is_near_phase(int(most.argmax()), bpm)
    if activation is not None:
        nearby = _folded(POOLED_FRAMES * (np.arange(activation.size) + 0.25), activation, bpm)
        if nearby.max() >= OVERRULED * nearby[near].max():
            near = _is_near_phase(int(nearby.argmax()), bpm)
    return float(np.where(near, folded, -1.0).argmax()) / FOLD_STEPS


def _is_near_phase(step: int, bpm: float) -> npt.NDArray[np.bool_]:
    """Which parts of a period are within `PHASE_REACH_S` of a part, shape (48,)."""
    away = np.abs((np.arange(FOLD_STEPS) - step + FOLD_STEPS // 2) % FOLD_STEPS - FOLD_STEPS // 2)
    return away <= max(1, round(PHASE_REACH_S * bpm / 60.0 * FOLD_STEPS))


def _folded(frames: npt.NDArray[Any], values: FloatArray, bpm: float) -> FloatVector:
    """Sum of values over their position within the beat, shape (48,)."""
    place = frames * (bpm / 60.0 / ShortWindow.RATE_HZ) % 1.0 * FOLD_STEPS
    step = place.astype(np.int64)
    share = place - step
    folded: FloatVector = np.bincount(step % FOLD_STEPS, values * (1.0 - share), FOLD_STEPS).astype(np.float64)
    folded = folded + np.bincount((step + 1) % FOLD_STEPS, values * share, FOLD_STEPS)
    return folded + FOLD_NEIGHBOUR * (np.roll(folded, 1) + np.roll(folded, -1))


def _strongest_of_two(onsets: FloatArray) -> FloatArray:
    """The larger of every two frames, shape (ceil(n / 2),)."""
    even = onsets[: onsets.size // POOLED_FRAMES * POOLED_FRAMES].reshape(-1, POOLED_FRAMES).max(axis=1)
    return even if onsets.size % POOLED_FRAMES == 0 else np.concatenate([even, onsets[-1:]])


def _line(x: FloatVector, y: FloatVector) -> tuple[float, float]:
    """Slope and intercept of the least-squares line."""
    centred = x - x.mean()
    slope = float(centred @ (y - y.mean()) / (centred @ centred))
    return slope, float(y.mean() - slope * x.mean())
