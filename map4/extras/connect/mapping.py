"""Read the songs of a music server, and match them with tracks.

Match songs of a music server with tracks: by the end of the path, else by tags and length.

A song never matches another version: if only one side says live, remix, radio edit or remaster, or if the lengths
differ, it stays unmatched, with the reason.
"""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import chain, islice

from map4.core.base.text import words_of
from map4.core.music.recording import KnownName
from map4.core.music.sound.fingerprints import Fingerprint
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store
from map4.extras.connect.connected import (
    ConnectedSong,
    ConnectionState,
    MusicConnection,
    RemoteSong,
    SongPlace,
    UnmappedSong,
)
from map4.extras.connect.patience import PatientServer
from map4.extras.connect.pull import conflicts_of, own_opinions
from map4.extras.connect.server import MusicServerError
from map4.extras.connect.store.connections import SqlConnections
from map4.extras.shared.service import Fault
from map4.search import NameMatcher, NumberedTitle, SongName

SAME_LENGTH_S = 2.0  # servers report whole seconds, truncated or rounded; a radio edit differs by more than this
LEAST_PARTS = 2  # number of trailing path parts (folder and file) that identify a file; many folders have a `01.mp3`
_BY_WHOLE_PATH, _BY_PATH, _BY_TAGS_AND_ALBUM, _BY_TAGS = 1.0, 0.98, 0.97, 0.95
_MOST_RANKED = 25

# Words in album titles that mark all songs as another version than those of the same titles elsewhere.
_OF_ALBUMS = {
    "live": "live", "unplugged": "unplugged", "concert": "live", "remaster": "remaster", "remastered": "remaster",
    "remasters": "remaster", "acoustic": "acoustic", "instrumental": "instrumental", "instrumentals": "instrumental",
    "karaoke": "karaoke", "demo": "demo", "demos": "demo", "remix": "remix", "remixes": "remix", "remixed": "remix",
    "session": "session", "sessions": "session",
}  # fmt: skip
_TOGETHER = re.compile(r"[•;/]")

NO_NAME = "the server reports neither title nor path"
NOT_HERE = "no track of this name"
OTHER_VERSION = "only another version exists here"
OTHER_LENGTH = "the track of this name has another length"
NO_LENGTH = "the length is unknown and the album differs"
SEVERAL = "several tracks fit equally well"
NOT_ANALYSED = "the file here is not analysed yet"

_Parts = tuple[str, ...]


@dataclass(slots=True)
class _Known:
    """A file here, prepared for comparison."""

    name: KnownName
    parts: _Parts
    album: str
    # Artist, title and version words; two entries if the file's name differs from its tags.
    called: list[tuple[str, str, frozenset[str]]] = field(default_factory=list)


