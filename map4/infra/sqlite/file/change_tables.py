"""The tables of what changed: `changes` has a row for each thing that happened, `change_log` says who writes.

Only triggers write rows, in the transaction of the change itself, so that neither a kill nor a way of writing leaves
one out. Rows are only ever added behind the last one, which costs a scan least; who reads takes what happened again
for one. Numbers have no gaps.
"""

from __future__ import annotations

from collections.abc import Iterable

KEPT = 10_000
"""Changes behind the last one; a library has many more tracks than a page would read again one by one."""
_TRIMMED_EVERY = 500

_ADDRESS = "coalesce({row}.audio_id, {row}.uid)"
_OF_ALL = "{row}.owner = 0 OR {row}.sharing <> 'private'"
_WHOSE_LIST = f"CASE WHEN {_OF_ALL} THEN NULL ELSE {{row}}.owner END"


def _noted(kind: str, what: str, subject: str, *, whose: str = "NULL", where: str = "TRUE") -> str:
    """Statements of a trigger. what, subject, whose: SQL; whose: NULL is everybody's"""
    return (
        f"INSERT INTO changes (kind, what, subject, whose, writer) SELECT '{kind}', {what}, {subject}, {whose}, "
        f"(SELECT writer FROM change_log) WHERE {where}; "
    )


def _trigger(name: str, event: str, *noted: str) -> str:
    return f"CREATE TRIGGER changes_{name} AFTER {event} BEGIN {''.join(noted)}END"


def of_said(table: str, what: str, whose: str = "NULL") -> Iterable[str]:
    """Triggers of a table that says something of audio."""
    for event, row in (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old")):
        noted = _noted("values", f"'{what}'", f"{row}.audio_id", whose=whose.format(row=row))
        yield _trigger(f"{event.lower()}_{table}", f"{event} ON {table}", noted)


def of_marks() -> Iterable[str]:
    """Triggers of marks: of audio, and by their ids of lists, which then look otherwise."""
    for event, row in (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old")):
        subject, whose, is_list = f"{row}.audio_id", f"{row}.owner", f"substr({row}.audio_id, 1, 2) = 'l-'"
        yield _trigger(
            f"{event.lower()}_marks",
            f"{event} ON marks",
            _noted("values", "'marked'", subject, whose=whose, where=f"NOT {is_list}"),
            _noted("lists", "'changed'", subject, whose=whose, where=is_list),
        )


def _of_files() -> Iterable[str]:
    old, new = (_ADDRESS.format(row=row) for row in ("old", "new"))
    what = (
        "CASE WHEN old.missing_since IS NULL AND new.missing_since IS NOT NULL THEN 'missing' "
        "WHEN old.path <> new.path THEN 'moved' "
        "WHEN old.missing_since IS NOT NULL AND new.missing_since IS NULL THEN 'found' ELSE 'changed' END"
    )
    yield _trigger("insert_files", "INSERT ON files", _noted("tracks", "'added'", new))
    yield _trigger("update_files", "UPDATE ON files", _noted("tracks", what, new))
    # It is another track from now on: that which it was has one file less.
    other = _noted("tracks", "'forgotten'", old)
    yield _trigger("update_audio", f"UPDATE OF audio_id ON files WHEN {old} <> {new}", other)
    yield _trigger("delete_files", "DELETE ON files", _noted("tracks", "'forgotten'", old))


def _of_analyses() -> Iterable[str]:
    for event, row, what in (
        ("INSERT", "new", "analysed"),
        ("UPDATE", "new", "analysed"),
        ("DELETE", "old", "changed"),
    ):
        audio = f"{row}.audio_id"
        where = f"EXISTS (SELECT 1 FROM files WHERE audio_id = {audio})"  # a new file is told itself, as added
        noted = _noted("tracks", f"'{what}'", audio, where=where)
        yield _trigger(f"{event.lower()}_analyses", f"{event} ON analyses", noted)


def _of_lists() -> Iterable[str]:
    old, new = (_WHOSE_LIST.format(row=row) for row in ("old", "new"))
    # One that is kept as deleted is there for nobody.
    made, gone = (f"ON playlists WHEN {row}.deleted_at IS NULL" for row in ("new", "old"))
    yield _trigger("insert_playlists", f"INSERT {made}", _noted("lists", "'made'", "new.uid", whose=new))
    yield _trigger("delete_playlists", f"DELETE {gone}", _noted("lists", "'deleted'", "old.uid", whose=old))
    what = (
        "CASE WHEN new.deleted_at IS NOT NULL THEN 'deleted' WHEN old.deleted_at IS NOT NULL THEN 'restored' "
        "WHEN old.name <> new.name THEN 'renamed' ELSE 'changed' END"
    )
    # For others one that is private now is as good as deleted.
    hidden = f"({_OF_ALL.format(row='old')}) AND NOT ({_OF_ALL.format(row='new')})"
    yield _trigger(
        "update_playlists",
        "UPDATE ON playlists WHEN old.deleted_at IS NULL OR new.deleted_at IS NULL",
        _noted("lists", "'deleted'", "new.uid", where=hidden),
        _noted("lists", what, "new.uid", whose=new),
    )
    # Whoever stores a list writes its row too; only a track that is found elsewhere is changed alone.
    listed = "(SELECT {} FROM playlists AS p WHERE p.id = new.playlist_id)"
    noted = _noted("lists", "'changed'", listed.format("p.uid"), whose=listed.format(_WHOSE_LIST.format(row="p")),
                   where=listed.format("p.deleted_at IS NULL"))  # fmt: skip
    yield _trigger("update_playlist_tracks", "UPDATE ON playlist_tracks", noted)


def _of_preferred() -> Iterable[str]:
    """Triggers of which source goes first: what counts may be another of any track."""
    for event in ("INSERT", "UPDATE", "DELETE"):
        yield _trigger(f"{event.lower()}_preferred", f"{event} ON preferred_sources", _noted("values", "'many'", "''"))


START_ANEW = (
    # Numbers begin somewhere else, so that none of another file, or from before, is taken for one of these.
    "DELETE FROM changes",
    "DELETE FROM sqlite_sequence WHERE name = 'changes'",
    "INSERT INTO sqlite_sequence (name, seq) VALUES ('changes', abs(random() % 1000000000000))",
)
"""Forget what changed, so that who followed it is told to read anew."""

CHANGE_TABLES = (
    # `whose` is the only one who is told, null everybody; `subject` how others name it.
    """CREATE TABLE changes (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        what TEXT NOT NULL,
        subject TEXT NOT NULL,
        whose INTEGER,
        writer TEXT,
        at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
    ) STRICT""",
    """CREATE TABLE change_log (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        writer TEXT NOT NULL,
        actor INTEGER NOT NULL DEFAULT 0,
        step INTEGER
    ) STRICT""",
    "INSERT INTO change_log (id, writer) VALUES (1, '')",
    *START_ANEW,
    f"""CREATE TRIGGER changes_trimmed AFTER INSERT ON changes WHEN new.number % {_TRIMMED_EVERY} = 0 BEGIN
        DELETE FROM changes WHERE number <= new.number - {KEPT};
    END""",
    *_of_files(),
    *_of_analyses(),
    *(statement for table, what in (
        ("user_values", "set"), ("labels", "labelled"), ("imported", "imported"), ("provided", "looked-up"),
    ) for statement in of_said(table, what)),
    *of_said("ratings", "rated", whose="{row}.owner"),
    *_of_lists(),
    *_of_preferred(),
)  # fmt: skip
