"""Plays by account."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from map4.core.base.text import folded
from map4.core.music.plays import FIRST_PROGRAM, SOURCES, Play, PlayList, PlaySource, PlayTime
from map4.core.store.database import Connection, Database, StorePart
from map4.core.store.stored_tables import ExportMember
from map4.plays.statistics import QUARTER_S, TrackPlays


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayTally:
    """Counts of plays in a period.

    quarters: quarters of an hour since 1970, and how many plays began in each
    sources: number of plays by source
    skips: number of skips
    heard_s: total time of plays, as far as known
    tracks: number of different tracks played
    most: the most played tracks; the most played first, then the last played
    """

    quarters: Sequence[tuple[int, int]]
    sources: Mapping[PlaySource, int]
    skips: int
    heard_s: int
    tracks: int
    most: tuple[TrackPlays, ...]


if TYPE_CHECKING:
    from map4.core.base.account import Account


def _names(alias: str) -> str:
    """Return SQL for artist, title and album: set by a user, else from the tag, else from the play's row `alias`."""
    own = "(SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.uid AND u.name = '{}')"
    return ", ".join(f"coalesce({own.format(name)}, f.{name}, {alias}.{name})" for name in _NAMES)


_NAMES = ("artist", "title", "album")
_FILE = "f.id = (SELECT id FROM files WHERE audio_id = {}.audio_id ORDER BY missing_since IS NOT NULL, id LIMIT 1)"
_PLAYS = (
    f"t.audio_id, {_names('t')}, f.path, p.at, p.source, p.skipped, p.heard_s, p.length_s "
    "FROM plays AS p JOIN played_tracks AS t ON t.id = p.track "
    f"LEFT JOIN files AS f ON {_FILE.format('t')} WHERE p.owner = ?1 "
)
PLAYS = f"SELECT {_PLAYS}"
"""Plays of an account, for `read_play`."""
PlayPlace = tuple[str, int]
"""A place in an account's plays: a moment in UTC, and the number of the track, 0 for the start of that second."""
IN_ORDER = "ORDER BY p.at, p.track"
BY_PLAYER = 0
"""The step of reports by players, which no undo takes back."""
# A play without reports was added by a player, or before map4 recorded reports; it stays as it is.
_ALSO_REPORTED = (
    "INSERT INTO play_reports (owner, at, track, step) SELECT DISTINCT owner, at, track, {:d} FROM play_reports "
    "WHERE (owner, at, track) = (?, ?, ?) ON CONFLICT DO NOTHING"
)
_NAMED = {number: name for name, number in SOURCES.items()}
_COLUMNS = "owner, at, track, source, skipped, heard_s, length_s"
# A play replaces a skip, whichever was reported first.
_IS_PLAY_AFTER_ALL = (
    "ON CONFLICT (owner, at, track) DO UPDATE SET (source, skipped, heard_s, length_s) = "
    "(excluded.source, excluded.skipped, excluded.heard_s, excluded.length_s) WHERE plays.skipped > excluded.skipped"
)


