"""The audio format of a file, and whether it was made from a lossy file with fewer bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, get_args

from map4.core.base.records import Json, Ordinal

if TYPE_CHECKING:
    from map4.core.music.analysis.analysis import Analysis

ConvertedFormat = Literal["opus", "mp3", "wav"]
"""Formats that audio is converted to, for players that don't support its own."""
MadeForm = ConvertedFormat | Literal["strip"]
"""Derived audio for playing or drawing; "strip" is `Strip` at full resolution."""

AudioId = Annotated[str, Json(pattern="^a[12]-[0-9a-f]{32}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFormat:
    """The encoding of the payload.

    codec: lower-case name: mp3, flac, vorbis, opus, aac, alac, pcm, wma, ape, wavpack, tta, musepack, dsd ...
    sample_rate_hz, channels: of the encoded audio
    bits: bits per sample if the codec has a bit depth, else None
    payload_bytes: size of the encoded audio only
    """

    LOSSY_OLD: ClassVar[frozenset[str]] = frozenset({"mp3", "mp2", "wma"})
    LOSSY_NEW: ClassVar[frozenset[str]] = frozenset({"aac", "vorbis", "opus"})
    NEW_CODEC_GAIN: ClassVar[float] = 1.6
    """An estimate: AAC, Vorbis and Opus need about 80 kbit/s where MP3 needs 128."""
    NEARLY_THE_RATE: ClassVar[float] = 0.97
    """Encoders fall slightly short of the requested bit rate."""
    DAMAGE: ClassVar = {"damaged": "parts of it can't be decoded", "truncated": "it ends before the length it states"}
    """Flags of an analysis that mean a damaged file, in words."""
    USUAL_KBPS: ClassVar[Mapping[str, int]] = {"opus": 128, "mp3": 256}
    CONVERTED_KBPS: ClassVar = {"opus": (32, 64, 96, 128, 192), "mp3": (32, 64, 96, 128, 192, 256)}
    """Bit rates for conversion; only few, to limit the cached versions of a track."""

    LOSSLESS_CODECS = ("pcm", "flac", "alac", "wavpack", "ape", "tta", "dsd")
    """Lossless codecs."""
    LATER_EXTENSIONS = frozenset(
        "3ga ac3 amr au caf dff dts eac3 m4r mka mlp mp1 mp2 oma ra rf64 shn snd spx tak thd voc w64 weba".split()  # noqa: SIM905
    )
    """Suffixes that scans of map4 1.0.0 left out."""
    EXTENSIONS = LATER_EXTENSIONS | frozenset(
        "aac aif aifc aiff ape dsf flac m4a m4b mp3 mp4 mpc oga ogg opus tta wav wma wv".split()  # noqa: SIM905
    )

    codec: str
    sample_rate_hz: Ordinal
    channels: Ordinal
    bits: Ordinal | None
    payload_bytes: int

    @staticmethod
    def mp3_bps(codec: str | None, bit_rate_bps: float, channels: int | None) -> float:
        """The bit rate of a stereo MP3 that is as good; half the channels need about half the bits."""
        gain = 1.0 if codec in AudioFormat.LOSSY_OLD else AudioFormat.NEW_CODEC_GAIN
        return bit_rate_bps * gain * 2 / min(channels or 2, 2)

    @staticmethod
    def kbps_within(form: ConvertedFormat, most_kbps: float) -> int | None:
        """The highest conversion bit rate up to a limit, or else the lowest one; None for "wav"."""
        steps = AudioFormat.CONVERTED_KBPS.get(form)
        return max((step for step in steps if step <= most_kbps), default=steps[0]) if steps else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The audio id ("a1-" or "a2-" + 32 hex digits) and the format it covers.

    length_s: as stated by the headers, for use before decoding; None if missing or not read by map4
    whole_file: True if the payload boundaries are unknown, so that retagging changes the id
    is_tag_broken: True if other programs read past a tag at the beginning, or into it
    """

    audio_id: str
    format: AudioFormat
    length_s: float | None = field(default=None, compare=False)
    whole_file: bool = False
    is_tag_broken: bool = field(default=False, compare=False)


class Upscaling:
    """Whether a file was made from a lossy file with fewer bits, by the cutoff of its spectrum."""

    LEAST_SAMPLE_RATE_HZ = 44_100
    """Below this, the sample rate itself limits the spectrum where encoders do."""
    LEAST_DROP_DB = 13.0
    """A lossy encoder's cutoff drops by 50 to 75 dB in music, by less if the highs are quiet. Lossless music that
    reaches above 16 kHz drops by at most 7 dB if it ends below 20 kHz (90 tracks) ...
    """
    LEAST_DROP_OF_LOSSY_DB = 25.0
    """... but a directly encoded MP3 of a piano by up to 23 dB, where its own encoder rounds quiet highs to zero."""
    LOWEST_WALL_HZ = 15_850.0
    """Lower cutoffs also occur in 32 kHz material (radio, DAT long play), which is not lossy."""
    HIGHEST_WALL_HZ = 20_450.0
    """The cutoffs of LAME at 320 kbit/s and of Opus are lower; resampling to 44.1 kHz and converters cut off higher."""
    # The lowest own cutoff of each encoder by bit rate; a lower cutoff comes from an earlier encoding. LAME 3.100 at
    # 160, 192, 256, 320 kbit/s: 17.5, 18.7, 19.3, 19.9 kHz. Other encoders cut slightly lower, so these values leave a
    # margin.
    OWN_WALLS_HZ: ClassVar[Mapping[str, tuple[tuple[float, float], ...]]] = {
        "mp3": ((310e3, 19_250.0), (248e3, 18_300.0), (186e3, 17_300.0)),
        "aac": ((248e3, 17_300.0),),
        "vorbis": ((186e3, 17_300.0),),
        "opus": ((150e3, 17_300.0),),
    }

    @staticmethod
    def is_upscaled(
        *,
        codec: str | None,
        sample_rate_hz: int | None,
        bit_rate_bps: float | None,
        cutoff_hz: float | None,
        cutoff_drop_db: float | None,
    ) -> bool | None:
        """True if the spectrum's cutoff shows a lossy encoding with fewer bits than the file.

        cutoff_hz, cutoff_drop_db: see `map4.core.music.analysis.analysis.Spectrum`
        returns: None if undecidable: analyses before version 7, low sample rates and bit rates, other codecs, music
            without highs
        """
        if (
            codec is None
            or sample_rate_hz is None
            or bit_rate_bps is None
            or cutoff_hz is None
            or cutoff_drop_db is None
        ):
            return None
        is_lossless = codec in AudioFormat.LOSSLESS_CODECS
        own_wall_hz = Upscaling.HIGHEST_WALL_HZ if is_lossless else _own_wall_hz(codec, bit_rate_bps)
        if (
            own_wall_hz is None
            or sample_rate_hz < Upscaling.LEAST_SAMPLE_RATE_HZ
            or cutoff_hz < Upscaling.LOWEST_WALL_HZ
        ):
            return None
        if cutoff_hz >= own_wall_hz:
            return False
        return (
            True
            if cutoff_drop_db >= (Upscaling.LEAST_DROP_DB if is_lossless else Upscaling.LEAST_DROP_OF_LOSSY_DB)
            else None
        )

    @staticmethod
    def why(cutoff_hz: float) -> str:
        """The reason why a file counts as upscaled: "nothing above 16.0 kHz, as MP3 at 128 kbit/s has it"."""
        kbps = next((kbps for wall_hz, kbps in _WALLS_OF_MP3 if cutoff_hz < wall_hz), _WALLS_OF_MP3[-1][1])
        return f"nothing above {cutoff_hz / 1000:.1f} kHz, as MP3 at {kbps} kbit/s has it"


# The upper frequency limit for each MP3 bit rate (kbit/s), from LAME and earlier encoders.
_WALLS_OF_MP3 = ((17_300.0, 128), (18_300.0, 160), (19_250.0, 192), (19_850.0, 256), (Upscaling.HIGHEST_WALL_HZ, 320))


def _own_wall_hz(codec: str, bit_rate_bps: float) -> float | None:
    walls = Upscaling.OWN_WALLS_HZ.get(codec, ())
    return next((wall_hz for least_bps, wall_hz in walls if bit_rate_bps >= least_bps), None)


MonoLoudness = Literal["single", "dual"]
"""Whether a mono file is as loud as its channel, as in EBU R 128, or as that channel in two speakers."""
MONO_LOUDNESS: tuple[MonoLoudness, ...] = get_args(MonoLoudness)


class DualMono:
    """Mono files as they sound in two speakers."""

    LU = 3.01
    """BS.1770 adds the power of channels, and two equal ones have twice the power."""

    @staticmethod
    def more_lu(channels: int | None, mono: MonoLoudness) -> float:
        """How much louder a file counts than it was measured."""
        return DualMono.LU if mono == "dual" and channels == 1 else 0.0

    @staticmethod
    def in_two_channels(analysis: Analysis) -> Analysis:
        """The analysis of a mono file, as loud as in two speakers; the stored analysis has the measured loudness."""
        loudness = analysis.loudness
        if loudness.integrated_lufs is None:
            return analysis
        return replace(analysis, loudness=replace(loudness, integrated_lufs=loudness.integrated_lufs + DualMono.LU))
