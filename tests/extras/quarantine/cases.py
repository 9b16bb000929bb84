"""Rows of the quarantine in tables of other tests."""

NEEDS = {("POST", "/plans/quarantine"): "files"}
CALLS_OF_ROLES = {"admin": {"quarantine": "move move_events replace replace_events"}}
COMMANDS = {"admin": ("duplicates --quarantine /nowhere -y", "duplicates --undo -y", "duplicates replace -y A B")}
WRONG_PLANS = (
    ("undo", {"kind": "copies"}, 404),
    ("undo", {"kind": "copies", "name": "/etc/passwd"}, 404),
    ("quarantine", {"files": ["/etc/passwd"]}, 404),
    ("quarantine", {"kinds": ["twins"]}, 400),
    ("quarantine", {"least_certainty": 2}, 400),
    ("quarantine", {}, 404),
    ("quarantine", {"folder": "/etc"}, 400),
)
ON_PAGE = ("quarantine", [])
