"""`map4 marks`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from map4.cli.exits import NO_LIBRARY, exit_codes
from map4.cli.options import complete_marks, json_option
from map4.cli.output import counted, print_json, printable
from map4.cli.session import Map4DefaultGroup, current_session
from map4.cli.value_types import WholeNumber
from map4.errors import LibraryWriteError, NothingFoundError

if TYPE_CHECKING:
    from map4.music.track.mark_words import MarkChange
    from map4.values.part import MarksPart

_NO_MARK = (NothingFoundError, "no such mark")
_NO_MARKS = (NothingFoundError, "no marks")
_CHANGING = exit_codes(LibraryWriteError, _NO_MARK, NO_LIBRARY)
_mark = click.argument("name", metavar="MARK", shell_complete=complete_marks)


@Map4DefaultGroup.of(LibraryWriteError, _NO_MARK, _NO_MARKS, NO_LIBRARY)
@json_option
def command() -> None:
    """List your marks; rename or delete marks.

    Marks are your own words for tracks, as many as you like: floorfiller, 'after 3', check cues. They stay with the
    music when it is analysed again, moved or retagged; other users of the library have their own marks. Without a
    sub-command, your marks are listed.

    \b
    map4 set track.mp3 --mark floorfiller
    map4 set --query 'genre:techno energy:9..' --mark peak
    map4 set track.mp3 --unmark peak
    map4 playlist mark Friday club         lists can have marks, too
    map4 search mark:floorfiller           also has:mark and missing:mark
    map4 marks
    map4 marks rename peak 'peak time'     merges marks with the same name
    map4 marks delete 'check cues'
    map4 set undo                          undoes either
    """
    _list()


@command.command("list", epilog=exit_codes(_NO_MARKS, NO_LIBRARY))
@json_option
def list_() -> None:
    """List marks with their key on the page, colour and number of recordings."""
    _list()


def _list() -> None:
    session = current_session()
    with session.open_library(create=False) as library:
        marks = library.marks.all()
    if not print_json(marks) and marks.marks:
        has_lists = any(mark.lists for mark in marks.marks)
        rows = [
            (str(mark.key or ""), mark.name, f"{mark.tracks:,}", *([f"{mark.lists:,}"] * has_lists), mark.color)
            for mark in marks.marks
        ]
        session.print_rows([("key", "mark", "tracks", *(["lists"] * has_lists), "colour"), *rows])
    if not marks.marks:
        raise NothingFoundError("there are no marks; set one with 'map4 set FILE --mark floorfiller'")


@command.command("rename", epilog=_CHANGING)
@_mark
@click.argument("new_name", metavar="NAME")
@json_option
def rename(name: str, new_name: str) -> None:
    """Rename a mark on all tracks and lists; marks with the same name are merged."""
    _change(lambda marks: marks.rename(name, new_name))


@command.command("delete", epilog=_CHANGING)
@_mark
@json_option
def delete(name: str) -> None:
    """Remove a mark from all tracks and lists."""
    _change(lambda marks: marks.delete(name))


def _change(call: Callable[[MarksPart], MarkChange]) -> None:
    session = current_session()
    with session.open_library(create=False) as library:
        change = call(library.marks)
    print_json(change)
    done = "removed from" if change.became is None else f"is now '{change.became}' on"
    undo = f"; to undo: {session.command('set', 'undo', str(change.step))}" if change.step else ""
    lists = f" and {counted(change.lists, 'list')}" if change.lists else ""
    session.info(printable(f"'{change.name}' {done} {counted(change.tracks, 'track')}{lists}") + undo)


@command.command("paint", epilog=_CHANGING)
@_mark
@click.argument("new_color", required=False, metavar="[COLOR]")
@click.option(
    "--key", type=WholeNumber(min=1, max=9), metavar="1-9", help="Key that sets the mark on the page after Shift+M."
)
@json_option
def paint(name: str, new_color: str | None, key: int | None) -> None:
    """Set the colour of a mark (#rrggbb), and its key on the page.

    \b
    map4 marks paint floorfiller '#e6194b'
    map4 marks paint floorfiller --key 1
    """
    if new_color is None and key is None:
        raise click.UsageError("Give a colour or a key: map4 marks paint peak '#e6194b' --key 1")
    session = current_session()
    with session.open_library(create=False) as library:
        mark = library.marks.show_as(name, color=new_color, key=key)
    print_json(mark)
    session.info(f"{printable(mark.name)}: {mark.color}{f', key {mark.key}' if mark.key else ''}")
