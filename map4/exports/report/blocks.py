"""The blocks of a report. A back-end draws each kind of block; the templates know nothing of pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from map4.core.music.mixing.compatibility import MixRating
from map4.core.music.track.track import Track
from map4.core.music.track.wording import TrackWords
from map4.exports.figures.shapes import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The heading of a part; `level` 1 is the report's title, `new_page` starts a new page."""

    text: str
    level: Literal[1, 2, 3] = 2
    new_page: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A sentence or two; `small` for remarks on the block above, `path` of the file that it names."""

    text: str
    small: bool = False
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A JPEG, and its alternative text."""

    jpeg: bytes
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Names with their values, with the picture beside them."""

    items: tuple[tuple[str, str], ...]
    picture: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Figures side by side where there is room; narrow screens use the narrow figures if there are any."""

    figures: tuple[Figure, ...]
    narrow: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table.

    share: of the width, relative to the other columns
    numeric: right-aligned
    noted: the notes of the rows are below its texts
    spare: on a narrow screen its texts are below those of the noted column
    """

    name: str
    share: float
    numeric: bool = False
    noted: bool = False
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A text.

    link: an audio file and the second in it that a page with paths links to
    """

    text: str
    link: tuple[str, float] | None = None

    @staticmethod
    def time(seconds: float | None) -> Cell:
        """A time or a length."""
        return Cell(TrackWords.time(seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row with as many cells as there are columns.

    note: a line of its own below the row
    rating: of the transition that the note describes
    track: the row's track; its cover is beside the noted cell of a page
    """

    cells: tuple[Cell, ...]
    note: str | None = None
    rating: MixRating | None = None
    track: Track | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; its rows are iterated once and may be more than fit into memory."""

    caption: str
    columns: tuple[Column, ...]
    rows: Iterable[Row]


Block = Heading | Paragraph | Facts | Figures | Table
