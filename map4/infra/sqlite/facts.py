"""The table `facts`: one narrow row a file with all that a query compares, kept in step by triggers.

Files and analyses are wide (tags, JSON): to read 100,000 of them takes a second. The facts drawn from them are read in
some hundredths of one. Nothing but the triggers writes them.
"""

from __future__ import annotations

import sqlite3

# As in `map4.domain.hamms`, with which comes numpy.
_HAMMS = (
    "bpm", "key", "energy", "danceability", "valence", "acousticness", "instrumentalness", "rhythmic_pattern",
    "spectral_centroid", "tempo_stability", "harmonic_complexity", "dynamic_range",
)  # fmt: skip
STATE_SQL = (
    "CASE WHEN f.missing_since IS NOT NULL THEN 'missing' WHEN a.id IS NOT NULL THEN 'ok' "
    "WHEN f.error_kind IS NOT NULL THEN 'failed' ELSE 'pending' END"
)
"""State of a file `f` with its analysis `a`, as `map4.infra.sqlite.tracks` gives it to a track."""

HAMMS_COLUMNS: tuple[str, ...] = tuple(f"hamms_{name}" for name in _HAMMS)
"""Columns of the HAMMS vector, in its order."""

OWN_NAMES = ("artist", "title", "genre")
"""What the user can name, each in a column `user_…` of the facts."""
HAS_OWN_NAMES_SQL = "coalesce(user_artist, user_title, user_genre) IS NOT NULL"
"""Which rows of the facts the index `own_names` holds."""

IMPORTED_NAMES = ("artist", "title", "album", "genre", "label")
"""What was imported or looked up counts where a tag says nothing: then it stands in a column `imported_…`."""
HAS_IMPORTED_NAMES_SQL = "coalesce(imported_artist, imported_title, imported_album, imported_genre) IS NOT NULL"
"""Which rows of the facts the index `imported_names` holds."""


def _user(name: str) -> str:
    its_own = f"u.audio_id = f.audio_id AND u.name = '{name}'"
    return f"(SELECT json_extract(u.value, '$') FROM user_values AS u WHERE {its_own})"


def _measured(path: str) -> str:
    return f"json_extract(a.core, '$.{path}')"


def _imported(name: str) -> str:
    return f"json_extract(i.data, '$.{name}')"


def _looked_up(name: str) -> str:
    return f"json_extract(p.data, '$.in_force.{name}')"


def _said(name: str, imported_as: str | None = None) -> str:
    # What providers know counts before what was imported: the default of `metadata.prefer`.
    return f"coalesce({_looked_up(name)}, {_imported(imported_as or name)})"


# Name, type, and where it is drawn from; those asked for most stand first, as a row is read from its beginning.
_COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("file_id", "INTEGER PRIMARY KEY", "f.id"),
    ("state", "TEXT NOT NULL", STATE_SQL),
    ("user_bpm", "REAL", _user("bpm")),
    ("measured_bpm", "REAL", "a.bpm"),
    ("tag_bpm", "REAL", "f.tag_bpm"),
    ("imported_bpm", "REAL", "i.bpm"),
    ("user_key", "TEXT", _user("key")),
    ("measured_key", "TEXT", "a.key"),
    ("tag_key", "TEXT", "f.tag_camelot"),
    ("imported_key", "TEXT", "i.key"),
    ("energy", "REAL", f"coalesce({_user('energy')} / 10.0, a.energy)"),
    ("duration_s", "REAL", "a.duration_s"),
    ("year", "INTEGER", f"coalesce({_user('year')}, f.year, {_said('year')})"),
    ("tempo_confidence", "REAL", "a.tempo_confidence"),
    ("key_confidence", "REAL", "a.key_confidence"),
    ("loudness_lufs", "REAL", "a.loudness_lufs"),
    ("true_peak_dbtp", "REAL", _measured("loudness.true_peak_dbtp")),
    ("clipped_per_minute", "REAL", _measured("loudness.clipped_per_minute")),
    ("rating", "REAL", "coalesce(i.rating, f.rating)"),
    ("added_at", "TEXT NOT NULL", "f.added_at"),
    ("modified_ns", "INTEGER NOT NULL", "f.mtime_ns"),
    ("codec", "TEXT", "f.codec"),
    ("bit_rate_bps", "REAL", "f.payload_bytes * 8 / a.duration_s"),
    ("sample_rate_hz", "INTEGER", "f.sample_rate_hz"),
    ("bits", "INTEGER", "f.bits"),
    ("channels", "INTEGER", "f.channels"),
    ("analysis_version", "INTEGER", "a.version"),
    # An empty list takes no room; a text of the list is enough to look for a word in.
    ("flags", "TEXT", f"nullif({_measured('flags')}, '[]')"),
    *((name, "REAL", _measured(f"hamms.vector[{index}]")) for index, name in enumerate(HAMMS_COLUMNS)),
    ("play_count", "INTEGER", "i.play_count"),
    ("last_played", "TEXT", "i.last_played"),
    ("cues", "INTEGER", "i.cues"),
    ("metre", "INTEGER", _measured("metre.beats_per_bar")),
    ("phrases", "INTEGER", "json_array_length(a.core, '$.structure.phrases')"),
    # The kinds, one after the other: enough to look for one. A cue point is a list, its kind the first of it.
    (
        "detected_cues",
        "TEXT",
        "(SELECT group_concat(json_extract(c.value, '$[0]'), ' ') FROM json_each(a.core, '$.cues') AS c)",
    ),
    *((f"user_{name}", "TEXT", _user(name)) for name in OWN_NAMES),
    # Where the spectrum ends.
    ("cutoff_hz", "REAL", _measured("spectrum.cutoff_hz")),
    ("cutoff_drop_db", "REAL", _measured("spectrum.cutoff_drop_db")),
    *((f"imported_{name}", "TEXT", f"CASE WHEN f.{name} IS NULL THEN {_said(name)} END") for name in IMPORTED_NAMES),
    ("track_number", "INTEGER", f"coalesce(f.track, {_said('track', 'track_number')})"),
    ("disc_number", "INTEGER", _imported("disc_number")),
    ("composer", "TEXT", _imported("composer")),
    ("remixer", "TEXT", _said("remixer")),
    *((name, "TEXT", _imported(name)) for name in ("mix", "grouping", "color", "date_added")),
    ("provider_bpm", "REAL", _looked_up("bpm")),
    ("provider_key", "TEXT", _looked_up("key")),
    *((name, "TEXT", f"coalesce(f.{name}, {_looked_up(name)})") for name in ("catalog_number", "isrc")),
    ("release_date", "TEXT", _looked_up("release_date")),
    ("original_year", "INTEGER", _looked_up("original_year")),
)

