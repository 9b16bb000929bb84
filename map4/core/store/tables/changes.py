"""The tables of changes: `changes` has a row per event, `change_log` has the current writer.

Only triggers write rows, in the transaction of the change itself, so no kill and no way of writing loses one. Rows are
only appended, which costs a scan least; readers merge repeated events. Numbers have no gaps.
"""

from __future__ import annotations

import re

from map4.core.base.events import Event
from map4.core.base.text import stored_moment
from map4.core.store.stored_tables import ExportMember, PersonPlace, Row, RowCheck, StoredTable

SQL = StoredTable.sql_beside(__file__)

MOST_CHANGES = 10_000
"""Number of changes kept; for more changes, a page reads everything again, which is faster."""
_TRIMMED_EVERY = 500  # a trim at each insert would slow down every write

RESTART = (
    # Numbers restart elsewhere, so that no number from another file, or from before, is mistaken for a new one.
    "DELETE FROM changes",
    "DELETE FROM sqlite_sequence WHERE name = 'changes'",
    "INSERT INTO sqlite_sequence (name, seq) VALUES ('changes', abs(random() % 1000000000000))",
)
"""Forget all changes, so that followers must read everything again."""

CHANGES = (
    *SQL["changes"],
    *RESTART,
    f"""CREATE TRIGGER changes_trimmed AFTER INSERT ON changes WHEN new.number % {_TRIMMED_EVERY} = 0 BEGIN
        DELETE FROM changes WHERE number <= new.number - {MOST_CHANGES};
    END""",
)
_ROWS = "SELECT at, kind, what, subject FROM changes WHERE whose = ?1 ORDER BY number"


def _read_change(row: Row) -> None:
    # The extra that declares the event may not be installed.
    stored_moment(row["at"])
    if row["kind"] not in Event.TYPES or not re.fullmatch("[a-z]+(-[a-z]+)*", row["what"]):
        raise ValueError(f"{row['kind']} {row['what']} is not a known change")


TABLES = (
    StoredTable(
        "changes",
        CHANGES,
        salvage="no",
        people=(PersonPlace("whose", "row erased", "changes"),),
        export=ExportMember("changes", ExportMember.reader(_ROWS, "map4.core.store.change_log:own_change")),
        checks=(RowCheck("number, kind, what, at", "the change {number}", _read_change),),
    ),
    StoredTable("change_log", SQL["change_log"], salvage="no"),
)


# The code that creates an extra's tables also writes its row.
OF_EXTRAS = (StoredTable("extras", SQL["extras"], salvage="no", is_copied=False),)
