"""`map4 set`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from map4.app.user_values import ValueEdit
from map4.cli.options import json_option
from map4.cli.output import counted, printable, write_json
from map4.cli.session import Map4Command, Session, current_session
from map4.cli.track_selection import Selection, nothing_picked, selection_options, tell_unknown
from map4.cli.value_types import Name
from map4.domain.analysis.key import Key, Notation, parse_key
from map4.domain.near_names import did_you_mean
from map4.domain.paths import display_path
from map4.domain.text import bpm_text
from map4.domain.track.user_values import VALUE_NAMES, ValueChange, ValueName
from map4.errors import FileError, KeyParseError

_ASSIGNMENT = re.compile(r"([A-Za-z_-]+)=(.*)", re.DOTALL)
_ALIASES = {"tempo": "bpm", "stars": "rating"}
HALF, DOUBLE = 0.5, 2.0
_MOST_DIGITS = 9


@click.command(
    cls=Map4Command,
    headings={"What is set": "--half --double --unset"},
    epilog="Exit codes: 0 done, also where nothing had to change, 2 wrong usage, 3 some FILEs are not in the library "
    "or can't have the value, 4 none of them is, nothing matched, or no library yet.",
)
@selection_options
@click.option("--half", is_flag=True, help="Halve the tempo.")
@click.option("--double", is_flag=True, help="Double the tempo.")
@click.option("--unset", type=Name(VALUE_NAMES), multiple=True, help="Remove a value that you set.")
@click.option("-n", "--dry-run", is_flag=True, help="Only show what would change.")
@click.option("-y", "--yes", is_flag=True, help="Don't ask whether words name the right track.")
@json_option
def command(
    selection: Selection,
    half: bool,
    double: bool,
    unset: tuple[ValueName, ...],
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Set tempo, key, artist, title, genre, year, energy or rating yourself.

    Your values win over what was measured and what the tags say, in every command. They stay with the music when it is
    analysed again, moved or retagged, until you unset them. Nothing is written into the files. A FILE may be a folder,
    or a track of the library, named by its audio id or by words. If you name it by words, map4 asks first.
    Energy is a level from 1 to 10, a rating 0 to 5 stars (also 3.5), a year has four digits.

    \b
    map4 set track.mp3 bpm=87
    map4 set 'velvet undertow' bpm=122     a track by its name
    map4 set track.mp3 key=8A              or 1m, Am, 'A minor'
    map4 set track.mp3 genre='Deep House' year=2016 energy=7 rating=4
    map4 set album/ --half                 an album at half its tempo
    map4 set --query 'genre:dnb bpm:..100' --double --dry-run
    map4 set track.mp3 --unset bpm         what was measured counts again
    map4 search is:set                     what you have set
    """
    session = current_session()
    selection, values = _assignments(selection)
    if half and double:
        raise click.UsageError("--half and --double can't be used together.")
    if half or double:
        values["factor"] = HALF if half else DOUBLE
    if not values and not unset:
        raise click.UsageError("Name what to set: bpm=87, key=8A, genre=Techno, --half, --double or --unset bpm.")
    if selection.is_empty:
        raise click.UsageError("Name FILEs or a --query: map4 set track.mp3 bpm=87")
    if selection.query is not None and not selection.query.strip():
        raise click.UsageError(
            "An empty --query would change every track; is a variable empty? Write --query 'bpm:1..'."
        )
    edit = ValueEdit(**values, unset=unset)  # what is wrong with it is told before any question
    with session.open_library(create=False) as library:
        picked = selection.pick(session, library, is_sure=yes or dry_run)
        changes = library.set(picked.tracks, edit, dry_run=dry_run)
    if as_json:
        from map4.domain.track.user_values import ValueChanges

        write_json(ValueChanges(dry_run=dry_run, changes=tuple(changes)).to_record())
    else:
        show_changes(session, changes)
    tell_unknown(session, picked.unknown)
    refused = [change for change in changes if change.problem is not None]
    for change in refused:
        session.tell(f"map4: {_path(change)}: {change.problem}")
    if not picked.tracks:
        raise nothing_picked(picked, selection)
    count = sum(change.is_change for change in changes)
    session.say(f"{counted(count, 'value')} {'would change' if dry_run else 'changed'}")
    if refused or picked.unknown:
        sys.exit(FileError.exit_code)


def _assignments(selection: Selection) -> tuple[Selection, dict[str, Any]]:
    """Part `bpm=87` from the FILEs; a file of such a name counts as a file."""
    files: list[str] = []
    values: dict[str, Any] = {}
    for argument in selection.files:
        found = _ASSIGNMENT.fullmatch(argument)
        if found is None or os.path.lexists(argument):
            files.append(argument)
            continue
        name = _ALIASES.get(found[1].lower(), found[1].lower())
        if name not in VALUE_NAMES:
            all_names = f"you can set {', '.join(f'{one}=' for one in VALUE_NAMES)}"
            hint = did_you_mean(name, (*VALUE_NAMES, *_ALIASES), otherwise=all_names, written="{}=")
            raise click.UsageError(f"there is no value '{found[1]}' to set, nor a file '{argument}'; {hint}")
        if name in values:
            raise click.UsageError(f"{name}= is given twice.")
        values[name] = _READERS[name](found[2])
    return replace(selection, files=tuple(files)), values


def _number(name: str, what: str, examples: str) -> Callable[[str], float]:
    """Reads a number; another text is told with examples of what is one."""

    def read(text: str) -> float:
        try:
            # A comma, as half of the world writes it; but not 1_000, which Python would take.
            return float(text.replace(",", ".").replace("_", " "))
        except ValueError:
            raise click.UsageError(f"{name}='{text}' is no {what}; write {examples}") from None

    return read


def _whole(name: str, what: str, example: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.strip().isascii() and text.strip().isdigit() and len(text) <= _MOST_DIGITS):
            raise click.UsageError(f"{name}='{text}' is no {what}; write {example}")
        return int(text)

    return read


def _key(text: str) -> Key:
    try:
        return parse_key(text)
    except KeyParseError as error:
        raise click.UsageError(f"key={error}") from None


_READERS: dict[str, Callable[[str], Any]] = {
    "bpm": _number("bpm", "tempo", "bpm=87 or bpm=87.5"),
    "key": _key,
    "artist": str,
    "title": str,
    "genre": str,
    "year": _whole("year", "year", "year=1998"),
    "energy": _whole("energy", "energy level", "energy=7, from 1 to 10"),
    "rating": _number("rating", "rating", "rating=4 or rating=3.5"),
}


def show_changes(session: Session, changes: list[ValueChange]) -> None:
    """A line for each value that changed."""
    for change in changes:
        if change.is_change:
            old = _value(change.name, change.old, session.notation, is_own=change.was_own)
            new = _value(change.name, change.new, session.notation, is_own=change.is_own)
            is_another = change.old != change.new and old != new
            what = f"{old} → {new}" if is_another else f"{new}, {'now' if change.is_own else 'no longer'} your own"
            click.echo(f"{_name(change)}: {change.name} {what}")


def _value(name: ValueName, value: float | str | None, notation: Notation, *, is_own: bool) -> str:
    if value is None:
        return "none"
    if isinstance(value, str):
        return parse_key(value).in_notation(notation) if name == "key" else printable(value)
    return bpm_text(value, is_own=is_own) if name == "bpm" else f"{value:g}"


def _name(change: ValueChange) -> str:
    from map4.cli.views.track_table import track_name

    return track_name(change.track) if change.track.title() else printable(_path(change))


def _path(change: ValueChange) -> str:
    return display_path(change.track.path)
