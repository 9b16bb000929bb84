"""The median of an array, without what numpy loads for its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def median(values: NDArray[np.floating]) -> float:
    """The middle of the values, as `numpy.median` gives it, which would load masked arrays first.

    values: shape=(n,) with n > 0, none of them NaN
    """
    last = len(values) // 2
    first = (len(values) - 1) // 2
    return float(np.partition(values, (first, last))[first : last + 1].mean())
