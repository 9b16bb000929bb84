"""A report as a PDF: reportlab's Platypus fills the pages; texts are drawn, so none is parsed as markup."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, BinaryIO

from reportlab.lib.colors import HexColor
from reportlab.lib.utils import ImageReader
from reportlab.platypus import BaseDocTemplate, CondPageBreak, Flowable, Frame, PageTemplate

from map4.core.music.palette import Colour, ShapeRole
from map4.exports.figures.set_clock import RATING_ROLES, rating_sign
from map4.exports.figures.shapes import Dot, Figure, Line, Point, Polygon, Shape, Wedge, Word
from map4.exports.render.pdf_fonts import FONT_FILES, Typesetter
from map4.exports.report.blocks import Block, Column, Facts, Figures, Heading, Paragraph, Picture, Row, Table
from map4.exports.report.report import Report
from map4.exports.report.templates import report_blocks

_DASH = (4, 3)
_BACK = {"start": 0.0, "middle": 0.5, "end": 1.0}


def draw_shapes(
    canvas: Any, type_: Typesetter, shapes: Iterable[Shape], left: float, top: float, scale: float = 1.0
) -> None:
    """Draw shapes with the upper left corner at a place of the page, y upwards, in points."""
    canvas.saveState()
    canvas.translate(left, top)
    canvas.scale(scale, scale)
    for shape in shapes:
        _draw(canvas, type_, shape)
    canvas.restoreState()


def _draw(canvas: Any, type_: Typesetter, shape: Shape) -> None:
    canvas.setFillColor(_colour(shape.role))
    canvas.setStrokeColor(_colour(shape.role))
    canvas.setFillAlpha(1.0 if isinstance(shape, Line | Word) else shape.opacity)
    match shape:
        case Line():
            canvas.setLineWidth(shape.width)
            canvas.setDash(*_DASH) if shape.dashed else canvas.setDash()
            canvas.drawPath(_path(canvas, shape.points), stroke=1, fill=0)
        case Polygon():
            canvas.setLineWidth(1.0)
            path = _path(canvas, shape.points)
            path.close()
            canvas.drawPath(path, stroke=int(shape.outlined), fill=1)
        case Wedge():
            canvas.drawPath(_ring_part(canvas, shape), stroke=0, fill=1)
        case Dot():
            canvas.circle(shape.center[0], -shape.center[1], shape.radius, stroke=0, fill=1)
        case Word():
            text = shape.text
            if shape.most is not None:
                text = type_.cut(text, shape.size, shape.most, bold=shape.bold)
            back = _BACK[shape.anchor] and _BACK[shape.anchor] * type_.width(text, shape.size, bold=shape.bold)
            type_.draw(canvas, shape.at[0] - back, -shape.at[1], text, shape.size, bold=shape.bold)


@cache
def _colour(role: ShapeRole) -> Any:
    """Return the light colour of a role, for white paper. Cached: looking it up takes a third of a table's time."""
    return HexColor(Colour.LIGHT[role])


def _path(canvas: Any, points: tuple[Point, ...]) -> Any:
    path = canvas.beginPath()
    path.moveTo(points[0][0], -points[0][1])
    for x, y in points[1:]:
        path.lineTo(x, -y)
    return path


def _ring_part(canvas: Any, wedge: Wedge) -> Any:
    """Return the outer arc clockwise and the inner arc back; reportlab counts from three o'clock, counterclockwise."""
    x, y, turn = wedge.center[0], -wedge.center[1], wedge.end_deg - wedge.start_deg
    path = canvas.beginPath()
    for draw, r, start, extent in (
        (path.arc, wedge.outer, 90.0 - wedge.start_deg, -turn),
        (path.arcTo, wedge.inner, 90.0 - wedge.end_deg, turn),
    ):
        draw(x - r, y - r, x + r, y + r, startAng=start, extent=extent)
    path.close()
    return path


PAGE = (595.28, 841.89)
"""A4 in points."""

