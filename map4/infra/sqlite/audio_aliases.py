"""The table `audio_aliases`: ids that audio had in older versions of map4, and what is known under them."""

from __future__ import annotations

import sqlite3

from map4.infra.sqlite.observation_tables import hand_observations

# Tables with one row for an audio payload (and name), and those whose rows name one.
_OWN_ROWS = ("analyses", "user_values", "labels")
_NAMED_IN = ("files", "imported_tracks", "playlist_tracks")
_OF_THE_USER = {"user_values": ("name, value", "set_at"), "labels": ("data", "labelled_at")}

ALIASES = (
    # `is_carried`: what was known under the former id went to this audio. More than one audio can have had one id, as
    # former ids did not tell everything apart.
    """CREATE TABLE audio_aliases (
        former_id TEXT NOT NULL,
        audio_id TEXT NOT NULL,
        is_carried INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (former_id, audio_id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX audio_aliases_by_audio ON audio_aliases (audio_id)",
    "CREATE INDEX playlist_tracks_by_audio ON playlist_tracks (audio_id)",
    "ALTER TABLE files ADD COLUMN is_id_due INTEGER NOT NULL DEFAULT 0",
)
"""Statements of the migration to schema 7, `note_due_ids` apart."""

# Codecs whose ids are what they were wherever they occur.
_SAME_AS_EVER = ("pcm", "ape", "wavpack", "tta", "musepack")
_TRIGGER = "facts_of_changed_file"


def note_due_ids(connection: sqlite3.Connection) -> None:
    """Part of the migration to schema 7: mark the files that a scan must identify again."""
    # Which ids are due is no fact, and to make the facts of all files again takes long.
    [trigger] = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (_TRIGGER,)).fetchone()
    connection.execute(f"DROP TRIGGER {_TRIGGER}")
    marks = ", ".join("?" * len(_SAME_AS_EVER))
    connection.execute(
        f"UPDATE files SET is_id_due = 1 WHERE audio_id IS NOT NULL AND codec NOT IN ({marks})", _SAME_AS_EVER
    )
    connection.execute(trigger)


def put_alias(connection: sqlite3.Connection, former_id: str, audio_id: str) -> None:
    """Note that audio had another id once."""
    connection.execute("INSERT OR IGNORE INTO audio_aliases (former_id, audio_id) VALUES (?, ?)", (former_id, audio_id))


def is_to_carry(connection: sqlite3.Connection, former_id: str, audio_id: str) -> bool:
    """Whether anything is known under a former id, or went to other audio that had the same one."""
    sources = [f"SELECT 1 FROM {table} WHERE audio_id = :former" for table in (*_OWN_ROWS, "lookups", *_NAMED_IN)]
    sources.append(
        "SELECT 1 FROM audio_aliases WHERE former_id = :former AND audio_id != :id AND is_carried "
        "AND NOT EXISTS (SELECT 1 FROM audio_aliases WHERE former_id = :former AND audio_id = :id)"
    )
    values = {"former": former_id, "id": audio_id}
    return any(connection.execute(f"{sql} LIMIT 1", values).fetchone() is not None for sql in sources)


def carry_over(connection: sqlite3.Connection, former_id: str, audio_id: str, path: bytes, *, library: str) -> None:
    """Give everything that is known under a former id to the audio that has it, in a transaction.

    Where other audio had the same former id and was met before, that one has it all. The user's values and labels then
    count for both, entries that name this path are this audio's, and the other is analysed again by the next scan,
    since of which of them its analysis is can't be told any more. Where this audio was known under two ids, its later
    values count.

    Parameters
    ----------
    path : of the file in which this audio was met
    library : path of the library, for messages
    """
    from map4.infra.sqlite.effective_values import affected, recompute

    [twin] = connection.execute(
        "SELECT max(audio_id) FROM audio_aliases WHERE former_id = ? AND audio_id != ? AND is_carried",
        (former_id, audio_id),
    ).fetchone()
    with affected(connection) as add:
        for each in (former_id, twin, audio_id):
            add("SELECT ? AS audio_id", (each,))
        if twin is not None:
            _share(connection, twin, audio_id, path)
        _drop_rivals(connection, former_id, audio_id)
        for table in (*_NAMED_IN, *_OWN_ROWS):
            connection.execute(f"UPDATE OR IGNORE {table} SET audio_id = ? WHERE audio_id = ?", (audio_id, former_id))
        if twin is not None:
            hand_observations(connection, twin, audio_id, keep=True)
        hand_observations(connection, former_id, audio_id)
        put_alias(connection, former_id, audio_id)
        connection.execute(
            "UPDATE audio_aliases SET is_carried = 1 WHERE former_id = ? AND audio_id = ?", (former_id, audio_id)
        )
        recompute(connection, library)


def _share(connection: sqlite3.Connection, twin: str, audio_id: str, path: bytes) -> None:
    connection.execute("UPDATE analyses SET version = 0 WHERE audio_id = ?", (twin,))
    connection.execute("UPDATE audio_aliases SET is_carried = 0 WHERE audio_id = ?", (twin,))
    for table, (values, set_at) in _OF_THE_USER.items():
        columns = f"{values}, {set_at}"
        connection.execute(
            f"INSERT OR IGNORE INTO {table} (audio_id, {columns}) SELECT ?, {columns} FROM {table} WHERE audio_id = ?",
            (audio_id, twin),
        )
    for table in ("imported_tracks", "playlist_tracks"):
        connection.execute(f"UPDATE {table} SET audio_id = ? WHERE audio_id = ? AND path = ?", (audio_id, twin, path))


def _drop_rivals(connection: sqlite3.Connection, former_id: str, audio_id: str) -> None:
    """Leave one row of each kind, of what is known under both ids."""
    connection.execute(
        "DELETE FROM analyses WHERE audio_id = ?1 AND EXISTS (SELECT 1 FROM analyses WHERE audio_id = ?2)",
        (former_id, audio_id),
    )
    ids = "(?1, ?2)"
    for table, set_at, same in (("user_values", "set_at", "b.name = a.name"), ("labels", "labelled_at", "TRUE")):
        later = f"b.{set_at} > a.{set_at} OR (b.{set_at} = a.{set_at} AND b.audio_id = ?2)"
        connection.execute(
            f"DELETE FROM {table} AS a WHERE a.audio_id IN {ids} AND EXISTS (SELECT 1 FROM {table} AS b "
            f"WHERE b.audio_id IN {ids} AND b.audio_id != a.audio_id AND {same} AND ({later}))",
            (former_id, audio_id),
        )
