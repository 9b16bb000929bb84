"""Players and the music that they play.

WAV with the extended header (WAVE_FORMAT_EXTENSIBLE) is refused by some firmware of all of them.
"""

from __future__ import annotations

import struct
import tomllib
from contextlib import suppress
from importlib.resources import files
from typing import Any, Literal

from map4.core.base.regular_files import OnDisk
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.track.track import Track
from map4.formats import suffix_of

StickForm = Literal["mp3-320", "aiff"]

HOT_CUES, MEMORY_CUES, TRACKS_A_LIST = 8, 10, 999  # what players show; further ones are on the stick
USUAL_PLAYER = "cdj-2000"
_USUAL_HZ, _HIGH_HZ = (44_100, 48_000), (88_200, 96_000)
_SUFFIXES = {
    "mp3": ("mp3",), "aac": ("m4a", "mp4", "aac"), "alac": ("m4a", "mp4"), "flac": ("flac",),
    "pcm": ("wav", "aif", "aiff"),
}  # fmt: skip
_EXTENSIBLE = 0xFFFE
_RIFF_HEAD_BYTES = 4096

PLAYERS: dict[str, dict[str, Any]] = tomllib.loads(files(__package__).joinpath("players.toml").read_text("utf-8"))
"""By the names that `--player` takes."""


def conversion_of(track: Track, player: str) -> StickForm | None:
    """Return the form to which a track is converted for a player; None if it plays the file.

    A lossless file stays lossless.
    """
    known, suffix = track.format, suffix_of(track.path)
    codec, rate_hz = ("", 0) if known is None else (known.codec, known.sample_rate_hz)
    is_named = suffix in _SUFFIXES.get(codec, ())
    if codec not in AudioFormat.LOSSLESS_CODECS:
        return None if is_named and rate_hz in _USUAL_HZ else "mp3-320"
    more = PLAYERS[player]
    plays = is_named and codec in ("pcm", *more.get("lossless", ()))
    plays = plays and (rate_hz in _USUAL_HZ or (rate_hz in _HIGH_HZ and rate_hz <= more.get("highest_hz", 0)))
    plays = plays and (known is None or known.bits in (None, 16, 24))
    return None if plays and not (suffix == "wav" and _is_extended(track.path)) else "aiff"


def _is_extended(path: str) -> bool:
    """Return whether a WAV has the extended header."""
    with suppress(OSError, struct.error), OnDisk(path).open() as file:
        head = file.read(_RIFF_HEAD_BYTES)
        at = head.find(b"fmt ")
        return at >= 0 and struct.unpack_from("<H", head, at + 8)[0] == _EXTENSIBLE
    return False
