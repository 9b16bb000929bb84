"""Rows of the quarantine in tables of other tests."""

from __future__ import annotations

NEEDS = {
    ("POST", "/plans/quarantine"): "files",
    ("POST", "/plans/return"): "files",
    ("GET", "/duplicates/journals"): "files",
}
NOT_FOUND = {("POST", "/plans/return"): 404}  # no copies were moved
CALLS_OF_ROLES = {"admin": {"quarantine": "journals move move_events moved_by undo undo_events"}}
COMMANDS = {"admin": ("duplicates --quarantine /nowhere -y", "duplicates --undo -y")}
WRONG_PLANS = (
    ("return", {}, 404),
    ("return", {"journal": "/etc/passwd"}, 404),
    ("quarantine", {"files": ["/etc/passwd"]}, 404),
    ("quarantine", {"kinds": ["twins"]}, 400),
    ("quarantine", {"least_certainty": 2}, 400),
    ("quarantine", {}, 404),
    ("quarantine", {"folder": "/etc"}, 400),
)
ON_PAGE = ("quarantine", [])
