"""The tables of marks: `marks` has a row per mark and recording, `mark_looks` each user's colours and keys."""

from __future__ import annotations

from collections.abc import Iterable

from map4.core.store import stored_tables
from map4.values.tables.values import export_of_tracks, value_reader

SQL = stored_tables.StoredTable.sql_beside(__file__)

OF_MARK = "mark:"
"""The prefix of a mark's key in the name of a change."""

MARKS = SQL["marks"]

MARK_LOOKS = SQL["mark_looks"]

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


_BY_OWNER = "CREATE INDEX marks_by_owner ON marks (owner, mark_key)"
_OF_GONE_ACCOUNTS = """CREATE TRIGGER marks_delete_accounts AFTER DELETE ON accounts BEGIN
        DELETE FROM marks WHERE owner = old.id;
        DELETE FROM mark_looks WHERE owner = old.id;
        DELETE FROM value_changes WHERE owner = old.id;
    END"""
# A deleted list that can be restored keeps its marks.
_OF_GONE_LISTS = """CREATE TRIGGER marks_delete_playlists AFTER DELETE ON playlists BEGIN
        DELETE FROM marks WHERE audio_id = old.uid;
        DELETE FROM value_changes WHERE audio_id = old.uid;
    END"""

TABLES = (
    stored_tables.StoredTable(
        "marks",
        (*MARKS, _BY_OWNER, *_notes(), _OF_GONE_ACCOUNTS, _OF_GONE_LISTS),
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
        MARK_LOOKS,
        people=(stored_tables.PersonPlace("owner", "row erased", "marks"),),
        merge=stored_tables.Newest("set_at", "mark_looks"),
    ),
)
