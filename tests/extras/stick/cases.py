"""Rows of sticks in tables of other tests."""

NEEDS = {("GET", "/sticks"): "own", ("POST", "/sticks"): "own"}
NOT_FOUND = {("POST", "/sticks"): 403}  # serve.sticks names none
CALLS_OF_ROLES = {"user": {"sticks": "check plan settle show write"}}
COMMANDS = {"user": ("stick Ours --to none", "stick check none", "stick show none")}
