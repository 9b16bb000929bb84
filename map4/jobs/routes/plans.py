"""Routes of plans: preview changes, then carry them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

from starlette.responses import Response

from map4.base.path_maps import PathMap, PathMaps
from map4.duplicates import LEAST_CERTAINTY, GroupKind, Quarantines
from map4.duplicates.plans import CopiesToMove
from map4.errors import UsageError
from map4.imports import ImportOptions
from map4.jobs.plan_records import Plan
from map4.jobs.plans.common import Selected
from map4.jobs.routes.jobs import accepted
from map4.labels import ClassifyOptions
from map4.library import Library
from map4.server.answers import json_response
from map4.server.bodies import plain_shape, shape
from map4.server.route import RequestInput, Route
from map4.server.settings import API

TRACKS: dict[str, tuple[Any, Any]] = {"tracks": (list[str], []), "query": (str | None, None)}
"""Members of every body that selects tracks."""


def selected(request: RequestInput) -> Selected:
    return Selected(tracks=request.body.tracks, query=request.body.query, music=request.settings.music)


def plan_answer(plan: Plan) -> Response:
    return json_response(plan.to_record(), 201, {"Location": f"{API}/plans/{plan.id}"})


def _quarantine(library: Library, request: RequestInput) -> Response:
    return plan_answer(library.plans.make("quarantine", wanted=request.body, music=request.settings.music))


def _import(library: Library, request: RequestInput) -> Response:
    if request.upload is None:
        raise UsageError("send the file in the form field 'file': curl -F file=@rekordbox.xml")
    sent = {"path": request.upload.path, "name": request.upload.name}
    return plan_answer(library.plans.make("import", **sent, options=request.body))


def _restore(library: Library, request: RequestInput) -> Response:
    if request.upload is None:
        raise UsageError("send the backup in the form field 'file': curl -F file=@library-backup.map4")
    return plan_answer(library.plans.make("restore", path=request.upload.path, name=request.upload.name))


def _import_body(path_map: Sequence[str] = (), **options: Any) -> ImportOptions:
    maps = PathMaps(maps=tuple(map(PathMap.parse, path_map))) if path_map else None
    return ImportOptions(**options, path_maps=maps)


def _classify_body(tracks: Sequence[str] = (), query: str | None = None, **options: Any) -> SimpleNamespace:
    return SimpleNamespace(tracks=tracks, query=query, options=ClassifyOptions(**options))


def _classify(library: Library, request: RequestInput) -> Response:
    options = replace(request.body.options, models=request.settings.models)
    return plan_answer(
        library.plans.make("classify", options=options, tracks=request.body.tracks, query=request.body.query)
    )


def _forget(library: Library, request: RequestInput) -> Response:
    body = request.body
    named = {"folder": body.folder, "imported": body.imported, "ignore": body.ignore}
    return plan_answer(library.plans.make("forget", selected=selected(request), **named))


_COPIES = plain_shape(
    "PlanQuarantine",
    CopiesToMove,
    files=(list[str], []),
    query=(str | None, None),
    kinds=(list[GroupKind], []),
    least_certainty=(float, LEAST_CERTAINTY),
    prefer_folders=(list[str], []),
    keep=(list[str], []),
)

_OF_THE_SERVER = ("model", "base_url", "models", "local_only", "clock", "limits", "responses")
"""Options of models that requests can't set: addresses, and models that may cost more."""

planning = partial(Route, "POST", answer="plan", status=201, queue="long", needs_key=True)

ROUTES = (
    planning("/plans/quarantine", "files", "Plan to move copies away, as `map4 duplicates`.", _quarantine,
              body=_COPIES, example={"kinds": ["same_audio"]}),
    planning("/plans/return", "files", "Plan to put moved copies back.",
             lambda library, request: plan_answer(library.plans.make("return", journal=request.body.journal)),
              body=plain_shape("PlanReturn", journal=(str | None, None)), example={"journal": None}),
    planning("/plans/import", "scan", "Plan to import an uploaded file of another program, as `map4 import`.",
              _import, takes_file=True,
              body=shape(ImportOptions, "PlanImport", more={"path_map": (list[str], [])}, make=_import_body,
                         without=("path_maps", "dry_run")), example={"format_name": "rekordbox"}),
    planning("/plans/classify", "scan", "Plan to label tracks with a model of the settings, as `map4 classify`.",
              _classify, body=shape(ClassifyOptions, "PlanClassify", more=TRACKS, make=_classify_body,
                                    without=_OF_THE_SERVER), example={"provider": "keywords"}),
    planning("/plans/forget", "scan", "Plan to remove files or a folder from the library, as `map4 library forget`.",
              _forget, body=plain_shape("PlanForget", **TRACKS, folder=(str | None, None),
                               imported=(str | None, None), ignore=(bool, False)), example={"tracks": ["{a}"]}),
    planning("/plans/restore", "admin", "Plan to restore an uploaded backup, as `map4 library "
              "restore`.", _restore, takes_file=True, body=plain_shape("PlanRestore"), needs_log_in=True),
    Route("GET", "/plans/{plan}", "own", "A plan, valid for ten minutes.",
          lambda library, request: library.plans.get(request.path["plan"]).to_record(), answer="plan", needs_key=True),
    Route("POST", "/plans/{plan}", "own", "Carry out a plan, once, exactly as shown. A job.",
          lambda library, request: accepted(library.plans.begin(request.path["plan"])),
          body=plain_shape("BeginPlan"), answer="job", status=202, needs_key=True),
    Route("GET", "/duplicates/journals", "files", "The moved copies.",
          lambda library, request: Quarantines(quarantines=tuple(library.duplicates.quarantines())).to_record(),
          answer="quarantine-journals"),
)  # fmt: skip
