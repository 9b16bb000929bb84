"""The tables of what values were before they were set, and by whom they were: `value_steps` and `value_changes`.

Only triggers write changes, in the transaction that sets the values, so that no way of writing leaves one out. What
one call sets is a step; `change_log` says who makes it, and which it is.
"""

from __future__ import annotations

from collections.abc import Iterable

from map4.infra.sql.value_changes import EVERYBODYS

_OF_VALUES = ("user_values", "{row}.name", str(EVERYBODYS), "{row}.value", "value")
_OF_RATINGS = ("ratings", "'rating'", "{row}.owner", "json_quote({row}.rating)", "rating")


def of_values(table: str, name: str, owner: str, value: str, column: str) -> Iterable[str]:
    """Triggers of a table of values. name, owner, value: SQL; column: of which a change is one of the value."""
    changed = f"old.{column} IS NOT new.{column}"
    old, new = (value.format(row=row) for row in ("old", "new"))
    for event, row, was, became, when in (
        ("INSERT", "new", "NULL", new, "TRUE"),
        ("UPDATE", "new", old, new, changed),
        ("DELETE", "old", old, "NULL", "TRUE"),
    ):
        yield (
            f"CREATE TRIGGER value_changes_{event.lower()}_{table} AFTER {event} ON {table} WHEN {when} BEGIN "
            "INSERT INTO value_steps (by) SELECT actor FROM change_log WHERE step IS NULL; "
            "UPDATE change_log SET step = (SELECT max(number) FROM value_steps) WHERE step IS NULL; "
            "INSERT INTO value_changes (step, audio_id, name, owner, was, became) "
            f"SELECT step, {row}.audio_id, {name.format(row=row)}, {owner.format(row=row)}, {was}, {became} "
            "FROM change_log WHERE TRUE ON CONFLICT DO UPDATE SET became = excluded.became; END"
        )


VALUE_TABLES = (
    # Values also move with audio, as copies are put aside: such a step is undone where it was made.
    """CREATE TABLE value_steps (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
        by INTEGER NOT NULL,
        kind TEXT NOT NULL DEFAULT 'moved' CHECK (kind IN ('set', 'undo', 'moved')),
        undoes INTEGER,
        undone_by INTEGER
    ) STRICT""",
    # JSON as in `user_values`; null is none. Ratings are their owner's, who alone sees what they were.
    """CREATE TABLE value_changes (
        step INTEGER NOT NULL,
        audio_id TEXT NOT NULL,
        name TEXT NOT NULL,
        owner INTEGER NOT NULL,
        was TEXT CHECK (was IS NULL OR json_valid(was)),
        became TEXT CHECK (became IS NULL OR json_valid(became)),
        PRIMARY KEY (step, audio_id, name, owner)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX value_changes_by_audio ON value_changes (audio_id, name, owner)",
    *of_values(*_OF_VALUES),
    *of_values(*_OF_RATINGS),
    # What counts for all outlives who set it, with their number.
    """CREATE TRIGGER value_changes_delete_accounts AFTER DELETE ON accounts BEGIN
        DELETE FROM ratings WHERE owner = old.id;
        DELETE FROM value_changes WHERE owner = old.id;
    END""",
)
