"""Rows of mixed sets in tables of tests of damage."""

from __future__ import annotations

NOT_CALLED = {
    "mixed.address",
    "mixed.check_write",
    "mixed.detailed",
    "mixed.plan",
    "mixed.playable",
    "mixed.render",
    "mixed.tracks",
    "mixed.write",
}
"""They need sound."""
