"""Meaning of the value changes that triggers record."""

from __future__ import annotations

KEPT = 500_000
"""Changed values behind the last step: five edits of a library of 100,000 tracks, some 70 MB."""
OF_MARK = "mark:"
"""Before the key of a mark, in the name of its changes."""
