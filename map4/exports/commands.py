"""`map4 export`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click

from map4 import formats
from map4.cli.exits import EXIT_FINDINGS, Exit
from map4.cli.options import STREAM, CallOption
from map4.cli.output import local_time
from map4.cli.session import Map4Command, Map4DefaultGroup, Session
from map4.cli.track_selection import Selection
from map4.cli.value_types import PathArgument
from map4.core.base.paths import display_path
from map4.core.base.text import counted, size_text, whole_number
from map4.errors import FileError, Map4Error, NothingFoundError
from map4.exports.options import ExportHistory, ExportRequest
from map4.formats import ExportSummary
from map4.lists.commands.completion import complete_lists
from map4.lists.commands.list_options import (
    PlaylistReading,
    lost_to_players,
    path_map_option,
    places_of,
    report_unmatched,
)

if TYPE_CHECKING:
    from map4.library import Library

_TRACKS_A_STEP = 100
_NO_PATH_MAP = "none"


def _formats() -> Iterable[str]:
    return formats.Exporters.all()


def _templates() -> Iterable[str]:
    from map4.exports.report.report import TEMPLATES

    return TEMPLATES


class ExportGroup(Map4DefaultGroup):
    """The group; `--to NAME` means the sub-command NAME, if there is one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for place, word in enumerate(args):
            option, _, name = word.partition("=")
            used = 1 if name else 2
            name = name or next(iter(args[place + 1 :]), "")
            if option == "--to" and self.declared(name):
                args = [name, *args[:place], *args[place + used :]]
                break
        return super().parse_args(ctx, args)


@ExportGroup.of(
    (Map4Error, "the file can't be written"), Exit.NOT_IN_LIBRARY,
    (FileError, "some entries are missing, or not copied"), (NothingFoundError, "nothing to export"), Exit.INTERRUPTED,
    name="export", plugins=("Formats of other packages", "map4.exporters.v1"),
    headings={
        "Input": "--files-from --query --playlist --path-map",
        "The file": "--output --copies --format --loudness --to --force --dry-run --name --relative-to",
        "For DJ programs": "",
    },
    folded=("For DJ programs", "Options of some formats"),
)  # fmt: skip
@Selection.options
@click.option(
    "--playlist",
    metavar="LIST",
    type=PathArgument(allow_dash=True),
    shell_complete=complete_lists,
    help="Tracks of a stored list, or of a playlist file ('-' is stdin).",
)
@click.option(
    "-o", "--output", "out", metavar="FILE", type=PathArgument(allow_dash=True), help="Write to FILE ('-' is stdout)."
)
@click.option(
    "--copies", metavar="DIR", type=PathArgument(), help="Copy the music to DIR, in order, with a list of the copies."
)
@CallOption.relative_to
@path_map_option
@CallOption.of(
    ExportRequest,
    "request",
    without=("imported_paths",),
    complete={"to": CallOption.completing(_formats), "template": CallOption.completing(_templates)},
)
@CallOption.json_of("Print a summary of the export as JSON.")
def command(
    selection: Selection,
    playlist: str | None,
    out: str | None,
    copies: str | None,
    request: ExportRequest,
    relative_to: str | None,
    path_maps: tuple[str, ...],
) -> None:
    """Write the library or a part of it to a file.

    Without FILE, --query or --playlist: all tracks. Failed and missing tracks only with --query is:any. The suffix of
    the output decides the format: csv, xlsx, json, jsonl, html, pdf, m3u8, xml (rekordbox), nml (Traktor), crate
    (Serato), and others. 'map4 help exchange' lists them.

    \b
    map4 export -o library.xlsx
    map4 export --playlist Friday -o ~/Music/friday.m3u8 --relative-to ~/Music
    map4 export --playlist Friday --copies /media/STICK --format mp3-320
    map4 export -o r.xml --with-grid --with-cues all --comment '{key} {comment}'
    map4 export --into rekordbox.xml --replace key -o new.xml
    map4 export --to jsonl -o - | jq .tempo.bpm

    FILE is written completely or not at all. Music is never overwritten; a file that map4 did not write is overwritten
    only with --force.
    """
    session = Session.current()
    if copies is not None and (out, relative_to) != (None, None):
        raise click.UsageError("--copies writes its own list; leave -o and --relative-to out.")
    if copies is not None and path_maps and playlist is None:
        raise click.UsageError("--path-map does not change copies; leave it out.")
    if out is None and copies is None:
        raise click.UsageError("Name the file to write: map4 export -o library.csv ('-' is stdout).")
    if out == STREAM and request.force:
        raise click.UsageError("--force replaces a file, and '-o -' writes none; leave one of them out.")
    if out == STREAM and Session.wants_json():
        raise click.UsageError("-o - and --json both go to stdout; name a file.")
    is_plain = path_maps == (_NO_PATH_MAP,)
    reading = PlaylistReading(path_maps=() if is_plain else path_maps)
    if playlist is not None and not selection.is_empty:
        raise click.UsageError("--playlist and other tracks can't be exported at once; choose one.")
    with session.open_library(create=False) as library:
        format_name = _checked_format(session, out, request) if out is not None else request.to
        resolved = None if playlist is None else reading.read(library.lists, playlist)
        left = 0 if resolved is None else report_unmatched(session, resolved)
        request = replace(
            request,
            to=format_name,
            files=Selection.named_paths(session, library, selection.files) or None,
            query=selection.query,
            playlist=resolved,
            path_maps=places_of(reading.path_maps, relative_to),
            notation=session.notation,
            imported_paths=not is_plain,
            made=_today(),
            copies=copies is not None,
        )
        done = _export(session, library, out or copies or "", request)
    Session.print_json(done)
    _report(session, done)
    session.report(lost_to_players(out, request.path_maps) if out not in (None, STREAM) else [])
    if left or done.unknown or done.unread:
        sys.exit(EXIT_FINDINGS)


