"""Look up the tracks of entries: their own file, or a copy while it is away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from map4.core.base.text import folded
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track

if TYPE_CHECKING:
    from map4.core.store.tracks import SqlTracks

Entry = tuple[str, str | None, str | None, str | None]
"""Path, audio id, artist and title."""
_COPY = "SELECT copy_audio_id FROM substitutes WHERE audio_id = ?"


class PresentTracks:
    """The tracks of entries, with the scanned folders that are absent now looked up once.

    A file is away if it is missing, or in a scanned folder that is absent or empty, like that of an unplugged drive. A
    file with the same audio represents it, or else a copy of the recording that a scan found. An entry keeps its
    own file (`Track.represents`); without a copy it is as the library knows it.
    """

    def __init__(self, tracks: SqlTracks) -> None:
        self._tracks = tracks

    @cached_property
    def absent(self) -> tuple[str, ...]:
        """The scanned folders that are absent; see `SqlTracks.absent_roots`."""
        return self._tracks.absent_roots()

    def track(
        self, path: str, audio_id: str | None = None, artist: str | None = None, title: str | None = None
    ) -> Track | None:
        """The track of an entry, or a copy of a file that is away; None if the library has neither, but another song.

        audio_id: the expected audio; None takes that of the path
        """
        own = self._tracks.track(path)
        wanted = audio_id if audio_id or own is None else own.audio_id
        if own is not None and own.audio_id == wanted and self._is_there(own):
            return own
        copy = self._copy(path, wanted) if wanted else None
        if copy is None and own is not None and _is_other_song(own, wanted, title):
            return None
        if copy is None or (own is None and copy.audio_id == wanted):
            return copy or own  # a file that moved is no copy
        if own is None or own.audio_id != wanted:
            own = self._missing(path, wanted, artist, title)
        return replace(copy, represents=own)

    def of_list(self, entries: Iterable[Entry]) -> list[Track]:
        """The tracks of a list; an entry without any is missing, with its last artist and title."""
        return without_doubles([self.track(*entry) or self._missing(*entry) for entry in entries])

    def _missing(self, path: str, audio_id: str | None, artist: str | None, title: str | None) -> Track:
        tags, sources = Tags(artist=artist, title=title), self._tracks.preferences().sources
        return Track(path=path, state="missing", audio_id=audio_id, tags=tags, prefer=sources)

    def _is_there(self, track: Track) -> bool:
        return track.state != "missing" and not track.path.startswith(self.absent)

    def _copy(self, path: str, audio_id: str) -> Track | None:
        with self._tracks.database.reading() as connection:
            others = [other for (other,) in connection.execute(_COPY, (audio_id,))]
        for other in (audio_id, *others):
            paths = [each for _, each in self._tracks.files_with_audio(other)]
            for each in sorted(paths, key=path.__ne__):  # a file that was replaced in its place comes first
                track = self._tracks.track(each)
                if track is not None and track.audio_id == other and self._is_there(track):
                    return track
        return None


def _is_other_song(track: Track, audio_id: str | None, title: str | None) -> bool:
    """True if a file at the path of an entry has other audio and another title."""
    other = track.title()
    return track.audio_id != audio_id and bool(title and other and folded(title) != folded(other))


def has_substitutes(tracks: SqlTracks) -> bool:
    """True if copies represent files that were away at the last scan."""
    return tracks.database.row("SELECT 1 FROM substitutes LIMIT 1") is not None


def without_doubles(tracks: Sequence[Track]) -> list[Track]:
    """The tracks of a list, in which a copy represents one entry only, and none if the list has it itself."""
    taken = {track.path: track.path for track in tracks if track.represents is None}
    return [
        track if taken.setdefault(track.path, track.as_listed.path) == track.as_listed.path else track.as_listed
        for track in tracks
    ]