class SqlPlays(StorePart):
    """Plays of the actor; no account sees the plays of others."""

    @staticmethod
    def digest_of_names(artist: str | None, title: str | None) -> str:
        """Return a digest of artist and title, ignoring case and accents, for music that the library does not have."""
        if not title:
            return ""
        joined = f"{folded(artist or '')}\0{folded(title)}"
        return hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()

    def add(self, play: Play, *, apart_s: float = 0.0, is_exact: bool = False, step: int = BY_PLAYER) -> bool:
        """Store a play or a skip; False if it is known.

        The same track begun in the same second is the same play, and a played track is not skipped.

        apart_s: plays of a track that begin closer together than this are the same play
        is_exact: true if its source gives each play one time; plays of that source are then only the same if they begin
            in the same second
        step: number of the import or recorded set that reports it (`SqlPlaySteps`)
        """
        at = PlayTime.seconds(play.at)
        with self._database.transaction() as connection:
            key = (self._actor.id, at, _track(connection, play))
            reach, exact_source = max(1, math.ceil(apart_s)), SOURCES[play.source] if is_exact else None
            near = _near(connection, key, reach, exact_source)
            known = [place for *place, skipped in near if not skipped]
            is_new = False
            if not known:
                values = (SOURCES[play.source], int(play.is_skip), _whole(play.heard_s), _whole(play.length_s))
                sql = f"INSERT INTO plays ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) {_IS_PLAY_AFTER_ALL}"
                is_new = connection.execute(sql, (*key, *values)).rowcount > 0
            if not near and step != BY_PLAYER:
                connection.execute(
                    "INSERT INTO play_reports (owner, at, track, step) VALUES (?, ?, ?, ?)", (*key, step)
                )
            for place in known or [place for *place, _ in near]:
                connection.execute(_ALSO_REPORTED.format(step), (self._actor.id, *place))
            return is_new

    def page(self, *, before: PlayPlace | None = None, limit: int) -> PlayList:
        """Plays before a place, newest first, without skips."""
        at, track = (2**62, 0) if before is None else (PlayTime.seconds(before[0]), before[1])
        sql = (
            f"SELECT p.track, {_PLAYS} AND p.skipped = 0 AND (p.at, p.track) < (?2, ?3) "
            "ORDER BY p.at DESC, p.track DESC LIMIT ?4"
        )
        rows = self._database.rows(sql, (self._actor.id, at, track, limit + 1))
        plays = tuple(read_play(*row) for _, *row in rows[:limit])
        return PlayList(plays=plays, next=f"{plays[-1].at}/{rows[limit - 1][0]}" if len(rows) > limit else None)

    def each(self, sources: Collection[PlaySource] | None = None) -> Iterator[Play]:
        """Yield all plays, oldest first, read lazily, without skips.

        sources: only plays reported by these
        """
        condition = (
            "" if sources is None else f"AND p.source IN ({', '.join(str(SOURCES[source]) for source in sources)})"
        )
        with self._database.reading() as connection:
            for row in connection.execute(f"{PLAYS} AND p.skipped = 0 {condition} {IN_ORDER}", (self._actor.id,)):
                yield read_play(*row)

    def skipped_files(self) -> list[int]:
        """The files that the account skipped more often than it heard them."""
        sql = (
            "SELECT f.id FROM play_counts AS h JOIN played_tracks AS t ON t.id = h.track "
            "JOIN files AS f ON f.audio_id = t.audio_id WHERE h.owner = ? "
            "GROUP BY f.id HAVING sum(h.skips) > sum(h.plays + h.elsewhere)"
        )
        with self._database.reading() as connection:
            return [int(file_id) for (file_id,) in connection.execute(sql, (self._actor.id,))]

    def tally(self, *, since: str | None, limit: int) -> PlayTally:
        """Return counts of plays since a moment; None counts everything.

        limit: how many of the most played tracks to list
        """
        values = (self._actor.id, -(2**62) if since is None else PlayTime.seconds(since), limit)
        with self._database.reading() as connection:
            sources = connection.execute(_BY_SOURCE, values[:2]).fetchall()
            most = connection.execute(_MOST, values).fetchall()
            return PlayTally(
                quarters=connection.execute(_BY_QUARTER, values[:2]).fetchall(),
                sources={_NAMED.get(source, "python"): int(count) for source, count, _, _ in sources if count},
                skips=sum(int(skips) for _, _, skips, _ in sources),
                heard_s=sum(int(heard_s or 0) for *_, heard_s in sources),
                tracks=int(most[0][0]) if most else 0,
                most=tuple(_played_track(*row) for _, *row in most),
            )


def _played_track(
    audio_id: str | None, artist: str | None, title: str | None, album: str | None, path: bytes | None, plays: int,
    last_at: int,
) -> TrackPlays:  # fmt: skip
    return TrackPlays(
        audio_id=audio_id,
        artist=artist,
        title=title,
        path=None if path is None else os.fsdecode(path),
        plays=int(plays),
        last_at=PlayTime.utc(last_at),
    )


