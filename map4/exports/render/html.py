"""A report as one static HTML page: no scripts, no network access, no other files; its figures are SVG."""

from __future__ import annotations

import base64
import hashlib
import itertools
import math
import os
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from html import escape
from importlib.resources import files
from urllib.parse import quote

from map4.core.music.palette import style_sheet
from map4.core.music.track.wording import TrackWords
from map4.exports.figures.shapes import Dot, Figure, Line, Polygon, Shape, Wedge, Word, around
from map4.exports.report.blocks import Block, Column, Facts, Figures, Heading, Paragraph, Picture, Row, Table
from map4.exports.report.report import Report
from map4.exports.report.templates import report_blocks

_PART_ROWS = 200
"""Rows of a table; browsers lay out a later part only when it is scrolled to, in 9,000 px, as `report.css` has it."""
_COVER_PX = 64  # twice the shown size, for high-resolution screens
# Average letter width, as a share of the size, in browsers' sans-serif fonts; a page can't be measured here.
_LETTER_WIDTH, _WIDE_LETTER_WIDTH = 0.54, 1.0


def render_html(report: Report) -> Iterator[str]:
    """Write a report as a page, piece by piece.

    report: its texts may contain anything; they never become markup
    yields: str, UTF-8 encodable, in order. The page makes no requests: its Content-Security-Policy allows only its own
        style, by its hash, and pictures in the page.
    """
    yield _head(report)
    is_in_section = False
    for block in report_blocks(report):
        if isinstance(block, Heading) and block.level == 2:
            yield "</section>\n" if is_in_section else ""
            yield '<section class="page">\n' if block.new_page else "<section>\n"
            is_in_section = True
        yield from _block(block, report)
    yield "</section>\n" if is_in_section else ""
    yield "</main>\n<footer>made by map4</footer>\n</body>\n</html>\n"


@cache
def _style() -> str:
    return style_sheet() + files(__package__).joinpath("report.css").read_text(encoding="utf-8")


