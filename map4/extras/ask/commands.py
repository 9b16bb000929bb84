"""`map4 ask`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from map4.cli.call_options import options_of
from map4.cli.exits import INTERRUPTED, NEEDS_YES, NO_LIBRARY, REFUSED
from map4.cli.options import dry_run_option, yes_option
from map4.cli.output import counted, printable, write_json
from map4.cli.session import Map4Command, Session, current_session
from map4.cli.track_output import Output, output_options
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.extras.ask.access import prepare_ask
from map4.extras.shared.options import ModelOptions, models_of

if TYPE_CHECKING:
    from map4.extras.ask.use import AskAnswer, AskRequest


@Map4Command.of(
    Map4Error, (UsageError, "nothing understood"), (UsageError, "a contradiction"), NEEDS_YES, NothingFoundError,
    (NothingFoundError, "fewer tracks than requested"), NO_LIBRARY, REFUSED, INTERRUPTED,
    headings={"Language model": "--yes --provider --model --base-url --local-only"},
)  # fmt: skip
@click.argument("words", nargs=-1, metavar="WORDS...")
@dry_run_option("Only show how the words are understood, and the command.")
@yes_option("Send to the model without a confirmation.")
@options_of(ModelOptions)
@output_options("json")
def command(words: tuple[str, ...], dry_run: bool, yes: bool, options: ModelOptions, output: Output) -> None:
    """Search or make a playlist in your own words.

    The words become a query or, if you want a list, options of 'map4 playlist'. map4 prints the equivalent command and
    the words it did not understand, then runs it. It knows lengths, numbers of tracks, tempo, keys, years, stars, the
    genres and moods of your library, energy, and "like TRACK"; docs/ask.md lists all. No network is used without
    --provider: with it, a language model gets the sentence and the names of your genres, and may add a query and
    options for the words that are left. Nothing is written.

    \b
    map4 ask an hour of house, rising
    map4 ask "90 minutes like 'velvet undertow', ends at 128"
    map4 ask 20 techno tracks from the 90s over 130 bpm
    map4 ask --dry-run "a warm up set, starts at 118"
    map4 ask "warm house for a sunset" --provider claude
    """
    session = current_session()
    with session.open_library(create=False) as library:
        request = prepare_ask(library, " ".join(words), replace(options, models=models_of(session.config)))
        if request.service is not None:
            _ask_leave(session, request, yes=yes)
        answer = request.understood()
        if output.format is not None:
            try:
                answer = answer if dry_run else request.answer(answer)
            except NothingFoundError:
                write_json((replace(answer, tracks=()) if answer.options is None else answer).to_record())
                raise
            write_json(answer.to_record())
            if answer.playlist is not None and answer.playlist.missing is not None:
                sys.exit(NothingFoundError.exit_code)
            return
    for line in _lines(answer, session):
        if dry_run:  # the lines are the output
            session.out.print(printable(line), soft_wrap=True, highlight=False)
        else:
            session.info(printable(line))
    if dry_run:
        return
    if answer.parsed.not_understood and session.is_quiet:
        session.warn(f"map4: not understood: {', '.join(answer.parsed.not_understood)}")
    _, name, *arguments = answer.command
    parent = click.get_current_context().parent
    assert parent is not None
    assert isinstance(parent.command, click.Group)
    called = parent.command.get_command(parent, name)
    assert called is not None
    with called.make_context(name, arguments, parent=parent) as context:
        called.invoke(context)


def _ask_leave(session: Session, request: AskRequest, *, yes: bool) -> None:
    assert request.service is not None
    genres = counted(len(request.question.genres), "name") + " of genres"
    where = f"{request.service.model} at {request.service.host}"
    what = f"sending to {where}: your sentence and {genres}, nothing else"
    otherwise = "nothing was sent; without --provider, no model is used"
    session.require_sending(what, request.consent, yes=yes, otherwise=otherwise)


def _lines(answer: AskAnswer, session: Session) -> Iterator[str]:
    for reading in answer.parsed.understood:
        yield f"{reading.words}: {reading.meant}"
    for note in answer.notes:
        yield f"map4: {note}"
    if answer.parsed.not_understood:
        yield f"not understood: {', '.join(answer.parsed.not_understood)}"
    yield f"  {session.command(*answer.command[1:])}"
