"""`map4 library prune --answers`."""

from __future__ import annotations

from functools import partial

import click

from map4.cli.added import AddedToCommand
from map4.cli.options import CallOption
from map4.cli.session import Session
from map4.library import hookspecs


@hookspecs.added_to.implementation
def added() -> AddedToCommand:
    words = "Delete cached answers of 'classify'; PATTERN of \"artist - title\", such as 'daft punk - *'."
    option = click.option("--answers", is_flag=False, flag_value="", metavar="[PATTERN]", help=words)
    made = CallOption.collected(
        "answers", lambda answers: None if answers is None else partial(_prune, answers), option
    )
    return AddedToCommand(options=made, endings=())


def _prune(pattern: str, session: Session, *, yes: bool) -> None:
    from map4.extras.classify.answer_cache import open_answer_cache

    which = f"answers for '{pattern}'" if pattern else "all answers"
    session.require_yes(f"Drop {which}? Labels stay; asking again costs again.", yes=yes)
    with open_answer_cache(lambda message: session.info(f"map4: {message}")) as cache:
        session.echo(f"dropped {cache.clear(pattern or None)} answers")
