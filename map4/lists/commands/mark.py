"""`map4 playlist mark`."""

from __future__ import annotations

import click

from map4.cli.exits import NO_LIBRARY
from map4.cli.options import complete_marks, json_option
from map4.cli.output import counted, print_json
from map4.cli.session import Map4Command, current_session
from map4.lists.commands.completion import complete_list_names
from map4.lists.commands.list_options import NO_LIST


@Map4Command.of(NO_LIST, NO_LIBRARY, name="mark")
@click.argument("name", metavar="LIST", shell_complete=complete_list_names)
@click.argument("words", metavar="WORD...", nargs=-1, required=True, shell_complete=complete_marks)
@click.option("--off", is_flag=True, help="Remove these marks.")
@json_option
def mark(name: str, words: tuple[str, ...], off: bool) -> None:
    """Add your marks to a stored list, or remove them.

    A list can have any number of marks, and so can live lists. They are the same words as marks of tracks, and each
    person has their own. The tracks do not change: 'map4 set --query list:NAME --mark WORD' marks them.

    \b
    map4 playlist mark Friday club 'to play again'
    map4 playlist mark Friday club --off
    map4 playlist list --mark club
    map4 marks                                list your marks
    map4 set undo                             undo the last change
    """
    session = current_session()
    with session.open_library(create=False) as library:
        changes = library.lists.mark(name, unmark=words) if off else library.lists.mark(name, mark=words)
    if not print_json(changes):
        from map4.values.views import show_changes

        show_changes(session, changes)
    for change in changes:
        if change.problem is not None:
            session.tell(f"map4: {change.problem}")
    session.say(f"{counted(sum(change.is_change for change in changes), 'mark')} changed")
