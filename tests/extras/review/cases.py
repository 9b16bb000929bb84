"""Rows of the review of imported entries in tables of other tests."""

NEEDS = {
    ("GET", "/imports/review"): "read",
    ("PUT", "/imports/review/{entry}"): "scan",
    ("DELETE", "/imports/review/{entry}"): "scan",
}
CALLS_OF_ROLES = {"viewer": {"review": "waiting"}, "admin": {"review": "choose undo"}}
COMMANDS = {"viewer": ("import waiting --review",)}
NOT_FOUND = {(method, "/imports/review/{entry}"): 404 for method in ("PUT", "DELETE")}  # nothing waits
