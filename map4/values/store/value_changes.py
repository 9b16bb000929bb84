"""Meaning of the value changes that triggers record."""

from __future__ import annotations

from map4.music.track.fields import NAMES_BY_FILE, OF_FILE

KEPT = 500_000
"""Changed values kept before the last step: five edits of a library of 100,000 tracks, some 70 MB."""
OF_MARK = "mark:"
"""The prefix of a mark's key in the name of a change."""
NEW_UID = "'f-' || lower(hex(randomblob(8)))"


def names_sql(file: str) -> str:
    """SQL for the tags of a file as one text, to recognise it at another path."""
    names = ("artist", "title", *sorted(OF_FILE.difference(NAMES_BY_FILE)))
    return " || '/' || ".join(f"coalesce(CAST({file}.{name} AS TEXT), '')" for name in names)
