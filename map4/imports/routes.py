"""Routes for imported files and the entries that wait for their file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from map4.core.base.path_maps import PathMap, PathMaps
from map4.errors import UsageError
from map4.imports.options import ImportOptions
from map4.imports.records import ImportHistory
from map4.jobs.routes.plans import planning
from map4.server.bodies import BodyShape
from map4.server.route import RequestInput, Route

ROUTES = (
    Route("GET", "/imports", "read",
          "Imported files, and entries that wait for their file, as `map4 import history`.",
          lambda library, request: ImportHistory(
              imports=tuple(library.imports.history()), waiting=tuple(library.imports.pending())).to_record(),
          answer="import-history", cache="alike"),
)  # fmt: skip


def _given(request: RequestInput) -> dict[str, Any]:
    if request.upload is None:
        raise UsageError("send the file in the form field 'file': curl -F file=@rekordbox.xml")
    return {"path": request.upload.path, "name": request.upload.name, "options": request.body}


def _import_body(path_map: Sequence[str] = (), **options: Any) -> ImportOptions:
    maps = PathMaps(maps=tuple(map(PathMap.parse, path_map))) if path_map else None
    return ImportOptions(**options, path_maps=maps)


PLAN_ROUTES = (
    planning("import", "Plan to import an uploaded file of another program, as `map4 import`.",
              _given, takes_file=True,
              body=BodyShape.of(ImportOptions, "PlanImport", more={"path_map": (list[str], [])}, make=_import_body,
                         without=("path_maps", "dry_run")), example={"format_name": "rekordbox"}),
)  # fmt: skip
