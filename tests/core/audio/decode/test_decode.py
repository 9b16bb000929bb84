"""Decoding: time zero is the same everywhere, damage is named, nothing hangs, nothing but a `FileError` comes out."""

import contextlib
import errno
import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from unittest.mock import Mock

import av
import numpy as np
import numpy.typing as npt
import pytest
import soundfile as sf
from audio_files import make
from conftest import REPOSITORY, SHARED
from lanes import sampled

from map4.core.audio.decode import AudioStream, audio_stream, libav, open_audio
from map4.core.audio.decode.audio_stream import MAX_SAMPLE
from map4.core.audio.decode.blocks import BLOCK_FRAMES
from map4.core.audio.decode.headers import find_xing_frame
from map4.errors import FileError

Samples = npt.NDArray[np.float32]

TORTURE = SHARED / "torture"
TORTURE_FILES = sorted(os.listdir(TORTURE)) if TORTURE.is_dir() else []

CD_HZ = 44_100
SAMPLE_S = 1.0 / CD_HZ
SECONDS = 3.0

# Priming that no header of these formats states, so that no decoder can take it off.
LAME_UNSTATED_DELAY = 576 + 529
ADTS_UNSTATED_DELAY = 1024


def noise(seconds: float = SECONDS, *, rate_hz: int = CD_HZ, channels: int = 2) -> Samples:
    """Low-passed noise with a sharp autocorrelation, which every codec keeps well enough to be aligned by."""
    mono = np.random.default_rng(1).standard_normal(round(seconds * rate_hz) + 777)
    mono = np.convolve(mono, np.hanning(9) / np.hanning(9).sum(), "same")
    mono *= 0.5 / np.abs(mono).max()
    return np.ascontiguousarray(np.repeat(mono[:, np.newaxis], channels, axis=1), dtype=np.float32)


