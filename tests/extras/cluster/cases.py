"""Rows of merging in tables of other tests."""

CALLS_OF_ROLES = {"admin": {"": "merge"}}
COMMANDS = {"admin": ("library merge none.map4",)}
