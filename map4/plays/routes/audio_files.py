"""The audio file of a track, for sending."""

from __future__ import annotations

import math
import os

from map4.base.regular_files import require_regular
from map4.errors import NothingFoundError
from map4.library import Library
from map4.music.analysis.audio import USUAL_KBPS, ConvertedFormat, kbps_within
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
    wanted_kbps = most_kbps if most_kbps < math.inf else USUAL_KBPS.get(form, math.inf)
    return form, kbps_within(form, min(wanted_kbps, own_kbps))


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
