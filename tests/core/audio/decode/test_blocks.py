"""Blocks from frames: put side by side, they are what libav's resampler makes of them."""

import av
import numpy as np
import pytest

from map4.core.audio.decode.blocks import (
    BLOCK_FRAMES,
    BlockBuilder,
    PlanarBlockBuilder,
    ResamplingBlockBuilder,
    block_builder,
    block_frames,
    kind_of,
)

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
