"""SQL for analyses, and for the fields of a track: each source's value, the columns in facts, the current value.

Generated from `map4.core.music.track.fields`. `f` is a file and `x` its facts; when facts are computed, `a` is its
analysis, `i` the imported values, `o` those of the file, and `p` the provider values.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from map4.core.music.analysis import inside
from map4.core.music.analysis.analysis import ANALYSIS_VERSION
from map4.core.music.analysis.audio import DualMono, MonoLoudness
from map4.core.music.analysis.plausible import LEAST_SECOND
from map4.core.music.track.credits import CREDITED
from map4.core.music.track.fields import ANALYSIS, FIELDS, NUMBERS, OF_FILE, Field, counting, fields_of, is_usual
from map4.core.music.track.labels import Labels
from map4.core.music.track.sources import DEFAULT_PREFERENCE, FieldSource, Preferred
from map4.core.music.track.tags import Tags
from map4.core.store.database import Connection, scalar

if TYPE_CHECKING:
    from map4.core.music.query.context import QueryContext
    from map4.core.music.track.track import Source

NAMES = ("artist", "title", "album", "genre")
"""The tags in the full-text index; other sources of them are in columns of the facts."""
OWN_NAMES = tuple(name for name in NAMES if "user" in FIELDS[name].sources)
"""Names that the user can set, each in a column `user_…`; other sources share one column `imported_…`."""
IN_SCHEMA = (
    "artist", "title", "album", "album_artist", "label", "catalog_number", "isrc", "release_date", "original_year",
    "genre", "remixer", "track", "bpm", "key", "year", "energy", "rating", "comment", "disc_number", "composer", "mix",
    "grouping", "date_added", "artist_sort", "album_sort", "album_artist_sort", "color",
)  # fmt: skip
"""The fields in `facts` and in the view `tracks`, in order. Another name here is a new version of the schema.

Other fields are read from their sources, without an index.
"""

# Drawn from the data when it is written.
_IMPORTED_COLUMNS = ("bpm", "key", "rating", "play_count", "last_played", "cues")


def _type(field: Field) -> str:
    return "INTEGER" if field.kind == "whole" else "REAL" if field.kind in NUMBERS else "TEXT"


TAG_COLUMNS = {name: {"bpm": "tag_bpm", "key": "tag_key"}.get(name, name) for name in Tags.__dataclass_fields__}
"""The column of `files` for each tag."""


ADDED_TAGS = ("artists", "artist_ids", *CREDITED)
"""Columns of the tags that schema 101 added."""
_LATER_TAGS = ("advisory", "work", "movement", "movement_number")
TAG_TYPES = ",\n        ".join(
    f"{column} {_type(FIELDS[name])}" for name, column in TAG_COLUMNS.items() if name not in (*ADDED_TAGS, *_LATER_TAGS)
)
"""The columns of the other tags, as `CREATE TABLE` has them."""

SET_FOR_ALL = tuple(field.name for field in fields_of("user") if field.name != "rating")
"""Values that a user sets for all users; ratings are personal and have their own table."""


Json = Callable[[str, str, str], str]
"""Reads a value from a document, by its path, as a type."""


def json_sql(document: str, path: str, kind: str) -> str:
    return f"json_extract({document}, '${path}')"


def typed_json_sql(document: str, path: str, kind: str) -> str:
    """For a database in which JSON values are text."""
    value = json_sql(document, path, kind)
    return f"CAST(CAST({value} AS NUMERIC) AS INTEGER)" if kind == "INTEGER" else f"CAST({value} AS {kind})"


def user_sql(name: str, json: Json = json_sql, kind: str = "TEXT", of_file: Collection[str] = OF_FILE) -> str:
    """The user's value of the file `f`. of_file: the fields whose values are stored by the `uid` of the file"""
    own_row = f"u.audio_id = f.{'uid' if name in of_file else 'audio_id'} AND u.name = '{name}'"
    return f"(SELECT {json('u.value', '', kind)} FROM user_values AS u WHERE {own_row})"


COMMENT_SQL = (
    f"coalesce({user_sql('comment')}, (SELECT i.comment FROM imported AS i WHERE i.audio_id = f.uid), f.comment)"
)
"""The current comment, read from its source."""


def _source_sql(field: Field, source: FieldSource, json: Json, of_file: Collection[str]) -> str | None:
    """SQL for a source's value of a field; None if the library does not store it."""
    match source:
        case "user" if field.name in SET_FOR_ALL:
            own = user_sql(field.name, json, _type(field), of_file)
            return f"{own} / {field.most:.1f}" if field.kind == "level" else own  # facts have the energy as 0-1
        case "measured":
            return f"a.{field.name}"
        case "tag":
            return _tag(field)
        case "provider":
            return json("p.data", f".in_force.{field.name}", _type(field))
        case "imported":
            is_column = field.imported in _IMPORTED_COLUMNS
            rows = "o" if field.name in of_file else "i"
            return f"i.{field.imported}" if is_column else json(f"{rows}.data", f".{field.imported}", _type(field))
    return None


