"""Voices of a track where a DJ needs them: two at once in a joint, the first and last as cue points, a band."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from map4.core.music.analysis.inside import DetectedCue
from map4.core.music.track.track import Track
from map4.extras.voice.records import Vocals
from map4.library import hookspecs

Floats = NDArray[np.float64]


@hookspecs.two_voices.implementation
def two_voices(a: Track, b: Track) -> Callable[[float, float, float, float], float] | None:
    """Returns how long two voices are heard in an overlap; None if one track is unknown."""
    of_a, of_b = voices_of(a), voices_of(b)
    return None if of_a is None or of_b is None else lambda *overlap: _both_s(of_a, of_b, *overlap)


def voices_of(track: Track) -> Floats | None:
    """Start and end of each span with a voice, in seconds, shape (n, 2); None if it is unknown."""
    voice: Vocals | None = track.block("voice")
    spans = voice.spans if voice is not None else track.imported.vocals if track.imported else ()
    if voice is None and not spans:
        return None
    return np.array([(span.start_s, span.end_s) for span in spans], np.float64).reshape(-1, 2)


def _both_s(a: Floats, b: Floats, leave_s: float, leave_until_s: float, enter_s: float, enter_until_s: float) -> float:
    """Seconds of A in which both tracks have a voice."""
    on_clock_of_a = leave_s + (b - enter_s) * (leave_until_s - leave_s) / (enter_until_s - enter_s)
    starts = np.maximum(np.maximum(a[:, None, 0], on_clock_of_a[None, :, 0]), leave_s)
    ends = np.minimum(np.minimum(a[:, None, 1], on_clock_of_a[None, :, 1]), leave_until_s)
    return float(np.maximum(0.0, ends - starts).sum())


@hookspecs.cues.implementation
def cues_of(track: Track) -> Iterator[DetectedCue]:
    """The first and last voice as suggested cue points."""
    voice: Vocals | None = track.block("voice")
    if voice is not None and voice.spans:
        first, last = voice.spans[0], voice.spans[-1]
        yield DetectedCue(
            kind="first_vocal", position_s=first.start_s, reason="a voice begins", confidence=first.confidence
        )
        yield DetectedCue(kind="last_vocal", position_s=last.end_s, reason="no voice after", confidence=last.confidence)


@hookspecs.track_bands.implementation
def bands_of(track: Track) -> Iterator[tuple[str, list[tuple[float, float, tuple[str, ...], float]]]]:
    """The band of the voices, stronger the surer they are."""
    voice: Vocals | None = track.block("voice")
    if voice is not None and voice.spans:
        yield "voices", [(span.start_s, span.end_s, ("voice",), 0.6 * span.confidence) for span in voice.spans]
