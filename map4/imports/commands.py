"""`map4 import`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from inspect import cleandoc
from operator import attrgetter

import click

from map4 import formats, scan
from map4.cli.added import AddedToCommand
from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.output import csv_text, local_time
from map4.cli.session import Map4Command, Map4DefaultGroup, Session
from map4.cli.value_types import PathArgument
from map4.core.base.path_maps import PathMaps
from map4.core.base.paths import display_path, quoted
from map4.core.base.text import counted
from map4.core.music.lists.tracklist import PlaylistEntry
from map4.errors import FileError, Map4Error, NothingFoundError
from map4.imports.options import ImportOptions
from map4.imports.records import ImportHistory, ImportSummary, folders_to_map, plain_location
from map4.library import hookspecs
from map4.lists.commands.list_options import MOST_SHOWN, PlaylistReading, places_of, playlist_reading_options

_TRACKS_A_STEP = 500
# Reads music: several files and folders are allowed, each with data on other tracks.
_OF_MUSIC = "serato-tags"
_NOTHING_IMPORTED = (NothingFoundError, "nothing was imported")
_ADDED: AddedToCommand = next(
    hookspecs.added_to["import waiting"](),
    AddedToCommand(endings=((NothingFoundError, "nothing waits"), Exit.NO_LIBRARY)),
)
_COLUMNS = ("artist", "title", "album", "duration_s", "location")
# Names of the `values` of a summary.
_VALUES = {
    "bpm": "BPM value",
    "names": "name",
    "dates": "date",
    "key": "key",
    "rating": "rating",
    "plays": "play count",
    "comment": "comment",
    "color": "colour",
    "cues": "cue point",
    "grid": "beat grid",
    "phrases": "phrase",
    "vocals": "vocal part",
}


@Map4DefaultGroup.of(
    (Map4Error, "the file can't be read"), (FileError, "some of several FILEs can't be read"),
    (NothingFoundError, "no such file"), (NothingFoundError, "none of its tracks is in the library"), Exit.INTERRUPTED,
    name="import", done="done, even if entries wait for their file",
    headings={"Input": "--path-map --no-path-map --certainty"},
)  # fmt: skip
@click.argument("sources", metavar="[FILE]...", nargs=-1, type=PathArgument())
@CallOption.of(ImportOptions, complete={"format_name": CallOption.completing(lambda: formats.Importer.all())})
@playlist_reading_options
@click.option("--no-path-map", is_flag=True, help="Forget the --path-map of the last import of FILE.")
@CallOption.json_of("Print a summary of the import as JSON.")
def command(sources: tuple[str, ...], options: ImportOptions, reading: PlaylistReading, no_path_map: bool) -> None:
    """Read lists, cue points, ratings and plays of DJ programs.

    Reads the XML export of rekordbox, collection.nml of Traktor, the _Serato_ folder, database.xml of VirtualDJ,
    mixxxdb.sqlite, Engine Library, Library.xml of Apple Music, M3U8, CUE sheets and others: 'map4 help exchange' lists
    them all. FILE is never changed. Imported values are kept beside the measured ones, and 'map4 export' writes cue
    points, beat grids and lists out again.

    \b
    map4 import rekordbox.xml --path-map D:/Music=/home/me/Music
    map4 import ~/Music/_Serato_
    map4 import --from serato-tags ~/Music/House a.mp3
    map4 import master.db --marks my-tag              My Tags become your marks
    map4 import --path-map D:/Music=/home/me/Music    match waiting entries again
    map4 import waiting

    Entries are matched by path, by name and size, or by artist, title and length. An entry without a file waits until
    a scan finds it. Importing an unchanged file again changes nothing.
    """
    session = Session.current()
    _check(CallOption.given())
    if not sources:
        _join(session, reading)
    else:
        maps = places_of(reading.path_maps) if reading.path_maps or no_path_map else None
        options = replace(options, path_maps=maps, least_certainty=reading.certainty)
        _import(session, sources, options)


def _check(given: set[str]) -> None:
    """Reject options that don't go together."""
    if not given & {"sources", "path_maps"}:
        raise click.UsageError(
            "Name the file to import: map4 import rekordbox.xml ('map4 import --help' says what can be)."
        )
    if "sources" not in given and given & {"format_name", "marks", "no_path_map", "dry_run", "certainty"}:
        raise click.UsageError("--from, --marks, --no-path-map, --certainty and --dry-run need a FILE.")
    if given >= {"path_maps", "no_path_map"}:
        raise click.UsageError("--path-map and --no-path-map can't be used together; --path-map replaces the old maps.")


