"""Key changes within a track."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from map4.core.dsp.best_path import best_path
from map4.core.dsp.spectrum.filters import PITCH_RATE_HZ, FloatArray
from map4.core.dsp.spectrum.semitones import loud_frames
from map4.core.dsp.tonal.key_network import KeyActivations, judge
from map4.core.dsp.tonal.key_scorer import N_KEYS, FloatVector, key_at, key_scores
from map4.core.dsp.tonal.pitch_class_views import FrameViews, summed_up
from map4.core.music.analysis.analysis import KeySegment

WINDOW_S = 18.0
"""Long enough for a phrase that establishes its key; shorter windows give the current chord."""
HOP_S = 6.0
CHANGE_COST = 3.0
"""Log probability that a key change must gain, once for the whole stretch after it."""
LEAST_SEGMENT_S = 16.0
WINDOWS_AT_ONCE = 64
"""Limits memory, so that a three-hour mix takes no more than a track."""
LEAST_CONFIDENCE = 0.75
"""Minimum confidence of the key of each part, analysed separately."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeyFrames:
    """The basis of keys, by frame: windows overlap, but each frame is analysed once.

    total: shape (n,), sum of a frame's pitches
    views: of all frames
    course: output of the key network
    """

    total: FloatArray
    views: FrameViews
    course: KeyActivations

    def scores(self, spans: Iterable[tuple[int, int]]) -> FloatVector:
        """Log probabilities of the keys for spans of frames [first, last); uniform in silence."""
        spans = list(spans)
        scores = np.full((len(spans), N_KEYS), -math.log(N_KEYS))
        # Batch spans with equal numbers of loud frames and moments, which most are.
        alike: dict[tuple[int, int], list[tuple[int, npt.NDArray[np.int64], range]]] = {}
        for place, (first, last) in enumerate(spans):
            loud = first + np.flatnonzero(loud_frames(self.total[first:last]))
            moments = self.course.between(first, last)
            if loud.size:
                alike.setdefault((loud.size, len(moments)), []).append((place, loud, moments))
        for windows in alike.values():
            for begin in range(0, len(windows), WINDOWS_AT_ONCE):
                places, frames_in, moments_in = zip(*windows[begin : begin + WINDOWS_AT_ONCE], strict=True)
                opinion = judge(self.course.moments[np.array(moments_in, dtype=np.int64)])
                scores[list(places)] = key_scores(summed_up(self.views.at(np.array(frames_in))), second_opinion=opinion)
        return scores


def estimate_key_map(frames: KeyFrames, duration_s: float) -> tuple[KeySegment, ...]:
    """Find the parts of a track with different keys.

    Windows are scored like whole files; the most probable path through the keys pays for every change. It is used only
    if every part, analysed separately, clearly has the same key.

    frames: of a track of any length that has a key (`Tonality.frames`)
    returns: At least two segments, without gaps from 0 to the end, neighbours in different keys, with borders accurate
        to a few seconds; empty if no key change is clear.
    """
    if duration_s < 2 * LEAST_SEGMENT_S:
        return ()
    window, hop = round(WINDOW_S * PITCH_RATE_HZ), round(HOP_S * PITCH_RATE_HZ)
    n_frames = frames.total.size
    starts = range(0, max(1, n_frames - window + 1), hop)
    scores = frames.scores((s, s + window) for s in starts)
    best = best_path(scores * (hop / window), CHANGE_COST * (np.eye(N_KEYS) - 1.0))
    changes = [i for i in range(1, best.size) if best[i] != best[i - 1]]
    if not changes:
        return ()
    borders = [0, *(starts[i] + (window - hop) // 2 for i in changes), n_frames]
    keys = [int(best[0]), *(int(best[i]) for i in changes)]
    segments = []
    segment_scores = frames.scores(pairwise(borders))
    for index, ((first, last), key) in enumerate(zip(pairwise(borders), keys, strict=True)):
        confidence = math.exp(segment_scores[index, key])
        if (last - first) / PITCH_RATE_HZ < LEAST_SEGMENT_S or confidence < LEAST_CONFIDENCE:
            return ()
        end_s = duration_s if index == len(keys) - 1 else last / PITCH_RATE_HZ
        segments.append(KeySegment(start_s=first / PITCH_RATE_HZ, end_s=end_s, key=key_at(key), confidence=confidence))
    return tuple(segments)
