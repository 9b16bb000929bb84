"""A set on the clock: a bar with a strip per track, alternating between two decks, and a rating at each joint."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from map4.core.base.text import clock
from map4.core.music.analysis.inside import Overview
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.mixing.compatibility import Compatibility, MixRating
from map4.core.music.palette import ShapeRole
from map4.exports.figures import shapes as draw

RATING_ROLES: dict[MixRating, ShapeRole] = {"excellent": "good", "good": "good", "fair": "fair", "poor": "poor"}
"""The colours of ratings; `RATING_SIGNS` distinguish them without colour."""

WIDE, NARROW = 700.0, 296.0
"""Widths in points: of a page, and of a phone."""
MOST_FULL = 60
"""With more tracks, the bars are narrower, and their joints have only signs."""

_LEFT, _SIZE, _LINE = 30.0, 11.0, 13.0
_BAR, _CLOSE_BAR = 100.0, 58.0  # approximate points per track
_ENERGY, _STRIP, _CLOSE_STRIP, _LEGEND = 40.0, 38.0, 26.0, 20.0
_LEAST_LEVELS = 4
_POINTS_A_STEP = 2.0
_TICK_ROOM = 64.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """How a track follows the previous track.

    rating, compatibility: as a word, and 0-1
    lines: a few words each: rating, keys, tempo
    short: keys, and tempo if known, as short as possible
    sentence: everything in a sentence
    overlap_s: how long both tracks sound together
    """

    rating: MixRating
    compatibility: float
    lines: tuple[str, ...]
    short: tuple[str, ...]
    sentence: str
    overlap_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A track on the clock.

    number: its position, from 1
    name, mark: its name, and its tempo and key
    starts_s, sounds_s: when it starts, and how long it is heard
    overview: of the track; `shown` is the part that is heard, as shares of the whole; None without an overview
    energy, wanted: 0-1; None if unknown
    tempo: with the wanted tempo, such as 124/125; None without a tempo curve
    joint: the transition into it; None for the first track
    """

    number: int
    name: str
    mark: str
    starts_s: float
    sounds_s: float
    overview: Overview | None = None
    shown: tuple[float, float] = (0.0, 1.0)
    energy: float | None = None
    wanted: float | None = None
    tempo: str | None = None
    joint: Joint | None = None

    @property
    def ends_s(self) -> float:
        """When it ends."""
        return self.starts_s + self.sounds_s

    @property
    def description(self) -> str:
        """Everything about it in words."""
        wanted = "" if self.wanted is None else f", wanted {10 * self.wanted:.1f}"
        energy = "unknown" if self.energy is None else f"{10 * self.energy:.1f}{wanted}"
        joint = f"; {self.joint.sentence}" if self.joint else ""
        span = f"{clock(self.starts_s)} to {clock(self.ends_s)}"
        return f"{self.number}. {self.name}: {span}, {self.mark}, energy {energy}{joint}"


def clock_rows(bars: Sequence[Bar], most: int) -> list[Sequence[Bar]]:
    """Split a set at tracks into rows of about `most` tracks and similar duration."""
    wanted = math.ceil(len(bars) / most)
    room_s = max(_lasts_s(bars) / wanted, *(bar.sounds_s for bar in bars), 1.0)
    while len(rows := list(_filled(bars, room_s))) > wanted:
        room_s *= 1.02
    return rows


def _filled(bars: Sequence[Bar], room_s: float) -> Iterator[Sequence[Bar]]:
    first = 0
    for place, bar in enumerate(bars):
        if place > first and bar.ends_s - bars[first].starts_s > room_s:
            yield bars[first:place]
            first = place
    yield bars[first:]


def _lasts_s(bars: Sequence[Bar]) -> float:
    return max(bar.ends_s for bar in bars) - bars[0].starts_s


def energy_levels(bars: Sequence[Bar]) -> tuple[int, int]:
    """Return the lowest and highest level (of 10) of a set's energy band, kept some distance apart."""
    known = [10 * value for bar in bars for value in (bar.energy, bar.wanted) if value is not None] or [5.0]
    low, high = math.floor(min(known)), math.ceil(max(known))
    while high - low < _LEAST_LEVELS:
        low = max(0, low - 1)
        high = min(10, high + 1) if high - low < _LEAST_LEVELS else high
    return low, high


def set_clock(bars: Sequence[Bar], *, width: float = WIDE) -> tuple[draw.Figure, ...]:
    """Draw a set, one figure per row.

    bars: one or more, in order; they alternate between the upper and the lower deck
    width: in points
    """
    bars = bars[: Tracklist.MOST_DRAWN]
    is_full = len(bars) <= MOST_FULL
    rows = clock_rows(bars, max(1, round((width - _LEFT) / (_BAR if is_full else _CLOSE_BAR))))
    scale = (width - _LEFT) / max(1.0, *(_lasts_s(row) for row in rows))
    levels, has_wanted = energy_levels(bars), any(bar.wanted is not None for bar in bars)
    return tuple(
        _ClockRow(row, width=width, scale=scale, levels=levels, is_full=is_full).figure(
            title="The set on the clock" if place == 0 else "", with_wanted=has_wanted
        )
        for place, row in enumerate(rows)
    )


