"""Calls of a damaged library: see `tests/torture/damage.py`."""

NOT_CALLED = tuple(f"sticks.{name}" for name in ("check", "plan", "settle", "show", "write"))
"""They read and write sticks."""
