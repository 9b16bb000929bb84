"""Figures on a terminal: as pictures, or drawn with braille dots and words; and the HAMMS numbers of a few tracks."""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter

from rich.cells import cell_len
from rich.text import Text

from map4 import exports
from map4.cli.output import kitty_picture
from map4.cli.session import Session
from map4.cli.views.columns import fit_text
from map4.core.music.palette import ShapeRole
from map4.exports import HAMMS_LABELS, SERIES, SERIES_SIGNS, Figure, Point, Wedge, Word

WHEEL_WIDTH = 50
"""Width in columns at which no words of the wheel overlap."""
_MOST_COLUMNS = 120

_BRAILLE = 0x2800
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_ACROSS, _DOWN = 2, 4
# Minimum distance of words in a figure, in points; each word needs its own terminal line.
_MOST_POINTS_A_LINE = 15.0
# Height of the middle of lower-case letters above the baseline, as a share of the font size.
_MIDDLE_OF_LETTERS = 0.35
# Offsets (lines, columns) to try if a word's place is taken. Lines come first: text that belongs below a name makes no
# sense beside it.
_NEAR = tuple((down, right) for right in (0, 1, -1, 2, -2) for down in (0, 1, -1))
# Ordered dither (Bayer) of 16 dots; a fill uses some of them, evenly spaced.
_PATTERN = ((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5))
# Minimum opacity and its number of dots. Other numbers give no even lattice; a fainter fill is a tint, whose dots
# would look like noise.
_DENSITIES = ((0.95, 16), (0.55, 8), (0.3, 4))
# Minimum width in columns of a HAMMS scale from 0 to 1.
_LEAST_LINE = 20
_STYLES: dict[ShapeRole, str] = {
    "text": "", "muted": "dim", "minor": "bright_blue", "major": "red", "series1": "bright_blue",
    "series2": "red", "series3": "green", "series4": "magenta", "series5": "cyan", "series6": "yellow",
}  # fmt: skip


def draw(session: Session, figures: Callable[[], Iterable[Figure]]) -> bool:
    """Draw figures as pictures if the settings and the terminal support it; return whether it did."""
    if session.config["output.pictures"] == "none" or not sys.stdout.isatty():
        return False
    for figure in figures():
        Session.write_text(f"\n{figure.title}\n")
        picture = kitty_picture(exports.png_of(figure), min(session.out.width, _MOST_COLUMNS))
        sys.stdout.buffer.write(picture.encode() + b"\n")
    return True


def figure_view(figure: Figure, *, width: int) -> Text:
    """Draw the wedges and words of a figure.

    figure: a wheel of `map4.exports.figures`
    width: columns to fill
    returns: lines no wider than `width`, without empty lines at the ends; fills are patterns, readable without colour
    """
    canvas = _Canvas(figure, width)
    for shape in figure.shapes:
        if isinstance(shape, Wedge):
            canvas.draw(shape)
    for shape in figure.shapes:
        if isinstance(shape, Word):
            canvas.write(shape)
    return canvas.text()


def hamms_view(tracks: Sequence[tuple[str, Sequence[float | None]]], *, width: int) -> Text:
    """The HAMMS numbers of up to six tracks: a line per number, from 0 to 1, with each track's symbol.

    Symbols that would overlap are placed side by side.
    """
    label = max(map(len, HAMMS_LABELS.values())) + 1
    room = width - label
    head = Text("\nHAMMS", style="bold")
    if room < _LEAST_LINE:
        return Text.assemble(head, ("\nneeds a wider terminal", "dim"))
    scale = " " * label + "0" + "0.5".center(room - 2) + "1"
    lines = [head, Text(), Text(scale, style="dim")]
    for row, name in enumerate(HAMMS_LABELS.values()):
        cells = [("·", "dim")] * room
        taken: set[int] = set()
        for place, (_, vector) in enumerate(tracks):
            value = vector[row]
            if value is None:
                continue
            wanted = round(min(1.0, max(0.0, value)) * (room - 1))
            column = min((abs(at - wanted), at) for at in range(room) if at not in taken)[1]
            taken.add(column)
            cells[column] = (SERIES_SIGNS[place], _STYLES[SERIES[place]])
        lines.append(Text.assemble(f"{name:>{label - 1}} ", *cells))
    lines.append(Text())
    for place, (name, _) in enumerate(tracks):
        lines.append(Text.assemble((SERIES_SIGNS[place], _STYLES[SERIES[place]]), f" {fit_text(name, width - 2)}"))
    return Text("\n").join(lines)


