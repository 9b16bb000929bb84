"""MP3 decoded frame by frame gives what PyAV's containers give, and leaves to them what is not whole."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from audio_files import make
from conftest import SHARED
from lanes import sampled

from map4.core.audio.decode import AudioStream, audio_stream, mpeg, open_audio
from map4.core.audio.decode.blocks import BLOCK_FRAMES
from map4.core.audio.decode.headers import find_xing_frame
from map4.core.audio.identity.mpeg_audio import parse_mpeg_header
from map4.core.audio.source import AudioSource
from map4.core.audio.tag_boundaries import skip_leading_tags
from map4.core.dsp.compiled import kernels

Decoder = Callable[[Path], tuple[list[np.ndarray], AudioStream]]

pytestmark = pytest.mark.skipif(kernels() is None, reason="needs kernels (a C compiler)")

ID3V1 = b"TAG" + bytes(125)
ID3V2 = b"ID3\x03\0\0" + bytes((0, 0, 2, 0)) + bytes(256)


def noise(seconds: float = 4.0, channels: int = 2) -> np.ndarray:
    y = 0.1 * np.random.default_rng(5).standard_normal((round(44_100 * seconds), channels))
    return np.convolve(y[:, 0], np.ones(5) / 5, "same")[:, np.newaxis].repeat(channels, axis=1).astype(np.float32)


def edited(folder: Path, edit: Callable[[bytearray], None]) -> Path:
    path = make(folder / "a.mp3", noise())
    content = bytearray(path.read_bytes())
    content = content[frame_starts(content)[0] :]
    edit(content)
    path.write_bytes(content)
    return path


def frame_starts(content: bytes | bytearray) -> list[int]:
    """Where frames begin, from the first on."""
    at = content.index(b"\xff\xfb")
    starts = []
    while (frame := parse_mpeg_header(content[at : at + 4])) is not None:
        starts.append(at)
        at += frame.size_bytes
    return starts


def decoded(path: Path) -> tuple[list[np.ndarray], AudioStream]:
    with open_audio(os.fspath(path)) as stream:
        return list(stream.blocks()), stream


@pytest.fixture
def by_containers(monkeypatch: pytest.MonkeyPatch) -> Decoder:
    """Decodes a file as where there are no kernels."""

    def decode(path: Path) -> tuple[list[np.ndarray], AudioStream]:
        with monkeypatch.context() as patch:
            patch.setattr(audio_stream, "open_mpeg", lambda *_, **__: None)
            return decoded(path)

    return decode


def the_same(decoded: tuple[list[np.ndarray], AudioStream], other: tuple[list[np.ndarray], AudioStream]) -> None:
    assert [block.shape for block in decoded[0]] == [block.shape for block in other[0]]
    alike(decoded, other)


def alike(decoded: tuple[list[np.ndarray], AudioStream], other: tuple[list[np.ndarray], AudioStream]) -> None:
    """The same but for where blocks end."""
    (blocks, stream), (other_blocks, other_stream) = decoded, other
    np.testing.assert_array_equal(np.concatenate(blocks), np.concatenate(other_blocks))
    assert all(block.flags.forc for block in blocks)
    for name in ("flags", "decoder", "sample_rate_hz", "channels", "duration_hint_s", "begins_at"):
        assert getattr(stream, name) == getattr(other_stream, name), name


def is_opened(path: Path) -> bool:
    """Whether frames are decoded one by one."""
    with AudioSource(os.fspath(path)) as source:
        tags_end = skip_leading_tags(source)
        xing = find_xing_frame(tags_end, source.read(tags_end, 1 << 16))
        reader = mpeg.open_mpeg(source, tags_end=tags_end, xing=xing, most=8.0)
        if reader is not None:
            reader.close()
        return reader is not None


@pytest.mark.parametrize("rate_hz", sampled([44_100, 48_000, 22_050, 8_000], every=2))
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("seconds", [0.3, 4.0])
def test_direct_and_container_samples_are_equal(
    tmp_path: Path, rate_hz: int, channels: int, seconds: float, by_containers: Decoder
) -> None:
    path = make(tmp_path / "a.mp3", noise(seconds, channels), sr=rate_hz)
    assert is_opened(path)
    the_same(decoded(path), by_containers(path))


@pytest.mark.parametrize(
    "edit",
    [
        lambda content: content.__iadd__(ID3V1),
        lambda content: content.__setitem__(slice(0, 0), ID3V2),
        lambda content: content.__delitem__(slice(0, frame_starts(content)[1])),
        lambda content: content.__iadd__(content[frame_starts(content)[1] :]),
        lambda content: content.__setitem__(content.index(b"LAME"), ord("x")),
    ],
    ids=["tag behind", "tag before", "no header", "longer than its header says", "delays of a stranger"],
)
def test_whole_mp3_files_are_opened(tmp_path: Path, edit: Callable[[bytearray], None], by_containers: Decoder) -> None:
    path = edited(tmp_path, edit)
    assert is_opened(path)
    the_same(decoded(path), by_containers(path))


@pytest.mark.parametrize(
    ("edit", "opened"),
    [
        (lambda content: content.__delitem__(slice(-100, None)), False),
        (lambda content: content.__iadd__(b"junk" * 200), False),
        (lambda content: content.__setitem__(slice((at := frame_starts(content)[20]), at + 100), bytes(100)), True),
        (lambda content: content.__delitem__(slice(20_000, 20_100)), False),
        (lambda content: content.__setitem__(frame_starts(content)[20] + 3, 0xC4), True),
        (lambda content: content.__setitem__(frame_starts(content)[20] + 2, 0x04), True),
        (lambda content: content.__setitem__(content.index(b"Xing") + 7, 0), False),
        (lambda content: content.__iadd__(content[frame_starts(content)[-1] :]), True),
        (lambda content: content.__setitem__(content.index(b"Xing") + 11, 100), True),
        (lambda content: content.__setitem__((at := frame_starts(content)[-1] + 2), content[at] & 0x0F | 0xE0), True),
    ],
    ids=[
        "cut", "junk behind", "zeros", "bytes lost", "mono within", "free format within", "no length", "a frame more",
        "more frames than told", "a last frame of more bytes than are left",
    ],
)  # fmt: skip
def test_damaged_mp3_is_decoded_as_by_the_container_reader(
    tmp_path: Path, edit: Callable[[bytearray], None], opened: bool, by_containers: Decoder
) -> None:
    path = edited(tmp_path, edit)
    assert is_opened(path) == opened
    alike(decoded(path), by_containers(path))


@pytest.mark.parametrize("frame", [1, 2, 60, 130])
def test_damaged_frame_hands_over_to_containers(tmp_path: Path, frame: int, by_containers: Decoder) -> None:
    def spoil(content: bytearray) -> None:
        begin = frame_starts(content)[frame] + 4
        content[begin : begin + 32] = b"\xff" * 32  # side information that cannot be

    path = edited(tmp_path, spoil)
    assert is_opened(path)
    alike(decoded(path), by_containers(path))


def test_file_shortened_during_decoding_gives_its_remaining_audio(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp3", noise(20.0))
    with open_audio(os.fspath(path)) as stream:
        blocks = stream.blocks()
        given = [next(blocks)]
        os.truncate(path, path.stat().st_size // 2)
        given += blocks
    assert 0.4 < sum(map(len, given)) / (20.0 * 44_100) < 0.7
    assert {len(block) for block in given[:-1]} == {BLOCK_FRAMES}


@pytest.mark.parametrize("missing", ["kernels", "libav", "decoder"])
def test_unknown_libav_falls_back_to_containers(tmp_path: Path, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "a.mp3", noise(0.3))
    if missing == "kernels":
        monkeypatch.setattr(mpeg, "kernels", lambda: None)
    elif missing == "libav":
        monkeypatch.setattr(mpeg, "_KNOWN_VERSIONS", range(57, 58))
    else:
        monkeypatch.setattr(mpeg, "_DECODER", b"there is none")
    mpeg._decoder.cache_clear()
    try:
        assert not is_opened(path)
    finally:
        mpeg._decoder.cache_clear()


def test_impossible_samples_hand_over(tmp_path: Path, by_containers: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "a.mp3", noise())
    monkeypatch.setattr(audio_stream, "MAX_SAMPLE", 0.1)
    ours = decoded(path)
    assert ours[1].flags == ["damaged"]
    alike(ours, by_containers(path))


def test_mp3_with_a_vbri_header_is_left_to_containers(tmp_path: Path) -> None:
    path = edited(tmp_path, lambda content: content.__setitem__(slice(36, 40), b"VBRI"))
    assert not is_opened(path)


@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared music beside the project")
def test_real_mp3_files_decode_as_by_containers(by_containers: Decoder) -> None:
    paths = sorted((SHARED / "torture").glob("*.mp3")) + sorted((SHARED / "audio-dev").rglob("*.mp3"))[:2]
    opened = 0
    for path in paths:
        if is_opened(path):
            opened += 1
            the_same(decoded(path), by_containers(path))
    assert opened > 4
