"""`--ask` of `map4 search` and `map4 playlist`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from map4.cli.options import CallOption
from map4.cli.session import Session
from map4.core.base.text import counted
from map4.extras.ask.access import prepare_ask
from map4.extras.shared.options import ModelOptions, models_of
from map4.library import hookspecs

if TYPE_CHECKING:
    from map4.cli.track_output import Output
    from map4.extras.ask.use import ParsedRequest

_LENGTHS = {"n", "minutes"}


Callback = Callable[..., Any]


@hookspecs.ask_option.implementation
def ask_option(*, lists: bool) -> Callable[[Callback], Callback]:
    """Add `--ask` to `map4 search`, or to `map4 playlist`; its result becomes the query and options of the command."""
    about = "Choose query, length and curve by a model." if lists else "Write the QUERY by a language model."
    headings = ("Input", "Language model") if lists else (None, None)
    options = (
        click.option("--ask", "words", metavar="TEXT", help=about, cls=CallOption, heading=headings[0]),
        click.option(
            "-y", "--yes", is_flag=True, help="Send TEXT of --ask without a confirmation.",
            cls=CallOption, heading=headings[1],
        ),
    )  # fmt: skip

    def decorate(function: Callback) -> Any:
        @wraps(function)
        def command(*args: Any, words: str | None, yes: bool, **values: Any) -> Any:
            if words is not None and not click.get_current_context().invoked_subcommand:
                values |= (_list_answer if lists else _search_answer)(_ask(words, lists=lists, yes=yes), **values)
            elif yes:
                raise click.UsageError("--yes is for --ask.")
            return function(*args, **values)

        return CallOption.added(command, *options)

    return decorate


def _search_answer(parsed: ParsedRequest, *, query: tuple[str, ...], output: Output, **_: Any) -> dict[str, Any]:
    text = parsed.narrowed(" ".join(query))
    return {"query": (text,), "output": replace(output, query=text)}


def _list_answer(parsed: ParsedRequest, *, query: str | None, options: Any, **_: Any) -> dict[str, Any]:
    given = CallOption.given()
    given |= set() if given.isdisjoint(_LENGTHS) else _LENGTHS
    others = {name: value for name, value in parsed.options.items() if name not in given}
    return {"query": parsed.narrowed(query or ""), "options": replace(options, **others)}


def _ask(words: str, *, lists: bool, yes: bool) -> ParsedRequest:
    session = Session.current()
    with session.open_library(create=False) as library:
        request = prepare_ask(library, words, ModelOptions(models=models_of(session.config)))
    genres = counted(len(request.question.genres), "name") + " of genres"
    where = f"{request.service.model} at {request.service.host}"
    what = f"sending to {where}: your sentence and {genres}, nothing else"
    otherwise = "nothing was sent; a QUERY needs no model"
    session.require_sending(what, request.consent, yes=yes, otherwise=otherwise)
    parsed = request.understood(lists=lists)
    for reading in parsed.understood:
        session.info(f"{reading.words}: {reading.meant}")
    if parsed.not_understood:
        session.warn(f"map4: not understood: {', '.join(parsed.not_understood)}")
    session.info(f"query: {parsed.query}")
    return parsed
