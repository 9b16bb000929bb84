"""`map4 playlist check|order|refresh|merge|fill|list|show|delete`: what there is to do with lists that exist."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from map4.cli.commands.playlist.extend import fill, refresh
from map4.cli.commands.playlist.list_options import (
    EXIT_FINDINGS,
    PlaylistReading,
    PlaylistTarget,
    give,
    list_target_options,
    policy_option,
    reading_list_options,
    show_list,
    tell_unmatched,
)
from map4.cli.options import Map4Command, Session, current_session
from map4.cli.output import csv_line, printable, write_json, write_json_line, write_text
from map4.cli.track_output import Output, reading_options
from map4.errors import NothingFoundError

if TYPE_CHECKING:
    from map4.app.playlists.check_result import PlaylistCheck
    from map4.app.playlists.playlists import Playlists
    from map4.domain.tempo_step import TempoPolicy


_LIST_HELP = "LIST is the name of a stored list, or a file: .m3u8 .m3u .pls .xspf .json .csv; '-' is stdin."
_MAKING_EPILOG = (
    "Exit codes: 0 done, 1 could not read or write a list, 2 wrong usage, 3 done but some entries were not found, "
    "4 none were found, or no such list."
)


@click.command(
    "check",
    cls=Map4Command,
    epilog="Exit codes: 0 checked, whatever was found, 1 could not read the list, 2 wrong usage, 3 with --strict: it "
    "does not pass, 4 none of its tracks is in the library, or no such list.",
)
@click.argument("source", metavar="LIST")
@policy_option
@click.option("--curve", metavar="NAME|POINTS", help="The energy that was wanted, as in 'map4 playlist'.")
@click.option("--strict", is_flag=True, help="End with 3 where the list does not pass.")
@click.option("--no-suggestions", is_flag=True, help="Look for no replacements in the library.")
@reading_list_options
@reading_options("json", "jsonl", "csv")
def check(
    source: str,
    policy: TempoPolicy | None,
    curve: str | None,
    strict: bool,
    no_suggestions: bool,
    reading: PlaylistReading,
    output: Output,
) -> None:
    """Judge a list: its quality, and its weakest transitions.

    LIST is the name of a stored list, or a file: .m3u8 .m3u .pls .xspf .json .csv; '-' is stdin. Its tracks are
    looked up in the library, by path, name, then artist and title. A list passes with overall 80, tempo 90, energy 70,
    genre 70, data 85 of 100, and all its tracks found.

    \b
    map4 playlist check friday.m3u8
    map4 playlist check --strict "Friday night"        exit 3 unless it passes
    map4 playlist check --path-map D:/Music=/music usb.m3u8
    map4 playlist check --json friday.m3u8 | jq .quality

    --jsonl prints a map4/list-entry/1 line for each entry, --csv its transitions.
    """
    session = current_session()
    with session.open_library(create=False) as library:
        found = check_source(
            session, library.lists, source, reading, policy=policy, curve=curve, suggest=not no_suggestions
        )
    if output.form == "jsonl":
        for entry in found.to_record()["entries"]:
            write_json_line({"schema": "map4/list-entry/1", **entry})
    elif output.form is None:
        for line in _report_lines(session, found):
            session.out.print(printable(line), soft_wrap=True)
    else:
        write_text(report_text(session, found, output))
    if strict and not found.passes:
        sys.exit(EXIT_FINDINGS)


def check_source(
    session: Session,
    lists: Playlists,
    source: str,
    reading: PlaylistReading,
    *,
    policy: TempoPolicy | None,
    curve: str | None = None,
    suggest: bool = True,
) -> PlaylistCheck:
    """Read a list, say what was not found, and judge it."""
    resolved = reading.read(lists, source)
    tell_unmatched(session, resolved)
    return lists.check(resolved, policy=policy, curve=curve, suggest=suggest)


def report_text(session: Session, found: PlaylistCheck, output: Output) -> str:
    """What a check found, in one text: a JSON document, CSV of the transitions, or the report for people."""
    if output.form == "json":
        return json.dumps(found.to_record(), ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    if output.form == "csv":
        return "".join(_transition_lines(found.to_record()["transitions"]))
    return "".join(f"{printable(line)}\n" for line in _report_lines(session, found))


def _report_lines(session: Session, found: PlaylistCheck) -> Iterator[str]:
    from map4.cli.views.list_check import check_lines

    return check_lines(
        found,
        width=session.out.width,
        notation=session.config["output.key_notation"],
    )


def _transition_lines(steps: Sequence[dict[str, Any]]) -> Iterator[str]:
    names = ("from", "to", "compatibility", "rating", "type")
    yield csv_line([*names, "tempo_change_percent", "key_relation", "energy_change"])
    for step in steps:
        parts = (step["tempo"]["change_percent"], step["key"]["relation"], step["energy"]["change"])
        yield csv_line([*(step[name] for name in names), *parts])


@click.command("order", cls=Map4Command, epilog=_MAKING_EPILOG)
@click.argument("source", metavar="LIST")
@click.option("--pin-first", is_flag=True, help="Keep the first track first.")
@click.option("--pin-last", is_flag=True, help="Keep the last track last.")
@list_target_options
@reading_list_options
@reading_options()
def order(
    source: str, pin_first: bool, pin_last: bool, target: PlaylistTarget, reading: PlaylistReading, output: Output
) -> None:
    """Put the tracks of a list in the order that mixes best.

    LIST is the name of a stored list, or a file; '-' is stdin. Up to 15 tracks the order is the best there is; beyond,
    it is improved until no move helps. The list itself stays as it is: write the new one with -o or --save.

    \b
    map4 playlist order crate.m3u8 --pin-first -o set.m3u8
    map4 playlist order Friday --save "Friday, sorted"
    """
    session = current_session()
    target.check(output)
    with session.open_library(create=False) as library:
        resolved = reading.read(library.lists, source)
        left = tell_unmatched(session, resolved)
        made = library.lists.order(resolved, pin_first=pin_first, pin_last=pin_last)
        give(session, library.lists, made, target, output)
    how = "the best order" if made.method == "exact" else "improved"
    if made.before is not None and made.after is not None:
        session.say(f"{how}: transitions {made.before:.2f} -> {made.after:.2f}")
    if left:
        sys.exit(EXIT_FINDINGS)


@click.command("merge", cls=Map4Command, epilog=_MAKING_EPILOG)
@click.argument("sources", metavar="LIST...", nargs=-1, required=True)
@list_target_options
@reading_list_options
@reading_options()
def merge(sources: tuple[str, ...], target: PlaylistTarget, reading: PlaylistReading, output: Output) -> None:
    """Put lists one after the other, each recording once.

    LIST is the name of a stored list, or a file; '-' is stdin. With one LIST, this turns a list of one format into
    another.

    \b
    map4 playlist merge warm-up.m3u8 peak.m3u8 -o night.m3u8
    map4 playlist merge old.pls -o new.xspf
    map4 playlist merge set.m3u8 --path-map /music=D:/Music -o usb.m3u8
    """
    session = current_session()
    target.check(output)
    with session.open_library(create=False) as library:
        lists = [reading.read(library.lists, source) for source in sources]
        left = sum(tell_unmatched(session, resolved) for resolved in lists)
        made = library.lists.merge(lists)
        give(session, library.lists, made, target, output)
    if left:
        sys.exit(EXIT_FINDINGS)


@click.command(
    "list", cls=Map4Command, epilog="Exit codes: 0 done, 2 wrong usage, 4 no stored lists, or no library yet."
)
@reading_options("json", "jsonl", "csv")
def stored(output: Output) -> None:
    """Show the lists stored in the library.

    \b
    map4 playlist list
    map4 playlist list --csv
    """
    session = current_session()
    with session.open_library(create=False) as library:
        records = [found.to_record() for found in library.lists.stored()]
    if output.form == "json":
        write_json({"schema": "map4/stored-lists/1", "lists": records})
    elif output.form == "jsonl":
        for record in records:
            write_json_line({"schema": "map4/stored-list/1", **record})
    elif output.form == "csv":
        write_text(csv_line(["name", "tracks", "present", "duration_s", "compatibility", "updated_at", "description"]))
        for record in records:
            names = ("name", "tracks", "present", "duration_s", "compatibility", "updated_at", "description")
            write_text(csv_line([record[name] for name in names]))
    else:
        _print_stored(session, records)
    if not records:
        raise NothingFoundError(
            "no list is stored yet; --save NAME stores one, as in 'map4 playlist order LIST --save NAME'"
        )


def _print_stored(session: Session, records: Sequence[dict[str, Any]]) -> None:
    from map4.cli.line_template import clock
    from map4.cli.views.track_table import fit_text, listed

    if not records:
        return
    width = max(20, session.out.width - 46)
    rows = [("name", "tracks", "time", "mixes", "changed")]
    for record in records:
        gone = record["tracks"] - record["present"]
        rows.append(
            (
                fit_text(record["name"], width),
                f"{record['tracks']}{f' (-{gone})' if gone else ''}",
                clock(record["duration_s"]),
                "" if record["compatibility"] is None else f"{record['compatibility']:.2f}",
                record["updated_at"][:10],
            )
        )
    for line in listed(rows):
        session.out.print(printable(line), soft_wrap=True)
    if any(record["present"] < record["tracks"] for record in records):
        session.say("(-N): of so many tracks no file is here; 'map4 playlist show NAME' names them")


@click.command("show", cls=Map4Command, epilog=_MAKING_EPILOG)
@click.argument("source", metavar="LIST")
@list_target_options
@reading_list_options
@reading_options()
def show(source: str, target: PlaylistTarget, reading: PlaylistReading, output: Output) -> None:
    """Show the tracks of a stored list or of a file, or write them to another.

    \b
    map4 playlist show Friday
    map4 playlist show Friday -o friday.m3u8 --relative-to ~/Music
    map4 playlist show usb.m3u8 --paths
    """
    session = current_session()
    target.check(output)
    with session.open_library(create=False) as library:
        resolved = reading.read(library.lists, source)
        left = tell_unmatched(session, resolved)
        content = library.lists.content(resolved)
        target.put(library.lists, content, session)
        if output.form is not None or not target.is_elsewhere:
            show_list(session, library.lists, content, output)
    if left:
        sys.exit(EXIT_FINDINGS)


@click.command(
    "delete",
    cls=Map4Command,
    epilog="Exit codes: 0 deleted, 2 wrong usage, 4 no such list (the others are deleted all the same).",
)
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
def delete(names: tuple[str, ...]) -> None:
    """Forget stored lists; files and tracks stay as they are."""
    session = current_session()
    with session.open_library(create=False) as library:
        missing: NothingFoundError | None = None
        for name in dict.fromkeys(names):
            try:
                library.lists.delete(name)
            except NothingFoundError as error:
                missing = error
                session.tell(f"map4: {error}")
            else:
                session.say(f"deleted '{name}'")
    if missing is not None:
        sys.exit(missing.exit_code)


SUB_COMMANDS: tuple[click.Command, ...] = (check, order, refresh, merge, fill, stored, show, delete)
"""What the group `map4 playlist` takes up."""
