"""One sheet of a workbook, written row by row; no text in it is ever a formula."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from map4.core.base.text import is_formula, visible
from map4.formats.format import WriteNotes

MOST_CELL_UNITS = 32_767
"""Maximum UTF-16 code units of a cell (Excel specifications and limits)."""

MOST_ROWS = 1_048_576
"""Rows of a sheet including its header (Excel specifications and limits)."""

# Named like the font of the cells: some programs show a head without a font name in another font.
_HEAD_FONT = Font(name="Calibri", size=11, family=2, scheme="minor", bold=True, color="FFFFFFFF")
_LINE_POINTS = 15.0
_HEAD_POINTS = 2 * _LINE_POINTS
_MOST_PRINTED = 220.0
"""Letters that fit on a line of paper and are still legible; further columns are not printed."""
_HEAD_FILL = PatternFill("solid", fgColor="FF30343F")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetColumn:
    """A column.

    head: a number stays a number
    width: in letters; at least the longest word of the head plus the filter arrow
    number_format: of its numbers; None is the default
    wraps: long texts take several lines
    """

    name: str
    head: str | int
    width: float = 10.0
    number_format: str | None = None
    wraps: bool = False

    @property
    def shown_width(self) -> float:
        """Return the width in letters."""
        return max(self.width, *(len(word) + 3.5 for word in str(self.head).split() or [""]))


class Sheet:
    """A sheet with a fixed header; printed in landscape at the width of the paper, with the header on each page.

    notes: counts what the sheet could not contain
    """

    def __init__(self, workbook: Workbook, title: str, columns: Sequence[SheetColumn], notes: WriteNotes) -> None:
        self.raw = workbook.create_sheet(title)
        self.rows = 1
        self._columns = columns
        self._notes = notes
        # The file has this before the rows, so it must be set before the first row is written.
        self.raw.freeze_panes = "A2"
        for index, column in enumerate(columns, start=1):
            self.raw.column_dimensions[get_column_letter(index)].width = column.shown_width
        self.raw.row_dimensions[1].height = _HEAD_POINTS
        self.raw.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        self.raw.page_setup.orientation, self.raw.page_setup.fitToHeight = "landscape", 0
        self.raw.print_title_rows = "1:1"
        # A row is written as soon as it is appended, so its cells can be reused for the next row.
        self._plain = [self._cell(column) for column in columns]
        self._quoted = [self._cell(column) for column in columns]
        for cell in self._quoted:
            cell.quotePrefix = True  # stays text when edited
        self.raw.append([self._head(column.head) for column in columns])

    def row(self, values: Iterable[Any]) -> None:
        """Write a row; None leaves its cell empty."""
        taken = list(values)
        self.rows += 1
        # Some programs don't adjust the row height; wrapped words leave some of each line empty.
        lines = [
            len(str(v)) / (0.9 * c.shown_width) for v, c in zip(taken, self._columns, strict=True) if c.wraps and v
        ]
        if lines:
            self.raw.row_dimensions[self.rows].height = _LINE_POINTS * math.ceil(max(lines))
        self.raw.append([None if value is None else self._filled(i, value) for i, value in enumerate(taken)])

    def letter(self, name: str) -> str | None:
        """Return the letter of a column, or None if there is none of this name."""
        names = [column.name for column in self._columns]
        return get_column_letter(names.index(name) + 1) if name in names else None

    def below(self, letter: str) -> str:
        """Return the cells of a column without its head."""
        return f"{letter}2:{letter}{max(2, self.rows)}"

    def add_filter(self) -> None:
        """Add filters to all columns and set the printed columns; call after the last row."""
        self.raw.auto_filter.ref = f"A1:{get_column_letter(len(self._columns))}{self.rows}"
        reach = itertools.accumulate(column.shown_width for column in self._columns)
        printed = max(1, sum(end <= _MOST_PRINTED for end in reach))
        self.raw.print_area = f"A1:{get_column_letter(printed)}{self.rows}"

    def _filled(self, index: int, value: Any) -> Any:
        if not isinstance(value, str):
            cell = self._plain[index]
            cell.value = value
            return cell
        text = cell_text(value, self._notes)
        cell = (self._quoted if is_formula(text) else self._plain)[index]
        cell.value = text
        cell.data_type = "s"  # never a formula, number or date
        return cell

    def _cell(self, column: SheetColumn) -> Any:
        cell = WriteOnlyCell(self.raw)
        if column.number_format is not None:
            cell.number_format = column.number_format
        cell.alignment = Alignment(vertical="top", wrap_text=column.wraps)
        return cell

    def _head(self, head: str | int) -> Any:
        cell = WriteOnlyCell(self.raw, value=head)
        cell.font, cell.fill = _HEAD_FONT, _HEAD_FILL
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        return cell


def cell_text(text: str, notes: WriteNotes) -> str:
    """Return a text for a cell: without illegal or invisible characters, with plain line ends, and not too long."""
    clean = visible(notes.xml_text(text)).replace("\r\n", "\n").replace("\r", "\n")
    if 2 * len(clean) > MOST_CELL_UNITS:  # no character takes more than two
        units = clean.encode("utf-16-le")
        if len(units) > 2 * MOST_CELL_UNITS:
            notes.shortened_texts += 1
            clean = units[: 2 * MOST_CELL_UNITS].decode("utf-16-le", "ignore")
    return clean
