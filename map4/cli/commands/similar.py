"""`map4 similar`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from map4.cli.options import (
    Map4Command,
    Seconds,
    Session,
    current_session,
    file_list_options,
    listed_paths,
    query_option,
)
from map4.cli.output import failure_line, printable, write_json, write_json_line
from map4.cli.track_output import Output, TrackWriter, key_notation_option, reading_options
from map4.cli.track_selection import harmonic_option
from map4.errors import FileError, NothingFoundError

if TYPE_CHECKING:
    from rich.table import Table

    from map4.app.similar import By, Neighbours
    from map4.domain.harmony import HarmonicRule
    from map4.domain.key import Notation

# Columns of a terminal: what the other values take with their gaps, and what a name gets even in a narrow one; below
# the third, which is the width of both with a name that can be read, position and energy give way.
_BESIDE_NAME, _BESIDE_NAME_NARROW = 38, 27
_LEAST_NAME = 12
_NARROW = 60


@click.command(
    cls=Map4Command,
    epilog="Exit codes: 0 done, 2 wrong usage, 3 some files could not be analysed, 4 nothing is that similar, "
    "130 interrupted.",
)
@click.argument("files", nargs=-1, type=click.Path(path_type=str), metavar="FILE...")
@click.option("-n", "--count", type=click.IntRange(min=1), default=20, metavar="N", help="How many (default 20).")
@click.option(
    "--by",
    type=click.Choice(["sound", "hamms", "mix"]),
    default="sound",
    help="What counts: the sound (default), the HAMMS numbers, or how well they mix.",
)
@click.option("--min", "least", type=click.FloatRange(0, 1), metavar="S", help="Only from this similarity on, 0 to 1.")
@click.option("--tempo-min", type=click.FloatRange(min=0), metavar="BPM", help="Only from this tempo on.")
@click.option("--tempo-max", type=click.FloatRange(min=0), metavar="BPM", help="Only up to this tempo.")
@click.option("--key", "keys", multiple=True, metavar="KEY", help="Only in this key (8A, 1m, Am); may be repeated.")
@file_list_options
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="Worker processes (default: usable cores).")
@click.option("--timeout", type=Seconds(), metavar="S", help="Seconds a file may take.")
@query_option()
@harmonic_option
@key_notation_option
@reading_options()
def command(
    files: tuple[str, ...],
    count: int,
    by: By,
    least: float | None,
    tempo_min: float | None,
    tempo_max: float | None,
    keys: tuple[str, ...],
    files_from: str | None,
    files_from0: str | None,
    jobs: int | None,
    timeout: float | None,
    query: str | None,
    harmonic: HarmonicRule,
    key_notation: Notation | None,
    output: Output,
) -> None:
    """Find what sounds like a track.

    The library's tracks, the nearest to FILE first; with several FILEs the nearest to what they have in common. FILE
    need not be in the library: then it is analysed for this answer, and not kept. Each recording comes once; one that
    FILE itself is a copy of is marked "same".

    In the table, ? marks a value in doubt and * one that you set; E is the energy level 1-10.

    By sound, 1 is the same and about 0 unrelated; key and tempo hardly count, so ask for them. --by mix asks which
    tracks FILE mixes into, and puts those that sound alike first.

    \b
    map4 similar track.mp3
    map4 similar -n 50 --tempo-min 120 --tempo-max 128 --key 8A --key 9A track.mp3
    map4 similar --query 'genre:house year:2015..' track.mp3
    map4 similar --paths one.mp3 two.mp3 | head -5
    """
    session = current_session()
    chosen = [*files, *listed_paths(files_from, files_from0)]
    if not chosen:
        raise click.UsageError("Name the FILE that the others are to be like: map4 similar track.mp3")
    if tempo_min is not None and tempo_max is not None and tempo_min > tempo_max:
        raise click.UsageError(f"No tempo is from {tempo_min:g} on and up to {tempo_max:g} BPM.")
    with session.open_library(create=False, harmonic=harmonic) as library:
        found = library.similar(
            chosen,
            n=count,
            by=by,
            min_similarity=least,
            tempo_min=tempo_min,
            tempo_max=tempo_max,
            keys=keys,
            query=query,
            jobs=jobs or session.config["scan.jobs"],
            timeout_s=timeout or session.config["scan.timeout"],
        )
    _write(session, found, output, key_notation or session.config["output.key_notation"])
    if found.left_out:
        session.say(f"map4: {_left_out(found)}")
    for track in found.unusable:
        session.tell(f"map4: {printable(track.path)}: nothing to compare it by; it is silent or too short")
    for track in found.failed:
        assert track.failure is not None
        session.tell(failure_line(track.path, track.failure))
    if not found.similar:
        others = "--query, tempi and keys" if query else "tempi and keys"
        raise NothingFoundError(f"nothing in the library is that similar; try a lower --min, or other {others}")
    if found.failed:
        sys.exit(FileError.exit_code)


def _left_out(found: Neighbours) -> str:
    tracks = "track of the library was" if found.left_out == 1 else "tracks of the library were"
    return (
        f"{found.left_out} {tracks} not compared: silent, too short, or analysed by an older map4 ('map4 scan' makes "
        "those again)"
    )


def _write(session: Session, found: Neighbours, output: Output, notation: Notation) -> None:
    if output.form == "json":
        write_json(found.to_record())
    elif output.form == "jsonl":
        for record in found.to_records():
            write_json_line(record)
    elif output.form is not None:
        writer = TrackWriter(session, output, notation=notation)
        writer.write_all(each.track for each in found.similar)
    elif found.similar:
        session.out.print(similar_table(found, notation=notation, width=session.out.width))


def similar_table(found: Neighbours, *, notation: Notation, width: int) -> Table:
    """What was found as a table with the marks of `map4 search`; names give way where the terminal is narrow."""
    from rich.table import Table
    from rich.text import Text

    from map4.cli.views.track_table import marked, track_name

    is_narrow = width < _NARROW
    table = Table(box=None, pad_edge=False, header_style="bold")
    if not is_narrow:
        table.add_column("#", justify="right", no_wrap=True)
    table.add_column(found.by.capitalize() if found.by != "hamms" else "HAMMS", justify="right", no_wrap=True)
    # Without a limit Rich would take the room of a long name from all columns alike.
    most = max(_LEAST_NAME, width - (_BESIDE_NAME_NARROW if is_narrow else _BESIDE_NAME))
    table.add_column("Track", no_wrap=True, overflow="ellipsis", max_width=most)
    table.add_column("BPM ", justify="right", no_wrap=True)
    table.add_column("Key ", justify="right", no_wrap=True)
    if not is_narrow:
        table.add_column("E", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for position, each in enumerate(found.similar, start=1):
        record, key = each.track.to_record(), each.track.key()
        tempo, energy = record["tempo"], record["energy"]
        row: list[str | Text] = [
            f"{each.similarity:.2f}",
            track_name(each.track),
            marked(f"{tempo['bpm']:.1f}", tempo, 6) if tempo else Text("– "),
            marked(key.in_notation(notation), record["key"], 4) if key else Text("– "),
        ]
        if not is_narrow:
            row = [str(position), *row, str(energy["level"]) if energy else "–"]
        table.add_row(*row, "same" if each.same_recording else "")
    return table
