"""The table `facts`: one narrow row per file with everything that queries compare, kept current by triggers.

Files and analyses are wide (tags, JSON): reading 100,000 of them takes a second, reading their facts a few hundredths.
Only the triggers write facts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from map4.core.base.text import words_of
from map4.core.music.query.context import ARTICLES
from map4.core.music.track.credits import CREDITED
from map4.core.music.track.fields import FIELDS, OF_FILE, OF_FILE_BEFORE_105
from map4.core.store.database import Connection
from map4.core.store.query.field_sql import (
    IN_SCHEMA,
    NAMES,
    OWN_NAMES,
    Json,
    fact_columns,
    first_sql,
    in_force_sql,
    json_sql,
    typed_json_sql,
    view_columns,
)

# As in `map4.core.music.track.hamms`, with which comes numpy.
_HAMMS = (
    "bpm", "key", "energy", "danceability", "valence", "acousticness", "instrumentalness", "rhythmic_pattern",
    "spectral_centroid", "tempo_stability", "harmonic_complexity", "dynamic_range",
)  # fmt: skip
STATE_SQL = (
    "CASE WHEN f.missing_since IS NOT NULL THEN 'missing' WHEN a.id IS NOT NULL THEN 'ok' "
    "WHEN f.error_kind IS NOT NULL THEN 'failed' ELSE 'pending' END"
)
"""The state of a file `f` with its analysis `a`, as in tracks of `map4.core.store.tracks`."""

HAMMS_COLUMNS: tuple[str, ...] = tuple(f"hamms_{name}" for name in _HAMMS)
"""Columns of the HAMMS vector, in its order."""

_OWN, _OF_OTHERS = (
    ", ".join(f"{source}_{name}" for name in names) for source, names in (("user", OWN_NAMES), ("imported", NAMES))
)
ANY_OWN_NAME, ANY_IMPORTED_NAME = f"coalesce({_OWN})", f"coalesce({_OF_OTHERS})"
WITH_OWN_NAMES = f"SELECT file_id FROM facts INDEXED BY own_names WHERE {ANY_OWN_NAME} IS NOT NULL"
"""The few files with names set by the user, from an index that contains only these."""
WITH_IMPORTED_NAMES = f"SELECT file_id FROM facts INDEXED BY imported_names WHERE {ANY_IMPORTED_NAME} IS NOT NULL"
"""The files with imported names and an empty tag."""


_OTHERS_CREDITED = tuple(name for name in CREDITED if len(FIELDS[name].sources) > 1)
_CREDITS = ", ".join(_OTHERS_CREDITED)
ANY_CREDIT_NAME = f"coalesce({_CREDITS})"
CREDIT_NAMES = (f"CREATE INDEX credit_names ON facts ({_CREDITS}) WHERE {ANY_CREDIT_NAME} IS NOT NULL",)
WITH_CREDIT_NAMES = f"SELECT file_id FROM facts INDEXED BY credit_names WHERE {ANY_CREDIT_NAME} IS NOT NULL"
"""The files with imported or looked-up credits other than the artist."""


def _columns(
    json: Json = json_sql, duration_s: str = "a.duration_s", of_file: Collection[str] = OF_FILE
) -> tuple[tuple[str, str, str], ...]:
    """Name, type and source; columns that most queries read come first, as a row is read from its start."""

    def measured(name: str, kind: str, path: str) -> tuple[str, str, str]:
        return name, kind, json("a.core", f".{path}", kind)

    cue_kind = json("c.value", "[0]", "TEXT")
    return (
        ("file_id", "INTEGER PRIMARY KEY", "f.id"),
        ("state", "TEXT NOT NULL", STATE_SQL),
        *fact_columns(json, "bpm", "key", "energy"),
        ("duration_s", "REAL", "a.duration_s"),
        *fact_columns(json, "year"),
        ("tempo_confidence", "REAL", "a.tempo_confidence"),
        ("key_confidence", "REAL", "a.key_confidence"),
        ("loudness_lufs", "REAL", "a.loudness_lufs"),
        measured("true_peak_dbtp", "REAL", "loudness.true_peak_dbtp"),
        measured("clipped_per_minute", "REAL", "loudness.clipped_per_minute"),
        *fact_columns(json, "rating"),
        ("added_at", "TEXT NOT NULL", "f.added_at"),
        ("modified_ns", "INTEGER NOT NULL", "f.mtime_ns"),
        ("codec", "TEXT", "f.codec"),
        ("bit_rate_bps", "REAL", f"f.payload_bytes * 8 / {duration_s}"),
        ("sample_rate_hz", "INTEGER", "f.sample_rate_hz"),
        ("bits", "INTEGER", "f.bits"),
        ("channels", "INTEGER", "f.channels"),
        ("analysis_version", "INTEGER", "a.version"),
        # An empty list takes no space; text is enough to search a word in the list.
        ("flags", "TEXT", f"nullif({json('a.core', '.flags', 'TEXT')}, '[]')"),
        *(measured(name, "REAL", f"hamms.vector[{index}]") for index, name in enumerate(HAMMS_COLUMNS)),
        ("play_count", "INTEGER", "i.play_count"),
        ("last_played", "TEXT", "i.last_played"),
        ("cues", "INTEGER", "i.cues"),
        measured("metre", "INTEGER", "metre.beats_per_bar"),
        ("phrases", "INTEGER", "json_array_length(a.core, '$.structure.phrases')"),
        # The kinds, separated by spaces for searching. A cue point is a list that begins with its kind.
        ("detected_cues", "TEXT", f"(SELECT group_concat({cue_kind}, ' ') FROM json_each(a.core, '$.cues') AS c)"),
        # Where the spectrum ends.
        measured("cutoff_hz", "REAL", "spectrum.cutoff_hz"),
        measured("cutoff_drop_db", "REAL", "spectrum.cutoff_drop_db"),
        # Comments are read from their sources.
        *fact_columns(
            json,
            *(name for name in IN_SCHEMA if name not in ("bpm", "key", "energy", "year", "rating", "comment")),
            of_file=of_file,
        ),
        # Confidence of the second candidates; for the doctor only, where the music is, and what failed.
        measured("other_tempo_confidence", "REAL", "tempo.alternatives[0].confidence"),
        measured("other_key_confidence", "REAL", "key.runner_up.confidence"),
        measured("cue_in_s", "REAL", "cue_in_s"),
        measured("cue_out_s", "REAL", "cue_out_s"),
        ("error_kind", "TEXT", "f.error_kind"),
        # Since schema 110: the keys in which a track begins and ends, if it changes them, and its tuning.
        measured("first_key", "TEXT", "key_map[0].camelot"),
        measured("last_key", "TEXT", "key_map[#-1].camelot"),
        measured("tuning_cents", "REAL", "key.tuning_cents"),
    )


_COLUMNS = _columns()
FACTS_COLUMNS: tuple[str, ...] = tuple(name for name, _, _ in _COLUMNS)
_BEFORE_110 = len(_COLUMNS) - 3

_SOURCE = (
    "SELECT {} FROM files AS f LEFT JOIN analyses AS a USING (audio_id) "
    "LEFT JOIN imported AS i ON i.audio_id = f.audio_id LEFT JOIN imported AS o ON o.audio_id = f.uid "
    "LEFT JOIN provided AS p ON p.audio_id = f.audio_id"
)


def typed(statement: str) -> str:
    """A statement with the facts of files for a database in which JSON values are text, and division by 0 fails."""
    for_files, for_types = _COLUMNS, _columns(typed_json_sql, "nullif(a.duration_s, 0)")
    before, after = (_SOURCE.format(", ".join(sql for _, _, sql in each)) for each in (for_files, for_types))
    return statement.replace(before, after)


def _facts_view(of_file: Collection[str] = OF_FILE, count: int | None = _BEFORE_110) -> str:
    """The source of the facts, as a view, because the whole schema is parsed each time a library is opened."""
    sources = ", ".join(sql for _, _, sql in _columns(of_file=of_file)[:count])
    return f"CREATE VIEW facts_source ({', '.join(FACTS_COLUMNS[:count])}) AS {_SOURCE.format(sources)}"


def _trigger(name: str, event: str, where: str, source: str = "") -> str:
    # Deleted and inserted, not replaced: within a trigger the conflict clause of the outer statement counts.
    keep = (
        f"DELETE FROM facts WHERE file_id {where}; INSERT INTO facts SELECT * FROM facts_source WHERE file_id {where}"
    )
    if source:  # only the columns from there: the others would read the whole analysis
        names = ", ".join(name for name, _, sql in _COLUMNS if re.search(source, sql))
        drawn = f"SELECT {names} FROM facts_source AS s WHERE s.file_id = facts.file_id"
        keep = f"UPDATE facts SET ({names}) = ({drawn}) WHERE file_id {where}"
    return f"CREATE TRIGGER facts_{name} AFTER {event} BEGIN {keep}; END"


# Each with its table, the files of a row, and how the SQL of columns refers to it.
_AUDIO, _AUDIO_OR_FILE = "audio_id = {row}.audio_id", "audio_id = {row}.audio_id OR uid = {row}.audio_id"
_DRAWN_FROM = {
    "analysis": ("analyses", _AUDIO, ""),
    "value": ("user_values", _AUDIO_OR_FILE, r"\buser_values\b"),
    "import": ("imported", _AUDIO_OR_FILE, r"\b[io]\."),
    "lookup": ("provided", _AUDIO, r"\bp\."),
}

FACTS_TABLES = (
    # Not STRICT: `library verify` reports a damaged value, which is no reason to refuse its row.
    f"CREATE TABLE facts ({', '.join(f'{name} {kind}' for name, kind, _ in _COLUMNS[:_BEFORE_110])})",
    _facts_view(OF_FILE_BEFORE_105),
    _trigger("of_new_file", "INSERT ON files", "= new.id"),
    _trigger("of_changed_file", "UPDATE ON files", "= new.id"),
    "CREATE TRIGGER facts_of_gone_file AFTER DELETE ON files BEGIN DELETE FROM facts WHERE file_id = old.id; END",
    *(
        _trigger(
            f"of_{change}_{what}",
            f"{event} ON {table}",
            f"IN (SELECT id FROM files WHERE {files.format(row=row)})",
            source,
        )
        for what, (table, files, source) in _DRAWN_FROM.items()
        for change, event, row in (("new", "INSERT", "new"), ("changed", "UPDATE", "new"), ("gone", "DELETE", "old"))
    ),
    # Few tracks have any, and words are searched in all of them.
    f"CREATE INDEX own_names ON facts ({_OWN}) WHERE {ANY_OWN_NAME} IS NOT NULL",
    f"CREATE INDEX imported_names ON facts ({_OF_OTHERS}) WHERE {ANY_IMPORTED_NAME} IS NOT NULL",
    # Rare states and ratings are counted without reading all rows.
    "CREATE INDEX facts_not_ok ON facts (state) WHERE state <> 'ok'",
    "CREATE INDEX facts_rated ON facts (rating) WHERE rating IS NOT NULL",
)


def _tracks_view(of_file: Collection[str] = OF_FILE) -> str:
    """A view for users who query the library with SQL."""
    return f"""CREATE VIEW tracks AS
        SELECT f.display AS path, f.artist, f.title, f.album, f.genre, f.year, a.duration_s, a.bpm, a.tempo_confidence,
               a.key, a.key_confidence, a.energy, a.loudness_lufs, f.tag_bpm, f.tag_key, f.tag_camelot,
               {", ".join(view_columns(of_file))},
               {STATE_SQL} AS state, f.error_kind, f.added_at, f.audio_id, f.id AS file_id
        FROM files AS f LEFT JOIN analyses AS a USING (audio_id)"""


TRACKS_VIEW_BEFORE_105 = _tracks_view(OF_FILE_BEFORE_105)
FACTS_BY_FILE = (
    "DROP VIEW facts_source",
    _facts_view(),
    "DROP VIEW tracks",
    _tracks_view(),
    *(statement for statement in FACTS_TABLES if " ON user_values BEGIN" in statement),  # their table was made again
    "DELETE FROM facts",
    "INSERT INTO facts SELECT * FROM facts_source",
)
"""The step to schema 105."""
_NEW = ", ".join(FACTS_COLUMNS[_BEFORE_110:])
_OF_JOINTS = (
    "DROP VIEW facts_source",
    _facts_view(count=None),
    *(f"ALTER TABLE facts ADD COLUMN {name} {kind}" for name, kind, _ in _COLUMNS[_BEFORE_110:]),
    f"UPDATE facts SET ({_NEW}) = (SELECT {_NEW} FROM facts_source AS s WHERE s.file_id = facts.file_id)",
)
LATER_FACTS = ((101, CREDIT_NAMES), (105, FACTS_BY_FILE), (110, _OF_JOINTS))
"""Statements of later versions of the schema."""


def facts_are_in_step(connection: Connection) -> bool:
    """True if the facts agree with files, analyses and user values."""
    # The signs keep SQLite from converting a value to the type of the other column.
    differs = " OR ".join(f"+s.{name} IS NOT +x.{name}" for name in FACTS_COLUMNS)
    wrong = f"SELECT 1 FROM facts_source AS s LEFT JOIN facts AS x ON x.file_id = s.file_id WHERE {differs}"
    spare = "SELECT 1 FROM facts WHERE file_id NOT IN (SELECT id FROM files)"
    return all(connection.execute(f"{sql} LIMIT 1").fetchone() is None for sql in (wrong, spare))


TEXTS = {**{name: name for name in NAMES}, "path": "display"}
"""Indexed text fields of files and their columns; text beyond plain ASCII has its sort key in another column."""
SORT_NAMES = {"artist": "artist_sort", "album": "album_sort"}
"""Fields that sort by another tag, if a file has it, and the tag's column."""
SORTED_TEXTS = (*TEXTS.values(), *SORT_NAMES.values())
_SORTED_COLUMNS = {f"f.{column}" for column in SORTED_TEXTS}

