"""Blocks from frames, also where packets are lost."""

import struct
from pathlib import Path

import av
import numpy as np
import pytest
from audio_files import make, noise
from mutagen.flac import FLAC

from map4.core.audio.decode import lost_packets, open_audio
from map4.core.audio.decode.blocks import (
    BLOCK_FRAMES,
    BlockBuilder,
    PlanarBlockBuilder,
    ResamplingBlockBuilder,
    block_builder,
    block_frames,
    kind_of,
)
from map4.core.audio.identity.ogg import page_checksum

RATE_HZ = 44_100
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


def frames(channels: int, *sizes: int, rate_hz: int = RATE_HZ, sample_format: str = "fltp") -> list[av.AudioFrame]:
    rng = np.random.default_rng(channels)
    made = []
    for size in sizes:
        samples = rng.uniform(-1, 1, (channels, size)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(
            samples if sample_format == "fltp" else (samples * 32767).astype(np.int16),
            format=sample_format,
            layout=LAYOUTS[channels],
        )
        frame.sample_rate = rate_hz
        made.append(frame)
    return made


def built(builder: BlockBuilder, some: list[av.AudioFrame]) -> list[np.ndarray]:
    return builder.add(some) + builder.rest()


def of_kind(frame: av.AudioFrame, kind: str) -> BlockBuilder:
    if kind == "planes":
        return PlanarBlockBuilder(frame)
    return ResamplingBlockBuilder(frame, frame.layout, RATE_HZ)


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("sizes", [(1152,) * 120, (1,), (BLOCK_FRAMES,), (100, 3 * BLOCK_FRAMES + 7, 5)])
def test_planar_frames_give_the_same_blocks_with_and_without_a_resampler(channels: int, sizes: tuple[int, ...]) -> None:
    some = frames(channels, *sizes)
    blocks, expected = (built(of_kind(some[0], kind), some) for kind in ("planes", "resampled"))
    np.testing.assert_array_equal(np.concatenate(blocks), np.concatenate(expected))
    assert [block.shape for block in blocks] == [block.shape for block in expected]
    assert all(block.flags.forc and block.dtype == np.float32 for block in blocks)
    assert {len(block) for block in blocks[:-1]} <= {BLOCK_FRAMES}


def test_returned_blocks_are_not_overwritten_by_later_frames() -> None:
    some = frames(2, BLOCK_FRAMES, BLOCK_FRAMES)
    builder = PlanarBlockBuilder(some[0])
    (first,) = builder.add(some[:1])
    before = first.copy()
    builder.add(some[1:])
    np.testing.assert_array_equal(first, before)


def test_only_planar_float_of_the_target_layout_and_rate_skips_the_resampler() -> None:
    for frame, is_plain in (
        (frames(2, 10)[0], True),
        (frames(1, 10)[0], False),
        (frames(2, 10, rate_hz=48_000)[0], False),
        (frames(2, 10, sample_format="s16p")[0], False),
    ):
        chosen = block_builder(frame, layout=av.AudioLayout("stereo"), rate_hz=RATE_HZ)
        assert isinstance(chosen, PlanarBlockBuilder) == is_plain
        assert {block.shape[1] for block in built(chosen, [frame] * 1000)} == {2}


def test_frames_have_the_kind_of_their_layout_and_others_count_as_damage() -> None:
    stereo, mono = frames(2, 10)[0], frames(1, 10)[0]
    for chosen in (of_kind(stereo, "planes"), of_kind(stereo, "resampled")):
        assert chosen.kind == kind_of(frames(2, 20)[0])
        assert chosen.kind != kind_of(mono)
    stereo, mono = frames(2, 10)[0], frames(1, 10)[0]
    chosen = ResamplingBlockBuilder(stereo, stereo.layout, RATE_HZ)
    chosen.add([stereo])
    assert chosen.add([mono]) == []
    assert chosen.damaged
    cases = [(1, 65_536), (8, 65_536), (16, 32_768), (1024, 1024)]
    assert [(channels, block_frames(channels)) for channels, _ in cases] == cases


def length_of(path: Path, data: bytes | bytearray) -> tuple[float, list[str]]:
    """Seconds that a file decodes to, and its flags."""
    path.write_bytes(data)
    with open_audio(str(path)) as stream:
        n = sum(len(block) for block in stream.blocks())
        return n / stream.sample_rate_hz, stream.flags


@pytest.mark.parametrize("rate_hz", [1, 3, 655_350])
def test_wrong_sample_rate_adds_no_silence_to_a_flac(tmp_path: Path, rate_hz: int) -> None:
    path = make(tmp_path / "a.flac", noise(4.0))
    data = bytearray(path.read_bytes())
    packed = int.from_bytes(data[18:26], "big") & ~(0xFFFFF << 44) | rate_hz << 44
    data[18:26] = packed.to_bytes(8, "big")
    found_s, _ = length_of(path, data)
    assert found_s == pytest.approx(4.0, abs=0.01)
    path.write_bytes(data)
    assert FLAC(path).info.sample_rate == rate_hz


@pytest.mark.parametrize("extension", ["ogg", "oga", "opus"])
def test_wrong_positions_add_no_silence_to_an_ogg(tmp_path: Path, extension: str) -> None:
    path = make(tmp_path / f"a.{extension}", noise(6.0))
    data = bytearray(path.read_bytes())
    expected_s, _ = length_of(path, data)
    starts, at = [], 0
    while (at := data.find(b"OggS", at)) >= 0:
        starts.append(at)
        at += 4
    for start, stop in zip(starts[4:], [*starts[5:], len(data)], strict=True):  # each a quarter of an hour later
        granule = struct.unpack("<q", data[start + 6 : start + 14])[0]
        data[start + 6 : start + 14] = struct.pack("<q", granule + (start % 7 + 1) * 900 * RATE_HZ)
        data[start + 22 : start + 26] = struct.pack("<I", page_checksum(bytes(data[start:stop])))
    found_s, _ = length_of(path, data)
    assert found_s == pytest.approx(expected_s, abs=0.1)


def test_lost_packet_is_at_most_as_long_as_the_others(tmp_path: Path) -> None:
    path = make(tmp_path / "a.m4a", noise(6.0))
    data = bytearray(path.read_bytes())
    expected_s, _ = length_of(path, data)
    at = data.index(b"stts") + 12
    n = struct.unpack(">I", data[at : at + 4])[0]
    data[at : at + 8] = struct.pack(">II", n, 100 * RATE_HZ)  # every packet lasts 100 s
    data = data.replace(b"edts", b"free")
    rng = np.random.default_rng(5)
    for place in range(9_000, 60_000, 9_000):
        data[place : place + 300] = rng.bytes(300)
    found_s, flags = length_of(path, data)
    assert "damaged" in flags
    assert found_s < expected_s + 1.0


def test_lost_flac_frames_become_silence_of_their_length(tmp_path: Path) -> None:
    path = make(tmp_path / "a.flac", noise(8.0))
    data = bytearray(path.read_bytes())
    data[200_000:300_000] = bytes(100_000)
    found_s, flags = length_of(path, data)
    assert flags == ["damaged"]
    assert found_s == pytest.approx(8.0, abs=0.1)


def test_lost_time_does_not_depend_on_the_batch_size(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    packets, position = [], 0
    for size in rng.integers(100, 900, 200).tolist():
        packets.append((position, size))
        position += size + (5000 if rng.random() < 0.1 else 0)
    taken = []
    for most in (1, 7, 1000):
        monkeypatch.setattr(lost_packets, "_MOST_NOTED", most)
        lost = lost_packets.LostPackets()
        for number, (at, size) in enumerate(packets):
            lost.note(at, size, 0 if number % 50 == 49 else 1, 0.025)
            if number % 50 == 49:
                lost.failed(size)
        taken.append((lost.take(0.3), lost.take(1e6), lost.take(1.0)))
    assert taken[0] == taken[1] == taken[2]
    assert taken[0][0] == 0.3
    assert taken[0][1] > 0.3
    assert taken[0][2] == 0.0
