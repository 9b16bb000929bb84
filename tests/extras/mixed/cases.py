"""Rows of mixed sets in tables of other tests."""

NEEDS = {
    ("GET", "/lists/{list}/mixed/plan"): "read",
    ("POST", "/lists/{list}/mixed/address"): "read",
    ("GET", "/lists/{list}/radio.m3u"): "read",
    ("GET", "/lists/{list}/radio.{form}"): "read",
    ("GET", "/lists/{list}/mixed.{form}"): "read",
}

OF_OTHERS = {
    ("GET", "/lists/{list}/mixed/plan"): (404, 404, None),  # the owner's list has no file that can be played
    ("POST", "/lists/{list}/mixed/address"): (404, 200, {}),
    ("GET", "/lists/{list}/radio.m3u"): (404, 200, None),
    ("GET", "/lists/{list}/radio.{form}"): (404, 404, None),  # there is no such form
    ("GET", "/lists/{list}/mixed.{form}"): (404, 404, None),
}
NOT_FOUND = {("GET", "/lists/{list}/radio.{form}"): 404, ("GET", "/lists/{list}/mixed.{form}"): 404}

CALLS_OF_ROLES = {
    "viewer": {"mixed": "address check_write detailed plan playable tracks"},
    "user": {"mixed": "render write"},
}
COMMANDS = {"viewer": ("mixed Ours",), "user": ("mixed Ours -o out.mp3",)}

TOOLS = {"stream": "own"}
"""Tools for assistants that write, with the scope that each needs."""
