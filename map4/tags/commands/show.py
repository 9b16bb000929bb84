"""`map4 tags`: the tags of files."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Map4Group, Session
from map4.cli.track_output import Output
from map4.cli.track_selection import Selection
from map4.core.base.text import counted
from map4.core.music.analysis.key import Notation
from map4.core.music.track.fields import CHOSEN_FIELDS
from map4.core.music.track.sources import METADATA_SOURCES, MetadataSource
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.core.music.track.track_fields import TagsList, TrackTags
from map4.errors import FileError, LibraryWriteError, Map4Error, NothingFoundError
from map4.tags.preferred import FieldSources, SourceChange

if TYPE_CHECKING:
    from map4.library import Library


_USUAL = "usual"
_MOST_SHOWN = 20


@Map4Command.of(LibraryWriteError)
@click.argument("field", required=False, metavar="[FIELD]", shell_complete=CallOption.completing(lambda: CHOSEN_FIELDS))
@click.argument(
    "source",
    required=False,
    metavar="[SOURCE]",
    shell_complete=CallOption.completing(lambda: (*METADATA_SOURCES, _USUAL)),
)
@CallOption.dry_run("Only show what would change.")
@CallOption.json
def prefer(field: str | None, source: str | None, dry_run: bool) -> None:
    """Show or set which source of a field goes first.

    Tags, look-ups (provider) and DJ programs (imported) may contradict each other. Without arguments, this shows for
    each field the order of its sources, the number of tracks on which they differ, and how many values another order
    would change. FIELD and SOURCE put a source first for all users of the library; 'usual' restores the default order.
    Your own values always come first. Tempo and key follow the setting analysis.prefer.

    \b
    map4 tags prefer
    map4 tags prefer label provider --dry-run
    map4 tags prefer label provider
    map4 tags prefer label usual
    """
    if dry_run and source is None:
        raise click.UsageError("--dry-run needs a FIELD and a SOURCE: map4 tags prefer label provider --dry-run")
    session = Session.current()
    with session.open_library(create=False) as library:
        if field is None or source is None:
            sources = library.tags.sources()
            if field is not None:
                library.tags.source_change(field, None, most=0)  # rejects unknown fields
                sources = FieldSources(fields=tuple(source for source in sources.fields if source.field == field))
            if not Session.print_json(sources):
                session.print_rows(_rows(sources))
            return
        first = cast("MetadataSource | None", None if source == _USUAL else source)
        change = library.tags.source_change(field, first, most=_MOST_SHOWN)
        if not dry_run:
            library.tags.prefer(field, first)
    if Session.print_json(change):
        return
    _show(change)
    order = f"{change.first} goes first" if change.first else "the usual order counts"
    count = 0 if change.count is ... else change.count
    shows = "would show" if dry_run else "now show" if count != 1 else "now shows"
    session.info(f"{change.words}: {order}; {counted(count, 'track')} {shows} another value")


def _rows(sources: FieldSources) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("field", "goes first", "contradicted", "another first would change")]
    for field in sources.fields:
        order = f"{field.sources[0].source}{'' if field.first else ' (usual)'}"
        others = ", ".join(f"{other.source} {other.changes:,}" for other in field.sources[1:])
        rows.append((field.field, order, f"{field.contradicted:,}", others))
    return rows


def _show(change: SourceChange) -> None:
    changes = () if change.changes is ... else change.changes
    for moved in changes:
        name = f"{moved.artist or '?'} – {moved.title}" if moved.title else moved.path
        now, then = ("nothing" if value is None else str(value) for value in (moved.now, moved.then))
        Session.current().echo(f"{name}: {now} → {then}")
    count = 0 if change.count is ... else change.count
    if count > len(changes):
        Session.current().echo(f"… and {count - len(changes):,} more")


@Map4Group.of(Map4Error, (FileError, "some FILEs could not be read or were skipped"), NothingFoundError, name="tags")
def command() -> None:
    """Show, write and restore the tags of files."""


@Map4Command.of(
    (FileError, "some FILEs could not be read"), (NothingFoundError, "no such file or track"), Exit.NO_MATCH
)
@Selection.options
@CallOption.notation
@Output.options("json", "jsonl")
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
    session = Session.current()
    if selection.is_empty:
        raise click.UsageError("Name FILEs or a --query: map4 tags show track.mp3")
    is_query = selection.query is not None
    with session.open_library(create=not is_query, temporary=not is_query) as library:
        tracks = library.tags.read(_chosen(session, selection, library))
        count, failed = _write(session, tracks, output, notation)
    session.warn_of_failures(failed)
    if failed:
        sys.exit((FileError if count else NothingFoundError).exit_code)
    if not count:
        raise NothingFoundError("no audio files there")


def _chosen(session: Session, selection: Selection, library: Library) -> Iterable[str | Track]:
    """Return the files; with a query, those of them, or of the library, that match."""
    if selection.query is None:
        return Selection.named_paths(session, library, selection.files)
    return selection.pick_some(session, library).tracks


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
            Session.write_json_line(TrackTags(track=track).to_record())
        elif output.format is None:
            from map4.tags.views import tags_view

            session.out.print(tags_view(track, notation))
    if output.format == "json":
        Session.write_json(TagsList(tracks=tuple(TrackTags(track=track) for track in written)).to_record())
    return len(written), failed
