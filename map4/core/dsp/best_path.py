"""The most likely sequence of states (Viterbi)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_Array = npt.NDArray[np.float64]


def best_path(scores: _Array, changes: _Array) -> npt.NDArray[np.int64]:
    """The state of each step on the best path, shape (n,).

    scores: of each state at each step, shape (n, K), n >= 1
    changes: what a change from each state (row) to each other adds, shape (K, K)
    """
    came_from = np.zeros(scores.shape, dtype=np.int64)
    total = scores[0]
    for step in range(1, len(scores)):
        through = total[:, None] + changes
        came_from[step] = through.argmax(axis=0)
        total = through.max(axis=0) + scores[step]
    path = np.empty(len(scores), dtype=np.int64)
    path[-1] = total.argmax()
    for step in range(len(scores) - 1, 0, -1):
        path[step - 1] = came_from[step, path[step]]
    return path
