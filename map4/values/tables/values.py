"""Tables of values that users set: shared values, and ratings.

They are stored by audio id, so that they survive moves, new tags and re-analysis. Fields that belong to a file
(`OF_FILE`) are stored by the `uid` of the file instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from map4.core.music.track.fields import NAMES_BY_FILE, OF_FILE, OF_FILE_BEFORE_105
from map4.core.store import stored_tables

SQL = stored_tables.StoredTable.sql_beside(__file__)

NEW_UID = "'f-' || lower(hex(randomblob(8)))"


def names_sql(file: str) -> str:
    """SQL for the tags of a file as one text, to recognise it at another path."""
    names = ("artist", "title", *sorted(OF_FILE_BEFORE_105))
    return " || '/' || ".join(f"coalesce(CAST({file}.{name} AS TEXT), '')" for name in names)


[_USER_VALUES] = SQL["user_values"]
_SET_VALUE = stored_tables.SetValue(column="value", about="value", key="name", by="set_by", is_own=False)


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))


USER_VALUES = _USER_VALUES.format(of_file=_named(OF_FILE_BEFORE_105))
_NAMES = f"name IN ({_named(NAMES_BY_FILE)})"
_MOVED = f"{_NAMES} AND audio_id NOT GLOB 'f-*'"
_IS_PRESENT = "audio_id IN (SELECT audio_id FROM files WHERE audio_id IS NOT NULL)"
# Each file of the audio gets the value, which counted for it. Audio without a file waits as a gone file.
_BY_FILE = (
    f"""CREATE TEMP TABLE moved AS SELECT audio_id FROM user_values WHERE {_MOVED}
        UNION SELECT audio_id FROM value_changes WHERE {_MOVED}""",
    f"""INSERT INTO gone_files (uid, path, audio_id, names)
        SELECT {NEW_UID}, CAST(audio_id AS BLOB), audio_id, '' FROM moved
        WHERE NOT {_IS_PRESENT} AND audio_id NOT IN (SELECT audio_id FROM gone_files WHERE audio_id IS NOT NULL)""",
    f"""CREATE TEMP TABLE homes AS SELECT audio_id, f.uid FROM files AS f JOIN moved USING (audio_id)
        UNION ALL SELECT audio_id, g.uid FROM gone_files AS g JOIN moved USING (audio_id) WHERE NOT {_IS_PRESENT}""",
    "CREATE TEMP TABLE values_before AS SELECT * FROM user_values",
    "DROP TABLE user_values",
    _USER_VALUES.format(of_file=_named(OF_FILE)),
    f"""INSERT INTO user_values SELECT coalesce(h.uid, v.audio_id), v.name, v.value, v.set_at, v.set_by
        FROM values_before AS v LEFT JOIN homes AS h ON h.audio_id = v.audio_id AND v.{_NAMES}""",
    f"""INSERT INTO value_changes SELECT c.step, h.uid, c.name, c.owner, c.was, c.became
        FROM value_changes AS c JOIN homes AS h USING (audio_id) WHERE c.{_NAMES}""",
    f"DELETE FROM value_changes WHERE {_MOVED}",
    *(f"DROP TABLE temp.{name}" for name in ("moved", "homes", "values_before")),
    *stored_tables.change_triggers("user_values", "set", of_files=True),
    *stored_tables.value_triggers("user_values", _SET_VALUE),
)

_WORDS = ("artist", "title")
_IS_VALUED = " OR ".join(
    f"EXISTS (SELECT 1 FROM {table} AS v WHERE v.audio_id = old.uid)"
    for table in ("user_values", "value_changes", "imported")
)
_KEEP = (
    f"INSERT INTO gone_files (uid, path, audio_id, names) SELECT old.uid, old.path, old.audio_id, {names_sql('old')} "
    f"WHERE {_IS_VALUED} ON CONFLICT DO NOTHING; "
)
_IS_OTHER = " OR ".join(f"coalesce(old.{name}, '') <> coalesce(new.{name}, '')" for name in _WORDS)
GONE_FILES = (
    *SQL["gone_files"],
    f"CREATE TRIGGER gone_files_of_deleted AFTER DELETE ON files BEGIN {_KEEP}END",
    (
        "CREATE TRIGGER gone_files_of_overwritten AFTER UPDATE OF audio_id ON files "
        f"WHEN old.audio_id <> new.audio_id AND ({_IS_OTHER}) BEGIN {_KEEP}"
        f"UPDATE files SET uid = {NEW_UID} WHERE id = new.id AND uid IN (SELECT uid FROM gone_files); END"
    ),
    "CREATE TRIGGER gone_files_of_new AFTER INSERT ON files BEGIN DELETE FROM gone_files WHERE uid = new.uid; END",
)


def export_of_tracks(table: str, value_sql: str, whose: str) -> stored_tables.ExportMember:
    """Export rows as `TrackValue`. value_sql: SQL for the name and the JSON value of the row `o`"""
    sql = (
        f"SELECT coalesce(f.audio_id, o.audio_id), f.artist, f.title, f.path, {value_sql}, o.set_at FROM {table} AS o "
        "LEFT JOIN files AS f ON f.id = (SELECT min(id) FROM files WHERE audio_id = o.audio_id OR uid = o.audio_id) "
        f"WHERE o.{whose} = ?1 "
        "ORDER BY o.set_at, o.audio_id"
    )
    return stored_tables.ExportMember(
        "values" if whose == "set_by" else table,
        stored_tables.ExportMember.reader(sql, "map4.values.store.values:track_value"),
    )


_READ: stored_tables.Hook = "map4.core.music.track.user_values:value_from_data"


def value_reader(name: str) -> Callable[[stored_tables.Row], object]:
    """A `RowCheck.read` for values with this name, in the column with this name."""
    return lambda row: stored_tables.resolved(_READ)(name, row[name])


def at_times_of_copy(row: stored_tables.Row, offset_s: float, duration_s: float) -> stored_tables.Row:
    """Cue points or grid marks at their times in another copy."""
    if row["name"] not in ("cues", "grid"):
        return {}
    marks = [{**mark, "position_s": round(mark["position_s"] + offset_s, 6)} for mark in json.loads(row["value"])]
    return {"value": json.dumps(marks, ensure_ascii=False)}


TABLES = (
    stored_tables.StoredTable(
        "user_values",
        (USER_VALUES,),
        later=((105, _BY_FILE),),
        people=(stored_tables.PersonPlace("set_by", "number stays", "values"),),
        export=export_of_tracks("user_values", "o.name, o.value", "set_by"),
        on_hand_over="copied",
        shift="map4.values.tables.values:at_times_of_copy",
        checks=(
            stored_tables.RowCheck(
                "audio_id, name, value",
                "your value {name} of {audio_id}",
                lambda row: stored_tables.resolved(_READ)(row["name"], json.loads(row["value"])),
            ),
        ),
        change="set",
        of_files=True,
        set_value=_SET_VALUE,
    ),
    stored_tables.StoredTable("gone_files", GONE_FILES, salvage="rows"),
    stored_tables.StoredTable(
        "ratings",
        SQL["ratings"],
        people=(stored_tables.PersonPlace("owner", "row erased", "ratings"),),
        export=export_of_tracks("ratings", "'rating', json_quote(o.rating)", "owner"),
        alters_answers=True,
        on_hand_over="copied",
        checks=(stored_tables.RowCheck("audio_id, owner, rating", "a rating of {audio_id}", value_reader("rating")),),
        change="rated",
        set_value=stored_tables.SetValue(column="rating", about="rating", prefix="rating"),
    ),
)


RANGES = (
    stored_tables.StoredTable(
        "tempo_ranges",
        SQL["tempo_ranges"],
        since=107,
        checks=(
            stored_tables.RowCheck(
                "query, range",
                "the tempo range of '{query}'",
                lambda row: (
                    row["range"] and stored_tables.resolved("map4.values.tempo_range:TempoRange.read")(row["range"])
                ),
            ),
        ),
    ),
)


_ROWS = (
    "SELECT s.number, s.at, s.kind, "
    "coalesce((SELECT f.audio_id FROM files AS f WHERE f.uid = c.audio_id), c.audio_id), c.name, c.was, c.became "
    "FROM value_steps AS s JOIN value_changes AS c ON c.step = s.number "
    f"WHERE c.owner = ?1 OR (s.by = ?1 AND c.owner = {stored_tables.EVERYBODYS}) ORDER BY s.number, c.audio_id, c.name"
)

HISTORY = (
    stored_tables.StoredTable(
        "value_steps",
        SQL["value_steps"],
        salvage="rows",
        people=(stored_tables.PersonPlace("by", "number stays", "value_changes"),),
        is_written_by_triggers=True,
    ),
    stored_tables.StoredTable(
        "value_changes",
        SQL["value_changes"],
        salvage="rows",
        people=(stored_tables.PersonPlace("owner", "row erased", "value_changes"),),
        export=stored_tables.ExportMember(
            "value_changes", stored_tables.ExportMember.reader(_ROWS, "map4.values.store.values:own_change")
        ),
        erase="map4.values.store.values:erase_changes",
        take="map4.values.store.values:take_changes",
        is_written_by_triggers=True,
    ),
)
