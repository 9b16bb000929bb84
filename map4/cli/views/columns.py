"""Texts in columns of a terminal: cut to them, and in lines that are written as they come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from map4.cli.output import printable

if TYPE_CHECKING:
    from rich.console import Console

GAP = "  "


class TableColumns:
    """The columns of a table that is written line by line, so that the first stand there before the last are known.

    console: where to
    widths: of each column by its name, in order; 0 is for one that takes its part of the `room`
    gap: between two of them
    """

    def __init__(self, console: Console, widths: Mapping[str, int], *, gap: str = GAP) -> None:
        self.console = console
        self.widths = dict(widths)
        self._gap = gap

    @property
    def room(self) -> int:
        """How much of the terminal none of them has taken."""
        return self.console.width - sum(self.widths.values()) - len(self._gap) * (len(self.widths) - 1)

    def give_way(self, names: Iterable[str], *, least: int) -> None:
        """Do without some, the first first, until there is so much room."""
        for name in names:
            if self.room < least:
                del self.widths[name]

    def line(self, cells: Mapping[str, Text | str], style: str = "") -> Text:
        """A line; a cell that is a plain text is cut, or filled up, to the width of its column."""
        line = Text(style=style)
        for name, width in self.widths.items():
            cell = cells[name]
            line.append(self._gap if line else "")
            line.append_text(cell if isinstance(cell, Text) else Text(fit_cell(cell, width)))
        line.rstrip()
        return line


def fit_text(text: str, width: int) -> str:
    """Text at most so many columns wide, an ellipsis in the place of what is cut off."""
    clean = printable(text)
    if cell_len(clean) <= width:
        return clean
    cut: str = set_cell_size(clean, width - 1)
    return f"{cut.rstrip()}…"


def fit_cell(text: str, width: int) -> str:
    """Text just so many columns wide."""
    cell: str = set_cell_size(fit_text(text, width), width)
    return cell


def print_rows(console: Console, rows: Sequence[Sequence[str]]) -> None:
    """Print rows of cells, each column as wide as its widest cell, but for the last."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [set_cell_size(cell, width) for cell, width in zip(row[:-1], widths[:-1], strict=True)]
        console.print(printable(GAP.join([*cells, row[-1]])), soft_wrap=True)
