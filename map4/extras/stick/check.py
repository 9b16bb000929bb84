"""Checks of any stick, also one that rekordbox wrote."""

from __future__ import annotations

from map4.extras.stick.records import StickCheck


def check_stick(folder: str) -> StickCheck:
    """Read everything on a stick and report faults and notes."""
    raise NotImplementedError
