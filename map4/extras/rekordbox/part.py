"""Lists in rekordbox's own database: `library.part(RekordboxDatabase)`."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from map4.core.base.call_options import USUAL, takes
from map4.core.base.paths import display_path, path_text
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import clean, whole_number
from map4.core.music.lists.tracklist import LiveNotes, Tracklist
from map4.core.music.palette import Colour
from map4.core.music.track.track import Track
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.exports import with_imported_paths
from map4.extras.rekordbox import journal as journals
from map4.extras.rekordbox.database import VALUES, DatabaseRows, RekordboxDatabaseError, exclusive, opened_rows
from map4.extras.rekordbox.folder import running_program
from map4.extras.rekordbox.options import RekordboxOptions
from map4.extras.rekordbox.plan import KnownTrack, Planner, WritePlan
from map4.extras.rekordbox.playlists_xml import NAME, check_playlists_xml, with_nodes
from map4.extras.rekordbox.records import RekordboxUndo, RekordboxWrite
from map4.formats import REKORDBOX_PLACES, DatabaseCopy, folders_and_name
from map4.library.part import LibraryPart
from map4.search import ResolvedPlaylist

_MOST_STARS = 5
_LATER = "; any map4 command continues once that is mended"
_UNTRIED = (
    "map4 never opened a database that it wrote in rekordbox itself: check the lists there, and "
    "'map4 export undo rekordbox' puts the copies back until rekordbox changes it"
)


@dataclass(frozen=True, slots=True)
class WantedLists:
    """The lists to write, and names of the values of their tracks.

    mapped: returns a path of the library as rekordbox has it
    """

    lists: Sequence[Tracklist]
    values: Iterable[str] = ()
    mapped: Callable[[str], str] = lambda path: path

    def plan(self, rows: DatabaseRows) -> WritePlan:
        def track_of(path: str) -> KnownTrack | None:
            return rows.track_of(self.mapped(path))

        planner = Planner(rows.lists(), rows.places(), track_of, rows.new_number)
        for listed in self.lists:
            folders, name = folders_and_name(listed)
            # Of a file that is away, rekordbox has the file itself.
            tracks = [track.as_listed if track_of(track.as_listed.path) else track for track in listed.tracks]
            planner.add(replace(listed, tracks=tracks), tuple(map(clean, folders)), clean(name or "map4"))
            for track in tracks if self.values else ():
                planner.set_values(track, _columns(track, self.values))
        return planner.plan


class DatabaseWriter:
    """Writes rekordbox's databases.

    running: returns the name of a running program of rekordbox, in which case nothing is written
    """

    def __init__(
        self, journal: journals.WriteJournal | None = None, *, running: Callable[[], str | None] = running_program
    ) -> None:
        self._journal, self._running = journal or journals.WriteJournal(), running

    def plan(self, database: str, content: WantedLists) -> RekordboxWrite:
        """Return what `write` would do, from a copy of the database."""
        check_playlists_xml(OnDisk(_playlists_of(database)).read(most_bytes=journals.MOST_XML_BYTES))
        with DatabaseCopy.temporary(database) as copy, opened_rows(copy) as rows:
            rows.check()
            return _planned(database, content.plan(rows))

    def write(self, database: str, content: WantedLists) -> RekordboxWrite:
        """Write lists and values; see `RekordboxDatabase.write`."""
        playlists = _playlists_of(database)
        with self._journal.locked():
            self._require_ready()
            folder = self._journal.new_folder()
            try:
                plan = self._written(content, database, playlists, folder)
            finally:
                if self._journal.pending() is None and self._journal.state_of(folder) not in ("written", "overtaken"):
                    shutil.rmtree(folder)  # nothing was written
        return replace(_planned(database, plan), copies=None if plan.is_empty else folder, is_dry_run=False)

    def undo(self, *, dry_run: bool = False) -> RekordboxUndo:
        """Put back the copies of the newest write; see `RekordboxDatabase.undo`."""
        with self._journal.locked():
            interrupted = self._journal.pending_undo()
            self._require_ready()
            write = interrupted or self._journal.newest()
            if interrupted is None:
                journals.require_untouched(write)
                try:
                    if not dry_run:
                        journals.put_back(self._journal, write)
                except OSError as error:
                    why = f"the copies can't be put back: {error.strerror}{_LATER}"
                    raise RekordboxDatabaseError(why) from None
        return RekordboxUndo(database=write.database, copies=write.folder)

    def _require_ready(self) -> None:
        self._require_closed()
        journals.settle(self._journal, self._running)

    def _require_closed(self) -> None:
        if program := self._running():
            raise UsageError(f"{program} is running; close rekordbox, and wait until its agent has ended, too")

    def _written(self, content: WantedLists, database: str, playlists: str, folder: str) -> WritePlan:
        """Write in one transaction, then replace masterPlaylists6.xml."""
        stamp, now = journals.stamp_of(database), datetime.now(UTC)
        try:
            xml = journals.copy_before(database, playlists, folder)
            check_playlists_xml(xml)
            with opened_rows(database, folder) as rows, exclusive(rows.connection):
                if journals.stamp_of(database) != stamp:
                    raise UsageError("another program wrote rekordbox's database just now; run the command again")
                rows.check()
                plan = content.plan(rows)
                if plan.is_empty:
                    return plan
                before, after = rows.apply(plan, now)
                write = journals.Write(
                    folder=folder, database=database, playlists=playlists, count_before=before, count_after=after,
                    new=tuple(new.number for new in plan.new),
                )  # fmt: skip
                self._require_closed()  # copying and checking a large database takes a while
                new_xml = with_nodes(xml, _nodes(plan, now))
                self._journal.begin(write, new_xml)
                beside = journals.file_beside(playlists, new_xml)
            os.replace(beside, playlists)
            self._journal.end(write, "written", after=journals.digests(write))
        except (Map4Error, OSError) as error:
            with suppress(OSError):  # if the disk is full, the next command does it, as after a kill
                journals.settle(self._journal, self._running)
            if self._journal.state_of(folder) == "written":
                return plan
            if isinstance(error, OSError):
                later = "" if self._journal.pending() is None else _LATER
                raise RekordboxDatabaseError(f"rekordbox's files can't be written: {error.strerror}{later}") from None
            raise
        return plan


def _columns(track: Track, names: Iterable[str]) -> Mapping[str, Any]:
    """Return the columns for the known values of a track."""
    rating, color = track.rating(), track.value("color")
    nearest = None if color is None else Colour.nearest_of_eight(color)
    known: dict[str, Any] = {
        "rating": None if rating is None else min(_MOST_STARS, int(rating + 0.5)),
        "comment": track.comment(),
        "color": None if nearest is None else str(list(Colour.EIGHT).index(nearest) + 1),
    }
    return {VALUES[name]: known[name] for name in names if known[name] is not None}


def _nodes(plan: WritePlan, now: datetime) -> list[dict[str, str]]:
    """Return new lists and folders as masterPlaylists6.xml has them."""
    return [
        {
            "Id": f"{int(new.number):X}", "ParentId": f"{whole_number(new.parent) or 0:X}", "Attribute": str(new.kind),
            "Timestamp": str(int(now.timestamp() * 1000)), "Lib_Type": "0", "CheckType": "0",
        }
        for new in plan.new
    ]  # fmt: skip


def _planned(database: str, plan: WritePlan) -> RekordboxWrite:
    return RekordboxWrite(
        database=database,
        lists=tuple(plan.lists),
        values=sum(map(len, plan.changes.values())),
        left_values=len(plan.left),
        remarks=() if plan.is_empty else (_UNTRIED,),
    )


def _playlists_of(database: str) -> str:
    path = os.path.realpath(os.path.join(os.path.dirname(database), NAME))
    if not os.path.exists(path):
        raise NothingFoundError(f"there is no {NAME} beside the database; start rekordbox once, which writes it")
    return path


class RekordboxDatabase(LibraryPart, scope="own"):
    """Writes lists into rekordbox's database, and undoes that."""

    @takes("map4.extras.rekordbox.options:RekordboxOptions")
    def write(
        self, lists: Sequence[ResolvedPlaylist | str], options: RekordboxOptions = USUAL, **keywords: Any
    ) -> RekordboxWrite:
        """Write lists, with their folders, of tracks that rekordbox has; without `yes` only plan it.

        lists: names of stored lists or files, or lists that were read
        raises UsageError: if the database must not be written, with the reason
        raises RekordboxDatabaseError: if it can't be written; it is then unchanged
        raises NothingFoundError: if there is no such list, or no database
        """
        database = os.path.realpath(path_text(options.database) if options.database is not None else _usual_path())
        if not os.path.exists(database):
            raise NothingFoundError(f"there is no database {display_path(database)}; name it with --database")
        maps, messages = with_imported_paths(options.path_maps, "rekordbox-db", self._store, options.imported_paths)
        content = WantedLists([self._content(listed) for listed in lists], options.values, maps.mapped)
        writer = DatabaseWriter()
        done = writer.write(database, content) if options.yes else writer.plan(database, content)
        copies = LiveNotes(copies=sum(LiveNotes.of(listed).copies for listed in content.lists))
        return replace(done, remarks=(*messages, *copies.sentences(), *done.remarks))

    def undo(self, *, dry_run: bool = False) -> RekordboxUndo:
        """Put the database and masterPlaylists6.xml back as they were before the newest write.

        dry_run: change nothing
        raises UsageError: if rekordbox runs, or has changed them since
        raises NothingFoundError: if there is no such write
        """
        return DatabaseWriter().undo(dry_run=dry_run)

    def _content(self, listed: ResolvedPlaylist | str) -> Tracklist:
        resolved = self._services.lists.read(listed) if isinstance(listed, str) else listed
        stem = os.path.splitext(os.path.basename(resolved.source))[0]
        content = self._services.lists.content(resolved)
        return content if content.name else replace(content, name=stem)


def _usual_path() -> str:
    """Return where rekordbox keeps its database."""
    if (place := REKORDBOX_PLACES.get(sys.platform)) is not None:
        return os.path.expandvars(os.path.expanduser(place))
    raise UsageError("rekordbox does not run on this system; name its database with --database FILE")
