"""`map4 export rekordbox-db` and `map4 export undo`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

import click

from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Session
from map4.cli.undoing import Undoing
from map4.cli.value_types import Name, PathArgument
from map4.core.base.paths import display_path
from map4.core.base.text import counted
from map4.errors import FileError, NothingFoundError, UsageError
from map4.extras.rekordbox.database import RekordboxDatabaseError
from map4.extras.rekordbox.journal import WriteJournal
from map4.extras.rekordbox.options import RekordboxOptions
from map4.extras.rekordbox.records import RekordboxUndo, RekordboxWrite
from map4.lists.commands.completion import complete_lists
from map4.lists.commands.list_options import PlaylistReading, places_of, playlist_reading_options

_MOST_NAMED = 10
_STATES = {
    "write": "new",
    "same": "already there",
    "exists": "left out: rekordbox has another list of this name; rename or delete it there",
    "synchronised": "left out: its folder belongs to rekordbox's cloud",
    "empty": "left out: rekordbox has none of its tracks",
}


@Map4Command.of(
    RekordboxDatabaseError, (FileError, "some lists or tracks are left out"),
    (NothingFoundError, "no such list, or no database"),
)  # fmt: skip
@click.argument("lists", metavar="LIST...", nargs=-1, required=True, type=PathArgument(), shell_complete=complete_lists)
@playlist_reading_options
@CallOption.of(RekordboxOptions)
@CallOption.json
def write(lists: Sequence[str], reading: PlaylistReading, options: RekordboxOptions) -> None:
    """Write lists into rekordbox's own database.

    Lists and their folders are new there and contain tracks of rekordbox's collection; --values also sets ratings,
    comments and colours of these tracks. New tracks, cue points and grids are never written: an XML brings those
    (map4 export -o rekordbox.xml). A list whose name exists there is left out.

    It was tested on copies of databases, never in rekordbox itself. So it is off unless the setting rekordbox.write is
    true, and shows only the plan without --yes. rekordbox must not run. Copies are kept.

    \b
    map4 export rekordbox-db Friday
    map4 config set rekordbox.write true
    map4 export rekordbox-db Friday Warmup --values rating,color --yes
    map4 export undo rekordbox
    """
    from map4.extras.rekordbox.part import RekordboxDatabase

    session = Session.current()
    if options.yes and not session.config["rekordbox.write"]:
        raise UsageError("writing rekordbox's database is off; 'map4 config set rekordbox.write true' allows it")
    with session.open_library(create=False) as library:
        resolved = [reading.read(library.lists, name) for name in lists]
        options = replace(options, path_maps=places_of(reading.path_maps, None))
        done = library.part(RekordboxDatabase).write(resolved, options)
    if not Session.print_json(done):
        _show(session, done)
    if not done.is_complete or done.left_values:
        sys.exit(FileError.exit_code)


@Map4Command.of(RekordboxDatabaseError, (NothingFoundError, "there is nothing to undo"))
@click.argument("program", metavar="rekordbox", type=Name(["rekordbox"]))
@Undoing.options("json", journal="")
def undo(program: str, undoing: Undoing) -> None:
    """Put rekordbox's database back as it was before a write.

    Undoes the newest 'map4 export rekordbox-db' that was not undone, while rekordbox has not changed its files since.

    \b
    map4 export undo rekordbox
    """
    from map4.extras.rekordbox.part import RekordboxDatabase

    session, interrupted = Session.current(), WriteJournal().pending_undo()
    with session.open_library(create=False) as library:
        if undoing.lists:
            undoing.list(library, "rekordbox-db")
            return
        if interrupted is None or WriteJournal().pending() is not None:
            done = library.part(RekordboxDatabase).undo(dry_run=undoing.dry_run)
        else:  # opening the library has completed it
            done = RekordboxUndo(database=interrupted.database, copies=interrupted.folder)
    if not undoing.output.write(done):
        state = "would be" if undoing.dry_run else "is"
        session.info(f"{display_path(done.database)} {state} as before; the copies stay in {display_path(done.copies)}")


def _show(session: Session, done: RekordboxWrite) -> None:
    rows = [("/".join((*each.folders, each.name)), f"{each.tracks:,}", _STATES[each.state]) for each in done.lists]
    session.print_rows([("list", "tracks", ""), *rows])
    for listed in done.lists:
        if listed.missing:
            named = [display_path(path) for path in listed.missing[:_MOST_NAMED]]
            more = f" and {len(listed.missing) - _MOST_NAMED} more" if len(listed.missing) > _MOST_NAMED else ""
            session.warn(
                f"map4: {listed.name}: not in rekordbox, and left out: {', '.join(named)}{more}; "
                "'map4 export -o rekordbox.xml' brings new tracks"
            )
    if done.left_values:
        session.warn(f"map4: {counted(done.left_values, 'track')} of rekordbox's cloud kept their values")
    for remark in done.remarks:
        session.info(f"map4: {remark}")
    values = f", {counted(done.values, 'value')}" if done.values else ""
    new = sum(listed.state == "write" for listed in done.lists)
    what = f"{counted(new, 'list')}{values}"
    if done.is_dry_run:
        session.info(f"would write {what} to {display_path(done.database)}; --yes writes")
    else:
        backups = "" if done.copies is None else f"; copies of before are in {display_path(done.copies)}"
        session.info(f"{display_path(done.database)}: {what} written{backups}")
