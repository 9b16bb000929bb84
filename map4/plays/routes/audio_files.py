"""The audio file of a track, for sending."""

from __future__ import annotations

import os

from map4.base.regular_files import require_regular
from map4.errors import NothingFoundError
from map4.library import Library
from map4.music.analysis.audio import ConvertedFormat
from map4.music.track.track import Track, display_path
from map4.server.settings import ServerSettings

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


def audio_file(
    library: Library,
    settings: ServerSettings,
    address: str,
    form: ConvertedFormat | None,
    part_s: tuple[float, float] | None = None,
    speed: float = 1.0,
    kbps: int | None = None,
) -> tuple[str, str]:
    """Return the path of a track's audio, and its media type; converted, or a part of it, if a format is requested."""
    track, path = file_of(library, settings, address)
    if form is not None:
        converted = library.files.converted(track, form, part_s, speed=speed, kbps=kbps, timeout_s=settings.timeout_s)
        return converted, _MEDIA_TYPES[form]
    return path, media_type_of(track)


def file_of(library: Library, settings: ServerSettings, address: str) -> tuple[Track, str]:
    """Return a track and the path of its file, which must exist in a music folder."""
    track = library.tracks.addressed(address).track
    path = settings.inside_music(library, track.path)
    try:
        require_regular(path)
    except OSError:
        raise NothingFoundError(f"the file {display_path(track.path)} is missing; is its drive connected?") from None
    return track, path


def media_type_of(track: Track) -> str:
    suffix = os.path.splitext(track.path)[1].lower()
    codec = track.format.codec if track.format is not None else ""
    return _OF_SUFFIX.get(suffix) or _MEDIA_TYPES.get(codec, "application/octet-stream")
