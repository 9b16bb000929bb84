"""`map4 play`."""

from __future__ import annotations

import click

from map4.cli.session import Map4Command, current_session
from map4.cli.track_selection import named_paths
from map4.cli.value_types import PathArgument


@click.command(
    cls=Map4Command,
    epilog="Exit codes: 0 played, 1 there is no player here or it failed, 2 wrong usage, 3 the file can't be read, "
    "4 no such file, track, bar or cue point, 130 interrupted.",
)
@click.argument("file", type=PathArgument(), metavar="FILE")
@click.option("--from", "place", metavar="PLACE", help="Begin there: drop, mix-in, 1:23, 90s or 'bar 33'.")
def command(file: str, place: str | None) -> None:
    """Play a track, from any place in it.

    The sound comes from the first of these programs that is on this machine and can play the file: mpv, ffplay, vlc,
    afplay, pw-play, paplay, aplay; without one of them from the package sounddevice (map4's extra sound).
    Ctrl-C ends it; keys go to the player.
    PLACE is a time, a bar, or a cue point, imported or found by map4, by its kind (first-beat, mix-in, drop, break,
    mix-out, outro) or its name; bars and cue points are known of tracks of the library.
    FILE is a file, or a track of the library by its audio id or words.

    \b
    map4 play track.mp3
    map4 play 'velvet undertow' --from drop
    map4 play track.mp3 --from 'bar 33'
    """
    session = current_session()
    with session.open_library(create=True, temporary=True) as library:
        [path] = named_paths(session, library, [file])
        library.play(path, place)