def _tag(field: Field) -> str | None:
    if field.kind == "key":  # the comparable form
        return "f.tag_camelot"
    return f"f.{TAG_COLUMNS[field.tag]}" if field.tag in TAG_COLUMNS else None


def first_sql(parts: Iterable[str | None]) -> str:
    """The first known value."""
    known = [part for part in parts if part is not None]
    return f"coalesce({', '.join(known)})" if len(known) > 1 else known[0]


def fact_columns(json: Json, *names: str, of_file: Collection[str] = OF_FILE) -> list[tuple[str, str, str]]:
    """Columns of facts for some fields, each with its type and source SQL."""
    columns = []
    for field in (FIELDS[name] for name in names):
        # The tags of credits stay in the files.
        sources = (source for source in field.sources if source != "tag" or field.name not in CREDITED)
        by_source = {source: _source_sql(field, source, json, of_file) for source in sources}
        if field.setting == ANALYSIS:
            columns_of_field = {f"{source}_{field.name}": sql for source, sql in by_source.items()}
        elif field.name in NAMES:
            others = first_sql((by_source["provider"], by_source["imported"]))
            columns_of_field = {f"user_{field.name}": by_source["user"]} if "user" in by_source else {}
            columns_of_field[f"imported_{field.name}"] = f"CASE WHEN {by_source['tag']} IS NULL THEN {others} END"
        else:
            columns_of_field = {field.name: first_sql(by_source.values())}
        columns += [(name, _type(field), sql) for name, sql in columns_of_field.items() if sql is not None]
    return columns


def in_force_sql(
    name: str, preferred: Preferred = (), prefer: Sequence[Source] = DEFAULT_PREFERENCE, *, facts: str = "x."
) -> str:
    """The current shared value of a field: the energy as 0-1, a key in Camelot notation, a genre without the labels.

    Facts contain it for the default order; for another order each source is read, without an index.
    """
    return first_sql(known_values_sql(name, preferred, prefer, facts=facts))


def known_values_sql(
    name: str, preferred: Preferred = (), prefer: Sequence[Source] = DEFAULT_PREFERENCE, *, facts: str = "x."
) -> tuple[str | None, ...]:
    """All known shared values of a field, in order of precedence."""
    field, order = FIELDS[name], counting(name, tuple(prefer), preferred)
    if name == "comment":
        return (COMMENT_SQL,)
    if field.setting == ANALYSIS:
        return tuple(f"{facts}{source}_{name}" for source in order)
    if order != field.sources or name not in IN_SCHEMA:
        values = (_other_value(field, source) for source in order)
        if field.kind in NUMBERS:  # JSON has texts in some databases
            return tuple(value and f"CAST({value} AS {_type(field)})" for value in values)
        return tuple(values)
    if name in CREDITED:
        return f"f.{name}", f"{facts}{name}"
    if name in NAMES:
        return (*([f"x.user_{name}"] if name in OWN_NAMES else []), f"f.{name}", f"x.imported_{name}")
    return (f"{facts}{name}",)


def _imported_sql(field: Field, expression: str, of_file: Collection[str] = OF_FILE) -> str:
    """An imported value of the file `f`: of the file itself, or of its audio."""
    key = "uid" if field.name in of_file else "audio_id"
    return f"(SELECT i.{expression} FROM imported AS i WHERE i.audio_id = f.{key})"


def _other_value(field: Field, source: FieldSource) -> str | None:
    match source:
        case "user":
            return f"x.user_{field.name}" if field.name in OWN_NAMES else user_sql(field.name)
        case "provider":
            expression = f"p.data ->> '$.in_force.{field.name}'"
            return f"(SELECT {expression} FROM provided AS p WHERE p.audio_id = f.audio_id)"
        case "imported":
            return _imported_sql(field, f"data ->> '$.{field.imported}'")
    return _tag(field) if source == "tag" else None


HIGHEST_RATING_SQL = "(SELECT max(r.rating) FROM ratings AS r WHERE r.audio_id = f.audio_id)"
"""The highest rating of the file `f`."""


def rating_of_sql(owner: int) -> str:
    """A person's rating of the file `f`."""
    return f"(SELECT r.rating FROM ratings AS r WHERE r.audio_id = f.audio_id AND r.owner = {owner:d})"


def own_ratings_sql(owner: int, columns: str = "o.id, r.rating") -> str:
    """The files that a person rated, and their ratings."""
    return f"SELECT {columns} FROM ratings AS r JOIN files AS o ON o.audio_id = r.audio_id WHERE r.owner = {owner:d}"