def _head(report: Report) -> str:
    pictures = "img-src data:; " if report.cover else ""
    digest = base64.b64encode(hashlib.sha256(_style().encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; {pictures}base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="generator" content="map4">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{markup(report.heading)}</title>\n<style>{_style()}</style>\n</head>\n<body>\n<main>\n"
    )


def _block(block: Block, report: Report) -> Iterator[str]:
    match block:
        case Heading():
            yield f'<h{block.level} dir="auto">{markup(block.text)}</h{block.level}>\n'
        case Paragraph():
            kind = ' class="small"' if block.small else ""
            yield f"<p{kind}>{_linked(markup(block.text), block.path)}</p>\n"
        case Facts():
            if block.picture is not None:
                yield f'<div class="covered">{_picture(block.picture)}'
            yield "<dl>"
            for name, value in block.items:
                yield f'<div><dt>{markup(name)}</dt><dd dir="auto">{markup(value)}</dd></div>'
            yield "</dl>\n" if block.picture is None else "</dl></div>\n"
        case Figures():
            for figures, kind in ((block.figures, " broad" if block.narrow else ""), (block.narrow, " narrow")):
                if figures:
                    yield f'<div class="figures{kind}">\n'
                    for figure in figures:
                        wide = ' class="wide" tabindex="0"' if figure.is_wide else ""  # it scrolls on narrow screens
                        caption = f"<figcaption>{markup(figure.title)}</figcaption>" if figure.title else ""
                        yield f"<figure{wide}>{caption}"
                        yield from svg_of(figure)
                        yield "</figure>\n"
                    yield "</div>\n"
        case Table():
            yield from _table(block, report)


def _table(table: Table, report: Report) -> Iterator[str]:
    caption, rows, is_first = markup(table.caption), iter(table.rows), True
    while (part := [*itertools.islice(rows, _PART_ROWS)]) or is_first:
        yield (
            f'<div class="scroll{"" if is_first else " later"}" tabindex="0" role="region" aria-label="{caption}">'
            f"<table><caption>{caption}</caption><thead><tr>"
        )
        for column in table.columns:
            yield f'<th scope="col"{_kind(column)}>{markup(column.name)}</th>'
        yield "</tr></thead>\n<tbody>\n"
        yield from (_row(row, table, report) for row in part)
        yield "</tbody></table></div>\n"
        is_first = False


def _row(row: Row, table: Table, report: Report) -> str:
    cells: list[str] = []
    for cell, column in zip(row.cells, table.columns, strict=True):
        text = markup(cell.text)
        if cell.link is not None and report.with_paths:
            sound, at_s = cell.link
            text = f'<a href="{_address(sound)}#t={at_s:.1f}">{text}</a>'
        if not column.numeric:
            path = row.track.path if row.track and column.noted and report.with_paths else None
            text = f'<span dir="auto">{_linked(text, path)}</span>'
        jpeg = report.cover(row.track, _COVER_PX) if column.noted and row.track and report.cover else None
        if jpeg is not None:
            text = _picture(Picture(jpeg=jpeg, alt="")) + text  # its name follows
        if column.noted:
            text += _spare(row, table)
        cells.append(f"<td{_kind(column, has_picture=jpeg is not None)}>{text}</td>")
    kind = ' class="before-note"' if row.note else ""
    return f"<tr{kind}>{''.join(cells)}</tr>\n{_note(row, table)}"


def _spare(row: Row, table: Table) -> str:
    """Return the cells that narrow screens have no room for, as a text below the noted cell."""
    named = zip(row.cells, table.columns, strict=True)
    spare = " · ".join(
        f"{column.name} {cell.text}" for cell, column in named if column.spare and cell.text != TrackWords.UNKNOWN
    )
    return f'<div class="spare">{markup(spare)}</div>' if spare else ""


def _note(row: Row, table: Table) -> str:
    """Return the note of a row as another row, which leaves the first column empty."""
    if not row.note:
        return ""
    indented = "<td></td>" if len(table.columns) > 1 else ""
    rated = f' class="r-{row.rating}"' if row.rating else ""
    columns = len(table.columns) - bool(indented)
    return f'<tr class="note">{indented}<td colspan="{columns}"><small{rated}>{markup(row.note)}</small></td></tr>\n'


def _picture(picture: Picture) -> str:
    data = base64.b64encode(picture.jpeg).decode("ascii")
    return f'<img class="cover" alt="{markup(picture.alt)}" src="data:image/jpeg;base64,{data}">'


def _kind(column: Column, *, has_picture: bool = False) -> str:
    # Classes, since browsers are slow with :has() in long tables.
    every = {"n": column.numeric, "noted": column.noted, "spare": column.spare, "pictured": has_picture}
    kinds = [name for name, is_so in every.items() if is_so]
    return f' class="{" ".join(kinds)}"' if kinds else ""


def _linked(text: str, path: str | None) -> str:
    """Return a text as a link to the file that it names."""
    return text if path is None else f'<a href="{_address(path)}">{text}</a>'


def _address(path: str) -> str:
    # A file without a folder is next to the page.
    return f"file://{quote(os.fsencode(path))}" if os.path.isabs(path) else quote(os.fsencode(path))


def svg_of(figure: Figure) -> Iterator[str]:
    """Yield the `svg` element, piece by piece; a screen reader gets the description instead of the shapes."""
    yield (
        f'<svg viewBox="0 0 {_n(figure.width)} {_n(figure.height)}" width="{_n(figure.width)}" '
        f'role="img" aria-label="{markup(f"{figure.title}. {figure.description}")}">'
    )
    for shape in figure.shapes:
        yield _element(shape)
    yield "</svg>"


def markup(text: str) -> str:
    """Escape a text for HTML elements and quoted attributes."""
    return escape(text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd"), quote=True)


def _element(shape: Shape) -> str:
    match shape:
        case Line():
            dashed = ' stroke-dasharray="4 3"' if shape.dashed else ""
            return (
                f'<polyline class="s-{shape.role}" points="{_points(shape.points)}" '
                f'stroke-width="{_n(shape.width)}"{dashed}/>'
            )
        case Polygon():
            outlined = f" s-{shape.role}" if shape.outlined else ""
            head = f'<polygon class="f-{shape.role}{outlined}" points="{_points(shape.points)}"'
            return _hinted(head + _opacity(shape.opacity), "polygon", shape.hint)
        case Wedge():
            head = f'<path class="f-{shape.role}" d="{_ring_part(shape)}"'
            return _hinted(head + _opacity(shape.opacity), "path", shape.hint)
        case Dot():
            x, y = shape.center
            head = f'<circle class="f-{shape.role}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(shape.radius)}"'
            return _hinted(head + _opacity(shape.opacity), "circle", shape.hint)
        case Word():
            anchor = "" if shape.anchor == "start" else f' text-anchor="{shape.anchor}"'
            bold = ' font-weight="600"' if shape.bold else ""
            text = shape.text if shape.most is None else _cut(shape.text, shape.most / shape.size)
            return (
                f'<text class="f-{shape.role}" x="{_n(shape.at[0])}" y="{_n(shape.at[1])}" font-size="{_n(shape.size)}"'
                f"{anchor}{bold}>{markup(text)}</text>"
            )


def _cut(text: str, most: float) -> str:
    """Return as many letters as fit into a width, in units of the type size."""
    if _width(text) <= most:
        return text
    while text and _width(text) > most - _LETTER_WIDTH:
        text = text[:-1]
    return text.rstrip() + "…"


def _width(text: Iterable[str]) -> float:
    return sum(_WIDE_LETTER_WIDTH if unicodedata.east_asian_width(c) in "WF" else _LETTER_WIDTH for c in text)


def _ring_part(wedge: Wedge) -> str:
    corners = (
        around(wedge.center, wedge.outer, wedge.start_deg),
        around(wedge.center, wedge.outer, wedge.end_deg),
        around(wedge.center, wedge.inner, wedge.end_deg),
        around(wedge.center, wedge.inner, wedge.start_deg),
    )
    a, b, c, d = (f"{_n(x)} {_n(y)}" for x, y in corners)
    large = 1 if wedge.end_deg - wedge.start_deg > 180.0 else 0
    outer, inner = _n(wedge.outer), _n(wedge.inner)
    return f"M{a}A{outer} {outer} 0 {large} 1 {b}L{c}A{inner} {inner} 0 {large} 0 {d}Z"


def _hinted(head: str, name: str, hint: str | None) -> str:
    return f"{head}/>" if hint is None else f"{head}><title>{markup(hint)}</title></{name}>"


def _opacity(opacity: float) -> str:
    return "" if opacity >= 1.0 else f' fill-opacity="{_n(opacity)}"'


def _points(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _n(value: float) -> str:
    """Format a number briefly, as a file has thousands; never with an exponent."""
    if not math.isfinite(value):
        raise ValueError(f"a coordinate must be finite, got {value}")
    return f"{value:.2f}".rstrip("0").rstrip(".")
