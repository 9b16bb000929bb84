"""A report as a PDF: vectors and texts, drawn on the canvas directly, so that no text is ever read as markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from map4.reports import Block, Report, report_blocks
from map4.reports.blocks import Facts, Figures, Heading, Paragraph, Table
from map4.reports.figures.shapes import Figure
from map4.reports.render.pdf_figures import draw_figure
from map4.reports.render.pdf_fonts import FONT_FILES, Typesetter
from map4.reports.render.pdf_page import MARGIN, PAGE, WIDTH, Page
from map4.reports.render.pdf_table import draw_table
from map4.reports.wording import shown

_SIZES = {1: 22.0, 2: 14.0, 3: 11.0}
_TEXT_SIZE, _TEXT_LEADING = 9.5, 13.0
_SMALL_SIZE, _SMALL_LEADING = 8.0, 11.0
_CAPTION_SIZE, _CAPTION_HEIGHT = 10.0, 18.0
_FACT_COLUMNS, _FACT_HEIGHT = 4, 30.0
_GAP = 14.0
# Figures up to this width stand in two columns.
_HALF_WIDTH = 360.0
_HALF = (WIDTH - _GAP) / 2.0
# A heading stays with so much of a text or table that follows, and with a whole figure.
_KEEP = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfNotes:
    """What came of a PDF: its pages, and how many characters no font had."""

    pages: int
    replaced_characters: int


def render_pdf(report: Report, stream: BinaryIO, *, font_files: Sequence[str] = FONT_FILES) -> PdfNotes:
    """Write a report as a PDF of A4 pages; the same report and fonts give the same bytes.

    Parameters
    ----------
    report : its texts may hold anything
    stream : is written once, at the end: the pages are in memory until then, compressed
    font_files : names of TrueType files to look for, for what Helvetica lacks
    """
    from reportlab.pdfgen.canvas import Canvas  # .1 s

    type_ = Typesetter(font_files)
    title = shown(report.title) or "map4"
    canvas = Canvas(stream, pagesize=PAGE, pageCompression=1, invariant=1, lang="en")
    canvas.setTitle(title)
    canvas.setCreator("map4")
    canvas.setAuthor("")
    canvas.setSubject(f"map4 report, {report.template}")
    page = Page(canvas, type_, title)
    blocks = report_blocks(report)
    block = next(blocks, None)
    while block is not None:
        # A table reads its rows when it is drawn, so one block may be looked ahead.
        following = next(blocks, None)
        _draw(page, block, following)
        block = following
    page.finish()
    canvas.save()
    return PdfNotes(pages=page.number, replaced_characters=type_.replaced)


def _draw(page: Page, block: Block, following: Block | None) -> None:
    match block:
        case Heading():
            _heading(page, block, _kept_with(following))
        case Paragraph():
            size, leading = (_SMALL_SIZE, _SMALL_LEADING) if block.small else (_TEXT_SIZE, _TEXT_LEADING)
            page.y -= 4.0
            page.paragraph(block.text, size, leading=leading, role="muted" if block.small else "text")
        case Facts():
            _facts(page, block)
        case Figures():
            _figures(page, block.figures)
        case Table():
            page.y -= 4.0
            draw_table(page, block)


def _heading(page: Page, heading: Heading, keep: float) -> None:
    if heading.new_page and not page.is_fresh:
        page.next()
    size = _SIZES[heading.level]
    if not page.is_fresh:
        page.y -= size * 0.8
    page.need(size + keep)
    if heading.level > 1:
        page.parts += 1
        bookmark = f"part-{page.parts}"
        page.canvas.bookmarkPage(bookmark)
        page.canvas.addOutlineEntry(heading.text, bookmark, level=0 if heading.level == 2 else 1)
    page.paragraph(heading.text, size, leading=size * 1.25, bold=True, at_most=3)


def _kept_with(block: Block | None) -> float:
    return _figure_height(block.figures[0]) if isinstance(block, Figures) and block.figures else _KEEP


def _facts(page: Page, facts: Facts) -> None:
    page.y -= 6.0
    column = WIDTH / _FACT_COLUMNS
    for start in range(0, len(facts.items), _FACT_COLUMNS):
        page.need(_FACT_HEIGHT)
        for place, (name, value) in enumerate(facts.items[start : start + _FACT_COLUMNS]):
            x = place * column
            page.write(page.type.cut(name, _SMALL_SIZE, column - 8.0), x, page.y - 8.0, _SMALL_SIZE, role="muted")
            text = page.type.cut(value, _TEXT_SIZE, column - 8.0, bold=True)
            page.write(text, x, page.y - 20.0, _TEXT_SIZE, bold=True)
        page.y -= _FACT_HEIGHT


def _figures(page: Page, figures: Sequence[Figure]) -> None:
    """Wide figures below each other; others in two columns, each below the shorter one."""
    columns: list[float] | None = None
    for figure in figures:
        is_wide = figure.width > _HALF_WIDTH
        if is_wide and columns is not None:
            page.y, columns = min(columns), None
        height = _figure_height(figure)
        if is_wide:
            page.need(height)
            _figure(page, figure, 0.0, page.y)
            page.y -= height
            continue
        columns = columns or [page.y, page.y]
        place = columns.index(max(columns))
        if not page.is_fresh and not page.reaches(columns[place] - height):
            page.next()
            columns, place = [page.y, page.y], 0
        _figure(page, figure, place * (_HALF + _GAP), columns[place])
        columns[place] -= height
        page.y = min(columns)
    page.y = page.y if columns is None else min(columns)


def _figure(page: Page, figure: Figure, left: float, top: float) -> None:
    room, scale = _room(figure)
    title = page.type.cut(figure.title, _CAPTION_SIZE, room, bold=True)
    page.write(title, left, top - 4.0 - _CAPTION_SIZE, _CAPTION_SIZE, bold=True)
    draw_figure(page.canvas, page.type, figure, MARGIN + left, top - 4.0 - _CAPTION_HEIGHT, scale)


def _figure_height(figure: Figure) -> float:
    return figure.height * _room(figure)[1] + 4.0 + _CAPTION_HEIGHT + _GAP


def _room(figure: Figure) -> tuple[float, float]:
    """Its width on the page and how it is scaled for that."""
    room = WIDTH if figure.width > _HALF_WIDTH else _HALF
    return room, min(1.0, room / figure.width)