def rated_sql(owner: int) -> str:
    """The files with a rating for a person."""
    return f"SELECT file_id FROM facts WHERE rating IS NOT NULL UNION ALL {own_ratings_sql(owner, 'o.id')}"


def rating_sql(owner: int) -> str:
    """The current rating for a person: their own, else the rating in the facts."""
    # Few tracks have a personal rating: list them once, and look up only their ratings.
    rated = own_ratings_sql(owner, "o.id")
    own = f"{own_ratings_sql(owner, 'r.rating')} AND o.id = x.file_id"
    return f"CASE WHEN x.file_id IN ({rated}) THEN ({own}) ELSE x.rating END"


def counting_sql(name: str, context: QueryContext) -> str:
    """The current value of a field for the caller, by their settings."""
    return (
        rating_sql(context.owner)
        if name == "rating"
        else in_force_sql(name, context.preferred, context.preferences.sources)
    )


def confidence_sql(what: str, context: QueryContext) -> str:
    """The confidence of the current "tempo" or "key", or of its runner-up, "other_tempo" or "other_key"; null if it was
    not measured."""
    name = "key" if what.endswith("key") else "bpm"
    order = counting(name, tuple(context.preferences.sources), context.preferred)
    others = " AND ".join(f"x.{source}_{name} IS NULL" for source in order[: order.index("measured")])
    return f"CASE WHEN {others} THEN {certainty_sql(what)} END"


def second_bpm_sql(context: QueryContext) -> str:
    """The second tempo of the file, where `Tempo.second` has one."""
    bpm = f"(SELECT {typed_json_sql('a.core', '.tempo.alternatives[0].bpm', 'REAL')} FROM analyses AS a"
    of_file = "WHERE a.audio_id = f.audio_id)"
    return f"CASE WHEN {confidence_sql('other_tempo', context)} >= {LEAST_SECOND} THEN {bpm} {of_file} END"


_BARS_SURE = ", ".join(typed_json_sql("a.core", path, "REAL") for path in (".downbeat_confidence", ".metre.confidence"))


def certainty_sql(what: str) -> str:
    """The confidence of the measured tempo, key or bars, current or not."""
    if what == "bars":
        return f"(SELECT min({_BARS_SURE}) FROM analyses AS a WHERE a.audio_id = f.audio_id)"
    return f"x.{what}_confidence"


def loudness_sql(mono: MonoLoudness) -> str:
    """The loudness of the file; SQL form of `map4.core.music.analysis.audio.DualMono.in_two_channels`."""
    return (
        f"(x.loudness_lufs + CASE WHEN x.channels = 1 THEN {DualMono.LU} ELSE 0 END)"
        if mono == "dual"
        else "x.loudness_lufs"
    )


def named_tag_sql(name: str, file: str) -> str:
    """SQL for a tag of a file as text. name: SQL for the name of a field that belongs to files"""
    whens = (f"WHEN '{field}' THEN CAST({file}.{TAG_COLUMNS[FIELDS[field].tag]} AS TEXT)" for field in sorted(OF_FILE))
    return f"CASE {name} {' '.join(whens)} END"


def text_sql(name: str, preferred: Preferred) -> str:
    """The current text, for output: a blob instead of text, as in a damaged library, raises a damage error."""
    return f"CAST({in_force_sql(name, preferred)} AS TEXT)"


def view_columns(of_file: Collection[str]) -> Iterable[str]:
    """Columns of the view `tracks` for values the user set and for imported values."""
    for name in (name for name in SET_FOR_ALL if name in IN_SCHEMA):
        yield f"{user_sql(name, of_file=of_file)} AS user_{name}"
    yield f"{rating_of_sql(0)} AS user_rating"
    for name in ("play_count", "last_played", "cues"):
        yield f"(SELECT i.{name} FROM imported AS i WHERE i.audio_id = f.audio_id) AS imported_{name}"
    for field in (field for field in fields_of("imported") if field.name in IN_SCHEMA):
        is_column = field.imported in (*_IMPORTED_COLUMNS, "comment")
        expression = field.imported if is_column else f"data ->> '$.{field.imported}'"
        yield f"{_imported_sql(field, expression, of_file)} AS imported_{field.name}"


OF_FILES = "LEFT JOIN labels AS l ON l.audio_id = f.audio_id"
"""Joins the labels `l` of the file `f`."""
LABEL_DATA_SQL = "(SELECT data FROM labels AS l WHERE l.audio_id = f.audio_id)"
FAMILY_SQL = "(SELECT l.family FROM labels AS l WHERE l.audio_id = f.audio_id)"
"""The genre family of the file `f`."""
LABELS_BY_SOURCE = "SELECT source, count(*) FROM labels GROUP BY source ORDER BY source"

# The style, which tags usually contain, else the genre.
_STYLE = f"coalesce(l.subgenre, nullif(l.genre, '{Labels.UNKNOWN}'))"


