"""Rows of mixed sets in tables of tests of damage."""

from __future__ import annotations

NOT_CALLED = {"mixed.check_write", "mixed.plan", "mixed.render", "mixed.tracks", "mixed.write"}
"""They need sound."""
