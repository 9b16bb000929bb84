"""Figures on a terminal: dots of braille, two by four in a column, with the words over them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from operator import itemgetter

from rich.cells import cell_len
from rich.text import Text

from map4.cli.views.track_table import fit_text
from map4.reports.figures.shapes import Dot, Figure, Line, Point, Polygon, Role, Shape, Wedge, Word

RADAR_WIDTH, WHEEL_WIDTH = 48, 50
"""Columns in which no word of these figures is in the way of another."""

_BRAILLE = 0x2800
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_ACROSS, _DOWN = 2, 4
# Words of one figure are at the least so many points apart, and a line of a terminal each needs them.
_MOST_POINTS_A_LINE = 15.0
# On a line the letters stand on; the middle of the small ones is so much of the size above it.
_MIDDLE_OF_LETTERS = 0.35
# Where a word may stand instead of where another one does: lines and columns from there. Lines come first, since what
# belongs below a name says nothing beside it.
_NEAR = tuple((down, right) for right in (0, 1, -1, 2, -2) for down in (0, 1, -1))
# An ordered pattern (Bayer): a filling has so many of its 16 dots, at equal distances.
_PATTERN = ((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5))
# From which opacity on there are how many. Other numbers are no even lattice, and a fainter filling is a tint, of which
# dots would make a speckle.
_DENSITIES = ((0.95, 16), (0.55, 8), (0.3, 4))
# Tracks are told apart without colour too.
_MARKS: dict[Role, str] = {
    "series1": "●", "series2": "○", "series3": "◆", "series4": "◇", "series5": "■", "series6": "□",
}  # fmt: skip
_STYLES: dict[Role, str] = {
    "text": "", "muted": "dim", "grid": "dim", "fill": "cyan", "minor": "bright_blue", "major": "yellow",
    "wanted": "dim", "series1": "bright_blue", "series2": "yellow", "series3": "green", "series4": "magenta",
    "series5": "cyan", "series6": "red", "good": "green", "fair": "yellow", "poor": "red", "low": "blue",
    "mid": "cyan", "high": "yellow",
}  # fmt: skip


def figure_view(figure: Figure, *, width: int) -> Text:
    """Draw a figure.

    Parameters
    ----------
    figure : any of `map4.reports.figures`
    width : columns to fill

    Returns
    -------
    Lines no wider than that, without empty ones at the ends. Fillings are patterns, so that it reads without colour.
    """
    canvas = _Canvas(figure, width)
    for shape in figure.shapes:
        if not isinstance(shape, Word):
            canvas.draw(shape)
    for shape in figure.shapes:
        if isinstance(shape, Word):
            canvas.write(shape)
    return canvas.text()


def titled_figure(figure: Figure, *, width: int, least: int) -> Text:
    """A figure below its title, with a blank line before each; where it is wider than the terminal, a remark.

    Parameters
    ----------
    figure : any
    width : columns there are
    least : columns that its words need
    """
    drawn = figure_view(figure, width=width) if width >= least else Text("needs a wider terminal", style="dim")
    return Text.assemble("\n", (figure.title, "bold"), "\n\n", drawn)


class _Canvas:
    def __init__(self, figure: Figure, width: int) -> None:
        self._columns = width
        # The same both ways, as the dots are as far apart both ways, unless words would then fall on each other.
        self._x_scale = _ACROSS * width / figure.width
        self._y_scale = max(self._x_scale, _DOWN / _MOST_POINTS_A_LINE)
        self._rows = math.ceil(figure.height * self._y_scale / _DOWN)
        self._bits = [[0] * width for _ in range(self._rows)]
        # None is a cell of dots, an empty text the other half of a wide letter.
        self._signs: list[list[str | None]] = [[None] * width for _ in range(self._rows)]
        self._styles = [[""] * width for _ in range(self._rows)]

    def text(self) -> Text:
        """What was drawn; cells of the same style are one piece."""
        lines = []
        for signs, bits, styles in zip(self._signs, self._bits, self._styles, strict=True):
            line = Text()
            cells = [
                (style, sign if sign is not None else chr(_BRAILLE + dots) if dots else " ")
                for sign, dots, style in zip(signs, bits, styles, strict=True)
            ]
            for style, run in itertools.groupby(cells, key=itemgetter(0)):
                line.append("".join(sign for _, sign in run), style)
            line.rstrip()
            lines.append(line)
        for end in (0, -1):
            while lines and not lines[end].plain:
                lines.pop(end)
        return Text("\n").join(lines)

    def draw(self, shape: Shape) -> None:
        """Draw what is no word."""
        match shape:
            case Line():
                for here, there in zip(shape.points, shape.points[1:], strict=False):
                    self._line(here, there, shape)
            case Polygon():
                self._fill(shape.points, lambda point: _is_within(point, shape.points), shape.role, shape.opacity)
            case Wedge():
                (x, y), r = shape.center, shape.outer
                corners = ((x - r, y - r), (x + r, y + r))
                self._fill(corners, lambda point: _is_part_of_ring(point, shape), shape.role, shape.opacity)
            case Dot():
                self._dot(shape)

    def write(self, word: Word) -> None:
        """Write a word at its place, or beside it where another one stands there."""
        most = self._columns if word.most is None else math.floor(word.most * self._x_scale / _ACROSS)
        text = fit_text(word.text, max(1, most))
        length = cell_len(text)
        column = word.at[0] * self._x_scale / _ACROSS
        column -= {"start": 0.0, "middle": length / 2.0, "end": float(length)}[word.anchor]
        row = math.floor((word.at[1] - _MIDDLE_OF_LETTERS * word.size) * self._y_scale / _DOWN)
        for down, right in _NEAR:
            left = max(0, min(self._columns - length, round(column) + right))
            if self._is_free(row + down, left, left + length):
                self._put(row + down, left, text, f"{_STYLES[word.role]}{' bold' if word.bold else ''}".strip())
                return

    def _is_free(self, row: int, left: int, right: int) -> bool:
        if not 0 <= row < self._rows or right > self._columns:
            return False
        beside = slice(max(0, left - 1), right + 1)
        return all(sign in (None, *_MARKS.values()) for sign in self._signs[row][beside])

    def _put(self, row: int, left: int, text: str, style: str) -> None:
        for beside in (left - 1, left + cell_len(text)):
            if 0 <= beside < self._columns and self._signs[row][beside] is None:
                self._bits[row][beside], self._styles[row][beside] = 0, ""  # no dots touch a word
        for sign in text:
            width = cell_len(sign)
            if not width:  # an accent of the letter before
                self._signs[row][left - 1] = (self._signs[row][left - 1] or "") + sign
                continue
            for column in range(left, left + width):
                self._signs[row][column], self._styles[row][column] = "", style
            self._signs[row][left] = sign
            left += width

    def _line(self, here: Point, there: Point, line: Line) -> None:
        (x0, y0), (x1, y1) = self._place(here), self._place(there)
        steps = max(1, math.ceil(max(abs(x1 - x0), abs(y1 - y0))))
        # Rules are dotted, so that what they measure stands out without colour.
        every = (4 if line.width >= 1.0 else 8) if line.role == "grid" else 2 if line.dashed else 1
        for step in range(0, steps + 1, every):
            share = step / steps
            self._set(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share, line.role)

    def _fill(self, around: tuple[Point, ...], holds: Callable[[Point], bool], role: Role, opacity: float) -> None:
        density = next((dots for least, dots in _DENSITIES if opacity >= least), 0)
        if not density:
            return
        places = [self._place(point) for point in around]
        for y in _steps([y for _, y in places]):
            for x in _steps([x for x, _ in places]):
                if _PATTERN[y % 4][x % 4] < density and holds(((x + 0.5) / self._x_scale, (y + 0.5) / self._y_scale)):
                    self._set(x, y, role)

    def _dot(self, dot: Dot) -> None:
        x, y = self._place(dot.center)
        column, row = math.floor(x / _ACROSS), math.floor(y / _DOWN)
        if 0 <= column < self._columns and 0 <= row < self._rows:
            self._signs[row][column] = _MARKS.get(dot.role, "·")
            self._styles[row][column] = _STYLES[dot.role]

    def _place(self, point: Point) -> Point:
        return point[0] * self._x_scale, point[1] * self._y_scale

    def _set(self, x: float, y: float, role: Role) -> None:
        column, row = math.floor(x / _ACROSS), math.floor(y / _DOWN)
        if 0 <= column < self._columns and 0 <= row < self._rows:
            if role == "grid" and self._styles[row][column] not in ("", _STYLES["grid"]):
                return
            self._bits[row][column] |= _BITS[math.floor(y) % _DOWN][math.floor(x) % _ACROSS]
            self._styles[row][column] = _STYLES[role]


def _steps(values: list[float]) -> Iterator[int]:
    return iter(range(math.floor(min(values)), math.ceil(max(values)) + 1))


def _is_within(point: Point, corners: tuple[Point, ...]) -> bool:
    """Whether a ray from the point crosses the outline an odd number of times."""
    x, y = point
    crossings = 0
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (x1 - x0) * (y - y0) / (y1 - y0):
            crossings += 1
    return crossings % 2 == 1


def _is_part_of_ring(point: Point, wedge: Wedge) -> bool:
    right, up = point[0] - wedge.center[0], wedge.center[1] - point[1]
    angle = math.degrees(math.atan2(right, up))
    return (
        wedge.inner <= math.hypot(right, up) <= wedge.outer
        and (angle - wedge.start_deg) % 360.0 <= wedge.end_deg - wedge.start_deg
    )
