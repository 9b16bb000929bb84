"""Plays counted by connected servers beyond the plays stored here."""

from __future__ import annotations

from collections.abc import Mapping

from map4.core.music.plays import SOURCES
from map4.core.store.database import Connection
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
_COUNTED = """
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
    for audio_id, _, count in connection.execute(_COUNTED, (owner,)):
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
    for audio_id, track, _ in connection.execute(_COUNTED, (owner,)):
        known.setdefault(audio_id, []).append(track)
    for audio_id, count in counts.items():
        # If several rows have the same audio after a copy was removed, only one gets the count.
        place = place_track(connection, audio_id=audio_id) if count else None
        for track in known.get(audio_id, ()):
            if track != place:
                connection.execute(_PUT, (owner, track, 0))
        if place is not None:
            connection.execute(_PUT, (owner, place, count))
