"""`map4 mixed`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from map4.cli import progress
from map4.cli.call_options import options_of
from map4.cli.exits import INTERRUPTED
from map4.cli.options import json_option_of, query_option
from map4.cli.output import print_json
from map4.cli.session import Map4Command, current_session
from map4.cli.value_types import PathArgument, WholeNumber
from map4.errors import FileError, Map4Error, NothingFoundError
from map4.extras.list_mixes.options import ListMixOptions
from map4.lists.commands.completion import complete_lists

if TYPE_CHECKING:
    from map4.extras.list_mixes.part import Listed


@Map4Command.of(
    (Map4Error, "the file can't be written"), (FileError, "written, but some tracks of the list are left out"),
    (NothingFoundError, "no such list, or none of its tracks can be played"), INTERRUPTED,
    headings={"The file": "--output --bitrate --force", "What goes in": "--query"},
)  # fmt: skip
@click.argument("source", metavar="[LIST]", required=False, type=PathArgument(), shell_complete=complete_lists)
@query_option("The tracks that match, in the order of 'sort:', instead of a list")
@options_of(ListMixOptions)
@click.option(
    "-o", "--output", metavar="FILE", type=PathArgument(),
    help="Write to FILE: mp3, flac, wav, opus, m4a; or liq, the plan for Liquidsoap.",
)  # fmt: skip
@click.option(
    "--bitrate", type=WholeNumber(1), metavar="KBPS", help="Bit rate (default: mp3 and m4a 256, opus 128 kbit/s)."
)
@click.option("--force", is_flag=True, help="Replace existing files; never music of the library.")
@click.option("--plan", "is_plan", is_flag=True, help="Only show the plan (default without -o).")
@json_option_of("Print the plan (map4/mixed/1), or the result, as JSON.")
def command(
    source: str | None,
    query: str | None,
    options: ListMixOptions,
    output: str | None,
    bitrate: int | None,
    force: bool,
    is_plan: bool,
) -> None:
    """Play a list as a mix: plan it, or write it to a file.

    LIST is a stored list, live or not, or a list file. Tracks stay in its order and are joined as planned: in time over
    some bars, with the bass swapped, if their beats are known and within mix.pitch_range; else by a six-second fade.
    Joints that the list has are used. After a joint, a track returns to its own tempo within 16 bars.

    All tracks play at one loudness, at most -14 LUFS, without a limiter. Beside the file, a CUE sheet and a track list
    with times are written. Missing and damaged tracks are left out and named.

    \b
    map4 mixed Friday                            the plan
    map4 mixed Friday -o friday.mp3
    map4 mixed Run --tempo 170 --minutes 45 -o run.m4a
    map4 mixed --query 'genre:house sort:bpm' --joint 8bars -o house.flac
    map4 mixed Friday --json | jq '.joints[].why'
    """
    if (source is None) == (query is None):
        raise click.UsageError("Name a list, or give --query: map4 mixed Friday -o friday.mp3")
    if output is None and (bitrate is not None or force):
        raise click.UsageError("--bitrate and --force need a file; name it with -o.")
    from map4.extras.list_mixes.part import ListMixes

    session = current_session()
    with session.open_library(create=False) as library:
        sets = library.part(ListMixes)
        if output is not None:
            sets.actor.require("own")
        listed: Listed = source if source is not None else sets.tracks(query or "")
        with progress.status(session, "planning"):
            planned = sets.plan(listed, options)
        written = None
        if output is not None and not is_plan:
            sets.check_write(planned, output, kbps=bitrate, force=force)
            with (
                progress.reporting_stop(session, lambda: "no file is written"),
                progress.bar(session, "mixing", total=round(planned.lasts_s)) as show,
            ):
                written = sets.write(
                    planned, output, kbps=bitrate, force=force, on_progress=lambda done_s: show(completed=round(done_s))
                )
    if not print_json((planned if written is None else written).document()) and written is None:
        from map4.extras.list_mixes.views import set_lines, set_view

        session.out.print(set_view(planned))
        for line in set_lines(planned):
            session.info(line)
    if written is not None:
        from map4.extras.list_mixes.views import written_lines

        for line in written_lines(written):
            session.info(line)
        session.info(planned.length_text)
        for left in planned.left_out:
            session.warn(f"map4: left out: {left.name}: {left.why}")
        if planned.left_out or written.gaps:
            raise SystemExit(FileError.exit_code)