class _Canvas:
    def __init__(self, figure: Figure, width: int) -> None:
        self._columns = width
        # Equal scales, as dots are equally spaced both ways, unless words would overlap.
        x_scale = _ACROSS * width / figure.width
        self._scales = (x_scale, max(x_scale, _DOWN / _MOST_POINTS_A_LINE))
        self._rows = math.ceil(figure.height * self._scales[1] / _DOWN)
        self._bits = [[0] * width for _ in range(self._rows)]
        # None is a cell of dots, an empty text the second half of a wide character.
        self._signs: list[list[str | None]] = [[None] * width for _ in range(self._rows)]
        self._styles = [[""] * width for _ in range(self._rows)]

    def text(self) -> Text:
        """The drawing, with cells of the same style merged."""
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

    def draw(self, wedge: Wedge) -> None:
        """Fill a wedge with a pattern; higher opacity means denser dots."""
        density = next((dots for least, dots in _DENSITIES if wedge.opacity >= least), 0)
        (left, top), (right, bottom) = (
            [scale * (at + side * wedge.outer) for at, scale in zip(wedge.center, self._scales, strict=True)]
            for side in (-1, 1)
        )
        for y in range(math.floor(top), math.ceil(bottom) + 1):
            for x in range(math.floor(left), math.ceil(right) + 1):
                at = (x + 0.5) / self._scales[0], (y + 0.5) / self._scales[1]
                if _PATTERN[y % 4][x % 4] < density and _is_part_of_ring(at, wedge):
                    self._set(x, y, wedge.role)

    def write(self, word: Word) -> None:
        """Write a word at its place, or nearby if the place is taken."""
        most = self._columns if word.most is None else math.floor(word.most * self._scales[0] / _ACROSS)
        text = fit_text(word.text, max(1, most))
        length = cell_len(text)
        column = word.at[0] * self._scales[0] / _ACROSS
        column -= {"start": 0.0, "middle": length / 2.0, "end": float(length)}[word.anchor]
        row = math.floor((word.at[1] - _MIDDLE_OF_LETTERS * word.size) * self._scales[1] / _DOWN)
        for down, right in _NEAR:
            left = max(0, min(self._columns - length, round(column) + right))
            if self._is_free(row + down, left, left + length):
                self._put(row + down, left, text, f"{_STYLES[word.role]}{' bold' if word.bold else ''}".strip())
                return

    def _is_free(self, row: int, left: int, right: int) -> bool:
        if not 0 <= row < self._rows or right > self._columns:
            return False
        beside = slice(max(0, left - 1), right + 1)
        return all(sign is None for sign in self._signs[row][beside])

    def _put(self, row: int, left: int, text: str, style: str) -> None:
        for beside in (left - 1, left + cell_len(text)):
            if 0 <= beside < self._columns and self._signs[row][beside] is None:
                self._bits[row][beside], self._styles[row][beside] = 0, ""  # keep dots away from words
        for sign in text:
            width = cell_len(sign)
            if not width:  # a combining accent
                self._signs[row][left - 1] = (self._signs[row][left - 1] or "") + sign
                continue
            for column in range(left, left + width):
                self._signs[row][column], self._styles[row][column] = "", style
            self._signs[row][left] = sign
            left += width

    def _set(self, x: int, y: int, role: ShapeRole) -> None:
        column, row = x // _ACROSS, y // _DOWN
        if 0 <= column < self._columns and 0 <= row < self._rows:
            self._bits[row][column] |= _BITS[y % _DOWN][x % _ACROSS]
            self._styles[row][column] = _STYLES[role]


def _is_part_of_ring(point: Point, wedge: Wedge) -> bool:
    right, up = point[0] - wedge.center[0], wedge.center[1] - point[1]
    angle = math.degrees(math.atan2(right, up))
    return (
        wedge.inner <= math.hypot(right, up) <= wedge.outer
        and (angle - wedge.start_deg) % 360.0 <= wedge.end_deg - wedge.start_deg
    )
