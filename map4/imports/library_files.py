"""Look up the files of a library for imports: by path, by name, and copies of a recording by their sound."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from map4.core.base.path_maps import Location
from map4.core.music.recording import KnownName, Recordings
from map4.core.store.sql_store import Store
from map4.core.store.substitutes import absent_roots
from map4.imports.rows import MatchedFile
from map4.library import hookspecs
from map4.search import Copy, TrackMatcher, WantedTrack, offset_of_copy

if TYPE_CHECKING:
    from map4.imports.store.imports import AwayAudio
    from map4.search import Offset


class LibraryFiles:
    """The files of a library, by names in entries and by sound."""

    def __init__(self, store: Store) -> None:
        names = store.tracks.known_names()
        self._store = store
        self._matcher = TrackMatcher(names)
        self._audio_ids = {name.path: name.audio_id for name in names}
        self._lengths_s = {name.audio_id: name.duration_s for name in names}
        absent = absent_roots(store.tracks)
        self._present = {name.path: name for name in names if not (name.is_missing or name.path.startswith(absent))}
        self._choices = [*hookspecs.chosen_files(store)]

    def match(self, wanted: WantedTrack, least_certainty: float) -> MatchedFile | None:
        """Return the file of an entry; None if no file matches with enough certainty, or if it is not identified yet:
        the entry is matched once it is."""
        paths = tuple(map(Location.as_file_name, wanted.paths))
        audio_id = wanted.audio_id or next((chosen for choose in self._choices if (chosen := choose(wanted))), None)
        named = replace(wanted, paths=paths, audio_id=audio_id)
        match = self._matcher.match(named, least_certainty=least_certainty)
        audio_id = None if match is None else self._audio_ids.get(match.path)
        if match is None or audio_id is None or match.certainty < least_certainty:
            return None
        return MatchedFile(audio_id=audio_id, path=match.path, method=match.method)

    def has_audio(self, audio_id: str) -> bool:
        """Return whether any file of the library, existing or gone, has this audio."""
        return audio_id in self._lengths_s

    def is_present(self, path: str) -> bool:
        """Return whether a file of the library existed when last checked."""
        return path in self._present

    def length_s(self, audio_id: str | None) -> float | None:
        """Return the length of audio; None if it was never measured."""
        return self._lengths_s.get(audio_id)

    def copy_of(self, away: AwayAudio) -> tuple[str, Offset] | None:
        """Return the audio of another copy of a recording, found by name or place and confirmed by sound."""
        old, candidates = None, dict.fromkeys(known.audio_id for known in self._candidates_like(away))
        for audio_id in candidates:
            if audio_id in (None, away.audio_id):
                continue
            old = old or sound_of(self._store, away.audio_id)
            new = None if old is None else sound_of(self._store, audio_id or "")
            offset = None if old is None or new is None else offset_of_copy(old, new)
            if offset is not None:
                return audio_id or "", offset
        return None

    def _candidates_like(self, away: AwayAudio) -> Iterator[KnownName]:
        """Yield existing files that may contain a recording: the file in its place, also of another type (`a.flac`
        instead of `a.mp3`), then those with its name."""
        for path in away.paths:
            if path in self._present:
                yield self._present[path]
            yield from self._files_by_stem.get(_stem(path), ())
        for artist, title in away.names:
            yield from self._recordings.same(audio_id=None, artist=artist, title=title, duration_s=away.duration_s)

    @cached_property
    def _files_by_stem(self) -> dict[str, list[KnownName]]:
        names: dict[str, list[KnownName]] = {}
        for name in self._present.values():
            names.setdefault(_stem(name.path), []).append(name)
        return names

    @cached_property
    def _recordings(self) -> Recordings[KnownName]:
        recordings: Recordings[KnownName] = Recordings()
        for name in self._present.values():
            recordings.add(name, audio_id=None, artist=name.artist, title=name.title, duration_s=name.duration_s)
        return recordings


def sound_of(store: Store, audio_id: str) -> Copy | None:
    """Return the data for comparing audio; None if it was not analysed."""
    analysis = store.tracks.analysis(audio_id)
    if analysis is None or analysis.fingerprint is None:
        return None
    return Copy(fingerprint=analysis.fingerprint, beats_s=np.asarray(analysis.beats_s or (), dtype=np.float64))


def is_copy(store: Store, audio_id: str, other_id: str) -> bool:
    """Return whether two audios are the same recording."""
    one, other = sound_of(store, audio_id), sound_of(store, other_id)
    return one is not None and other is not None and offset_of_copy(one, other) is not None


def _stem(path: str) -> str:
    """Return a path without its suffix, normalised for comparison."""
    return unicodedata.normalize("NFC", os.path.splitext(path)[0])
