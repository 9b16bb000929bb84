"""Voices of tracks: from imported spans, from the times of lyrics, or by listening in workers; `library.voice`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from map4.core.audio.jobs import Decoded, DecodeJob, LaneFactory, LaneJob, Stamp
from map4.core.base.actor import needs
from map4.core.base.call_options import USUAL, takes
from map4.core.base.machine import usable_cores
from map4.core.base.paths import Paths, display_path
from map4.core.music.track.track import Failure, Track
from map4.core.store.sql_store import Store
from map4.errors import FileError, UsageError
from map4.extras.voice.lyrics import spans_beside
from map4.extras.voice.options import SETTING, VoiceOptions, require_model
from map4.extras.voice.records import Vocals, VoiceDone, VoiceEvent, VoiceSpan, VoiceSummary, sure_spans
from map4.extras.voice.store import SqlVoices
from map4.library.part import LibraryPart
from map4.scan import Dispatcher

LISTENER = "map4.extras.voice.listener"
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
        return self._end_of(self.detect_events(tracks, options), VoiceSummary)

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


@dataclass(slots=True)
class Detection:
    """Finds voices of tracks; each result is stored before its event.

    lanes: where files are decoded
    decoder: the value of the setting `analysis.decoder`
    """

    store: Store
    lanes: LaneFactory
    decoder: str
    options: VoiceOptions
    _counts: Counter[str] = field(default_factory=Counter, init=False)
    _unread: list[VoiceDone] = field(default_factory=list, init=False)

    def run(self, tracks: Iterable[Track]) -> Iterator[VoiceEvent]:
        """Yield each recording with new spans or a failure, and a summary.

        raises UsageError: at the end, if the package is missing and some tracks need it
        """
        known, waiting = self.store.part(SqlVoices).states(), list[_Recording]()
        for track in tracks:
            if track.audio_id is None or track.state != "ok" or track.analysis is None:
                continue
            recording = _Recording(track.path, track.audio_id, track.analysis.duration_s)
            is_read = known.get(track.audio_id)
            known[track.audio_id] = True
            voice, imported = track.block("voice"), track.imported
            is_surpassed = voice is not None and voice.source == "model" and bool(imported and imported.vocals)
            is_again = self.options.force or (self.options.retry_failed and not is_read) or is_surpassed
            if is_read is not None and not is_again:
                self._counts["known"] += 1
            elif (voice := _written(track, recording.length_s)) is not None:
                yield self._put(recording, voice)
            else:
                waiting.append(recording)
        if waiting:
            require_model()
            yield from self._listened(waiting)
        yield VoiceSummary(**self._counts)

    def _listened(self, waiting: Sequence[_Recording]) -> Iterator[VoiceDone]:
        recordings = {recording.path: recording for recording in waiting}
        dispatcher = Dispatcher(
            self.lanes(max(1, min(self.options.jobs or usable_cores(), len(waiting)))),
            self._jobs(waiting),
            self.options.timeout_s,
        )
        with closing(dispatcher.run()) as outcomes:  # type: ignore[type-var]
            for job, outcome in outcomes:
                if isinstance(outcome, Failure):
                    yield self._failed(recordings[job.path], outcome)
                else:
                    assert isinstance(outcome, Decoded)
                    yield self._put(recordings[job.path], outcome.added[SETTING])
        yield from self._unread

    def _jobs(self, waiting: Sequence[_Recording]) -> Iterator[LaneJob]:
        for recording in waiting:
            try:
                stamp = Stamp.of_file(recording.path)
            except FileError as error:
                self._unread.append(self._failed(recording, Failure.of(error)))
                continue
            decoder, length_s = f"{LISTENER}:{self.decoder}", recording.length_s
            yield DecodeJob(path=recording.path, stamp=stamp, decoder=decoder, length_s=length_s)

    def _put(self, recording: _Recording, voice: Vocals) -> VoiceDone:
        self.store.part(SqlVoices).put(recording.audio_id, voice)
        self._counts["detected" if voice.source == "model" else voice.source] += 1
        return VoiceDone(path=recording.path, audio_id=recording.audio_id, voice=voice)

    def _failed(self, recording: _Recording, failure: Failure) -> VoiceDone:
        if failure.kind != "vanished":  # a drive may be missing
            self.store.part(SqlVoices).put(recording.audio_id, None)
        self._counts["failed"] += 1
        return VoiceDone(path=recording.path, audio_id=recording.audio_id, voice=None, failure=failure)


class VoicesInScans:
    """Detects the voices of analysed files in the pass of a scan.

    raises UsageError: without the package of the model
    """

    def __init__(self, store: Store) -> None:
        require_model(f"the setting {SETTING}")
        self._voices = store.part(SqlVoices)
        self._known = self._voices.states()

    def decoder(self, name: str, audio_id: str) -> str:
        """The decoder that listens, too, to a recording of unknown voices."""
        return name if audio_id in self._known else f"{LISTENER}:{name}"

    def keep(self, audio_id: str, voice: Vocals) -> None:
        """Store what was heard."""
        self._voices.put(audio_id, voice)


class _Recording(NamedTuple):
    path: str
    audio_id: str
    length_s: float


def _written(track: Track, duration_s: float) -> Vocals | None:
    """Spans of a DJ program, or of the times of lyrics."""
    if track.imported and (spans := sure_spans((span.start_s, span.end_s) for span in track.imported.vocals)):
        return Vocals.of(spans, duration_s, "imported")
    spans = () if track.lyrics_language is None else spans_beside(track.path)
    return Vocals.of(spans, duration_s, "lyrics") if spans else None
