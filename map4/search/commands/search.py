"""`map4 search`, also with `--list`, and `map4 help search`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption, read_source
from map4.cli.output import csv_text
from map4.cli.session import Map4Command, Session
from map4.cli.track_output import Output, TrackWriter
from map4.cli.value_types import PathArgument
from map4.core.base.declaration import load
from map4.core.base.text import counted, in_columns, percent
from map4.core.music.analysis.key import Notation
from map4.core.music.query.context import nothing_found
from map4.core.music.query.fields import FIELDS, IS_WORDS, SORT_FIELDS
from map4.core.music.query.parser import Query
from map4.errors import NothingFoundError, QueryError
from map4.library import hookspecs

if TYPE_CHECKING:
    from map4.search.matching.matcher import ResolvedLine, WantedLine


class _SearchCommand(Map4Command):
    """A command whose arguments may look like options: `-genre:trance`, as other programs write exclusion."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; for `-FIELD:`, the error explains how to exclude tracks here."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            for argument in given:
                if re.match("-[A-Za-z_-]+:", argument):
                    hint = f"to leave tracks out, write ^{argument.lstrip('-')}"
                    raise click.UsageError(f"'{argument}' looks like an option; {hint}", ctx) from error
            raise


@_SearchCommand.of(
    QueryError, Exit.NO_MATCH, (NothingFoundError, "a listed track is missing"), Exit.NO_LIBRARY, Exit.INTERRUPTED,
    headings={"Output": "--count"},
)  # fmt: skip
@click.argument("query", nargs=-1, metavar="[QUERY]...", shell_complete=CallOption.complete_fields)
@click.option(
    "--list",
    "wanted",
    metavar="FILE",
    type=PathArgument(allow_dash=True),
    help="Show which tracks of FILE you have: lines 'artist - title', or CSV ('-' is stdin).",
)
@click.option(
    "--sort",
    metavar="FIELD",
    multiple=True,
    shell_complete=CallOption.completing(lambda: SORT_FIELDS),
    help="Sort by bpm, key, energy, artist, title, added, rating, duration ...; a trailing - reverses the order "
    "(added-). Default: by path.",
)
@click.option(
    "--shuffle", metavar="WHICH", help="Random order: daily (the same until midnight), weekly, or a number N."
)
@click.option("--count", "is_count", is_flag=True, help="Print only the number of matches.")
@CallOption.notation
@Output.options()
@CallOption.of_extra(hookspecs.ask_option(lists=False))
def command(
    query: tuple[str, ...],
    wanted: str | None,
    sort: tuple[str, ...],
    shuffle: str | None,
    is_count: bool,
    notation: Notation,
    output: Output,
) -> None:
    """Find tracks by text, tempo, key, energy, genre and more.

    Words are searched in artist, title, album, genre and path. The beginning of a word is enough; accents are
    ignored. Fields take a value or a range, both ends included. A track must match all terms. Without a QUERY, every
    track matches.

    \b
    map4 search daft punk
    map4 search bpm:120..128 key:~8A energy:6..   by tempo, key and energy
    map4 search bpm:~174                          174, 87 and 348 BPM
    map4 search genre:house ^title:remix          house, but no remixes
    map4 search 'artist:"the the" or label:mute'  either term
    map4 search added:-2w sort:added-             new in the last two weeks
    map4 search year:1995..2005 duration:..6m limit:20
    map4 search is:doubtful --paths               uncertain tempo or key
    map4 search rating:4.. played:..-6m           good, not played for 6 months
    map4 search mark:floorfiller ^list:friday     marked, but not in that list
    map4 search genre:house --sort bpm            from slow to fast
    map4 search --list setlist.txt                which of its tracks you have

    'map4 help search' explains the query language and lists every field.
    """
    session = Session.current()
    orders = [f"sort:{''.join(fields.split())}" for fields in sort]
    orders += [] if shuffle is None else [f"shuffle:{''.join(shuffle.split())}"]
    # Before opening the library, so that a syntax error is reported even without one.
    parsed = Query.parse(" ".join([*query, *orders]))
    if is_count and (wanted is not None or output.format is not None or orders):
        raise click.UsageError("--count prints only a number; leave out --list, --sort, --shuffle and --json.")
    lines = None
    if wanted is not None:
        lines = _read_list(wanted)
    with session.open_library(create=False) as library:
        if lines is not None:
            _write_wanted(session, output, library.tracks.wanted(lines, query=parsed))
            return
        writer = TrackWriter(
            session,
            output,
            notation=notation,
            also=parsed.fields,
            recordings=lambda audio_ids: library.duplicates.recordings(audio_ids),
        )
        if is_count:
            count = library.count(parsed)
            session.echo(f"{count}")
        elif output.format in ("paths", "print0"):
            count = writer.write_paths(library.tracks.paths(parsed))
        else:
            found, columns = library.search(parsed), writer.columns
            count = writer.write_cells(found.cells(columns)) if columns else writer.write_all(found)
        near = None if count else library.tracks.near(parsed)
    if not count:
        raise NothingFoundError(nothing_found(parsed, near))
    if not is_count:
        session.info(counted(count, "track"))


