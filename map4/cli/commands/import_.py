"""`map4 import`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from map4.cli.commands.playlist.list_options import (
    PlaylistReading,
    counted,
    places_of,
    reading_list_options,
    tell_notes,
)
from map4.cli.options import Map4Command, Session, current_session
from map4.cli.output import printable, write_json

if TYPE_CHECKING:
    from map4.domain.tracklist import PlaylistEntry
    from map4.library import Library
    from map4.ports.imports import ImportSummary

# So many entries that were not found are named; -v names all.
_MOST_TOLD = 10
# A terminal is told so often: more would only cost time.
_TRACKS_A_STEP = 500


def _importers(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from map4.library.formats import importer_names

    return [name for name in importer_names() if name.startswith(incomplete)]


@click.command(
    cls=Map4Command,
    epilog="Exit codes: 0 done (also where entries wait for their file), 1 the file can't be read, 2 wrong usage, "
    "4 no such file, or none of its tracks is in the library, 130 interrupted.",
)
@click.argument("sources", metavar="[FILE]", nargs=-1, type=click.Path())
@click.option(
    "--from", "kind", metavar="FORMAT", shell_complete=_importers, help="What FILE is, where map4 can't tell."
)
@reading_list_options
@click.option("--dry-run", is_flag=True, help="Only say what would be taken over.")
@click.option("--history", is_flag=True, help="Show the files that were imported.")
@click.option("--waiting", is_flag=True, help="Show the imported entries whose file the library does not have.")
@click.option("--forget", is_flag=True, help="Drop what was imported from FILE; its lists stay.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done, or the history, as one JSON document.")
def command(
    sources: tuple[str, ...],
    kind: str | None,
    reading: PlaylistReading,
    dry_run: bool,
    history: bool,
    waiting: bool,
    forget: bool,
    as_json: bool,
) -> None:
    """Take over lists, cue points, ratings and plays from DJ programs.

    FILE is only read. What it says of a track is kept beside what map4 measured: its tempo and key are the
    source 'imported', and cue points, grids and lists go along when you export again.

    \b
    rekordbox     its XML export (File > Export Collection in xml format)
    rekordbox-db  its master.db (6, 7); needs pip install 'map4[rekordbox]'
    traktor       collection.nml, or an exported playlist
    mixxx         mixxxdb.sqlite
    virtualdj     database.xml and .vdjfolder lists
    serato        a .crate, or the whole _Serato_ folder
    lists         m3u8 m3u pls xspf csv json

    \b
    map4 import rekordbox.xml --path-map D:/Music=/home/me/Music
    map4 import ~/Music/_Serato_
    map4 search 'rating:4.. played:..-6m has:cues'
    map4 import --path-map D:/Music=/home/me/Music    again, for what waits
    map4 import --waiting

    Tracks are found by path, by name and size, or by artist, title and length. Entries whose file is not in the
    library wait for it: the next scan that finds it joins them. Importing a file twice changes nothing.
    """
    session = current_session()
    if len(sources) > 1:
        raise click.UsageError("One FILE at a time; of several, the one that was imported last counts most.")
    source = next(iter(sources), None)
    _check(source, (history, waiting, forget), kind, reading, dry_run)
    if history or waiting:
        with session.open_library(create=False) as library:
            _show(session, library, history, as_json)
    elif forget:
        with session.open_library(create=False) as library:
            library.forget_import(source or "")
        session.say("forgotten; its lists are still there ('map4 playlist list')")
    elif source is None:
        _join(session, reading)
    else:
        _import(session, source, kind, reading, dry_run, as_json)


def _check(source: str | None, asks: Sequence[bool], kind: str | None, reading: PlaylistReading, dry_run: bool) -> None:
    history, waiting, forget = asks
    if sum(asks) > 1:
        raise click.UsageError("--history, --waiting and --forget can't be had at once; choose one.")
    if (history or waiting) and (source is not None or kind or reading.path_maps or dry_run):
        raise click.UsageError("--history and --waiting show what was imported, and import nothing; leave FILE out.")
    if forget and (source is None or kind or reading.path_maps or dry_run):
        raise click.UsageError("--forget takes the FILE that was imported, and nothing else.")
    if source is None and not (history or waiting or reading.path_maps):
        raise click.UsageError(
            "Name the file to import: map4 import rekordbox.xml ('map4 import --help' says what can be)."
        )
    if source is None and (kind or dry_run):
        raise click.UsageError("--from and --dry-run need a FILE.")


def _import(
    session: Session, source: str, kind: str | None, reading: PlaylistReading, dry_run: bool, as_json: bool
) -> None:
    from map4.errors import NothingFoundError

    places = places_of(reading.path_maps, None)
    with session.open_library(create=not dry_run) as library, _progress(session) as show:
        done = library.import_file(
            source,
            format_name=kind,
            places=places,
            least_certainty=reading.certainty,
            dry_run=dry_run,
            on_track=show,
        )
    if as_json:
        write_json(done.to_record())
    _tell(session, done)
    if not done.tracks and not done.lists:
        raise NothingFoundError(f"{_shown(done.path)} holds no tracks and no lists")
    if done.tracks and not done.matched:
        raise NothingFoundError(
            f"no track in {_shown(done.path)} is in the library yet; "
            + ("nothing was kept" if dry_run else "they are kept, and joined when 'map4 scan' finds their files")
        )


def _tell(session: Session, done: ImportSummary) -> None:
    from map4.ports.imports import folder_to_map

    shown = done.waiting if session.verbosity else done.waiting[:_MOST_TOLD]
    for entry in shown:
        session.tell(f"map4: {_line(entry)}: not found in the library")
    if len(done.waiting) > len(shown):
        session.tell(f"map4: {len(done.waiting) - len(shown):,} more were not found; -v names them all")
    if done.waiting:
        folder = folder_to_map(entry.location for entry in done.waiting if entry.location)
        again = "" if done.is_dry_run else "map4 import "
        hint = f"; if their folder has another name here: {again}--path-map '{folder}=FOLDER'" if folder else ""
        session.tell(f"map4: {_waiting(done)}{hint}")
    tell_notes(session, done.remarks)
    verb = "would be taken over" if done.is_dry_run else "taken over"
    parts = [f"{done.matched:,} of {counted(done.tracks, 'track')} found"]
    parts += [counted(done.cues, "cue point")] if done.cues else []
    parts += [counted(done.grids, "beat grid")] if done.grids else []
    parts += [counted(len(done.lists), "list")] if done.lists else []
    new = ((done.changed, "track"), (done.changed_lists, "list"))
    news = " and ".join(counted(count, what) for count, what in new if count)
    news = f"{news} {verb}" if news else "nothing new" if done.matched else "nothing taken over yet"
    session.say(f"{_shown(done.path)} ({done.format}): {', '.join(parts)}; {news}")


def _waiting(done: ImportSummary) -> str:
    count = counted(len(done.waiting), "track")
    if done.is_dry_run:
        return f"{count} would wait for a scan to find the file"
    return f"{count} kept until a scan finds the file ('map4 import --waiting' lists them)"


def _line(entry: PlaylistEntry) -> str:
    from map4.ports.imports import plain_location

    if entry.location is None:
        return _shown(entry.label())
    where = _shown(plain_location(entry.location))
    return where if entry.label() == entry.location else f"{_shown(entry.label())} ({where})"


def _shown(path: str) -> str:
    from map4.domain.track import display_path

    return display_path(path)


def _join(session: Session, reading: PlaylistReading) -> None:
    from map4.errors import NothingFoundError

    with session.open_library(create=False) as library:
        joined = library.match_pending_imports(places_of(reading.path_maps, None))
        left = len(library.pending_imports())
    tell_notes(session, joined.sentences())
    if left:
        session.say(f"map4: {counted(left, 'imported track')} still without a file ('map4 import --waiting')")
    if not joined.tracks and not joined.replaced:
        raise NothingFoundError("no imported track found its file by these folders")


def _show(session: Session, library: Library, history: bool, as_json: bool) -> None:
    from map4.errors import NothingFoundError
    from map4.ports.imports import IMPORT_HISTORY_SCHEMA, waiting_record

    imports, waiting = library.imports(), library.pending_imports()
    if as_json:
        write_json(
            {
                "schema": IMPORT_HISTORY_SCHEMA,
                "imports": [one.to_record() for one in imports],
                "waiting": [waiting_record(entry) for entry in waiting],
            }
        )
    elif history and imports:
        from map4.cli.views.track_table import listed

        rows = [("imported", "format", "tracks", "found", "file")]
        for one in imports:
            when = one.imported_at[:16].replace("T", " ")
            rows.append((when, one.format, f"{one.tracks:,}", f"{one.matched:,}", _shown(one.path)))
        for line in listed(rows):
            session.out.print(printable(line), soft_wrap=True)
    elif not history:
        for entry in waiting:
            session.out.print(printable(_line(entry)), soft_wrap=True, markup=False, highlight=False)
    if not imports:
        raise NothingFoundError("nothing was imported yet; 'map4 import rekordbox.xml' does")
    if not history and not waiting:
        raise NothingFoundError("no imported track waits for its file")


@contextmanager
def _progress(session: Session) -> Iterator[Callable[[int], object] | None]:
    """Say on a terminal how far it is; gives a function that is told, or None."""
    if session.is_quiet or not sys.stderr.isatty() or session.err.is_dumb_terminal:
        yield None
        return
    with session.err.status("importing") as status:

        def show(done: int) -> None:
            if done % _TRACKS_A_STEP == 0:
                status.update(f"importing: {done:,} tracks")

        yield show
