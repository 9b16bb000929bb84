"""The table `facts`: one narrow row a file with all that a query compares, kept in step by triggers.

Files and analyses are wide (tags, JSON): to read 100,000 of them takes a second. The facts drawn from them are read in
some hundredths of one. Nothing but the triggers writes them.
"""

from __future__ import annotations

import re
import sqlite3

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
"""State of a file `f` with its analysis `a`, as `map4.infra.sqlite.tracks` gives it to a track."""

_IMPORTED = "(SELECT i.{name} FROM imported AS i WHERE i.audio_id = f.audio_id)"

_Columns = tuple[tuple[str, str, str], ...]

# Name, type, and where it is drawn from; those asked for most stand first, as a row is read from its beginning.
_COLUMNS_2: _Columns = (
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
    ("clipped_per_minute", "REAL", "json_extract(a.core, '$.loudness.clipped_per_minute')"),
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

# From schema 6 on: what was imported counts beside the tags.
_COLUMNS_6: _Columns = (
    *_COLUMNS_2[:5],
    ("imported_bpm", "REAL", _IMPORTED.format(name="bpm")),
    *_COLUMNS_2[5:8],
    ("imported_key", "TEXT", _IMPORTED.format(name="key")),
    *(
        (name, kind, f"coalesce({_IMPORTED.format(name='rating')}, f.rating)" if name == "rating" else sql)
        for name, kind, sql in _COLUMNS_2[8:]
    ),
    ("play_count", "INTEGER", _IMPORTED.format(name="play_count")),
    ("last_played", "TEXT", _IMPORTED.format(name="last_played")),
    ("cues", "INTEGER", _IMPORTED.format(name="cues")),
)

# From schema 8 on: what lies inside a track.
_COLUMNS_8: _Columns = (
    *_COLUMNS_6,
    ("metre", "INTEGER", "json_extract(a.core, '$.metre.beats_per_bar')"),
    ("phrases", "INTEGER", "json_array_length(a.core, '$.structure.phrases')"),
    # The kinds, one after the other: enough to look for one.
    (
        "detected_cues",
        "TEXT",
        "(SELECT group_concat(json_extract(c.value, '$.kind'), ' ') FROM json_each(a.core, '$.cues') AS c)",
    ),
)

OWN_NAMES = ("artist", "title", "genre")
"""What the user can name, each in a column `user_…` of the facts."""
HAS_OWN_NAMES_SQL = "coalesce(user_artist, user_title, user_genre) IS NOT NULL"
"""Which rows of the facts the index `own_names` holds."""
# Few tracks have any, and words are looked for in all of them.
_OWN_NAMES_INDEX = f"CREATE INDEX own_names ON facts (user_artist, user_title, user_genre) WHERE {HAS_OWN_NAMES_SQL}"

# From schema 9 on: energy, year and rating that the user set count before all others; names stand beside the tags'.
_OWN_FIRST = {
    "energy": f"coalesce({_USER.format(name='energy')} / 10.0, a.energy)",
    "year": f"coalesce({_USER.format(name='year')}, f.year)",
    "rating": f"coalesce({_USER.format(name='rating')}, {_IMPORTED.format(name='rating')}, f.rating)",
}
_COLUMNS_9: _Columns = (
    *((name, kind, _OWN_FIRST.get(name, sql)) for name, kind, sql in _COLUMNS_8),
    *((f"user_{name}", "TEXT", _USER.format(name=name)) for name in OWN_NAMES),
    # Where the spectrum ends.
    ("cutoff_hz", "REAL", "json_extract(a.core, '$.spectrum.cutoff_hz')"),
    ("cutoff_drop_db", "REAL", "json_extract(a.core, '$.spectrum.cutoff_drop_db')"),
)

IMPORTED_NAMES = ("artist", "title", "album", "genre", "label")
"""What was imported or looked up counts where a tag says nothing: then it stands in a column `imported_…`."""
HAS_IMPORTED_NAMES_SQL = "coalesce(imported_artist, imported_title, imported_album, imported_genre) IS NOT NULL"
"""Which rows of the facts the index `imported_names` holds."""
_INDEXED_NAMES = ", ".join(f"imported_{name}" for name in IMPORTED_NAMES if name != "label")
_IMPORTED_NAMES_INDEX = f"CREATE INDEX imported_names ON facts ({_INDEXED_NAMES}) WHERE {HAS_IMPORTED_NAMES_SQL}"

# From schema 10 on: names, dates and more of what was imported. A row of `imported` is read once for all its columns.
_SAID = "json_extract(i.data, '$.{name}')"
_COLUMNS_10: _Columns = (
    *(
        (
            name,
            kind,
            f"coalesce({_USER.format(name='year')}, f.year, {_SAID.format(name='year')})"
            if name == "year"
            else re.sub(r"\(SELECT (i\.\w+) FROM imported AS i WHERE i.audio_id = f.audio_id\)", r"\1", sql),
        )
        for name, kind, sql in _COLUMNS_9
    ),
    *(
        (f"imported_{name}", "TEXT", f"CASE WHEN f.{name} IS NULL THEN {_SAID.format(name=name)} END")
        for name in IMPORTED_NAMES
    ),
    ("track_number", "INTEGER", f"coalesce(f.track, {_SAID.format(name='track_number')})"),
    ("disc_number", "INTEGER", _SAID.format(name="disc_number")),
    *((name, "TEXT", _SAID.format(name=name)) for name in ("composer", "remixer", "mix", "grouping", "color")),
    ("date_added", "TEXT", _SAID.format(name="date_added")),
)

# From schema 11 on: what providers know counts between the tags and what was imported (the default of
# `metadata.prefer`), and stands where only the latter stood; their tempo and key have columns of their own.
_LOOKED_UP = "json_extract(p.data, '$.in_force.{name}')"
_EITHER = (*IMPORTED_NAMES, "year", "track_number", "remixer")


def _with_provided(name: str, sql: str) -> str:
    said = name.removeprefix("imported_")
    if said not in _EITHER or (said == name and said in IMPORTED_NAMES):
        return sql
    provider = _LOOKED_UP.format(name={"track_number": "track"}.get(said, said))
    either = f"coalesce({provider}, {_SAID.format(name=said)})"
    return sql.replace(_SAID.format(name=said), either)


_COLUMNS_11: _Columns = (
    *((name, kind, _with_provided(name, sql)) for name, kind, sql in _COLUMNS_10),
    ("provider_bpm", "REAL", _LOOKED_UP.format(name="bpm")),
    ("provider_key", "TEXT", _LOOKED_UP.format(name="key")),
    ("catalog_number", "TEXT", f"coalesce(f.catalog_number, {_LOOKED_UP.format(name='catalog_number')})"),
    ("isrc", "TEXT", f"coalesce(f.isrc, {_LOOKED_UP.format(name='isrc')})"),
    ("release_date", "TEXT", _LOOKED_UP.format(name="release_date")),
    ("original_year", "INTEGER", _LOOKED_UP.format(name="original_year")),
)

# From schema 13 on: a cue point is a list in the core, its kind the first of it.
_COLUMNS: _Columns = tuple((name, kind, sql.replace("'$.kind'", "'$[0]'")) for name, kind, sql in _COLUMNS_11)

FACTS_COLUMNS: tuple[str, ...] = tuple(name for name, _, _ in _COLUMNS)


def _source_sql(columns: _Columns) -> str:
    tables = "files AS f LEFT JOIN analyses AS a USING (audio_id)"
    if columns in (_COLUMNS_10, _COLUMNS_11, _COLUMNS):
        tables += " LEFT JOIN imported AS i ON i.audio_id = f.audio_id"
    if columns in (_COLUMNS_11, _COLUMNS):
        tables += " LEFT JOIN provided AS p ON p.audio_id = f.audio_id"
    return f"SELECT {', '.join(sql for _, _, sql in columns)} FROM {tables}"


SOURCE_SQL = _source_sql(_COLUMNS)
"""What the facts of every file should be."""


def _trigger(columns: _Columns, name: str, event: str, where: str) -> str:
    # Deleted and inserted, not replaced: within a trigger the conflict clause of the outer statement counts.
    ids = f"SELECT f.id FROM files AS f WHERE {where}"
    return (
        f"CREATE TRIGGER facts_{name} AFTER {event} BEGIN "
        f"DELETE FROM facts WHERE file_id IN ({ids}); "
        f"INSERT INTO facts ({', '.join(n for n, _, _ in columns)}) {_source_sql(columns)} WHERE {where}; END"
    )


# What tells that the facts of a file have changed: the end of the trigger's name, the event, and which files.
_TOUCHED_2 = (
    ("of_new_file", "INSERT ON files", "f.id = new.id"),
    ("of_changed_file", "UPDATE ON files", "f.id = new.id"),
    ("of_new_analysis", "INSERT ON analyses", "f.audio_id = new.audio_id"),
    ("of_changed_analysis", "UPDATE ON analyses", "f.audio_id = new.audio_id"),
    ("of_gone_analysis", "DELETE ON analyses", "f.audio_id = old.audio_id"),
    ("of_new_value", "INSERT ON user_values", "f.audio_id = new.audio_id"),
    ("of_changed_value", "UPDATE ON user_values", "f.audio_id = new.audio_id"),
    ("of_gone_value", "DELETE ON user_values", "f.audio_id = old.audio_id"),
)
_TOUCHED_6 = (
    *_TOUCHED_2,
    ("of_new_import", "INSERT ON imported", "f.audio_id = new.audio_id"),
    ("of_changed_import", "UPDATE ON imported", "f.audio_id = new.audio_id"),
    ("of_gone_import", "DELETE ON imported", "f.audio_id = old.audio_id"),
)
_TOUCHED = (
    *_TOUCHED_6,
    ("of_new_lookup", "INSERT ON provided", "f.audio_id = new.audio_id"),
    ("of_changed_lookup", "UPDATE ON provided", "f.audio_id = new.audio_id"),
    ("of_gone_lookup", "DELETE ON provided", "f.audio_id = old.audio_id"),
)


def _statements(columns: _Columns, touched: tuple[tuple[str, str, str], ...]) -> list[str]:
    return [
        # Not STRICT: a damaged value is for `cache verify` to tell, and no reason to refuse the row around it.
        f"CREATE TABLE facts ({', '.join(f'{name} {kind}' for name, kind, _ in columns)})",
        f"INSERT INTO facts ({', '.join(name for name, _, _ in columns)}) {_source_sql(columns)}",
        *(_trigger(columns, name, event, where) for name, event, where in touched),
        "CREATE TRIGGER facts_of_gone_file AFTER DELETE ON files BEGIN DELETE FROM facts WHERE file_id = old.id; END",
    ]


def _view(*more: str) -> str:
    imported = "".join(f"\n               {column}," for column in more)
    return f"""CREATE VIEW tracks AS
        SELECT f.display AS path, f.artist, f.title, f.album, f.genre, f.year, a.duration_s, a.bpm, a.tempo_confidence,
               a.key, a.key_confidence, a.energy, a.loudness_lufs, f.tag_bpm, f.tag_key, f.tag_camelot,
               {_USER.format(name="bpm")} AS user_bpm, {_USER.format(name="key")} AS user_key,{imported}
               {STATE_SQL} AS state, f.error_kind, f.added_at, f.audio_id, f.id AS file_id
        FROM files AS f LEFT JOIN analyses AS a USING (audio_id)"""


def add_facts(connection: sqlite3.Connection) -> None:
    """Migration to schema 2: keys of tags that can be compared, and the table `facts`."""
    from map4.domain.track import readable_key  # with it comes most of the domain

    connection.execute("ALTER TABLE files ADD COLUMN tag_camelot TEXT")
    tagged = connection.execute("SELECT id, tag_key FROM files WHERE tag_key IS NOT NULL").fetchall()
    read = ((file_id, readable_key(text)) for file_id, text in tagged)
    connection.executemany(
        "UPDATE files SET tag_camelot = ? WHERE id = ?", [(key.camelot, file_id) for file_id, key in read if key]
    )
    for statement in (*_statements(_COLUMNS_2, _TOUCHED_2), "DROP VIEW tracks", _view()):
        connection.execute(statement)


def add_imported_facts(connection: sqlite3.Connection) -> None:
    """Part of the migration to schema 6: facts and the view `tracks` know what was imported."""
    _drop_facts(connection, _TOUCHED_2)
    connection.execute("DROP VIEW tracks")
    view = _view(
        *(
            f"{_IMPORTED.format(name=name)} AS imported_{name}"
            for name in ("bpm", "key", "rating", "play_count", "last_played", "cues")
        )
    )
    for statement in (*_statements(_COLUMNS_6, _TOUCHED_6), view):
        connection.execute(statement)


def add_facts_of_inside(connection: sqlite3.Connection) -> None:
    """Migration to schema 8: facts know the metre, the phrases and the cue points that were detected."""
    _drop_facts(connection, _TOUCHED_6)
    for statement in _statements(_COLUMNS_8, _TOUCHED_6):
        connection.execute(statement)


def add_own_names_and_cutoff(connection: sqlite3.Connection) -> None:
    """Part of the migration to schema 9: the user sets more values, and facts know where the spectrum ends."""
    _drop_facts(connection, _TOUCHED_6)
    own = ("artist", "title", "genre", "year", "energy", "rating")
    names = ", ".join(f"'{name}'" for name in ("bpm", "key", *own))
    imported = ("bpm", "key", "rating", "play_count", "last_played", "cues")
    view = _view(
        *(f"{_USER.format(name=name)} AS user_{name}" for name in own),
        *(f"{_IMPORTED.format(name=name)} AS imported_{name}" for name in imported),
    )
    for statement in (
        "DROP VIEW tracks",
        # Not renamed: versions of SQLite word what they rename differently.
        "CREATE TEMP TABLE kept_values AS SELECT audio_id, name, value, set_at FROM user_values",
        "DROP TABLE user_values",
        f"""CREATE TABLE user_values (
            audio_id TEXT NOT NULL,
            name TEXT NOT NULL CHECK (name IN ({names})),
            value TEXT NOT NULL CHECK (json_valid(value)),
            set_at TEXT NOT NULL,
            PRIMARY KEY (audio_id, name)
        ) STRICT, WITHOUT ROWID""",
        "INSERT INTO user_values SELECT audio_id, name, value, set_at FROM kept_values",
        "DROP TABLE kept_values",
        *_statements(_COLUMNS_9, _TOUCHED_6),
        _OWN_NAMES_INDEX,
        view,
    ):
        connection.execute(statement)


def add_imported_names(connection: sqlite3.Connection) -> None:
    """Part of the migration to schema 10: facts and the view `tracks` know names and dates that were imported."""
    _drop_facts(connection, _TOUCHED_6)
    own = ("artist", "title", "genre", "year", "energy", "rating")
    drawn = ("bpm", "key", "rating", "play_count", "last_played", "cues")
    said = (*IMPORTED_NAMES, "year", "composer", "remixer", "mix", "grouping", "date_added", "color")
    view = _view(
        *(f"{_USER.format(name=name)} AS user_{name}" for name in own),
        *(f"{_IMPORTED.format(name=name)} AS imported_{name}" for name in drawn),
        *(f"{_IMPORTED.format(name='data')} ->> '$.{name}' AS imported_{name}" for name in said),
    )
    for statement in (
        "DROP VIEW tracks",
        *_statements(_COLUMNS_10, _TOUCHED_6),
        _OWN_NAMES_INDEX,
        _IMPORTED_NAMES_INDEX,
        view,
    ):
        connection.execute(statement)


# The tempo is the one that counts unless a setting says otherwise.
_NUMBER_INDEXES = (
    "CREATE INDEX facts_by_bpm ON facts (coalesce(user_bpm, measured_bpm, imported_bpm, tag_bpm, provider_bpm))",
    "CREATE INDEX facts_by_year ON facts (year)",
)


def add_provided_facts(connection: sqlite3.Connection) -> None:
    """Part of the migration to schema 11: facts know what providers say."""
    _drop_facts(connection, _TOUCHED_6)
    for statement in (*_statements(_COLUMNS_11, _TOUCHED), _OWN_NAMES_INDEX, _IMPORTED_NAMES_INDEX, *_NUMBER_INDEXES):
        connection.execute(statement)


def without_facts(connection: sqlite3.Connection, *changes: str) -> None:
    """Part of the migration to schema 13: change what facts are drawn from, and nothing that they say."""
    for name, _, _ in _TOUCHED:
        connection.execute(f"DROP TRIGGER facts_{name}")
    for change in changes:
        connection.execute(change)
    for name, event, where in _TOUCHED:
        connection.execute(_trigger(_COLUMNS, name, event, where))


def _drop_facts(connection: sqlite3.Connection, touched: tuple[tuple[str, str, str], ...]) -> None:
    for name, _, _ in touched:
        connection.execute(f"DROP TRIGGER facts_{name}")
    connection.execute("DROP TRIGGER facts_of_gone_file")
    connection.execute("DROP TABLE facts")


def facts_are_in_step(connection: sqlite3.Connection) -> bool:
    """Whether the facts say what files, analyses and user values say."""
    names = ", ".join(FACTS_COLUMNS)
    for first, second in ((f"SELECT {names} FROM facts", SOURCE_SQL), (SOURCE_SQL, f"SELECT {names} FROM facts")):
        if connection.execute(f"SELECT 1 FROM ({first} EXCEPT {second}) LIMIT 1").fetchone() is not None:
            return False
    return True