_MARGIN, _FOOT = 42.0, 14.0
_WIDTH, _HEIGHT = PAGE[0] - 2.0 * _MARGIN, PAGE[1] - 2.0 * _MARGIN - _FOOT
_GAP = 14.0
_HALF = (_WIDTH - _GAP) / 2.0
# Size of the type, and its leading.
_Style = tuple[float, float]
_HEADINGS = {1: (22.0, 27.5), 2: (14.0, 17.5), 3: (11.0, 13.75)}
_TEXT, _SMALL, _CELL, _NOTE = (9.5, 13.0), (8.0, 11.0), (8.5, 11.0), (7.5, 9.5)
_FOOT_SIZE, _CAPTION_SIZE = 7.5, 10.0
_MOST_HEADING_LINES, _MOST_CELL_LINES, _MOST_NOTE_LINES, _MOST_FACT_LINES = 3, 2, 3, 5
# A heading stays with this much of a following text or table, and with a whole figure or group of figures.
_KEEP = 90.0
_FACT_COLUMNS, _FACT_HEIGHT = 4, 30.0
_CAPTION_HEIGHT = 22.0
_TOGETHER, _LEAST_SCALE = 3, 0.75
_PADDING_X, _PADDING_Y = 4.0, 3.0
_LAST_ROWS = 5  # minimum table rows on the last page, also if that page is only for a remark that did not fit
_FIRST_ROWS = 2  # minimum rows below the table's head, if there is room


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfNotes:
    """Notes on a PDF.

    replaced_characters: how many are in no font
    not_as_written: the first texts with such characters, or in a script that is not laid out correctly
    """

    pages: int
    replaced_characters: int
    not_as_written: tuple[str, ...] = ()


def render_pdf(report: Report, stream: BinaryIO, *, font_files: Sequence[str] = FONT_FILES) -> PdfNotes:
    """Write a report as a PDF of A4 pages; the same report and fonts give the same bytes.

    report: its texts may contain anything
    stream: is written once, at the end; until then the compressed pages are in memory
    font_files: names of TrueType files to look for, for characters that Helvetica lacks
    """
    type_ = Typesetter(font_files)
    title = type_.cut(report.heading, _FOOT_SIZE, _WIDTH - 60.0)
    pages = 0

    def draw_foot(canvas: Any, _document: Any) -> None:
        nonlocal pages
        pages, replaced = canvas.getPageNumber(), type_.replaced
        words = (
            Word(at=(0.0, 6.0), text=title, size=_FOOT_SIZE, role="muted"),
            Word(at=(_WIDTH, 6.0), text=str(pages), size=_FOOT_SIZE, role="muted", anchor="end"),
        )
        draw_shapes(canvas, type_, words, _MARGIN, _MARGIN)
        type_.replaced = replaced  # the title is counted as the heading

    document = BaseDocTemplate(
        stream, pagesize=PAGE, pageCompression=1, invariant=1, lang="en",
        title=report.heading, creator="map4", author="", subject=f"map4 report, {report.template}",
    )  # fmt: skip
    frame = Frame(_MARGIN, _MARGIN + _FOOT, _WIDTH, _HEIGHT, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate(frames=[frame], onPageEnd=draw_foot))
    document.build(list(_flowables(type_, list(report_blocks(report)))))
    return PdfNotes(pages=pages, replaced_characters=type_.replaced, not_as_written=tuple(type_.not_as_written))


