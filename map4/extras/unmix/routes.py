"""Routes of un-mixing: upload a recording, get its track list, and store it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote

from msgspec import Meta
from starlette.responses import Response

from map4.core.base.paths import display_path, whole_path
from map4.core.base.text import size_text
from map4.errors import NothingFoundError, UsageError
from map4.extras.unmix.job import keep_set
from map4.extras.unmix.recorded_sets import RecordedSets
from map4.extras.unmix.records import Unmixed, unmixed_of
from map4.extras.unmix.request import MOST_LINES_BYTES, SetWishes, UnmixRequest
from map4.jobs import Job, JobRequest
from map4.jobs.routes.requests import asking, job_of
from map4.library import Library
from map4.server.answers import FileAnswer
from map4.server.bodies import BodyShape
from map4.server.route import RequestInput, Route, ToWrite

_CHAPTERS = "chapters"
_MEDIA_TYPE = "application/octet-stream"


def _unmix(library: Library, inputs: RequestInput) -> Job | JobRequest:
    request: JobRequest = inputs.body
    options, upload = request.options, inputs.upload
    assert isinstance(options, UnmixRequest)
    if (upload is None) == (options.path is None):
        raise UsageError('upload the recording (multipart, field "file"), or name a file in a music folder ("path")')
    _check(library, options, upload.name if upload is not None else options.path or "")
    if options.playlist is not None:
        options = replace(options, playlist=library.lists.id_of(options.playlist))
    options = replace(options, longest_s=inputs.settings.most_set_s)
    if upload is not None:
        options.require_time()
        request = replace(request, options=replace(options, name=upload.name))
        return library.jobs.submit_set(request, upload.path)
    assert options.path is not None
    if not os.path.isfile(inputs.settings.inside_music(library, options.path)):
        raise NothingFoundError(f"there is no file {display_path(options.path)}")
    path = whole_path(options.path)
    options = replace(options, path=path, name=display_path(os.path.basename(path)))
    return replace(request, options=options)


def _check(library: Library, options: UnmixRequest, name: str) -> None:
    """Reject what would fail only after hours of work."""
    if options.chapters:
        try:
            library.part(RecordedSets).require_chapters(name)
        except UsageError as error:
            raise UsageError(f"{str(error).partition(';')[0]}; use a CUE sheet instead") from None
    if options.query is not None:
        library.search(options.query)
    if options.save is not None:
        library.lists.check_save(options.save, force=options.force)
    if options.playlist is not None and options.tracklist is not None:
        raise UsageError('give either a stored list ("playlist") or a text ("tracklist"), not both')
    if len((options.tracklist or "").encode("utf-8", "replace")) > MOST_LINES_BYTES:
        raise UsageError(f"the track list is longer than {size_text(MOST_LINES_BYTES)}")


def _found(library: Library, request: RequestInput) -> tuple[Job, UnmixRequest, Unmixed]:
    """The job of the address, its options, and its track list."""
    job = job_of("unmix", library, request)
    if job.result is None:
        raise NothingFoundError(f"{job.id} has no track list: it is {job.status}")
    _, options = JobRequest.restored("unmix", job.options)
    assert isinstance(options, UnmixRequest)
    return job, options, unmixed_of(job.result)


def _file(library: Library, request: RequestInput) -> Response:
    job, options, unmixed = _found(library, request)
    if request.query.format == _CHAPTERS:
        if not options.chapters:
            raise NothingFoundError(f'{job.id} made no copy with chapters; request it with "chapters": true')
        path = library.jobs.file(job.id)
        return FileAnswer(path, filename=os.path.basename(path), media_type=_MEDIA_TYPE)
    file = library.part(RecordedSets).file(unmixed, request.query.format, notation=request.settings.notation)
    named = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"}
    return Response(file.content, headers=named, media_type=_MEDIA_TYPE)


def _keep(library: Library, request: RequestInput) -> Mapping[str, Any] | ToWrite:
    wishes: SetWishes = request.body
    if wishes.save is None and not wishes.keep:
        raise UsageError('choose what to store: "save": NAME for a history, "keep": true for plays')
    _, options, unmixed = _found(library, request)
    return ToWrite(lambda opened: keep_set(opened, unmixed, wishes, options).document())


ROUTES = (
    asking("unmix", "/unmix", "Detect which tracks were played in an uploaded recording or in a file of a music "
           "folder, as `map4 unmix`. A job.", "UnmixJob", _unmix, takes_file="set", queue="files",
           example={"path": "{music}/one.wav", "query": "is:ok"}),
    Route("GET", "/unmix/{job}", "read", "The un-mix job; its `result` is the track list.",
          lambda library, request: job_of("unmix", library, request).to_record(), answer="job"),
    Route("GET", "/unmix/{job}/file", "read", "The track list as a file: a CUE sheet, a page, a list in any format, "
          "its JSON, or the copy of the recording with chapters.", _file, media_type=_MEDIA_TYPE, queue="long",
          query=BodyShape.plain("UnmixFileQuery", format=(Annotated[str, Meta(examples=["cue", "html", "m3u8", "json",
                                                                                   _CHAPTERS])], "cue")),
                                                                                   example={"format": "cue"}),
    Route("POST", "/unmix/{job}/keep", "own", "Store the tracks as a history, as plays, or both.", _keep,
          body=BodyShape.of(SetWishes, "KeepSet"), answer="kept-set", example={"save": "Friday night"}),
)  # fmt: skip
