"""`map4 undo`."""

from __future__ import annotations

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Session
from map4.cli.undoing import step_cells
from map4.cli.value_types import WholeNumber
from map4.core.store.undo_steps import UndoSteps
from map4.errors import NothingFoundError


@Map4Command.of(
    (NothingFoundError, "nothing to undo, or no such step"), Exit.NO_LIBRARY, Exit.REFUSED,
    note="Undoing a step exits like its own command.",
)  # fmt: skip
@click.argument("number", metavar="[N]", required=False, type=WholeNumber(1, UndoSteps.MOST))
@click.option("--list", "lists", is_flag=True, help="Only list the steps (default without N).")
@CallOption.dry_run("Only show step N and the command that undoes it.")
@CallOption.yes("Undo without asking.")
@CallOption.json
def command(number: int | None, lists: bool, dry_run: bool, yes: bool) -> None:
    """List what can be undone, newest first; with N, undo step N.

    Steps are values and marks that you set, written tags, renamed files, copies moved away, changed and deleted lists,
    imports, labels, plays of recorded sets, and writes of DJ programs' databases. Each line ends with the command that
    undoes the step, which N runs; numbers change with each step. A list returns to its state before the step, without
    later changes.

    \b
    map4 undo
    map4 undo 3 --dry-run
    map4 undo 3
    map4 undo --json | jq -r '.steps[].what'
    """
    if number is not None and (lists or Session.wants_json()):
        raise click.UsageError("--list and --json only list the steps; leave out N.")
    session = Session.current()
    with session.open_library(create=False) as library:
        found = library.undo_steps()
    for problem in found.problems:
        session.warn(f"map4: {problem}")
    if number is None:
        if not Session.print_json(found) and found.steps:
            rows = (
                (str(place), step.kind, *step_cells(step), session.command(*step.command))
                for place, step in enumerate(found.steps, start=1)
            )
            session.print_rows([("N", "kind", "when", "what", "undone by"), *rows])
        if not found.steps:
            raise NothingFoundError("there is nothing to undo")
        return
    if number > len(found.steps):
        raise NothingFoundError(f"there is no step {number}; 'map4 undo' lists the steps")
    step = found.steps[number - 1]
    (when, what), shown = step_cells(step), session.command(*step.command)
    if dry_run:
        session.echo(f"{step.kind}, {when}: {what}; to undo it: {shown}")
        return
    session.require_yes(f"Undo this? {step.kind}, {when}: {what}", yes=yes, otherwise="nothing was undone")
    session.info(shown)
    root = click.get_current_context().find_root()
    assert isinstance(root.command, click.Group)
    name, undoing, words = root.command.resolve_command(root, list(step.command))
    assert undoing is not None
    with undoing.make_context(name, words, parent=root) as ctx:
        undoing.invoke(ctx)
