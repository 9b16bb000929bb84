"""What is stored of a track's sound beside the core: the sound vector, and the fingerprint of the recording."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

SOUND_VERSION = 1
"""Raised when a number of the sound vector changes for the same audio; vectors of two versions are never compared."""
FINGERPRINT_VERSION = 1
"""The same for the fingerprint."""
SOUND_KEYS_VERSION = 1
"""Raised when the same fingerprint gives other keys, by which copies are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundGroup:
    """Numbers of the sound vector that describe one side of the sound, and how much they count together."""

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
"""The vector's layout. The weights were chosen by split-half retrieval and genre (lab/README.md): tempo and
harmony count less than they could, since more of them finds the same track again and loses what is like it."""

SOUND_SIZE = sum(group.size for group in SOUND_GROUPS)

FINGERPRINT_RATE_HZ = 22050 / 220 / 19
"""Words a second of a fingerprint: every nineteenth frame of the short transform."""
FINGERPRINT_MAX_S = 900.0
"""Only the first 15 minutes of a recording are fingerprinted: 9.5 KB, and more than any two mixes share by chance."""

_HALF_FLOATS = struct.Struct(f"<{SOUND_SIZE}e")


def pack_sound(sound: Sequence[float] | None) -> bytes:
    """A sound vector as 128 little-endian half-precision floats; no bytes where there is none.

    Half precision (three digits) loses nothing: the retrieval figures are the same.
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
    """Raise ValueError for what is no sound vector; None is fine."""
    if sound is None:
        return
    if len(sound) != SOUND_SIZE:
        raise ValueError(f"a sound vector has {SOUND_SIZE} numbers, got {len(sound)}")
    if not all(map(math.isfinite, sound)):
        raise ValueError("the numbers of a sound vector must be finite")


def require_fingerprint(fingerprint: bytes | None) -> None:
    """Raise ValueError for what is no row of 16-bit words; None is fine."""
    if fingerprint is not None and (not fingerprint or len(fingerprint) % 2):
        raise ValueError(f"a fingerprint is a row of 16-bit words, got {len(fingerprint)} bytes")
