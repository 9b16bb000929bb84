"""`map4 watch`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from map4.app.scan.options import WatchOptions
from map4.cli import progress
from map4.cli.call_options import options_of
from map4.cli.commands.scan import is_drawn_beside, say_of_file, show_progress
from map4.cli.output import counted, write_json_line
from map4.cli.session import Map4Command, Session, current_session
from map4.cli.value_types import PathArgument

if TYPE_CHECKING:
    from map4.app.scan.watch import Settled, WatchEvent


@click.command(
    cls=Map4Command,
    epilog="Exit codes: 0 never, since it runs until it is ended: by Ctrl-C with 130, by SIGTERM with 143, with its "
    "terminal with 129; everything finished is kept. 1 could not write the library, 2 wrong usage, or a PATH is not "
    "there, 75 another watch of this library runs, 141 nobody reads its output any more. A file that can't be analysed "
    "is named, and ends nothing.",
)
@click.argument("paths", nargs=-1, type=PathArgument(), metavar="[PATH]...")
@options_of(WatchOptions)
@click.option("--jsonl", "as_lines", is_flag=True, help="Print every change as a line of JSON.")
def command(paths: tuple[str, ...], options: WatchOptions, as_lines: bool) -> None:
    """Scan folders, then follow what changes in them.

    A PATH is a folder; without one, the folders scanned before are watched. They are scanned once; after that a file
    that is new, changed, moved or gone is taken as soon as it has been still for two seconds. It runs until it is
    ended. Other scans of the library can run beside it. Folders that go, as those of a drive that is unplugged, are
    watched again when they return.

    \b
    map4 watch
    map4 watch ~/Music ~/Downloads
    map4 watch --poll 60 /mnt/nas/Music
    map4 watch --jsonl | jq --unbuffered -r '.path, .change'
    """
    from map4.app.scan.scanner import any_there

    session = current_session()
    # A typo makes no library.
    with session.open_library(create=True, temporary=not any_there(paths)) as library:
        try:
            _follow(session, library.watch(paths, options), as_lines=as_lines)
        except BaseException as error:
            if not isinstance(error, Exception):  # Ctrl-C, SIGTERM
                session.say("map4: watch ended; everything finished is kept.")
            raise


def _follow(session: Session, events: Iterator[WatchEvent], *, as_lines: bool) -> None:
    """Show a watch as it goes on, for ever."""
    from map4.app.scan.events import FileDone, ScanStarted, ScanTally
    from map4.app.scan.watch import Settled, WatchNotice

    show: progress.Show = _nothing
    tally, started = ScanTally(), 0.0
    with ExitStack() as bars:
        for event in events:
            if isinstance(event, WatchNotice):
                session.say(f"map4: {event.message}")
                if as_lines:
                    write_json_line(event.to_record())
                continue
            if isinstance(event, Settled):
                bars.close()
                show = _nothing
                session.say(_sentence(event))
                if as_lines:
                    write_json_line(event.summary.to_record())
                continue
            if isinstance(event, ScanStarted):
                bars.close()
                tally, show, started = ScanTally(), _nothing, time.monotonic()
                if event.to_do:
                    is_wanted = is_drawn_beside(as_lines=as_lines)
                    bar = progress.bar(session, "analysing", is_wanted=is_wanted, named=True)
                    show = bars.enter_context(bar)
            tally.add(event)
            if isinstance(event, FileDone):
                say_of_file(session, event)
                if as_lines:
                    write_json_line(event.to_record())
            show_progress(show, tally, event, started)


def _nothing(**changes: object) -> None:
    """No bar is drawn."""


def _sentence(settled: Settled) -> str:
    summary = settled.summary
    named = [
        ("new", summary.analysed),
        ("copied", summary.copied),
        ("moved", summary.moved),
        ("retagged", summary.retagged),
        ("back again", summary.restored),
        ("missing", summary.missing),
        ("failed", summary.failed),
    ]
    counts = ", ".join(f"{count:,} {name}" for name, count in named if count) or "nothing new"
    return f"{counts}; {counted(settled.tracks, 'track')}"
