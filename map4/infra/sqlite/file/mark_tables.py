"""The tables of marks: `marks` has a row for each mark of each recording, `mark_looks` how somebody sees a mark."""

from __future__ import annotations

from map4.infra.sqlite.file.change_tables import of_marks
from map4.infra.sqlite.file.value_tables import of_values

# `mark_key` is what marks are compared by. Taken off, a mark is known by `value_changes` alone. A mark of a list has
# the id of the list as its `audio_id`.
MARKS = """CREATE TABLE marks (
        audio_id TEXT NOT NULL,
        owner INTEGER NOT NULL,
        mark_key TEXT NOT NULL,
        mark TEXT NOT NULL CHECK (length(mark) > 0),
        set_at TEXT NOT NULL,
        PRIMARY KEY (audio_id, owner, mark_key)
    ) STRICT, WITHOUT ROWID"""

# The key of the page, 1-9.
MARK_LOOKS = """CREATE TABLE mark_looks (
        owner INTEGER NOT NULL,
        mark_key TEXT NOT NULL,
        color TEXT NOT NULL,
        key INTEGER CHECK (key BETWEEN 1 AND 9),
        set_at TEXT NOT NULL,
        PRIMARY KEY (owner, mark_key)
    ) STRICT, WITHOUT ROWID"""

MARK_TABLES = (
    MARKS,
    "CREATE INDEX marks_by_owner ON marks (owner, mark_key)",
    MARK_LOOKS,
    *of_marks(),
    *of_values("marks", "'mark:' || {row}.mark_key", "{row}.owner", "json_quote({row}.mark)", "mark"),
    """CREATE TRIGGER marks_delete_accounts AFTER DELETE ON accounts BEGIN
        DELETE FROM marks WHERE owner = old.id;
        DELETE FROM mark_looks WHERE owner = old.id;
        DELETE FROM value_changes WHERE owner = old.id;
    END""",
    # A list that is kept as deleted keeps its marks.
    """CREATE TRIGGER marks_delete_playlists AFTER DELETE ON playlists BEGIN
        DELETE FROM marks WHERE audio_id = old.uid;
        DELETE FROM value_changes WHERE audio_id = old.uid;
    END""",
)
