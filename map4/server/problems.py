"""Errors as RFC 9457 problem documents, with the exit codes and hints of the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from map4 import errors
from map4.server.admission import UnknownActorError
from map4.server.library_process import ProcessEndedError
from map4.server.limits import TooManyRequestsError
from map4.server.settings import API, OutsideMusicError


class ChangedMeanwhileError(errors.Map4Error):
    """The resource has changed since the client read it."""


MEDIA_TYPE = "application/problem+json"
PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "hint"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "integer", "description": "the exit code of the equivalent command"},
        "detail": {"type": "string"},
        "hint": {"type": ["string", "null"]},
    },
}
"""The schema of a problem document."""
RETRY_S = 5
"""Retry-After in seconds for a busy library."""
_HEADERS = {401: {"WWW-Authenticate": 'Bearer realm="map4"'}, 503: {"Retry-After": str(RETRY_S)}}

# Status and title by error class, the most specific class first.
_STATUSES: tuple[tuple[type[errors.Map4Error], int, str], ...] = (
    (UnknownActorError, 401, "Unknown caller"),
    (errors.WrongCredentialError, 401, "Log in again"),
    (TooManyRequestsError, 429, "Too many requests"),
    (OutsideMusicError, 403, "Outside the music folders"),
    (errors.NotAllowedError, 403, "Not allowed"),
    (ChangedMeanwhileError, 412, "It has changed since"),
    (errors.AlreadyBegunError, 409, "Already started"),
    (errors.AmbiguousNameError, 409, "Ambiguous track name"),
    (errors.StoredListExistsError, 409, "A list of this name exists"),
    (errors.AccountExistsError, 409, "An account of this name exists"),
    (errors.QueryError, 400, "Invalid query"),
    (errors.UsageError, 400, "Wrong usage"),
    (errors.NothingFoundError, 404, "Nothing found"),
    (errors.LibraryBusyError, 503, "The library is busy"),
    (errors.LibraryWriteError, 503, "The library can't be written"),
    (errors.LibraryVersionError, 503, "The library can't be used"),
    (errors.LibraryDamagedError, 503, "The library is damaged"),
    (ProcessEndedError, 503, "A process of the server was ended"),
    (errors.WorkerStartError, 503, "No worker process can be started"),
    (errors.FileError, 422, "The file can't be analysed"),
    (errors.Map4Error, 422, "The request failed"),
)
# Command-line options in a message, except in quotes (names and commands).
_OPTION = re.compile(r"(?<!\w)'[^']*'(?!\w)|(?<![^\s(])(?:--([a-z][a-z-]*)|-([no])\b)")
# A quoted command, with its argument such as FILE or FOLDER.
_COMMAND = re.compile(r"'(map4(?: [a-z-]+)+)(?: [A-Z]+)?'")
_MEMBERS = {"from": "seeds", "option": "more"}
_OF_THE_SERVER = ("library", "jobs", "timeout")  # options given when the server starts
_WRONG_USAGE, _COULD_NOT, _NOTHING_FOUND = 2, 1, 4


def problem(
    status: int,
    detail: str,
    *,
    kind: str = "http",
    title: str | None = None,
    code: int = _WRONG_USAGE,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """A problem as an answer.

    detail: what happened, then after a semicolon what to do, which becomes the `hint`
    code: the exit code of the equivalent command
    more: further members
    """
    record = {
        "type": f"urn:map4:problem:{kind}",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "hint": detail.partition("; ")[2] or None,
        **more,
    }
    return Response(msgspec.json.encode(record), status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def problem_of(error: errors.Map4Error, routes: Mapping[str, str] = MappingProxyType({})) -> Response:
    """The problem document of a map4 error; see `in_words_of_requests`."""
    status, title = next((status, title) for cls, status, title in _STATUSES if isinstance(error, cls))
    text = written(error.problem if isinstance(error, errors.QueryError) else error.for_callers())
    detail = in_words_of_requests(text, routes)
    return problem(
        status,
        detail,
        kind=errors.kind_of(error),
        title=title,
        code=error.exit_code,
        headers={"Retry-After": str(error.wait_s)} if isinstance(error, TooManyRequestsError) else _HEADERS.get(status),
        **_more(error),
    )


def problem_of_http(error: HTTPException) -> Response:
    """The problem document of an HTTP error: wrong address or method, too large or too slow a request."""
    is_missing = error.status_code == HTTPStatus.NOT_FOUND
    plain = error.detail == HTTPStatus(error.status_code).phrase
    detail = "there is no such route; see / and /api/v1/openapi.json" if is_missing and plain else error.detail
    return problem(
        error.status_code,
        written(detail),
        code=_NOTHING_FOUND if is_missing else _COULD_NOT if error.status_code >= 500 else _WRONG_USAGE,
        headers=error.headers,
    )


def internal_problem() -> Response:
    """The problem document of a bug in map4, without internals."""
    return problem(500, "a bug in map4; see its log ('map4 serve --debug')", kind="internal", code=_COULD_NOT)


def _more(error: errors.Map4Error) -> dict[str, Any]:
    if isinstance(error, TooManyRequestsError):
        return {"violated-policies": [error.policy]}
    if isinstance(error, errors.QueryError):
        place = {"start": error.start, "end": error.end, "instead": error.instead}
        return {"query": written(error.query), **place}
    if isinstance(error, errors.AmbiguousNameError):
        named = [
            {"name": written(caption), "path": written(path)} for caption, path in error.choices[: errors.MOST_CHOICES]
        ]
        return {"choices": named}
    if isinstance(error, errors.FileError):
        return {"error_kind": error.kind}
    return {}


def in_words_of_requests(text: str, routes: Mapping[str, str]) -> str:
    """Translate a command-line message: options become body members, commands the equivalent routes.

    routes: routes by command; a command without a route is left unchanged
    """

    def named(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name is None:
            command = _COMMAND.fullmatch(match[0])
            return f"'{routes[command[1]]}'" if command and command[1] in routes else match[0]
        if name == "o":
            return f"'POST {API}/exports'"
        return f"'map4 --{name}'" if name in _OF_THE_SERVER else f"'{_MEMBERS.get(name, name).replace('-', '_')}'"

    return _OPTION.sub(named, text)


def written(text: str) -> str:
    """Text encodable in JSON; lone surrogates and non-UTF-8 bytes of names are replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")