def _export(session: Session, library: Library, target: str, request: ExportRequest) -> ExportSummary:
    """Export with a progress line, and on a stop report what was written."""
    copied = 0

    def on_track(count: int, total: int) -> None:
        nonlocal copied
        copied = count
        show(f"{count:,} of {total:,} tracks")

    def done_so_far() -> str:
        if not request.copies:
            return "nothing is written" if target != STREAM else "the output is incomplete"
        return f"{counted(copied, 'file')} copied; the same command copies the others"

    is_stream, every = target == STREAM and not request.copies, 1 if request.copies else _TRACKS_A_STEP
    with session.reporting_stop(done_so_far), session.status("exporting", every=every) as show:
        return library.export(Session.data_stream() if is_stream else target, request, on_track=on_track)


def _checked_format(session: Session, out: str, request: ExportRequest) -> str:
    """Return the name of the format to write; raise an error if an option doesn't go with it."""
    chosen = formats.Exporters.of(out, request.to, warn=lambda message: session.warn(f"map4: {message}"))
    if chosen.is_binary and out == STREAM and sys.stdout.isatty():
        raise click.UsageError(f"{chosen.name} is no text for a terminal; name a file.")
    return chosen.name


def _today() -> date:
    """Return the date for reports; SOURCE_DATE_EPOCH sets it, for reproducible files."""
    seconds = whole_number(os.environ.get("SOURCE_DATE_EPOCH"), most_digits=11)
    now = datetime.now(UTC).astimezone()
    return (now if seconds is None else datetime.fromtimestamp(seconds, UTC)).date()


def _report(session: Session, done: ExportSummary) -> None:
    Selection.warn_of_unknown_files(session, done.unknown)
    session.report(done.remarks)
    path = "stdout" if done.path is None else display_path(done.path)
    if done.is_dry_run:
        session.info(f"would write {counted(done.tracks, 'track')} to {path} ({done.format})")
    elif done.path is not None:
        size = "" if done.size_bytes is None else f", {size_text(done.size_bytes)}"
        session.info(f"{path}: {counted(done.tracks, 'track')} ({done.format}{size})")


@Map4Command.of((NothingFoundError, "no file was written"), Exit.NO_LIBRARY)
@CallOption.json
def history() -> None:
    """Show the files that map4 wrote.

    \b
    map4 export history
    """
    session = Session.current()
    with session.open_library(create=False) as library:
        written = library.files.written()
    if not Session.print_json(ExportHistory(exports=tuple(written))) and written:
        rows = [("written", "format", "tracks", "size", "took", "by", "file")]
        for file in written:
            when, size = local_time(file.written_at), size_text(file.size_bytes)
            took, by = f"{file.seconds:.1f} s", file.asker_name
            rows.append((when, file.format, f"{file.tracks:,}", size, took, by, display_path(file.path)))
        session.print_rows(rows)
    if not written:
        raise NothingFoundError("map4 has written no file yet; 'map4 export -o library.csv' writes one")
