"""The tables of the parts of an analysis, from schema 13 on, and the way there.

Each row has the number of its analysis. In `parts`, which had a row for each part and audio id, a part of more than a
kilobyte took a page of its own: of 20 KB a track more than half was empty.
"""

from __future__ import annotations

import json
import sqlite3

from map4.infra.sqlite.alike_tables import ALIKE_OF_DETAILS
from map4.infra.sqlite.mirror_tables import MIRROR_OF_SOUNDS

_DETAILS = ("beats", "downbeats", "overview", "fingerprint")
_INDEXED = "fingerprint_version, beats_version, downbeats_version, overview_version"  # by the first alone too
_ID = "id INTEGER PRIMARY KEY REFERENCES analyses (id) ON DELETE CASCADE"
_TABLES = (
    f"""CREATE TABLE details ({_ID},
        {", ".join(f"{name}_version INTEGER" for name in _DETAILS)},
        {", ".join(f"{name} BLOB" for name in _DETAILS)}
    ) STRICT""",
    f"CREATE TABLE sounds ({_ID}, version INTEGER NOT NULL, data BLOB NOT NULL) STRICT",
)
_OF_PART = "max(CASE WHEN p.name = '{name}' THEN p.{column} END)"
_EACH = ", ".join(_OF_PART.format(name=name, column=column) for column in ("version", "data") for name in _DETAILS)
# In the order of the analyses, so that nothing is sorted and each page is written once.
_PARTS = "FROM analyses AS a CROSS JOIN parts AS p ON p.audio_id = a.audio_id"
_STEPS = (
    *_TABLES,
    f"INSERT INTO details SELECT a.id, {_EACH} {_PARTS} GROUP BY a.id",
    f"INSERT INTO sounds SELECT a.id, p.version, p.data {_PARTS} AND p.name = 'sound' ORDER BY a.id",
    "DROP TABLE parts",
    # Which parts are old is asked at each scan, without reading what they hold.
    f"CREATE INDEX details_by_version ON details ({_INDEXED})",
    "CREATE INDEX sounds_by_version ON sounds (version)",
    *MIRROR_OF_SOUNDS,
    *ALIKE_OF_DETAILS,
)


def split_parts(connection: sqlite3.Connection) -> None:
    """Part of the migration to schema 13: parts stand by the number of their analysis."""
    for statement in _STEPS:
        connection.execute(statement)


def in_rows(core: str) -> str:
    """A core of a former schema, in which phrases and cue points were objects, as `write_core` gives it."""
    from map4.domain.analysis_json import write_core  # with it come the records of an analysis
    from map4.infra.sqlite.errors import UNREADABLE

    try:
        return write_core(json.loads(core))
    except UNREADABLE:  # damaged, as it will be
        return core
