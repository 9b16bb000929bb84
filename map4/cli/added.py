"""What an extra adds to a command of the core."""

from __future__ import annotations

from dataclasses import dataclass, field

from map4.cli.exits import Ending
from map4.cli.help import Headings
from map4.cli.options import ClickOption


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedToCommand:
    """Options of an extra, and their help.

    options: adds them to the command, which gets their value as `added`
    headings: as of `Map4Command`
    about: sentences
    examples: lines
    endings: all ways in which the command can end
    """

    options: ClickOption = lambda command: command
    headings: Headings = field(default_factory=dict)
    about: str = ""
    examples: str = ""
    endings: tuple[Ending, ...]
