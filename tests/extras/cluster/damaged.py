"""Calls of a damaged library: see `tests/torture/damage.py`."""

from __future__ import annotations

NOT_CALLED = {"merge"}
