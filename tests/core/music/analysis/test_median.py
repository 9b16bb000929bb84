"""The median is numpy's, and does not load its masked arrays."""

import subprocess
import sys

import numpy as np
import pytest

from map4.core.music.analysis.median import median


def test_median_equals_that_of_numpy() -> None:
    for size in [1, 2, 3, 10, 101]:
        for dtype in [np.float64, np.float32]:
            values = np.random.default_rng(size).standard_normal(size).astype(dtype)

            assert median(values) == float(np.median(values))


@pytest.mark.contract
def test_masked_arrays_are_not_loaded():
    code = (
        "import sys; import numpy as np; from map4.core.music.analysis.median import median; "
        "median(np.ones(4)); print('numpy.ma' in sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert loaded.strip() == "False"
