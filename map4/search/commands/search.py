"""`map4 search`."""

from __future__ import annotations

import re

import click

from map4.base.text import counted
from map4.cli.exits import INTERRUPTED, NO_LIBRARY, NO_MATCH
from map4.cli.options import complete_fields, completing, key_notation_option, option_of_extra
from map4.cli.session import Map4Command, current_session
from map4.cli.track_output import Output, TrackWriter, output_options
from map4.cli.value_types import PathArgument
from map4.errors import NothingFoundError, QueryError
from map4.music.analysis.key import Notation
from map4.music.query.fields import SORT_FIELDS
from map4.music.query.parser import parse_query
from map4.store.query_context import nothing_found


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
    QueryError, NO_MATCH, (NothingFoundError, "a listed track is missing"), NO_LIBRARY, INTERRUPTED,
    headings={"Output": "--count"},
)  # fmt: skip
@click.argument("query", nargs=-1, metavar="[QUERY]...", shell_complete=complete_fields)
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
    shell_complete=completing(lambda: SORT_FIELDS),
    help="Sort by bpm, key, energy, artist, title, added, rating, duration ...; a trailing - reverses the order "
    "(added-). Default: by path.",
)
@click.option(
    "--shuffle", metavar="WHICH", help="Random order: daily (the same until midnight), weekly, or a number N."
)
@click.option("--count", "is_count", is_flag=True, help="Print only the number of matches.")
@key_notation_option
@output_options()
@option_of_extra("ask-option", lists=False)
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
    session = current_session()
    orders = [f"sort:{''.join(fields.split())}" for fields in sort]
    orders += [] if shuffle is None else [f"shuffle:{''.join(shuffle.split())}"]
    # Before opening the library, so that a syntax error is reported even without one.
    parsed = parse_query(" ".join([*query, *orders]))
    if is_count and (wanted is not None or output.format is not None):
        raise click.UsageError("--count prints only a number; leave out --list, --json and other formats.")
    lines = None
    if wanted is not None:
        from map4.search.commands.wanted import read_list, write_wanted

        lines = read_list(wanted)
    with session.open_library(create=False) as library:
        if lines is not None:
            write_wanted(session, output, library.tracks.wanted(lines, query=parsed))
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
            click.echo(count)
        elif output.format in ("paths", "print0"):
            count = writer.write_paths(library.tracks.paths(parsed))
        else:
            count = writer.write_all(library.search(parsed))
        near = None if count else library.tracks.near(parsed)
    if not count:
        raise NothingFoundError(nothing_found(parsed, near))
    if not is_count:
        session.info(counted(count, "track"))
