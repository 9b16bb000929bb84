"""Typed access to connections of music servers: `library.connections`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from map4.extras.connect.part import ConnectionsPart
    from map4.library import Library


def connections(library: Library) -> ConnectionsPart:
    """Return the library's connections to music servers: `library.connections`."""
    from map4.extras.connect.part import ConnectionsPart

    return library.part(ConnectionsPart)
