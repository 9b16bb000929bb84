"""`map4 library prune --lookups`."""

from __future__ import annotations

import click

from map4.cli.added import AddedToCommand
from map4.cli.options import CallOption
from map4.cli.session import Session
from map4.library import hookspecs


@hookspecs.added_to.implementation
def added() -> AddedToCommand:
    option = click.option("--lookups", is_flag=True, help="Delete cached answers of 'lookup', and its pictures.")
    return AddedToCommand(
        options=CallOption.collected("lookups", lambda lookups: _prune if lookups else None, option), endings=()
    )


def _prune(session: Session, *, yes: bool) -> None:
    from map4.extras.lookup.covers import clear_lookups

    session.require_yes("Drop all answers of 'lookup'? The tracks' looked-up values stay.", yes=yes)
    session.echo(f"dropped {clear_lookups(lambda message: session.info(f'map4: {message}'))} answers")
