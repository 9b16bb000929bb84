"""The compiled kernels give what numpy gives, and map4 is built without them where there is no compiler."""

import os
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ctypes import CDLL
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from conftest import REPOSITORY
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager
from signals import cadence, mix, white_noise

from map4.core.dsp import network
from map4.core.dsp.compiled import LIBRARY, SOURCES, kernels, scratch
from map4.core.dsp.inside import bar_evidence, bars
from map4.core.dsp.loudness import k_weighting, loudness
from map4.core.dsp.loudness.loudness import LoudnessMeter, LoudnessResult
from map4.core.dsp.rhythm import beat_network, beats, onsets
from map4.core.dsp.spectrum import framing, halving, packed, spectral_pass, transforms
from map4.core.dsp.spectrum.filters import LONG_HOP, LONG_WINDOW, ShortWindow
from map4.core.dsp.spectrum.packed import Packed
from map4.core.dsp.spectrum.spectral_pass import SPARSITY_FRAMES, spectral_sparsity

with_kernels = pytest.mark.skipif(kernels() is None, reason="needs kernels (a C compiler)")


@pytest.fixture
def by_numpy(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Leaves the kernels alone from when it is called."""

    def leave() -> None:
        for module in (transforms, spectral_pass, framing, halving, k_weighting, loudness, beats, beat_network, network,
                       onsets, bar_evidence, bars, packed):  # fmt: skip
            monkeypatch.setattr(module, "kernels", lambda: None)

    return leave


def frames_of(y: np.ndarray, window: int, hop: int, count: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(y, window)[::hop][:count]


@with_kernels
@pytest.mark.parametrize("count", [1, 4, 5, 16, 203])
def test_short_transforms_of_kernels_agree_with_numpy(count: int, by_numpy: Callable[[], None]) -> None:
    frames = frames_of(
        mix(cadence(0, "major", 3.0), white_noise(3.0, level=0.01)), ShortWindow.LENGTH, ShortWindow.HOP, count
    )
    mel, fourths, sums, summed = transforms.ShortTransform(count).take(frames)
    sparsity = spectral_sparsity(sums, summed)
    by_numpy()
    other_mel, other_fourths, power, _ = transforms.ShortTransform(count).take(frames)
    np.testing.assert_allclose(mel, other_mel, rtol=1e-4, atol=1e-6 * other_mel.max())
    np.testing.assert_allclose(fourths, other_fourths, rtol=1e-3, atol=1e-6 * power.max())
    np.testing.assert_allclose(sparsity, spectral_sparsity(power), atol=1e-5)
    assert len(sparsity) == -(-count // SPARSITY_FRAMES)


@with_kernels
@pytest.mark.parametrize("count", [1, 9])
def test_long_transforms_of_kernels_agree_with_numpy(count: int, by_numpy: Callable[[], None]) -> None:
    frames = frames_of(cadence(0, "major", 3.0), LONG_WINDOW, LONG_HOP, count)
    magnitude = transforms.long_magnitudes(frames)
    by_numpy()
    expected = transforms.long_magnitudes(frames)
    assert magnitude.shape == expected.shape
    np.testing.assert_allclose(magnitude, expected, rtol=1e-3, atol=1e-6 * expected.max())


@with_kernels
@pytest.mark.parametrize("count", [1, 8, 203])
def test_spectral_shapes_of_kernels_agree_with_numpy(count: int, by_numpy: Callable[[], None]) -> None:
    rng = np.random.default_rng(2)
    power = rng.exponential(size=(count, 513)) * np.exp(-np.arange(513) / np.linspace(1.0, 200.0, count)[:, None])
    power[count // 2] = 0.0
    power = power.astype(np.float32)
    found = spectral_pass.describe_shape(power)
    by_numpy()
    expected = spectral_pass.describe_shape(power)
    rolloffs = found[:, 2], expected[:, 2]
    # Rounding may decide for the neighbour where the sum meets the share.
    np.testing.assert_allclose(*rolloffs, atol=22)
    assert np.mean(np.not_equal(*rolloffs)) < 0.02
    found[:, 2] = expected[:, 2]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@with_kernels
def test_spectral_peaks_of_kernels_agree_with_numpy(by_numpy: Callable[[], None]) -> None:
    tones = mix(cadence(0, "major", 3.0), white_noise(3.0, level=0.01))
    magnitude = transforms.long_magnitudes(frames_of(tones, LONG_WINDOW, LONG_HOP, 9))
    ways = [(frames, high) for frames in (magnitude, 0.0 * magnitude) for high in (743, 33)]
    given = [spectral_pass._peaks(frames, 30, high) for frames, high in ways]
    by_numpy()
    for found, (frames, high) in zip(given, ways, strict=True):
        np.testing.assert_array_equal(found, spectral_pass._peaks(frames, 30, high))


@with_kernels
@pytest.mark.parametrize("count", [0, 1, 37])
def test_packed_rows_of_kernels_agree_with_numpy(count: int, by_numpy: Callable[[], None]) -> None:
    rows = np.random.default_rng(1).exponential(size=(count, 13)).astype(np.float32) ** 20
    given = packed.packed(rows)
    unpacked = [Packed(given)[part] for part in (slice(None), slice(3, 30), slice(0, 37, 4))]
    by_numpy()
    np.testing.assert_array_equal(given, packed.packed(rows))
    for found, part in zip(unpacked, (slice(None), slice(3, 30), slice(0, 37, 4)), strict=True):
        np.testing.assert_array_equal(found, Packed(given)[part])


@with_kernels
@pytest.mark.parametrize("gain", [1.0, 0.5])
def test_halving_by_kernels_agrees_with_numpy(gain: float, by_numpy: Callable[[], None]) -> None:
    samples = white_noise(1.0).astype(np.float32)
    found = halving.Halving(gain).resample_chunk(samples, last=True)
    np.testing.assert_array_equal(found, halving.Halving().resample_chunk(np.float32(gain) * samples, last=True))
    by_numpy()
    np.testing.assert_allclose(found, halving.Halving(gain).resample_chunk(samples, last=True), atol=1e-6)


@with_kernels
@pytest.mark.parametrize("stretch", [8, 55, 108])
def test_largest_distances_of_kernels_agree_with_numpy(stretch: int, by_numpy: Callable[[], None]) -> None:
    samples = white_noise(1.0).astype(np.float32)[: 37 * stretch]
    found = framing.largest_distances(samples, stretch, 0.03)
    by_numpy()
    np.testing.assert_array_equal(found, framing.largest_distances(samples, stretch, 0.03))


@with_kernels
@pytest.mark.parametrize("level", [1.0, 0.3, 0.001])
@pytest.mark.parametrize(("sr_hz", "channels"), [(44_100, 2), (48_000, 1), (8_000, 2), (96_000, 6)])
def test_loudness_of_kernels_agrees(sr_hz: int, channels: int, level: float, by_numpy: Callable[[], None]) -> None:
    y = level * (np.sin(1.5 * np.arange(155_000)) + white_noise(8.0, level=0.3)[:155_000]) + 0.1
    y = np.clip(y, -1.0, 1.0)  # what is cut off has the highest peaks between the samples
    y[50_000:90_000] *= 0.01
    block = np.stack([np.roll(y, 1000 * channel) for channel in range(channels)], axis=1).astype(np.float32)

    def measured() -> LoudnessResult:
        meter = LoudnessMeter(sr_hz, channels)
        meter.feed(block)
        return meter.finish()

    found = measured()
    by_numpy()
    expected = measured()
    for name in ("integrated_lufs", "range_lu", "true_peak_dbtp", "clipped_per_minute"):
        assert getattr(found.loudness, name) == pytest.approx(getattr(expected.loudness, name), abs=1e-3), name
    np.testing.assert_allclose(found.segment_lufs, expected.segment_lufs, atol=0.02)
    np.testing.assert_allclose(found.envelope, expected.envelope, atol=1e-6)


@with_kernels
def test_beats_of_kernels_agree_with_numpy(by_numpy: Callable[[], None]) -> None:
    envelope = np.random.default_rng(1).exponential(size=6000).astype(np.float32)
    bpm = np.where(np.arange(6000) < 20 * ShortWindow.RATE_HZ, 97.0, 131.0)
    found = [beats.track_beats(envelope, tempo) for tempo in (120.0, bpm)]
    by_numpy()
    for beats_s, tempo in zip(found, (120.0, bpm), strict=True):
        np.testing.assert_array_equal(beats_s, beats.track_beats(envelope, tempo))


@with_kernels
@pytest.mark.parametrize(("first", "last"), [(0, 700), (0, 2), (250, 400), (690, 700)])
def test_beat_network_input_of_kernels_agrees_with_numpy(first: int, last: int, by_numpy: Callable[[], None]) -> None:
    level = np.random.default_rng(3).exponential(size=(700, 40)).astype(np.float32)
    found = beat_network.frame_numbers(level, first, last)
    by_numpy()
    np.testing.assert_allclose(found, beat_network.frame_numbers(level, first, last), atol=1e-6)


@with_kernels
def test_onsets_and_half_beat_means_of_kernels_agree_with_numpy(by_numpy: Callable[[], None]) -> None:
    power = Packed.of(np.random.default_rng(2).exponential(size=(700, 40)).astype(np.float32))
    halves = np.array([0.0, 0.2, 0.2, 1.7, 6.9, 8.0])

    def found() -> list[np.ndarray]:
        envelopes = onsets.onset_envelopes(power, block_frames=512)
        return [envelopes.bands, envelopes.sharp, bar_evidence._half_levels(halves, power)]

    given = found()
    by_numpy()
    for array, other in zip(given, found(), strict=True):
        np.testing.assert_allclose(array, other, rtol=1e-5, atol=1e-6)


@with_kernels
@pytest.mark.parametrize("metre", [2, 7])
def test_bar_paths_of_kernels_agree_with_numpy(metre: int, by_numpy: Callable[[], None]) -> None:
    rng = np.random.default_rng(metre)
    tracks = [np.round(scale * rng.standard_normal((40, metre))) for scale in (1.0, 1.0, 200.0, 400.0)]
    given = [bars._best_course(local) for local in tracks]
    by_numpy()
    for course, local in zip(given, tracks, strict=True):
        np.testing.assert_array_equal(course, bars._best_course(local))


@with_kernels
@pytest.mark.parametrize(
    ("count", "shape", "apart"), [(203, (5, 20, 20), 16), (6, (3, 7, 65), 4), (8, (5, 9, 136), 2), (3, (1, 64, 48), 1)]
)
@pytest.mark.parametrize("curved", [False, True])
def test_convolutions_of_kernels_agree_with_numpy(
    count: int, shape: tuple[int, ...], apart: int, curved: bool, by_numpy: Callable[[], None]
) -> None:
    numbers = np.random.default_rng(1).standard_normal
    frames, taps, bias, onto = (
        numbers(size, dtype=np.float32) for size in ((count, shape[1]), shape, shape[2], (count, shape[2]))
    )

    def convolved() -> list[np.ndarray]:
        place, how = onto.copy(), {"apart": apart, "curved": curved}
        network.convolved(frames, taps, bias, **how, onto=place)
        return [network.convolved(frames, taps, bias, **how), place]

    given = convolved()
    by_numpy()
    np.testing.assert_allclose(given, convolved(), atol=2e-5)


def test_convolution_refuses_wrong_shapes_and_threads_have_separate_memory() -> None:
    frames, taps = np.zeros((4, 5), np.float32), np.zeros((3, 5, 9), np.float32)
    for given in (
        {"frames": frames[:, :4], "bias": np.zeros(9, np.float32)},
        {"bias": np.zeros(1, np.float32)},
        {"bias": np.zeros(9, np.float32), "onto": np.zeros((3, 9), np.float32)},
    ):
        with pytest.raises(ValueError):
            network.convolved(**{"frames": frames, "taps": taps, **given})
    every_other = np.zeros((4, 18), np.float32)[:, ::2]
    network.convolved(frames, taps, np.ones(9, np.float32), onto=every_other)
    assert (every_other == 1.0).all()
    with ThreadPoolExecutor(1) as threads:
        other, again = (threads.submit(scratch, 64).result() for _ in range(2))
    assert other is again
    assert not np.shares_memory(other, scratch(64))


def test_halving_reads_only_samples_of_its_buffer() -> None:
    samples, plain, roomy = white_noise(1.0), halving.Halving(), halving.Halving()
    for part in np.array_split(samples, [1, 700, 9000, 9001]):
        room = roomy.room(part.size)
        room[:] = part
        np.testing.assert_array_equal(roomy.resample_chunk(room), plain.resample_chunk(part))


def hook(root: Path) -> Any:
    sys.path.insert(0, str(REPOSITORY))
    try:
        from hatch_build import SOURCES, BuiltFilesHook
    finally:
        sys.path.remove(str(REPOSITORY))
    for source in SOURCES:
        (root / source).parent.mkdir(parents=True)
        shutil.copy(REPOSITORY / source, root / source)
    metadata = ProjectMetadata(str(root), PluginManager(), {"project": {"name": "map4", "version": "1"}})
    return BuiltFilesHook(str(root), {}, None, metadata, str(root), "wheel")  # type: ignore[arg-type]


@pytest.mark.world
@pytest.mark.skipif(kernels() is None or shutil.which(os.environ.get("CC", "cc")) is None, reason="needs a C compiler")
def test_the_same_compiler_makes_the_same_kernels_anywhere(tmp_path: Path) -> None:
    made = []
    for name in ("one", "a folder beside it"):
        data: dict[str, Any] = {"artifacts": []}
        hook(tmp_path / name).initialize("editable", data)
        assert data["artifacts"] == [f"/map4/core/dsp/{LIBRARY.name}"]
        made.append((tmp_path / name / "map4/core/dsp" / LIBRARY.name).read_bytes())
    assert made[0] == made[1]


@pytest.mark.contract
@pytest.mark.parametrize("compiler", ["false", "/there/is/none"])
def test_missing_compiler_leaves_kernels_out(tmp_path: Path, compiler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", compiler)
    data: dict[str, Any] = {"artifacts": []}
    hook(tmp_path).initialize("editable", data)
    assert data["artifacts"] == []
    assert not list(tmp_path.rglob(LIBRARY.name))


def test_kernels_of_another_version_are_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.so").write_bytes(b"no library")
    monkeypatch.setattr("map4.core.dsp.compiled.LIBRARY", tmp_path / "broken.so")
    assert kernels.__wrapped__() is None
    monkeypatch.setattr("map4.core.dsp.compiled.LIBRARY", tmp_path / "none.so")
    assert kernels.__wrapped__() is None
    monkeypatch.setattr("map4.core.dsp.compiled.LIBRARY", tmp_path / "broken.so")
    older = SimpleNamespace(map4_fits=lambda: 1, map4_true_peak=SimpleNamespace())
    monkeypatch.setattr("ctypes.CDLL", lambda path: older)
    assert kernels.__wrapped__() is None


@pytest.mark.skipif(not LIBRARY.exists() or not CDLL(str(LIBRARY)).map4_fits(), reason="needs kernels (a C compiler)")
def test_kernels_of_other_sources_are_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "kernels.c"
    monkeypatch.setattr("map4.core.dsp.compiled.SOURCES", (source, SOURCES[1]))
    assert kernels.__wrapped__() is not None  # an installation may lack the sources
    source.write_bytes(SOURCES[0].read_bytes())
    assert kernels.__wrapped__() is not None
    source.write_bytes(SOURCES[0].read_bytes() + b"\n")
    assert kernels.__wrapped__() is None
