"""Tables on pages of a PDF, row by row, with the head again on every page."""

from __future__ import annotations

from collections.abc import Sequence

from map4.reports.blocks import Column, Row, Table
from map4.reports.figures.shapes import Role
from map4.reports.render.pdf_page import WIDTH, Page

_SIZE, _LEADING = 8.5, 11.0
_NOTE_SIZE, _NOTE_LEADING = 7.5, 9.5
_PADDING_X, _PADDING_Y = 4.0, 3.0
_MOST_LINES, _MOST_NOTE_LINES = 2, 3


def draw_table(page: Page, table: Table) -> None:
    """Draw a table from where the page stands; a row is never broken over pages."""
    widths = _widths(table.columns)
    _head(page, table.columns, widths)
    for row in table.rows:
        lines = [
            _lines(page, cell.text, column, width)
            for cell, column, width in zip(row.cells, table.columns, widths, strict=True)
        ]
        notes = _note_lines(page, row, table.columns, widths)
        height = max(len(text) for text in lines) * _LEADING + len(notes) * _NOTE_LEADING + 2.0 * _PADDING_Y
        if not page.has(height):
            page.next()
            _head(page, table.columns, widths)
        _row(page, table.columns, widths, lines, notes)
        page.y -= height
        page.rule(page.y)


def _widths(columns: Sequence[Column]) -> list[float]:
    whole = sum(column.share for column in columns)
    return [WIDTH * column.share / whole for column in columns]


def _lines(page: Page, text: str, column: Column, width: float) -> list[str]:
    if column.numeric:
        return [text]
    return page.type.lines(text, _SIZE, width - 2.0 * _PADDING_X, at_most=_MOST_LINES)


def _note_lines(page: Page, row: Row, columns: Sequence[Column], widths: Sequence[float]) -> list[str]:
    """Notes run from their column to the right edge."""
    if not row.note:
        return []
    room = WIDTH - _left_of_note(columns, widths) - 2.0 * _PADDING_X
    return page.type.lines(row.note, _NOTE_SIZE, room, at_most=_MOST_NOTE_LINES)


def _left_of_note(columns: Sequence[Column], widths: Sequence[float]) -> float:
    place = next((i for i, column in enumerate(columns) if column.noted), 0)
    return sum(widths[:place])


def _head(page: Page, columns: Sequence[Column], widths: Sequence[float]) -> None:
    page.need(3.0 * (_LEADING + 2.0 * _PADDING_Y))
    left = 0.0
    for column, width in zip(columns, widths, strict=True):
        _text(page, column.name, left, width, page.y - _PADDING_Y - _SIZE, numeric=column.numeric, bold=True)
        left += width
    page.y -= _LEADING + 2.0 * _PADDING_Y
    page.rule(page.y, width=1.0)


def _row(
    page: Page,
    columns: Sequence[Column],
    widths: Sequence[float],
    lines: Sequence[Sequence[str]],
    notes: Sequence[str],
) -> None:
    first = page.y - _PADDING_Y - _SIZE
    left = 0.0
    for column, width, texts in zip(columns, widths, lines, strict=True):
        for place, text in enumerate(texts):
            _text(page, text, left, width, first - place * _LEADING, numeric=column.numeric)
        left += width
    below = first - max(len(texts) for texts in lines) * _LEADING
    note_left = _left_of_note(columns, widths) + _PADDING_X
    for place, text in enumerate(notes):
        page.write(text, note_left, below - place * _NOTE_LEADING, _NOTE_SIZE, role="muted")


def _text(
    page: Page,
    text: str,
    left: float,
    width: float,
    y: float,
    *,
    numeric: bool,
    bold: bool = False,
    role: Role = "text",
) -> None:
    x = left + _PADDING_X
    if numeric:
        x = left + width - _PADDING_X - page.type.width(text, _SIZE, bold=bold)
    page.write(text, x, y, _SIZE, bold=bold, role=role)
