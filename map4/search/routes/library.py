"""Library statistics and ignored files."""

from __future__ import annotations

from typing import Any

from map4.library import Library
from map4.scan import IgnoredFileList
from map4.server.bodies import plain_shape
from map4.server.route import RequestInput, Route


def _ignored(library: Library, request: RequestInput) -> dict[str, Any]:
    return IgnoredFileList(files=tuple(library.files.ignored())).to_record()


def _unignore(library: Library, request: RequestInput) -> dict[str, Any]:
    library.files.unignore(request.query.path)
    return _ignored(library, request)


ROUTES = (
    Route("GET", "/ignored", "read", "The files that scans ignore, as `map4 library forget --list`.", _ignored,
          answer="ignored-files", queue="quick", cache="alike"),
    Route("DELETE", "/ignored", "scan", "Stop ignoring files in scans, as `map4 library forget --undo`.", _unignore,
          query=plain_shape("HeedQuery", path=(list[str], ...)), answer="ignored-files", queue="write",
          example={"path": ["{music}/one.wav", "{music}/again.wav"]}),
)  # fmt: skip
