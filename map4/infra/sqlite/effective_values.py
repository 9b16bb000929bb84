"""What counts for each audio payload of all that was imported for it: the table `imported`, drawn from the entries."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter

from map4.domain.imported import ImportedValues, merged_values, values_from_data
from map4.errors import Map4Error
from map4.infra.sqlite.database import damaged

_TOUCHED = "CREATE TEMP TABLE touched (audio_id TEXT PRIMARY KEY) WITHOUT ROWID"

_Said = tuple[str, str, float, str, int]
"""Audio id, values, how much later they lie in this copy, kind and id of the import."""
_NOTHING = "{}"


@contextmanager
def touched(connection: sqlite3.Connection) -> Iterator[None]:
    """A table `touched` for the audio ids of which something else may count now."""
    connection.execute("DROP TABLE IF EXISTS temp.touched")
    connection.execute(_TOUCHED)
    yield
    connection.execute("DROP TABLE temp.touched")


def settle(connection: sqlite3.Connection, path: str) -> int:
    """Draw what counts for the touched audio from all that was imported for it.

    Parameters
    ----------
    connection : in a transaction, with the table of `touched`
    path : of the library, for messages

    Returns
    -------
    Of how many audio payloads something else counts now.

    Raises
    ------
    LibraryDamagedError
        If an entry can't be read.
    """
    rows = connection.execute(
        "SELECT x.audio_id, t.data, t.offset_s, i.format, i.id FROM touched AS x "
        "JOIN imported_tracks AS t ON t.audio_id = x.audio_id JOIN imports AS i ON i.id = t.import_id "
        "ORDER BY x.audio_id, i.imported_at DESC, i.id DESC, t.key"
    )
    counting = ((audio_id, _counting(list(said), path)) for audio_id, said in groupby(rows, itemgetter(0)))
    # Read to the end before the table is written that a trigger reads.
    connection.execute("DROP TABLE IF EXISTS temp.counting")
    connection.execute("CREATE TEMP TABLE counting (audio_id TEXT PRIMARY KEY, data TEXT) WITHOUT ROWID")
    connection.executemany("INSERT INTO counting VALUES (?, ?)", counting)
    changed = connection.execute(
        "DELETE FROM imported WHERE audio_id IN (SELECT audio_id FROM touched) "
        "AND audio_id NOT IN (SELECT audio_id FROM counting)"
    ).rowcount
    changed += connection.execute(
        "INSERT INTO imported (audio_id, data, comment) "
        "SELECT audio_id, data, json_extract(data, '$.comment') FROM counting WHERE TRUE ON CONFLICT (audio_id) "
        "DO UPDATE SET data = excluded.data, comment = excluded.comment WHERE imported.data IS NOT excluded.data"
    ).rowcount
    connection.execute("DROP TABLE temp.counting")
    return changed


def settle_all(connection: sqlite3.Connection, path: str) -> int:
    """Draw what counts for all audio that any entry belongs to; see `settle`."""
    with touched(connection):
        connection.execute(
            "INSERT INTO touched SELECT DISTINCT audio_id FROM imported_tracks WHERE audio_id IS NOT NULL"
        )
        return settle(connection, path)


def as_json(data: object) -> str:
    """Data as it is stored: in ASCII, so that names in bytes that are no UTF-8 come through as escapes."""
    return json.dumps(data, allow_nan=False, separators=(",", ":"))


def _counting(said: Sequence[_Said], path: str) -> str:
    """What counts of entries for one audio payload, the newest first."""
    # Of several files of one program the newest counts alone: what was taken away there since is gone. One that only
    # names the track, as lists do, says nothing against the others.
    newest: dict[str, int] = {}
    kept = [
        (data, offset_s)
        for _, data, offset_s, kind, import_id in said
        if data != _NOTHING and newest.setdefault(kind, import_id) == import_id
    ]
    if not kept:
        return _NOTHING
    if len(kept) == 1 and not kept[0][1]:
        return kept[0][0]
    return as_json(merged_values([_values(data, path).shifted(offset_s) for data, offset_s in kept]).to_data())


def _values(data: str, path: str) -> ImportedValues:
    try:
        return values_from_data(json.loads(data))
    except (ValueError, KeyError, TypeError, Map4Error) as error:
        raise damaged(path, f"an imported track can't be read: {error}") from error
