"""`map4 playlist mark` and `map4 playlist joint`: change details of a stored list."""

from __future__ import annotations

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Session
from map4.cli.value_types import WholeNumber
from map4.core.base.text import counted
from map4.core.music.mixing.mix_plan import NoPlan, PlannedJoint, plan_reason
from map4.errors import UsageError
from map4.lists.commands.completion import complete_list_names
from map4.lists.commands.list_options import NO_LIST
from map4.lists.options import JointOptions


@Map4Command.of(NO_LIST, Exit.NO_LIBRARY)
@click.argument("name", metavar="LIST", shell_complete=complete_list_names)
@click.argument("words", metavar="WORD...", nargs=-1, required=True, shell_complete=CallOption.complete_marks)
@click.option("--off", is_flag=True, help="Remove these marks.")
@CallOption.json
def mark(name: str, words: tuple[str, ...], off: bool) -> None:
    """Add your marks to a stored list, or remove them.

    A list can have any number of marks, and so can live lists. They are the same words as marks of tracks, and each
    person has their own. The tracks do not change: 'map4 set --query list:NAME --mark WORD' marks them.

    \b
    map4 playlist mark Friday club 'to play again'
    map4 playlist mark Friday club --off
    map4 playlist list --mark club
    map4 set --marks                          list your marks
    map4 set undo                             undo the last change
    """
    session = Session.current()
    with session.open_library(create=False) as library:
        changes = library.lists.mark(name, unmark=words) if off else library.lists.mark(name, mark=words)
    if not Session.print_json(changes):
        from map4.values.views import show_changes

        show_changes(session, changes)
    for change in changes:
        if change.problem is not None:
            session.warn(f"map4: {change.problem}")
    session.info(f"{counted(sum(change.is_change for change in changes), 'mark')} changed")


@Map4Command.of(NO_LIST, (UsageError, "the two tracks have no plan"), Exit.NO_LIBRARY)
@click.argument("name", metavar="LIST", shell_complete=complete_list_names)
@click.argument("at", metavar="PLACE", type=WholeNumber(2))
@CallOption.of(JointOptions)
@CallOption.json_of("Print the plan as JSON.")
def joint(name: str, at: int, options: JointOptions) -> None:
    """Change how two neighbours of a stored list are mixed.

    The list keeps the change. It counts while both tracks are neighbours, for lists, exports, the page and
    'map4 mix LIST'. Times are moved to the nearest beat; an overlap without room is shortened.

    \b
    map4 playlist joint Friday 4 --bars 16
    map4 playlist joint Friday 4 --kind fade --leave 3:21.5
    map4 playlist joint Friday 4 --reset              as planned again
    map4 playlist versions Friday                     undo: restore a version
    """
    session = Session.current()
    with session.open_library(create=False) as library:
        plan = library.lists.join(name, at, options)
    why = plan.reason if isinstance(plan, NoPlan) else None
    if not Session.print_json(PlannedJoint(plan=None if isinstance(plan, NoPlan) else plan, no_plan=why)):
        session.info(plan_reason(plan))
