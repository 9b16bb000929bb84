"""Calls of a damaged library: see `tests/torture/damage.py`."""

NOT_CALLED = ("move", "plan_move")
"""They read and write libraries of other programs."""
