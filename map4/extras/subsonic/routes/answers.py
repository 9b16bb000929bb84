"""Responses of the protocol in JSON or XML (the default); most errors have status 200, too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

import msgspec
from starlette.responses import Response

from map4.errors import AmbiguousNameError, LibraryBusyError, Map4Error, NotAllowedError, NothingFoundError
from map4.server.admission import UnknownActorError
from map4.server.answers import Responses
from map4.server.limits import TooManyRequestsError
from map4.server.problems import problem_of
from map4.version import __version__

PROTOCOL = "1.16.1"
NAMESPACE = "http://subsonic.org/restapi"
MEDIA_TYPES = {"json": "application/json", "xml": "text/xml"}
GENERIC, MISSING_PARAMETER = 0, 10
UNKNOWN_USER, NO_TOKENS, NO_PASSWORDS, CONFLICTING, UNKNOWN_KEY = 40, 41, 42, 43, 44
NOT_ALLOWED, NOT_FOUND = 50, 70
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 can't contain."""


class SubsonicError(Map4Error):
    """A failed request with the protocol's error code."""

    def __init__(self, message: str, code: int = GENERIC) -> None:
        super().__init__(message)
        self.code = code


def answer(payload: Mapping[str, Any], form: str, status: int = 200) -> Response:
    """Return a response element in the form "json" or "xml", without members that are None."""
    head = {"status": "ok", "version": PROTOCOL, "type": "map4", "serverVersion": __version__, "openSubsonic": True}
    element = Responses.without_none({**head, **payload})
    if form == "json":
        return Response(msgspec.json.encode({"subsonic-response": element}), status, media_type=MEDIA_TYPES[form])
    root = ElementTree.Element("subsonic-response", xmlns=NAMESPACE)
    _fill(root, element)
    body = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(body, status, media_type=MEDIA_TYPES[form])


def refusal(error: Map4Error, form: str, *, help_url: str | None = None, status: int = 200) -> Response:
    """The response to a failed request; players that should repeat it later learn this from its status and header.

    help_url: a help page for the error
    """
    problem = problem_of(error)
    failure = {"code": code_of(error), "message": msgspec.json.decode(problem.body)["detail"], "helpUrl": help_url}
    response = answer({"status": "failed", "error": failure}, form, status)
    if isinstance(error, LibraryBusyError | TooManyRequestsError):
        response.status_code, response.headers["Retry-After"] = problem.status_code, problem.headers["Retry-After"]
    return response


def in_callback(response: Response, callback: str) -> Response:
    """A response in JSON as a call of a function (JSONP), for pages that load it as a script."""
    headers = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
    # The comment keeps the first bytes, which a caller chooses, from being read as another format.
    script = b"/**/%s(%s);" % (callback.encode(), bytes(response.body))
    return Response(script, response.status_code, headers, media_type="text/javascript")


def code_of(error: Map4Error) -> int:
    if isinstance(error, SubsonicError):
        return error.code
    if isinstance(error, NothingFoundError | AmbiguousNameError):
        return NOT_FOUND
    if isinstance(error, UnknownActorError):
        return UNKNOWN_USER
    return NOT_ALLOWED if isinstance(error, NotAllowedError) else GENERIC


def _fill(element: ElementTree.Element, content: Mapping[str, Any]) -> None:
    for name, value in content.items():
        if isinstance(value, Mapping):
            _fill(ElementTree.SubElement(element, name), value)
        elif isinstance(value, list):
            for item in value:
                child = ElementTree.SubElement(element, name)
                if isinstance(item, Mapping):
                    _fill(child, item)
                else:
                    child.text = _written(item)
        elif name == "value":
            element.text = _written(value)
        else:
            element.set(name, _written(value))


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else _UNWRITABLE.sub("\ufffd", str(value))