def _import(session: Session, sources: tuple[str, ...], options: ImportOptions) -> None:
    done = list[ImportSummary | Map4Error]()
    with (
        session.reporting_stop(lambda: f"{len(done)} of {counted(len(sources), 'file')} read; the rest is as before"),
        session.open_library(create=not options.dry_run, temporary=not scan.any_there(sources)) as library,
        session.status("importing", every=_TRACKS_A_STEP) as show,
    ):
        done.extend(library.imports.read_each(sources, options, on_track=lambda count: show(f"{count:,} tracks")))
    problems = []
    for result in done:
        problem = result if isinstance(result, Map4Error) else _report(session, result)
        if problem is not None:
            problems.append(problem)
            if len(problems) == len(done):
                raise problem
            session.warn(f"map4: {problem}")
    if problems:
        sys.exit(FileError.exit_code)


def _report(session: Session, done: ImportSummary) -> Map4Error | None:
    """Report the result; returns an error if nothing was found."""
    Session.print_json(done)
    _print_summary(session, done)
    path = display_path(done.path)
    if not done.tracks and not done.lists:
        what = "tags of Serato's" if done.format == _OF_MUSIC else "tracks and no lists"
        return NothingFoundError(f"{path} holds no {what}")
    if done.tracks and not done.matched:
        hint = "they are kept, and matched when 'map4 scan' finds their files"
        hint = "nothing was kept" if done.is_dry_run or not done.waiting else hint
        return NothingFoundError(f"no track in {path} is in the library yet; {hint}")
    return None


def _print_summary(session: Session, done: ImportSummary) -> None:
    if done.remembers_maps:
        maps = ", ".join(map(str, done.path_maps))
        session.info(f"map4: --path-map as the last time: {maps} (--no-path-map forgets it)")
    shown = done.waiting if session.verbosity else done.waiting[:MOST_SHOWN]
    for entry in shown:
        session.info(f"map4: {_line(entry)}: not found in the library")
    if len(done.waiting) > len(shown):
        session.info(f"map4: {len(done.waiting) - len(shown):,} more were not found; -v names them all")
    if done.waiting:
        folders = folders_to_map(entry.location for entry in done.waiting if entry.location)
        again = _with_maps(session, done, folders)
        hint = f"; if their folder has another name here: {again}" if folders else ""
        there = folders_to_map(_files_of(shown, PathMaps(maps=tuple(done.path_maps))))
        if there:
            hint = f"; files are there that were not scanned yet: {session.command('scan', *there)}"
        session.info(f"map4: {_waiting(done)}{hint}")
    elif done.suggested_maps:
        again = _with_maps(session, done, ())
        session.info(
            f"map4: tracks were matched by name in other folders; to export with the folders of the file: {again}"
        )
    session.report(done.remarks)
    matched = f"{done.matched:,} of {counted(done.tracks, 'track')} found"
    session.info(f"{display_path(done.path)} ({done.format}): {matched}; {_taken(done)}")
    if done.marks_step is not None:
        session.info(f"to take the marks back: {session.command('set', 'undo', str(done.marks_step))}")


def _with_maps(session: Session, done: ImportSummary, folders: Iterable[str]) -> str:
    """Return the command that repeats the import with path maps for its folders, where known."""
    maps = [*map(str, (*done.path_maps, *done.suggested_maps)), *(f"{folder}=FOLDER" for folder in folders)]
    options = " ".join(f"--path-map {quoted(text) if quoted(text) != text else repr(text)}" for text in maps)
    named = ("--from", _OF_MUSIC) if done.format == _OF_MUSIC else ()
    return options if done.is_dry_run else f"{session.command('import', *named, done.path)} {options}"


def _files_of(entries: Iterable[PlaylistEntry], maps: PathMaps) -> list[str]:
    """Return the files of entries that exist."""
    named = (path for entry in entries if entry.location for path in maps.inward(entry.location, "/"))
    return [path for path in named if os.path.isfile(path)]


def _taken(done: ImportSummary) -> str:
    """Return what was added, and for how many tracks and lists it is new."""
    verb = "would be added" if done.is_dry_run else "added"
    marks = counted(done.marks, "mark") if done.marks else ""
    if not done.changed and not done.changed_lists:
        if marks:
            return f"{verb}: {marks}"
        if done.tracks and not done.matched:
            return "nothing new: none of its files is in the library yet"
        return "unchanged" if done.tracks or done.lists else "nothing in it"
    taken = [counted(done.values[name], what) for name, what in _VALUES.items() if done.values[name]]
    lists = ((len(done.lists) - done.histories, "list", None), (done.histories, "history", "histories"))
    taken += [counted(count, noun, more) for count, noun, more in lists if count]
    sentence = f"{verb}: {', '.join(taken or ['nothing'])}"
    is_new = done.changed == done.matched or not any(done.values.values())
    if not (is_new and done.changed_lists == len(done.lists)):
        new = ((done.changed, "track"), (done.changed_lists, "list"))
        sentence += f" (new for {' and '.join(counted(count, what) for count, what in new if count)})"
    return f"{sentence}; {marks}" if marks else sentence


