"""Routes of marks: users' own words on tracks."""

from __future__ import annotations

from typing import Any

from map4.errors import UsageError
from map4.library import Library
from map4.server.bodies import plain_shape
from map4.server.route import RequestInput, Route


def _change(library: Library, request: RequestInput) -> dict[str, Any]:
    """Rename a mark, or change its colour and key."""
    body = request.body
    if (body.name is None) == (body.color is None and body.key is None):
        raise UsageError("give the mark either a new 'name', or a 'color' and a 'key'")
    if body.name is not None:
        library.marks.rename(body.mark, body.name)
    else:
        library.marks.show_as(body.mark, color=body.color, key=body.key)
    return library.marks.all().to_record()


def _delete(library: Library, request: RequestInput) -> dict[str, Any]:
    library.marks.delete(request.query.mark)
    return library.marks.all().to_record()


ROUTES = (
    Route("GET", "/marks", "read", "Your marks by name, with colour, key and number of tracks.",
          lambda library, request: library.marks.all().to_record(), answer="marks", queue="quick"),
    Route("PATCH", "/marks", "own", "Rename a mark, or set its colour and key; returns all your marks.",
          _change, body=plain_shape("MarkLook", mark=(str, ...), name=(str | None, None), color=(str | None, None),
                                    key=(int | None, None)), answer="marks", queue="write",
                                    example={"mark": "peak", "name": "late"}),
    Route("DELETE", "/marks", "own", "Remove a mark from all tracks; returns your remaining marks.",
          _delete, query=plain_shape("MarkQuery", mark=(str, ...)), answer="marks", queue="write",
          example={"mark": "peak"}),
)  # fmt: skip
