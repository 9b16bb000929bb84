"""What the units of the small networks do with their sums."""

from __future__ import annotations

import numpy as np

from map4.features.filters import FloatArray


def elu(x: FloatArray) -> FloatArray:
    """x where it is positive, exp(x) - 1 elsewhere, which is the larger of both (exponential linear unit)."""
    result: FloatArray = np.minimum(x, 0.0)
    np.exp(result, out=result)
    result -= 1.0
    return np.maximum(x, result, out=result)
