"""Where writes into rekordbox's database are recorded."""

from __future__ import annotations

from map4.core.base.user_folders import user_file

PENDING = "pending"
"""The file that names an interrupted write."""


def journal_folder() -> str:
    """Return the folder of all writes of this user on this machine."""
    return user_file("data", "rekordbox")
