"""Sticks for players: `library.part(Sticks)`."""

from __future__ import annotations

import os
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from map4.core.audio.decoder import load_decoder
from map4.core.base.call_options import USUAL, takes
from map4.core.base.declaration import load
from map4.core.base.machine import usable_cores
from map4.core.base.paths import PathLike, display_path
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.imported import ImportedValues
from map4.errors import NothingFoundError
from map4.extras.stick.anlz import analysis_path, beats_of, grid_tags, packed_cue
from map4.extras.stick.changing import NEW, READY, StickChange, StickDisk
from map4.extras.stick.content import cue_for_players, own_track, stick_track
from map4.extras.stick.new_stick import SETTING_FILES
from map4.extras.stick.options import StickOptions
from map4.extras.stick.own_list import OWN_LIST, OwnStickList, OwnTrack, library_id
from map4.extras.stick.place import MUSIC, OWN, StickError, StickPlace, stick_at
from map4.extras.stick.plan import StickPlan, StickPlanner
from map4.extras.stick.players import TRACKS_A_LIST
from map4.extras.stick.reading import (
    DATABASES,
    FOR_MAC,
    HIDDEN,
    LIBRARY,
    PLUS,
    read_contents,
    read_pdb,
    read_plus,
    require_plus,
)
from map4.extras.stick.records import Severity, StickCheck, StickContents, StickFinding, StickTrack, StickWrite
from map4.extras.stick.writing import OnStickTrack, StickWriter
from map4.formats import DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes, TrackAnalysis
from map4.library import hookspecs
from map4.library.part import LibraryPart
from map4.search import ResolvedPlaylist, cover_of_track

if TYPE_CHECKING:
    from map4.core.music.track.track import Track
    from map4.core.store.sql_store import Store
    from map4.jobs import Reporter
    from map4.library import Library


_NOTHING = ImportedValues()


def import_changes(library: Library, root: str) -> None:
    """Import what others changed on a stick; their cue points replace also those that the user set in map4."""
    library.imports.read(root)
    store = library._services.store
    for item in reading_changes(Importer.all()["rekordbox-usb"], root, store, dict).read(root, ReadNotes()):
        if isinstance(item, DjTrack) and item.values.cues:
            track = _present(store, item.entry.audio_id)
            if track is not None and track.user.cues is not None:
                library.set(track.path, cues=[asdict(cue) for cue in item.values.cues])


def _present(store: Store, audio_id: str | None) -> Track | None:
    """Return the track of a present file with this audio."""
    files = store.tracks.files_with_audio(audio_id) if audio_id else ()
    tracks = (store.tracks.track(path) for _, path in files)
    return next((track for track in tracks if track is not None and track.state != "missing"), None)


@hookspecs.own_libraries.implementation
def reading_changes(
    importer: Importer, path: str, store: Store, earlier: Callable[[], Mapping[str, ImportedValues]] | None
) -> Importer:
    """Return an importer that takes of map4's tracks and lists what others changed.

    earlier: returns the values of each track at the last import, by key; None takes everything, as does a library
        that did not write the stick
    """
    folders = map(str, (Path(path), *Path(path).parents))
    place = StickPlace(root=next((folder for folder in folders if Path(folder + OWN_LIST).is_file()), path))
    own = None
    with suppress(StickError):  # with a damaged list, everything counts as others'
        own = OwnStickList.read(place)
    if own is None or importer.name != "rekordbox-usb":
        return importer
    had = None if earlier is None or not (earlier is dict or own.is_of(store)) else earlier()
    return replace(importer, read=lambda path, notes: _taken(importer.read(path, notes), place, own, store, had))


def _changed(read: ImportedValues, place: StickPlace, name: str, own: OwnTrack, store: Store) -> ImportedValues:
    """Return cue points and grid of a track whose analysis files changed."""
    known = _present(store, own.source[0])
    if known is None or known.format is None:
        return ImportedValues(cues=read.cues)
    form: Any = own.source[1] or None
    sticks = [stick_track(known, 0, name, own.analysis_path, form, choice) for choice in (None, "all", "detected")]
    stick = next((stick for stick in sticks if own_track(stick, own.source).marks == own.marks), sticks[0])
    written = {TrackAnalysis.cue(packed_cue(cue, stick), stick.offset_s): cue for cue in stick.cues}
    set_here = {cue_for_players(cue): cue for cue in known.set_cues()}
    read_cues = [(cue, written.get(cue)) for cue in read.cues]
    is_same = True  # also if map4's grid changed since, or the file is damaged
    with suppress(OSError, ValueError):
        if own_track(stick, own.source).marks == own.marks:
            beats = TrackAnalysis.tags(place.root, own.analysis_path, {b"PQTZ"})
            is_same = beats == [(b"PQTZ", grid_tags(beats_of(stick))[0])]
    return ImportedValues(
        # Cue points that map4 detected and wrote stay detected.
        cues=tuple(
            cue if mine is None else set_here[mine] for cue, mine in read_cues if mine is None or mine in set_here
        ),
        grid=() if is_same else read.grid,
        bpm=None if is_same else read.bpm,
    )


