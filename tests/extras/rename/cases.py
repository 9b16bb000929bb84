"""Rows of renaming in tables of other tests."""

CALLS_OF_ROLES = {"admin": {"rename": "plan run run_events"}}
COMMANDS = {"admin": ("rename '{title}' --query bpm:1.. --dry-run", "rename undo --list")}
