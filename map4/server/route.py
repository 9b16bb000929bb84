"""A route of the server; `map4.server.declared_routes.ROUTES` has all of them."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from map4.core.base.account import Credential
from map4.core.base.actor import Actor, Scope
from map4.core.base.declaration import load
from map4.core.base.stability import Deprecation
from map4.core.base.text import whole_number
from map4.errors import NothingFoundError
from map4.library import Library
from map4.server.answers import Responses
from map4.server.bodies import BodyShape
from map4.server.libraries import Libraries, Queue
from map4.server.names import paths_named, track_named
from map4.server.settings import API, ServerSettings
from map4.server.sharing import Shared

HttpMethod = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "WS"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An uploaded file: its name without folders, and its path until the response."""

    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInput:
    """The input of a request.

    actor: the caller
    credential: the presented credential; None for local use, and for a log-in by a proxy
    path: path parameters of the route
    query: the query parameters, from `Route.query`
    body: the body, from `Route.body`
    upload: the uploaded file
    has_key: whether the caller has an account or presented the local key
    if_match: ETags of If-Match; empty allows any
    settings: settings of the server
    libraries: state of the library, and cached query results
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
    """A response that ends with a write: `work` makes it in the writer thread; may come from a process."""

    work: Callable[[Library], Mapping[str, Any] | Response]


Handler = Callable[[Library, RequestInput], Mapping[str, Any] | Response | ToWrite]
"""Runs in a thread of its queue and returns a record or a response. Map4 errors become problem documents."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of some routes; a tag in OpenAPI."""

    name: str
    about: str


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one address.

    path: below `map4.server.settings.API`; with `is_root`, the whole path
    needs: scope required of the caller, checked before the body is read; None for public routes without data
    needs_key: a caller without an account needs the local key of `map4 serve --open`, because it changes files
    needs_log_in: refuse tokens of programs, which can't change accounts, passwords or tokens
    summary: a sentence, for the page and for OpenAPI
    handler: answers it; or `endpoint`, which gets Starlette's request (or WebSocket) in the event loop, with the caller
        and the parsed query parameters in its `state`
    query, body: shapes of the query parameters and the body; None accepts none
    takes_file: whether the body may be a multipart form with a file `file`, which needs the scope "own"; "set" means a
        recording of hours, with separate limits, stored beside the library
    answer: kind of the response's schema in `map4.core.schemas`; for a stream, of each event
    adds: members that the response always has in addition to those that the schema requires
    media_type: of a response that is not JSON
    status: of a response that is a record
    may_be_empty: whether it may also be 204, without content
    queue: the queue it runs in, or a function of the request
    cache: whether to cache the response, which must depend only on caller, address and library, and gets an ETag: for
        "each" caller, or "alike" for all callers with the same rights and without ratings and lists, which must be the
        only differences between callers
    shared_as: category for also caching in the storage shared with other servers: responses slower to make than to
        fetch, and independent of a server's files and settings
    ages: whether a cached response also depends on the time, as live lists do; it is renewed each minute
    heeds_match: whether `If-Match` is supported
    is_hidden: left out of OpenAPI and the page
    deprecated: marked in OpenAPI; each response has a `Warning`
    is_logged: requests are in the log; not for routes that are requested very often
    example: members of a body, or query parameters, for its description; `{a}` and `{b}` are ids of tracks, `{job}` of
        a job, `{music}` a folder of music
    subject: set by `map4.server.routes`
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
    cache: Literal["each", "alike"] | None = None
    shared_as: Shared | None = None
    ages: bool = False
    heeds_match: bool = False
    needs_key: bool = False
    needs_log_in: bool = False
    is_root: bool = False
    is_hidden: bool = False
    deprecated: Deprecation | None = None
    is_logged: bool = True
    example: Mapping[str, Any] | None = field(default=None, hash=False)
    subject: Subject = Subject("", "")


def routes_of(target: Any) -> Iterable[Route]:
    """The routes of a target of `Routes`: of a class or a method those that calls declare (`served`), GET first."""
    calls = vars(target).values() if isinstance(target, type) else [target]
    declared = [(call, each) for call in calls if hasattr(call, "served") for each in call.served]
    declared.sort(key=lambda each: each[1][0] != "GET")
    return target if isinstance(target, tuple) else [_route_of(call, *each) for call, each in declared]


