"""Marks in `map4 set`: listed, renamed, deleted and painted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from map4.cli.options import collect, complete_marks, given_options
from map4.cli.output import counted, print_json
from map4.cli.session import current_session
from map4.core.base.text import whole_number
from map4.errors import NothingFoundError

if TYPE_CHECKING:
    from map4.core.music.track.mark_words import MarkChange
    from map4.values.part import MarksPart

NO_MARK = (NothingFoundError, "no such mark")
_NAMES = ("marks", "rename_mark", "delete_mark", "paint_mark")


def _wanted(
    *,
    marks: bool,
    rename_mark: tuple[str, str] | None,
    delete_mark: str | None,
    paint_mark: tuple[str, str] | None,
) -> Callable[[], None] | None:
    """What is to be done with marks themselves; None if nothing is."""
    if not (given := given_options() & set(_NAMES)):
        return None
    if len(given) > 1 or given_options() - {"as_json"} != given:
        raise click.UsageError("--marks, --rename-mark, --delete-mark and --paint-mark take no files and values.")
    if rename_mark is not None:
        return lambda: _change(lambda marks: marks.rename(*rename_mark))
    if delete_mark is not None:
        return lambda: _change(lambda marks: marks.delete(delete_mark))
    if paint_mark is not None:
        return lambda: _paint(*paint_mark)
    return _list


mark_options = collect(
    "manage_marks",
    _wanted,
    click.option("--marks", is_flag=True, help="List your marks with key on the page, colour and number of tracks."),
    click.option(
        "--rename-mark", nargs=2, metavar="MARK NAME", shell_complete=complete_marks,
        help="Rename a mark on all tracks and lists, or merge it with NAME.",
    ),
    click.option(
        "--delete-mark", metavar="MARK", shell_complete=complete_marks, help="Remove a mark from all tracks and lists."
    ),
    click.option(
        "--paint-mark", nargs=2, metavar="MARK COLOR|1-9", shell_complete=complete_marks,
        help="Set the colour of a mark (#rrggbb), or its key on the page after Shift+M.",
    ),
)  # fmt: skip
"""Adds the options of marks themselves; the command gets what to do as `manage_marks`, or None."""


def _list() -> None:
    session = current_session()
    with session.open_library(create=False) as library:
        marks = library.marks.all()
    if not print_json(marks) and marks.marks:
        has_lists = any(mark.lists for mark in marks.marks)
        rows = [
            (
                str(mark.key or ""),
                mark.name,
                f"{mark.tracks:,}",
                *([f"{mark.lists:,}"] if has_lists else []),
                mark.color,
            )
            for mark in marks.marks
        ]
        session.print_rows([("key", "mark", "tracks", *(["lists"] if has_lists else []), "colour"), *rows])
    if not marks.marks:
        raise NothingFoundError("there are no marks; set one with 'map4 set FILE --mark floorfiller'")


def _change(call: Callable[[MarksPart], MarkChange]) -> None:
    session = current_session()
    with session.open_library(create=False) as library:
        change = call(library.marks)
    print_json(change)
    done = "removed from" if change.became is None else f"is now '{change.became}' on"
    undo = f"; to undo: {session.command('set', 'undo', str(change.step))}" if change.step else ""
    lists = f" and {counted(change.lists, 'list')}" if change.lists else ""
    session.info(f"'{change.name}' {done} {counted(change.tracks, 'track')}{lists}{undo}")


def _paint(name: str, look: str) -> None:
    session = current_session()
    key = whole_number(look)
    with session.open_library(create=False) as library:
        mark = library.marks.show_as(name, color=look if key is None else None, key=key)
    print_json(mark)
    session.info(f"{mark.name}: {mark.color}{f', key {mark.key}' if mark.key else ''}")
