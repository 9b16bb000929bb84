"""Calls of voices: `library.voice`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from map4.base.actor import needs
from map4.base.given_paths import Paths
from map4.base.options import USUAL, takes
from map4.errors import UsageError
from map4.extras.voice.records import Vocals, VoiceEvent, VoiceSpan, VoiceSummary
from map4.extras.voice.store import SqlVoices
from map4.extras.voice.use import Detection
from map4.part import LibraryPart, end_of

if TYPE_CHECKING:
    from map4.extras.voice.options import VoiceOptions

_SPAN = re.compile(r"(?:(\d+):)?(\d+(?:\.\d+)?)-(?:(\d+):)?(\d+(?:\.\d+)?)")


@needs("scan")
class VoicePart(LibraryPart):
    """Where somebody sings or speaks; each track has it as `extras.voice` (`track.block("voice")`)."""

    @takes("map4.extras.voice.options:VoiceOptions")
    def detect(self, tracks: Paths | None = None, options: VoiceOptions = USUAL, **keywords: Any) -> VoiceSummary:
        """Find voices in tracks where they are unknown.

        tracks: tracks of this library or their names; None means all analysed tracks that are present
        raises UsageError: if the extra's package is missing and some tracks need it
        """
        return end_of(self.detect_events(tracks, options), VoiceSummary)

    @takes("map4.extras.voice.options:VoiceOptions")
    def detect_events(
        self, tracks: Paths | None = None, options: VoiceOptions = USUAL, **keywords: Any
    ) -> Iterator[VoiceEvent]:
        """Like `detect`, but yield events; each result is stored before its event."""
        self._store.require_writable()
        services = self._services
        return Detection(self._store, services.lanes, services.decoder, options).run(self._all_or(tracks))

    @needs("correct")
    def set(self, tracks: Paths, text: str) -> int:
        """Set the voices of tracks; returns the number of recordings.

        text: "none"; spans such as "0:30-1:20,2:10-3:00"; or "auto", which removes what was set
        raises UsageError: if it is something else
        """
        self._store.require_writable()
        spans = _spans(text)
        by_id = {track.audio_id: track for track in self._tracks(tracks) if track.audio_id and track.analysis}
        if spans is None:
            self._store.part(SqlVoices).unset([audio_id for audio_id in by_id if audio_id])
        else:
            with self._store.at_once():
                for audio_id, track in by_id.items():
                    assert audio_id is not None
                    assert track.analysis is not None
                    self._store.part(SqlVoices).put(audio_id, Vocals.of(spans, track.analysis.duration_s, "user"))
        return len(by_id)


def _spans(text: str) -> tuple[VoiceSpan, ...] | None:
    """The spans of a text; None for "auto"."""
    if text in ("none", "auto"):
        return () if text == "none" else None
    matches = [_SPAN.fullmatch(part.strip()) for part in text.split(",")]
    times = [
        (60.0 * int(m[1] or 0) + float(m[2]), 60.0 * int(m[3] or 0) + float(m[4])) for m in matches if m is not None
    ]
    if len(times) < len(matches) or any(end_s <= start_s for start_s, end_s in times):
        raise UsageError(f"voice={text} is neither none, auto nor spans such as 0:30-1:20,2:10-3:00")
    return tuple(VoiceSpan(start_s=start_s, end_s=end_s, confidence=1.0) for start_s, end_s in sorted(times))
