"""The sound of tracks, and what it is: files are sent, converted, and analysed."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, Literal

from starlette.responses import Response

from map4.domain.analysis.audio import ConvertedFormat
from map4.domain.track.track import display_path
from map4.errors import FileError, NothingFoundError, UsageError
from map4.library import Library
from map4.server.answers import FileAnswer
from map4.server.audio_files import audio_file
from map4.server.bodies import plain_shape
from map4.server.route import RequestInput, Route
from map4.server.settings import whole_path


def _audio(library: Library, asked: RequestInput) -> Response:
    path, media_type = audio_file(library, asked.settings, asked.path["id"], vars(asked.query)["as"])
    return FileAnswer(path, media_type=media_type)


def _analyze(library: Library, asked: RequestInput) -> dict[str, Any]:
    body, upload, settings = asked.body, asked.upload, asked.settings
    if (upload is None) == (body.path is None):
        raise UsageError('send a file (multipart, field "file"), or name one in a music folder ("path")')
    if upload is None and not os.path.isfile(settings.inside_music(library, body.path)):
        raise NothingFoundError(f"there is no file {display_path(body.path)}")
    path = upload.path if upload is not None else whole_path(body.path)
    # A file that was sent has its own temporary folder, and is nothing that the library could find again.
    store = upload is None and body.store
    options = {"jobs": 1, "timeout_s": settings.timeout_s, "force": body.force, "beats": body.beats or body.cues}
    [track] = library.analyze([path], store=store, **options)
    if track.failure is not None:
        named = display_path(path) if upload is None else upload.name
        raise FileError(track.failure.kind, f"{named} {track.failure.message}")
    shown = track if upload is None else replace(track, path=upload.name)
    return shown.to_record(beats=body.beats, cues=body.cues)


_OFF = (bool, False)

ROUTES = (
    Route("GET", "/tracks/{id}/audio", "read", "The audio of a track, with ranges; `as` converts it, once.", _audio,
          query=plain_shape("AudioQuery", **{"as": (ConvertedFormat | Literal[None], None)}), media_type="audio/*",
          queue=lambda asked: "quick" if vars(asked.query)["as"] is None else "worker"),
    Route("POST", "/tracks/analyze", "own", "Analyse a file that is sent, or one in a music folder, as `map4 analyze`.",
          _analyze,
          body=plain_shape("Analyze", path=(str | None, None), store=(bool, True), force=_OFF, beats=_OFF, cues=_OFF),
          upload="may", answer="track", queue="worker"),
)  # fmt: skip
