"""The tables of previous values and who set them: `value_steps` and `value_changes`.

Only triggers write changes, in the transaction that sets the values, so that no way of writing is missed. The changes
of one call are a step; `change_log` has its actor and number.
"""

from __future__ import annotations

from map4.store.stored_tables import EVERYBODYS, ExportMember, PersonPlace, StoredTable, export_rows

STEPS = (
    # Values also move with audio when copies are quarantined; such a step is undone there.
    """CREATE TABLE value_steps (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
        by INTEGER NOT NULL,
        kind TEXT NOT NULL DEFAULT 'moved' CHECK (kind IN ('set', 'undo', 'moved')),
        undoes INTEGER,
        undone_by INTEGER
    ) STRICT""",
)
CHANGES = (
    # JSON as in `user_values`; null is none. Only the owner of a rating sees its previous values.
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
)
# Shared values outlive the account that set them, with its number.
OF_GONE_ACCOUNTS = """CREATE TRIGGER value_changes_delete_accounts AFTER DELETE ON accounts BEGIN
        DELETE FROM ratings WHERE owner = old.id;
        DELETE FROM value_changes WHERE owner = old.id;
    END"""
_TOLD = (
    "SELECT s.number, s.at, s.kind, "
    "coalesce((SELECT f.audio_id FROM files AS f WHERE f.uid = c.audio_id), c.audio_id), c.name, c.was, c.became "
    "FROM value_steps AS s JOIN value_changes AS c ON c.step = s.number "
    f"WHERE c.owner = ?1 OR (s.by = ?1 AND c.owner = {EVERYBODYS}) ORDER BY s.number, c.audio_id, c.name"
)

TABLES = (
    StoredTable(
        "value_steps",
        STEPS,
        salvage="rows",
        people=(PersonPlace("by", "number stays", "value_changes"),),
        is_written_by_triggers=True,
    ),
    StoredTable(
        "value_changes",
        (*CHANGES, OF_GONE_ACCOUNTS),
        salvage="rows",
        people=(PersonPlace("owner", "row erased", "value_changes"),),
        export=ExportMember("value_changes", export_rows(_TOLD, "map4.values.store.values:own_change")),
        erase="map4.values.store.values:erase_changes",
        take="map4.values.store.values:take_changes",
        is_written_by_triggers=True,
    ),
)
