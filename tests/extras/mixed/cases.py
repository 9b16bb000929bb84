"""Rows of mixed sets in tables of other tests."""

from __future__ import annotations

NEEDS = {("GET", "/lists/{list}/mixed/plan"): "read"}

OF_OTHERS = {("GET", "/lists/{list}/mixed/plan"): (404, 404, None)}  # the owner's list has no file that can be played

CALLS_OF_ROLES = {"viewer": {"mixed": "check_write plan tracks"}, "user": {"mixed": "render write"}}
COMMANDS = {"viewer": ("mixed Ours",), "user": ("mixed Ours -o out.mp3",)}
