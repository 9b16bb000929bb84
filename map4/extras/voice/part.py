"""Calls of voices: `library.voice`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from map4.core.base.actor import needs
from map4.core.base.given_paths import Paths
from map4.core.base.options import USUAL, takes
from map4.core.base.paths import display_path
from map4.errors import UsageError
from map4.extras.voice.records import Vocals, VoiceEvent, VoiceSpan, VoiceSummary, sure_spans
from map4.extras.voice.store import SqlVoices
from map4.extras.voice.use import Detection
from map4.library.part import LibraryPart, end_of

if TYPE_CHECKING:
    from map4.extras.voice.options import VoiceOptions

_TIME = r"(?:([0-9]{1,4}):)?([0-9]{1,5}(?:\.[0-9]+)?)"
_SPAN, _MOST_SPANS = re.compile(f"{_TIME}-{_TIME}"), 1000


class VoicePart(LibraryPart, scope="scan"):
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
    def set(self, tracks: Paths, text: str, *, dry_run: bool = False) -> int:
        """Set the voices of tracks; returns the number of recordings.

        text: "none"; spans such as "0:30-1:20,2:10-3:00"; or "auto", which removes what was set
        raises UsageError: if it is something else
        """
        self._store.require_writable()
        spans = _spans(text)
        known = [(track, track.analysis, track.audio_id) for track in self._tracks(tracks)]
        by_id = {audio_id: (track.path, of.duration_s) for track, of, audio_id in known if audio_id and of}
        for path, duration_s in by_id.values():
            if spans and spans[-1].start_s >= duration_s:
                raise UsageError(f"a voice of {text} would begin after the end of {display_path(path)}")
        if spans is None and not dry_run:
            self._store.part(SqlVoices).unset(by_id)
        elif spans is not None and not dry_run:
            with self._store.at_once():
                for audio_id, (_, duration_s) in by_id.items():
                    self._store.part(SqlVoices).put(audio_id, Vocals.of(spans, duration_s, "user"))
        return len(by_id)


def _spans(text: str) -> tuple[VoiceSpan, ...] | None:
    """The spans of a text; None for "auto"."""
    if text in ("none", "auto"):
        return () if text == "none" else None
    matches = [_SPAN.fullmatch(part.strip()) for part in text.split(",")]
    times = [(60.0 * int(m[1] or 0) + float(m[2]), 60.0 * int(m[3] or 0) + float(m[4])) for m in matches if m]
    if not len(times) == len(matches) <= _MOST_SPANS or any(end_s <= start_s for start_s, end_s in times):
        raise UsageError(f"voice={text[:80]} is neither none, auto nor spans such as 0:30-1:20,2:10-3:00")
    return sure_spans(times)
