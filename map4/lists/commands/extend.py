"""`map4 playlist fill`: add and replace tracks."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from map4.cli.exits import EXIT_FINDINGS
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Session
from map4.core.base.call_options import declared_options
from map4.core.base.text import counted
from map4.errors import NothingFoundError
from map4.lists.commands.completion import curve_names
from map4.lists.commands.list_options import (
    BAD_LIST,
    MISSING_ENTRIES,
    NO_LIST,
    NOT_MATCHED,
    TOO_FEW_TRACKS,
    PlaylistRun,
    list_argument,
    playlist_run_options,
)
from map4.lists.options import FillOptions, RefreshOptions

if TYPE_CHECKING:
    from map4.lists.draft import PlaylistDraft
    from map4.lists.playlists import Playlists
    from map4.search import ResolvedPlaylist


# The list continues as it began; the options of 'map4 playlist' that choose its start don't apply.
_NOT_OF_FILL = (
    "preset", "as_mix", "absolute_energy", "tolerance", "min_sound", "album_gap", "with_seed", "plan", "max_candidates",
)  # fmt: skip


@Map4Command.of(BAD_LIST, MISSING_ENTRIES, NOT_MATCHED, NO_LIST, TOO_FEW_TRACKS, folded=("Limits",))
@list_argument
@CallOption.of(FillOptions, without=_NOT_OF_FILL, complete={"curve": CallOption.completing(curve_names)})
@click.option("--refresh", is_flag=True, help="Replace the tracks that no longer fit, and add none.")
@playlist_run_options
def fill(source: str, run: PlaylistRun, options: FillOptions, refresh: bool) -> None:
    """Add tracks to a list until it has N, or replace those that no longer fit.

    The new tracks follow the last track of LIST and sound like it, as in 'map4 playlist --seed'.

    With --refresh, a track stays if its file exists and its steps keep the limits that the list was made with, or
    those of --policy and --harmonic. The others are replaced by tracks that lead to the next one.

    \b
    map4 playlist fill warm-up.m3u8 -n 50 -o night.m3u8
    map4 playlist fill Friday --minutes 120 --curve ascending --save Saturday
    map4 playlist fill Friday --refresh --save Friday --force
    """
    if refresh:
        _refresh(source, run, options)
        return
    if (options.n is None) == (options.minutes is None):
        raise click.UsageError("Give the length of the list: -n 50, or --minutes 90; or replace tracks with --refresh.")
    draft, left = run.make(lambda lists, resolved: lists.fill(resolved[0], options), source)
    looser = {"--query": options.query, "all limits with --relax": not options.relax}
    loosened = [option for option, helps in looser.items() if helps]
    _report_grown(draft, run, loosened, about="about " if options.n is None else "")
    if left:
        sys.exit(EXIT_FINDINGS)


def _refresh(source: str, run: PlaylistRun, options: FillOptions) -> None:

    kept = declared_options(RefreshOptions)
    if CallOption.given() & (declared_options(FillOptions).keys() - kept.keys()):
        raise click.UsageError("--refresh keeps the length of the list; of its options it takes --policy, --harmonic "
                               "and those that choose tracks: --query, --exclude, --prefer, --avoid.")  # fmt: skip
    wanted = RefreshOptions(**{name: getattr(options, name) for name in kept})

    def refreshed(lists: Playlists, resolved: Sequence[ResolvedPlaylist]) -> PlaylistDraft:
        draft = lists.refresh(resolved[0], wanted)
        for replaced in draft.replaced:
            by = "no replacement" if replaced.track is None else f"now {replaced.track.caption()}"
            label = f"{replaced.entry.entry.position}: {replaced.entry.entry.label()}"
            Session.current().info(f"{label} {replaced.why}: {by}")
        return draft

    draft, _ = run.make(refreshed, source, report=False)
    _report_grown(draft, run, ["--policy, --harmonic or --query"])


def _report_grown(draft: PlaylistDraft, run: PlaylistRun, loosened: Sequence[str], *, about: str = "") -> None:
    from map4.lists.views.playlist import quality_line

    before = {track.path for track in draft.sources[0].tracks()}
    new = sum(track.path not in before for track in draft.content.tracks)
    mean = draft.content.compatibility
    mixes = "" if mean is None else f"; mean mix {mean:.2f}; {quality_line(draft.content)}"
    Session.current().info(f"{counted(len(draft.content.tracks), 'track')}, {new:,} of them new{mixes}")
    run.report_unsaved()
    if draft.missing:
        raise NothingFoundError(
            f"{about}{counted(draft.missing, 'track')} fewer than requested: nothing else in the library fits; "
            + (f"loosen {', or '.join(loosened)}, or scan more music" if loosened else "scan more music")
        )
