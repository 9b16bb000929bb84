"""`map4 marks`."""

from __future__ import annotations

import click

from map4.cli.exits import NO_LIBRARY, exit_codes
from map4.cli.options import complete_marks, json_option
from map4.cli.output import counted, printable, write_json
from map4.cli.session import Map4Command, current_session
from map4.cli.value_types import WholeNumber
from map4.errors import LibraryWriteError, NothingFoundError


@click.command(
    cls=Map4Command,
    epilog=exit_codes(
        LibraryWriteError, (NothingFoundError, "no such mark"), (NothingFoundError, "no marks"), NO_LIBRARY
    ),
)
@click.argument("name", required=False, metavar="[MARK]", shell_complete=complete_marks)
@click.option("--rename", "new_name", metavar="NAME", help="Give MARK this name on all tracks and lists.")
@click.option("--delete", is_flag=True, help="Take MARK off all tracks and lists.")
@click.option("--paint", metavar="COLOR", help="Show MARK in this colour: #rrggbb.")
@click.option(
    "--key", type=WholeNumber(min=1, max=9), metavar="1-9", help="Set MARK on the page with Shift+M and this."
)
@json_option
def command(
    name: str | None, new_name: str | None, delete: bool, paint: str | None, key: int | None, as_json: bool
) -> None:
    """List your marks, rename or delete one.

    Marks are words of your own that tracks have, as many as you like: floorfiller, 'after 3', check cues. They stay
    with the music when it is analysed again, moved or retagged; others who share the library have their own. Without
    arguments: each with the key that sets it on the page, its colour, and how many recordings have it.

    \b
    map4 set track.mp3 --mark floorfiller
    map4 set --query 'genre:techno energy:9..' --mark peak
    map4 set track.mp3 --unmark peak
    map4 playlist mark Friday club         lists have marks, too
    map4 search mark:floorfiller           has:mark and missing:mark, too
    map4 marks
    map4 marks peak --rename 'peak time'   two of one name become one
    map4 marks 'check cues' --delete
    map4 set --undo                        takes back either
    """
    session = current_session()
    doing = [what for what in (new_name, delete or None, paint or key) if what is not None]
    if len(doing) > 1:
        raise click.UsageError("--rename, --delete, and --paint with --key are three things; do one of them.")
    if name is None and doing:
        raise click.UsageError("Name the mark: map4 marks peak --rename 'peak time'")
    if name is not None and not doing:
        raise click.UsageError("Name what to do with it: --rename, --delete, --paint or --key.")
    with session.open_library(create=False) as library:
        if name is None:
            found = library.marks.all()
            if as_json:
                write_json(found.to_record())
            elif found.marks:
                has_lists = any(one.lists for one in found.marks)
                rows = [
                    (str(one.key or ""), one.name, f"{one.tracks:,}", *([f"{one.lists:,}"] * has_lists), one.color)
                    for one in found.marks
                ]
                session.print_rows([("key", "mark", "tracks", *(["lists"] * has_lists), "colour"), *rows])
            if not found.marks:
                raise NothingFoundError("nothing has a mark; 'map4 set FILE --mark floorfiller' sets one")
            return
        if paint is not None or key is not None:
            mark = library.marks.show_as(name, color=paint, key=key)
            if as_json:
                write_json(mark.to_record())
            session.say(f"{printable(mark.name)}: {mark.color}{f', key {mark.key}' if mark.key else ''}")
            return
        change = library.marks.delete(name) if new_name is None else library.marks.rename(name, new_name)
    if as_json:
        write_json(change.to_record())
    done = "taken off" if change.became is None else f"is now '{change.became}' on"
    undo = f"; to take it back: {session.command('set', '--undo', str(change.step))}" if change.step else ""
    lists = f" and {counted(change.lists, 'list')}" if change.lists else ""
    session.say(printable(f"'{change.name}' {done} {counted(change.tracks, 'track')}{lists}") + undo)
