"""Decades over HTTP."""

from __future__ import annotations

from typing import Any

from map4.library import Library
from map4.server.bodies import BodyShape
from map4.server.route import RequestInput, Route
from map4_decades.decades import Decades


def _all(library: Library, request: RequestInput) -> dict[str, Any]:
    return {"decades": library.part(Decades).all()}


def _name(library: Library, request: RequestInput) -> dict[str, Any]:
    library.part(Decades).name(int(request.path["decade"]), request.body.name)
    return _all(library, request)


NAME = BodyShape.plain("DecadeName", name=(str, ...))
ROUTES = (
    Route("GET", "/decades", "read", "Tracks of each decade, as `map4 decades`.", _all),
    Route("PUT", "/decades/{decade:int}", "correct", "Name a decade.", _name, body=NAME, queue="write"),
)
