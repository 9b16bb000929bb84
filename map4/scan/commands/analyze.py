"""`map4 analyze`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

import click

from map4 import exports
from map4.cli.added import AddedToCommand
from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Session
from map4.cli.track_output import Output, TrackWriter
from map4.cli.track_selection import Selection
from map4.core.base.paths import display_paths
from map4.errors import FileError, NothingFoundError
from map4.library import hookspecs
from map4.scan.options import AnalyzeOptions

if TYPE_CHECKING:
    from rich.console import RenderableType

    from map4.core.music.analysis.key import Notation
    from map4.core.music.track.track import Track
    from map4.library import Library


class AddedToTracks(Protocol):
    """Data of analysed tracks, which an option adds.

    flag: the option
    """

    flag: str

    def complete(self, library: Library, tracks: Sequence[Track], options: AnalyzeOptions) -> tuple[list[Track], int]:
        """The tracks with the data, which is stored, and the number of failed files."""

    def view(self, track: Track) -> RenderableType:
        """The data of a track."""


_ADDED: AddedToCommand = next(hookspecs.added_to["analyze"](), AddedToCommand(endings=()))


@Map4Command.of(
    (FileError, "some files could not be analysed"), (NothingFoundError, "no such audio files or track"),
    Exit.INTERRUPTED, headings={"What is analysed": "--files-from"},
)  # fmt: skip
@click.option("--cues", "with_cues", is_flag=True, help="Show the cue points, imported and detected, with reasons.")
@click.option("--hamms", "with_hamms", is_flag=True, help="Show the twelve HAMMS numbers too (also -v).")
@CallOption.files("FILE...")
@CallOption.of(AnalyzeOptions)
@_ADDED.options
@CallOption.notation
@Output.options()
def command(
    files: tuple[str, ...],
    with_cues: bool,
    with_hamms: bool,
    notation: Notation,
    output: Output,
    options: AnalyzeOptions,
    added: AddedToTracks | None = None,
) -> None:
    """Analyse single files and show them in full.

    Results are stored in the library, as by a scan. Known files are shown without a new analysis. A FILE may have any
    suffix. HAMMS are twelve numbers from 0 to 1 (tempo, key, energy, brightness ...), which 'map4 compare' and 'map4
    similar --by hamms' compare; --hamms shows them.

    --json prints the track itself for one FILE, and a map4/tracks/1 document for several.

    \b
    map4 analyze track.mp3
    map4 analyze 'velvet undertow'         a track of the library, by its name
    map4 analyze --cues track.mp3          where to mix in and out
    map4 analyze --json --beats track.mp3 | jq .tempo
    map4 analyze --csv *.flac > tracks.csv
    """
    if not files:
        raise click.UsageError("Name a FILE to analyse: map4 analyze track.mp3")
    _require_effect(output, options, added, with_cues=with_cues, with_hamms=with_hamms)
    from map4.scan.scan import in_order
    from map4.scan.walk import any_there

    beats = options.beats
    # The panel draws them, and they give the bars of cue points.
    options = replace(options, beats=beats or with_cues or output.format is None)
    session = Session.current()
    writer = TrackWriter(session, output, notation=notation, beats=beats, cues=with_cues)
    tracks: list[Track] = []
    is_streamed = output.format == "jsonl" and added is None
    with session.open_library(create=True, temporary=not options.store or not any_there(files)) as library:
        files = Selection.named_paths(session, library, files)
        for track in library.analyze_events(files, options):
            if is_streamed:
                writer.write(track)
            tracks.append(track)
        tracks, failed = in_order(tracks, files), 0
        if added is not None:
            tracks, failed = added.complete(library, tracks, options)
    if output.format is None:
        from map4.cli.views.cue_table import cue_table
        from map4.cli.views.track_panel import track_panel
        from map4.exports.views import draw

        has_hamms, width = with_hamms or session.verbosity > 0, session.out.width
        for track in tracks:
            if track.failure is None:
                draw(session, partial(exports.course_of, track, notation))
                session.out.print(track_panel(track, notation=notation, width=width, with_hamms=has_hamms))
                if with_cues:
                    session.out.print(cue_table(track))
                if added is not None:
                    session.out.print(added.view(track))
    elif output.format == "json" and len(files) == len(tracks) == 1:
        Session.write_json(tracks[0].to_record(beats=beats, cues=with_cues))
    elif not is_streamed:
        writer.write_all(tracks)
    session.warn_of_failures(tracks)
    failures = [track.failure for track in tracks if track.failure is not None]
    if failures:
        is_none_there = len(failures) == len(tracks) and all(failure.kind == "vanished" for failure in failures)
        sys.exit((NothingFoundError if is_none_there else FileError).exit_code)
    if failed:
        sys.exit(FileError.exit_code)
    if not tracks:
        raise NothingFoundError(f"no audio files found in {display_paths(files)}")


def _require_effect(
    output: Output, options: AnalyzeOptions, added: AddedToTracks | None, *, with_cues: bool, with_hamms: bool
) -> None:
    """Refuse options that the output, or another option, ignores."""
    for flag, is_given, places in (
        ("--beats", options.beats, {"json": "--json", "jsonl": "--jsonl"}),
        ("--cues", with_cues, {None: "a terminal", "json": "--json", "jsonl": "--jsonl"}),
        ("--hamms", with_hamms, {None: "a terminal"}),
    ):
        if is_given and output.format not in places:
            raise click.UsageError(f"{flag} has an effect only on {' and '.join(places.values())}; leave it out.")
    if added is not None and not options.store:
        raise click.UsageError(f"{added.flag} stores its results; leave out --no-store.")
