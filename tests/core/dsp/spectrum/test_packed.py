"""Numbers in 16 bits."""

import numpy as np

from map4.core.dsp.spectrum.packed import PART_ROWS, Packed


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
