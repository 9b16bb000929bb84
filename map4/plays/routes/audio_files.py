"""The audio file of a track, for sending."""

from __future__ import annotations

import asyncio
import logging
import math
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from io import FileIO
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from map4.core.base.regular_files import OnDisk
from map4.core.music.analysis.audio import AudioFormat, ConvertedFormat
from map4.core.music.track.track import Track
from map4.errors import Map4Error, NothingFoundError
from map4.library import Library
from map4.plays import Conversion, RunningConversion
from map4.server.answers import FileAnswer, Responses, while_wanted
from map4.server.changes import Changes
from map4.server.problems import problem_of
from map4.server.settings import ServerSettings

log = logging.getLogger("map4.server")
Refuse = Callable[[Map4Error], Response]

LEFT_S = 5.0
"""Players drop a connection and open another; a conversion stops this long after the last one has gone."""
_LOOK_S = 0.05

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


class TrackAudio:
    """The audio of a track as a response."""

    @staticmethod
    def answer(
        library: Library,
        settings: ServerSettings,
        address: str,
        form: ConvertedFormat | None,
        *,
        piece: int | None = None,
        refused: Refuse = problem_of,
        **how: Any,
    ) -> Response:
        """Return a track's audio; converted, or a part of it, if a format is requested.

        refused: the response for an error of the conversion
        how: as for `library.files.conversion`
        """
        track, path = file_of(library, settings, address)
        if form is None:
            return FileAnswer(path, media_type=TrackAudio.media_type(track), piece=piece)
        conversion = library.files.conversion(track, form, timeout_s=settings.timeout_s, **how)
        if conversion.is_made():
            return FileAnswer(conversion.path, media_type=_MEDIA_TYPES[form], piece=piece)
        waits = (
            form == "wav" and how.get("part_s") is not None
        )  # short, and programs need its exact length in the header
        return ConvertedAnswer(conversion, refused, waits=waits, media_type=_MEDIA_TYPES[form], piece=piece)

    @staticmethod
    def form_for(
        track: Track, form: ConvertedFormat | None, most_kbps: float = math.inf
    ) -> tuple[ConvertedFormat | None, int | None]:
        """Return the format and bit rate to convert a track to for a player; None if its file already fits.

        form: the requested format; None for the file's own, or Opus if the file exceeds the bit rate
        """
        own_kbps = (track.bit_rate_bps() or math.inf) / 1000
        codec = track.format.codec if track.format is not None else None
        is_form = form is None or codec == {"wav": "pcm"}.get(form, form)
        if is_form and own_kbps < most_kbps + 0.5:
            return None, None
        if form is None or (form == "wav" and most_kbps < math.inf):
            form = "opus"
        wanted_kbps = most_kbps if most_kbps < math.inf else AudioFormat.USUAL_KBPS.get(form, math.inf)
        return form, AudioFormat.kbps_within(form, min(wanted_kbps, own_kbps))

    @staticmethod
    def media_type(track: Track) -> str:
        suffix = os.path.splitext(track.path)[1].lower()
        codec = track.format.codec if track.format is not None else ""
        return _OF_SUFFIX.get(suffix) or _MEDIA_TYPES.get(codec, "application/octet-stream")


class ConvertedAnswer(FileAnswer):
    """Audio that is sent while it is converted; ranges behind its beginning wait until it is complete."""

    def __init__(self, conversion: Conversion, refused: Refuse, *, waits: bool = False, **how: Any) -> None:
        super().__init__(conversion.path, **how)
        self._conversion, self._refused, self._waits = conversion, refused, waits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the audio; if the conversion fails or the server stops meanwhile, cut the connection."""
        received, changes = Headers(scope=scope), scope["app"].state.changes
        if scope["method"] == "HEAD":
            await StreamingResponse((), headers=self.headers)(scope, receive, send)
            return
        is_whole = "if-range" in received or Responses.byte_ranges(received.get("range", "")) in ([], [(0, None)])
        is_sent_at_once = is_whole and not self._waits
        try:
            with RunningConversion.followed(self._conversion, LEFT_S) as running:
                async with aclosing(_pieces(running, changes)) as pieces:
                    first = await while_wanted(receive, anext(pieces) if is_sent_at_once else _complete(running))
                    if first is None:
                        await super().__call__(scope, receive, send)
                        return
                    try:
                        await StreamingResponse(_chained(first, pieces), headers=self.headers)(scope, receive, send)
                    except Map4Error as error:
                        log.warning("a conversion ended while it was sent: %s", type(error).__name__)
                        scope["state"].get("abort", bool)()
                        await asyncio.sleep(0)  # the connection is lost now, or the server reports it
        except ClientDisconnect:
            return
        except Map4Error as error:
            await self._refused(error)(scope, receive, send)


async def _pieces(running: RunningConversion, changes: Changes) -> AsyncGenerator[bytes]:
    """The audio as it becomes known."""
    start = 0
    file: FileIO | None = None
    try:
        while True:
            is_over = running.is_over
            file = file or await run_in_threadpool(running.open)
            data = b"" if file is None else await run_in_threadpool(running.read, file, start)
            if data:
                yield data
                start += len(data)
            elif is_over:
                running.wait()
                return
            elif changes.is_over:
                raise Map4Error("the server stops")
            else:
                await asyncio.sleep(_LOOK_S)
    finally:
        if file is not None:
            file.close()


async def _complete(running: RunningConversion) -> None:
    while not running.is_over:
        await asyncio.sleep(_LOOK_S)
    running.wait()


async def _chained(first: bytes, others: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in others:
        yield piece


def file_of(library: Library, settings: ServerSettings, address: str) -> tuple[Track, str]:
    """Return a track and the path of its file, which must exist in a music folder."""
    track = library.tracks.addressed(address).track
    path = settings.inside_music(library, track.path)
    try:
        OnDisk(path).require()
    except OSError:
        raise NothingFoundError(f"the file {track.shown_path} is missing; is its drive connected?") from None
    return track, path
