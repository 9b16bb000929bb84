"""Transforms beside numpy's own in one piece, and what a worker need not load for them."""

import subprocess
import sys

import numpy as np
import pytest

from map4.core.dsp.compiled import kernels
from map4.core.dsp.spectrum import fourier
from map4.core.dsp.spectrum.fourier import quick_size, real_transform, spectrum_at


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


def test_fast_transform_size_is_the_next_product_of_small_primes() -> None:
    products = sorted(2**a * 3**b * 5**c for a in range(12) for b in range(8) for c in range(6))
    for least in (1, 2, 7, 11, 97, 1604, 1999):
        assert quick_size(least) == next(product for product in products if product >= least)


@pytest.mark.contract
@pytest.mark.skipif(kernels() is None, reason="needs kernels (a C compiler)")
def test_worker_loads_no_scipy_and_freezes_its_modules() -> None:
    code = (
        "import gc, sys, map4.scan.workers.preload; "
        "print([name for name in sys.modules if name.startswith('scipy')], gc.get_freeze_count() > 10_000)"
    )
    given = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert given.stdout == "[] True\n"
