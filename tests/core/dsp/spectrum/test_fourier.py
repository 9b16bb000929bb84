"""Fourier transforms, the frames that they get, and how rows are stored."""

import gc
import subprocess
import sys
import weakref

import numpy as np
import pytest

from map4.core.dsp.compiled import kernels
from map4.core.dsp.spectrum import fourier
from map4.core.dsp.spectrum.filters import FloatArray
from map4.core.dsp.spectrum.fourier import quick_size, real_transform, spectrum_at
from map4.core.dsp.spectrum.framing import Framer, Rows
from map4.core.dsp.spectrum.packed import PART_ROWS, Packed
from map4.core.dsp.spectrum.spectral_pass import SpectralPass


@pytest.mark.parametrize("by_kernels", [True, False])
def test_transform_of_any_shape_agrees_with_numpy(by_kernels: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not by_kernels:
        monkeypatch.setattr(fourier, "kernels", lambda: None)
    sizes = (((601,), None), ((33, 12), None), ((7, 64, 802), 1620), ((0, 16), 32), ((2, 3, 9), 9), ((5, 30), None),
             ((4, 6), 14), ((9, 2), None), ((4, 7), 8), ((4, 90), 10))  # fmt: skip
    for shape, size in sizes:
        samples = np.random.default_rng(1).normal(size=shape).astype(np.float32)
        found, expected = real_transform(samples, size), np.fft.rfft(samples.astype(np.float64), size)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-5 * np.sqrt(shape[-1]))


@pytest.mark.parametrize(("count", "size"), [(1, 4), (3, 4), (250, 1000), (999, 1012)])
def test_selected_bins_of_a_long_spectrum_equal_the_full_transform(count: int, size: int) -> None:
    samples = np.random.default_rng(2).normal(size=count).astype(np.float32)
    bins = np.r_[size // 2, 0 : size // 2 + 1]
    expected = np.fft.rfft(samples.astype(np.float64), size)[bins]
    np.testing.assert_allclose(spectrum_at(samples, size, bins), expected, rtol=0.0, atol=1e-9)


def test_transform_sizes_are_products_and_rows_are_read_back() -> None:
    products = sorted(2**a * 3**b * 5**c for a in range(12) for b in range(8) for c in range(6))
    for least in (1, 2, 7, 11, 97, 1604, 1999):
        assert quick_size(least) == next(product for product in products if product >= least)
    for count in [1, 9, 10, 11, 35]:
        for batch in [1, 4, 50]:
            appended = np.arange(2.0 * count, dtype=np.float32).reshape(count, 2)
            rows = Rows(2.0, block_s=5.0)
            for start in range(0, count, batch):
                rows.append(appended[start : start + batch])
            np.testing.assert_array_equal(rows.joined(), appended)


@pytest.mark.contract
@pytest.mark.skipif(kernels() is None, reason="needs kernels (a C compiler)")
def test_worker_loads_no_scipy_and_freezes_its_modules() -> None:
    code = (
        "import gc, sys, map4.scan.workers.preload; "
        "print([name for name in sys.modules if name.startswith('scipy')], gc.get_freeze_count() > 10_000)"
    )
    given = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert given.stdout == "[] True\n"


WINDOW, HOP, BATCH = 8, 3, 4


def frames_of(y: FloatArray, cut: int, n_frames: int) -> list[FloatArray]:
    framer = Framer(WINDOW, HOP, BATCH)
    batches = [batch.copy() for start in range(0, y.size, cut) for batch in framer.push(y[start : start + cut])]
    return batches + [batch.copy() for batch in framer.flush(n_frames)]


def test_frames_are_centred_and_overlap_also_in_an_empty_stream() -> None:
    for cut in (1, 5, 17, 100):
        y = np.arange(1.0, 41.0, dtype=np.float32)
        n_frames = 1 + y.size // HOP
        batches = frames_of(y, cut, n_frames)
        padded = np.pad(y, (WINDOW // 2, WINDOW))
        wanted = np.stack([padded[HOP * index : HOP * index + WINDOW] for index in range(n_frames)])
        assert [len(batch) for batch in batches] == [4, 4, 4, 2]
        np.testing.assert_array_equal(np.concatenate(batches), wanted)
    batches = frames_of(np.zeros(0, dtype=np.float32), 1, 1)
    np.testing.assert_array_equal(np.concatenate(batches), np.zeros((1, WINDOW)))


def test_spectral_pass_is_freed_without_the_collector() -> None:
    gc.disable()  # a worker analyses many tracks before the collector looks at what only refers to itself
    try:
        spectral_pass = SpectralPass()
        spectral_pass.feed(np.zeros(10_000, dtype=np.float32))
        alive = weakref.ref(spectral_pass)
        spectral_pass.finish()
        del spectral_pass
        assert alive() is None
    finally:
        gc.enable()


def spread(rows: int) -> np.ndarray:
    """Numbers from the quietest to the loudest there can be."""
    return (10.0 ** np.random.default_rng(3).uniform(-30.0, 12.0, (rows, 5))).astype(np.float32)


def test_packed_values_means_and_products_equal_the_plain_ones() -> None:
    numbers = spread(2000)
    numbers[7] = 0.0
    np.testing.assert_allclose(Packed.of(numbers)[:], numbers, rtol=1 / 511, atol=0.0)
    assert not Packed.of(numbers)[7:8].any()
    numbers = np.random.default_rng(1).uniform(size=(2 * PART_ROWS + 3, 4)).astype(np.float32)
    assert abs(Packed.of(numbers).mean - float(numbers.mean())) < 1e-4
    assert Packed.of(numbers[:0]).mean == 0.0
    rows = Packed.of(np.random.default_rng(1).uniform(size=(PART_ROWS + 6, 4)).astype(np.float32))
    matrix = np.random.default_rng(2).uniform(size=(4, 2)).astype(np.float32)
    for stride in (1, 2, 4):
        np.testing.assert_allclose(rows.times(matrix, stride=stride), rows[::stride] @ matrix, rtol=1e-6)
    np.testing.assert_allclose(rows.times(matrix[:, 0]), rows[:] @ matrix[:, 0], rtol=1e-6)
