"""The effective imported values of audio: the table `imported`, merged from the imported entries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

from map4.core.store.database import Connection, as_json, readable, scalar
from map4.library import hookspecs

_ImportedRow = tuple[str, str, float, str, int, str | None]
"""Audio id, values, offset of their times in this copy, format, id of the import, and uid of the file it names."""
_Part = tuple[str, float, str, int]
"""Values of the recording or of a file, offset, format, and id of the import."""
# The file that an entry names, also if it left the library. If other files have its audio, only the path or the album
# shows the right file; values of the file wait otherwise.
_FILE = """
    CASE WHEN t.method IN ('path', 'copy')
        OR NOT EXISTS (SELECT 1 FROM files AS o WHERE o.audio_id = t.audio_id AND o.path <> t.path)
        OR EXISTS (SELECT 1 FROM files AS s WHERE s.path = t.path AND lower(s.album) = lower(t.data ->> '$.album'))
    THEN coalesce(
        (SELECT f.uid FROM files AS f WHERE f.path = t.path AND f.audio_id = t.audio_id),
        (SELECT max(g.uid) FROM gone_files AS g WHERE g.path = t.path AND g.audio_id = t.audio_id)
    ) END
"""
_ADDRESSES = """
    SELECT audio_id AS address, audio_id FROM affected
    UNION ALL SELECT f.uid, f.audio_id FROM affected AS x JOIN files AS f ON f.audio_id = x.audio_id
    UNION ALL SELECT g.uid, g.audio_id FROM affected AS x JOIN gone_files AS g ON g.audio_id = x.audio_id
"""
# Joined in this order, as each stored list needs only a few, and another order would read every imported track; in a
# fixed order within a second, the same in every library that merges these.
_ENTRIES = f"""
    SELECT x.audio_id, t.data, t.offset_s, i.format, i.id, ({_FILE}) FROM affected AS x
    CROSS JOIN {{tried}}imported_tracks AS t ON t.audio_id = x.audio_id JOIN {{tried}}imports AS i ON i.id = t.import_id
    ORDER BY x.audio_id, t.method IS 'copy', i.imported_at DESC, i.format DESC, i.path DESC, t.key
"""
# Values lent to a copy that represents other audio (`substitutes`), and whether the tags of its files have a rating.
_LENT = """
    SELECT x.audio_id, t.data, t.offset_s + s.offset_s, i.format, i.id,
           EXISTS (SELECT 1 FROM files AS f WHERE f.audio_id = x.audio_id AND f.rating IS NOT NULL)
    FROM affected AS x JOIN substitutes AS s ON s.copy_audio_id = x.audio_id
    CROSS JOIN {tried}imported_tracks AS t ON t.audio_id = s.audio_id JOIN {tried}imports AS i ON i.id = t.import_id
    ORDER BY x.audio_id, s.audio_id, t.method IS 'copy', i.imported_at DESC, i.format DESC, i.path DESC, t.key
"""
_ARE_LENT = ("cues", "grid", "rating")
_NOTHING = "{}"
# How often each audio is in histories without times; plays with a time are in `plays`.
_PLAYS = """
    WITH histories AS MATERIALIZED (
        SELECT id FROM playlists WHERE deleted_at IS NULL AND json_type(header, '$.imported.history') = 'true'
    )
    SELECT t.audio_id, count(*) FROM affected JOIN playlist_tracks AS t USING (audio_id)
    WHERE t.playlist_id IN (SELECT id FROM histories) AND json_extract(t.detail, '$.played_at') IS NULL
    GROUP BY t.audio_id
"""


class Affected:
    """Audio whose current values may change; afterwards, `changed` is the number of payloads that did."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.changed = 0

    def add(self, *audio_ids: str | None) -> None:
        """Add audio ids; None is skipped."""
        self.add_of("SELECT value AS audio_id FROM json_each(?)", (json.dumps(audio_ids),))

    def add_of(self, query: str, values: Sequence[object] = ()) -> None:
        """Add the audio ids of a query; NULL is skipped, as Postgres refuses it in a key."""
        sql = f"INSERT OR IGNORE INTO affected SELECT audio_id FROM ({query}) AS q WHERE audio_id IS NOT NULL"
        self._connection.execute(sql, values)


