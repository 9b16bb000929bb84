"""Calls of a damaged library: see `tests/torture/damage.py`."""

NOT_CALLED = {"merge"}