def encode(
    path: Path,
    y: Samples,
    codec: str,
    *,
    rate_hz: int = CD_HZ,
    sample_format: str = "fltp",
    container_format: str | None = None,
    muxer: dict[str, str] | None = None,
    encoder: dict[str, str] | None = None,
    bit_rate_bps: int = 128_000,
) -> Path:
    """Write `y`, shape=(n, 2), with one of libav's encoders."""
    with av.open(str(path), "w", format=container_format, options=muxer or {}) as container:
        stream = container.add_stream(codec, rate=rate_hz, options=encoder or {})
        stream.layout = "stereo"
        stream.bit_rate = bit_rate_bps
        stream.format = sample_format
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(y.T), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, 0, Fraction(1, rate_hz)
        fifo = av.AudioFifo()
        for converted in av.AudioResampler(format=sample_format, layout="stereo", rate=rate_hz).resample(frame):
            fifo.write(converted)
        while (part := fifo.read(stream.codec_context.frame_size or 4096, partial=True)) is not None:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def plain_mp3(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return encode(tmp_path_factory.mktemp("plain") / "a.mp3", noise(), "libmp3lame").read_bytes()


def decoded(path: Path | str) -> tuple[Samples, AudioStream]:
    with open_audio(os.fspath(path)) as stream:
        return np.concatenate(list(stream.blocks())), stream


def lag(y: Samples, reference: Samples) -> int:
    """Samples by which `y` is later than `reference`, by the peak of their cross-correlation."""
    n = 1 << 17
    spectrum = np.fft.rfft(y[: n // 2, 0], n) * np.conj(np.fft.rfft(reference[: n // 2, 0], n))
    peak = int(np.argmax(np.fft.irfft(spectrum, n)))
    return peak if peak < n // 2 else peak - n


def damage(path: Path, name: str, edit: Callable[[bytearray], None]) -> Path:
    content = bytearray(path.read_bytes())
    edit(content)
    target = path.with_name(name)
    target.write_bytes(content)
    return target


def half(content: bytearray) -> None:
    del content[len(content) // 2 :]


def syncsafe(n: int) -> bytes:
    return bytes(n >> shift & 0x7F for shift in (21, 14, 7, 0))


# Time zero ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", sampled([44_100, 48_000, 22_050, 11_025], every=2))
@pytest.mark.parametrize("encoder", [{}, {"flags": "+qscale", "global_quality": "236"}], ids=["cbr", "vbr"])
def test_mp3_with_xing_header_is_as_long_as_source(tmp_path: Path, rate_hz: int, encoder: dict[str, str]) -> None:
    y = noise(rate_hz=rate_hz)
    bit_rate_bps = 128_000 if rate_hz > 30_000 else 64_000
    path = encode(tmp_path / "a.mp3", y, "libmp3lame", rate_hz=rate_hz, encoder=encoder, bit_rate_bps=bit_rate_bps)
    ours, stream = decoded(path)
    theirs, _ = sf.read(path, dtype="float32", always_2d=True)
    assert lag(ours, y) == 0
    assert len(ours) == len(y) == len(theirs)
    # libsndfile decodes with mpg123: another decoder, the same time.
    assert np.abs(ours - theirs).max() < 1e-3
    assert stream.sample_rate_hz == rate_hz
    assert stream.flags == []


@pytest.mark.parametrize("suffix", sampled(["wav", "flac", "aiff", "mp3", "m4a", "ogg"], every=2))
def test_decoding_from_an_offset_gives_the_same_samples(tmp_path: Path, suffix: str) -> None:
    path = make(tmp_path / f"a.{suffix}", noise(6.0))
    whole, _ = decoded(path)
    for from_s in (0.2, 3.5, 5.9):  # of MP4, the last two go by its table
        with open_audio(str(path), from_s) as stream:
            part = np.concatenate(list(stream.blocks()))
        wanted = round(from_s * CD_HZ)
        assert stream.begins_at <= wanted
        assert stream.begins_at > 0 or suffix == "ogg" or from_s < 1.0  # what is before was not decoded
        # AAC makes some noise up anew each time.
        tolerance = 0.05 if suffix == "m4a" else 0
        np.testing.assert_allclose(
            part[wanted - stream.begins_at :], whole[wanted:], rtol=0, atol=tolerance, strict=True
        )


@pytest.mark.world
def test_ogg_decoding_starts_at_an_offset_only_if_its_length_is_as_expected(tmp_path: Path) -> None:
    path, from_s = make(tmp_path / "a.ogg", noise(8.0)), 6.5
    whole, _ = decoded(path)
    wanted = round(from_s * CD_HZ)
    for length_s, begins in ((len(whole) / CD_HZ, True), (7.9, False), (None, False)):
        with open_audio(str(path), from_s, length_s) as stream:
            part = np.concatenate(list(stream.blocks()))
        assert (stream.begins_at > 0) is begins
        assert part[wanted - stream.begins_at :] == pytest.approx(whole[wanted:], abs=1e-5)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 22_050])
def test_mp3_without_xing_header_keeps_the_encoder_delay_in_both_decoders(tmp_path: Path, rate_hz: int) -> None:
    y = noise(rate_hz=rate_hz)
    path = encode(tmp_path / "a.mp3", y, "libmp3lame", rate_hz=rate_hz, muxer={"write_xing": "0"}, bit_rate_bps=64_000)
    ours, _ = decoded(path)
    theirs, _ = sf.read(path, dtype="float32", always_2d=True)
    assert lag(ours, y) == lag(theirs, y) == LAME_UNSTATED_DELAY
    assert len(ours) == len(theirs)


def test_mp3_of_variable_rate_without_xing_header_is_decoded_whole(tmp_path: Path) -> None:
    # libsndfile stops at its own estimate of the length here, 70 % too early.
    y = noise(20.0)
    path = encode(
        tmp_path / "a.mp3",
        y,
        "libmp3lame",
        muxer={"write_xing": "0"},
        encoder={"flags": "+qscale", "global_quality": "590"},
    )
    ours, stream = decoded(path)
    assert len(ours) >= len(y)
    assert stream.flags == []
    assert stream.duration_hint_s is None


@pytest.mark.parametrize(
    "preamble",
    [
        bytes(3000),
        b"ID3\x03\0\0" + syncsafe(2000) + bytes(2000),
        b"ID3\x03\0\0" + syncsafe(2000) + bytes(4000),
        (b"ID3\x03\0\0" + syncsafe(2000) + bytes(2000)) * 2,
        b"ID3\x04\0\x10" + syncsafe(2000) + bytes(2000) + b"3DI\x04\0\x10" + syncsafe(2000),
        b"ID3\x03\0\0" + syncsafe(2_000_000) + bytes(2_000_000),
        b"APETAGEX\xd0\x07\0\0" + bytes(600),
        b"junk with a false sync \xff\xfb\x90\x00 " * 20,
    ],
    ids=["padding", "id3", "id3-with-wrong-size", "two-id3", "id3-with-footer", "picture", "ape-in-front", "junk"],
)
def test_bytes_before_an_mp3_do_not_move_time_zero(tmp_path: Path, plain_mp3: bytes, preamble: bytes) -> None:
    y, path = noise(), tmp_path / "a.mp3"
    path.write_bytes(preamble + plain_mp3)
    ours, stream = decoded(path)
    assert lag(ours, y) == 0
    assert len(ours) == len(y)
    assert stream.flags == []


ID3 = b"ID3\x03\0\0" + syncsafe(200) + bytes(200)
APE = b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0xA0000000) + bytes(8)
APE += b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0x80000000) + bytes(8)


