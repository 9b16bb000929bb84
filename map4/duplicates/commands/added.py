"""What `map4 duplicates` and the options that an extra adds to it share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from map4.cli.session import Session
from map4.cli.track_selection import Selection
from map4.duplicates.options import DuplicateOptions
from map4.errors import NothingFoundError

if TYPE_CHECKING:
    from map4.duplicates.records import DuplicateGroup
    from map4.library import Library

Added = Callable[..., bool]
"""Takes `selection`, `options`, `harmonic`, `output` and `narrowed`: whether anything was given that finds or chooses
copies. Does what the options of the extra request; returns whether they request anything."""


def found_copies(
    session: Session, library: Library, selection: Selection, options: DuplicateOptions
) -> Iterator[DuplicateGroup]:
    """Search the library for copies, only those of the selection."""
    if not library.count(""):
        raise NothingFoundError("no track is analysed and present; 'map4 scan FOLDER' adds some")
    options = replace(options, files=Selection.named_paths(session, library, selection.files), query=selection.query)
    with session.comparing_sounds() as show:
        return library.duplicates.find_events(options, progress=show)
