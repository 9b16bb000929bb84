"""`map4 search --list`: which tracks of a list the library has."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from map4.base.paths import display_path
from map4.base.text import percent
from map4.cli.options import read_source
from map4.cli.output import csv_text, printable, write_bytes, write_json, write_json_line, write_text
from map4.cli.session import Session
from map4.errors import NothingFoundError
from map4.search.matching.wanted_lines import WantedLine, read_wanted

if TYPE_CHECKING:
    from map4.cli.track_output import Output
    from map4.search.matching.resolved_playlist import ResolvedLine

COLUMNS = ("line", "text", "verdict", "certainty", "artist", "title", "path")
_STYLES = {"found": "green", "uncertain": "magenta", "missing": "red"}


def read_list(source: str) -> list[WantedLine]:
    """Read the lines of a file ("-" is stdin)."""
    wanted = read_wanted(read_source(source).decode("utf-8", "replace"))
    if not wanted:
        raise click.UsageError(f"{source} has no line 'artist - title' and no CSV columns 'artist' and 'title'")
    return wanted


def write_wanted(session: Session, output: Output, resolved_lines: Iterable[ResolvedLine]) -> None:
    """Write the result for each line, and exit with 4 if a track is missing."""
    counts = dict.fromkeys(_STYLES, 0)

    def counted() -> Iterator[ResolvedLine]:
        for line in resolved_lines:
            counts[line.verdict] += 1
            yield line

    if output.format == "template":
        raise click.UsageError("--list does not support -f; use --json, --jsonl, --csv or --paths.")
    if output.format == "json":
        from map4.search.matching.resolved_playlist import ResolvedLines

        lines = tuple(counted())
        write_json(ResolvedLines(**counts, lines=lines).to_record())
    elif output.format == "csv":
        write_text(csv_text([COLUMNS]))
    for line in counted() if output.format != "json" else ():
        _write_one(session, output, line)
    session.info(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    if counts["missing"]:
        sys.exit(NothingFoundError.exit_code)


def _write_one(session: Session, output: Output, resolved: ResolvedLine) -> None:
    track = resolved.track
    if output.format == "jsonl":
        write_json_line(resolved.document())
    elif output.format == "csv":
        record = resolved.to_record()
        write_text(csv_text([[record[name] for name in COLUMNS]]))
    elif output.format is not None:
        if track is not None:
            write_bytes(os.fsencode(track.path) + (b"\0" if output.format == "print0" else b"\n"))
    else:
        from rich.text import Text

        verdict = resolved.verdict
        certainty = "" if resolved.certainty is None or track is None else percent(resolved.certainty)
        line = Text.assemble((f"{verdict:<9}", _STYLES[verdict]), f" {certainty:>5}  ", printable(resolved.line.text))
        if track is not None:
            line.append(f"\n{'':17}{printable(display_path(track.path))}", style="dim")
        session.out.print(line, soft_wrap=True)
