"""A report as one HTML page: no network, no other file, and nothing runs but the script whose hash it names."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache

from map4.reports.blocks import Block, Cell, Column, Facts, Figures, Heading, Paragraph, Row, Table
from map4.reports.figures.shapes import Figure
from map4.reports.page import page
from map4.reports.page.data import PageData
from map4.reports.palette import style_sheet
from map4.reports.render.svg import markup, svg_of
from map4.reports.report import Report
from map4.reports.templates import report_blocks

MOST_PLAIN_ROWS = 300
"""Rows of the table for a browser that runs no scripts; all others are in the data alone."""


def render_html(report: Report) -> Iterator[str]:
    """Write a report as a page, piece by piece.

    Parameters
    ----------
    report : its texts may hold anything; none of it becomes markup

    Yields
    ------
    str, UTF-8 encodable, in order. The page asks for nothing: its Content-Security-Policy allows the style and the
    script that stand in it, by their hashes, and nothing else.
    """
    yield _head(report.heading)
    opened = False
    for block in report_blocks(report):
        yield from _block(block, report, opened=opened)
        opened = opened or _starts_part(block)
    if opened:
        yield "</section>\n"
    yield '</main>\n<footer>made by map4</footer>\n<script type="module">'
    yield from page.modules()
    yield "</script>\n</body>\n</html>\n"


@cache
def _style() -> str:
    return style_sheet() + page.text("page.css")


def _head(title: str) -> str:
    script = "".join(page.modules())
    policy = (
        f"default-src 'none'; style-src {_hashed(_style())}; script-src {_hashed(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="generator" content="map4">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{markup(title)}</title>\n<style>{_style()}</style>\n</head>\n<body>\n<main>\n"
    )


def _starts_part(block: Block) -> bool:
    return isinstance(block, Heading) and block.level == 2


def _block(block: Block, report: Report, *, opened: bool) -> Iterator[str]:
    match block:
        case Heading():
            if _starts_part(block):
                kind = ' class="page"' if block.new_page else ""
                yield f"{'</section>' if opened else ''}\n<section{kind}>\n"
            yield f'<h{block.level} dir="auto">{markup(block.text)}</h{block.level}>\n'
        case Paragraph():
            kind = ' class="small"' if block.small else ""
            yield f"<p{kind}>{markup(block.text)}</p>\n"
        case Facts():
            yield "<dl>"
            for name, value in block.items:
                yield f'<div><dt>{markup(name)}</dt><dd dir="auto">{markup(value)}</dd></div>'
            yield "</dl>\n"
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
            yield from _table(block.columns, block.caption, (_row(row, block.columns) for row in block.rows))


def _figure(figure: Figure) -> Iterator[str]:
    wide = ' class="wide"' if figure.is_wide else ""
    caption = f"<figcaption>{markup(figure.title)}</figcaption>" if figure.title else ""
    yield f"<figure{wide}>{caption}"
    yield from svg_of(figure)
    yield "</figure>\n"


def _explored(table: Table, report: Report) -> Iterator[str]:
    """The data of a table, in the place where its script shows them, and the first rows for whom no script runs."""
    data = PageData(report.notation, with_paths=report.with_paths, place=report.place)
    plain: list[str] = []
    count = 0
    for count, row in enumerate(table.rows, start=1):
        data.add(row)
        if count <= MOST_PLAIN_ROWS:
            plain.append(_row(row, table.columns))
    yield '<div id="explorer"></div>\n<noscript>'
    if count > MOST_PLAIN_ROWS:
        yield f"<p>Without scripts, this page shows the first {MOST_PLAIN_ROWS} of its {count:,} tracks.</p>\n"
    yield from _table(table.columns, table.caption, plain)
    yield '</noscript>\n<script type="application/json" id="data">'
    yield from data.pieces()
    yield "</script>\n"


def _table(columns: tuple[Column, ...], caption: str, rows: Iterable[str]) -> Iterator[str]:
    yield (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{markup(caption)}">'
        f"<table><caption>{markup(caption)}</caption><thead><tr>"
    )
    for column in columns:
        kind = ' class="n"' if column.numeric else ""
        yield f'<th scope="col"{kind}>{markup(column.name)}</th>'
    yield "</tr></thead>\n<tbody>\n"
    yield from rows
    yield "</tbody></table></div>\n"


def _row(row: Row, columns: tuple[Column, ...]) -> str:
    cells = [_cell(cell, column, row) for cell, column in zip(row.cells, columns, strict=True)]
    if row.query is not None:
        # It comes to life with the script.
        button = f'<button type="button" data-q="{markup(row.query)}" hidden>show them</button>'
        cells.append(f'<td class="show">{button}</td>')
    return f"<tr>{''.join(cells)}</tr>\n"


def _cell(cell: Cell, column: Column, row: Row) -> str:
    if column.numeric:
        return f'<td class="n">{markup(cell.text)}</td>'
    rated = f' class="r-{row.rating}"' if row.rating else ""
    below = f"<small{rated}>{markup(row.note)}</small>" if column.noted and row.note else ""
    kind = ' class="noted"' if column.noted else ""
    return f'<td{kind}><span dir="auto">{markup(cell.text)}</span>{below}</td>'


@cache
def _hashed(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
