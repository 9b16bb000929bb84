"""Typed access to labelling: `library.labels`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from map4.extras.classify.part import LabelsPart
    from map4.library import Library


def labels(library: Library) -> LabelsPart:
    """Return what labels tracks of a library: `library.labels`."""
    from map4.extras.classify.part import LabelsPart

    return library.part(LabelsPart)
