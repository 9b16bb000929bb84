"""`map4 compare`."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Session
from map4.cli.track_output import Output, TrackWriter
from map4.cli.track_selection import Selection
from map4.core.base.call_options import WorkerOptions
from map4.core.base.paths import absolute_path
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.query.context import nothing_found
from map4.errors import FileError, NothingFoundError

if TYPE_CHECKING:
    from map4.compare.use import Comparison
    from map4.core.music.analysis.key import Notation
    from map4.core.music.track.track import Track
    from map4.library import Library


@Map4Command.of(
    (FileError, "some files could not be analysed"), (NothingFoundError, "fewer than two tracks"), Exit.INTERRUPTED
)
@Selection.options
@CallOption.of(WorkerOptions)
@click.option("--figures", is_flag=True, help="Draw the HAMMS radar of up to six tracks, and the best order over time.")
@click.option(
    "--hamms", "with_hamms", is_flag=True, help="Also show the twelve HAMMS numbers of two tracks (as -v does)."
)
@click.option("--truth", metavar="TABLE", help="Score measured tempi and keys against a table of published ones.")
@CallOption.notation
@Output.options()
def command(
    selection: Selection,
    figures: bool,
    with_hamms: bool,
    truth: str | None,
    notation: Notation,
    output: Output,
    options: WorkerOptions,
) -> None:
    """Compare tracks, and find the order in which they mix best.

    For two tracks, shows how well they mix (tempo, key, energy) and how similar they are (HAMMS: twelve numbers from 0
    to 1, such as tempo, energy, brightness). For three to a hundred, shows the best order with each transition, the
    energy, and for each pair how well it mixes and how similar it is. A FILE may be a folder or a playlist. Files that
    are not in the library are analysed but not stored. 'map4 doctor --second-opinion' compares values with librosa's.

    \b
    map4 compare one.mp3 two.mp3
    map4 compare 'velvet undertow' 'four doors down'
    map4 compare tonight.m3u8
    map4 compare --query 'genre:house bpm:120..126 limit:20'
    map4 compare --figures one.mp3 two.mp3 three.mp3
    map4 compare --json *.flac | jq .pairs
    map4 compare --paths *.flac > in-best-order.m3u8
    map4 compare --truth giantsteps.csv

    TABLE has the columns file, or artist and title; bpm or key; genre. --json prints everything; --jsonl, --csv,
    --paths and --format print the tracks in their best order.
    """
    session = Session.current()
    if truth is not None:
        _score(session, Path(absolute_path(truth)), output, has_no_files=selection.is_empty)
        return
    if selection.is_empty:
        raise click.UsageError("Name two FILEs or more, or a --query: map4 compare one.mp3 two.mp3")
    if (figures or with_hamms) and output.format is not None:
        flag = "--figures draws" if figures else "--hamms is"
        raise click.UsageError(f"{flag} for a terminal; leave it out with --json, --csv and the like.")
    # A query needs an existing library; files don't.
    is_query = selection.query is not None
    with session.open_library(create=not is_query, temporary=not is_query) as library:
        chosen = _chosen(session, selection, library)
        count = itertools.count(1)
        with session.status("reading tracks") as show:
            comparison = library.compare(chosen, options, on_track=lambda track: show(f"{next(count)} done"))
        if figures:
            comparison = replace(
                comparison, tracks=tuple(library.lists.detailed(Tracklist(tracks=comparison.tracks)).tracks)
            )
    _write(session, comparison, output, notation, with_figures=figures, with_hamms=with_hamms or session.verbosity > 0)
    session.warn_of_failures(comparison.failed)
    if comparison.failed:
        sys.exit(FileError.exit_code)


def _score(session: Session, table: Path, output: Output, *, has_no_files: bool) -> None:
    if not has_no_files or output.format not in (None, "json"):
        raise click.UsageError(
            "--truth compares the whole library: leave out FILE, --query and output options but --json."
        )
    with session.open_library(create=False) as library:
        comparison = library.compare_truth(table)
    if not output.write(comparison):
        from map4.compare.views import truth_view

        session.out.print(truth_view(comparison))


def _chosen(session: Session, selection: Selection, library: Library) -> Iterable[str | Track]:
    """The files; with a query, the matching files, or matches of the library."""
    if selection.query is None:
        return Selection.named_paths(session, library, selection.files)
    picked = selection.pick(session, library)
    Selection.warn_of_unknown_files(session, picked.unknown)
    if len(picked.tracks) < 2:
        matches = "only one track matches" if picked.tracks else nothing_found(selection.query)
        raise NothingFoundError(f"{matches}; two are needed to compare ('map4 search' shows what a query finds)")
    return tuple(picked.tracks)


def _write(
    session: Session,
    comparison: Comparison,
    output: Output,
    notation: Notation,
    *,
    with_figures: bool,
    with_hamms: bool,
) -> None:
    if output.format == "json":
        Session.write_json(comparison.to_record())
    elif output.format is not None:
        in_order = (comparison.tracks[place] for place in comparison.order)
        TrackWriter(session, output, notation=notation).write_all(in_order)
    else:
        from map4.compare.views import comparison_view

        view = comparison_view(
            comparison, notation=notation, width=session.out.width, with_figures=with_figures, with_hamms=with_hamms
        )
        session.out.print(view)
