"""The sound of tracks, and what it is: files are sent, converted, and analysed."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, Literal

from starlette.responses import Response

from map4.core.base.paths import display_path, whole_path
from map4.core.music.analysis.audio import ConvertedFormat
from map4.core.music.track.track import Track
from map4.errors import FileError, NothingFoundError, UsageError
from map4.library import Library
from map4.plays.routes.audio_files import TrackAudio
from map4.scan import AnalyzeOptions
from map4.server.bodies import BodyShape
from map4.server.route import RequestInput, Route, Upload
from map4.server.settings import ServerSettings


def _audio(library: Library, request: RequestInput) -> Response:
    form, begin_s, end_s = (vars(request.query)[name] for name in ("as", "from_s", "to_s"))
    if (begin_s is None) != (end_s is None):
        raise UsageError("a part has a beginning and an end: give from_s and to_s, or neither")
    if begin_s is not None and form is None:
        raise UsageError("a part must be converted: use as=wav, which is exact to the sample, opus or mp3")
    part_s = None if begin_s is None else (begin_s, end_s)
    if part_s is None and request.query.speed != 1:
        raise UsageError("only a part can be played at another speed: give from_s and to_s")
    if request.query.piece is not None and request.query.piece < 1:
        raise UsageError("a piece has at least one byte")
    how = {"part_s": part_s, "speed": request.query.speed, "piece": request.query.piece}
    return TrackAudio.answer(library, request.settings, request.path["id"], form, **how)


def _analyze(library: Library, request: RequestInput) -> dict[str, Any]:
    body, upload, settings = request.body, request.upload, request.settings
    if (upload is None) == (body.path is None):
        raise UsageError('upload a file (multipart, field "file"), or name a file in a music folder ("path")')
    options = {"force": body.force, "beats": body.beats or body.cues}
    if upload is not None:
        return analysed_upload(library, upload, settings, **options).to_record(beats=body.beats, cues=body.cues)
    if not os.path.isfile(settings.inside_music(library, body.path)):
        raise NothingFoundError(f"there is no file {display_path(body.path)}")
    path = whole_path(body.path)
    [track] = library.analyze([path], store=body.store, jobs=1, timeout_s=settings.timeout_s, **options)
    if track.failure is not None:
        raise FileError(track.failure.kind, f"{display_path(path)} {track.failure.message}")
    return track.to_record(beats=body.beats, cues=body.cues)


def analysed_upload(library: Library, upload: Upload, settings: ServerSettings, **options: Any) -> Track:
    """The track of a file that was sent, under the name that it was sent with; the library keeps nothing of it."""
    how = AnalyzeOptions(store=False, jobs=1, timeout_s=settings.timeout_s, longest_s=settings.most_upload_s, **options)
    [track] = library.analyze([upload.path], options=how)
    if track.failure is None:
        return replace(track, path=upload.name)
    way = "; the server's setting serve.upload_hours allows more" if track.failure.kind == "too_long" else ""
    raise FileError(track.failure.kind, f"{upload.name} {track.failure.message}{way}")


_OFF = (bool, False)

ROUTES = (
    Route("GET", "/tracks/{id}/audio", "read",
          "The audio of a track, with ranges of at most `piece` bytes; `as` converts it, or the part from `from_s` to "
          "`to_s`, at `speed` and unchanged pitch. Conversions are sent while they are made, then cached.", _audio,
          query=BodyShape.plain("AudioQuery", from_s=(float | None, None), to_s=(float | None, None),
                            speed=(float, 1.0), piece=(int | None, None),
                            **{"as": (ConvertedFormat | Literal[None], None)}),
          media_type="audio/*",
          queue="files"),
    Route("POST", "/tracks/analyze", "own", "Analyse an uploaded file, or a file in a music folder, as `map4 analyze`.",
          _analyze, takes_file=True, answer="track", queue="worker",
          example={"path": "{music}/three.wav", "store": False}, body=BodyShape.plain(
              "Analyze", path=(str | None, None), store=(bool, True), force=_OFF, beats=_OFF, cues=_OFF)),
)  # fmt: skip
