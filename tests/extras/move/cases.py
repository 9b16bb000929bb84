"""Rows of move in tables of other tests."""

CALLS_OF_ROLES = {"admin": {"": "move plan_move"}}
ABOUT_NO_LIBRARY = {"move"}