def _taken(
    items: Iterable[DjTrack | DjPlaylist],
    place: StickPlace,
    own: OwnStickList,
    store: Store,
    earlier: Mapping[str, ImportedValues] | None,
) -> Iterator[DjTrack | DjPlaylist]:
    lists = {(each.name, each.tracks) for each in read_pdb(place.root)[0].lists if each.number in own.lists}
    for item in items:
        if isinstance(item, DjPlaylist):
            if earlier is None or item.kind != "list" or (item.name, tuple(map(int, item.keys))) not in lists:
                yield item
            continue
        name = (item.entry.location or "").removeprefix(place.root)
        if (known := own.tracks.get(name)) is None:
            yield item
            continue
        read = item.values
        is_changed = own.changed(place, known.analyses)
        changed = _changed(read, place, name, known, store) if is_changed else _NOTHING
        if (read.rating or 0) != known.rating:
            changed = replace(changed, rating=read.rating)
        if (read.play_count or 0) > known.plays:
            changed = replace(changed, play_count=read.play_count)
        values = read if earlier is None else ImportedValues.merged((changed, earlier.get(item.key, _NOTHING)))
        yield replace(item, values=values, entry=replace(item.entry, audio_id=known.source[0]))


_SUFFIXES = {
    ".DAT": ("PPTH", "PQTZ", "PWAV", "PCOB"),
    ".EXT": ("PPTH", "PWV3", "PCO2", "PWV5"),
    ".2EX": ("PWV6", "PWV7"),
}
"""Files of an analysis, and the tags that players need."""


_CUT_OFF_AT_FIRST = "the first write was cut off, or is running; the same 'map4 stick' command completes it"


def check_stick(folder: str) -> StickCheck:
    """Read everything on a stick and report faults and notes."""
    if os.path.exists(folder + HIDDEN):
        finding = StickFinding(severity="fault", path=HIDDEN, text=FOR_MAC)
        return StickCheck(stick=display_path(folder), findings=(finding,))
    if _is_unwritten(folder):
        finding = StickFinding(severity="note", path=OWN, text=_CUT_OFF_AT_FIRST)
        return StickCheck(stick=display_path(folder), findings=(finding,))
    checker, contents = _Checker(folder), StickContents()
    if os.path.exists(folder + LIBRARY):
        contents = checker.check_library()
    else:
        checker.add("fault", LIBRARY, "it is missing: players before 2023 show no tracks")
    checker.check_plus(contents)
    if os.path.exists(folder + READY):
        checker.add("note", OWN, "a write was cut off, or is running; the next 'map4 stick' to this stick completes it")
    elif os.path.exists(folder + NEW):
        checker.add("note", OWN, "a write was cut off, or is running; for players, the stick is as before it")
    for name in SETTING_FILES:
        if not os.path.exists(f"{folder}/PIONEER/{name}"):
            checker.add("fault", f"/PIONEER/{name}", "it is missing: some players then refuse the stick")
    return StickCheck(
        stick=display_path(folder), tracks=len(contents.tracks),
        lists=sum(not listed.is_folder for listed in contents.lists), analyses=checker.analyses,
        findings=tuple(checker.findings),
    )  # fmt: skip


def _is_unwritten(folder: str) -> bool:
    """True for a new stick whose first write was cut off before it changed what players read."""
    if not os.path.isdir(folder + OWN) or any(os.path.exists(folder + name) for name in DATABASES):
        return False
    with suppress(StickError):  # a damaged list
        own = OwnStickList.read(StickPlace(root=folder))
        return own is None or LIBRARY not in own.files
    return False


