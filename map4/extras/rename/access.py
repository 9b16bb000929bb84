"""Typed access to renaming files: `library.rename`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from map4.extras.rename.part import Renames
    from map4.library import Library


def rename(library: Library) -> Renames:
    """Return the part that renames files: `library.rename`."""
    from map4.extras.rename.part import Renames

    return library.part(Renames)
