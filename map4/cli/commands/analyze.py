"""`map4 analyze`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from map4.cli.options import Map4Command, Seconds, current_session, file_list_options, listed_paths
from map4.cli.output import failure_line, write_json
from map4.cli.track_output import Output, TrackWriter, key_notation_option, reading_options
from map4.errors import FileError, NothingFoundError

if TYPE_CHECKING:
    from map4.domain.key import Notation
    from map4.domain.track import Track


@click.command(
    cls=Map4Command,
    epilog="Exit codes: 0 done, 2 wrong usage, 3 some files could not be analysed, 4 no audio files found, "
    "130 interrupted.",
)
@click.argument("files", nargs=-1, type=click.Path(path_type=str), metavar="FILE...")
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="Worker processes (default: usable cores).")
@click.option("--force", is_flag=True, help="Analyse again what is known.")
@click.option("--no-store", is_flag=True, help="Don't keep the results in the library.")
@click.option("--beats", is_flag=True, help="Give the beat times too.")
@click.option("--timeout", type=Seconds(), metavar="S", help="Seconds a file may take.")
@file_list_options
@key_notation_option
@reading_options()
def command(
    files: tuple[str, ...],
    jobs: int | None,
    force: bool,
    no_store: bool,
    beats: bool,
    timeout: float | None,
    files_from: str | None,
    files_from0: str | None,
    key_notation: Notation | None,
    output: Output,
) -> None:
    """Analyse single files and show them in full.

    The results are kept in the library as a scan's are, and what is known is not computed again. A FILE is tried
    whatever its suffix. --json gives the track itself for one FILE, and a map4/tracks/1 document for several.

    \b
    map4 analyze track.mp3
    map4 analyze --json --beats track.mp3 | jq .tempo
    map4 analyze --csv *.flac > tracks.csv
    """
    session = current_session()
    chosen = [*files, *listed_paths(files_from, files_from0)]
    if not chosen:
        raise click.UsageError("Name a FILE to analyse: map4 analyze track.mp3")
    notation: Notation = key_notation or session.config["output.key_notation"]
    writer = TrackWriter(session, output, notation=notation, beats=beats)
    tracks: list[Track] = []
    with session.open_library(create=True, temporary=no_store) as library:
        for track in library.analyze_events(
            chosen,
            jobs=jobs or session.config["scan.jobs"],
            force=force,
            store=not no_store,
            timeout_s=timeout or session.config["scan.timeout"],
            beats=beats,
        ):
            if output.form == "jsonl":
                writer.write(track)
            tracks.append(track)
    tracks = in_order(tracks, chosen)
    if output.form is None:
        from map4.cli.views.track_panel import track_panel

        for track in tracks:
            if track.failure is None:
                session.out.print(track_panel(track, notation=notation, width=session.out.width))
    elif output.form == "json" and len(chosen) == len(tracks) == 1:
        write_json(tracks[0].to_record(beats=beats))
    elif output.form != "jsonl":
        writer.write_all(tracks)
    failed = [track for track in tracks if track.failure is not None]
    for track in failed:
        assert track.failure is not None
        session.tell(failure_line(track.path, track.failure))
    if failed:
        sys.exit(FileError.exit_code)
    if not tracks:
        raise NothingFoundError("no audio files found there")


def in_order(tracks: list[Track], chosen: list[str]) -> list[Track]:
    """Tracks as they were asked for; those of a folder in the order of their paths."""
    from map4.library import absolute_path

    asked: dict[str, int] = {}
    for index, path in enumerate(chosen):
        asked.setdefault(absolute_path(path), index)

    def place(track: Track) -> tuple[int, str]:
        """The first argument that names the track or a folder around it."""
        first, path, parent = len(chosen), "", track.path
        while parent != path:
            path, parent = parent, os.path.dirname(parent)
            first = min(first, asked.get(path, first))
        return first, track.path

    return sorted(tracks, key=place)
