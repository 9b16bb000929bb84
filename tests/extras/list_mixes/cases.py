"""Rows of mixed sets in tables of other tests."""

NEEDS = {
    ("GET", "/lists/{list}/mixed/plan"): "read",
    ("GET", "/lists/{list}/mixed.{form}"): "read",
}

OF_OTHERS = {
    ("GET", "/lists/{list}/mixed/plan"): (404, 404, None),  # the owner's list has no file that can be played
    ("GET", "/lists/{list}/mixed.{form}"): (404, 404, None),  # there is no such form
}
NOT_FOUND = {("GET", "/lists/{list}/mixed.{form}"): 404}

CALLS_OF_ROLES = {
    "viewer": {"mixed": "check_write plan tracks"},
    "user": {"mixed": "render write"},
}
COMMANDS = {"viewer": ("mixed Ours",), "user": ("mixed Ours -o out.mp3",)}
