"""Store of connections to music servers, in three tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from map4.core.base.records import read
from map4.core.base.text import words_of
from map4.core.music.plays import SOURCES
from map4.core.store.database import Connection, StorePart, scalar
from map4.core.store.stored_tables import ExportMember, ExtraTables
from map4.errors import UsageError
from map4.extras.connect.connected import (
    ConnectedSong,
    MusicConnection,
    Opinion,
    PushedList,
    RemoteSong,
    ServerInfo,
    SignIn,
    SongPlace,
)
from map4.plays import place_track

_REPORTED = """
    SELECT s.audio_id, sum(CAST(json_extract(s.data, '$.plays') AS INTEGER))
    FROM connected_songs AS s JOIN connections AS c ON c.id = s.connection
    WHERE c.owner = ? AND s.audio_id IS NOT NULL AND json_extract(s.data, '$.plays') IS NOT NULL GROUP BY s.audio_id
"""
# Servers count the plays stored from them, and players often report the same plays to ListenBrainz.
_AMONG_THEM = f"({SOURCES['server']}, {SOURCES['listenbrainz']})"
_STORED = f"""
    SELECT t.audio_id, count(*) FROM plays AS p JOIN played_tracks AS t ON t.id = p.track
    WHERE p.owner = ? AND p.skipped = 0 AND p.source IN {_AMONG_THEM} AND t.audio_id IS NOT NULL GROUP BY t.audio_id
"""
_COUNTED_ELSEWHERE = """
    SELECT t.audio_id, h.track, h.elsewhere FROM play_counts AS h JOIN played_tracks AS t ON t.id = h.track
    WHERE h.owner = ? AND h.elsewhere > 0
"""
_PUT = """
    INSERT INTO play_counts (owner, track, plays, in_programs, skips, last_at, elsewhere)
    VALUES (?, ?, 0, 0, 0, NULL, ?) ON CONFLICT (owner, track) DO UPDATE SET elsewhere = excluded.elsewhere
"""


def plays_elsewhere(connection: Connection, owner: int) -> Mapping[str, int]:
    """Changed counts of an account by audio id: only counts that differ from the stored ones."""
    reported = {audio_id: int(count) for audio_id, count in connection.execute(_REPORTED, (owner,))}
    stored = dict(connection.execute(_STORED, (owner,)).fetchall()) if reported else {}
    wanted = {audio_id: max(0, count - stored.get(audio_id, 0)) for audio_id, count in reported.items()}
    now: dict[str, int] = {}
    for audio_id, _, count in connection.execute(_COUNTED_ELSEWHERE, (owner,)):
        now[audio_id] = now.get(audio_id, 0) + count
    return {
        audio_id: wanted.get(audio_id, 0)
        for audio_id in wanted.keys() | now.keys()
        if wanted.get(audio_id, 0) != now.get(audio_id, 0)
    }


def recount_elsewhere(connection: Connection) -> None:
    """Recount the servers of all accounts; call it in a transaction."""
    for (owner,) in connection.execute("SELECT DISTINCT owner FROM connections").fetchall():
        put_elsewhere(connection, owner, plays_elsewhere(connection, owner))


def put_elsewhere(connection: Connection, owner: int, counts: Mapping[str, int]) -> None:
    """Store server counts of tracks for an account; call it in a transaction."""
    known: dict[str, list[int]] = {}
    for audio_id, track, _ in connection.execute(_COUNTED_ELSEWHERE, (owner,)):
        known.setdefault(audio_id, []).append(track)
    for audio_id, count in counts.items():
        # If several rows have the same audio after a copy was removed, only one gets the count.
        place = place_track(connection, audio_id=audio_id) if count else None
        for track in known.get(audio_id, ()):
            if track != place:
                connection.execute(_PUT, (owner, track, 0))
        if place is not None:
            connection.execute(_PUT, (owner, place, count))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConnection:
    """A connection to be made; `sealed` is the encrypted secret."""

    name: str
    url: str
    login: str
    sign_in: SignIn
    sealed: bytes
    server: ServerInfo
    open_to: tuple[str, ...]
    added_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SongCounts:
    """Matching counts of a connection.

    matches, why_not: matched songs per way (`SongMatch`), and unmatched songs per reason
    tracks, tracks_mapped: recordings of the library that are present, and recordings with a matching song
    """

    matches: Mapping[str, int]
    why_not: Mapping[str, int]
    tracks: int
    tracks_mapped: int


EXTRA = "connect"
CONNECTIONS = (
    "SELECT id, owner, name, url, login, sign_in, server, open_to, added_at, read_at, pulled_at FROM connections"
)
"""For `read_connection`."""
_SONG = "SELECT data, audio_id, match, certainty, why, settled FROM connected_songs"
_IS_BESIDE = """settled LIKE '%"beside": ["%'"""  # matches what `_song_row` writes
_COUNTED = (
    "SELECT match, CASE WHEN match IS NULL THEN why END, count(*) FROM connected_songs WHERE connection = ? "
    "GROUP BY 1, 2"
)
_TRACKS = """
    WITH here AS (SELECT DISTINCT audio_id FROM files WHERE missing_since IS NULL AND audio_id IS NOT NULL),
         mapped AS (SELECT DISTINCT audio_id FROM connected_songs WHERE connection = ? AND audio_id IS NOT NULL)
    SELECT (SELECT count(*) FROM here), (SELECT count(*) FROM mapped JOIN here USING (audio_id))