class _Drawing(Flowable):  # type: ignore[misc]
    """Shapes over the whole width that stay together; y counts from the upper edge.

    `entry` is the text, name and level of their outline entry; `picture` is in the upper right corner, `side` high.
    """

    def __init__(
        self,
        type_: Typesetter,
        shapes: Sequence[Shape],
        height: float,
        *,
        space: float = 0.0,
        entry: tuple[str, str, int] | None = None,
        picture: Picture | None = None,
        side: float = 0.0,
    ) -> None:
        super().__init__()
        self._type, self._shapes, self._entry = type_, shapes, entry
        self._picture, self._side = picture, side
        self.width, self.height, self.spaceBefore = _WIDTH, height, space

    def draw(self) -> None:
        if self._entry:
            self.canv.bookmarkPage(self._entry[1])
            self.canv.addOutlineEntry(*self._entry)
        draw_shapes(self.canv, self._type, self._shapes, 0.0, self.height)
        if self._picture:
            place = (_WIDTH - self._side, self.height - self._side, self._side, self._side)
            jpeg = ImageReader(io.BytesIO(self._picture.jpeg))
            self.canv.drawImage(jpeg, *place, preserveAspectRatio=True, anchor="ne")


class _Columns(Flowable):  # type: ignore[misc]
    """Wide figures below each other; narrow figures in two columns, each below the shorter column.

    Up to three narrow figures stay together: if they nearly fit, they are drawn smaller.
    """

    def __init__(self, type_: Typesetter, figures: Sequence[Figure], *, space: float = 0.0) -> None:
        super().__init__()
        self.spaceBefore = space
        self._type, self._figures = type_, figures
        self._places: list[tuple[float, float]] = []
        ends = [0.0, 0.0]
        for figure in figures:
            column = 0 if figure.is_wide else ends.index(min(ends))
            top = max(ends) if figure.is_wide else ends[column]
            self._places.append((column * (_HALF + _GAP), top))
            ends[column] = top + _figure_height(figure)
            ends[1] = ends[0] if figure.is_wide else ends[1]
        self.width, self._whole, self._scale = _WIDTH, max(ends), 1.0
        self._together = len(figures) <= _TOGETHER and not any(figure.is_wide for figure in figures)
        self.least_height = _LEAST_SCALE * self._whole if self._together else _figure_height(figures[0])

    def wrap(self, _width: float, height: float) -> tuple[float, float]:
        is_near = self._together and self.least_height <= height < self._whole
        self._scale = height / self._whole if is_near else 1.0
        self.height = self._scale * self._whole
        return _WIDTH, self.height

    def split(self, _width: float, height: float) -> list[Flowable]:
        bottoms = (top + _figure_height(f) for f, (_, top) in zip(self._figures, self._places, strict=True))
        fitting = len(list(itertools.takewhile(lambda bottom: bottom <= height, bottoms)))
        parts = (self._figures[:fitting], self._figures[fitting:])
        return [_Columns(self._type, part) for part in parts] if fitting and not self._together else []

    def draw(self) -> None:
        self.canv.scale(self._scale, self._scale)
        for figure, (left, below) in zip(self._figures, self._places, strict=True):
            top, (room, scale) = self._whole - below, _room(figure)
            caption = Word(at=(0.0, 14.0), text=figure.title, size=_CAPTION_SIZE, bold=True, most=room)
            draw_shapes(self.canv, self._type, (caption,), left, top)
            draw_shapes(self.canv, self._type, figure.shapes, left, top - _caption_height(figure), scale)