class _Checker:
    """Checks one stick."""

    def __init__(self, folder: str) -> None:
        self._folder, self.findings, self.analyses = folder, list[StickFinding](), 0

    def add(self, severity: Severity, path: str, text: str) -> None:
        self.findings.append(StickFinding(severity=severity, path=path, text=text))

    def check_library(self) -> StickContents:
        """Check export.pdb and the files of its tracks; returns its contents."""
        contents, faults, misaligned = read_pdb(self._folder)
        for fault in faults:
            self.add("fault", LIBRARY, fault)
        for path, count in misaligned.items():
            if count:
                self.add("fault", path, f"{count} UTF-16 texts at odd places freeze some players")
        for number, count in Counter(track.number for track in contents.tracks).items():
            if count > 1:
                self.add("fault", LIBRARY, f"{count} tracks have the number {number}")
        for track in contents.tracks:
            self._check_track(track)
        numbers = {track.number for track in contents.tracks}
        folders = {0, *(listed.number for listed in contents.lists if listed.is_folder)}
        for listed in contents.lists:
            if missing := sum(track not in numbers for track in listed.tracks):
                self.add("fault", LIBRARY, f"list {listed.name}: {missing} of its tracks are missing")
            if listed.parent not in folders:
                self.add("fault", LIBRARY, f"list {listed.name}: its folder is missing")
            if len(listed.tracks) > TRACKS_A_LIST:
                self.add("note", LIBRARY, f"list {listed.name}: some players show the first {TRACKS_A_LIST} tracks")
        return contents

    # ---- tracks ------------------------------------------------------------------------------------

    def _check_track(self, track: StickTrack) -> None:
        try:
            size = os.path.getsize(self._folder + track.path)
        except OSError:
            self.add("fault", track.path, "the file is missing")
        else:
            if size != track.size_bytes & 0xFFFFFFFF:
                self.add("note", track.path, f"it has {size:,} bytes, and {track.size_bytes:,} in the library")
        if track.artwork and not os.path.exists(self._folder + track.artwork):
            self.add("note", track.path, f"its picture {track.artwork} is missing")
        if not track.analysis_path:
            self.add("note", track.path, "it was not analysed")
            return
        if os.path.dirname(track.analysis_path) != os.path.dirname(analysis_path(track.path)):
            self.add("note", track.analysis_path, "it is not in the folder that players derive from the track's path")
        for suffix, needed in _SUFFIXES.items():
            path = track.analysis_path[:-4] + suffix
            try:
                tags = {name.decode("ascii", "replace"): tag for name, tag in TrackAnalysis.tags(self._folder, path)}
                self.analyses += 1
                self._check_tags(path, track, needed, tags)
            except FileNotFoundError:
                severity: Severity = "fault" if suffix == ".DAT" else "note"
                self.add(severity, path, f"it is missing: no {'beats' if suffix == '.DAT' else 'waveform'} on players")
            except (ValueError, struct.error) as error:
                self.add("fault", path, f"it is unreadable: {error}")

    def _check_tags(self, path: str, track: StickTrack, needed: tuple[str, ...], tags: dict[str, bytes]) -> None:
        if missing := [name for name in needed if name not in tags]:
            self.add("note", path, f"it has no {', '.join(missing)}")
        place = tags.get("PPTH", b"")[16:].decode("utf-16-be", "replace").rstrip("\0")
        if place and place != track.path:
            self.add("fault", path, f"it is of another track, {place}")
        if "PQTZ" in tags:
            beats = list(struct.iter_unpack(">2HI", tags["PQTZ"][24:]))
            if struct.unpack_from(">2I", tags["PQTZ"], 16) != (0x80000, len(beats)):
                self.add("fault", path, "the head of its beat grid is wrong: XDJ-AZ wants the track analysed again")
            if any(later[2] <= earlier[2] or not 1 <= later[0] <= 4 for earlier, later in pairwise(beats)):
                self.add("fault", path, "its beats do not follow each other")
        if "PSSI" in tags:
            version, _, count, mood = struct.unpack_from(">4H", tags["PSSI"], 12)
            moods = (mood, int.from_bytes(TrackAnalysis.masked(tags["PSSI"][18:20], version, count)))
            if not {*moods} & {1, 2, 3} or len(tags["PSSI"]) != 32 + 24 * count:
                self.add("fault", path, "its phrases are damaged")

    # ---- Device Library Plus -----------------------------------------------------------------------

    def check_plus(self, contents: StickContents) -> None:
        if not os.path.exists(self._folder + PLUS):
            self.add("note", PLUS, "it is missing: players since 2023 (CDJ-3000X, OPUS-QUAD, XDJ-AZ) show no tracks")
            return
        try:
            tracks, lists = read_plus(self._folder)
        except ImportReadError as error:
            self.add("note" if find_spec("pyrekordbox") is None else "fault", PLUS, f"it was not checked: {error}")
            return
        paths = {track.number: track.path for track in contents.tracks}
        severity: Severity = "note" if os.path.exists(self._folder + READY + PLUS) else "fault"  # its new one waits
        listed = [[paths.get(track, "") for track in one.tracks] for one in contents.lists if one.tracks]
        if paths and tracks != paths:
            self.add(severity, PLUS, "its tracks are others than those of export.pdb")
        elif paths and sorted(lists) != sorted(listed):
            self.add(severity, PLUS, "its lists are others than those of export.pdb")


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
            ids = self._store.search.file_ids(query, self._store.context())
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
    if not options.dry_run:
        sticks.settle(options.to, options)
    plan = sticks.plan([options.playlist], options.to, options)
    plan.require_space()
    done = plan.record if options.dry_run else sticks.write(plan, on_track=report.progress)
    named = tuple(each for each in done.lists if each.state != "stays")
    return replace(done, lists=named, other_lists=len(done.lists) - len(named)).document()
