"""Meaning of the value changes that triggers record."""

from __future__ import annotations

KEPT = 500_000
"""Changed values kept before the last step: five edits of a library of 100,000 tracks, some 70 MB."""
OF_MARK = "mark:"
"""The prefix of a mark's key in the name of a change."""