class _Rows(Flowable):  # type: ignore[misc]
    """A table that reads its rows as pages are filled and repeats its head on every page.

    `tail`: height of what follows and must not begin a page; the table's last rows move to the next page with it.
    """

    def __init__(self, head: _Drawing, taken: Sequence[_Drawing], rows: Iterator[_Drawing], tail: float) -> None:
        super().__init__()
        self._head, self._taken, self._rows, self._tail = head, list(taken), rows, tail
        self._leaves_room = False
        self.spaceBefore = head.spaceBefore

    def wrap(self, _width: float, height: float) -> tuple[float, float]:
        """Return its height; for a table that does not fit, reads rows until this is known."""
        self.height = self._head.height + sum(row.height for row in self._taken)
        while self.height <= height and (row := next(self._rows, None)) is not None:
            self._taken.append(row)
            self.height += row.height
        self._leaves_room = height - self._tail < self.height <= height and len(self._taken) > _FIRST_ROWS
        return _WIDTH, self.height + (self._tail if self._leaves_room else 0.0)

    def split(self, _width: float, height: float) -> list[Flowable]:
        bottoms = itertools.accumulate((row.height for row in self._taken), initial=self._head.height)
        fitting = sum(1 for bottom in bottoms if bottom <= height) - 1
        if self._leaves_room:
            fitting -= 1
        if fitting < 1:
            return []
        self._taken += itertools.islice(self._rows, max(0, fitting + _LAST_ROWS - len(self._taken)))
        fitting = max(min(fitting, _FIRST_ROWS), min(fitting, len(self._taken) - _LAST_ROWS))
        here, later = self._taken[:fitting], self._taken[fitting:]
        rest = _Rows(self._head, later, self._rows, self._tail)
        return [_Rows(self._head, here, iter(()), 0.0), CondPageBreak(_HEIGHT - 1.0), rest]

    def draw(self) -> None:
        y = self.height
        for drawing in (self._head, *self._taken):
            y -= drawing.height
            drawing.drawOn(self.canv, 0.0, y)


def _flowables(type_: Typesetter, blocks: Sequence[Block]) -> Iterator[Flowable]:
    has_part = False
    before: Block | None = None
    for number, (block, following) in enumerate(itertools.pairwise((*blocks, None))):
        match block:
            case Heading(text=text, level=level):
                size, leading = _HEADINGS[level]
                yield CondPageBreak(_HEIGHT - 1.0 if block.new_page else 1.8 * size + _keep_with(type_, following))
                # An outline entry needs a parent on the level above.
                entry = (text, f"part-{number}", 1 if level == 3 and has_part else 0)
                has_part = has_part or level > 1
                lines = _lines(type_, text, _HEADINGS[level], _WIDTH, bold=True, at_most=_MOST_HEADING_LINES)
                yield _Drawing(type_, lines, len(lines) * leading, space=0.8 * size, entry=entry if level > 1 else None)
            case Paragraph():
                yield _paragraph(type_, block)
            case Facts():
                yield from _facts(type_, block)
            case Figures():
                if block.figures:
                    yield _Columns(type_, block.figures, space=_GAP if isinstance(before, Table) else 0.0)
            case Table():
                yield _table(type_, block, _height_of_remarks(type_, blocks[number + 1 :]))
        before = block


def _paragraph(type_: Typesetter, block: Paragraph) -> _Drawing:
    style = _SMALL if block.small else _TEXT
    lines = _lines(type_, block.text, style, _WIDTH, role="muted" if block.small else "text")
    return _Drawing(type_, lines, len(lines) * style[1], space=4.0)


def _height_of_remarks(type_: Typesetter, blocks: Sequence[Block]) -> float:
    """Return the height of the paragraphs at the start of `blocks`."""
    height = 0.0
    for block in blocks:
        if not isinstance(block, Paragraph):
            break
        drawing = _paragraph(type_, block)
        height += drawing.height + drawing.spaceBefore
    return height


def _keep_with(type_: Typesetter, block: Block | None) -> float:
    return _Columns(type_, block.figures).least_height if isinstance(block, Figures) and block.figures else _KEEP


def _lines(
    type_: Typesetter,
    text: str,
    style: _Style,
    room: float,
    *,
    at: Point = (0.0, 0.0),
    role: ShapeRole = "text",
    bold: bool = False,
    at_most: int | None = None,
) -> list[Shape]:
    """Break a text into lines of a width, with the upper left corner at `at`."""
    (x, y), (size, leading) = at, style
    return [
        Word(at=(x, y + size + place * leading), text=line, role=role, size=size, bold=bold)
        for place, line in enumerate(type_.lines(text, size, room, bold=bold, at_most=at_most))
    ]


