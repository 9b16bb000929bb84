"""Typed access to rekordbox's database: `library.rekordbox`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from map4.extras.rekordbox.part import RekordboxDatabase
    from map4.library import Library


def rekordbox(library: Library) -> RekordboxDatabase:
    """Return the part that writes rekordbox's database: `library.rekordbox`."""
    from map4.extras.rekordbox.part import RekordboxDatabase

    return library.part(RekordboxDatabase)
