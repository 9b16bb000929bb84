"""Typed access to look-ups: `library.lookups`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from map4.extras.lookup.part import Lookups
    from map4.library import Library


def lookups(library: Library) -> Lookups:
    """Return the look-ups of a library: `library.lookups`."""
    from map4.extras.lookup.part import Lookups

    return library.part(Lookups)
