"""Calls of a damaged library: see `tests/torture/damage.py`."""

NOT_CALLED = ("move",)
"""It reads and writes libraries of other programs."""
