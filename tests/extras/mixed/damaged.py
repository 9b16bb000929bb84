"""Rows of mixed sets in tables of tests of damage."""

from __future__ import annotations

NOT_CALLED = {
    f"mixed.{call}" for call in ("address", "check_write", "detailed", "plan", "playable", "render", "tracks", "write")
}
"""They need sound."""
