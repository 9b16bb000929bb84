"""`map4 playlist`: lists of tracks."""

from __future__ import annotations

import click

from map4.cli.options import Map4Group
from map4.cli.playlist_lists import SUB_COMMANDS


@click.group(
    cls=Map4Group,
    epilog="Exit codes: 0 done, 1 could not do it, 2 wrong usage, 3 some entries were not found, 4 nothing found.",
)
def command() -> None:
    """Check, order, merge and store playlists."""


for _sub_command in SUB_COMMANDS:
    command.add_command(_sub_command)
