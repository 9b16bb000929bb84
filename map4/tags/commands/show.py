"""`map4 tags`: the tags of files."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from map4.cli.exits import NO_MATCH, exit_codes
from map4.cli.options import key_notation_option
from map4.cli.output import write_json, write_json_line
from map4.cli.session import Map4Group, Session, current_session
from map4.cli.track_output import Output, output_options
from map4.cli.track_selection import Selection, pick_some, selection_options
from map4.errors import FileError, Map4Error, NothingFoundError
from map4.music.analysis.key import Notation
from map4.music.track.tags import Tags
from map4.music.track.track import Track
from map4.music.track.track_fields import TagsList, TrackTags
from map4.tags.commands.prefer import prefer
from map4.tags.commands.write import undo, write

if TYPE_CHECKING:
    from map4.library import Library


@Map4Group.of(Map4Error, (FileError, "some FILEs could not be read or were skipped"), NothingFoundError)
def command() -> None:
    """Show, write and restore the tags of files."""


@command.command(
    "show",
    epilog=exit_codes(
        (FileError, "some FILEs could not be read"), (NothingFoundError, "no such file or track"), NO_MATCH
    ),
)
@selection_options
@key_notation_option
@output_options("json", "jsonl")
def show(selection: Selection, notation: Notation, output: Output) -> None:
    """Show the value of each source for a track's fields, and the current one.

    For names, numbers, tempo, key, energy, gain, rating, comment and all other fields, it shows the file's current
    tags, measured values, imports from DJ programs, values set with 'map4 set', and the labels of 'map4 classify'. A *
    marks the value that every command uses; the reason is below it. A FILE may be a folder or
    a playlist, or a track of the library by its audio id or by words. It need not be in the library; then only its tags
    are known. Nothing is changed.

    \b
    map4 tags show track.mp3
    map4 tags show 'velvet undertow'
    map4 tags show --jsonl album/ | jq -r '.fields.genre.tag'
    map4 tags show --query is:set          all that you have set yourself
    """
    session = current_session()
    if selection.is_empty:
        raise click.UsageError("Name FILEs or a --query: map4 tags show track.mp3")
    is_query = selection.query is not None
    with session.open_library(create=not is_query, temporary=not is_query) as library:
        tracks = library.tags.read(_chosen(session, selection, library))
        count, failed = _write(session, tracks, output, notation)
    session.tell_failures(failed)
    if failed:
        sys.exit((FileError if count else NothingFoundError).exit_code)
    if not count:
        raise NothingFoundError("no audio files there")


def _chosen(session: Session, selection: Selection, library: Library) -> Iterable[str | Track]:
    """Return the files; with a query, those of them, or of the library, that match."""
    if selection.query is None:
        return selection.named(session, library).files
    return pick_some(session, selection, library).tracks


def _write(session: Session, tracks: Iterable[Track], output: Output, notation: Notation) -> tuple[int, list[Track]]:
    """Write each track as it is read; returns the number of tracks, and those that could not be read."""
    written: list[Track] = []
    failed: list[Track] = []
    for track in tracks:
        if track.failure is not None and track.tags == Tags():
            failed.append(track)
            continue
        written.append(track)
        if output.format == "jsonl":
            write_json_line(TrackTags(track=track).to_record())
        elif output.format is None:
            from map4.tags.views.tags import tags_view

            session.out.print(tags_view(track, notation))
    if output.format == "json":
        write_json(TagsList(tracks=tuple(TrackTags(track=track) for track in written)).to_record())
    return len(written), failed


command.add_command(prefer)
command.add_command(write)
command.add_command(undo)
