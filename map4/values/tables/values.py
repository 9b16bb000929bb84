"""Tables of values that users set: shared values, and ratings.

They are stored by audio id, so that they survive moves, new tags and re-analysis.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from map4.store.database import Connection
from map4.store.stored_tables import (
    ExportMember,
    Hook,
    PersonPlace,
    Row,
    RowCheck,
    SetValue,
    StoredTable,
    export_rows,
    known_audio_ids,
    resolved,
)

USER_VALUES = """CREATE TABLE user_values (
        audio_id TEXT NOT NULL,
        name TEXT NOT NULL CHECK (name IN (
            'bpm', 'key', 'artist', 'title', 'album', 'genre', 'year', 'energy', 'comment', 'label', 'cues', 'grid',
            'album_artist', 'track', 'disc_number'
        )),
        value TEXT NOT NULL CHECK (json_valid(value)),
        set_at TEXT NOT NULL,
        set_by INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (audio_id, name)
    ) STRICT, WITHOUT ROWID"""
RATINGS = (
    # Ratings are personal; for everybody, tags and other programs' values count.
    """CREATE TABLE ratings (
        audio_id TEXT NOT NULL,
        owner INTEGER NOT NULL,
        rating REAL NOT NULL CHECK (rating BETWEEN 0 AND 5),
        set_at TEXT NOT NULL,
        PRIMARY KEY (audio_id, owner)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX ratings_by_owner ON ratings (owner, rating)",
)


def export_of_tracks(table: str, said: str, whose: str) -> ExportMember:
    """Export rows as `SaidOfTrack`. said: SQL for the name and the JSON value of the row `o`"""
    sql = (
        f"SELECT o.audio_id, f.artist, f.title, f.path, {said}, o.set_at FROM {table} AS o LEFT JOIN files AS f "
        f"ON f.id = (SELECT min(id) FROM files WHERE audio_id = o.audio_id) WHERE o.{whose} = ?1 "
        "ORDER BY o.set_at, o.audio_id"
    )
    return ExportMember(
        "values" if whose == "set_by" else table, export_rows(sql, "map4.values.store.values:said_of_track")
    )


_READ: Hook = "map4.music.track.user_values:value_from_data"


def value_reader(name: str) -> Callable[[Row], object]:
    """A `RowCheck.read` for values with this name, in the column with this name."""
    return lambda row: resolved(_READ)(name, row[name])


def _read_user_value(row: Row) -> None:
    resolved(_READ)(row["name"], json.loads(row["value"]))


def _hidden_values(connection: Connection, most: int) -> Iterator[tuple[Any, ...]]:
    from map4.music.track.user_values import VALUE_NAMES

    yield from product(known_audio_ids(connection), VALUE_NAMES)


def _hidden_ratings(connection: Connection, most: int) -> Iterator[tuple[Any, ...]]:
    owners = connection.execute("SELECT DISTINCT owner FROM ratings").fetchall() or [(0,)]
    yield from product(known_audio_ids(connection), (owner for (owner,) in owners))


TABLES = (
    StoredTable(
        "user_values",
        (USER_VALUES,),
        people=(PersonPlace("set_by", "number stays", "values"),),
        export=export_of_tracks("user_values", "o.name, o.value", "set_by"),
        on_hand_over="copied",
        lost_keys=_hidden_values,
        checks=(RowCheck("audio_id, name, value", "your value {name} of {audio_id}", _read_user_value),),
        change="set",
        set_value=SetValue(column="value", about="value", key="name", by="set_by", is_own=False),
    ),
    StoredTable(
        "ratings",
        RATINGS,
        people=(PersonPlace("owner", "row erased", "ratings"),),
        export=export_of_tracks("ratings", "'rating', json_quote(o.rating)", "owner"),
        alters_answers=True,
        on_hand_over="copied",
        lost_keys=_hidden_ratings,
        checks=(RowCheck("audio_id, owner, rating", "a rating of {audio_id}", value_reader("rating")),),
        change="rated",
        set_value=SetValue(column="rating", about="rating", prefix="rating"),
    ),
)