def _waiting(done: ImportSummary) -> str:
    count = counted(len(done.waiting), "track")
    if done.is_dry_run:
        return f"{count} would wait for a scan to find the file"
    return f"{count} kept until a scan finds the file ('map4 import waiting' lists them)"


def _line(entry: PlaylistEntry) -> str:
    if entry.location is None:
        return display_path(entry.label())
    where = display_path(plain_location(entry.location))
    return where if entry.label() == entry.location else f"{display_path(entry.label())} ({where})"


def _join(session: Session, reading: PlaylistReading) -> None:
    with session.open_library(create=False) as library:
        joined = library.imports.match(places_of(reading.path_maps))
    Session.print_json(joined)
    session.report(joined.sentences())
    if joined.waiting:
        session.info(f"map4: {counted(joined.waiting, 'imported track')} still without a file ('map4 import waiting')")
    if not joined.tracks and not joined.replaced:
        raise NothingFoundError("no imported track found its file by these folders")


@Map4Command.of(_NOTHING_IMPORTED, Exit.NO_LIBRARY)
@CallOption.json
def history() -> None:
    """Show the imported files.

    \b
    map4 import history
    """
    session = Session.current()
    imports = _imported(session).imports
    if not Session.wants_json():
        rows = [("imported", "format", "tracks", "found", "file")]
        for record in imports:
            when = local_time(record.imported_at)
            rows.append((when, record.format, f"{record.tracks:,}", f"{record.matched:,}", display_path(record.path)))
        session.print_rows(rows)


@Map4Command.of(_NOTHING_IMPORTED, *_ADDED.endings)
@click.option("--csv", "as_table", is_flag=True, help="Print a table as CSV.")
@_ADDED.options
@CallOption.json
def waiting(as_table: bool, added: Callable[[bool], bool] = lambda as_table: False) -> None:
    """Show imported entries whose file is not in the library.
    {about}

    \b
    map4 import waiting
    map4 import waiting --csv > missing.csv{examples}
    """
    if as_table and Session.wants_json():
        raise click.UsageError("--csv and --json both go to stdout; choose one.")
    if added(as_table):
        return
    session = Session.current()
    entries = _imported(session).waiting
    if as_table:
        Session.write_text(csv_text((_COLUMNS, *map(attrgetter(*_COLUMNS), entries))))
    elif not Session.wants_json():
        for entry in entries:
            session.echo(_line(entry))
    if not entries:
        raise NothingFoundError("no imported track waits for its file")


waiting.help = cleandoc(waiting.help or "").format(about=_ADDED.about, examples=_ADDED.examples)


def _imported(session: Session) -> ImportHistory:
    """Return the imports and the entries that wait for their file; with --json, print them."""
    with session.open_library(create=False) as library:
        record = ImportHistory(imports=tuple(library.imports.history()), waiting=tuple(library.imports.pending()))
    Session.print_json(record)
    if not record.imports:
        raise NothingFoundError("nothing was imported yet; 'map4 import rekordbox.xml' does")
    return record


@Map4Command.of(_NOTHING_IMPORTED, Exit.NO_LIBRARY, Exit.REFUSED)
@click.argument("source", metavar="FILE", type=PathArgument())
@click.option("--lists", is_flag=True, help="Also delete its lists, except those that you have changed.")
@click.option("--plays", is_flag=True, help="Also delete its plays, except those that others reported too.")
@CallOption.yes()
def forget(source: str, lists: bool, plays: bool, yes: bool) -> None:
    """Delete what was imported from FILE; its lists and plays stay.

    \b
    map4 import forget rekordbox.xml
    map4 import forget rekordbox.xml --lists
    map4 import forget aired.csv --plays        also after the rest was forgotten
    """
    session = Session.current()
    path = os.path.abspath(source)
    with session.open_library(create=False) as library:
        tracks = next((record.tracks for record in library.imports.history() if record.path == path), 0)
        own = library.imports.plays_of(source).own
        what = "Its lists go, too." if lists else "Its lists stay."
        if own:
            what += f" Its {counted(own, 'play')} {'go, too' if plays else 'stay'}."
        question = f"Delete what {display_path(path)} says of {counted(tracks, 'track')}? {what}"
        session.require_yes(question, yes=yes or not (tracks or (plays and own)))
        gone = library.imports.forget(source, lists=lists, plays=plays)
    if lists:
        session.info(
            f"forgotten; {counted(len(gone), 'list')} deleted "
            "('map4 playlist versions NAME --restore deleted' brings one back)"
        )
    else:
        session.info("forgotten; its lists are still there ('map4 playlist list')")
    stay = f"kept; to delete them: {session.command('import', 'forget', '--plays', path)}"
    session.report(gone.plays.sentences("deleted" if plays else stay))
