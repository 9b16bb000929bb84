"""The public façade: a music library that is scanned, asked and cared for."""

from __future__ import annotations

from map4.library.arguments import PathLike, absolute_path
from map4.library.imports import Importing
from map4.library.maintenance import Caring

__all__ = ["Library", "PathLike", "absolute_path"]


class Library(Importing, Caring):
    """A library file and what can be done with it.

    >>> from map4 import Library
    >>> with Library.open("music.map4") as library:  # doctest: +SKIP
    ...     for event in library.scan_events(["~/Music"]):
    ...         print(event)

    Make one with `Library.open`; close it, or use it in a `with` statement.
    """
