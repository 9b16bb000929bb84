"""`map4 playlist refresh|fill`: lists that grow."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

import click

from map4.cli.commands.playlist.list_options import (
    EXIT_FINDINGS,
    PlaylistReading,
    PlaylistTarget,
    give,
    list_target_options,
    policy_option,
    reading_list_options,
    tell_unmatched,
)
from map4.cli.options import Map4Command, QueryText, Session, current_session, query_option
from map4.cli.track_output import Output, reading_options
from map4.errors import NothingFoundError

if TYPE_CHECKING:
    from map4.app.playlists.draft import PlaylistDraft
    from map4.cli.options import F
    from map4.domain.harmony import HarmonicRule
    from map4.domain.tempo_step import TempoPolicy

_chosen_from = [
    query_option("Choose from what matches", default=""),
    click.option("--exclude", metavar="QUERY", type=QueryText(), help="Leave out what matches."),
    click.option(
        "--prefer",
        "preferred",
        metavar="QUERY",
        type=QueryText(),
        help="Rather take what matches, if it goes as well.",
    ),
    click.option("--avoid", "avoided", metavar="QUERY", type=QueryText(), help="Rather not take what matches."),
]


def _choosing(function: F) -> F:
    """Add what the new tracks are chosen by."""
    return functools.reduce(lambda decorated, option: option(decorated), reversed(_chosen_from), function)


_harmonic = click.option(
    "--harmonic",
    type=click.Choice(["strict", "flexible", "creative", "off"]),
    help="Key steps (default: the list's own, else flexible).",
)
_SHORT_EPILOG = (
    "4 none of its tracks is in the library, no such list, or fewer tracks than wanted were found (the list is given "
    "all the same)."
)


@click.command(
    "refresh",
    cls=Map4Command,
    epilog="Exit codes: 0 done, 1 could not read or write a list, 2 wrong usage, " + _SHORT_EPILOG,
)
@click.argument("source", metavar="LIST")
@policy_option
@_harmonic
@_choosing
@list_target_options
@reading_list_options
@reading_options()
def refresh(
    source: str,
    policy: TempoPolicy | None,
    harmonic: HarmonicRule | None,
    query: str,
    exclude: str | None,
    preferred: str | None,
    avoided: str | None,
    target: PlaylistTarget,
    reading: PlaylistReading,
    output: Output,
) -> None:
    """Keep what still fits of a list, and replace the rest.

    A track stays if it is in the library and there, and if its steps of tempo and key keep to the limits. The others
    are replaced by tracks that lead from what stays before them to what stays after. The list itself stays as it is:
    write the new one with -o or --save.

    \b
    map4 playlist refresh friday.m3u8 -o friday-new.m3u8
    map4 playlist refresh Friday --save Friday
    map4 playlist refresh crate.m3u8 --query 'genre:house added:-1y'
    map4 playlist refresh Friday --prefer rating:4.. --avoid played:-2w
    """
    session = current_session()
    target.check(output)
    with session.open_library(create=False) as library:
        resolved = reading.read(library.lists, source)
        made = library.lists.refresh(
            resolved,
            policy=policy,
            harmonic=harmonic,
            query=query,
            exclude=exclude,
            preferred=preferred,
            avoided=avoided,
        )
        _tell_replaced(session, made)
        give(session, library.lists, made, target, output)
    _tell_grown(session, made)


def _tell_replaced(session: Session, made: PlaylistDraft) -> None:
    from map4.cli.views.list_check import label_of

    for one in made.replaced:
        by = "nothing found for it" if one.track is None else f"now {label_of(one.track)}"
        session.say(f"{one.entry.entry.position}: {one.entry.entry.label()} {one.why}: {by}")


@click.command(
    "fill",
    cls=Map4Command,
    epilog="Exit codes: 0 done, 1 could not read or write a list, 2 wrong usage, 3 done but some entries were not "
    "found, " + _SHORT_EPILOG,
)
@click.argument("source", metavar="LIST")
@click.option("-n", "--count", "n", type=click.IntRange(min=1), metavar="N", help="Tracks of the whole list.")
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), metavar="M", help="So long, instead of -n.")
@policy_option
@_harmonic
@click.option("--curve", metavar="NAME|POINTS", help="Energy of the new tracks, as in 'map4 playlist'.")
@click.option("--artist-gap", metavar="N|TIME", help="Picks or time (60m) between two of an artist (default 4).")
@_choosing
@click.option("--vary", type=click.IntRange(min=0), metavar="N", help="Other tracks for each N.")
@list_target_options
@reading_list_options
@reading_options()
def fill(
    source: str,
    query: str,
    exclude: str | None,
    preferred: str | None,
    avoided: str | None,
    target: PlaylistTarget,
    reading: PlaylistReading,
    output: Output,
    **wishes: Any,
) -> None:
    """Go on with a list until it has N tracks; what is there stays as it is.

    The new tracks set out from the last one of LIST and sound like it, as in 'map4 playlist --seed'.

    \b
    map4 playlist fill warm-up.m3u8 -n 50 -o night.m3u8
    map4 playlist fill Friday --minutes 120 --curve ascending --save Friday
    """
    session = current_session()
    target.check(output)
    if (wishes["n"] is None) == (wishes["minutes"] is None):
        raise click.UsageError("Say how long the list shall be: -n 50, or --minutes 90.")
    with session.open_library(create=False) as library:
        resolved = reading.read(library.lists, source)
        left = tell_unmatched(session, resolved)
        made = library.lists.fill(
            resolved,
            query=query,
            exclude=exclude,
            preferred=preferred,
            avoided=avoided,
            **wishes,
        )
        give(session, library.lists, made, target, output)
    _tell_grown(session, made)
    if left:
        sys.exit(EXIT_FINDINGS)


def _tracks(count: int) -> str:
    return "1 track" if count == 1 else f"{count:,} tracks"


def _tell_grown(session: Session, made: PlaylistDraft) -> None:
    count, before = len(made.content.tracks), len(made.sources[0].found)
    mixes = "" if made.after is None else f"; transitions {made.after:.2f}"
    session.say(f"{_tracks(count)}, {count - before:+,}{mixes}")
    if made.missing:
        raise NothingFoundError(
            f"{_tracks(made.missing)} fewer than wanted: nothing else in the library fits; loosen --policy, --harmonic "
            "or --query, or scan more music"
        )
