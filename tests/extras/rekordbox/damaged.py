"""Calls of a damaged library: see `tests/torture/damage.py`."""

NOT_CALLED = ("rekordbox.undo", "rekordbox.write")
"""They read and write the database of rekordbox."""