def _route_of(
    call: Any, method: HttpMethod, path: str, summary: str, takes: Mapping[str, Any], body: str, more: Mapping[str, Any]
) -> Route:
    part: type = getattr(sys.modules[call.__module__], call.__qualname__.split(".")[0])
    in_path, arguments = re.findall(r"{(\w+)", path), [words.split(":") for words in takes]
    members = {words[0]: member for words, member in zip(arguments, takes.values(), strict=True)}
    place = "query" if method in ("GET", "DELETE") else "body"
    shape = BodyShape.plain(body or "Nothing", **members) if members or place == "body" else None
    form = dict(more)
    always, at, headers, record, sets, shows, tracks = (form.pop(name, None) or () for name in FORM)
    made_of: Any = load(record) if record else None
    if "answer" not in form:
        form["answer"] = _kind_of(made_of or (getattr(part, shows) if shows else call))
    status = form.setdefault("status", 200 if form["answer"] else 204)
    _, *parameters = inspect.signature(call).parameters.values()
    readers = {
        each.name: (_TRACK_READERS if each.name in tracks else _READERS).get(each.annotation) for each in parameters
    }

    def handler(library: Library, request: RequestInput) -> Mapping[str, Any] | Response:
        own, given = library if isinstance(library, part) else library.part(part), dict(always)
        for name, value in (
            *((parameter.name, request.path[word]) for parameter, word in zip(parameters, in_path, strict=False)),
            *((words[-1], getattr(getattr(request, place), words[0])) for words in arguments),
        ):
            reader = readers[name]
            given[name] = reader(library, name, value) if reader else value
        with request.libraries.changes.setting(library, sets) if sets else nullcontext():
            answer = getattr(own, call.__name__)(**given)
        if status == 204:
            return Response(status_code=204)
        answer = getattr(own, shows)() if shows else answer
        if made_of is not None:
            answer = made_of(**{next(iter(made_of.__dataclass_fields__)): answer})
        written = answer if isinstance(answer, Mapping) else answer.to_record()
        where = {"Location": f"{API}{at.format(**written)}"} if at else {}
        return Responses.json(written, status, {**where, **dict(headers)}) if where or headers else written

    return Route(method, path, call.needs, summary, handler, **{place: shape, **form})


FORM = ("always", "at", "headers", "record", "sets", "shows", "tracks")
"""What the form of a declared route has beside the members of `Route`; see `map4.core.base.actor.served`."""


def _kind_of(made: Any) -> str | None:
    """The kind of a record, or of the record that a call returns; None for nothing."""
    returned = made if isinstance(made, type) else made.__annotations__["return"]
    record: Any = getattr(sys.modules[made.__module__], returned, None) if isinstance(returned, str) else returned
    return None if returned in (None, "None") else record.json_form.kind


def _number(library: Library, name: str, given: Any) -> Any:
    number = whole_number(given) if isinstance(given, str) else given
    if number is None and given is not None:
        raise NothingFoundError(f"there is no {name} '{given}'; a {name} is a number")
    return number


def _addressed(library: Library, name: str, given: str) -> Any:
    return library.tracks.addressed(given).track


_READERS: Mapping[Any, Callable[[Library, str, Any], Any]] = {
    "Track": _addressed,
    "Iterable[Track] | None": lambda library, name, given: [_addressed(library, name, each) for each in given] or None,
    "int | None": _number,
}
"""What reads an argument of a call, by its annotation."""
_TRACK_READERS: Mapping[Any, Callable[[Library, str, Any], Any]] = {
    "Track": lambda library, name, given: track_named(library, given),
    "PathLike": lambda library, name, given: track_named(library, given).path,
    "Paths": lambda library, name, given: paths_named(library, given),
}
"""What reads an argument that also paths of the library and words may name."""


def routes_of_commands(routes: Iterable[Route]) -> dict[str, str]:
    """The equivalent route of each command (from "as `map4 …`" in summaries), and of its options that are boolean query
    parameters."""
    addresses: dict[str, str] = {}
    for route in routes:
        address = f"{route.method} {API}{route.path}"
        for command in re.findall("as `(map4 [^`]+)`", route.summary):
            addresses.setdefault(command, address)
            for name in route.query.switches() if route.query else ():
                addresses.setdefault(f"{command} --{name.replace('_', '-')}", f"{address}?{name}=true")
    return addresses


def answered(route: Route, inputs: RequestInput, library: Library) -> Response | ToWrite:
    assert route.handler is not None
    answer = route.handler(library, inputs)
    return Responses.json(answer, route.status) if isinstance(answer, Mapping) else answer


def filled(example: Any, names: Mapping[str, str]) -> Any:
    """Fill the placeholders `{a}`, `{b}` … of an example."""
    if isinstance(example, str):
        for name, known in names.items():
            example = example.replace(f"{{{name}}}", known)
        return example
    if isinstance(example, Mapping):
        return {name: filled(value, names) for name, value in example.items()}
    return [filled(value, names) for value in example] if isinstance(example, list) else example
