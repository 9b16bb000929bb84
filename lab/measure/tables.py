"""Tables that are printed to a terminal and written as Markdown from the same rows."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import add_results, write_results
from rich.console import Console
from rich.markup import escape
from rich.table import Table

WIDTH = 150
"""Columns where the output is no terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table of texts.

    title : what it shows, and of what
    headings : one for each column; the first column holds names, the others figures
    rows : as long as the headings
    note : a sentence below it, or nothing
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.headings) for row in self.rows):
            raise ValueError(f"a row of '{self.title}' is not as long as its headings")


def add_outputs(parser: argparse.ArgumentParser, name: str) -> None:
    """Options that say where `report` writes."""
    add_results(parser, name)
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables as Markdown too")


def report(options: argparse.Namespace, name: str, grids: Sequence[Grid], **figures: Any) -> None:
    """Print tables, and write the figures of a benchmark as its options say."""
    show_grids(Console(width=None if sys.stdout.isatty() else WIDTH), grids)
    write_results(options.json, name, **figures)
    if options.markdown:
        options.markdown.write_text(markdown(grids), encoding="utf-8")


def show_grids(console: Console, grids: Sequence[Grid]) -> None:
    """Print tables one below the other."""
    for grid in grids:
        table = Table(title=escape(grid.title), title_justify="left", caption=escape(grid.note), caption_justify="left")
        for index, heading in enumerate(grid.headings):
            table.add_column(escape(heading), justify="left" if index == 0 else "right")
        for row in grid.rows:
            table.add_row(*map(escape, row))
        console.print(table)


def markdown(grids: Sequence[Grid], level: int = 3) -> str:
    """Write tables as Markdown, each under a heading of that level."""
    return "\n\n".join(_markdown(grid, level) for grid in grids) + "\n"


def number(value: float | None, digits: int = 2) -> str:
    """A share or score without its leading zero, as `.83`; empty for None."""
    if value is None:
        return ""
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def pair(*values: float | None) -> str:
    """Several numbers in one cell, as `.83 / .95`; empty where none is known."""
    return " / ".join(number(value) or "–" for value in values) if any(v is not None for v in values) else ""


def _markdown(grid: Grid, level: int) -> str:
    lines = [f"{'#' * level} {grid.title}", "", _line(grid.headings)]
    lines += [_line(["---"] + ["---:"] * (len(grid.headings) - 1)), *map(_line, grid.rows)]
    return "\n".join([*lines, "", grid.note] if grid.note else lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