"""
_AT_ONCE = 500


class SqlConnections(StorePart):
    """Connections of a library to music servers; all accounts see all of them, but import only from their own."""

    def all(self) -> Sequence[MusicConnection]:
        """All connections, by name."""
        with self._database.reading() as connection:
            if not ExtraTables.exist(connection, EXTRA):
                return []
            return [read_connection(*row) for row in connection.execute(f"{CONNECTIONS} ORDER BY name")]

    def add(self, new: NewConnection) -> MusicConnection:
        """Create a connection of the actor."""
        row = (self._actor.id, new.name, new.url, new.login, new.sign_in, new.sealed, json.dumps(asdict(new.server)),
               json.dumps(new.open_to), new.added_at)  # fmt: skip
        with self._database.transaction() as connection:
            ExtraTables.make(self._database, EXTRA)
            if scalar(connection, "SELECT EXISTS (SELECT 1 FROM connections WHERE name = ?)", (new.name,)):
                raise UsageError(f"there is a connection '{new.name}' already; to delete it, run 'map4 connect remove'")
            number = scalar(
                connection,
                "INSERT INTO connections (owner, name, url, login, sign_in, sealed, server, open_to, added_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                row,
            )
            return read_connection(*connection.execute(f"{CONNECTIONS} WHERE id = ?", (number,)).fetchone())

    def renew(self, number: int, new: NewConnection) -> MusicConnection:
        """Replace the secret of a connection; all else stays, also `open_to` if `new` has none."""
        sql = (
            "UPDATE connections SET sign_in = ?, sealed = ?, server = ?, "
            "open_to = CASE WHEN ? = 1 THEN ? ELSE open_to END WHERE id = ?"
        )
        opened = json.dumps(new.open_to)
        row = (new.sign_in, new.sealed, json.dumps(asdict(new.server)), int(bool(new.open_to)), opened, number)
        with self._database.transaction() as connection:
            connection.execute(sql, row)
            return read_connection(*connection.execute(f"{CONNECTIONS} WHERE id = ?", (number,)).fetchone())

    def remove(self, number: int) -> None:
        """Delete a connection with its songs, their play counts, and the record of lists written there."""
        with self._database.transaction() as connection:
            owner = scalar(connection, "DELETE FROM connections WHERE id = ? RETURNING owner", (number,))
            put_elsewhere(connection, owner, plays_elsewhere(connection, owner))

    def sealed(self, number: int) -> bytes:
        """The encrypted secret of a connection."""
        with self._database.reading() as connection:
            return bytes(scalar(connection, "SELECT sealed FROM connections WHERE id = ?", (number,)))

    def note(self, number: int, *, read_at: str | None = None, pulled_at: str | None = None) -> None:
        """Record when the songs of a connection were read, or its values imported."""
        sql = "UPDATE connections SET read_at = coalesce(?, read_at), pulled_at = coalesce(?, pulled_at) WHERE id = ?"
        with self._database.transaction() as connection:
            connection.execute(sql, (read_at, pulled_at, number))

    # ---- songs

    def songs(self, number: int) -> Iterator[ConnectedSong]:
        """All songs of a connection, by id."""
        with self._database.reading() as connection:
            rows = connection.execute(f"{_SONG} WHERE connection = ? ORDER BY song", (number,)).fetchall()
        return (_read_song(*row) for row in rows)

    def counts(self, number: int) -> SongCounts:
        """Matching counts of a connection."""
        with self._database.reading() as connection:
            rows = connection.execute(_COUNTED, (number,)).fetchall()
            [[tracks, mapped]] = connection.execute(_TRACKS, (number,)).fetchall()
        return SongCounts(
            matches={match: count for match, _, count in rows if match is not None},
            why_not={why: count for match, why, count in rows if match is None},
            tracks=tracks,
            tracks_mapped=mapped,
        )

    def unmapped(self, number: int, limit: int) -> Sequence[ConnectedSong]:
        """The first unmatched songs, by id."""
        sql = f"{_SONG} WHERE connection = ? AND match IS NULL ORDER BY song LIMIT ?"
        with self._database.reading() as connection:
            return [_read_song(*row) for row in connection.execute(sql, (number, limit))]

    def beside(self, number: int) -> Iterator[ConnectedSong]:
        """Songs that were changed on both sides, by id."""
        with self._database.reading() as connection:
            rows = connection.execute(f"{_SONG} WHERE connection = ? AND {_IS_BESIDE} ORDER BY song", (number,))
            return (_read_song(*row) for row in rows.fetchall())

    def song(self, number: int, song: str) -> ConnectedSong | None:
        """A song by id."""
        with self._database.reading() as connection:
            row = connection.execute(f"{_SONG} WHERE connection = ? AND song = ?", (number, song)).fetchone()
        return None if row is None else _read_song(*row)

    def put_songs(self, number: int, songs: Iterable[ConnectedSong]) -> None:
        """Store songs, replacing those of the same id."""
        sql = (
            "INSERT INTO connected_songs (connection, song, audio_id, match, certainty, why, artist_key, artist_id, "
            "data, settled) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (connection, song) DO UPDATE SET "
            "audio_id = excluded.audio_id, match = excluded.match, certainty = excluded.certainty, "
            "why = excluded.why, artist_key = excluded.artist_key, artist_id = excluded.artist_id, "
            "data = excluded.data, settled = excluded.settled"
        )
        with self._database.transaction() as connection:
            connection.executemany(sql, (_song_row(number, song) for song in songs))

    def remove_songs(self, number: int, songs: Iterable[str]) -> None:
        """Delete songs by id."""
        sql = "DELETE FROM connected_songs WHERE connection = ? AND song = ?"
        with self._database.transaction() as connection:
            connection.executemany(sql, ((number, song) for song in songs))

    def songs_of(self, number: int, audio_ids: Iterable[str]) -> Mapping[str, str]:
        """The best matching songs of the given tracks, by audio id."""
        wanted, songs = list(dict.fromkeys(audio_ids)), dict[str, str]()
        with self._database.reading() as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                some = wanted[start : start + _AT_ONCE]
                marks = ", ".join("?" * len(some))
                rows = connection.execute(
                    f"SELECT audio_id, song FROM connected_songs WHERE connection = ? AND audio_id IN ({marks}) "
                    "ORDER BY certainty DESC, song",
                    (number, *some),
                )
                for audio_id, song in rows:
                    songs.setdefault(audio_id, song)
        return songs

    def songs_of_artist(self, number: int, artist: str) -> Sequence[ConnectedSong]:
        """The matched songs of an artist, by the server's artist id or by name."""
        with self._database.reading() as connection:
            for column, value in (("artist_id", artist), ("artist_key", words_of(artist))):
                sql = f"{_SONG} WHERE connection = ? AND {column} = ? AND audio_id IS NOT NULL ORDER BY song"
                rows = connection.execute(sql, (number, value)).fetchall() if value else []
                if rows:
                    return [_read_song(*row) for row in rows]
        return []

    def count_plays(self) -> int:
        """Update play counts of the actor's servers beyond the plays stored here; return how many tracks changed."""
        with self._database.reading() as connection:
            changed = list(plays_elsewhere(connection, self._actor.id).items())
        for start in range(0, len(changed), _AT_ONCE):
            with self._database.transaction() as connection:
                put_elsewhere(connection, self._actor.id, dict(changed[start : start + _AT_ONCE]))
        return len(changed)

    # ---- lists

    def lists(self, number: int) -> Sequence[PushedList]:
        """Lists that were written to the server."""
        sql = (
            "SELECT list, remote, name, songs, before, done_at FROM connected_lists WHERE connection = ? ORDER BY list"
        )
        with self._database.reading() as connection:
            return [
                PushedList(
                    list=list_id, remote=remote, name=name, songs=tuple(json.loads(songs)),
                    before=tuple(json.loads(before)), done_at=done_at,
                )
                for list_id, remote, name, songs, before, done_at in connection.execute(sql, (number,))
            ]  # fmt: skip

    def put_list(self, number: int, pushed: PushedList) -> None:
        """Store what was written of a list, replacing the previous record."""
        row = (number, pushed.list, pushed.remote, pushed.name, json.dumps(pushed.songs), json.dumps(pushed.before),
               pushed.done_at)  # fmt: skip
        sql = (
            "INSERT INTO connected_lists (connection, list, remote, name, songs, before, done_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (connection, list) DO UPDATE SET remote = excluded.remote, "
            "name = excluded.name, songs = excluded.songs, before = excluded.before, done_at = excluded.done_at"
        )
        with self._database.transaction() as connection:
            connection.execute(sql, row)