class _ClockRow:
    """A row: ticks, energy, the upper deck with names above it, the lower deck with names below it."""

    def __init__(
        self, bars: Sequence[Bar], *, width: float, scale: float, levels: tuple[int, int], is_full: bool
    ) -> None:
        self._bars, self._width, self._scale, self._levels, self._is_full = bars, width, scale, levels, is_full
        self._strip = _STRIP if is_full else _CLOSE_STRIP
        self._names = 2 if is_full else 1
        self._top = 0.0

    def figure(self, *, title: str, with_wanted: bool) -> draw.Figure:
        self._top = _LEGEND if title else 0.0
        shapes = list(self._legend(with_wanted)) if title else []
        shapes += [*self._ticks(), *self._energy(), *self._decks()]
        return draw.Figure(
            title=title,
            description="; ".join(bar.description for bar in self._bars),
            width=self._width,
            height=self._middle + self._strip + self._names * _LINE + 6.0,
            shapes=tuple(shapes),
        )

    @property
    def _middle(self) -> float:
        """The y of the line between the decks."""
        return self._top + _LINE + _ENERGY + 8.0 + self._names * _LINE + self._strip

    def _x(self, time_s: float) -> float:
        return min(self._width - 1.0, _LEFT + self._scale * (time_s - self._bars[0].starts_s))

    def _legend(self, with_wanted: bool) -> Iterator[draw.Shape]:
        left = _LEFT
        for rating in Compatibility.RATING_SIGNS:
            yield rating_sign(rating, (left + 4.0, 8.0))
            yield draw.Word(at=(left + 12.0, 12.0), text=rating, size=_SIZE, role="muted")
            left += 26.0 + draw.LETTER * _SIZE * len(rating)
        lines: tuple[tuple[str, ShapeRole], ...] = (("energy", "series1"), ("wanted", "wanted"))
        for text, role in lines[: 1 + with_wanted] if left + 130.0 < self._width else ():
            yield draw.Line(points=((left, 8.0), (left + 22.0, 8.0)), role=role, width=1.8, dashed=role == "wanted")
            yield draw.Word(at=(left + 28.0, 12.0), text=text, size=_SIZE, role="muted")
            left += 42.0 + draw.LETTER * _SIZE * len(text)

    def _ticks(self) -> Iterator[draw.Shape]:
        start_s, end_s = self._bars[0].starts_s, self._bars[-1].ends_s
        bottom, free = self._middle + self._strip, _LEFT - 1.0
        step = draw.tick_step_s((self._width - _LEFT) / self._scale, (self._width - _LEFT) / _TICK_ROOM)
        for number in range(math.ceil(start_s / step), math.floor(end_s / step) + 1):
            x, text = self._x(number * step), clock(number * step)
            half = draw.LETTER * _SIZE * len(text) / 2.0
            yield draw.Line(points=((x, self._top + _LINE + 2.0), (x, bottom)), role="grid", width=0.5)
            anchor: draw.Anchor = "start" if x - half < _LEFT else "end" if x + half > self._width else "middle"
            if x - (0.0 if anchor == "start" else half) >= free:
                yield draw.Word(at=(x, self._top + 11.0), text=text, size=_SIZE, role="muted", anchor=anchor)
                free = x + 2.0 * half

    def _energy(self) -> Iterator[draw.Shape]:
        top, (low, high) = self._top + _LINE + 6.0, self._levels
        bottom = top + _ENERGY - 4.0

        def y(value: float) -> float:
            return bottom - (bottom - top) * (10 * value - low) / (high - low)

        for level in (low, high):
            at, right = y(level / 10), self._x(self._bars[-1].ends_s)
            yield draw.Line(points=((_LEFT, at), (right, at)), role="grid", width=0.5)
            yield draw.Word(at=(_LEFT - 6.0, at + 4.0), text=str(level), size=_SIZE, role="muted", anchor="end")
        wanted = [(bar, bar.wanted) for bar in self._bars if bar.wanted is not None]
        if wanted:
            middles = [(self._x(bar.starts_s + bar.sounds_s / 2.0), y(value)) for bar, value in wanted]
            ends = (self._x(wanted[0][0].starts_s), middles[0][1]), (self._x(wanted[-1][0].ends_s), middles[-1][1])
            yield draw.Line(points=(ends[0], *middles, ends[1]), role="wanted", width=1.6, dashed=True)
        for run in self._runs():
            points: list[draw.Point] = []
            for bar, until_s in run:
                points += [(self._x(at_s), y(bar.energy or 0.0)) for at_s in (bar.starts_s, until_s)]
            yield draw.Line(points=tuple(points), role="series1", width=2.0)

    def _runs(self) -> list[list[tuple[Bar, float]]]:
        """Return runs of consecutive tracks with known energy, each track with the start of the next."""
        runs: list[list[tuple[Bar, float]]] = [[]]
        ends = [*(bar.starts_s for bar in self._bars[1:]), self._bars[-1].ends_s]
        for bar, until_s in zip(self._bars, ends, strict=True):
            if bar.energy is None:
                runs.append([])
            else:
                runs[-1].append((bar, until_s))
        return [run for run in runs if run]

    def _decks(self) -> Iterator[draw.Shape]:
        for place, bar in enumerate(self._bars):
            is_upper, (left, right) = bar.number % 2 == 1, (self._x(bar.starts_s), self._x(bar.ends_s))
            after = self._bars[place + 2] if place + 2 < len(self._bars) else None
            room = (self._x(after.starts_s) if after else self._width) - left - 4.0
            base = self._middle if is_upper else self._middle + self._strip
            ground = draw.box(left + 0.5, base - self._strip + 2.0, max(right - 0.5, left + 1.0), base - 1.0)
            yield draw.Polygon(points=ground, role="fill", opacity=0.12, hint=bar.description)
            yield from _waves(bar, left, right, base - 1.0, self._strip - 4.0)
            yield from self._name(bar, left, base, room, is_upper=is_upper)
        for place, bar in enumerate(self._bars):
            if bar.joint is not None:
                following = self._bars[place + 1] if place + 1 < len(self._bars) else None
                yield from self._joint(bar, bar.joint, following)

    def _name(self, bar: Bar, left: float, base: float, room: float, *, is_upper: bool) -> Iterator[draw.Shape]:
        lines = [(f"{bar.number}. {bar.name}", True), *([(bar.mark, False)] if self._is_full else [])]
        first = base - self._strip - (len(lines) - 1) * _LINE - 2.0 if is_upper else base + _SIZE
        for line, (text, is_bold) in enumerate(lines):
            at = (left + 1.0, first + line * _LINE)
            role: ShapeRole = "text" if is_bold else "muted"
            yield draw.Word(
                at=at, text=text, size=_SIZE, bold=is_bold, role=role, most=(0.88 if is_bold else 1.0) * room
            )

    def _joint(self, bar: Bar, joint: Joint, following: Bar | None) -> Iterator[draw.Shape]:
        """Yield a line or the overlap across both decks; its sign and words go on the deck that is free."""
        left, right = self._x(bar.starts_s), self._x(bar.starts_s + joint.overlap_s)
        role, is_upper = RATING_ROLES[joint.rating], bar.number % 2 == 1
        top = self._middle - self._strip
        across = draw.box(left - 1.0, top, max(right, left + 1.0), top + 2.0 * self._strip)
        yield draw.Polygon(points=across, role=role, opacity=0.22 if joint.overlap_s else 0.9, hint=joint.sentence)
        free = self._middle + 2.0 if is_upper else top + 2.0
        yield rating_sign(joint.rating, (min(right + 8.0, self._width - 6.0), free + 6.0), hint=joint.sentence)
        room = self._x(following.starts_s if following else bar.ends_s) - right - 4.0
        lines = zip(joint.lines, ("", *joint.short, ""), strict=False)
        for line, texts in enumerate(lines if self._is_full else ()):
            indent, is_head = (16.0, True) if line == 0 else (4.0, False)
            text = next((text for text in texts if draw.LETTER * _SIZE * len(text) <= room - indent), "")
            if text:
                at = (right + indent, free + 10.0 + 12.0 * line)
                yield draw.Word(at=at, text=text, size=_SIZE, bold=is_head, role=role if is_head else "muted")