_SINCE = "FROM plays AS p WHERE p.owner = ?1 AND p.at >= ?2"
_BY_QUARTER = f"SELECT p.at / {QUARTER_S}, count(*) {_SINCE} AND p.skipped = 0 GROUP BY 1"
_BY_SOURCE = (
    "SELECT p.source, sum(1 - p.skipped), sum(p.skipped), sum(p.heard_s * (1 - p.skipped)) "
    f"{_SINCE} GROUP BY 1 ORDER BY 2 DESC, 1"
)
# A track first known only by its names counts as one track. Names are looked up only for the few listed tracks.
_MOST = f"""
    WITH heard AS (
        SELECT t.audio_id AS audio_id, min(t.artist) AS artist, min(t.title) AS title, min(t.album) AS album,
               sum(h.plays) AS plays, max(h.last_at) AS last_at
        FROM (SELECT p.track, count(*) AS plays, max(p.at) AS last_at {_SINCE} AND p.skipped = 0 GROUP BY p.track) AS h
        JOIN played_tracks AS t ON t.id = h.track GROUP BY t.audio_id, CASE WHEN t.audio_id IS NULL THEN t.names END
    ), most AS (
        SELECT count(*) OVER () AS tracks, heard.* FROM heard
        ORDER BY plays DESC, last_at DESC, audio_id, title LIMIT ?3
    )
    SELECT m.tracks, m.audio_id, {_names("m")}, f.path, m.plays, m.last_at
    FROM most AS m LEFT JOIN files AS f ON {_FILE.format("m")}
    ORDER BY m.plays DESC, m.last_at DESC, m.audio_id, m.title
"""


def _track(connection: Connection, play: Play) -> int:
    """Return the number of a play's track; if its audio is known, a row with only its names gets that audio."""
    names = SqlPlays.digest_of_names(play.artist, play.title)
    if play.audio_id is None:
        return place_track(
            connection, audio_id=None, names=names, artist=play.artist, title=play.title, album=play.album
        )
    find_track(connection, names, play.audio_id)
    return place_track(connection, audio_id=play.audio_id)


def place_track(
    connection: Connection,
    *,
    audio_id: str | None,
    names: str = "",
    artist: str | None = None,
    title: str | None = None,
    album: str | None = None,
) -> int:
    """Return the number of a row of `played_tracks`, created if missing; known data is merged in any order."""
    names_known = (audio_id, artist, title, album)
    # Several rows have the same audio if it replaced a copy.
    where = "names = ?" if names else "audio_id = ? AND names = '' ORDER BY id LIMIT 1"
    sql = f"SELECT id, audio_id, artist, title, album FROM played_tracks WHERE {where}"
    row = connection.execute(sql, (names or audio_id,)).fetchone()
    if row is None:
        sql = "INSERT INTO played_tracks (names, audio_id, artist, title, album) VALUES (?, ?, ?, ?, ?) RETURNING id"
        [[number]] = connection.execute(sql, (names, *names_known)).fetchall()
        return int(number)
    number, *there = row
    both = [
        min((value for value in pair if value is not None), default=None)
        for pair in zip(names_known, there, strict=True)
    ]
    if both != there:
        sql = "UPDATE played_tracks SET audio_id = ?, artist = ?, title = ?, album = ? WHERE id = ?"
        connection.execute(sql, (*both, number))
    return int(number)


def find_track(connection: Connection, names: str, audio_id: str) -> None:
    """Store the audio of a track that was known only by its names."""
    connection.execute(
        "UPDATE played_tracks SET audio_id = ? WHERE names = ? AND names != '' AND audio_id IS NULL", (audio_id, names)
    )


