"""What one file is, apart from its name and tags, and whether it was made from a file with fewer bits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from map4.base.records import Json, Ordinal

ConvertedFormat = Literal["opus", "mp3", "wav"]
"""What audio can be converted to, for players that don't know its own form."""
CONVERTED_KBPS = {"opus": (32, 64, 96, 128, 192), "mp3": (32, 64, 96, 128, 192, 256)}
"""Bit rates that audio is converted to; few, so that a track is kept in few forms."""
USUAL_KBPS = {"opus": 128, "mp3": 256}
MadeForm = ConvertedFormat | Literal["strip"]
"""What is made of the audio of a file for who hears or sees it; "strip" is `Strip` at its finest."""

LOSSLESS_CODECS = ("pcm", "flac", "alac", "wavpack", "ape", "tta", "dsd")
"""Codecs that give back every sample."""

AUDIO_EXTENSIONS = frozenset(
    "aac aif aifc aiff ape dsf flac m4a m4b mp3 mp4 mpc oga ogg opus tta wav wma wv".split()  # noqa: SIM905
)

NEARLY_THE_RATE = 0.97
"""Encoders fall a little short of the bit rate they were asked for."""


def kbps_within(form: ConvertedFormat, most_kbps: float) -> int | None:
    """The highest bit rate to convert to that is no more than another, or the lowest there is; None of "wav"."""
    steps = CONVERTED_KBPS.get(form)
    return max((one for one in steps if one <= most_kbps), default=steps[0]) if steps else None


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


LEAST_SAMPLE_RATE_HZ = 44_100
"""Below, the rate itself ends the spectrum where coders do."""
LEAST_DROP_DB = 13.0
"""A coder's wall falls by 50 to 75 dB where there is music, by less where the highs are quiet. Lossless music that
reaches above 16 kHz falls by 7 at most where it ends below 20 (90 tracks) ..."""
LEAST_DROP_OF_LOSSY_DB = 25.0
"""... but a straight MP3 of a piano by up to 23, where its own encoder rounds quiet highs to nothing."""
LOWEST_WALL_HZ = 15_850.0
"""Lower ends are those of 32 kHz material too (radio, DAT at long play), which is not lossy."""
HIGHEST_WALL_HZ = 20_450.0
"""LAME's at 320 kbit/s and Opus' are below; what resampling to 44.1 kHz and converters leave begins above."""

# The lowest wall that an encoder puts itself, by bit rate; what is below has had another. LAME 3.100 at 160, 192,
# 256, 320 kbit/s: 17.5, 18.7, 19.3, 19.9 kHz. Those of others are a little lower, so these leave them room.
OWN_WALLS_HZ: dict[str, tuple[tuple[float, float], ...]] = {
    "mp3": ((310e3, 19_250.0), (248e3, 18_300.0), (186e3, 17_300.0)),
    "aac": ((248e3, 17_300.0),),
    "vorbis": ((186e3, 17_300.0),),
    "opus": ((150e3, 17_300.0),),
}
# Up to which frequency a wall is that of MP3 at so many kbit/s, by LAME and by the encoders before it.
_WALLS_OF_MP3 = ((17_300.0, 128), (18_300.0, 160), (19_250.0, 192), (19_850.0, 256), (HIGHEST_WALL_HZ, 320))


def is_upscaled(
    *,
    codec: str | None,
    sample_rate_hz: int | None,
    bit_rate_bps: float | None,
    cutoff_hz: float | None,
    cutoff_drop_db: float | None,
) -> bool | None:
    """Whether the end of a spectrum is that of a lossy encoding with fewer bits than the file has.

    cutoff_hz, cutoff_drop_db: of its spectrum, see `map4.music.analysis.analysis.Spectrum`
    returns: None where that can't be told: analyses before version 7, low sample rates and bit rates, other codecs,
        music without highs.
    """
    if codec is None or sample_rate_hz is None or bit_rate_bps is None or cutoff_hz is None or cutoff_drop_db is None:
        return None
    is_lossless = codec in LOSSLESS_CODECS
    own_wall_hz = HIGHEST_WALL_HZ if is_lossless else _own_wall_hz(codec, bit_rate_bps)
    if own_wall_hz is None or sample_rate_hz < LEAST_SAMPLE_RATE_HZ or cutoff_hz < LOWEST_WALL_HZ:
        return None
    if cutoff_hz >= own_wall_hz:
        return False
    return True if cutoff_drop_db >= (LEAST_DROP_DB if is_lossless else LEAST_DROP_OF_LOSSY_DB) else None


def _own_wall_hz(codec: str, bit_rate_bps: float) -> float | None:
    walls = OWN_WALLS_HZ.get(codec, ())
    return next((wall_hz for least_bps, wall_hz in walls if bit_rate_bps >= least_bps), None)


def why_upscaled(cutoff_hz: float) -> str:
    """What tells that a file is upscaled, in words: "nothing above 16.0 kHz, as MP3 at 128 kbit/s has it"."""
    kbps = next((kbps for wall_hz, kbps in _WALLS_OF_MP3 if cutoff_hz < wall_hz), _WALLS_OF_MP3[-1][1])
    return f"nothing above {cutoff_hz / 1000:.1f} kHz, as MP3 at {kbps} kbit/s has it"
