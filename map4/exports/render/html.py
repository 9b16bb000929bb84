"""A report as one HTML page without network access or other files; only the script whose hash it names runs."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from urllib.parse import quote

from map4.exports.figures.shapes import Figure
from map4.exports.render.svg import markup, svg_of
from map4.exports.report.blocks import Block, Column, Facts, Figures, Heading, Paragraph, Picture, Row, Table
from map4.exports.report.page_data import COVER_PX, PageData
from map4.exports.report.report import Report
from map4.exports.report.templates import report_blocks
from map4.music.palette import style_sheet
from map4.music.track.wording import UNKNOWN
from map4.page.linking import HOST, page_file, report_script

_END_OF_PART = "</section>\n"

MOST_PLAIN_ROWS = 300
"""Rows of the table for a browser without scripts; further rows are only in the data."""


def render_html(report: Report) -> Iterator[str]:
    """Write a report as a page, piece by piece.

    report: its texts may contain anything; they never become markup
    yields: str, UTF-8 encodable, in order. The page makes no requests: its Content-Security-Policy allows only its own
        style and script, by their hashes.
    """
    yield _head(report)
    yield '<div class="lead">\n'
    to_close = ["</div>\n"]
    blocks = list(report_blocks(report))
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if isinstance(block, Heading) and block.level == 2:
            # On wide screens the explored table is beside everything before it.
            is_explored = isinstance(following, Table) and following.explored
            while to_close and (is_explored or to_close[-1] == _END_OF_PART):
                yield to_close.pop()
            yield '<section class="page">\n' if block.new_page else "<section>\n"
            to_close.append(_END_OF_PART)
        yield from _block(block, report)
    yield from reversed(to_close)
    yield '</main>\n<footer>made by map4</footer>\n<script type="module">'
    yield from report_script()
    yield "</script>\n</body>\n</html>\n"


@cache
def _style() -> str:
    return style_sheet() + page_file(f"{HOST}page.css")


def _head(report: Report) -> str:
    script, title = "".join(report_script()), report.heading
    policy = (
        f"default-src 'none'; style-src {_hashed(_style())}; script-src {_hashed(script)}; "
        f"{'media-src file:; ' if report.with_paths else ''}{'img-src data:; ' if report.cover else ''}"
        "base-uri 'none'; form-action 'none'"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="generator" content="map4">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{markup(title)}</title>\n<style>{_style()}</style>\n</head>\n<body>\n<main>\n"
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
        case Table(explored=True):
            yield from _explored(block, report)
        case Table():
            yield from _table(block, (_row(row, block, report) for row in block.rows))


def _figure(figure: Figure) -> Iterator[str]:
    wide = ' class="wide"' if figure.is_wide else ""
    caption = f"<figcaption>{markup(figure.title)}</figcaption>" if figure.title else ""
    yield f"<figure{wide}>{caption}"
    yield from svg_of(figure)
    yield "</figure>\n"


def _explored(table: Table, report: Report) -> Iterator[str]:
    """Yield the data of a table, where its script shows them, and the first rows for browsers without scripts."""
    data = PageData(report.notation, with_paths=report.with_paths, place=report.place, cover=report.cover)
    plain: list[str] = []
    count = 0
    for count, row in enumerate(table.rows, start=1):
        data.add(row)
        if count <= MOST_PLAIN_ROWS:
            plain.append(_row(row, table, replace(report, cover=None)))
    yield '<div id="explorer"></div>\n<noscript>'
    if count > MOST_PLAIN_ROWS:
        yield f"<p>Without scripts, this page shows the first {MOST_PLAIN_ROWS} of its {count:,} tracks.</p>\n"
    yield from _table(table, plain)
    yield '</noscript>\n<script type="application/json" id="data">'
    yield from data.pieces()
    yield "</script>\n"


def _table(table: Table, rows: Iterable[str]) -> Iterator[str]:
    caption, kind = markup(table.caption), ' class="sortable"' if table.sortable else ""
    yield (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{caption}">'
        f"<table{kind}><caption>{caption}</caption><thead><tr>"
    )
    for column in table.columns:
        yield f'<th scope="col"{_kind(column)}>{markup(column.name)}</th>'
    yield "</tr></thead>\n<tbody>\n"
    yield from rows
    yield "</tbody></table></div>\n"


def _row(row: Row, table: Table, report: Report) -> str:
    cells: list[str] = []
    for cell, column in zip(row.cells, table.columns, strict=True):
        text, order = markup(cell.text), ""
        if cell.link is not None and report.with_paths:
            sound, at_s = cell.link
            text = f'<a href="{_address(sound)}#t={at_s:.1f}">{text}</a>'
        if not column.numeric:
            path = row.track.path if row.track and column.noted and report.with_paths else None
            text = f'<span dir="auto">{_linked(text, path)}</span>'
            if row.track and column.noted and report.cover and (jpeg := report.cover(row.track, COVER_PX)):
                text = _picture(Picture(jpeg=jpeg, alt="")) + text  # its name follows
        if column.noted:
            text += _below(row, table)
        if table.sortable and cell.order is not None:
            order = f' data-order="{cell.order}"'
        cells.append(f"<td{_kind(column)}{order}>{text}</td>")
    return f"<tr>{''.join(cells)}</tr>\n"


def _below(row: Row, table: Table) -> str:
    """Return what is below the noted cell: its note, and on narrow screens the columns that have no room."""
    named = zip(row.cells, table.columns, strict=True)
    spare = " · ".join(f"{column.name} {cell.text}" for cell, column in named if column.spare and cell.text != UNKNOWN)
    rated = f' class="r-{row.rating}"' if row.rating else ""
    return (f'<div class="spare">{markup(spare)}</div>' if spare else "") + (
        f"<small{rated}>{markup(row.note)}</small>" if row.note else ""
    )


def _picture(picture: Picture) -> str:
    data = base64.b64encode(picture.jpeg).decode("ascii")
    return f'<img class="cover" alt="{markup(picture.alt)}" src="data:image/jpeg;base64,{data}">'


def _kind(column: Column) -> str:
    kinds = [name for name, is_so in (("n", column.numeric), ("noted", column.noted), ("spare", column.spare)) if is_so]
    return f' class="{" ".join(kinds)}"' if kinds else ""


def _linked(text: str, path: str | None) -> str:
    """Return a text that names a file; the script puts a play button in front."""
    return text if path is None else f'<a href="{_address(path)}">{text}</a>'


def _address(path: str) -> str:
    # A file without a folder is next to the page.
    return f"file://{quote(os.fsencode(path))}" if os.path.isabs(path) else quote(os.fsencode(path))


@cache
def _hashed(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