class SongMatcher:
    """Matches songs of a server with files of a library; preparing 100,000 files takes some seconds."""

    def __init__(self, names: Iterable[KnownName]) -> None:
        self._known = [_Known(name, _parts(name.path), words_of(name.album or "")) for name in names]
        self._by_file: dict[str, list[_Known]] = defaultdict(list)
        self._by_name: dict[tuple[str, str], list[_Known]] = defaultdict(list)
        for file in self._known:
            self._by_file[file.parts[0]].append(file)
            for artist, title in _names_of(file):
                called = _called(artist, title, file.name.album)
                if called not in file.called:
                    file.called.append(called)
                    self._by_name[called[:2]].append(file)
        self._names: NameMatcher | None = None

    def place(self, song: RemoteSong) -> SongPlace:
        """Return the matching track, or why there is none."""
        if not song.title and not song.path:
            return SongPlace(why=NO_NAME)
        by_path = self._find_by_path(song)
        if by_path is not None and by_path.audio_id is not None:
            return by_path
        by_tags = self._find_by_tags(song)
        return by_path if by_path is not None and by_tags.audio_id is None else by_tags

    def near(self, song: RemoteSong) -> Sequence[KnownName]:
        """Candidates of similar name whose audio is known, for comparison by sound."""
        if not song.title:
            return []
        called = [(file, (artist, title)) for file in self._known for artist, title, _ in file.called]
        if self._names is None:
            self._names = NameMatcher(name for _, name in called)
        ranked = sorted(self._names.candidates(song.artist, song.title), key=lambda item: -item[1])[:_MOST_RANKED]
        return [called[row][0].name for row, _ in ranked if called[row][0].name.audio_id is not None]

    # ---- by the end of the path

    def _find_by_path(self, song: RemoteSong) -> SongPlace | None:
        if not song.path:
            return None
        parts = _parts(song.path)
        same_file = self._by_file.get(parts[0], ())
        by_depth: dict[int, list[_Known]] = defaultdict(list)
        why: str | None = None
        for candidate in same_file:
            shared = _count_in_common(candidate.parts, parts)
            is_whole = shared == len(parts)
            # a file in the root folder there, whose name is unique here
            is_only = is_whole and len(same_file) == 1 and _is_same_length(candidate, song) is True
            if shared < LEAST_PARTS and not is_only:
                continue
            fault = _objection(candidate, song, is_sure=is_whole and shared > LEAST_PARTS)
            if fault is None:
                by_depth[shared].append(candidate)
            elif fault:
                why = fault
        if not by_depth:
            return None if why is None else SongPlace(why=why)
        most = max(by_depth)
        certainty = _BY_WHOLE_PATH if most == len(parts) else _BY_PATH
        return _chosen(by_depth[most], song, "path", certainty)

    # ---- by tags

    def _find_by_tags(self, song: RemoteSong) -> SongPlace:
        if not song.title:
            return SongPlace(why=NOT_HERE)
        artist, title, version = _called(song.artist, song.title, song.album)
        named = self._by_name.get((artist, title), []) if artist else []
        if not named:
            return SongPlace(why=NOT_HERE)
        same = [file for file in named if (artist, title, version) in file.called]
        if not same:
            return SongPlace(why=OTHER_VERSION)
        album = words_of(song.album or "")
        fits = [file for file in same if _is_same_length(file, song) is True]
        unsure = [file for file in same if _is_same_length(file, song) is None and album and file.album == album]
        if not fits and not unsure:
            is_known = any(_is_same_length(candidate, song) is False for candidate in same)
            not_yet = any(candidate.name.duration_s is None and song.duration_s is not None for candidate in same)
            return SongPlace(why=NOT_ANALYSED if not_yet else OTHER_LENGTH if is_known else NO_LENGTH)
        on_album = [fit for fit in fits or unsure if album and fit.album == album]
        return _chosen(on_album or fits, song, "tags", _BY_TAGS_AND_ALBUM if on_album else _BY_TAGS, bool(on_album))


def may_be_same(title: str, other: str) -> bool:
    """True if two titles name the same version, or neither names any, and the numbers in them are the same."""
    is_same_version = _called(None, title, None)[2] == _called(None, other, None)[2]
    return is_same_version and not NameMatcher.is_other_number(title, other)


def _chosen(
    candidates: Sequence[_Known], song: RemoteSong, match: str, certainty: float, are_one: bool = False
) -> SongPlace:
    """Choose the track of some files; among copies on the same album, the nearest in length.

    are_one: whether the files are copies of one recording
    """
    there = [candidate for candidate in candidates if not candidate.name.is_missing] or list(candidates)
    known = [candidate for candidate in there if candidate.name.audio_id is not None]
    if not known:
        return SongPlace(why=NOT_ANALYSED)
    if len({candidate.name.audio_id for candidate in known}) > 1 and not are_one:
        return SongPlace(why=SEVERAL)
    best = min(known, key=lambda candidate: (_apart_s(candidate, song), candidate.name.path))
    return SongPlace(audio_id=best.name.audio_id, match=match, certainty=certainty)  # type: ignore[arg-type]


def _objection(candidate: _Known, song: RemoteSong, *, is_sure: bool) -> str | None:
    """Reason against a file at the same path: "" if only the name differs, None if nothing does.

    is_sure: whether the path suffices, whatever the tags are
    """
    if _is_same_length(candidate, song) is False:
        return OTHER_LENGTH
    if not song.title or not candidate.called:
        return None
    called = _called(song.artist, song.title, None)
    mine = [_called(artist, title, None) for artist, title in _names_of(candidate)]
    if all(called[2] != version for _, _, version in mine):
        return OTHER_VERSION
    if is_sure:
        is_other = all(NameMatcher.is_other_number(song.title, title) for _, title in _names_of(candidate))
    else:
        is_other = all(called[1] != title for _, title, _ in mine)
    return "" if is_other else None