def read_connection(
    number: int, owner: int, name: str, url: str, login: str, sign_in: Any, server: str, open_to: str, added_at: str,
    read_at: str | None, pulled_at: str | None,
) -> MusicConnection:  # fmt: skip
    return MusicConnection(
        number=number, owner=owner, name=name, url=url, login=login, sign_in=sign_in,
        server=read(ServerInfo, json.loads(server)), open_to=tuple(json.loads(open_to)), added_at=added_at,
        read_at=read_at, pulled_at=pulled_at,
    )  # fmt: skip


def _song_row(number: int, connected: ConnectedSong) -> tuple[Any, ...]:
    data = {name: value for name, value in asdict(connected.song).items() if value is not None}
    settled = {**asdict(connected.settled), "beside": connected.beside, "heard_at": connected.played_at}
    place, song = connected.place, connected.song
    return (
        number, song.id, place.audio_id, place.match, place.certainty, place.why, words_of(song.artist or ""),
        song.artist_id, json.dumps(data), json.dumps(settled),
    )  # fmt: skip


def _read_song(
    data: str, audio_id: str | None, match: Any, certainty: float | None, why: str, settled: str
) -> ConnectedSong:
    remote, before = json.loads(data), json.loads(settled)
    beside, played_at = tuple(before.pop("beside")), before.pop("heard_at")
    return ConnectedSong(
        song=read(RemoteSong, remote),
        place=SongPlace(audio_id=audio_id, match=match, certainty=certainty, why=why),
        settled=read(Opinion, before),
        beside=beside,
        played_at=played_at,
    )


exported_connections = ExportMember.reader(f"{CONNECTIONS} WHERE owner = ?1 ORDER BY name", read_connection)
