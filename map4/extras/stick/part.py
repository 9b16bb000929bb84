"""Sticks for players: `library.part(Sticks)`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from map4.core.audio.decoder import load_decoder
from map4.core.base.call_options import USUAL, takes
from map4.core.base.declaration import load
from map4.core.base.machine import usable_cores
from map4.core.base.paths import PathLike
from map4.core.music.lists.tracklist import Tracklist
from map4.core.store.query_context import as_query
from map4.errors import NothingFoundError
from map4.extras.stick.changing import StickChange, StickDisk
from map4.extras.stick.check import check_stick
from map4.extras.stick.importing import import_changes
from map4.extras.stick.options import StickOptions
from map4.extras.stick.place import MUSIC, OWN_LIST, OwnStickList, StickError, StickPlace, library_id, stick_at
from map4.extras.stick.plan import StickPlan, StickPlanner
from map4.extras.stick.reading import HIDDEN, LIBRARY, read_contents, require_plus
from map4.extras.stick.records import StickCheck, StickContents, StickWrite
from map4.extras.stick.writing import OnStickTrack, StickWriter
from map4.formats import ImportReadError
from map4.library.part import LibraryPart
from map4.search import ResolvedPlaylist, cover_of_track

if TYPE_CHECKING:
    from map4.jobs import Reporter
    from map4.library import Library


_WHY = {"gone": "its file is gone", "uncertain": "its match is uncertain; see --certainty", "url": "it is a stream"}
"""Why an entry of a list is left out, by its status."""


class Sticks(LibraryPart, scope="own"):
    """Writes lists with their music to USB sticks for players, and reads such sticks."""

    @takes("map4.extras.stick.options:StickOptions")
    def plan(
        self, lists: Sequence[ResolvedPlaylist | str], to: PathLike, options: StickOptions = USUAL, **keywords: Any
    ) -> StickPlan:
        """Plan a write; its `record` shows what changes.

        lists: names of stored lists or files, or lists that were read
        to: folder of the stick
        raises UsageError: if the folder is no stick, or a player changed what would be written over
        raises StickError: if the stick is unreadable, or was written by an unknown program
        raises NothingFoundError: if there is no such list or folder, or no track
        raises NotAllowedError: if `prune` removes what others wrote, without the scope "files"
        """
        self.actor.require("files" if options.prune else "own")
        place = self._place(to, options)
        resolved = [self._services.lists.read(listed) if isinstance(listed, str) else listed for listed in lists]
        left = [entry for listed in resolved for entry in listed.entries if entry.status != "found"]
        wanted = [self._wanted(listed) for listed in resolved]
        if query := (options.query or "").strip():
            ids = self._store.search.file_ids(as_query(query), self._services.context())
            wanted.append(Tracklist(tracks=list(self._store.tracks.tracks_by_id(ids, beats=True)), name=query))
        if not (options.prune or any(listed.tracks for listed in wanted)):
            raise NothingFoundError("there is nothing to write: the lists have no tracks here")
        why = [f"{entry.entry.label()}: {_WHY.get(entry.status, 'not found in the library')}" for entry in left]
        accounts = {each.id: each.owner.id for each in self._services.lists.stored()}
        owners = [accounts.get(listed.id or "", self.actor.id) for listed in wanted]
        plan = _planner(place, options, is_written=True).plan(wanted, owners, why)
        return replace(plan, own_after=replace(plan.own_after, library=library_id(self._store)))

    @takes("map4.extras.stick.options:StickOptions")
    def settle(self, to: PathLike, options: StickOptions = USUAL, **keywords: Any) -> str | None:
        """Complete or abandon a write that was cut off, and import what a player changed if the options say so.

        returns: a sentence about the former; None if there was none
        raises StickError: if the stick can't be written
        """
        place = self._place(to, options)
        try:
            settled = StickChange(place).settle()
        except OSError as error:
            raise StickError(f"{place.root} can't be written: {error.strerror or error}") from None
        if options.import_first:
            import_changes(load("map4.library:Library")(self._services), place.root)
        return settled

    def write(
        self, plan: StickPlan, *, on_track: OnStickTrack = lambda done, total, path: None, disk: StickDisk | None = None
    ) -> StickWrite:
        """Carry out a plan, read everything back, and sync it: then the stick can be pulled.

        disk: changes the stick
        raises StickError: if the stick is full, read-only or failing
        """
        return StickWriter(
            open_audio=load_decoder(self._services.decoder),
            cover=lambda path: cover_of_track(path, self._store),
            disk=disk or StickDisk(),
            workers=1 if disk is not None else usable_cores(),
        ).write(plan, on_track)

    def check(self, folder: PathLike) -> StickCheck:
        """Read everything on a stick, also of another program, and report faults."""
        return check_stick(stick_at(folder, is_any_folder=True).root)

    def show(self, folder: PathLike) -> StickWrite:
        """Return the lists of a stick, as a write of nothing.

        raises NothingFoundError: if it is no stick for players
        """
        place = stick_at(folder, is_any_folder=True)
        if not any(os.path.exists(place.at(name)) for name in (LIBRARY, HIDDEN)):
            raise NothingFoundError(f"{place.root} is no stick for players: it has no {LIBRARY}")
        return _planner(place, StickOptions()).plan([]).record

    def _place(self, to: PathLike, options: StickOptions) -> StickPlace:
        return stick_at(to, music=self._store.tracks.roots(), is_any_folder=options.folder)

    def _wanted(self, listed: ResolvedPlaylist) -> Tracklist:
        stem = os.path.splitext(os.path.basename(listed.source))[0]
        tracks = self._store.tracks.all_detailed(listed.tracks())  # with beats, to compare grids
        return Tracklist(tracks=tracks, name=listed.name or stem, id=listed.id, header=listed.header)


def _planner(place: StickPlace, options: StickOptions, *, is_written: bool = False) -> StickPlanner:
    """Return the planner for a stick.

    raises StickError: if it can't be merged
    """
    try:
        if is_written:
            for name in (LIBRARY, OWN_LIST, f"{MUSIC}/name"):
                place.require_own(name)
        existing = read_contents(place.root) or StickContents()
        if is_written:
            require_plus(place.root, existing, options.player)
    except ImportReadError as error:
        raise StickError(f"{place.root}: {error}; nothing was written") from None
    return StickPlanner(place, existing, OwnStickList.read(place) or OwnStickList(), options)


def job(library: Library, files: Sequence[str], options: Any, report: Reporter, task: Any) -> dict[str, Any]:
    """Write a list to a stick of the server's machine."""
    sticks = library.part(Sticks)
    sticks.settle(options.to, options)
    plan = sticks.plan([options.playlist], options.to, options)
    done = sticks.write(plan, on_track=report.progress)
    named = tuple(each for each in done.lists if each.state != "stays")
    return replace(done, lists=named, other_lists=len(done.lists) - len(named)).document()
