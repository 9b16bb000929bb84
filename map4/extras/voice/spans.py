"""From the model's chances of speech, singing and music to spans with a voice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from map4.extras.voice.records import VoiceSpan, joined

Floats = NDArray[np.float32]
RATE_HZ = 10  # chances per second
_SMOOTH_S = 0.5  # length of the mean that chances are smoothed by
_THRESHOLD, _SLOPE = 0.6, 8.0
"""Where the smoothed chance of the model is as likely wrong as right, and how fast it becomes certain; chosen on the
open half of lab/measure/voice.py."""
_LEAST_SPAN_S, _LEAST_GAP_S = 0.6, 0.5  # shorter calls are dropped; shorter breaths belong to the span
_SPARSE, _LONG_S, _SURE = 0.1, 3.0, 0.85
"""In tracks with a smaller share of voices, shorter spans that are less sure are dropped: most are instruments."""


def voice_chances(frames: Floats) -> Floats:
    """The chance of a voice, shape (n,), of the chances of speech, singing and music, shape (n, 3)."""
    if not len(frames):
        return np.empty(0, np.float32)
    voice = np.maximum(frames[:, 0], frames[:, 1])
    wide = round(_SMOOTH_S * RATE_HZ)
    padded = np.pad(voice, (wide // 2, wide - 1 - wide // 2), mode="edge")
    smooth = np.convolve(padded, np.full(wide, 1.0 / wide), mode="valid")
    return (1.0 / (1.0 + np.exp(-_SLOPE * (smooth - _THRESHOLD)))).astype(np.float32)


def spans_of(chances: Floats) -> tuple[VoiceSpan, ...]:
    """The spans where a voice is likelier than not, each with its mean chance."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (chances > 0.5).astype(np.int8), [0]])))
    parts = joined([(int(start), int(end)) for start, end in edges.reshape(-1, 2)], round(_LEAST_GAP_S * RATE_HZ))
    spans = [
        VoiceSpan(start_s=start / RATE_HZ, end_s=end / RATE_HZ, confidence=round(float(chances[start:end].mean()), 3))
        for start, end in parts
        if end - start >= _LEAST_SPAN_S * RATE_HZ
    ]
    is_sparse = sum(span.end_s - span.start_s for span in spans) * RATE_HZ < _SPARSE * len(chances)
    return tuple(
        span for span in spans if not is_sparse or span.confidence >= _SURE or span.end_s - span.start_s >= _LONG_S
    )
