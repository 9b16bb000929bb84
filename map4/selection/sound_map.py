"""The map of the sound: sound vectors laid out in the plane, and how much of who is near whom it keeps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from map4.selection.neighbours import LEAST_TRACKS, fit_sound_space

NEIGHBOURS = 10
"""Of so many nearest tracks it is told how many are near in the plane too."""
_ASKED = 1000


def place_sounds(vectors: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float64], float] | None:
    """Lay sound vectors out in the plane.

    Parameters
    ----------
    vectors : shape (n, 128), raw numbers as in `Analysis.sound`

    Returns
    -------
    Places, shape (n, 2), and which part of the ten nearest in sound are among the ten nearest in the plane, 0-1. None
    of fewer than eight tracks, which have no distances worth a map. The same vectors give the same places.
    """
    if len(vectors) < LEAST_TRACKS:
        return None
    directions = fit_sound_space(vectors).project(vectors)
    from map4.reports.figures.library_map import project

    points = project(directions)
    return points, kept_neighbours(directions, points)


def kept_neighbours(directions: npt.NDArray[np.float32], points: npt.NDArray[np.float64]) -> float:
    """Which part of the nearest in sound are among as many nearest in the plane, 0-1; of at most 1,000 tracks."""
    asked = np.arange(len(points))[:: max(1, -(-len(points) // _ASKED))]
    count = min(NEIGHBOURS, len(points) - 1)
    kept = 0
    for one in asked:
        sound = directions @ directions[one]
        plane = -np.square(points - points[one]).sum(axis=1)
        sound[one] = plane[one] = -np.inf
        kept += len(np.intersect1d(np.argpartition(sound, -count)[-count:], np.argpartition(plane, -count)[-count:]))
    return kept / (count * len(asked))
