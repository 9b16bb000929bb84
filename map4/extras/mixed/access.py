"""The typed door of mixed sets: `library.mixed`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from map4.extras.mixed.part import MixedSets
    from map4.library import Library


def mixed(library: Library) -> MixedSets:
    """The mixed sets of a library: `library.mixed`."""
    from map4.extras.mixed.part import MixedSets

    return library.part(MixedSets)