def _names_of(candidate: _Known) -> Iterator[tuple[str | None, str]]:
    for artist, title in ((candidate.name.artist, candidate.name.title), candidate.name.own_name or (None, None)):
        if title:
            yield artist, title


@lru_cache(maxsize=1 << 17)
def _called(artist: str | None, title: str, album: str | None) -> tuple[str, str, frozenset[str]]:
    """Artist, title, and the words for the version, including those in the album title."""
    name = SongName.of(_TOGETHER.sub(" & ", artist or ""), title, "")
    of_album = {_OF_ALBUMS[word] for word in words_of(album or "").split() if word in _OF_ALBUMS}
    # If the title names a version, it would also name a remix.
    return (
        name.artist,
        NumberedTitle.of(name.title).words,
        name.version | (of_album - {"remix"} if name.version else of_album),
    )


def _parts(path: str) -> _Parts:
    """Case-folded parts of a path of any system, last part first."""
    folded = unicodedata.normalize("NFC", path).casefold().replace("\\", "/")
    return tuple(part for part in reversed(folded.split("/")) if part) or ("",)


def _count_in_common(first: _Parts, other: _Parts) -> int:
    """Number of trailing parts in common."""
    count = 0
    for a, b in zip(first, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _apart_s(candidate: _Known, song: RemoteSong) -> float:
    if candidate.name.duration_s is None or song.duration_s is None:
        return SAME_LENGTH_S
    return abs(candidate.name.duration_s - song.duration_s)


def _is_same_length(candidate: _Known, song: RemoteSong) -> bool | None:
    """None if either length is unknown."""
    if candidate.name.duration_s is None or song.duration_s is None:
        return None
    return _apart_s(candidate, song) <= SAME_LENGTH_S


SHOWN = 20  # unmatched songs shown in a state
_AT_ONCE = 500
_MOST_SONG_BYTES = 500 << 20
_SAME_LENGTH_S = 2.0
_BY_SOUND = ("audio", "fingerprint")


def read_songs(
    store: Store, connection: MusicConnection, patient: PatientServer, *, now: str, on_read: Callable[[int], object]
) -> None:
    """Store the songs of the server and their matching tracks."""
    connections = store.part(SqlConnections)
    number = connection.number
    known = {connected.song.id: connected for connected in connections.songs(number)}
    there = patient.all_songs(on_read)
    if known and not there:
        message = "the server now reports no songs, so nothing was changed; is its music mounted?"
        raise MusicServerError(Fault(kind="answer", message=message))
    names = store.tracks.known_names()
    matcher, here = SongMatcher(names), {name.audio_id for name in names}
    placed = (_placed(song, known.get(song.id), matcher, here) for song in there.values())
    changed = (connected for connected in placed if connected != known.get(connected.song.id))
    while some := list(islice(changed, _AT_ONCE)):
        connections.put_songs(number, some)
    connections.remove_songs(number, known.keys() - there.keys())
    connections.note(number, read_at=now)


def _placed(
    song: RemoteSong, before: ConnectedSong | None, matcher: SongMatcher, here: set[str | None]
) -> ConnectedSong:
    place = matcher.place(song)
    if before is None:
        return ConnectedSong(song=song, place=place)
    was = before.place
    if place.audio_id is None and was.match in _BY_SOUND and was.audio_id in here and _is_same_file(song, before.song):
        place = was
    if place.audio_id != was.audio_id:  # another track: the settled values belong to the previous track
        return ConnectedSong(song=song, place=place)
    return replace(before, song=song, place=place)


def _is_same_file(song: RemoteSong, before: RemoteSong) -> bool:
    return (song.path, song.size_bytes, song.duration_s) == (before.path, before.size_bytes, before.duration_s)


def listen(
    store: Store,
    connection: MusicConnection,
    patient: PatientServer,
    *,
    most: int,
    analysed: Callable[[str], Track | None],
    on_song: Callable[[RemoteSong, str], object],
) -> int:
    """Download unmatched songs and compare their audio; return how many were matched.

    most: maximum number of songs
    analysed: returns the analysed track of a file
    on_song: called with each song, and why it could not be compared
    """
    matcher, count, was_lost = SongMatcher(store.tracks.known_names()), 0, False
    connections = store.part(SqlConnections)
    unmapped = [connected for connected in connections.songs(connection.number) if connected.place.audio_id is None]
    for unmapped_song in unmapped[:most]:
        problem = ""
        with tempfile.TemporaryDirectory(prefix="map4-") as folder:
            suffix = unmapped_song.song.suffix or ""
            path = os.path.join(folder, f"song.{suffix if suffix.isalnum() and len(suffix) < 6 else 'mp3'}")
            try:
                save = partial(patient.server.save_song, unmapped_song.song.id, most_bytes=_MOST_SONG_BYTES)
                patient.read(partial(save, path))
            except MusicServerError as error:
                problem, is_lost = str(error), error.fault.kind == "network"
                if error.fault.kind == "authentication" or (is_lost and was_lost):  # one song may be at fault
                    raise
                track, was_lost = None, is_lost
            else:
                track, was_lost = analysed(path), False
        place = None if track is None else _find_by_ear(store, matcher, unmapped_song.song, track)
        if place is not None:
            count += 1
            connections.put_songs(connection.number, [replace(unmapped_song, place=place)])
        on_song(unmapped_song.song, problem)
    return count


def _find_by_ear(store: Store, matcher: SongMatcher, song: RemoteSong, track: Track) -> SongPlace | None:
    """Return the track with the same audio, or the track of a similar name that is the same recording."""
    if track.audio_id is not None and store.tracks.files_with_audio(track.audio_id):
        return SongPlace(audio_id=track.audio_id, match="audio", certainty=1.0)
    mine = track.analysis
    if mine is None or mine.fingerprint is None:
        return None
    alike: list[tuple[float, str]] = []
    for name in matcher.near(song):
        other = store.tracks.analysis(name.audio_id or "")
        if other is None or other.fingerprint is None or abs(other.duration_s - mine.duration_s) > _SAME_LENGTH_S:
            continue
        if name.title and song.title and not may_be_same(song.title, name.title):
            continue  # an instrumental differs from the song in few places
        alignment = Fingerprint.align(Fingerprint.unpack(mine.fingerprint), Fingerprint.unpack(other.fingerprint))
        if alignment is not None and alignment.error_rate < Fingerprint.SAME_RECORDING:
            alike.append((alignment.error_rate, name.audio_id or ""))
    if not alike:
        return None
    error, audio_id = min(alike)
    return SongPlace(audio_id=audio_id, match="fingerprint", certainty=round(1.0 - error, 3))


# ---- state


def state_of(store: Store, connection: MusicConnection, *, shown: int = SHOWN, is_own: bool = True) -> ConnectionState:
    """Return which songs of a server are matched, how, and why others are not.

    shown: maximum number of unmatched songs and of conflicting values to include
    is_own: whether to include values that were changed on both sides
    """
    connections = store.part(SqlConnections)
    counts = connections.counts(connection.number)
    mapped = sum(counts.matches.values())
    songs = connections.beside(connection.number) if is_own else iter(())
    first = next(songs, None)
    beside = iter(()) if first is None else conflicts_of(chain((first,), songs), own_opinions(store))
    return ConnectionState(
        connection=connection,
        is_own=is_own,
        songs=mapped + sum(counts.why_not.values()),
        mapped=mapped,
        matches=counts.matches,
        why_not=counts.why_not,
        tracks=counts.tracks,
        tracks_mapped=counts.tracks_mapped,
        lists=len(connections.lists(connection.number)),
        unmapped=tuple(map(_unmapped, connections.unmapped(connection.number, shown))),
        beside=tuple(islice(beside, shown)),
    )


def _unmapped(connected: ConnectedSong) -> UnmappedSong:
    song = connected.song
    return UnmappedSong(
        id=song.id, artist=song.artist, title=song.title, album=song.album, path=song.path, duration_s=song.duration_s,
        why=connected.place.why,
    )  # fmt: skip
