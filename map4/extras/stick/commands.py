"""`map4 stick`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Map4DefaultGroup, Session
from map4.cli.value_types import PathArgument
from map4.core.base.declaration import load
from map4.core.base.paths import display_path
from map4.core.base.text import counted, size_text
from map4.core.music.lists.tracklist import LiveNotes
from map4.errors import FileError, NothingFoundError
from map4.extras.stick.options import StickOptions
from map4.extras.stick.place import StickError
from map4.extras.stick.players import PLAYERS
from map4.extras.stick.records import StickWrite
from map4.lists.commands.completion import complete_lists
from map4.lists.commands.list_options import PlaylistReading, playlist_reading_options

_NO_STICK = (NothingFoundError, "no such stick")
_STICKS = "map4.extras.stick.part:Sticks"  # loads numpy, which --help does not need


@Map4DefaultGroup.of(
    StickError, Exit.NEEDS_YES, (FileError, "some tracks are left out"), (NothingFoundError, "no such list or stick"),
    Exit.NO_LIBRARY, Exit.REFUSED, Exit.INTERRUPTED, name="stick", note="Players find lists as before or as planned.",
    headings={
        "The stick": "--to --folder --player --with-cues --prune --import --dry-run --yes",
        "Lists": "--query --path-map --certainty",
    },
)  # fmt: skip
@click.argument("lists", metavar="LIST...", nargs=-1, type=PathArgument(), shell_complete=complete_lists)
@click.option("--to", "to", metavar="DIR", type=PathArgument(), help="Where the stick is mounted.")
@playlist_reading_options
@CallOption.of(StickOptions, complete={"player": CallOption.completing(lambda: PLAYERS)})
@CallOption.dry_run("Only show what would be written.")
@CallOption.yes("Write without asking.")
@CallOption.json
def command(
    lists: Sequence[str], to: str | None, reading: PlaylistReading, options: StickOptions, dry_run: bool, yes: bool
) -> None:
    """Write lists with music to a USB stick for players.

    CDJs and XDJs play it without rekordbox: music, lists, beat grids, cue points, loops, waveforms, phrases and covers.
    map4 shows what it would write, asks, and reads everything back. The next time, only what changed is copied. Music
    that the player can't play is converted; your files stay as they are.

    \b
    map4 stick Friday Warmup --to /media/USB
    map4 stick Friday --to /media/USB --player cdj-3000
    map4 stick Friday --to /media/USB --with-cues all
    map4 stick --query 'has:cues bpm:120..130' --to /media/USB
    map4 stick check /media/USB

    What rekordbox or another program wrote stays, and so do lists that you don't name; --prune removes those of map4's.
    If the stick is pulled while map4 writes, players find its lists as before or as planned, and the same command
    continues. DIR must be a mounted stick, formatted as FAT32 or exFAT.

    Written after public matrices of players (CDJ-2000, -2000NXS, -2000NXS2, -3000, -3000X, XDJ-1000MK2); not tried on
    a player by us.
    """
    session = Session.current()
    if to is None or not (lists or options.query or options.prune):
        raise click.UsageError("Name a LIST or a --query, and the stick: map4 stick Friday --to /media/USB")
    with session.open_library(create=False) as library:
        sticks = library.part(load(_STICKS))
        resolved = [reading.read(library.lists, name) for name in lists]
        if not dry_run and (settled := sticks.settle(to, replace(options, import_first=False))):
            session.info(f"map4: {settled}")
        with session.status("reading"):
            plan = sticks.plan(resolved, to, options)
        done = planned = plan.record
        if not Session.wants_json():
            _show(session, planned)
        plan.require_space()
        if not dry_run and (options.import_first or not planned.is_empty):
            session.require_yes(_question(planned, options), yes=yes, otherwise="nothing was written or imported")
            if options.import_first:
                with session.status("importing"):
                    sticks.settle(to, options)
                    plan = sticks.plan(resolved, to, options)
                done = planned = plan.record
        if not (dry_run or planned.is_empty):
            with (
                session.reporting_stop(
                    lambda: "players find the lists as before or as planned; the same command continues"
                ),
                session.bar("writing", total=len(plan.works), named=True) as show,
            ):
                done = sticks.write(
                    plan, on_track=lambda count, _, path: show(completed=count, name=os.path.basename(path))
                )
    if not Session.print_json(done):
        for left in done.left_out[len(planned.left_out) :]:
            session.warn(f"map4: left out: {left}")
        ending = "would be written" if dry_run else "is written and read back; you can pull it"
        ending = "has all of it already; you can pull it" if planned.is_empty else ending
        session.info(f"{display_path(done.stick)} {ending}")
    if done.left_out:
        sys.exit(FileError.exit_code)


@Map4Command.of(StickError, (FileError, "the stick has faults"), _NO_STICK)
@click.argument("folder", metavar="DIR", type=PathArgument())
@CallOption.json
def check(folder: str) -> None:
    """Check a stick for players, also one of rekordbox.

    Reads both databases, all analysis files, and compares them with the music. Nothing is changed.

    \b
    map4 stick check /media/USB
    map4 stick check /media/USB --json > report.json

    Send that report if a player refuses a stick that map4 wrote, with the model and firmware of the player.
    """
    session = Session.current()
    with session.open_library(create=False, temporary=True) as library:
        found = library.part(load(_STICKS)).check(folder)
    if not Session.print_json(found):
        for finding in found.findings:
            session.echo(f"{finding.severity}: {finding.path}: {finding.text}")
        counts = f"{counted(found.tracks, 'track')}, {counted(found.lists, 'list')}"
        session.info(f"{display_path(found.stick)}: {counts}; {'sound' if found.is_sound else 'has faults'}")
    if not found.is_sound:
        sys.exit(FileError.exit_code)


@Map4Command.of(StickError, _NO_STICK)
@click.argument("folder", metavar="DIR", type=PathArgument())
@CallOption.json
def show(folder: str) -> None:
    """Show the lists of a stick.

    \b
    map4 stick show /media/USB
    """
    session = Session.current()
    with session.open_library(create=False, temporary=True) as library:
        shown = library.part(load(_STICKS)).show(folder)
    if not Session.print_json(shown):
        _show(session, shown)


def _question(planned: StickWrite, options: StickOptions) -> str:
    changed = [listed for listed in planned.lists if listed.state not in ("same", "stays")]
    written = (planned.copied, "track") if planned.copied else (len(changed), "list")
    acts = [f"write {counted(*written)}"] if written[0] else []
    if options.import_first:
        acts.insert(0, "import what players changed")
    if planned.removed:
        acts.append(f"remove {counted(len(planned.removed), 'file')}")
    does = " and ".join(acts or ["write the changes"])
    return f"{does[:1].upper()}{does[1:]}: {display_path(planned.stick)}?"


def _show(session: Session, record: StickWrite) -> None:
    rows = [("/".join((*each.folders, each.name)), f"{each.tracks:,}", each.state) for each in record.lists]
    session.print_rows([("list", "tracks", ""), *rows])
    copies = LiveNotes(copies=record.copies).sentences()
    for sentence in (*(f"removes {path}" for path in record.removed), *copies, *record.misses):
        session.info(f"map4: {sentence}")
    for left in record.left_out:
        session.warn(f"map4: left out: {left}")
    converted = f", {record.converted:,} of them converted for {record.player.upper()}" if record.converted else ""
    session.info(
        f"{counted(record.same + record.others, 'track')} on the stick, {record.copied:,} to copy{converted}; "
        f"{size_text(record.size_bytes)} of {size_text(record.free_bytes)} free"
    )