@pytest.mark.parametrize(
    ("name", "tags"),
    sampled(
        [
            (f"a.{suffix}", tags)
            for suffix in ("mp3", "flac", "wav", "aiff", "wv", "tta", "ogg", "m4a")
            for tags in (ID3, APE, APE + ID3, ID3 + bytes(500) + ID3, 12 * ID3, bytes(700), ID3 + bytes(90))
            if suffix != "m4a" or tags[-90:] != bytes(90)  # MP4 itself begins with zeros
        ],
        every=3,
    ),
)
def test_tags_before_any_format_change_no_sample(tmp_path: Path, name: str, tags: bytes) -> None:
    path = make(tmp_path / name)
    plain, _ = decoded(path)
    path.write_bytes(tags + path.read_bytes())
    ours, stream = decoded(path)
    np.testing.assert_array_equal(ours, plain)
    assert stream.flags == []


def test_tags_after_a_flac_of_known_or_unknown_length_are_no_damage(tmp_path: Path) -> None:
    y = noise()
    known = encode(tmp_path / "a.flac", y, "flac", sample_format="s16").read_bytes()
    unknown = known[:21] + bytes([known[21] & 0xF0]) + bytes(4) + known[26:]  # without its number of samples
    plain, _ = decoded(tmp_path / "a.flac")
    for content in (known, unknown):
        for tag in (b"", b"TAG" + bytes(125), APE, ID3, bytes(5000)):
            (tmp_path / "tagged.flac").write_bytes(content + tag)
            ours, stream = decoded(tmp_path / "tagged.flac")
            assert (content is known, tag[:3], stream.flags) == (content is known, tag[:3], [])
            np.testing.assert_array_equal(ours, plain)


def test_header_of_a_second_joined_mp3_does_not_hide_the_first(tmp_path: Path) -> None:
    y = noise(1.0)
    bare = encode(tmp_path / "bare.mp3", y, "libmp3lame", muxer={"write_xing": "0"})
    tagged = encode(tmp_path / "tagged.mp3", y, "libmp3lame")
    joined = tmp_path / "joined.mp3"
    joined.write_bytes(bare.read_bytes() + tagged.read_bytes())
    ours, _ = decoded(joined)
    assert len(ours) > 1.9 * len(y)


@pytest.mark.parametrize(
    ("name", "codec", "rate_hz", "sample_format"),
    sampled(
        [
            ("a.m4a", "aac", 44_100, "fltp"),
            ("a.m4a", "aac", 48_000, "fltp"),
            ("a.m4a", "alac", 44_100, "s16p"),
            ("a.opus", "libopus", 48_000, "flt"),
            ("a.flac", "flac", 44_100, "s16"),
            ("a.flac", "flac", 96_000, "s32"),
            ("a.wv", "wavpack", 44_100, "s16p"),
            ("a.tta", "tta", 44_100, "s16"),
            ("a.mka", "aac", 44_100, "fltp"),
            ("a.mp4", "libmp3lame", 44_100, "fltp"),
        ],
        every=2,
    ),
)
def test_audio_starts_at_first_sample(tmp_path: Path, name: str, codec: str, rate_hz: int, sample_format: str) -> None:
    y = noise(rate_hz=rate_hz)
    ours, stream = decoded(encode(tmp_path / name, y, codec, rate_hz=rate_hz, sample_format=sample_format))
    assert lag(ours, y) == 0
    # Codecs with frames may leave up to one frame of padding where the container has no end.
    assert 0 <= len(ours) - len(y) < 2048
    assert (stream.sample_rate_hz, stream.channels, stream.flags) == (rate_hz, 2, [])


def test_vorbis_agrees_with_libsndfile_to_the_sample(tmp_path: Path) -> None:
    y = noise()
    path = tmp_path / "a.ogg"
    sf.write(path, y, CD_HZ, format="OGG", subtype="VORBIS")
    ours, _ = decoded(path)
    theirs, _ = sf.read(path, dtype="float32", always_2d=True)
    assert lag(ours, y) == lag(theirs, y) == 0
    assert len(ours) == len(theirs) == len(y)


def test_itunes_gapless_tag_gives_time_zero_where_there_is_no_edit_list(tmp_path: Path) -> None:
    from mutagen.mp4 import MP4, MP4FreeForm

    y = noise()
    path = encode(tmp_path / "a.m4a", y, "aac", muxer={"use_editlist": "0", "movflags": "+negative_cts_offsets"})
    assert lag(decoded(path)[0], y) == ADTS_UNSTATED_DELAY
    tagged = MP4(path)
    numbers = f" 00000000 00000400 00000137 {len(y):016X}" + " 00000000" * 8
    tagged["----:com.apple.iTunes:iTunSMPB"] = [MP4FreeForm(numbers.encode())]
    tagged.save()
    assert lag(decoded(path)[0], y) == 0


