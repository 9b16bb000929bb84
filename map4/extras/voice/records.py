"""Records of voices: what is known of a track, and the events of a run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, TypeVar

from map4.core.base.records import Fraction3, Json, Record, Seconds, ShownPath
from map4.core.music.track.track import Failure

VoiceSource = Literal["user", "imported", "lyrics", "model"]
Number = TypeVar("Number", int, float)


class VoiceSpan(Record):
    """A part of a track in which somebody sings or speaks.

    confidence: probability that this is right, 0-1
    """

    start_s: Seconds
    end_s: Seconds
    confidence: Fraction3


def joined(parts: Iterable[tuple[Number, Number]], gap: Number) -> list[tuple[Number, Number]]:
    """The parts, given by time, without gaps that are shorter, nor overlaps."""
    whole: list[tuple[Number, Number]] = []
    for start, end in parts:
        if whole and start - whole[-1][1] < gap:
            whole[-1] = (whole[-1][0], max(whole[-1][1], end))
        else:
            whole.append((start, end))
    return whole


def sure_spans(times: Iterable[tuple[float, float]]) -> tuple[VoiceSpan, ...]:
    """The spans of times that may overlap, in any order."""
    parts = joined(sorted((max(0.0, start_s), end_s) for start_s, end_s in times if end_s > 0.0), 0.0)
    return tuple(VoiceSpan(start_s=start_s, end_s=end_s, confidence=1.0) for start_s, end_s in parts)


class Vocals(Record):
    """Where somebody sings or speaks in a track.

    source: set by a person, imported from a DJ program, from the times of lyrics, or detected
    percent: share of the track, 0-100
    intro_s: time until the first voice; None without a voice
    outro_s: time after the last voice; None without a voice
    spans: by time; a person's and imported spans have a confidence of 1
    """

    source: VoiceSource
    percent: Annotated[float, Json(1, minimum=0, maximum=100)]
    intro_s: Seconds | None
    outro_s: Seconds | None
    spans: tuple[VoiceSpan, ...]

    @classmethod
    def of(cls, spans: tuple[VoiceSpan, ...], duration_s: float, source: VoiceSource) -> Vocals:
        """The record of spans that may reach beyond the end of the track."""
        inside = tuple(span for span in spans if span.start_s < duration_s)
        sung = joined(sorted((span.start_s, min(span.end_s, duration_s)) for span in inside), 0.0)
        return cls(
            source=source,
            percent=round(100.0 * sum(end - start for start, end in sung) / duration_s, 1) if duration_s else 0.0,
            intro_s=sung[0][0] if sung else None,
            outro_s=round(duration_s - sung[-1][1], 3) if sung else None,
            spans=inside,
        )


class VoiceDone(Record, kind="voice"):
    """A track whose voices were looked for.

    voice: None after a failure
    """

    path: ShownPath
    audio_id: str
    voice: Vocals | None
    failure: Failure | None = None


class VoiceSummary(Record, kind="voice-summary"):
    """The end of a run.

    detected, lyrics, imported: recordings with new spans, by source
    known: recordings that were known, or failed before
    failed: recordings that could not be read
    """

    detected: int = 0
    lyrics: int = 0
    imported: int = 0
    known: int = 0
    failed: int = 0


VoiceEvent = VoiceDone | VoiceSummary
