"""`map4 move`."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Session
from map4.cli.value_types import PathArgument
from map4.core.base.paths import display_path
from map4.core.base.text import counted
from map4.errors import FileError, Map4Error, NothingFoundError
from map4.extras.move.records import Certificate
from map4.extras.move.targets import STICK, TARGETS, Target, target_of
from map4.extras.move.use import CERTIFICATE, MoveOptions, move
from map4.lists.commands.list_options import places_of


@Map4Command.of(
    (Map4Error, "FROM is unreadable, or a file can't be written"), Exit.NEEDS_YES,
    (FileError, "something was lost that TO can hold"), (NothingFoundError, "no such library"), Exit.REFUSED,
    Exit.INTERRUPTED, done="done, and nothing was lost that TO can hold",
    headings={"Input": "--path-map", "The files": "--yes --dry-run"},
)  # fmt: skip
@click.argument("source", metavar="FROM", type=PathArgument())
@click.argument("to", metavar="TO", shell_complete=CallOption.completing(lambda: TARGETS))
@CallOption.of(MoveOptions)
@click.option(
    "--path-map", "path_maps", metavar="FROM=TO", multiple=True,
    help="Write paths for another computer: /Users/ann/Music=D:/Music; repeatable.",
)  # fmt: skip
@CallOption.yes()
@CallOption.dry_run("Only show what will arrive.")
@CallOption.json_of("Print the certificate as JSON (map4/move/1).")
def command(source: str, to: str, options: MoveOptions, path_maps: tuple[str, ...], yes: bool, dry_run: bool) -> None:
    """Move a library to another DJ program, certified.

    FROM is a file or folder of rekordbox, Traktor, Serato, VirtualDJ, Mixxx, Engine DJ, Apple Music or Navidrome, or a
    folder of lists, as 'map4 import' reads it; or the program's name, if its library is in the usual place. TO is
    rekordbox (XML), traktor (NML), serato (crates, and cue points in the tags of the music), virtualdj (a database for
    a drive without one), navidrome (.nsp and .m3u8), mixxx or folder (.m3u8). Nothing needs to be scanned. TO can also
    be the folder of a stick that 'map4 stick' wrote, which is only compared.

    \b
    map4 move rekordbox.xml traktor
    map4 move mixxx rekordbox --dry-run
    map4 move ~/Music/_Serato_ virtualdj -o /media/USB
    map4 move collection.nml rekordbox --path-map /Users/ann/Music=D:/Music
    map4 move collection.nml /media/USB

    map4 writes new files, reads them back and compares. The certificate counts what arrived equal,
    changed or not at all, and names every loss with its reason: a table here, all of them in certificate.html beside
    the files, or with --json. FROM is never changed, and no program's own library is written. 'map4 tags undo' takes
    tags of the music back.
    """
    session, target = Session.current(), target_of(to)
    writes_tags = to == "serato" and not dry_run
    options = replace(options, path_maps=places_of(path_maps), dry_run=dry_run or not yes)
    with (
        session.open_library(create=writes_tags, temporary=not (writes_tags or target is STICK)) as library,
        session.reporting_stop(lambda: "FROM is as before; the files may be incomplete"),
    ):
        with session.status("moving"):
            certificate = move(library, source, to, options)
        if certificate.is_dry_run and not dry_run:
            if not Session.wants_json():
                _show(session, certificate, target)
            files = counted(len(certificate.files), "file")
            question = f"Write {files} for {target.title} to {display_path(certificate.output)}"
            question += ", and cue points into the tags of the music?" if writes_tags else "?"
            session.require_yes(question, yes=yes, otherwise="nothing was written")
            with session.status("moving"):
                certificate = move(library, source, to, replace(options, dry_run=False))
    if not Session.print_json(certificate):
        _show(session, certificate, target)
        _report(session, certificate, target)
    if not certificate.is_complete:
        sys.exit(FileError.exit_code)


def _show(session: Session, certificate: Certificate, target: Target) -> None:
    from map4.extras.move.views import certificate_table

    session.out.print(certificate_table(certificate, target))


def _report(session: Session, certificate: Certificate, target: Target) -> None:
    from map4.extras.move.page import verdict
    from map4.extras.move.views import MOST_SHOWN, loss_lines, tag_options

    for line in loss_lines(certificate, None if session.verbosity else MOST_SHOWN):
        session.warn(f"map4: {line}")
    unread = [f"not read: {unread.what} ({unread.count:,})" for unread in certificate.not_read]
    session.report([*unread, *certificate.remarks])
    if target.reads_tags and (missing := tag_options(certificate)):
        imports, writes = session.command("import", certificate.source), session.command("tags", "write", *missing)
        session.info(
            f"next: {imports}, then {writes} --query is:any; the next move then finds these values in the tags"
        )
    if certificate.is_dry_run:
        session.info(f"would write {counted(len(certificate.files), 'file')} to {display_path(certificate.output)}")
        return
    session.info(verdict(certificate, target))
    if target is not STICK:
        session.info(f"every loss: {display_path(os.path.join(certificate.output, CERTIFICATE))}")
    session.info(f"next: {target.next_step}")
    if certificate.journal is not None:
        session.info(f"to take the tags back: {session.command('tags', 'undo', certificate.journal)}")
