"""Read the songs of a music server, and match them with tracks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import chain, islice

from map4.core.music.sound.fingerprints import SAME_RECORDING, align_fingerprints, unpack_fingerprint
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
from map4.extras.connect.server_songs import SongMatcher, may_be_same
from map4.extras.connect.store.connections import SqlConnections
from map4.extras.shared.service import Fault

SHOWN = 20
"""Unmatched songs shown in a state."""
_AT_ONCE = 500
_MOST_SONG_BYTES = 500 << 20
_SAME_LENGTH_S = 2.0
_BY_SOUND = ("audio", "fingerprint")


def read_songs(
    store: Store, connection: MusicConnection, patient: PatientServer, *, now: str, on_read: Callable[[int], object]
) -> None:
    """Store the songs of the server and their matching tracks.

    raises MusicServerError: if the server fails, or now reports no songs although it had some; nothing changes then
    """
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
        alignment = align_fingerprints(unpack_fingerprint(mine.fingerprint), unpack_fingerprint(other.fingerprint))
        if alignment is not None and alignment.error_rate < SAME_RECORDING:
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
