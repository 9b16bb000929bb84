"""What one file is, apart from its name and tags."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from map4.domain.records import Json, Ordinal

ConvertedFormat = Literal["opus", "mp3", "wav"]
"""What audio can be converted to, for players that don't know its own form."""

LOSSLESS_CODECS = ("pcm", "flac", "alac", "wavpack", "ape", "tta", "dsd")
"""Codecs that give back every sample."""

AUDIO_EXTENSIONS = frozenset(
    "aac aif aifc aiff ape dsf flac m4a m4b mp3 mp4 mpc oga ogg opus tta wav wma wv".split()  # noqa: SIM905
)

NEARLY_THE_RATE = 0.97
"""Encoders fall a little short of the bit rate they were asked for."""


AudioId = Annotated[str, Json(pattern="^a[12]-[0-9a-f]{32}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFormat:
    """How the payload is encoded.

    codec: lower-case name: mp3, flac, vorbis, opus, aac, alac, pcm, wma, ape, wavpack, tta, musepack, dsd ...
    sample_rate_hz, channels: of the encoded audio
    bits: bits a sample where the codec has them, else None
    payload_bytes: size of the encoded audio alone
    """

    codec: str
    sample_rate_hz: Ordinal
    channels: Ordinal
    bits: Ordinal | None
    payload_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The audio id ("a1-" or "a2-" + 32 hex digits) and the format it covers.

    length_s: as headers state it, for what must be known before it is decoded; None where they do not, or map4 does
        not read it
    whole_file: no better boundary than the file itself is known, so that retagging changes the id
    """

    audio_id: str
    format: AudioFormat
    length_s: float | None = field(default=None, compare=False)
    whole_file: bool = False