FACTS_COLUMNS: tuple[str, ...] = tuple(name for name, _, _ in _COLUMNS)

SOURCE_SQL = (
    f"SELECT {', '.join(sql for _, _, sql in _COLUMNS)} FROM files AS f LEFT JOIN analyses AS a USING (audio_id) "
    "LEFT JOIN imported AS i ON i.audio_id = f.audio_id LEFT JOIN provided AS p ON p.audio_id = f.audio_id"
)
"""What the facts of every file should be."""


def _trigger(name: str, event: str, where: str) -> str:
    # Deleted and inserted, not replaced: within a trigger the conflict clause of the outer statement counts.
    return (
        f"CREATE TRIGGER facts_{name} AFTER {event} BEGIN "
        f"DELETE FROM facts WHERE file_id IN (SELECT f.id FROM files AS f WHERE {where}); "
        f"INSERT INTO facts ({', '.join(FACTS_COLUMNS)}) {SOURCE_SQL} WHERE {where}; END"
    )


_DRAWN_FROM = {"analysis": "analyses", "value": "user_values", "import": "imported", "lookup": "provided"}
_INDEXED_NAMES = ", ".join(f"imported_{name}" for name in IMPORTED_NAMES if name != "label")

FACTS_TABLES = (
    # Not STRICT: a damaged value is for `cache verify` to tell, and no reason to refuse the row around it.
    f"CREATE TABLE facts ({', '.join(f'{name} {kind}' for name, kind, _ in _COLUMNS)})",
    _trigger("of_new_file", "INSERT ON files", "f.id = new.id"),
    _trigger("of_changed_file", "UPDATE ON files", "f.id = new.id"),
    "CREATE TRIGGER facts_of_gone_file AFTER DELETE ON files BEGIN DELETE FROM facts WHERE file_id = old.id; END",
    *(
        _trigger(f"of_{change}_{what}", f"{event} ON {table}", f"f.audio_id = {row}.audio_id")
        for what, table in _DRAWN_FROM.items()
        for change, event, row in (("new", "INSERT", "new"), ("changed", "UPDATE", "new"), ("gone", "DELETE", "old"))
    ),
    # Few tracks have any, and words are looked for in all of them.
    f"CREATE INDEX own_names ON facts (user_artist, user_title, user_genre) WHERE {HAS_OWN_NAMES_SQL}",
    f"CREATE INDEX imported_names ON facts ({_INDEXED_NAMES}) WHERE {HAS_IMPORTED_NAMES_SQL}",
    # What few files are or have is counted without reading all.
    "CREATE INDEX facts_not_ok ON facts (state) WHERE state <> 'ok'",
    "CREATE INDEX facts_rated ON facts (rating) WHERE rating IS NOT NULL",
)


def _view() -> str:
    imported = "(SELECT i.{name} FROM imported AS i WHERE i.audio_id = f.audio_id)"
    drawn = ("bpm", "key", "rating", "play_count", "last_played", "cues")
    said = (*IMPORTED_NAMES, "year", "composer", "remixer", "mix", "grouping", "date_added", "color")
    columns = (
        *(f"{_user(name)} AS user_{name}" for name in ("bpm", "key", *OWN_NAMES, "year", "energy")),
        "(SELECT r.rating FROM ratings AS r WHERE r.audio_id = f.audio_id AND r.owner = 0) AS user_rating",
        *(f"{imported.format(name=name)} AS imported_{name}" for name in drawn),
        *(f"{imported.format(name='data')} ->> '$.{name}' AS imported_{name}" for name in said),
    )
    return f"""CREATE VIEW tracks AS
        SELECT f.display AS path, f.artist, f.title, f.album, f.genre, f.year, a.duration_s, a.bpm, a.tempo_confidence,
               a.key, a.key_confidence, a.energy, a.loudness_lufs, f.tag_bpm, f.tag_key, f.tag_camelot,
               {", ".join(columns)},
               {STATE_SQL} AS state, f.error_kind, f.added_at, f.audio_id, f.id AS file_id
        FROM files AS f LEFT JOIN analyses AS a USING (audio_id)"""


TRACKS_VIEW = _view()
"""For people who query the library."""


def facts_are_in_step(connection: sqlite3.Connection) -> bool:
    """Whether the facts say what files, analyses and user values say."""
    names = ", ".join(FACTS_COLUMNS)
    for first, second in ((f"SELECT {names} FROM facts", SOURCE_SQL), (SOURCE_SQL, f"SELECT {names} FROM facts")):
        if connection.execute(f"SELECT 1 FROM ({first} EXCEPT {second}) LIMIT 1").fetchone() is not None:
            return False
    return True
