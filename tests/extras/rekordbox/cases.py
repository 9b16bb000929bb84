"""Rows of rekordbox's database in tables of other tests."""

CALLS_OF_ROLES = {"user": {"rekordbox": "undo write"}}
COMMANDS = {"user": ("export rekordbox-db Ours --database none.db", "export undo rekordbox")}
