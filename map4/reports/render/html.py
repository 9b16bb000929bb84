"""A report as one HTML page: no network, no other file, and nothing runs but the script whose hash it names."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from map4.reports import Block, Report, report_blocks
from map4.reports.blocks import Cell, Column, Facts, Figures, Heading, Paragraph, Row, Table
from map4.reports.figures.shapes import Figure
from map4.reports.render.svg import markup, svg_of


def render_html(report: Report) -> Iterator[str]:
    """Write a report as a page, piece by piece; only a row of a table is in memory at a time.

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
        yield from _block(block, opened=opened)
        opened = opened or _starts_part(block)
    if opened:
        yield "</section>\n"
    yield f"</main>\n<footer>made by map4</footer>\n<script>{_asset('report.js')}</script>\n</body>\n</html>\n"


def _head(title: str) -> str:
    policy = (
        f"default-src 'none'; style-src {_source('report.css')}; script-src {_source('report.js')}; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="generator" content="map4">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{markup(title)}</title>\n<style>{_asset('report.css')}</style>\n</head>\n<body>\n<main>\n"
    )


def _starts_part(block: Block) -> bool:
    return isinstance(block, Heading) and block.level == 2


def _block(block: Block, *, opened: bool) -> Iterator[str]:
    match block:
        case Heading():
            if _starts_part(block):
                page = ' class="page"' if block.new_page else ""
                yield f"{'</section>' if opened else ''}\n<section{page}>\n"
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
        case Table():
            yield from _table(block)


def _figure(figure: Figure) -> Iterator[str]:
    wide = ' class="wide"' if figure.is_wide else ""
    caption = f"<figcaption>{markup(figure.title)}</figcaption>" if figure.title else ""
    yield f"<figure{wide}>{caption}"
    yield from svg_of(figure)
    yield "</figure>\n"


def _table(table: Table) -> Iterator[str]:
    if not table.brief:
        # The controls come to life with the script; without it the page is a plain table.
        yield (
            '<div class="controls" hidden><label>Filter <input type="search" autocomplete="off" '
            'aria-keyshortcuts="/"></label> <output aria-live="polite"></output> '
            "<span>Press / to filter; click the title of a column to sort.</span></div>\n"
        )
    yield (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{markup(table.caption)}">'
        f"<table><caption>{markup(table.caption)}</caption><thead><tr>"
    )
    for column in table.columns:
        kind = ' class="n"' if column.numeric else ""
        yield f'<th scope="col"{kind}>{markup(column.name)}</th>'
    yield "</tr></thead>\n<tbody>\n"
    for row in table.rows:
        yield _row(row, table.columns)
    yield "</tbody></table></div>\n"


def _row(row: Row, columns: tuple[Column, ...]) -> str:
    cells = (_cell(cell, column, row) for cell, column in zip(row.cells, columns, strict=True))
    return f"<tr>{''.join(cells)}</tr>\n"


def _cell(cell: Cell, column: Column, row: Row) -> str:
    if column.numeric:
        order = "" if cell.order is None else f' data-v="{cell.order:.6g}"'
        return f'<td class="n"{order}>{markup(cell.text)}</td>'
    rated = f' class="r-{row.rating}"' if row.rating else ""
    below = f"<small{rated}>{markup(row.note)}</small>" if column.noted and row.note else ""
    kind = ' class="noted"' if column.noted else ""
    return f'<td{kind}><span dir="auto">{markup(cell.text)}</span>{below}</td>'


@cache
def _asset(name: str) -> str:
    """A file of ours that stands in the page; nothing in it ends the element it stands in."""
    return files("map4.reports.render").joinpath(name).read_text(encoding="utf-8")


@cache
def _source(name: str) -> str:
    digest = hashlib.sha256(_asset(name).encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
