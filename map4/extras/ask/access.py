"""What requests in plain words add to `Library`, typed: `library.ask` and `library.prepare_ask`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from map4.base.actor import needs
from map4.base.options import USUAL, takes

if TYPE_CHECKING:
    from map4.extras.ask.use import AskAnswer, AskRequest
    from map4.labels import ModelOptions
    from map4.library import Library


@needs("read")
@takes("map4.labels.options:ModelOptions")
def ask(library: Library, text: str, options: ModelOptions = USUAL, **keywords: Any) -> AskAnswer:
    """Turn a sentence into a query or a playlist, and run it; nothing is written.

    >>> library.ask("an hour of deep house, no vocals, ends at 122").playlist  # doctest: +SKIP

    returns: An `AskAnswer`: `parsed.understood` and `not_understood`, the `command` that does the same, and
        `tracks` or the `playlist`.
    raises UsageError: if nothing of it is understood, or it contradicts itself; if there is no such provider
    raises NothingFoundError: if nothing matches
    """
    request = prepare_ask(library, text, options)
    return request.answer(request.understood())


@needs("read")
@takes("map4.labels.options:ModelOptions")
def prepare_ask(library: Library, text: str, options: ModelOptions = USUAL, **keywords: Any) -> AskRequest:
    """`ask` in steps: what a sentence is taken for (`understood`), and what comes of it (`answer`).

    `service` and `question` say which model would be sent what, before it is.
    """
    from map4.extras.ask.use import AskRequest

    return AskRequest(text, options, library._opened.names, library.playlist_events)