def _near(
    connection: Connection, key: tuple[int, int, int], reach: int, exact_source: int | None
) -> list[tuple[int, int, int]]:
    """Return time, track and `skipped` of plays of the track, by audio or by names, that began within `reach` seconds,
    and of its skip of the same second.

    exact_source: plays of this source count only if they began in the same second
    """
    owner, at, track = key
    sql = (
        "SELECT p.at, p.track, p.skipped FROM plays AS p JOIN played_tracks AS t ON t.id = p.track WHERE p.owner = ?1 "
        "AND p.at > ?2 AND p.at < ?3 AND (p.skipped = 0 OR (p.at = ?5 AND p.track = ?4)) AND (p.track = ?4 OR "
        "t.audio_id = (SELECT o.audio_id FROM played_tracks AS o WHERE o.id = ?4)) "
        "AND (p.at = ?5 OR p.source IS NOT ?6)"
    )
    return connection.execute(sql, (owner, at - reach, at + reach, track, at, exact_source)).fetchall()


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)


def erase_plays(connection: Connection, account: Account, database: Database) -> Mapping[str, int]:
    return {"plays": _forget_plays(connection, account.number)}


def _forget_plays(connection: Connection, owner: int) -> int:
    """Delete an account's plays, and names that no other plays use; returns the number of plays and skips."""
    erased = connection.execute("DELETE FROM plays WHERE owner = ?", (owner,)).rowcount
    connection.execute("DELETE FROM play_counts WHERE owner = ?", (owner,))
    recount_plays(connection, owner)
    return erased


def take_plays(connection: Connection, account: Account) -> Mapping[str, int]:
    """Give plays without an owner to an account; on conflict the account's own plays count, and no undo takes them."""
    columns = _COLUMNS.removeprefix("owner, ")
    connection.execute(
        f"INSERT INTO play_reports (owner, at, track, step) SELECT p.owner, p.at, p.track, {BY_PLAYER} FROM plays AS p "
        "JOIN plays AS o ON (o.at, o.track) = (p.at, p.track) WHERE o.owner = 0 AND p.owner = ? ON CONFLICT DO NOTHING",
        (account.number,),
    )
    sql = f"INSERT INTO plays ({_COLUMNS}) SELECT ?, {columns} FROM plays WHERE owner = 0 ON CONFLICT DO NOTHING"
    taken = connection.execute(sql, (account.number,)).rowcount
    _forget_plays(connection, 0)
    return {"plays": taken}


def recount_plays(connection: Connection, owner: int | None = None) -> None:
    """Recompute the play counts of an account, or of all, after rows were lost; delete names that no plays use."""
    whose = "TRUE" if owner is None else f"owner = {owner:d}"
    columns = "plays, in_programs, skips, last_at"
    connection.execute(f"UPDATE play_counts SET plays = 0, in_programs = 0, skips = 0, last_at = NULL WHERE {whose}")
    connection.execute(
        f"INSERT INTO play_counts (owner, track, {columns}) SELECT owner, track, sum(1 - skipped), "
        f"sum(CASE WHEN source >= {FIRST_PROGRAM} THEN 1 - skipped ELSE 0 END), sum(skipped), "
        f"max(CASE WHEN skipped = 0 THEN at END) FROM plays WHERE {whose} GROUP BY owner, track "
        f"ON CONFLICT (owner, track) DO UPDATE SET ({columns}) = (excluded.{columns.replace(', ', ', excluded.')})"
    )
    connection.execute(f"DELETE FROM play_counts WHERE {whose} AND plays = 0 AND skips = 0 AND elsewhere = 0")
    connection.execute("DELETE FROM played_tracks WHERE id NOT IN (SELECT track FROM play_counts)")


def read_play(
    audio_id: str | None, artist: str | None, title: str | None, album: str | None, path: bytes | None, at: int,
    source: int, skipped: int, heard_s: int | None, length_s: int | None,
) -> Play:  # fmt: skip
    play_source: PlaySource = _NAMED.get(source, "python")
    return Play(
        audio_id=audio_id,
        artist=artist,
        title=title,
        album=album,
        path=None if path is None else os.fsdecode(path),
        at=PlayTime.utc(at),
        source=play_source,
        is_skip=bool(skipped),
        heard_s=heard_s,
        length_s=length_s,
    )


exported_plays = ExportMember.reader(f"{PLAYS} {IN_ORDER}", read_play)
