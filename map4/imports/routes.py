"""What was imported, and what of it waits for its file."""

from __future__ import annotations

from map4.imports.records import ImportHistory
from map4.server.route import Route

ROUTES = (
    Route("GET", "/imports", "read",
          "What was imported, and what of it waits for its file, as `map4 import history`.",
          lambda library, asked: ImportHistory(
              imports=tuple(library.imports.history()), waiting=tuple(library.imports.pending())).to_record(),
          answer="import-history", kept="alike"),
)  # fmt: skip