def _facts(type_: Typesetter, facts: Facts) -> Iterator[_Drawing]:
    columns, column, picture = _FACT_COLUMNS, _WIDTH / _FACT_COLUMNS, facts.picture
    if picture is not None:
        columns -= 1  # and the picture beside all of them
    side = min(_FACT_HEIGHT * -(-len(facts.items) // columns), column) - _GAP
    for row in range(0, len(facts.items), columns):
        words: list[Shape] = []
        most_lines = 1
        for place, (name, value) in enumerate(facts.items[row : row + columns]):
            x, most = place * column, column - 8.0
            words.append(Word(at=(x, 8.0), text=name, size=_SMALL[0], role="muted", most=most))
            lines = _lines(type_, value, _TEXT, most, at=(x, 20.0 - _TEXT[0]), bold=True, at_most=_MOST_FACT_LINES)
            words += lines
            most_lines = max(most_lines, len(lines))
        height = _FACT_HEIGHT + (most_lines - 1) * _TEXT[1]
        yield _Drawing(
            type_,
            words,
            height,
            space=0.0 if row else 6.0,
            picture=None if row else picture,
            side=min(side, column - _GAP),
        )


def _room(figure: Figure) -> tuple[float, float]:
    """Return the figure's width on the page and its scale."""
    room = _WIDTH if figure.is_wide else _HALF
    return room, min(1.0, room / figure.width)


def _figure_height(figure: Figure) -> float:
    return figure.height * _room(figure)[1] + _caption_height(figure) + _GAP


def _caption_height(figure: Figure) -> float:
    return _CAPTION_HEIGHT if figure.title else 0.0


def _table(type_: Typesetter, table: Table, tail: float) -> _Rows:
    whole = sum(column.share for column in table.columns)
    edges = itertools.accumulate((_WIDTH * column.share / whole for column in table.columns), initial=0.0)
    grid = [
        (column, left, right) for column, (left, right) in zip(table.columns, itertools.pairwise(edges), strict=True)
    ]
    head = _row(type_, grid, [column.name for column in table.columns], is_head=True)
    rows = (_row(type_, grid, [cell.text for cell in row.cells], row) for row in table.rows)
    return _Rows(head, (), rows, tail)


def _row(
    type_: Typesetter,
    grid: Sequence[tuple[Column, float, float]],
    texts: Sequence[str],
    row: Row | None = None,
    *,
    is_head: bool = False,
) -> _Drawing:
    """Draw texts in their columns, and below them the row's note, from the noted column to the right edge."""
    size, leading = _CELL
    shapes: list[Shape] = []
    most = 1
    for (column, left, right), text in zip(grid, texts, strict=True):
        if column.numeric:
            end = (right - _PADDING_X, _PADDING_Y + size)
            shapes.append(Word(at=end, text=text, size=size, anchor="end", bold=is_head))
            continue
        start, room = (left + _PADDING_X, _PADDING_Y), right - left - 2.0 * _PADDING_X
        lines = _lines(type_, text, _CELL, room, at=start, bold=is_head, at_most=1 if is_head else _MOST_CELL_LINES)
        shapes += lines
        most = max(most, len(lines))
    height = most * leading + 2.0 * _PADDING_Y
    if row and row.note:
        left = _PADDING_X + next((left for column, left, _ in grid if column.noted), 0.0)
        below, room = (left, _PADDING_Y + most * leading + 1.0), _WIDTH - left - _PADDING_X
        role: ShapeRole = "muted"
        if row.rating is not None:
            role = RATING_ROLES[row.rating]
            shapes.append(rating_sign(row.rating, (below[0] + 3.0, below[1] + 5.0), radius=2.6))
            below, room = (below[0] + 10.0, below[1]), room - 10.0
        lines = _lines(type_, row.note, _NOTE, room, at=below, role=role, at_most=_MOST_NOTE_LINES)
        shapes += lines
        height += len(lines) * _NOTE[1]
    shapes.append(Line(points=((0.0, height), (_WIDTH, height)), role="grid", width=1.0 if is_head else 0.5))
    return _Drawing(type_, shapes, height, space=4.0 if is_head else 0.0)
