"""Histograms of tracks by tempo, energy or loudness."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from map4.exports.figures.shapes import Figure, Line, Polygon, Shape, Word, box, every, round_step
from map4.stats import Bin, coarser

_WIDTH, _HEIGHT = 300.0, 196.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 296.0, 14.0, 150.0
_MOST_BINS = 40
_MOST_LABELS = 6
_LEAST_BINS = 5
TYPE = 11.5
"""Type size in figures; on a screen of 320 px it is scaled down, but still 11 px."""


def tempo_histogram(bins: Sequence[Bin], *, median_bpm: float | None = None) -> Figure:
    """Draw the number of tracks by tempo; `bins` are consecutive, as in `Distribution`."""
    description = f"The median is {median_bpm:.1f} BPM." if median_bpm is not None else "No tempo is known."
    return _numbers(coarser(bins, _MOST_BINS), title="Tempo", unit="BPM", described=description)


def loudness_histogram(bins: Sequence[Bin], *, median_lufs: float | None = None) -> Figure:
    """Draw the number of tracks by loudness."""
    description = f"The median is {median_lufs:.1f} LUFS." if median_lufs is not None else "No loudness is known."
    return _numbers(coarser(bins, _MOST_BINS), title="Loudness", unit="LUFS", described=description)


def energy_histogram(levels: Mapping[int, int]) -> Figure:
    """Draw the number of tracks by energy level, 1-10."""
    counts = [levels.get(level, 0) for level in range(1, 11)]
    labels = {level - 1: str(level) for level in range(1, 11)}
    hints = [f"level {level}: {_tracks(count)}" for level, count in enumerate(counts, 1)]
    description = ", ".join(f"{level}: {count}" for level, count in enumerate(counts, 1) if count)
    return _drawn(
        counts, hints, labels, title="Energy", unit="level",
        described=f"Tracks by level: {description}." if description else "No energy is known.", between=True,
    )  # fmt: skip


def _numbers(bins: Sequence[Bin], *, title: str, unit: str, described: str) -> Figure:
    bins = _with_room(bins)
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


def _with_room(bins: Sequence[Bin]) -> Sequence[Bin]:
    """Surround few bins with empty bins, so that a single value is a bar on an axis."""
    if not bins or len(bins) >= _LEAST_BINS:
        return bins
    width = bins[0].high - bins[0].low
    before = (_LEAST_BINS - len(bins) + 1) // 2
    low = bins[0].low - before * width
    counts = {before + place: item.count for place, item in enumerate(bins)}
    return [
        Bin(low=low + place * width, high=low + (place + 1) * width, count=counts.get(place, 0))
        for place in range(_LEAST_BINS)
    ]


def _drawn(
    counts: Sequence[int], hints: Sequence[str], labels: Mapping[int, str], *, title: str, unit: str,
    described: str, between: bool,
) -> Figure:  # fmt: skip
    """`between`: the labels name bars and are centred below them; otherwise they name where bars begin."""
    most = max(counts, default=0)
    step = max(1.0, round_step(most, 4)) if most else 1.0
    top = step * max(1, math.ceil(most / step))
    shapes: list[Shape] = []
    for tick in range(round(top / step) + 1):
        y = _BOTTOM - (_BOTTOM - _TOP) * tick * step / top
        shapes.append(Line(points=((_LEFT, y), (_RIGHT, y)), role="grid", width=0.5))
        shapes.append(
            Word(at=(_LEFT - 5.0, y + 4.0), text=f"{tick * step:,.0f}", role="muted", size=TYPE, anchor="end")
        )
    width = (_RIGHT - _LEFT) / max(1, len(counts))
    for place, (count, hint) in enumerate(zip(counts, hints, strict=True)):
        if count:
            left = _LEFT + place * width
            y = _BOTTOM - (_BOTTOM - _TOP) * count / top
            gap = min(1.0, width / 8.0)
            bar = box(left + gap, y, left + width - gap, _BOTTOM)
            shapes.append(Polygon(points=bar, role="fill", hint=hint))
    for place, label in labels.items():
        x = _LEFT + (place + (0.5 if between else 0.0)) * width
        shapes.append(Word(at=(x, _BOTTOM + 15.0), text=label, role="muted", size=TYPE, anchor="middle"))
    shapes.append(Word(at=(_RIGHT, _BOTTOM + 32.0), text=unit, role="muted", size=TYPE, anchor="end"))
    return Figure(title=title, description=described, width=_WIDTH, height=_HEIGHT, shapes=tuple(shapes))


def _tracks(count: int) -> str:
    return f"{count:,} {'track' if count == 1 else 'tracks'}"


def named_bars(title: str, counts: Sequence[tuple[str, int]]) -> Figure:
    """Draw counts by name as horizontal bars, the first on top.

    counts: name and number, at most as many as are to be shown
    """
    line, left, right = 20.0, 112.0, 254.0
    most = max((count for _, count in counts), default=0)
    shapes: list[Shape] = []
    for place, (name, count) in enumerate(counts):
        top = 4.0 + place * line
        end = left + (right - left) * (count / most if most else 0.0)
        bar, hint = box(left, top, end, top + line - 5.0), f"{name}: {_tracks(count)}"
        shapes.append(Word(at=(left - 7.0, top + 11.5), text=name, size=TYPE, anchor="end", most=left - 8.0))
        shapes.append(Polygon(points=bar, role="fill", hint=hint))
        shapes.append(Word(at=(end + 5.0, top + 11.5), text=f"{count:,}", role="muted", size=TYPE))
    description = ", ".join(f"{name} {count}" for name, count in counts)
    height = 8.0 + line * max(1, len(counts))
    return Figure(title=title, description=description or "none", width=_WIDTH, height=height, shapes=tuple(shapes))


def growth(added: Mapping[str, int]) -> Figure:
    """Draw how many tracks were added per month (`YYYY-MM`), or per year if there are many months."""
    months = _every_month(added)
    if len(months) > _MOST_BINS:
        years: dict[str, int] = {}
        for month in months:
            years[month[:4]] = years.get(month[:4], 0) + added.get(month, 0)
        counts = years
    else:
        counts = {month: added.get(month, 0) for month in months}
    names, total = list(counts), sum(counts.values())
    return _drawn(
        list(counts.values()),
        [f"{name}: {_tracks(count)}" for name, count in counts.items()],
        {place: names[place] for place in every(range(len(names)), 4)},
        title="Growth: tracks by when they were added", unit="added",
        described=f"{total:,} tracks from {names[0]} to {names[-1]}.", between=True,
    )  # fmt: skip


def _every_month(added: Mapping[str, int]) -> list[str]:
    (first, last), months = (min(added), max(added)), []
    year, month = int(first[:4]), int(first[5:7])
    while (name := f"{year:04d}-{month:02d}") <= last:
        months.append(name)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return months
