"""The table `facts`: one narrow row a file with all that a query compares, kept in step by triggers.

Files and analyses are wide (tags, JSON): to read 100,000 of them takes a second. The facts drawn from them are read in
some hundredths of one. Nothing but the triggers writes them.
"""

from __future__ import annotations

import sqlite3

from map4.domain.track import readable_key

# As they were in this version of the schema; the names of `map4.domain.hamms` may go on without it.
_HAMMS = (
    "bpm", "key", "energy", "danceability", "valence", "acousticness", "instrumentalness", "rhythmic_pattern",
    "spectral_centroid", "tempo_stability", "harmonic_complexity", "dynamic_range",
)  # fmt: skip
_USER = "(SELECT json_extract(u.value, '$') FROM user_values AS u WHERE u.audio_id = f.audio_id AND u.name = '{name}')"
STATE_SQL = (
    "CASE WHEN f.missing_since IS NOT NULL THEN 'missing' WHEN a.id IS NOT NULL THEN 'ok' "
    "WHEN f.error_kind IS NOT NULL THEN 'failed' ELSE 'pending' END"
)
"""State of a file `f` with its analysis `a`, as `map4.infra.store` gives it to a track."""

# Name, type, and where it is drawn from; those asked for most stand first, as a row is read from its beginning.
_COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("file_id", "INTEGER PRIMARY KEY", "f.id"),
    ("state", "TEXT NOT NULL", STATE_SQL),
    ("user_bpm", "REAL", _USER.format(name="bpm")),
    ("measured_bpm", "REAL", "a.bpm"),
    ("tag_bpm", "REAL", "f.tag_bpm"),
    ("user_key", "TEXT", _USER.format(name="key")),
    ("measured_key", "TEXT", "a.key"),
    ("tag_key", "TEXT", "f.tag_camelot"),
    ("energy", "REAL", "a.energy"),
    ("duration_s", "REAL", "a.duration_s"),
    ("year", "INTEGER", "f.year"),
    ("tempo_confidence", "REAL", "a.tempo_confidence"),
    ("key_confidence", "REAL", "a.key_confidence"),
    ("loudness_lufs", "REAL", "a.loudness_lufs"),
    ("true_peak_dbtp", "REAL", "json_extract(a.core, '$.loudness.true_peak_dbtp')"),
    ("rating", "REAL", "f.rating"),
    ("added_at", "TEXT NOT NULL", "f.added_at"),
    ("modified_ns", "INTEGER NOT NULL", "f.mtime_ns"),
    ("codec", "TEXT", "f.codec"),
    ("bit_rate_bps", "REAL", "f.payload_bytes * 8 / a.duration_s"),
    ("sample_rate_hz", "INTEGER", "f.sample_rate_hz"),
    ("bits", "INTEGER", "f.bits"),
    ("channels", "INTEGER", "f.channels"),
    ("analysis_version", "INTEGER", "a.version"),
    # An empty list takes no room; a text of the list is enough to look for a word in.
    ("flags", "TEXT", "nullif(json_extract(a.core, '$.flags'), '[]')"),
    *((f"hamms_{name}", "REAL", f"json_extract(a.core, '$.hamms.vector[{i}]')") for i, name in enumerate(_HAMMS)),
)

HAMMS_COLUMNS: tuple[str, ...] = tuple(f"hamms_{name}" for name in _HAMMS)
"""Columns of the HAMMS vector, in its order."""

FACTS_COLUMNS: tuple[str, ...] = tuple(name for name, _, _ in _COLUMNS)

SOURCE_SQL = (
    f"SELECT {', '.join(sql for _, _, sql in _COLUMNS)} FROM files AS f LEFT JOIN analyses AS a USING (audio_id)"
)
"""What the facts of every file should be."""


def _trigger(name: str, event: str, where: str) -> str:
    # Deleted and inserted, not replaced: within a trigger the conflict clause of the outer statement counts.
    ids = f"SELECT f.id FROM files AS f WHERE {where}"
    return (
        f"CREATE TRIGGER facts_{name} AFTER {event} BEGIN "
        f"DELETE FROM facts WHERE file_id IN ({ids}); "
        f"INSERT INTO facts ({', '.join(FACTS_COLUMNS)}) {SOURCE_SQL} WHERE {where}; END"
    )


_STATEMENTS = (
    # Not STRICT: a damaged value is for `cache verify` to tell, and no reason to refuse the row around it.
    f"CREATE TABLE facts ({', '.join(f'{name} {kind}' for name, kind, _ in _COLUMNS)})",
    f"INSERT INTO facts ({', '.join(FACTS_COLUMNS)}) {SOURCE_SQL}",
    _trigger("of_new_file", "INSERT ON files", "f.id = new.id"),
    _trigger("of_changed_file", "UPDATE ON files", "f.id = new.id"),
    "CREATE TRIGGER facts_of_gone_file AFTER DELETE ON files BEGIN DELETE FROM facts WHERE file_id = old.id; END",
    _trigger("of_new_analysis", "INSERT ON analyses", "f.audio_id = new.audio_id"),
    _trigger("of_changed_analysis", "UPDATE ON analyses", "f.audio_id = new.audio_id"),
    _trigger("of_gone_analysis", "DELETE ON analyses", "f.audio_id = old.audio_id"),
    _trigger("of_new_value", "INSERT ON user_values", "f.audio_id = new.audio_id"),
    _trigger("of_changed_value", "UPDATE ON user_values", "f.audio_id = new.audio_id"),
    _trigger("of_gone_value", "DELETE ON user_values", "f.audio_id = old.audio_id"),
    "DROP VIEW tracks",
    f"""CREATE VIEW tracks AS
        SELECT f.display AS path, f.artist, f.title, f.album, f.genre, f.year, a.duration_s, a.bpm, a.tempo_confidence,
               a.key, a.key_confidence, a.energy, a.loudness_lufs, f.tag_bpm, f.tag_key, f.tag_camelot,
               {_USER.format(name="bpm")} AS user_bpm, {_USER.format(name="key")} AS user_key,
               {STATE_SQL} AS state, f.error_kind, f.added_at, f.audio_id, f.id AS file_id
        FROM files AS f LEFT JOIN analyses AS a USING (audio_id)""",
)


def add_facts(connection: sqlite3.Connection) -> None:
    """Migration to schema 2: keys of tags that can be compared, and the table `facts`."""
    connection.execute("ALTER TABLE files ADD COLUMN tag_camelot TEXT")
    tagged = connection.execute("SELECT id, tag_key FROM files WHERE tag_key IS NOT NULL").fetchall()
    read = ((file_id, readable_key(text)) for file_id, text in tagged)
    connection.executemany(
        "UPDATE files SET tag_camelot = ? WHERE id = ?", [(key.camelot, file_id) for file_id, key in read if key]
    )
    for statement in _STATEMENTS:
        connection.execute(statement)


def facts_are_in_step(connection: sqlite3.Connection) -> bool:
    """Whether the facts say what files, analyses and user values say."""
    names = ", ".join(FACTS_COLUMNS)
    for first, second in ((f"SELECT {names} FROM facts", SOURCE_SQL), (SOURCE_SQL, f"SELECT {names} FROM facts")):
        if connection.execute(f"SELECT 1 FROM ({first} EXCEPT {second}) LIMIT 1").fetchone() is not None:
            return False
    return True
