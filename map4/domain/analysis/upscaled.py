"""Whether a file was made from a lossy one with fewer bits: its spectrum ends at the wall of another coder.

An encoder leaves out everything above a frequency that depends on its bit rate, and the wall stays when the result is
encoded anew, as FLAC or with more bits. A wall is believed only where the music reaches it, where it is as steep as no
instrument, microphone or tape is, and where it stands lower than the file's own encoder would have put it.
"""

from __future__ import annotations

from map4.domain.analysis.audio import LOSSLESS_CODECS

LEAST_SAMPLE_RATE_HZ = 44_100
"""Below, the rate itself ends the spectrum where coders do."""
LEAST_DROP_DB = 13.0
"""A coder's wall falls by 50 to 75 dB where there is music, by less where the highs are quiet. Lossless music that
reaches above 16 kHz falls by 7 at most where it ends below 20 (90 tracks of `benchmarks/upscaled.py`) ..."""
LEAST_DROP_OF_LOSSY_DB = 25.0
"""... but a straight MP3 of a piano by up to 23, where its own encoder rounds quiet highs to nothing."""
LOWEST_WALL_HZ = 15_850.0
"""Lower ends are those of 32 kHz material too (radio, DAT at long play), which is not lossy."""
HIGHEST_WALL_HZ = 20_450.0
"""LAME's at 320 kbit/s and Opus' are below; what resampling to 44.1 kHz and converters leave begins above."""

# The lowest wall that an encoder puts itself, by bit rate; what is below has had another. LAME 3.100 at 160, 192,
# 256, 320 kbit/s: 17.5, 18.7, 19.3, 19.9 kHz. Those of others are a little lower, so these leave them room.
_OWN_WALLS_HZ: dict[str, tuple[tuple[float, float], ...]] = {
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

    cutoff_hz, cutoff_drop_db: of its spectrum, see `map4.domain.analysis.analysis.Spectrum`
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
    walls = _OWN_WALLS_HZ.get(codec, ())
    return next((wall_hz for least_bps, wall_hz in walls if bit_rate_bps >= least_bps), None)


def why_upscaled(cutoff_hz: float) -> str:
    """What tells that a file is upscaled, in words: "nothing above 16.0 kHz, as MP3 at 128 kbit/s has it"."""
    kbps = next((kbps for wall_hz, kbps in _WALLS_OF_MP3 if cutoff_hz < wall_hz), _WALLS_OF_MP3[-1][1])
    return f"nothing above {cutoff_hz / 1000:.1f} kHz, as MP3 at {kbps} kbit/s has it"
