"""The stored sound data of a track, apart from the core: the sound vector and the fingerprint of the recording."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

SOUND_VERSION = 1
"""Raised when a number of the sound vector changes for the same audio; different versions are never compared."""
FINGERPRINT_VERSION = 1  # raised when the fingerprint of the same audio changes
SOUND_KEYS_VERSION = 1  # raised when a fingerprint gives different keys for the search of copies


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundGroup:
    """A group of numbers of the sound vector that describe an aspect of the sound, and its total weight."""

    name: str
    size: int
    weight: float


SOUND_GROUPS = (
    SoundGroup(name="mfcc", size=13, weight=1.0),
    SoundGroup(name="mfcc_change", size=10, weight=1.0),
    SoundGroup(name="mfcc_covariance", size=28, weight=1.0),
    SoundGroup(name="contrast", size=10, weight=0.8),
    SoundGroup(name="modulation", size=15, weight=0.8),
    SoundGroup(name="tempo", size=14, weight=0.35),
    SoundGroup(name="harmony", size=12, weight=0.5),
    SoundGroup(name="intervals", size=12, weight=0.5),
    SoundGroup(name="tonality", size=6, weight=0.5),
    SoundGroup(name="register", size=8, weight=0.5),
)
"""The vector's layout. The weights were chosen by split-half retrieval and genre (`lab/measure/retrieval.py`). Tempo
and harmony have low weights: higher ones find the same track again but miss similar tracks.
"""

SOUND_SIZE = sum(group.size for group in SOUND_GROUPS)

FINGERPRINT_RATE_HZ = 22050 / 220 / 19
"""Words per second of a fingerprint: every nineteenth frame of the short transform."""
FINGERPRINT_MAX_S = 900.0
"""Only the first 15 minutes of a recording are fingerprinted: 9.5 KB, longer than any chance match of two mixes."""

_HALF_FLOATS = struct.Struct(f"<{SOUND_SIZE}e")


def pack_sound(sound: Sequence[float] | None) -> bytes:
    """A sound vector as 128 little-endian half-precision floats; empty for None.

    Half precision (three digits) is enough: the retrieval results are the same.
    """
    return b"" if sound is None else _HALF_FLOATS.pack(*sound)


def unpack_sound(data: bytes) -> tuple[float, ...] | None:
    if not data:
        return None
    if len(data) != _HALF_FLOATS.size:
        raise ValueError(f"a sound vector has {_HALF_FLOATS.size} bytes, got {len(data)}")
    sound = _HALF_FLOATS.unpack(data)
    require_sound(sound)
    return sound


def require_sound(sound: Sequence[float] | None) -> None:
    """Raise ValueError if this is not a sound vector; None is valid."""
    if sound is None:
        return
    if len(sound) != SOUND_SIZE:
        raise ValueError(f"a sound vector has {SOUND_SIZE} numbers, got {len(sound)}")
    if not all(map(math.isfinite, sound)):
        raise ValueError("the numbers of a sound vector must be finite")


def require_fingerprint(fingerprint: bytes | None) -> None:
    """Raise ValueError if this is not a sequence of 16-bit words; None is valid."""
    if fingerprint is not None and (not fingerprint or len(fingerprint) % 2):
        raise ValueError(f"a fingerprint is a sequence of 16-bit words, got {len(fingerprint)} bytes")
