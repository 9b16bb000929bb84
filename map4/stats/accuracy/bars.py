"""Judge whether bar one matches the user's own beat grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from map4.doctor import KEPT, places_of
from map4.music.analysis.inside import Bars
from map4.music.track.cues import GridMark
from map4.stats.accuracy.judged import JudgedValue

LEAST_BARS = 8
"""With fewer bars, nothing is judged."""
MOST_ASTRAY = 0.2
"""Share of the bars that may begin elsewhere, with a loose grid or music, while bar one is still right."""


def judged_bars(audio_id: str, marks: Sequence[GridMark], bars: Bars | None) -> JudgedValue | None:
    """Judge bar one by the user's grid; None if the grid has no bars, or there is nothing to compare.

    It is right if bars have the same number of beats and begin with the grid's bars, within 0.15 of a beat; near if
    they begin on another beat of the grid.
    """
    if bars is None or len(bars.downbeats_s) < LEAST_BARS or not marks:
        return None
    if any(mark.beat is None or mark.metre is None for mark in marks):
        return None
    ones_s = np.asarray(bars.downbeats_s, dtype=np.float64)
    place, here = places_of(marks, ones_s)
    first = np.array([(mark.beat or 1) - 1 for mark in marks])
    metres = np.array([mark.metre or 1 for mark in marks])
    beats = np.rint(place)
    is_on_beat = np.abs(place - beats) <= KEPT
    is_on_one = is_on_beat & ((beats.astype(np.int64) + first[here]) % metres[here] == 0)
    has_same_metre = bool(np.all(metres == bars.metre.beats_per_bar))
    return JudgedValue(
        audio_id=audio_id,
        certainty=bars.sure,
        is_right=has_same_metre and _are_most(is_on_one),
        is_near=_are_most(is_on_beat),
    )


def _are_most(is_off: np.ndarray) -> bool:
    return float(np.mean(is_off)) >= 1.0 - MOST_ASTRAY