def test_rates_above_192_khz_are_reduced_without_shifting_time_zero(tmp_path: Path) -> None:
    rate_hz, new_hz, at_s = 384_000, 96_000, 0.5
    t = np.arange(rate_hz) / rate_hz
    y = (0.5 * np.exp(-(((t - at_s) / 1e-4) ** 2))).astype(np.float32)
    path = tmp_path / "a.wav"
    sf.write(path, y, rate_hz, subtype="FLOAT")
    ours, stream = decoded(path)
    assert stream.sample_rate_hz == new_hz
    assert abs(len(ours) - new_hz) <= 32
    assert abs(int(np.argmax(ours[:, 0])) / new_hz - at_s) <= 1.0 / new_hz


# What is read ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.wav", {"format": "WAV", "subtype": "PCM_U8"}),
        ("a.wav", {"format": "WAV", "subtype": "PCM_24"}),
        ("a.wav", {"format": "WAV", "subtype": "FLOAT"}),
        ("a.wav", {"format": "WAV", "subtype": "DOUBLE"}),
        ("a.rf64", {"format": "RF64", "subtype": "PCM_16"}),
        ("a.w64", {"format": "W64", "subtype": "PCM_16"}),
        ("a.aif", {"format": "AIFF", "subtype": "PCM_24"}),
        ("a.aifc", {"format": "AIFF", "subtype": "FLOAT"}),
        ("a.flac", {"format": "FLAC", "subtype": "PCM_24"}),
        ("a.caf", {"format": "CAF", "subtype": "PCM_16"}),
        ("a.au", {"format": "AU", "subtype": "PCM_16"}),
    ],
)
def test_lossless_files_decode_to_their_original_samples(tmp_path: Path, name: str, kind: dict[str, str]) -> None:
    y = noise(1.0)
    sf.write(tmp_path / name, y, CD_HZ, **kind)
    ours, stream = decoded(tmp_path / name)
    assert ours.shape == y.shape
    assert np.abs(ours - y).max() <= 2.0**-7  # one step of eight bits, the coarsest of them
    assert stream.flags == []


def test_decoder_is_chosen_by_content_not_by_suffix(tmp_path: Path) -> None:
    y = noise(1.0)
    m4a = encode(tmp_path / "a.m4a", y, "aac").rename(tmp_path / "m4a.mp3")
    mp3 = encode(tmp_path / "a.mp3", y, "libmp3lame").rename(tmp_path / "mp3.flac")
    flac = encode(tmp_path / "a.flac", y, "flac", sample_format="s16").rename(tmp_path / "flac.m4a")
    assert [lag(decoded(path)[0], y) for path in (m4a, mp3, flac)] == [0, 0, 0]
    assert [decoded(path)[1].decoder.split()[0] for path in (m4a, mp3, flac)] == ["av", "av", "soundfile"]
    ours, stream = decoded(encode(tmp_path / "a.wav", y, "libmp3lame"))
    assert stream.decoder.startswith("av ")
    assert len(ours) >= len(y)


@pytest.mark.parametrize("name", [b"\xff\xe9t\xe9.wav", b"\xe9\x80.m4a"], ids=["soundfile", "av"])
@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these systems have no names outside Unicode")
def test_names_that_are_not_utf8_are_opened_by_both_decoders(tmp_path: Path, name: bytes) -> None:
    y = noise(1.0)
    source = tmp_path / ("a" + os.fsdecode(name[-4:]))
    sf.write(source, y, CD_HZ) if source.suffix == ".wav" else encode(source, y, "aac")
    target = os.path.join(os.fsencode(tmp_path), name)
    os.rename(source, target)
    assert lag(decoded(os.fsdecode(target))[0], y) == 0


@pytest.mark.parametrize("channels", [1, 6, 9, 40])
def test_decoding_keeps_the_number_of_channels(tmp_path: Path, channels: int) -> None:
    y = noise(1.5, channels=channels)
    sf.write(tmp_path / "a.wav", y, CD_HZ, subtype="FLOAT")
    ours, stream = decoded(tmp_path / "a.wav")
    assert stream.channels == channels
    assert np.array_equal(ours, y)