def rating_sign(rating: MixRating, center: draw.Point, *, radius: float = 4.0, hint: str | None = None) -> draw.Polygon:
    """Return a circle for transitions that mix well, a triangle for those that need care; the extremes are filled."""
    if rating in ("excellent", "good"):
        corners = [draw.around(center, radius, 22.5 * step) for step in range(16)]
    else:
        corners = [draw.around(center, 1.3 * radius, angle) for angle in (0.0, 120.0, 240.0)]
    is_filled = rating in ("excellent", "poor")
    opacity = 1.0 if is_filled else 0.0
    return draw.Polygon(points=tuple(corners), role=RATING_ROLES[rating], opacity=opacity, outlined=True, hint=hint)


def _waves(bar: Bar, left: float, right: float, base: float, height: float) -> Iterator[draw.Shape]:
    if bar.overview is None or right - left < _POINTS_A_STEP:
        return
    steps = max(2, round((right - left) / _POINTS_A_STEP))
    for role, share in draw.BANDS:
        levels = Overview.resampled(getattr(bar.overview, role), steps, bar.shown)
        tops = [
            (round(left + (right - left) * (step + 0.5) / steps, 1), round(base - share * height * level / 255.0, 1))
            for step, level in enumerate(levels)
        ]
        points = ((left + 0.5, base), *tops, (right - 0.5, base))
        yield draw.Polygon(points=points, role=role, opacity=0.85)
