"""Compare two beat grids by their beats, as programs write the same beats with other marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from map4.music.track.cues import GridMark

SAME_S = 0.002
"""Beats are equal within this: programs round positions and tempi."""
ROUNDED_S = 0.004
"""Beats that are off by up to this are changed: map4 adds marks where rounded tempi are 3 ms off, and positions are
rounded."""
_NO_BEAT_S = 30.0
"""Minimum length that a grid is compared on after its last mark, if the length of the track is unknown."""
_METRE = 4


def compare_grids(
    source: Sequence[GridMark], result: Sequence[GridMark], *, length_s: float | None, from_s: float = 0.0
) -> tuple[float, bool]:
    """Return by how many seconds beats are off at most, and whether bars begin on the same beats.

    source, result: by position, not empty
    length_s: of the track; None if unknown
    from_s: earlier beats don't count, as some programs have none before the track
    """
    last_s = max(mark.position_s for mark in (*source, *result))
    end_s = last_s + _NO_BEAT_S if length_s is None else max(length_s, source[0].position_s)
    off_s, same_bars = 0.0, True
    for time_s, beat in _places(source, from_s, end_s):
        other_s, other_beat = _nearest(result, time_s)
        off_s = max(off_s, abs(other_s - time_s))
        if beat is not None and beat != other_beat:
            same_bars = False
    has_bars = any(mark.beat is not None for mark in source)
    for time_s, _ in _places(result, max(from_s, source[0].position_s), end_s):
        other_s, beat = _nearest(source, time_s)
        off_s = max(off_s, abs(other_s - time_s))
        if has_bars and beat != _nearest(result, time_s)[1]:
            same_bars = False
    return off_s, same_bars


def _places(marks: Sequence[GridMark], from_s: float, end_s: float) -> Iterator[tuple[float, int | None]]:
    """Yield the first and the last beat of each mark, with the beat of the bar if it is known."""
    for index, mark in enumerate(marks):
        period_s = 60.0 / mark.bpm
        until_s = marks[index + 1].position_s if index + 1 < len(marks) else end_s
        first = max(0, -int((mark.position_s - from_s) // period_s))
        last = int((until_s - mark.position_s) / period_s - 0.01) if until_s > mark.position_s + SAME_S else -1
        for step in sorted({first, last}):
            if first <= step <= last and mark.position_s + step * period_s <= end_s:
                yield mark.position_s + step * period_s, _beat(mark, step)


def _beat(mark: GridMark, step: int) -> int | None:
    if mark.beat is None:
        return None
    return (mark.beat - 1 + step) % (mark.metre or _METRE) + 1


def _nearest(marks: Sequence[GridMark], time_s: float) -> tuple[float, int]:
    """Return the beat nearest to a time, and its beat of the bar; a mark without one begins a bar of four."""
    here = marks[0]
    for mark in marks:
        if mark.position_s - SAME_S > time_s:
            break
        here = mark
    period_s = 60.0 / here.bpm
    step = round((time_s - here.position_s) / period_s)
    following = next((mark for mark in marks if mark.position_s > here.position_s), None)
    if following is not None and abs(following.position_s - time_s) < abs(here.position_s + step * period_s - time_s):
        here, step, period_s = following, 0, 60.0 / following.bpm
    return here.position_s + step * period_s, ((here.beat or 1) - 1 + step) % (here.metre or _METRE) + 1