def test_sixteen_channels_pass_through_libav(tmp_path: Path) -> None:
    n, channels = 30_000, 16
    samples = np.arange(n * channels, dtype=np.int16)
    with av.open(str(tmp_path / "a.mka"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=CD_HZ)
        stream.layout = "hexadecagonal"
        frame = av.AudioFrame(format="s16", layout="hexadecagonal", samples=n)
        frame.planes[0].update(samples.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate, frame.pts = CD_HZ, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    ours, _ = decoded(tmp_path / "a.mka")
    assert np.array_equal(ours, samples.reshape(n, channels).astype(np.float32) / 32768)


def test_format_change_within_a_file_is_converted_to_the_first_format(tmp_path: Path) -> None:
    y = noise(3.0)
    bare = {"write_xing": "0"}
    first = encode(tmp_path / "1.mp3", y, "libmp3lame", muxer=bare)
    second = encode(tmp_path / "2.mp3", noise(3.0, rate_hz=48_000), "libmp3lame", rate_hz=48_000, muxer=bare)
    sf.write(tmp_path / "3.mp3", y[:, :1], CD_HZ)
    joined = tmp_path / "joined.mp3"
    joined.write_bytes(first.read_bytes() + second.read_bytes() + (tmp_path / "3.mp3").read_bytes())
    ours, stream = decoded(joined)
    assert (stream.sample_rate_hz, stream.channels) == (CD_HZ, 2)
    assert len(ours) / CD_HZ == pytest.approx(9.0, abs=0.3)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.m4a"])
def test_blocks_are_contiguous_float32_of_bounded_size(tmp_path: Path, name: str) -> None:
    y = noise(5.0)
    codecs = {"a.mp3": "libmp3lame", "a.m4a": "aac"}
    encode(tmp_path / name, y, codecs[name]) if name in codecs else sf.write(tmp_path / name, y, CD_HZ)
    with open_audio(str(tmp_path / name)) as stream:
        blocks = list(stream.blocks())
    assert {(block.dtype, block.shape[1], block.flags.forc) for block in blocks} == {(np.dtype("float32"), 2, True)}
    assert {len(block) for block in blocks[:-1]} == {BLOCK_FRAMES}
    assert 0 < len(blocks[-1]) <= BLOCK_FRAMES
    assert (type(stream.sample_rate_hz), type(stream.channels)) == (int, int)
    # MP3 counts frames, the unplayed delay and padding among them: up to 4 of 26 ms.
    assert stream.duration_hint_s == pytest.approx(len(y) / CD_HZ, abs=0.104)


def test_blocks_are_read_once(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", noise(0.1), CD_HZ)
    with open_audio(str(tmp_path / "a.wav")) as stream:
        list(stream.blocks())
        with pytest.raises(RuntimeError, match="only be read once"):
            next(stream.blocks())


def open_files() -> set[str]:
    """What this process holds open; others than the test's own come and go."""
    found = set()
    for number in os.listdir("/dev/fd"):
        with contextlib.suppress(OSError):
            found.add(os.readlink(f"/dev/fd/{number}"))
    return found


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="only Linux tells which files are open")
def test_leaving_early_closes_the_file(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.m4a", noise(), "aac")
    with open_audio(str(path)) as stream:
        next(stream.blocks())
        assert str(path) in open_files()
    assert str(path) not in open_files()


# Damage ---------------------------------------------------------------------------------------------------------------


def test_only_impossible_samples_are_replaced_by_silence(tmp_path: Path) -> None:
    y = noise(1.0)
    y[1000], y[2000], y[3000], y[4000], y[5000] = np.nan, 20.0, -np.inf, 3.0, -8.0
    sf.write(tmp_path / "a.wav", y, CD_HZ, subtype="FLOAT")
    ours, stream = decoded(tmp_path / "a.wav")
    expected = y.copy()
    expected[[1000, 2000, 3000]] = 0.0
    assert np.array_equal(ours, expected)
    assert stream.flags == ["damaged"]


@pytest.mark.parametrize(
    ("name", "codec", "sample_format", "muxer"),
    [
        ("a.mp3", "libmp3lame", "fltp", {}),
        ("a.flac", "flac", "s16", {}),
        ("a.m4a", "aac", "fltp", {"movflags": "faststart"}),
        ("a.wav", "pcm_s16le", "s16", {}),
        ("a.aiff", "pcm_s16be", "s16", {}),
    ],
)
def test_cut_file_keeps_start(tmp_path: Path, name: str, codec: str, sample_format: str, muxer: dict[str, str]) -> None:
    y = noise(10.0)
    whole = encode(tmp_path / name, y, codec, sample_format=sample_format, muxer=muxer)
    assert decoded(whole)[1].flags == []
    ours, stream = decoded(damage(whole, f"cut-{name}", half))
    assert stream.flags == ["truncated"]
    assert len(ours) / len(y) == pytest.approx(0.5, abs=0.02)
    assert lag(ours, y) == 0


def test_wav_without_a_stated_length_is_not_truncated(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.wav", noise(), "pcm_s16le", sample_format="s16")

    def forget_sizes(content: bytearray) -> None:
        at = content.find(b"data")
        content[4:8] = content[at + 4 : at + 8] = b"\xff" * 4

    ours, stream = decoded(damage(path, "streamed.wav", forget_sizes))
    assert stream.flags == []
    assert len(ours) == len(noise())


@pytest.mark.parametrize(("name", "codec", "sample_format"), [("a.flac", "flac", "s16"), ("a.m4a", "aac", "fltp")])
def test_audio_after_damage_keeps_its_time(tmp_path: Path, name: str, codec: str, sample_format: str) -> None:
    y = noise(10.0)
    whole = encode(tmp_path / name, y, codec, sample_format=sample_format)

    def scratch(content: bytearray) -> None:
        junk = np.random.default_rng(3).bytes(300)
        for at in range(len(content) // 5, len(content) // 2, len(content) // 10):
            content[at : at + len(junk)] = junk

    ours, stream = decoded(damage(whole, f"scratched-{name}", scratch))
    assert stream.flags == ["damaged"]
    assert abs(len(ours) - len(y)) < 2048
    tail = len(y) * 3 // 4
    assert lag(ours[tail:], y[tail:]) == 0


def test_wrong_bit_found_by_a_checksum_damages_only_its_frame(tmp_path: Path) -> None:
    y = noise(6.0)
    cases = [("a.flac", "flac", "s16"), ("a.mka", "flac", "s16"), ("a.tta", "tta", "s16"), ("a.wv", "wavpack", "s16p")]
    for name, codec, sample_format in cases:
        path = encode(tmp_path / name, y, codec, sample_format=sample_format)
        assert (name, decoded(path)[1].flags) == (name, [])
        for at in (0.1, 0.5, 0.998):  # also in the first and the last frame

            def flip(content: bytearray, at: float = at) -> None:
                content[int(at * len(content))] ^= 1

            ours, stream = decoded(damage(path, f"flipped-{name}", flip))
            assert (name, at, stream.flags) == (name, at, ["damaged"])
            tail = len(y) * 3 // 4
            assert abs(lag(ours[tail:], y[tail:])) * SAMPLE_S < 0.001  # Matroska has ms, and states no exact length
            assert abs(len(ours) - len(y)) * SAMPLE_S < (0.11 if (name, at) == ("a.mka", 0.998) else 0.001)


def test_short_file_with_a_wrong_bit_is_decoded_in_full(tmp_path: Path) -> None:
    y = noise(0.8)
    for name, codec, sample_format, frames in (("a.tta", "tta", "s16", 1), ("a.wv", "wavpack", "s16p", 2)):
        path = encode(tmp_path / name, y, codec, sample_format=sample_format)

        def flip(content: bytearray) -> None:
            content[len(content) * 4 // 5] ^= 1

        ours, stream = decoded(damage(path, f"flipped-{name}", flip))
        assert (name, stream.flags) == (name, ["damaged"])
        assert ours[: len(y) // 2] == pytest.approx(y[: len(y) // 2], abs=1e-4)
        # A wrong end is better than nothing at all.
        assert bool(ours[len(y) - 100 : len(y)].any()) is (frames == 1)
        assert len(ours) == len(y) or (frames == 1 and len(ours) > len(y))


def test_a_lost_page_of_ogg_is_silence_of_its_length(tmp_path: Path) -> None:
    y = noise(10.0)
    path = tmp_path / "a.ogg"
    sf.write(path, y, CD_HZ, format="OGG", subtype="VORBIS")

    def blot(content: bytearray) -> None:
        at = len(content) // 2
        content[at : at + 300] = bytes(300)

    ours, stream = decoded(damage(path, "blotted.ogg", blot))
    assert stream.flags == ["damaged"]
    assert abs(len(ours) - len(y)) * SAMPLE_S < 0.06
    tail = len(y) * 3 // 4
    assert abs(lag(ours[tail:], y[tail:])) * SAMPLE_S < 0.06


def test_scratched_mp3_yields_most_of_its_audio(tmp_path: Path) -> None:
    y = noise(20.0)
    whole = encode(tmp_path / "a.mp3", y, "libmp3lame")

    def scratch(content: bytearray) -> None:
        generator = np.random.default_rng(0)
        for at in generator.integers(4000, len(content), 60):
            content[at : at + 200] = generator.bytes(len(content[at : at + 200]))

    ours, stream = decoded(damage(whole, "scratched.mp3", scratch))
    assert "damaged" in stream.flags
    assert len(ours) > 0.9 * len(y)
    assert np.abs(ours).max() <= MAX_SAMPLE


def chained(path: Path, links: Sequence[tuple[str, int, int]]) -> Path:
    """Write links of 2 s, each with a codec, rate and number of channels."""
    content = b""
    for codec, rate_hz, channels in links:
        sf.write(path, noise(2.0, rate_hz=rate_hz, channels=channels), rate_hz, format="OGG", subtype=codec)
        content += path.read_bytes()
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("links", [
    [("VORBIS", 44_100, 2)] * 2, [("VORBIS", 44_100, 1), ("VORBIS", 44_100, 2), ("VORBIS", 44_100, 1)],
    [("VORBIS", 44_100, 2), ("VORBIS", 48_000, 2)], [("OPUS", 48_000, 1), ("OPUS", 48_000, 2)],
    [("VORBIS", 44_100, 2), ("OPUS", 48_000, 2), ("VORBIS", 44_100, 2)],
])  # fmt: skip
def test_chained_ogg_plays_every_link(tmp_path: Path, links: list[tuple[str, int, int]]) -> None:
    ours, stream = decoded(chained(tmp_path / "a.ogg", links))
    assert (stream.sample_rate_hz, stream.channels) == links[0][1:]
    assert (len(ours) / stream.sample_rate_hz, stream.flags) == (pytest.approx(2.0 * len(links), abs=0.2), [])
    assert np.abs(ours[-stream.sample_rate_hz :]).mean() > 0.01


@pytest.mark.skipif(not (TORTURE / "empty.spx").exists(), reason="../shared/torture is not there")
def test_chained_speex_plays_every_link(tmp_path: Path) -> None:
    link, chain = TORTURE / "empty.spx", tmp_path / "a.spx"
    chain.write_bytes(link.read_bytes() * 2)
    ours, stream = decoded(chain)
    assert (len(ours), stream.flags) == (2 * len(decoded(link)[0]), [])


def test_file_is_truncated_if_its_demuxer_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = chained(tmp_path / "a.ogg", [("VORBIS", 44_100, 2), ("OPUS", 48_000, 2)])
    monkeypatch.setattr(libav, "next_link_at", lambda *_: None)
    assert decoded(path)[1].flags == ["truncated"]


def test_second_decoder_that_fails_or_has_another_format_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = damage(encode(tmp_path / "a.flac", noise(10.0), "flac", sample_format="s16"), "cut.flac", half)

    monkeypatch.setattr(audio_stream, "AvReader", Mock(side_effect=FileError("corrupt", "no")))
    ours, stream = decoded(path)
    assert stream.flags == ["truncated"]
    assert len(ours) > 3 * CD_HZ
    assert "av" not in stream.decoder
    monkeypatch.setattr(libav, "MAX_RATE_HZ", 22_050)
    _, stream = decoded(path)
    assert stream.flags == ["truncated"]
    assert "av" not in stream.decoder


# Refusals -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[bytes], FileError]:
    def attempt(content: bytes) -> FileError:
        (tmp_path / "a.mp3").write_bytes(content)
        with pytest.raises(FileError) as caught, open_audio(str(tmp_path / "a.mp3")):
            pass
        return caught.value

    return attempt


def test_files_without_audio_are_refused_by_kind(refused: Callable[[bytes], FileError]) -> None:
    cases = [
        (b"", "corrupt"),
        (bytes(100_000), "corrupt"),
        (b"hello, this is a letter. " * 400, "unsupported"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "unsupported"),
        (b"fLaC" + b"\x55" * 3000, "corrupt"),
        (
            b"RIFF\x24\0\0\0WAVEfmt " + b"\x10\0\0\0\1\0\2\0\x44\xac\0\0\x10\xb1\2\0\4\0\x10\0" + b"data\0\0\0\0",
            "corrupt",
        ),
        (b"\0\0\0\x20ftypM4A " + b"\x01" * 5000, "corrupt"),
        (b"ID3\x03\0\0\0\0\x0f\x76" + bytes(2038), "corrupt"),
    ]
    assert [(content, refused(content).kind) for content, _ in cases] == cases


def test_playlists_in_disguise_open_no_other_file(tmp_path: Path, refused: Callable[[bytes], FileError]) -> None:
    victim = encode(tmp_path / "victim.mp3", noise(1.0), "libmp3lame")
    hls = f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{victim.as_uri()}\n#EXT-X-ENDLIST\n"
    assert refused(hls.encode()).kind == "unsupported"
    assert refused(b"ffconcat version 1.0\nfile 'victim.mp3'\n").kind == "unsupported"


def test_a_video_without_sound_is_unsupported(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 16
        frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), dtype=np.uint8))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(FileError, match="holds no audio") as caught, open_audio(str(tmp_path / "a.mp4")):
        pass
    assert caught.value.kind == "unsupported"


def test_copy_protected_audio_is_unsupported(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.m4a", noise(1.0), "aac")

    def protect(content: bytearray) -> None:
        at = content.index(b"mp4a", content.index(b"stsd"))
        content[at : at + 4] = b"zzzz"
        at = content.index(b"esds")
        content[at : at + 4] = b"free"

    with pytest.raises(FileError) as caught, open_audio(str(damage(path, "protected.m4a", protect))):
        pass
    assert caught.value.kind == "unsupported"


@pytest.mark.parametrize("good_bytes", [0, 600_000], ids=["at once", "on the way"])
def test_file_on_a_failing_disk_is_reported_as_unreadable_not_corrupt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], good_bytes: int
) -> None:
    real = os.read

    def failing(fd: int, count: int) -> bytes:
        if os.lseek(fd, 0, os.SEEK_CUR) + count > good_bytes:
            raise OSError(errno.EIO, "Input/output error")
        return real(fd, count)

    path = encode(tmp_path / "a.mp3", noise(20.0), "libmp3lame", bit_rate_bps=320_000)
    monkeypatch.setattr(os, "read", failing)
    with pytest.raises(FileError, match="Input/output error") as caught:
        decoded(path)
    assert caught.value.kind == "unreadable"
    assert capfd.readouterr().err == ""


def test_lack_of_memory_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = encode(tmp_path / "a.m4a", noise(1.0), "aac")

    monkeypatch.setattr(av, "open", Mock(side_effect=av.error.MemoryError(errno.ENOMEM, "Cannot allocate memory")))
    monkeypatch.setattr(libav.mmap, "mmap", Mock(side_effect=OSError(errno.ENOMEM, "Cannot allocate memory")))
    with pytest.raises(FileError) as caught:
        decoded(path)
    assert caught.value.kind == "no_memory"


def with_endless_packet(path: Path, number: int) -> Path:
    data = bytearray(encode(path, noise(10.0), "aac").read_bytes())
    sizes = data.find(b"stsz") + 16
    struct.pack_into(">I", data, sizes + 4 * number, (1 << 30) - 1)
    path.write_bytes(data)
    return path


def test_packets_of_impossible_size_truncate_or_make_the_file_corrupt(tmp_path: Path) -> None:
    y, stream = decoded(with_endless_packet(tmp_path / "a.m4a", 216))
    assert (len(y) / stream.sample_rate_hz, stream.flags) == (pytest.approx(5.0, abs=0.1), ["truncated"])
    with pytest.raises(FileError, match="contains no sample") as caught:
        decoded(with_endless_packet(tmp_path / "a.m4a", 0))
    assert caught.value.kind == "corrupt"


@pytest.mark.parametrize("rate_hz", [10, 2_000_000_000])
def test_impossible_sample_rates_make_a_file_corrupt(tmp_path: Path, rate_hz: int) -> None:
    path = encode(tmp_path / "a.wav", noise(1.0), "pcm_s16le", sample_format="s16")

    def misstate(content: bytearray) -> None:
        content[24:28] = rate_hz.to_bytes(4, "little")

    with pytest.raises(FileError) as caught:
        decoded(damage(path, "b.wav", misstate))
    assert caught.value.kind == "corrupt"


# Torture --------------------------------------------------------------------------------------------------------------

TORTURE_PROGRAM = """
import faulthandler, json, os, sys
from map4.errors import FileError
from map4.core.audio.decode import open_audio

for name in sorted(os.listdir(sys.argv[1])):
    faulthandler.dump_traceback_later(20, exit=True)
    try:
        with open_audio(os.path.join(sys.argv[1], name)) as stream:
            shapes = [block.shape for block in stream.blocks()]
        outcome = ["ok", len(shapes), all(n > 0 and c == stream.channels for n, c in shapes)]
    except FileError as error:
        outcome = ["error", error.kind, error.message]
    print(json.dumps([name, outcome]), flush=True)
"""


@pytest.fixture(scope="module")
def torture() -> tuple[dict[str, list[object]], str]:
    """Outcome of every awkward file, and what native code printed, from a process that a hang or crash may end."""
    done = subprocess.run(
        [sys.executable, "-c", TORTURE_PROGRAM, str(TORTURE)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return dict(json.loads(line) for line in done.stdout.splitlines()), done.stderr


@pytest.mark.contract
@pytest.mark.skipif(not TORTURE_FILES, reason="../shared/torture is not there")
def test_torture_files_give_blocks_or_a_single_file_error(torture: tuple[dict[str, list[object]], str]) -> None:
    for name in TORTURE_FILES or ["-"]:
        kind, first, second = torture[0][name]
        assert (kind, bool(first), bool(second)) in {("ok", True, True), ("error", True, True)}


@pytest.mark.skipif(not TORTURE_FILES, reason="../shared/torture is not there")
def test_decoding_damaged_files_prints_nothing_to_stderr(torture: tuple[dict[str, list[object]], str]) -> None:
    assert torture[1] == ""


# Small parts ----------------------------------------------------------------------------------------------------------


def test_xing_header_with_a_frame_count_gives_the_length_of_all_versions() -> None:
    for header, rate_hz, samples in (
        ("fffb9000", 44_100, 1152),
        ("fffb9400", 48_000, 1152),
        ("fff38000", 22_050, 576),
        ("ffe38800", 8_000, 576),
        ("fffb90c0", 44_100, 1152),
    ):
        side_info = {("fff", False): 32, ("fff", True): 17}
        mono = header.endswith("c0")
        bytes_before_tag = side_info["fff", mono] if header.startswith("fffb") else 17
        head = bytes.fromhex(header) + bytes(bytes_before_tag) + b"Xing\0\0\0\1" + (1000).to_bytes(4, "big")
        found = find_xing_frame(77, head)
        assert found.at == 77
        assert found.duration_s == pytest.approx(1000 * samples / rate_hz)
    frame = bytes.fromhex("fffb9000") + bytes(32) + b"Info" + bytes(8)
    found = find_xing_frame(0, frame)
    assert found.duration_s is None
    assert find_xing_frame(0, b"OggS" + frame) is None
    assert find_xing_frame(0, frame[:-9]) is None
