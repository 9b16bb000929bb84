"""`map4 export`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from map4.cli.commands.playlist.list_options import (
    EXIT_FINDINGS,
    PlaylistReading,
    counted,
    places_of,
    reading_list_options,
    tell_notes,
    tell_unmatched,
)
from map4.cli.options import Map4Command, Session, current_session
from map4.cli.output import write_json, write_text
from map4.cli.track_output import key_notation_option
from map4.cli.track_selection import Selection, harmonic_option, selection_options, tell_unknown

if TYPE_CHECKING:
    from map4.domain.harmony import HarmonicRule
    from map4.library import Library
    from map4.ports.export import ExportOptions, ExportSummary

_STREAM = "-"
_TEMPLATE_HELP = (
    "Of html and pdf: standard, summary, library, dj_setlist, radio_show, professional or compatibility_matrix."
)
# A terminal is told so often: more would only cost time.
_TRACKS_A_STEP = 100


def _formats(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from map4.library.formats import export_names

    return [name for name in export_names() if name.startswith(incomplete)]


def _templates(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from map4.reports import TEMPLATES

    return [name for name in TEMPLATES if name.startswith(incomplete)]


@click.command(
    cls=Map4Command,
    epilog="Exit codes: 0 done, 1 the file can't be written, 2 wrong usage, 3 some FILEs or entries of the list are "
    "not in the library, 4 nothing to export, 130 interrupted.",
)
@selection_options
@click.option("--playlist", metavar="LIST", help="A stored list, or a file of one ('-' is stdin).")
@click.option("-o", "--output", "out", metavar="FILE", type=click.Path(allow_dash=True), help="Where to ('-': stdout).")
@click.option("--to", "kind", metavar="FORMAT", shell_complete=_formats, help="Format, where the suffix does not tell.")
@click.option("--columns", metavar="A,B,…", help="Columns of csv and xlsx, in this order.")
@click.option("--bom", is_flag=True, help="Begin csv with a mark, by which Excel knows UTF-8.")
@click.option("--raw", is_flag=True, help="Leave texts in csv that look like formulas as they are.")
@click.option("--with-grid", is_flag=True, help="Write beat grids too, for DJ programs.")
@click.option("--template", metavar="NAME", shell_complete=_templates, help=_TEMPLATE_HELP)
@click.option("--option", "more", metavar="NAME=VALUE", multiple=True, help="What else the format knows; repeatable.")
@click.option("--name", metavar="TEXT", help="What the export is called inside, where the format has a place for it.")
@click.option("--relative-to", metavar="DIR", type=click.Path(), help="Write paths relative to DIR.")
@reading_list_options
@harmonic_option
@key_notation_option
@click.option("--force", is_flag=True, help="Replace a FILE that map4 did not write.")
@click.option("--dry-run", is_flag=True, help="Only say what would be written, and whether it may be.")
@click.option("--history", is_flag=True, help="Show the files that map4 wrote.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done, or the history, as one JSON document.")
def command(
    selection: Selection,
    playlist: str | None,
    out: str | None,
    reading: PlaylistReading,
    harmonic: HarmonicRule,
    history: bool,
    as_json: bool,
    **wishes: Any,
) -> None:
    """Write the library, or a part of it, to a file for other programs.

    Everything unless FILEs, a --query or a --playlist are named; tracks that failed or are missing only with
    --query is:any. The suffix of the output tells the format:

    \b
    json   everything map4 knows, with statistics (map4/export/1)
    jsonl  a line for each track (map4/track/1)
    csv    a table; xlsx: a workbook with statistics and colours
    html pdf   reports to look at; --template dj_setlist, library, …
    m3u8 m3u pls xspf   lists for players
    rekordbox (xml) traktor (nml)   cues, grids (--with-grid), lists, for these
    serato (crate) virtualdj (vdjfolder)   lists for these DJ programs

    \b
    map4 export -o library.csv --bom
    map4 export --query 'genre:house energy:7..' -o house.xlsx
    map4 export --playlist Friday -o friday.m3u8 --relative-to ~/Music
    map4 export --to jsonl -o - | jq .tempo.bpm
    map4 export --history

    A file is written whole or not at all, and never over music, nor over what map4 did not write without --force.
    """
    session = current_session()
    if history:
        _refuse_all(selection, playlist, out, wishes)
        _show_history(session, as_json)
        return
    _check(selection, playlist, out, as_json)
    options = _options(reading, wishes)
    with session.open_library(create=False, harmonic=harmonic) as library:
        left, done = _export(session, library, selection, playlist, out, reading, options, wishes)
    if as_json:
        write_json(done.to_record())
    _tell(session, done)
    if left or done.unknown:
        sys.exit(EXIT_FINDINGS)


def _refuse_all(selection: Selection, playlist: str | None, out: str | None, wishes: dict[str, Any]) -> None:
    given = any(value for name, value in wishes.items())
    if not selection.is_empty or playlist is not None or out is not None or given:
        raise click.UsageError("--history shows what was written, and writes nothing; leave the other options out.")


def _check(selection: Selection, playlist: str | None, out: str | None, as_json: bool) -> None:
    if out is None:
        raise click.UsageError("Name the file to write: map4 export -o library.csv ('-' is stdout).")
    if out == _STREAM and as_json:
        raise click.UsageError("-o - and --json both go to stdout; name a file.")
    if playlist is not None and not selection.is_empty:
        raise click.UsageError("--playlist and other tracks can't be exported at once; choose one.")


def _options(reading: PlaylistReading, wishes: dict[str, Any]) -> ExportOptions:
    from map4.ports.export import ExportOptions

    more = {}
    for text in wishes["more"]:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.UsageError(f"'{text}' is no option; write it as NAME=VALUE.")
        more[name] = value
    columns = tuple(name.strip() for name in (wishes["columns"] or "").split(",") if name.strip())
    if wishes["columns"] is not None and not columns:
        raise click.UsageError("--columns names no column; write it as artist,title,bpm.")
    return ExportOptions(
        path_maps=places_of(reading.path_maps, wishes["relative_to"]),
        columns=columns,
        bom=wishes["bom"],
        raw=wishes["raw"],
        with_grid=wishes["with_grid"],
        template=wishes["template"],
        more=more,
    )


def _export(
    session: Session,
    library: Library,
    selection: Selection,
    playlist: str | None,
    out: str | None,
    reading: PlaylistReading,
    options: ExportOptions,
    wishes: dict[str, Any],
) -> tuple[int, ExportSummary]:
    """What of the list was not found, and what was written."""
    from map4.library.formats import format_for_export

    warned: list[str] = []
    form = format_for_export(out or "", wishes["kind"], warn=warned.append)
    for message in warned:
        session.tell(f"map4: {message}")
    if wishes["key_notation"] is not None and not form.options.key_notation:
        raise click.UsageError(f"--key-notation means nothing in {form.name}, which has every notation or none.")
    if form.is_binary and out == _STREAM and sys.stdout.isatty():
        raise click.UsageError(f"{form.name} would only harm a terminal; name a file.")
    resolved = None if playlist is None else reading.read(library.lists, playlist)
    left = 0 if resolved is None else tell_unmatched(session, resolved)
    target: Any = out
    if out == _STREAM:
        write_text("")  # what Python still holds comes first
        target = sys.stdout.buffer
    with _progress(session) as show:
        done = library.export(
            target,
            to=form.name,
            files=selection.files or None,
            query=selection.query,
            playlist=resolved,
            name=wishes["name"],
            options=options,
            notation=wishes["key_notation"] or session.config["output.key_notation"],
            made=_today(),
            force=wishes["force"],
            dry_run=wishes["dry_run"],
            on_track=show,
        )
    return left, done


def _today() -> date:
    """The day that reports name; SOURCE_DATE_EPOCH sets it, for files that are to be the same each time."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.now(UTC).astimezone()
    return (datetime.fromtimestamp(int(seconds), UTC) if seconds.isdecimal() else now).date()


