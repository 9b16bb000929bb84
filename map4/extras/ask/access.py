"""Typed calls for requests in plain words: `library.ask` and `library.prepare_ask`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from map4.base.actor import needs
from map4.base.options import USUAL, takes

if TYPE_CHECKING:
    from map4.extras.ask.use import AskAnswer, AskRequest
    from map4.extras.shared.options import ModelOptions
    from map4.library import Library


@needs("read")
@takes("map4.extras.shared.options:ModelOptions")
def ask(library: Library, text: str, options: ModelOptions = USUAL, **keywords: Any) -> AskAnswer:
    """Turn a sentence into a query or a playlist, and run it; nothing is written.

    >>> library.ask("an hour of house, rising, ends at 122").playlist  # doctest: +SKIP

    returns: An `AskAnswer`: `parsed.understood` and `not_understood`, the equivalent `command`, and `tracks` or the
        `playlist`.
    raises UsageError: if nothing is understood, the sentence contradicts itself, or the provider is unknown
    raises NothingFoundError: if nothing matches
    """
    request = prepare_ask(library, text, options)
    return request.answer(request.understood())


@needs("read")
@takes("map4.extras.shared.options:ModelOptions")
def prepare_ask(library: Library, text: str, options: ModelOptions = USUAL, **keywords: Any) -> AskRequest:
    """Prepare `ask` in steps: how a sentence is understood (`understood`), and the result (`answer`).

    `service` and `question` show the model and what would be sent to it.
    """
    from map4.extras.ask.use import AskRequest

    return AskRequest(text, options, library._services.names, library.playlist_events)