WANTED_COLUMNS = ("line", "text", "verdict", "certainty", "artist", "title", "path")
_VERDICT_STYLES = {"found": "green", "uncertain": "magenta", "missing": "red"}


def _read_list(source: str) -> list[WantedLine]:
    """Read the lines of a file ("-" is stdin)."""
    from map4.search.matching.matcher import read_wanted

    wanted = read_wanted(read_source(source).decode("utf-8", "replace"))
    if not wanted:
        raise click.UsageError(f"{source} has no line 'artist - title' and no CSV columns 'artist' and 'title'")
    return wanted


def _write_wanted(session: Session, output: Output, resolved_lines: Iterable[ResolvedLine]) -> None:
    """Write the result for each line, and exit with 4 if a track is missing."""
    counts = dict.fromkeys(_VERDICT_STYLES, 0)

    def counted() -> Iterator[ResolvedLine]:
        for line in resolved_lines:
            counts[line.verdict] += 1
            yield line

    if output.format == "template":
        raise click.UsageError("--list does not support -f; use --json, --jsonl, --csv or --paths.")
    if output.format == "json":
        from map4.search.matching.matcher import ResolvedLines

        lines = tuple(counted())
        Session.write_json(ResolvedLines(**counts, lines=lines).to_record())
    elif output.format == "csv":
        Session.write_text(csv_text([WANTED_COLUMNS]))
    for line in counted() if output.format != "json" else ():
        _write_one(session, output, line)
    session.info(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    if counts["missing"]:
        sys.exit(NothingFoundError.exit_code)


def _write_one(session: Session, output: Output, resolved: ResolvedLine) -> None:
    track = resolved.track
    if output.format == "jsonl":
        Session.write_json_line(resolved.document())
    elif output.format == "csv":
        record = resolved.to_record()
        Session.write_text(csv_text([[record[name] for name in WANTED_COLUMNS]]))
    elif output.format is not None:
        if track is not None:
            Session.write_bytes(os.fsencode(track.path) + (b"\0" if output.format == "print0" else b"\n"))
    else:
        from map4.cli.views.columns import safe_text

        verdict = resolved.verdict
        certainty = "" if resolved.certainty is None or track is None else percent(resolved.certainty)
        line = safe_text("").append(f"{verdict:<9}", style=_VERDICT_STYLES[verdict])
        line.append_text(safe_text(f" {certainty:>5}  {resolved.line.text}"))
        if track is not None:
            line.append("\n").append_text(safe_text(f"{'':17}{track.shown_path}", "dim"))
        session.out.print(line, soft_wrap=True)


def search() -> str:
    """The text, with every field and word that is declared."""
    fields = in_columns((field.example, field.help) for field in FIELDS.values())
    words = in_columns((f"is:{word}", about) for word, about in IS_WORDS.items())
    return str(load("map4.search.commands:queries.txt")).format(fields=fields, words=words)
