"""Adam (Kingma and Ba, 2015): the step that every network here learns with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

FIRST_KEPT, SECOND_KEPT = 0.9, 0.999
"""Share of the running means of slopes and of their squares that each step leaves."""
LEAST = 1e-8


class Adam:
    """Running means for some weights, by name or number."""

    def __init__(self, values: Mapping[Any, Any]) -> None:
        self._first, self._second = ({name: np.zeros_like(value) for name, value in values.items()} for _ in range(2))
        self._step = 0

    def moves(self, slopes: Mapping[Any, Any]) -> dict[Any, Array]:
        """What to take off each weight, times the learning rate."""
        self._step += 1
        moves = {}
        for name, slope in slopes.items():
            self._first[name] = FIRST_KEPT * self._first[name] + (1.0 - FIRST_KEPT) * slope
            self._second[name] = SECOND_KEPT * self._second[name] + (1.0 - SECOND_KEPT) * slope**2
            mean = self._first[name] / (1.0 - FIRST_KEPT**self._step)
            moves[name] = mean / (np.sqrt(self._second[name] / (1.0 - SECOND_KEPT**self._step)) + LEAST)
        return moves
