"""`map4 playlist refresh|fill`: lists that grow."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack

import click

from map4.cli.commands.playlist.list_options import (
    EXIT_FINDINGS,
    PlaylistRun,
    curve_option,
    harmonic_option,
    list_argument,
    playlist_run_options,
    policy_option,
    relax_option,
)
from map4.cli.options import F, apply, avoid_option, exclude_option, prefer_option, query_option
from map4.cli.output import counted
from map4.cli.session import Map4Command, current_session
from map4.cli.value_types import Number, WholeNumber
from map4.errors import NothingFoundError

if TYPE_CHECKING:
    from map4.app.playlists.draft import PlaylistDraft
    from map4.app.playlists.extend import FillKeywords, RefreshKeywords
    from map4.app.playlists.playlists import Playlists
    from map4.selection.matching.resolved_playlist import ResolvedPlaylist

_SHORT_EPILOG = (
    "4 none of its tracks is in the library, no such list, or fewer tracks than wanted were found (the list is given "
    "all the same)."
)


def _choosing(function: F) -> F:
    """Add what the new tracks are chosen by."""
    query = query_option("Choose from what matches", default="")
    decorated: F = apply(function, query, exclude_option, prefer_option, avoid_option)
    return decorated


@click.command(
    "refresh",
    cls=Map4Command,
    epilog="Exit codes: 0 done, 1 could not read or write a list, 2 wrong usage, " + _SHORT_EPILOG,
)
@list_argument
@policy_option
@harmonic_option
@_choosing
@playlist_run_options
def refresh(source: str, run: PlaylistRun, **options: Unpack[RefreshKeywords]) -> None:
    """Keep what still fits of a list, and replace the rest.

    A track stays if it is in the library and there, and if its steps of tempo and key keep the limits that the list
    was made with. Where the list itself loosened a limit, the track stays too, unless --policy or --harmonic is given.
    The others are replaced by tracks that lead from what stays before them to what stays after. The list itself stays
    as it is: write the new one with -o or --save.

    \b
    map4 playlist refresh friday.m3u8 -o friday-new.m3u8
    map4 playlist refresh Friday --save Friday --force
    map4 playlist refresh crate.m3u8 --query 'genre:house added:-1y'
    map4 playlist refresh Friday --prefer rating:4.. --avoid played:-2w
    """

    def refreshed(lists: Playlists, resolved: Sequence[ResolvedPlaylist]) -> PlaylistDraft:
        made = lists.refresh(resolved[0], **options)
        _tell_replaced(made)
        return made

    made, _ = run.make(refreshed, source, told=False)
    _tell_grown(made, run, ["--policy, --harmonic or --query"])


@click.command(
    "fill",
    cls=Map4Command,
    epilog="Exit codes: 0 done, 1 could not read or write a list, 2 wrong usage, 3 done but some entries were not "
    "found, " + _SHORT_EPILOG,
)
@list_argument
@click.option("-n", "--count", "n", type=WholeNumber(min=1), metavar="N", help="Tracks of the whole list.")
@click.option("--minutes", type=Number(min=0, min_open=True), metavar="M", help="How many minutes, instead of -n.")
@policy_option
@harmonic_option
@curve_option("Energy of the new tracks")
@click.option("--artist-gap", metavar="N|TIME", help="Tracks, or time (60m), between two of an artist (default 4).")
@relax_option
@_choosing
@click.option("--vary", type=WholeNumber(min=0), metavar="N", help="Other tracks for each number N.")
@playlist_run_options
def fill(source: str, run: PlaylistRun, **options: Unpack[FillKeywords]) -> None:
    """Add tracks to a list until it has N; those in it stay as they are.

    The new tracks follow the last one of LIST and sound like it, as in 'map4 playlist --seed'.

    \b
    map4 playlist fill warm-up.m3u8 -n 50 -o night.m3u8
    map4 playlist fill Friday --minutes 120 --curve ascending --save Saturday
    """
    if (options["n"] is None) == (options["minutes"] is None):
        raise click.UsageError("Say how long the list shall be: -n 50, or --minutes 90.")
    made, left = run.make(lambda lists, resolved: lists.fill(resolved[0], **options), source)
    loosened = ["--query"] * bool(options.get("query")) + ["all limits with --relax"] * (not options.get("relax"))
    _tell_grown(made, run, loosened, about="about " if options["n"] is None else "")
    if left:
        sys.exit(EXIT_FINDINGS)


def _tell_replaced(made: PlaylistDraft) -> None:
    from map4.cli.views.track_table import track_name

    for one in made.replaced:
        by = "nothing found for it" if one.track is None else f"now {track_name(one.track)}"
        current_session().say(f"{one.entry.entry.position}: {one.entry.entry.label()} {one.why}: {by}")


def _tell_grown(made: PlaylistDraft, run: PlaylistRun, loosened: Sequence[str], *, about: str = "") -> None:
    before = {track.path for track in made.sources[0].tracks()}
    new = sum(track.path not in before for track in made.content.tracks)
    mixes = "" if made.after is None else f"; mean mix {made.after:.2f}"
    current_session().say(f"{counted(len(made.content.tracks), 'track')}, {new:,} of them new{mixes}")
    run.tell_unsaved()
    if made.missing:
        raise NothingFoundError(
            f"{about}{counted(made.missing, 'track')} fewer than wanted: nothing else in the library fits; "
            + (f"loosen {', or '.join(loosened)}, or scan more music" if loosened else "scan more music")
        )
