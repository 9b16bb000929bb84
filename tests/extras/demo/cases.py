"""Rows of the demo in tables of other tests."""

COMMANDS = {"viewer": ("demo --remove none",)}
