"""What a report is made of. A back-end draws each kind of block; the templates know nothing of pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from map4.exports.figures.shapes import Figure
from map4.music.mixing.compatibility import MixRating
from map4.music.track.track import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The beginning of a part; `level` 1 is the report's title, `new_page` begins it on a page of its own."""

    text: str
    level: Literal[1, 2, 3] = 2
    new_page: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A sentence or two; `small` for remarks on what stands above, `path` of the file that it names."""

    text: str
    small: bool = False
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A JPEG, and what it is called for those who do not see it."""

    jpeg: bytes
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Names with their values, and the picture beside them."""

    items: tuple[tuple[str, str], ...]
    picture: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Figures that stand beside each other where there is room; on a narrow screen the narrow ones, where there are."""

    figures: tuple[Figure, ...]
    narrow: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table.

    share: of the width, beside the shares of the others
    numeric: aligned at the right, and sorted by `Cell.order`
    noted: the notes of the rows stand below its texts
    spare: on a narrow screen its texts stand below those of the noted column
    """

    name: str
    share: float
    numeric: bool = False
    noted: bool = False
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, and for numeric columns what it is sorted by; None (unknown) comes last.

    link: a file of sound and the second in it that a page with paths leads to
    """

    text: str
    order: float | None = None
    link: tuple[str, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row with as many cells as there are columns.

    note: a line of its own below it
    rating: of the transition that the note tells
    track: that it is about; its cover stands beside the noted cell of a page
    query: of the tracks that it counts; a page shows them where one asks for it
    """

    cells: tuple[Cell, ...]
    note: str | None = None
    rating: MixRating | None = None
    track: Track | None = None
    query: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; its rows are gone through once, and may be more than fit into memory.

    explored: each row is about a track, and a page lets one look through them: by a filter, sorted, on a map
    sortable: a click on a head of the page sorts it
    """

    caption: str
    columns: tuple[Column, ...]
    rows: Iterable[Row]
    explored: bool = False
    sortable: bool = False


Block = Heading | Paragraph | Facts | Figures | Table