def genre_sql(preferred: Preferred, tags: str = "f") -> str:
    """The genre of the file `f` with its facts `x`, for output: from the user, the tag, an import or the labels.

    tags: the table that the tag is read from, if it is not `f`
    """
    label = f"(SELECT {_STYLE} FROM labels AS l WHERE l.audio_id = f.audio_id)"
    if not is_usual(preferred, "genre"):
        return f"CAST(coalesce(nullif(trim({in_force_sql('genre', preferred)}, ' ;'), ''), {label}) AS TEXT)"
    return f"CAST(coalesce(x.user_genre, nullif(trim({tags}.genre, ' ;'), ''), x.imported_genre, {label}) AS TEXT)"


# ---- parts of analyses ---------------------------------------------------------------------------

PART_VERSIONS = {
    "beats": 2,
    "downbeats": 1,
    "overview": 1,
    "sound": inside.SoundVector.VERSION,
    "fingerprint": inside.FINGERPRINT_VERSION,
}
"""Each analysis has all parts; a part without data records that it has no result."""

# The column order of the index of versions; fingerprints are queried by theirs, so it comes first.
PARTS_OF = {"details": ("fingerprint", "beats", "downbeats", "overview"), "sounds": ("sound",)}
"""Parts in the table `details`; sound vectors have their own table, since all are read at once."""


def part_place(name: str) -> tuple[str, str, str]:
    """The table of a part, its column, and the column of its version."""
    return ("sounds", "data", "version") if name == "sound" else ("details", name, f"{name}_version")


def part_columns(wanted: Iterable[str]) -> dict[str, str]:
    """SQL for the data of each part of the analysis `a`; NULL where not wanted, absent, or of another version."""
    columns = dict.fromkeys(PART_VERSIONS, "NULL")
    for name in wanted:
        table, data, version = part_place(name)
        columns[name] = f"(SELECT {data} FROM {table} AS p WHERE p.id = a.id AND p.{version} = {PART_VERSIONS[name]})"
    return columns


def outdated_audio(connection: Connection) -> set[str]:
    """Audio ids whose analysis lacks a part, or has another version of it; read only from indexes."""
    if _are_all_current(connection):
        return set()
    rows = connection.execute(f"SELECT audio_id FROM analyses WHERE id NOT IN ({' INTERSECT '.join(_with_current())})")
    return {audio_id for (audio_id,) in rows}


def stale_analyses(connection: Connection) -> int:
    """The number of analyses of another version, or without a current part."""
    current = ["SELECT id FROM analyses WHERE version = ?"]
    if not _are_all_current(connection):
        current += _with_current()
    whole = scalar(connection, f"SELECT count(*) FROM ({' INTERSECT '.join(current)}) AS c", (ANALYSIS_VERSION,))
    return int(scalar(connection, "SELECT count(*) FROM analyses")) - int(whole)


def _are_all_current(connection: Connection) -> bool:
    # Each part belongs to an analysis, so equal counts mean that all are current; ids are compared only otherwise.
    analyses = scalar(connection, "SELECT count(*) FROM analyses")
    return all(scalar(connection, f"SELECT count(*) FROM ({sql}) AS c") == analyses for sql in _with_current())


def has_current_parts(connection: Connection, audio_id: str) -> bool:
    """True if every part of an analysis exists in the current version."""
    tables = " ".join(f"JOIN {table} USING (id)" for table in PARTS_OF)
    sql = f"SELECT 1 FROM analyses {tables} WHERE audio_id = ? AND {' AND '.join(map(_current, PARTS_OF))}"
    return connection.execute(sql, (audio_id,)).fetchone() is not None


def _current(table: str) -> str:
    return " AND ".join(f"{table}.{part_place(name)[2]} = {PART_VERSIONS[name]}" for name in PARTS_OF[table])


def _with_current() -> list[str]:
    return [f"SELECT id FROM {table} WHERE {_current(table)}" for table in PARTS_OF]


def part_sizes(connection: Connection) -> dict[tuple[str, int], tuple[int, int]]:
    """The number and total bytes of each part, by name and version."""
    totals: dict[tuple[str, int], tuple[int, int]] = {}
    for table, names in PARTS_OF.items():
        versions = ", ".join(part_place(name)[2] for name in names)
        sums = ", ".join(f"sum(length({part_place(name)[1]}))" for name in names)
        # Reads the index of versions, in which rows of the same versions are in table order.
        for row in connection.execute(f"SELECT {versions}, count(*), {sums} FROM {table} GROUP BY {versions}"):
            count, sizes = row[len(names)], row[len(names) + 1 :]
            for name, version, size in zip(names, row, sizes, strict=False):
                if version is not None:
                    counted, summed = totals.get((name, version), (0, 0))
                    totals[name, version] = (counted + count, summed + (size or 0))
    return totals
