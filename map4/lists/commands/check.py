"""`map4 playlist check`: judge a list."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from map4.cli.exits import EXIT_FINDINGS
from map4.cli.options import CallOption
from map4.cli.output import csv_text, json_document, printable_lines
from map4.cli.session import Map4Command, Session
from map4.cli.track_output import Output
from map4.errors import FileError
from map4.lists.commands import list_options
from map4.lists.commands.completion import curve_names
from map4.lists.options import CheckOptions

if TYPE_CHECKING:
    from map4.lists.check_result import PlaylistCheck


@Map4Command.of(
    list_options.UNREADABLE_LIST, (FileError, "with --strict: the list does not pass, or a track is missing"),
    list_options.NOT_MATCHED, list_options.NO_LIST,
    done="checked, also with findings",
    name="check",
    headings={"Input": "--path-map --certainty --curve"},
)  # fmt: skip
@list_options.list_argument
@CallOption.of(CheckOptions, complete={"curve": CallOption.completing(curve_names)})
@click.option("--strict", is_flag=True, help="Exit with 3 if the list does not pass, or a track is missing.")
@list_options.figures_option
@list_options.playlist_reading_options
@Output.options("json", "jsonl", "csv")
def check(
    source: str,
    options: CheckOptions,
    strict: bool,
    figures: bool,
    reading: list_options.PlaylistReading,
    output: Output,
) -> None:
    """Show a list's quality, its weak steps, and what would help.

    LIST is the name of a stored list, or a file: .m3u8 .m3u .pls .xspf .jspf .json .csv; '-' is stdin. Its tracks are
    matched with the library by path, by name, then by artist and title. A step is weak if its second track breaks a
    limit, or if it mixes poorly. A list passes with 90 of 100 for tempo, harmony and limits, 75 for transitions, and 70
    for genre, energy and its tempo curve.

    \b
    map4 playlist check friday.m3u8
    map4 playlist check --strict "Friday night"        exit 3 if not good enough
    map4 playlist check --path-map D:/Music=/music usb.m3u8
    map4 playlist check --json friday.m3u8 | jq .quality

    --jsonl prints a map4/list-entry/1 line for each entry, --csv its transitions.
    """
    session = Session.current()
    output.check_figures(figures=figures)
    if output.format in ("jsonl", "csv") and CallOption.given() & {"suggest", "weakest"}:
        raise click.UsageError(f"--no-suggestions and --weakest have no effect on --{output.format}; leave them out.")
    with session.open_library(create=False) as library:
        resolved = reading.read(library.lists, source)
        list_options.report_unmatched(session, resolved)
        checked = library.lists.check(resolved, options)
        drawn = list_options.set_of(library.lists, library.lists.content(resolved), session) if figures else None
    if output.format == "jsonl":
        for entry in checked.resolved.entries:
            Session.write_json_line(entry.document())
    elif output.format is None:
        for line in _report_lines(session, checked):
            session.echo(line)
        if drawn is not None:
            session.out.print(drawn, soft_wrap=True)
    else:
        Session.write_text(report_text(session, checked, output))
    if strict and not checked.passes:
        session.warn(f"map4: --strict: {'; '.join(checked.shortcomings())}")
        sys.exit(EXIT_FINDINGS)


def report_text(session: Session, checked: PlaylistCheck, output: Output) -> str:
    """The result of a check as text: a JSON document, CSV of the transitions, or the report for people."""
    if output.format == "json":
        return json_document(checked.to_record())
    if output.format == "csv":
        return csv_text(_transition_rows(checked.to_record()["transitions"]))
    return "".join(f"{printable_lines(line)}\n" for line in _report_lines(session, checked))


def _report_lines(session: Session, checked: PlaylistCheck) -> Iterator[str]:
    from map4.lists.views.list_check import check_lines

    return check_lines(checked, width=session.out.width, notation=session.notation, command=session.command)


def _transition_rows(steps: Sequence[dict[str, Any]]) -> Iterator[Sequence[Any]]:
    names = ("from", "to", "compatibility", "rating", "type")
    yield (*names, "tempo_change_percent", "key_relation", "energy_change", "fader_percent")
    for step in steps:
        parts = (step["tempo"]["change_percent"], step["key"]["relation"], step["energy"]["change"])
        yield (*(step[name] for name in names), *parts, step["tempo"]["fader_percent"])
