"""The tables of marks: `marks` has a row per mark and recording, `mark_looks` each user's colours and keys."""

from __future__ import annotations

from collections.abc import Iterable

from map4.core.store import stored_tables
from map4.values.tables.values import export_of_tracks, value_reader

SQL = stored_tables.StoredTable.sql_beside(__file__)

OF_MARK = "mark:"
"""The prefix of a mark's key in the name of a change."""

_SET = stored_tables.SetValue(column="mark", about="mark", prefix=OF_MARK, key="mark_key")


def _notes() -> Iterable[str]:
    """Triggers that note changes of audio, and of lists by their ids."""
    for event, row in stored_tables.EVENTS:
        subject, whose, is_list = f"{row}.audio_id", f"{row}.owner", f"substr({row}.audio_id, 1, 2) = 'l-'"
        yield stored_tables.change_trigger(
            f"{event.lower()}_marks",
            f"{event} ON marks",
            stored_tables.note_change("values", "'marked'", subject, whose=whose, where=f"NOT {is_list}"),
            stored_tables.note_change("lists", "'changed'", subject, whose=whose, where=is_list),
        )


TABLES = (
    stored_tables.StoredTable(
        "marks",
        (*SQL["marks"], *_notes()),
        people=(stored_tables.PersonPlace("owner", "row erased", "marks"),),
        export=export_of_tracks("marks", "'mark', json_quote(o.mark)", "owner"),
        alters_answers=True,
        on_hand_over="copied",
        checks=(
            stored_tables.RowCheck("audio_id, owner, mark_key, mark", "a mark of {audio_id}", value_reader("mark")),
        ),
        set_value=_SET,
    ),
    stored_tables.StoredTable(
        "mark_looks",
        SQL["mark_looks"],
        people=(stored_tables.PersonPlace("owner", "row erased", "marks"),),
        merge=stored_tables.Newest("set_at", "mark_looks"),
    ),
)
