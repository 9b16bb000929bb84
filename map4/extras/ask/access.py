"""Typed calls for requests in plain words: `library.ask` and `library.prepare_ask`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from map4.core.base.actor import needs
from map4.core.base.call_options import USUAL, takes

if TYPE_CHECKING:
    from map4.extras.ask.use import AskRequest, ParsedRequest
    from map4.extras.shared.options import ModelOptions
    from map4.library import Library


@needs("read")
@takes("map4.extras.shared.options:ModelOptions")
def ask(library: Library, text: str, options: ModelOptions = USUAL, **keywords: Any) -> ParsedRequest:
    """Turn a sentence into a query and options of a playlist by a language model, without confirmation.

    >>> parsed = library.ask("an hour of house, rising")  # doctest: +SKIP
    >>> library.playlist(query=parsed.query, **parsed.options)  # doctest: +SKIP

    returns: A `ParsedRequest`: `query`, `options`, and the words that are `not_understood`.
    raises UsageError: if no model is set up, the provider is unknown, or nothing is understood
    raises Map4Error: if the model does not answer
    """
    return prepare_ask(library, text, options).understood(lists=True)


@needs("read")
@takes("map4.extras.shared.options:ModelOptions")
def prepare_ask(library: Library, text: str, options: ModelOptions = USUAL, **keywords: Any) -> AskRequest:
    """Prepare `ask` in steps: `service` and `question` are the model and what it gets; `understood` sends it.

    raises UsageError: if no model is set up, or the provider is unknown
    """
    from map4.extras.ask.use import AskRequest

    return AskRequest(text, options, library._services.names.store)
