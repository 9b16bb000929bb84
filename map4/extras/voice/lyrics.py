"""Spans from the times of lyrics: a line begins when it is sung, and ends by its words or with the next."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from map4.core.audio.tags.lyrics import lyrics_of
from map4.extras.voice.records import VoiceSpan, joined

_LETTER_S, _LEAST_S, _MOST_S = 0.1, 1.5, 8.0
"""Time of a letter, and bounds of a line: with the lines of 38 UltraStar songs as lyrics, .90 of the seconds are sung,
and .90 of the sung ones are in a span."""
_BREATH_S = 1.0
CONFIDENCE = 0.9


def spans_beside(path: str) -> tuple[VoiceSpan, ...]:
    """The spans of timed lyrics in a file's tags or beside it."""
    lyrics = lyrics_of(path)
    lines = lyrics.lines if lyrics is not None and lyrics.is_synced else ()
    return spans_of_lyrics(((line.start_ms or 0) / 1000.0, line.text) for line in lines)


def spans_of_lyrics(timed: Iterable[tuple[float, str]]) -> tuple[VoiceSpan, ...]:
    """The spans of lines with their times, in order; lines without words are pauses."""
    lines = list[tuple[float, float]]()
    for (start_s, text), (next_s, _) in pairwise([*timed, (math.inf, "")]):
        if text.strip(" \t\u266a\u266b"):
            lasts_s = min(_MOST_S, max(_LEAST_S, _LETTER_S * len(text)))
            lines.append((start_s, min(start_s + lasts_s, next_s)))
    return tuple(
        VoiceSpan(start_s=round(start_s, 3), end_s=round(end_s, 3), confidence=CONFIDENCE)
        for start_s, end_s in joined(lines, _BREATH_S)
        if end_s > start_s
    )
