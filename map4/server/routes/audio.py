"""The sound of tracks, and what it is: files are sent, converted, and analysed."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, Literal

from starlette.responses import FileResponse, Response

from map4.app.paths import absolute_path
from map4.domain.audio import ConvertedFormat
from map4.domain.track import display_path
from map4.errors import FileError, NothingFoundError, UsageError
from map4.library import Library
from map4.regular_files import require_regular
from map4.server.bodies import plain_shape
from map4.server.route import Asked, Route

_MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "aac": "audio/mp4",
    "alac": "audio/mp4",
    "vorbis": "audio/ogg",
    "opus": "audio/ogg",
    "pcm": "audio/wav",
    "wav": "audio/wav",
}
_OF_SUFFIX = {".aif": "audio/aiff", ".aiff": "audio/aiff", ".aac": "audio/aac", ".wv": "audio/x-wavpack"}


def audio_file(library: Library, asked: Asked, address: str, form: ConvertedFormat | None) -> tuple[str, str]:
    """The path of a track's audio, and its media type; converted where a form is asked for.

    Raises
    ------
    NothingFoundError
        If there is no such track, or none of its files is there.
    OutsideMusicError
        If its file lies in none of the music folders.
    FileError
        If it can't be converted.
    """
    track = library.addressed(address).track
    path = asked.settings.inside_music(library, track.path)
    try:
        require_regular(path)
    except OSError:
        raise NothingFoundError(f"the file {display_path(track.path)} is not there; is its drive connected?") from None
    if form is not None:
        path = library.converted(track, form, timeout_s=asked.settings.timeout_s)
        return path, _MEDIA_TYPES[form]
    codec = track.format.codec if track.format is not None else ""
    suffix = os.path.splitext(path)[1].lower()
    return path, _OF_SUFFIX.get(suffix) or _MEDIA_TYPES.get(codec, "application/octet-stream")


def _audio(library: Library, asked: Asked) -> Response:
    path, media_type = audio_file(library, asked, asked.path["id"], vars(asked.query)["as"])
    return FileResponse(path, media_type=media_type)


def _analyze(library: Library, asked: Asked) -> dict[str, Any]:
    body, upload, settings = asked.body, asked.upload, asked.settings
    if (upload is None) == (body.path is None):
        raise UsageError('send a file (multipart, field "file"), or name one in a music folder ("path")')
    path = upload.path if upload is not None else absolute_path(body.path)
    if upload is None and not os.path.isfile(settings.inside_music(library, path)):
        raise NothingFoundError(f"there is no file {display_path(path)}")
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
    Route("GET", "/tracks/{id}/audio", "The audio of a track, with ranges; `as` converts it, once.", _audio,
          query=plain_shape("AudioQuery", **{"as": (ConvertedFormat | Literal[None], None)}), media_type="audio/*",
          lane=lambda asked: "quick" if vars(asked.query)["as"] is None else "worker"),
    Route("POST", "/tracks/analyze", "Analyse a file that is sent, or one in a music folder, as `map4 analyze`.",
          _analyze,
          body=plain_shape("Analyze", path=(str | None, None), store=(bool, True), force=_OFF, beats=_OFF, cues=_OFF),
          upload="may", answer="track", lane="worker"),
)  # fmt: skip
