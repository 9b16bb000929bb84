"""Text in terminal columns: cut to width, and written line by line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from map4.core.base.text import printable

if TYPE_CHECKING:
    from rich.console import Console, OverflowMethod

GAP = "  "


class TableColumns:
    """The columns of a table that is written line by line, before all rows are known.

    console: where to write
    widths: width of each column by name, in order; 0 means a column that gets part of the `room`
    gap: text between columns
    """

    def __init__(self, console: Console, widths: Mapping[str, int], *, gap: str = GAP) -> None:
        self.console = console
        self.widths = dict(widths)
        self._gap = gap

    @property
    def room(self) -> int:
        """Width of the terminal that no column uses."""
        return self.console.width - sum(self.widths.values()) - len(self._gap) * (len(self.widths) - 1)

    def give_way(self, names: Iterable[str], *, least: int) -> None:
        """Remove columns, in this order, until `room` is at least `least`."""
        for name in names:
            if self.room < least:
                del self.widths[name]

    def line(self, cells: Mapping[str, Text | str], style: str = "") -> Text:
        """A line of cells; a plain text is cut or padded to its column's width."""
        line = Text(style=style)
        for name, width in self.widths.items():
            cell = cells[name]
            line.append(self._gap if line else "")
            line.append_text(cell if isinstance(cell, Text) else Text(fit_cell(cell, width)))
        line.rstrip()
        return line


def safe_text(text: str, style: str = "", overflow: OverflowMethod | None = None) -> Text:
    """A line of text that can't control the terminal."""
    return Text(printable(text), style, overflow=overflow)


def fit_text(text: str, width: int) -> str:
    """Text cut to at most `width` columns, with an ellipsis if cut."""
    clean = printable(text)
    if cell_len(clean) <= width:
        return clean
    cut: str = set_cell_size(clean, width - 1)
    return f"{cut.rstrip()}…"


def fit_cell(text: str, width: int) -> str:
    """Text cut or padded to exactly `width` columns."""
    cell: str = set_cell_size(fit_text(text, width), width)
    return cell


def wrap_words(console: Console, line: str, indent: str) -> str:
    """Break a line between words where it is longer than a terminal; `indent` begins the next lines."""
    first, *words = printable(line).split(" ")
    lines = [first]
    for word in words:
        longer = f"{lines[-1]} {word}"
        if console.is_terminal and lines[-1].strip() and cell_len(longer) > console.width:
            lines.append(indent + word)
        else:
            lines[-1] = longer
    return "\n".join(lines)


def print_rows(console: Console, rows: Sequence[Sequence[str]]) -> None:
    """Print rows of cells, each column except the last as wide as its widest cell."""
    rows = [[*map(printable, row)] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [set_cell_size(cell, width) for cell, width in zip(row[:-1], widths[:-1], strict=True)]
        console.print(GAP.join([*cells, row[-1]]), soft_wrap=True)
