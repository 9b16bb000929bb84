"""`map4 similar`."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Session
from map4.cli.track_output import Output, TrackWriter
from map4.cli.track_selection import Selection
from map4.core.base.paths import as_paths
from map4.core.base.text import counted
from map4.errors import FileError, NothingFoundError
from map4.similar.options import SimilarOptions

if TYPE_CHECKING:
    from map4.core.music.analysis.key import Notation
    from map4.similar.use import Neighbours


@Map4Command.of(
    (FileError, "some files could not be analysed"), Exit.NO_TRACK, (NothingFoundError, "no track is that similar"),
    Exit.INTERRUPTED,
    headings={"Input": "--files-from"},
)  # fmt: skip
@CallOption.files("FILE...")
@CallOption.of(SimilarOptions)
@CallOption.notation
@Output.explain_option
@Output.options()
def command(files: tuple[str, ...], notation: Notation, explain: bool, output: Output, options: SimilarOptions) -> None:
    """Find tracks that sound like a track.

    Lists the library's tracks, nearest to FILE first; with several FILEs, nearest to each kind of them in turn. A FILE
    need not be in the library: it is analysed but not stored. Each song is listed once, in its nearest version; a copy
    of FILE itself is marked "same". --query is:version lists all versions.

    In the table, ? marks an uncertain value and * a value that you set; E is the energy level 1-10.

    Similarity is 1 for the same sound, about 0 for unrelated sounds, and below 0 for opposite sounds. Key and tempo
    hardly count: limit them with --query. --by mix finds the tracks that FILE mixes into, similar sounds
    first.

    \b
    map4 similar track.mp3
    map4 similar 'velvet undertow'         a track of the library, by its name
    map4 similar -n 50 --query 'bpm:120..128 key:8A,9A genre:house' track.mp3
    map4 similar --paths one.mp3 two.mp3 | head -5
    map4 similar one.mp3 two.mp3 --less three.mp3
    """
    if not files:
        raise click.UsageError("Name the FILE to compare with: map4 similar track.mp3")
    output.check_figures(explain=explain)
    session = Session.current()
    with session.open_library(create=False) as library:
        options = replace(
            options,
            less=Selection.named_paths(session, library, [os.fsdecode(file) for file in as_paths(options.less)]),
        )
        neighbours = library.similar(Selection.named_paths(session, library, files), options)
    if neighbours.too_few_sounds is not None:
        session.info(f"map4: {_too_few_sounds(neighbours.too_few_sounds)}")
    _write(session, neighbours, output, notation, explain=explain)
    if neighbours.folded:
        versions = counted(neighbours.folded, "other version or copy is", "other versions and copies are")
        session.info(f"map4: {versions} folded; --query is:version lists versions")
    if neighbours.left_out:
        session.info(f"map4: {_left_out(neighbours)}")
    for track in neighbours.unusable:
        session.warn(f"map4: {track.path}: can't be compared; it is silent or too short")
    session.warn_of_failures(neighbours.failed)
    if not neighbours.similar:
        other = " or another --query" if options.query else ""
        raise NothingFoundError(f"no track in the library is that similar; try a lower --min{other}")
    if neighbours.failed:
        sys.exit(FileError.exit_code)


def _too_few_sounds(count: int) -> str:
    from map4.core.music.sound.similarity_tables import SoundSpace

    have = f"has {count or 'no'} {'track' if count == 1 else 'tracks'} with a sound to compare"
    return (
        f"the library {have}, and {SoundSpace.LEAST_TRACKS} are needed. So these are the nearest by HAMMS, twelve "
        "numbers such as tempo, key and energy. 'map4 scan' measures sounds, 'map4 scan FOLDER' adds tracks"
    )


def _left_out(neighbours: Neighbours) -> str:
    tracks = "track of the library was" if neighbours.left_out == 1 else "tracks of the library were"
    return (
        f"{neighbours.left_out} {tracks} not compared: silent, too short, or analysed by an older map4 ('map4 scan' "
        "analyses these again)"
    )


def _write(session: Session, neighbours: Neighbours, output: Output, notation: Notation, *, explain: bool) -> None:
    if output.write(neighbours, neighbours.to_records()):
        return
    if output.format is not None:
        writer = TrackWriter(session, output, notation=notation)
        writer.write_all(each.track for each in neighbours.similar)
    elif neighbours.similar:
        from map4.similar.views import similar_table

        session.out.print(similar_table(neighbours, notation=notation, width=session.out.width, explain=explain))
