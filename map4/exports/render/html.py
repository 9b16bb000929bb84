"""A report as one static HTML page: no scripts, no network access, no other files."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from urllib.parse import quote

from map4.core.music.palette import style_sheet
from map4.core.music.track.wording import UNKNOWN
from map4.exports.figures.shapes import Figure
from map4.exports.render.svg import markup, svg_of
from map4.exports.report.blocks import Block, Column, Facts, Figures, Heading, Paragraph, Picture, Row, Table
from map4.exports.report.report import Report
from map4.exports.report.templates import report_blocks

_COVER_PX = 64
"""Twice the shown size, for high-resolution screens."""


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


@cache
def _style_hash() -> str:
    return base64.b64encode(hashlib.sha256(_style().encode("utf-8")).digest()).decode("ascii")


def _head(report: Report) -> str:
    pictures = "img-src data:; " if report.cover else ""
    policy = f"default-src 'none'; style-src 'sha256-{_style_hash()}'; {pictures}base-uri 'none'; form-action 'none'"
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
                        yield from _figure(figure)
                    yield "</div>\n"
        case Table():
            yield from _table(block, report)


def _figure(figure: Figure) -> Iterator[str]:
    wide = ' class="wide" tabindex="0"' if figure.is_wide else ""  # it scrolls on narrow screens
    caption = f"<figcaption>{markup(figure.title)}</figcaption>" if figure.title else ""
    yield f"<figure{wide}>{caption}"
    yield from svg_of(figure)
    yield "</figure>\n"


def _table(table: Table, report: Report) -> Iterator[str]:
    caption = markup(table.caption)
    yield (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{caption}">'
        f"<table><caption>{caption}</caption><thead><tr>"
    )
    for column in table.columns:
        yield f'<th scope="col"{_kind(column)}>{markup(column.name)}</th>'
    yield "</tr></thead>\n<tbody>\n"
    for row in table.rows:
        yield _row(row, table, report)
    yield "</tbody></table></div>\n"


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
    spare = " · ".join(f"{column.name} {cell.text}" for cell, column in named if column.spare and cell.text != UNKNOWN)
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
