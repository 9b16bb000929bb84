"""Rows of ask in tables of other tests."""

from __future__ import annotations

CALLS_OF_ROLES = {"viewer": {"": "ask prepare_ask"}}
COMMANDS = {"viewer": ("ask 'house of 120 bpm'",)}
