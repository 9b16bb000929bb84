"""A route of the server; `map4.server.declared_routes.ROUTES` has all of them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from map4.accounts import Credential
from map4.base.actor import Actor, Scope
from map4.library import Library
from map4.server.answers import json_response
from map4.server.bodies import BodyShape
from map4.server.libraries import Libraries, Queue
from map4.server.settings import API, ServerSettings
from map4.server.sharing import Shared

HttpMethod = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "WS"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that was sent: its name without folders, and where it lies until the answer is given."""

    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInput:
    """What a request asks.

    actor: who asks
    credential: what shows that; None of `local`, and where a proxy says who it is
    path: the parts of the address that are named in the route's path
    query: what `Route.query` made of the rest of the address
    body: what `Route.body` made of the body
    upload: the file that came along
    has_key: whether who asks has an account, or showed the key of who sits at this machine
    if_match: the ETags of what may be changed; none where any may
    settings: of the server
    libraries: what knows the state of the library, and what queries found
    """

    actor: Actor
    credential: Credential | None = None
    path: Mapping[str, str]
    query: Any = None
    body: Any = None
    upload: Upload | None = None
    has_key: bool = False
    if_match: tuple[str, ...] = ()
    settings: ServerSettings
    libraries: Libraries


@dataclass(frozen=True, slots=True)
class ToWrite:
    """An answer that writes at its end: `work` gives it, in the one thread that writes; it may come from a process."""

    work: Callable[[Library], Mapping[str, Any] | Response]


Handler = Callable[[Library, RequestInput], Mapping[str, Any] | Response | ToWrite]
"""Answers in a thread of its queue: a record, or a whole response. An error of map4 is told as a problem."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What some routes are about; OpenAPI calls it a tag."""

    name: str
    about: str


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one address.

    path: below `map4.server.settings.API`; with `is_root`, as it stands
    needs: what who asks has to have, before anything is read; None is for everybody, and for what tells no data
    needs_key: whether it refuses who has no account, but for the page that `map4 serve --open` opens: it changes files
    needs_log_in: whether it refuses tokens of programs: those change no accounts, passwords or tokens
    summary: a sentence, for the page and for OpenAPI
    handler: answers it; or `endpoint`, which gets Starlette's request (of a WebSocket, the socket) in the event loop,
        with who asks and what `query` made of the rest of the address in its `state`
    query, body: what may follow the address, and stand in the body; None takes nothing
    takes_file: whether the body may be a form (multipart) with a file, `file`, for which who asks needs "own"; of a
        "set" it is a recording of hours, which has limits of its own, and is written beside the library
    answer: kind of the answer's schema in `map4.schemas`; of a stream, of each of its events
    adds: members that the answer always has besides those that the schema requires
    media_type: of an answer that is no JSON
    status: of an answer that is a record
    may_be_empty: whether it may also be 204, where there is nothing to send
    queue: where it is answered; a function says so of a request
    kept: for whom the answer is kept, which follows from who asks, the address and the library alone, and has an ETag:
        for "each", or for all "alike", who may do the same and have no ratings and no lists; these alone may tell them
        apart
    shared_as: what it is of, where it is kept in Redis too, for other servers: what they make slower than they fetch,
        and does not follow from a server's own files or settings
    ages: whether what is kept also follows from the time, as live lists do; it is made anew each minute
    heeds_match: whether `If-Match` may name what is to be changed
    is_hidden: not told by OpenAPI and the page
    subject: given by `map4.server.routes`
    """

    method: HttpMethod
    path: str
    needs: Scope | None
    summary: str
    handler: Handler | None = None
    endpoint: Callable[[Request], Awaitable[Response]] | Callable[..., Awaitable[None]] | None = None
    query: BodyShape | None = None
    body: BodyShape | None = None
    takes_file: Literal[False, True, "set"] = False
    answer: str | None = None
    adds: tuple[str, ...] = ()
    media_type: str = "application/json"
    status: int = 200
    may_be_empty: bool = False
    queue: Queue | Callable[[RequestInput], Queue] = "read"
    kept: Literal["each", "alike"] | None = None
    shared_as: Shared | None = None
    ages: bool = False
    heeds_match: bool = False
    needs_key: bool = False
    needs_log_in: bool = False
    is_root: bool = False
    is_hidden: bool = False
    subject: Subject = Subject("", "")


def routes_of_commands(routes: Iterable[Route]) -> dict[str, str]:
    """The commands that routes are like, as their summaries say, each with the first such route; what a question may
    be told to show besides is an option of the command, too."""
    found: dict[str, str] = {}
    for one in routes:
        address = f"{one.method} {API}{one.path}"
        for command in re.findall("as `(map4 [^`]+)`", one.summary):
            found.setdefault(command, address)
            for name in one.query.switches() if one.query else ():
                found.setdefault(f"{command} --{name.replace('_', '-')}", f"{address}?{name}=true")
    return found


def answered(route: Route, asked: RequestInput, library: Library) -> Response | ToWrite:
    assert route.handler is not None
    found = route.handler(library, asked)
    return json_response(found, route.status) if isinstance(found, Mapping) else found
