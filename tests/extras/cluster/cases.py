"""Rows of merging in tables of other tests."""

from __future__ import annotations

CALLS_OF_ROLES = {"admin": {"": "merge"}}
COMMANDS = {"admin": ("library merge none.map4",)}
