"""What an extra adds to `map4 duplicates` (hook “duplicates-command”)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from map4.cli import progress
from map4.cli.exits import Ending
from map4.cli.help import Headings
from map4.cli.options import ClickOption
from map4.cli.session import Map4Command, Session
from map4.cli.track_selection import Selection, named_paths
from map4.duplicates.options import DuplicateOptions
from map4.errors import NothingFoundError

if TYPE_CHECKING:
    from map4.duplicates.records import DuplicateGroup
    from map4.library import Library

Added = Callable[..., bool]
"""Takes `selection`, `options`, `harmonic`, `output` and `narrowed`: whether anything was given that finds or chooses
copies. Does what the options of the extra request; returns whether they request anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedToCommand:
    """Options of an extra, and their help.

    options: adds them to the command, which gets an `Added` as `added`
    headings: as of `Map4Command`
    about: sentences
    examples: lines
    endings: all ways in which the command can end
    commands: its sub-commands
    """

    options: ClickOption = lambda command: command
    headings: Headings = field(default_factory=dict)
    about: str = ""
    examples: str = ""
    endings: tuple[Ending, ...]
    commands: tuple[Map4Command, ...] = ()


def found_copies(
    session: Session, library: Library, selection: Selection, options: DuplicateOptions
) -> Iterator[DuplicateGroup]:
    """Search the library for copies, only those of the selection."""
    if not library.count(""):
        raise NothingFoundError("no track is analysed and present; 'map4 scan FOLDER' adds some")
    options = replace(options, files=named_paths(session, library, selection.files), query=selection.query)
    with progress.comparing_sounds(session) as show:
        return library.duplicates.find_events(options, progress=show)
