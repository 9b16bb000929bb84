"""Compare two beat grids by their beats, as programs write the same beats with other marks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from map4.core.music.track.cues import GridMark

SAME_S = 0.002
"""Beats are equal within this: programs round positions and tempi."""
ROUNDED_S = 0.004
"""Beats that are off by up to this are changed: map4 adds marks where rounded tempi are 3 ms off, and positions are
rounded."""
_NO_BEAT_S = 30.0
"""Minimum length that a grid is compared on after its last mark, if the length of the track is unknown."""
_METRE = 4


def compare_grids(
    source: Sequence[GridMark], result: Sequence[GridMark], *, length_s: float | None
) -> tuple[float, bool]:
    """Return by how many seconds beats are off at most, and whether bars begin on the same beats.

    source, result: by position, not empty
    length_s: of the track; None if unknown
    """
    ours, theirs = _Beats(source), _Beats(result)
    last_s = max(source[-1].position_s, result[-1].position_s)
    end_s = last_s + _NO_BEAT_S if length_s is None else max(length_s, source[0].position_s)
    off_s, same_bars = 0.0, True
    for time_s, beat in ours.edges(0.0, end_s):
        other_s, other_beat = theirs.nearest(time_s)
        off_s = max(off_s, abs(other_s - time_s))
        same_bars = same_bars and beat in (None, other_beat)
    has_bars = any(mark.beat is not None for mark in source)
    for time_s, _ in theirs.edges(max(0.0, source[0].position_s), end_s):
        other_s, beat = ours.nearest(time_s)
        off_s = max(off_s, abs(other_s - time_s))
        same_bars = same_bars and (not has_bars or beat == theirs.nearest(time_s)[1])
    return off_s, same_bars


class _Beats:
    """The beats of a grid."""

    def __init__(self, marks: Sequence[GridMark]) -> None:
        self._marks = marks
        self._places = [mark.position_s for mark in marks]

    def edges(self, from_s: float, end_s: float) -> Iterator[tuple[float, int | None]]:
        """Yield the first and the last beat of each mark, with the beat of the bar if it is known."""
        for mark, until_s in zip(self._marks, [*self._places[1:], end_s], strict=True):
            period_s = 60.0 / mark.bpm
            first = max(0, -int((mark.position_s - from_s) // period_s))
            last = int((until_s - mark.position_s) / period_s - 0.01) if until_s > mark.position_s + SAME_S else -1
            for step in sorted({first, last}):
                time_s = mark.position_s + step * period_s
                if first <= step <= last and time_s <= end_s:
                    yield time_s, None if mark.beat is None else _beat(mark, step)

    def nearest(self, time_s: float) -> tuple[float, int]:
        """Return the beat nearest to a time, and its beat of the bar; a mark without one begins a bar of four."""
        index = max(0, bisect_right(self._places, time_s + SAME_S) - 1)
        here = self._marks[index]
        step = round((time_s - here.position_s) * here.bpm / 60.0)
        beat_s = here.position_s + step * 60.0 / here.bpm
        if index + 1 < len(self._marks) and self._places[index + 1] - time_s < abs(beat_s - time_s):
            here, step, beat_s = self._marks[index + 1], 0, self._places[index + 1]
        return beat_s, _beat(here, step)


def _beat(mark: GridMark, step: int) -> int:
    return ((mark.beat or 1) - 1 + step) % (mark.metre or _METRE) + 1
