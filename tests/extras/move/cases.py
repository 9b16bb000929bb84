"""Rows of move in tables of other tests."""

CALLS_OF_ROLES = {"admin": {"": "move"}}
ABOUT_NO_LIBRARY = {"move"}