NUMBERS = {
    **{name: in_force_sql(name, facts="") for name in ("bpm", "year", "rating", "energy")},
    "added": "coalesce(date_added, added_at)",
}
"""Indexed fields of facts, and the indexed SQL."""


def _sorted_sql(name: str) -> str:
    """The sort key of a text of files; null if unknown."""
    columns = [column for column in (SORT_NAMES.get(name), TEXTS[name]) if column]
    key = first_sql(_folded_sql(column, f"{column}_sorted") for column in columns)
    return without_article_sql(key, ARTICLES) if name in SORT_NAMES else key


def without_article_sql(key: str, articles: Sequence[str]) -> str:
    """A folded name without its first word if this is an article."""
    if not articles:
        return key
    known = " ".join(map(words_of, articles)).replace("'", "")
    first = f"substr({key}, 1, instr({key}, ' '))"
    has_article = f"instr({key}, ' ') > 1 AND instr(' {known} ', ' ' || {first}) > 0"
    return f"CASE WHEN {has_article} THEN substr({key}, instr({key}, ' ') + 1) ELSE {key} END"


def _folded_sql(text: str, folded: str) -> str:
    return f"CASE WHEN {text} GLOB '*[^ -~]*' THEN {folded} ELSE lower({text}) END"


def order_sql(texts: Iterable[str]) -> str:
    """The sort key of the first known text: each is folded separately, as files store their sort keys."""
    keys = []
    for text in texts:
        folded = f"map4_folded({text})"
        if text in _SORTED_COLUMNS:
            folded = f"coalesce({text}_sorted, {folded})"
        keys.append(_folded_sql(text, folded))  # saves a call to Python for each plain text
    return first_sql(keys)


SORT_INDEXES = (
    *(f"CREATE INDEX files_by_{column} ON files (({_sorted_sql(name)}))" for name, column in TEXTS.items()),
    *(f"CREATE INDEX facts_by_{name} ON facts ({sql})" for name, sql in NUMBERS.items() if name != "rating"),
)
"""Tempo and year serve narrow ranges. Orders use none: sorting 100,000 tracks takes up to .16 s."""
