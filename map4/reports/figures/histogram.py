"""Histograms: how many tracks have which tempo, energy or loudness."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from map4.domain.statistics import Bin, coarser
from map4.reports.figures.shapes import Figure, Line, Polygon, Shape, Word, box, every, round_step

_WIDTH, _HEIGHT = 340.0, 190.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 334.0, 14.0, 150.0
_MOST_BINS = 40
_MOST_LABELS = 9


def tempo_histogram(bins: Sequence[Bin], *, median_bpm: float | None = None) -> Figure:
    """Draw how many tracks have which tempo; `bins` follow each other, as `Distribution` has them."""
    told = f"The median is {median_bpm:.1f} BPM." if median_bpm is not None else "No tempo is known."
    return _numbers(coarser(bins, _MOST_BINS), title="Tempo", unit="BPM", described=told)


def loudness_histogram(bins: Sequence[Bin], *, median_lufs: float | None = None) -> Figure:
    """Draw how many tracks are how loud."""
    told = f"The median is {median_lufs:.1f} LUFS." if median_lufs is not None else "No loudness is known."
    return _numbers(coarser(bins, _MOST_BINS), title="Loudness", unit="LUFS", described=told)


def energy_histogram(levels: Mapping[int, int]) -> Figure:
    """Draw how many tracks have which energy level, 1-10."""
    counts = [levels.get(level, 0) for level in range(1, 11)]
    labels = {level - 1: str(level) for level in range(1, 11)}
    hints = [f"level {level}: {_tracks(count)}" for level, count in enumerate(counts, 1)]
    told = ", ".join(f"{level}: {count}" for level, count in enumerate(counts, 1) if count)
    return _drawn(
        counts, hints, labels, title="Energy", unit="level",
        described=f"Tracks by level: {told}." if told else "No energy is known.", between=True,
    )  # fmt: skip


def _numbers(bins: Sequence[Bin], *, title: str, unit: str, described: str) -> Figure:
    places = every(range(len(bins)), _MOST_LABELS)
    return _drawn(
        [item.count for item in bins],
        [f"{item.low:g} to {item.high:g} {unit}: {_tracks(item.count)}" for item in bins],
        {place: f"{bins[place].low:g}" for place in places},
        title=title,
        unit=unit,
        described=described,
        between=False,
    )


def _drawn(
    counts: Sequence[int], hints: Sequence[str], labels: Mapping[int, str], *, title: str, unit: str, described: str,
    between: bool,
) -> Figure:  # fmt: skip
    """`between`: the labels name bars, and stand below their middle; else they name where bars begin."""
    most = max(counts, default=0)
    step = max(1.0, round_step(most, 4)) if most else 1.0
    top = step * max(1, math.ceil(most / step))
    shapes: list[Shape] = []
    for tick in range(round(top / step) + 1):
        y = _BOTTOM - (_BOTTOM - _TOP) * tick * step / top
        shapes.append(Line(points=((_LEFT, y), (_RIGHT, y)), role="grid", width=0.5))
        shapes.append(Word(at=(_LEFT - 5.0, y + 3.0), text=f"{tick * step:,.0f}", role="muted", size=8.0, anchor="end"))
    width = (_RIGHT - _LEFT) / max(1, len(counts))
    for place, (count, hint) in enumerate(zip(counts, hints, strict=True)):
        if count:
            left = _LEFT + place * width
            y = _BOTTOM - (_BOTTOM - _TOP) * count / top
            gap = min(1.0, width / 8.0)
            shapes.append(Polygon(points=box(left + gap, y, left + width - gap, _BOTTOM), role="fill", hint=hint))
    for place, label in labels.items():
        x = _LEFT + (place + (0.5 if between else 0.0)) * width
        shapes.append(Word(at=(x, _BOTTOM + 13.0), text=label, role="muted", size=8.0, anchor="middle"))
    shapes.append(Word(at=(_RIGHT, _BOTTOM + 28.0), text=unit, role="muted", size=8.0, anchor="end"))
    return Figure(title=title, description=described, width=_WIDTH, height=_HEIGHT, shapes=tuple(shapes))


def _tracks(count: int) -> str:
    return f"{count:,} {'track' if count == 1 else 'tracks'}"


def named_bars(title: str, counts: Sequence[tuple[str, int]]) -> Figure:
    """Draw counts by name, the first on top, as bars that lie.

    Parameters
    ----------
    title : of the figure
    counts : name and number, as many as are to be shown
    """
    line, left, right = 17.0, 126.0, 300.0
    most = max((count for _, count in counts), default=0)
    shapes: list[Shape] = []
    for place, (name, count) in enumerate(counts):
        top = 4.0 + place * line
        end = left + (right - left) * (count / most if most else 0.0)
        shapes.append(Word(at=(left - 6.0, top + 10.0), text=name, size=9.0, anchor="end", most=left - 8.0))
        shapes.append(Polygon(points=box(left, top, end, top + line - 4.0), role="fill", hint=f"{name}: {count:,}"))
        shapes.append(Word(at=(end + 4.0, top + 10.0), text=f"{count:,}", role="muted", size=8.0))
    told = ", ".join(f"{name} {count}" for name, count in counts)
    height = 8.0 + line * max(1, len(counts))
    return Figure(title=title, description=told or "none", width=_WIDTH, height=height, shapes=tuple(shapes))
