"""`map4 compare`."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from map4.cli.options import Map4Command, Seconds, Session, current_session, file_list_options, listed_paths
from map4.cli.output import failure_line, write_json
from map4.errors import FileError


@click.command(
    cls=Map4Command,
    epilog="Exit codes: 0 done, 2 wrong usage, 3 some files could not be analysed, 4 fewer than two could, "
    "130 interrupted.",
)
@click.argument("files", nargs=-1, type=click.Path(path_type=str), metavar="FILE FILE...")
@file_list_options
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="Worker processes (default: usable cores).")
@click.option("--timeout", type=Seconds(), metavar="S", help="Seconds a file may take.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    files: tuple[str, ...],
    files_from: str | None,
    files_from0: str | None,
    jobs: int | None,
    timeout: float | None,
    as_json: bool,
) -> None:
    """Compare tracks, and find the order in which they mix best.

    Two FILEs are shown side by side. Of three to a hundred you see how well each pair mixes (tempo, key, energy) and
    how alike it is (HAMMS), the best order with the quality and type of each transition, and where the energy goes.
    A FILE may be a folder or an .m3u playlist. What the library does not know is analysed for this answer, not kept.

    \b
    map4 compare one.mp3 two.mp3
    map4 compare tonight.m3u8
    map4 compare --json *.flac | jq .order.tracks
    """
    session = current_session()
    chosen = [*files, *listed_paths(files_from, files_from0)]
    if not chosen:
        raise click.UsageError("Name two FILEs or more: map4 compare one.mp3 two.mp3")
    with session.open_library(create=True, temporary=True) as library, _progress(session) as show:
        found = library.compare(
            chosen,
            jobs=jobs or session.config["scan.jobs"],
            timeout_s=timeout or session.config["scan.timeout"],
            prefer=session.config["analysis.prefer"],
            on_track=show,
        )
    if as_json:
        write_json(found.to_record())
    else:
        from map4.cli.comparison_view import comparison_view

        session.out.print(
            comparison_view(found, notation=session.config["output.key_notation"], width=session.out.width)
        )
    for track in found.failed:
        assert track.failure is not None
        session.tell(failure_line(track.path, track.failure))
    if found.failed:
        sys.exit(FileError.exit_code)


@contextmanager
def _progress(session: Session) -> Iterator[Callable[[object], None]]:
    """Say on a terminal that something is going on; gives a function to call after each track."""
    if session.is_quiet or not sys.stderr.isatty() or session.err.is_dumb_terminal:
        yield lambda track: None
        return
    done = itertools.count(1)
    with session.err.status("reading tracks") as status:
        yield lambda track: status.update(f"reading tracks: {next(done)} done")