@contextmanager
def affected(connection: Connection, path: str, *, is_tried: bool = False) -> Iterator[Affected]:
    """Collect audio whose imported values may change, and merge these into the current values at the end.

    connection: in a transaction
    path: of the library, for messages
    is_tried: only count the changes, from tables `tried_imports` and `tried_imported_tracks`
    """
    tried = "tried_" if is_tried else ""
    connection.execute("DROP TABLE IF EXISTS temp.affected")
    connection.execute("CREATE TEMP TABLE affected (audio_id TEXT PRIMARY KEY) WITHOUT ROWID")
    named = Affected(connection)
    yield named
    connection.execute(
        "INSERT OR IGNORE INTO affected SELECT s.copy_audio_id FROM substitutes AS s JOIN affected AS x "
        "ON x.audio_id = s.audio_id"
    )
    plays = {audio_id: int(count) for audio_id, count in connection.execute(_PLAYS)}
    # Before the query below, which a change of the schema would abort.
    connection.execute("DROP TABLE IF EXISTS temp.effective")
    connection.execute("CREATE TEMP TABLE effective (address TEXT PRIMARY KEY, audio_id TEXT, data TEXT) WITHOUT ROWID")
    # Entries handed over by a copy that moved away rank after entries for the kept copy itself.
    rows = connection.execute(_ENTRIES.format(tried=tried))
    effective = (
        (address, audio_id, values)
        for audio_id, of_one in groupby(rows, itemgetter(0))
        for address, values in _values_of_audio(audio_id, of_one, plays.get(audio_id), path)
    )
    # Read completely before writing the table that a trigger reads.
    connection.executemany("INSERT INTO effective VALUES (?, ?, ?)", effective)
    _lend(connection, _LENT.format(tried=tried), path)
    changed = scalar(
        connection,
        f"SELECT count(DISTINCT b.audio_id) FROM (SELECT e.audio_id, e.address, e.data FROM effective AS e UNION ALL "
        f"SELECT a.audio_id, a.address, NULL FROM ({_ADDRESSES}) AS a WHERE a.address NOT IN "
        "(SELECT address FROM effective)) AS b LEFT JOIN imported AS i ON i.audio_id = b.address "
        "WHERE i.data IS NOT b.data",
    )
    named.changed = int(changed)
    if not is_tried:
        connection.execute(
            f"DELETE FROM imported WHERE audio_id IN (SELECT address FROM ({_ADDRESSES}) AS a) "
            "AND audio_id NOT IN (SELECT address FROM effective)"
        )
        connection.execute(
            "INSERT INTO imported (audio_id, data, comment) "
            "SELECT address, data, json_extract(data, '$.comment') FROM effective WHERE TRUE ON CONFLICT (audio_id) "
            "DO UPDATE SET data = excluded.data, comment = excluded.comment WHERE imported.data IS NOT excluded.data"
        )
    connection.execute("DROP TABLE temp.effective")
    connection.execute("DROP TABLE temp.affected")


def _lend(connection: Connection, lent_by: str, path: str) -> None:
    """Add what copies are lent that stand in for other audio, where they have none."""
    for audio_id, rows in groupby(connection.execute(lent_by).fetchall(), itemgetter(0)):
        *parts, has_rating = zip(*(row[1:] for row in rows), strict=True)
        lent = json.loads(_effective([*zip(*parts, strict=True)], None, path))
        own = json.loads(
            scalar(connection, "SELECT max(data) FROM effective WHERE address = ?", (audio_id,)) or _NOTHING
        )
        names = [name for name in _ARE_LENT if name in lent and not (name == "rating" and any(has_rating))]
        if added := {name: lent[name] for name in names if name not in own}:
            connection.execute("DELETE FROM effective WHERE address = ?", (audio_id,))
            row = (audio_id, audio_id, as_json({**own, **added}))
            connection.execute("INSERT INTO effective VALUES (?, ?, ?)", row)


@hookspecs.histories_changed.implementation
def recompute(connection: Connection, audio_ids: Iterable[str] | None = None, path: str = "") -> None:
    """Merge the values of some audio, or of all with entries."""
    with affected(connection, path) as named:
        if audio_ids is None:
            named.add_of("SELECT audio_id FROM imported_tracks")
        else:
            named.add(*audio_ids)


def _values_of_audio(
    audio_id: str, rows: Iterable[_ImportedRow], plays: int | None, path: str
) -> Iterator[tuple[str, str]]:
    """The current values for one audio payload and for its files, each with its address."""
    from map4.core.music.track.imported import ImportedValues  # commands that only list imports need no values

    of_recording: list[_Part] = []
    of_files: dict[str, list[_Part]] = {}
    for _, text, offset_s, format_name, import_id, uid in rows:
        with readable(path, "an imported track"):
            recording, file = ImportedValues.split(json.loads(text))
        of_recording.append((as_json(recording) if file else text, offset_s, format_name, import_id))
        if file and uid is not None:
            of_files.setdefault(uid, []).append((as_json(file), 0.0, format_name, import_id))
    yield audio_id, _effective(of_recording, plays, path)
    for uid, parts in of_files.items():
        yield uid, _effective(parts, None, path)


def _effective(rows: Sequence[_Part], plays: int | None, path: str) -> str:
    """The current values from entries, the newest first, and from plays in histories."""
    # For each program only the newest file counts, so values removed there are gone. An entry that only names the
    # track, as in lists, does not override the others.
    newest: dict[str, int] = {}
    counted = [
        (data, offset_s)
        for data, offset_s, format_name, import_id in rows
        if data != _NOTHING and newest.setdefault(format_name, import_id) == import_id
    ]
    if plays is None and not counted:
        return _NOTHING
    if plays is None and len(counted) == 1 and not counted[0][1]:
        return counted[0][0]
    from map4.core.music.track.imported import ImportedValues

    with readable(path, "an imported track"):
        values = [ImportedValues.from_data(json.loads(data)).shifted(offset_s) for data, offset_s in counted]
    merged = ImportedValues.merged(values)
    if plays is not None and merged.play_count is None:
        merged = replace(merged, play_count=plays)
    return as_json(merged.to_data())
