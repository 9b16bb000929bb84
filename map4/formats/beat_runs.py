"""From single beats to a grid: as few marks as say where every beat lies."""

from __future__ import annotations

from collections.abc import Sequence

from map4.domain.cues import GridMark

_SECONDS_A_MINUTE = 60.0
# DJ programs show two decimals; a tempo is written like that wherever the beats allow it.
_DECIMALS = 2
_METRE = 4


def grid_of_beats(
    times_s: Sequence[float], *, tolerance_s: float, numbers: Sequence[int] | None = None
) -> tuple[GridMark, ...]:
    """Join beats that go evenly into one mark each.

    Parameters
    ----------
    times_s : of the beats, rising
    tolerance_s : how far a beat may lie from where its mark says; what the positions were rounded to, or what
        nobody hears
    numbers : of the beats in their bars of four, 1-4; None where bars are not known

    Returns
    -------
    Marks, each on a beat, exactly; none for fewer than two beats, which have no tempo.

    Raises
    ------
    ValueError
        If a beat does not come after the one before it.

    Notes
    -----
    A run from beat s goes on while one period p fits all its beats: |s + i·p - t_i| ≤ tolerance. Every beat narrows
    the interval of such p, so that one pass is enough.
    """
    marks: list[GridMark] = []
    start, last = 0, len(times_s) - 1
    while start < last:
        end, least_s, most_s = _run(times_s, start, tolerance_s, numbers)
        period_s = (times_s[end] - times_s[start]) / (end - start)
        marks.append(
            GridMark(
                position_s=round(times_s[start], 6),
                bpm=_round_bpm(period_s, least_s, most_s),
                metre=_METRE if numbers else None,
                beat=numbers[start] if numbers else None,
            )
        )
        start = end
    return tuple(marks)


def _run(
    times_s: Sequence[float], start: int, tolerance_s: float, numbers: Sequence[int] | None
) -> tuple[int, float, float]:
    """The last beat of the run from `start`, and the shortest and longest period that fits it."""
    least_s, most_s, end = 0.0, float("inf"), start
    for index in range(start + 1, len(times_s)):
        count = index - start
        since_s = times_s[index] - times_s[start]
        if times_s[index] <= times_s[index - 1]:
            raise ValueError("beats that do not rise")
        low_s = max(least_s, (since_s - tolerance_s) / count)
        high_s = min(most_s, (since_s + tolerance_s) / count)
        is_in_bar = numbers is None or numbers[index] == (numbers[start] - 1 + count) % _METRE + 1
        # The second beat always belongs to the run: a beat without a next one has no tempo.
        if count > 1 and (low_s > high_s or not is_in_bar):
            break
        least_s, most_s, end = low_s, high_s, index
    return end, least_s, most_s


def _round_bpm(period_s: float, least_s: float, most_s: float) -> float:
    bpm = _SECONDS_A_MINUTE / period_s
    rounded = round(bpm, _DECIMALS)
    return rounded if rounded > 0 and least_s <= _SECONDS_A_MINUTE / rounded <= most_s else bpm
