"""Rows of classify in tables of other tests."""

NEEDS = {("POST", "/plans/classify"): "scan", ("POST", "/labels/undo"): "scan"}
NOT_FOUND = {("POST", "/labels/undo"): 404}
CALLS_OF_ROLES = {"admin": {"labels": "plan prepare run run_events undo"}}
SELECTING = ("classify --provider keywords", "classify --provider keywords --dry-run")
COMMANDS = {"admin": ("classify --dry-run",)}
PRINTED = {"docs/metadata.md": [r"^9 to label, 0 requests$", r"^9 labelled by rules$"]}
