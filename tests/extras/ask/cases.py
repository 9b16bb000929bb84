"""Rows of ask in tables of other tests."""

CALLS_OF_ROLES = {"viewer": {"": "ask prepare_ask"}}