def _tell(session: Session, done: ExportSummary) -> None:
    tell_unknown(session, done.unknown)
    tell_notes(session, done.remarks)
    if done.path is None:
        return
    from map4.domain.track import display_path

    path = display_path(done.path)
    if done.is_dry_run:
        session.say(f"would write {counted(done.tracks, 'track')} to {path} ({done.format})")
    else:
        size = "" if done.size_bytes is None else f", {_size(done.size_bytes)}"
        session.say(f"{path}: {counted(done.tracks, 'track')} ({done.format}{size})")


def _size(size_bytes: int) -> str:
    if size_bytes < 1000:
        return f"{size_bytes} bytes"
    return f"{size_bytes / 1e3:.0f} kB" if size_bytes < 1e6 else f"{size_bytes / 1e6:.1f} MB"


@contextmanager
def _progress(session: Session) -> Iterator[Callable[[int, int], object] | None]:
    """Say on a terminal how far it is; gives a function that is told, or None."""
    if session.is_quiet or not sys.stderr.isatty() or session.err.is_dumb_terminal:
        yield None
        return
    with session.err.status("exporting") as status:

        def show(done: int, total: int) -> None:
            if done % _TRACKS_A_STEP == 0:
                status.update(f"exporting: {done:,} of {total:,} tracks")

        yield show


def _show_history(session: Session, as_json: bool) -> None:
    from map4.cli.output import printable
    from map4.domain.track import display_path
    from map4.errors import NothingFoundError

    with session.open_library(create=False) as library:
        written = library.written_files()
    if as_json:
        write_json({"schema": "map4/export-history/1", "exports": [file.to_record() for file in written]})
    elif written:
        from map4.cli.views.track_table import listed

        rows = [("written", "format", "tracks", "size", "file")]
        for file in written:
            when = file.written_at[:16].replace("T", " ")
            rows.append((when, file.format, f"{file.tracks:,}", _size(file.size_bytes), display_path(file.path)))
        for line in listed(rows):
            session.out.print(printable(line), soft_wrap=True)
    if not written:
        raise NothingFoundError("map4 has written no file yet; 'map4 export -o library.csv' does")
