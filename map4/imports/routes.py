"""Routes for imported files and the entries that wait for their file."""

from __future__ import annotations

from map4.imports.records import ImportHistory
from map4.server.route import Route

ROUTES = (
    Route("GET", "/imports", "read",
          "Imported files, and entries that wait for their file, as `map4 import history`.",
          lambda library, request: ImportHistory(
              imports=tuple(library.imports.history()), waiting=tuple(library.imports.pending())).to_record(),
          answer="import-history", kept="alike"),
)  # fmt: skip
