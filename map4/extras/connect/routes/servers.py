"""Routes of connected music servers: their state, their jobs, and AudioMuse's similarity API."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from map4.core.base.actor import LOCAL, NOBODY, Actor
from map4.core.base.text import has_piled_marks
from map4.errors import NothingFoundError, UsageError
from map4.extras.connect.connected import MusicConnection, checked_connection_name
from map4.extras.connect.mapping import SHOWN
from map4.extras.connect.part import ConnectionsPart
from map4.extras.connect.records import ConnectionStates
from map4.extras.connect.routes.audiomuse import AlikeQuestion
from map4.jobs import JobRequest
from map4.jobs.routes.requests import asking
from map4.library import Library
from map4.search.routes.catalogues import Catalogues
from map4.server.admission import identified, let_in
from map4.server.answers import json_response
from map4.server.bodies import plain_shape
from map4.server.proxies import client_address
from map4.server.route import RequestInput, Route

_READER = Actor(id=NOBODY.id, name=NOBODY.name, scopes=frozenset({"read"}))
"""A machine that a connection is open to: it sees nothing personal."""


async def _answer(ask: Callable[[AlikeQuestion], list[dict[str, Any]]], request: Request) -> Response:
    context, name = request.app.state.context, request.path_params.get("name")
    every = await context.libraries.ask(lambda library: library.part(ConnectionsPart).all(), LOCAL, queue="quick")
    caller = await identified(request, context.callers(request))
    address, matching = client_address(request), every
    if name is not None:
        key = checked_connection_name(name)
        matching = [connection for connection in every if connection.name == key]
    is_open = caller is None and "authorization" not in request.headers
    opened = [connection for connection in matching if address in connection.open_to] if is_open else []
    actor = _READER if opened else let_in(request, caller, "read")
    if name is not None and not matching:
        raise NothingFoundError(f"there is no connection '{name}'; to list connections, run 'map4 connect status'")
    parameters = dict(request.query_params)
    if any(has_piled_marks(value) for value in parameters.values()):
        raise UsageError("a character has too many accents; remove them")
    catalogue = await Catalogues.of(context).made() if ask is AlikeQuestion.similar_artists else None
    question = partial(
        AlikeQuestion, settings=context.settings, connections=_named(opened or matching, parameters.get("server")),
        is_own=name is None, catalogue=catalogue, parameters=parameters,
    )  # fmt: skip
    answer = await context.libraries.ask(lambda library: ask(question(library=library)), actor, queue="long")
    return json_response(answer)


def _named(connections: list[MusicConnection], server: str | None) -> list[MusicConnection]:
    """The requested connections: newer plug-ins may name a server."""
    named = [connection for connection in connections if server and connection.name == server.strip().lower()]
    return named or list(connections)


def _states(library: Library, request: RequestInput) -> dict[str, Any]:
    parts = library.part(ConnectionsPart)
    states = tuple(parts.status(connection.name, shown=request.query.songs) for connection in parts.all())
    return ConnectionStates(connections=states).to_record()


# The connection decides whether an address needs a token.
_ALIKE = (
    Route("GET", f"{place}/api/{name}", None, about, endpoint=partial(_answer, ask), is_root=True, is_hidden=True)
    for place in ("", "/connect/{name}")
    for name, about, ask in (
        ("similar_tracks", "Similar songs, for AudioMuse's plug-in.", AlikeQuestion.similar_tracks),
        ("similar_artists", "Similar artists, for AudioMuse's plug-in.", AlikeQuestion.similar_artists),
    )
)

ROUTES = (
    Route("GET", "/connections", "read", "Your music servers, as `map4 connect status`.", _states,
          query=plain_shape("ConnectionsQuery", songs=(int, SHOWN)), answer="connections", queue="long",
          cache="each", example={"songs": 3}),
    *_ALIKE,
)  # fmt: skip


def _checked(library: Library, request: RequestInput) -> JobRequest:
    library.part(ConnectionsPart).get(request.body.options.connection)
    return request.body  # type: ignore[no-any-return]


def _push(library: Library, request: RequestInput) -> JobRequest:
    wanted = _checked(library, request)
    if not request.body.options.lists:
        raise UsageError("name the lists to write")
    for name in request.body.options.lists:
        library.lists.find(name)
    return wanted


JOB_ROUTES = (
    asking("map", "/connections/map", "Match songs of a server with tracks, as `map4 connect status --match`. A job.",
           "MapJob", _checked, example={"connection": "none"}),
    asking("pull", "/connections/pull", "Import values from a music server, as `map4 connect pull`. A job.",
           "PullJob", _checked, example={"connection": "none"}),
    asking("push", "/connections/push", "Write lists to a music server, as `map4 connect push`. A job.",
           "PushJob", _push, example={"lists": ["Friday"]}),
)  # fmt: skip
