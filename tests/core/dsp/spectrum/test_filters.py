"""Filterbanks in groups give what the whole matrix gives."""

import numpy as np
import pytest

from map4.core.dsp.spectrum.filters import (
    Filterbank,
    ShortWindow,
    hann,
    mean_square_per_power,
    mel_filterbank,
    pitch_filterbank,
    pitch_matrix,
)


def test_groups_of_filters_equal_the_whole_matrix_and_have_unit_area() -> None:
    for splits in ((), (3,), (2, 5)):
        rng = np.random.default_rng(1)
        matrix = np.zeros((40, 8), dtype=np.float32)
        for column in range(8):
            matrix[4 * column : 4 * column + 9, column] = rng.uniform(0.1, 1.0, 9)
        rows = rng.uniform(size=(17, 40)).astype(np.float32)
        bank = Filterbank(matrix, splits)
        assert bank.n_bins == 40
        np.testing.assert_allclose(bank.apply(rows), rows @ matrix, rtol=1e-5)
    rows = np.eye(pitch_matrix().shape[0], dtype=np.float32)
    np.testing.assert_allclose(pitch_filterbank().apply(rows), pitch_matrix(), atol=1e-7)
    area = mel_filterbank().apply(
        np.full((1, ShortWindow.LENGTH // 2 + 1), 22050 / ShortWindow.LENGTH, dtype=np.float32)
    )[0]
    np.testing.assert_allclose(area[10:], 1.0, atol=0.1)  # the lowest filters hold one to three bins
    wave = 0.5 * np.sin(2 * np.pi * 50 * np.arange(ShortWindow.LENGTH) / ShortWindow.LENGTH)
    power = np.square(np.abs(np.fft.rfft(wave * hann(ShortWindow.LENGTH))))
    assert mean_square_per_power() * power.sum() == pytest.approx(0.125, rel=1e-3)
