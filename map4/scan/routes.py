"""Routes for folders of this machine, to choose one to scan."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.responses import Response

from map4.core.base.actor import Actor
from map4.core.base.paths import absolute_path, as_paths, named_on_disk, whole_path
from map4.errors import UsageError
from map4.jobs import JobRequest
from map4.jobs.plans.common import Selected
from map4.jobs.routes.plans import planning, selected
from map4.jobs.routes.requests import asking, job_of
from map4.library import Library
from map4.scan.folders import Folder, FolderList
from map4.server.admission import KeyNeededError
from map4.server.bodies import BodyShape
from map4.server.route import RequestInput, Route
from map4.server.settings import OutsideMusicError, inside

MOST_FILES = 10_000
"""Maximum number of files per batch."""


def picked(library: Library, request: RequestInput, path: str) -> str:
    """Return the real path of a folder that the caller may look into and scan.

    raises KeyNeededError: if that takes the local key of this machine
    raises OutsideMusicError: if no caller may
    """
    try:
        return inside(path, _paths(_places(library, request)))
    except OutsideMusicError:
        if not request.has_key:
            inside(path, request.settings.home())
            raise KeyNeededError from None
        raise


def seeing_folders(library: Library, actor: Actor) -> Library:
    """Return the library for a caller with the scope `scan`, who may see its folders even without `read`."""
    return library.acting_as(replace(actor, scopes=actor.scopes | {"read"}))


def _places(library: Library, request: RequestInput) -> tuple[Folder, ...]:
    """Return the folders to choose music from: those of `--music`, else the scanned ones; plus the home folder for a
    caller with the local key while there are no accounts."""
    library = seeing_folders(library, request.actor)
    known = library.files.described(request.settings.music or None)
    home = request.settings.home() if request.has_key and not request.actor.has_account else ()
    return (*known, *library.files.described([folder for folder in home if folder not in _paths(known)]))


def _paths(folders: Iterable[Folder]) -> list[str]:
    return [folder.path for folder in folders]


def _folders(library: Library, request: RequestInput) -> dict[str, Any]:
    places = _places(library, request)
    if request.query.path is None:
        needs_key = not request.has_key and bool(request.settings.home())
        return FolderList(folder=None, parent=None, folders=places, needs_key=needs_key).to_record()
    within = [os.path.realpath(path) for path in _paths(places)]
    return library.files.folders_in(picked(library, request, request.query.path), within).to_record()


ROUTES = (
    Route("GET", "/folders", "scan",
          "Folders to choose from, with how many of their tracks the library knows. Without `path`: top-level folders.",
          _folders, query=BodyShape.plain("FoldersQuery", path=(str | None, None)), answer="folders",
          queue="files", example={"path": "{music}"}),
)  # fmt: skip


def _forget_track(library: Library, request: RequestInput) -> Response:
    track = library.tracks.addressed(request.path["id"])
    tracks, _ = library.tracks.at([os.fsencode(path) for path in track.paths])
    library.files.forget(tracks, ignore=request.query.ignore)
    return Response(status_code=204)


TRACK_ROUTES = (
    Route("DELETE", "/tracks/{id}", "scan",
          "Remove a track's files from the library, as `map4 library forget`; they stay on disk.", _forget_track,
          query=BodyShape.plain("ForgetQuery", ignore=(bool, False)), status=204, queue="write",
          example={"ignore": True}),
)  # fmt: skip


def _forgotten(request: RequestInput) -> dict[str, Any]:
    body = request.body
    named = {"folder": body.folder, "imported": body.imported, "plays": body.plays, "ignore": body.ignore}
    return {"selected": selected(request), **named}


PLAN_ROUTES = (
    planning("forget", "Plan to remove files or a folder from the library, as `map4 library forget`.",
              _forgotten, body=BodyShape.plain("PlanForget", **Selected.MEMBERS, folder=(str | None, None),
                               imported=(str | None, None), plays=(bool, False), ignore=(bool, False)),
              example={"tracks": ["{a}"]}),
)  # fmt: skip


def _scan(library: Library, inputs: RequestInput) -> JobRequest:
    request: JobRequest = inputs.body
    if not _inside(library, inputs, request):
        if not inputs.settings.music and not seeing_folders(library, inputs.actor).files.folders():
            raise UsageError("no folder has been scanned yet; set one with 'map4 serve --music FOLDER'")
        request = replace(request, files=inputs.settings.music)
    return request


def _batch(library: Library, inputs: RequestInput) -> JobRequest:
    request: JobRequest = inputs.body
    _inside(library, inputs, request)
    return request


def _inside(library: Library, inputs: RequestInput, request: JobRequest) -> list[str]:
    """The files of a request, after checking that the caller may have them read."""
    files = [absolute_path(path) for path in as_paths(request.files)]
    if len(files) > MOST_FILES:
        raise UsageError(f"a batch can have at most {MOST_FILES:,} files, not {len(files):,}; give their folder")
    for path in files:
        if request.kind == "scan":  # may be a folder just picked on the page
            picked(library, inputs, path)
        else:
            inputs.settings.inside_music(library, path)
    return files


def _take_files(options: dict[str, Any]) -> dict[str, Any]:
    return {"files": [named_on_disk(whole_path(path)) for path in options.pop("files", None) or ()]}


_analyzing = partial(asking, "analyze", name="BatchJob", prepared=_batch, take=_take_files,
                     members={"files": (list[str], ...)}, queue="files", example={"files": ["{music}"]})  # fmt: skip

JOB_ROUTES = (
    asking("scan", "/scan", "Scan folders, as `map4 scan`; without files the folders scanned before. A job.", "ScanJob",
           _scan, take=_take_files, members={"files": (list[str] | None, None)}, queue="files"),
    _analyzing("/batch/analyze", "Analyse files and keep the results. A job."),
    _analyzing("/audio/batch-analyze", "The same as `/batch/analyze`."),
    Route("GET", "/batch/{job}", "read", "A batch.",
          lambda library, request: job_of("analyze", library, request).to_record(), answer="job"),
    Route("DELETE", "/batch/{job}", "own", "Cancel a batch.",
          lambda library, request: library.jobs.cancel(job_of("analyze", library, request).id).to_record(),
          answer="job"),
)  # fmt: skip
