"""Plan what a write changes on a stick: the tracks, lists and files that become new, and those that stay."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count

from map4.core.base.paths import display_path
from map4.core.base.text import counted, name_key, size_text
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.track import Track
from map4.errors import UsageError
from map4.extras.stick.anlz import analysis_path
from map4.extras.stick.content import chosen_cues, own_track, stick_track
from map4.extras.stick.names import shown
from map4.extras.stick.options import StickOptions
from map4.extras.stick.own_list import OwnStickList, OwnTrack
from map4.extras.stick.place import ARTWORK, MUSIC, StickError, StickPlace, new_name
from map4.extras.stick.players import HOT_CUES, MEMORY_CUES, TRACKS_A_LIST, StickForm, conversion_of
from map4.extras.stick.reading import DATABASES, PLUS, has_writer_of_plus
from map4.extras.stick.records import StickContents, StickList, StickListState, StickTrack, StickWrite, WrittenStickList
from map4.formats import TRACK_ROW, BeatGrid, folders_and_name, suffix_of
from map4.version import Packages


class PlannedLists:
    """Lists and folders of a stick.

    all: lists and folders as they become
    own: map4's lists and folders by number, as in `OwnStickList.lists`
    shown: the lists with what happens to them
    """

    def __init__(self, existing: Iterable[StickList], own: Mapping[int, tuple[str, ...]]) -> None:
        self._by_number = {listed.number: listed for listed in existing}
        self.all: Collection[StickList] = self._by_number.values()
        self.own = {number: names for number, names in own.items() if number in self._by_number}
        self.shown: list[WrittenStickList] = []
        self._named = set[int]()

    def add(self, wanted: Tracklist, tracks: tuple[int, ...], owner: int) -> None:
        """Plan a list of an account; another account's or program's list of its name stays beside it."""
        folders, name = folders_and_name(wanted)
        parent, path = 0, (*folders, name or "")
        for depth, folder in enumerate(folders, start=1):
            parent = self._folder(parent, folder, path[:depth])
            self._named.add(parent)
        owned = (f"account {owner}", *path) if owner else path
        same = (number for number, names in self.own.items() if names == owned)
        number = next((number for number in same if not self._by_number[number].is_folder), None) or self._new_number()
        before = self._by_number.get(number)
        free = before.name if before is not None else self._free_name(parent, path[-1])
        after = StickList(number=number, name=free, parent=parent, tracks=tracks)
        self._by_number[number], self.own[number] = after, owned
        self._named.add(number)
        self._show(after, "new" if before is None else "same" if before == after else "changed")

    def complete(self, *, prune: bool) -> None:
        """Show the other lists; `prune` removes map4's, and its empty folders."""
        others = [listed for listed in self.all if listed.number not in self._named]
        folders = [listed for listed in others if listed.is_folder]
        folders.sort(key=lambda folder: len(self.own.get(folder.number, ())), reverse=True)  # innermost first
        for listed in (*(listed for listed in others if not listed.is_folder), *folders):
            number = listed.number
            is_removed = prune and number in self.own and not any(each.parent == number for each in self.all)
            if is_removed:
                del self._by_number[number], self.own[number]
            if not listed.is_folder:
                self._show(listed, "removed" if is_removed else "stays")

    def _show(self, listed: StickList, state: StickListState) -> None:
        folders, parent = list[StickList](), self._by_number.get(listed.parent)
        while parent is not None and parent not in folders:
            folders.insert(0, parent)
            parent = self._by_number.get(parent.parent)
        names = tuple(folder.name for folder in folders)
        self.shown.append(WrittenStickList(name=listed.name, folders=names, state=state, tracks=len(listed.tracks)))

    def _folder(self, parent: int, name: str, path: tuple[str, ...]) -> int:
        """Return the number of a folder, which is made if it does not exist."""
        for listed in self.all:
            if listed.is_folder and listed.parent == parent and name_key(listed.name) == name_key(shown(name)):
                return listed.number
        number = self._new_number()
        self._by_number[number] = StickList(number=number, name=shown(name), parent=parent, is_folder=True)
        self.own[number] = path
        return number

    def _new_number(self) -> int:
        return 1 + max(self._by_number, default=0)

    def _free_name(self, parent: int, name: str) -> str:
        taken = {name_key(listed.name) for listed in self.all if listed.parent == parent}
        name = shown(name) or "Unnamed"
        names = chain([name], (f"{name} ({number})" for number in count(2)))
        return next(free for free in names if name_key(free) not in taken)


_ANALYSIS_BYTES_A_S = 1100  # the three analysis files of a track, mostly waveforms of 150 points a second
_DATABASE_BYTES_A_TRACK, _SPARE_BYTES = 5000, 4 << 20  # both databases, the old ones beside them, and map4's list


@dataclass(slots=True, kw_only=True)
class TrackWork:
    """The work for a track.

    track: of the library
    stick: as the databases get it
    own: its entry of map4's list
    has_music, has_analyses: what the stick has already
    """

    track: Track
    stick: StickTrack
    own: OwnTrack
    form: StickForm | None
    has_music: bool
    has_analyses: bool


@dataclass(slots=True, kw_only=True)
class StickPlan:
    """The changes of a write.

    own, own_after: map4's list before, and without what --prune removes; a write adds the covers that tracks have
    contents: of the stick after it, without the tracks of the named lists
    works: these tracks
    """

    place: StickPlace
    own: OwnStickList
    own_after: OwnStickList
    contents: StickContents
    record: StickWrite
    works: list[TrackWork]

    def require_space(self) -> None:
        """Raise StickError if the stick has no space for it."""
        needed, free = self.record.size_bytes + _SPARE_BYTES, self.record.free_bytes
        if needed > free and not self.record.is_empty:
            raise StickError(
                f"{display_path(self.place.root)}: {size_text(needed)} are needed, and {size_text(free)} free; write "
                "fewer tracks, or remove lists that are not needed ('map4 stick --prune'). Nothing was written"
            )


class StickPlanner:
    """Plans one write.

    existing: what the stick contains
    own: what map4 wrote to it
    """

    def __init__(self, place: StickPlace, existing: StickContents, own: OwnStickList, options: StickOptions) -> None:
        self._place, self._existing, self._own, self._options = place, existing, own, options
        self._by_name = {track.path: track for track in existing.tracks}
        self._by_source = {track.source: name for name, track in own.tracks.items()}
        foreign = (track for track in existing.tracks if track.path not in own.tracks)
        self._foreign = {(track.size_bytes, name_key(track.title)): track.number for track in foreign}
        self._taken = {name_key(name) for name in (*place.names(MUSIC), *self._by_name, *own.tracks)}
        analysed: tuple[StickTrack | OwnTrack, ...] = (*existing.tracks, *own.tracks.values())
        self._analyses = {track.analysis_path for track in analysed}
        self._next = 1 + max((track.number for track in existing.tracks), default=0)
        self._numbers: dict[str, int] = {}
        self._planned: dict[tuple[str, str], int] = {}
        self._left, self._works = list[str](), list[TrackWork]()
        self._missed, self._size_bytes, self._off_beats = Counter[str](), 0, 0

    def plan(self, wanted: Sequence[Tracklist], owners: Sequence[int] = (), left_out: Iterable[str] = ()) -> StickPlan:
        """Plan lists with their tracks.

        owners: the account of each list; 0 is the local user
        left_out: entries that are no tracks, with the reason
        """
        self._left += left_out
        for track in {track.path: track for listed in wanted for track in listed.tracks}.values():
            if reason := self._plan_track(track):
                self._left.append(f"{track.shown_path}: {reason}")
        lists = PlannedLists(self._existing.lists, self._own.lists)
        for listed, owner in zip(wanted, owners, strict=True):
            numbers = (self._numbers.get(track.path) for track in listed.tracks)
            lists.add(listed, tuple(number for number in numbers if number is not None), owner)
        lists.complete(prune=self._options.prune)
        remaining, gone = self._remaining(lists.all)
        removed = {name for path in gone for name in (path, *self._own.tracks[path].analyses)}
        removed |= {name for name in self._own.files if self._options.prune and name.startswith(ARTWORK)}
        own_after = OwnStickList(
            files={name: file for name, file in self._own.files.items() if name not in removed},
            tracks={name: track for name, track in self._own.tracks.items() if name not in gone},
            lists=lists.own,
        )
        new = [work for work in self._works if not work.has_music]
        lacks_plus = has_writer_of_plus() and not os.path.exists(self._place.at(PLUS))
        record = StickWrite(
            stick=self._place.root,
            player=self._options.player,
            lists=tuple(lists.shown),
            tracks=len(self._numbers) + len(self._left),
            copied=len(new),
            converted=sum(work.form is not None for work in new),
            same=len(self._works) - len(new),
            others=len(remaining),
            analyses=sum(not work.has_analyses for work in self._works),
            values=sum(work.has_music and (lacks_plus or work.stick.row is None) for work in self._works),
            removed=tuple(sorted(map(self._place.at, gone))),
            left_out=tuple(self._left),
            size_bytes=self._size_bytes + _DATABASE_BYTES_A_TRACK * (len(self._works) + len(remaining)),
            free_bytes=shutil.disk_usage(self._place.root).free,
            misses=tuple(self._misses(wanted)),
            copies=sum(track.represents is not None for listed in wanted for track in listed.tracks),
        )
        return StickPlan(
            place=self._place,
            own=self._own,
            own_after=own_after,
            contents=replace(self._existing, tracks=tuple(remaining), lists=tuple(lists.all)),
            record=record,
            works=self._works,
        )

    # ---- tracks ------------------------------------------------------------------------------------

    def _plan_track(self, track: Track) -> str | None:
        """Plan a track; returns the reason if it is left out."""
        if track.format is None or track.audio_id is None or track.state != "ok":
            return "it is not analysed; 'map4 scan' does that"
        if not os.path.isfile(track.path):
            return "its file is gone"
        form = conversion_of(track, self._options.player)
        source = (track.audio_id, form or "")
        number = self._planned.get(source)  # of another file with this audio
        if number is None and source not in self._by_source:
            number = self._foreign.get((track.size_bytes or 0, name_key(track.title() or "")))
            if number is not None:
                self._missed["on the stick by another program, whose cue points and grids stay"] += 1
        if number is not None:
            self._numbers[track.path] = number
            return None
        suffix = "." + (suffix_of(track.path) if form is None else "mp3" if form == "mp3-320" else form)
        name = self._by_source.get(source) or new_name(track, suffix, self._taken)
        known, there = self._own.tracks.get(name), self._by_name.get(name)
        place = known.analysis_path if known is not None else analysis_path(name, self._analyses)
        number = there.number if there is not None else 0
        work = self._work(
            stick_track(track, number or self._next, name, place, form, self._options.with_cues), track, source, form
        )
        most, size = self._place.most_file_bytes, work.stick.size_bytes
        if most is not None and size > most:
            return f"{size_text(size)} are too much for a file on FAT32, which ends at 4 GB; format the stick as exFAT"
        if not number:
            self._next += 1
        self._analyses.add(place)
        self._numbers[track.path] = self._planned[source] = work.stick.number
        self._size_bytes += 0 if work.has_music else size
        self._size_bytes += 0 if work.has_analyses else round(_ANALYSIS_BYTES_A_S * work.stick.duration_s)
        self._works.append(work)
        self._count_missed(track, work.stick)
        return None

    def _work(self, stick: StickTrack, track: Track, source: tuple[str, str], form: StickForm | None) -> TrackWork:
        has_music = stick.path in self._own.files and os.path.exists(self._place.at(stick.path))
        known = self._own.tracks.get(stick.path) if has_music else None
        if known is not None:
            size_bytes = self._own.files[stick.path].size_bytes
            stick = replace(stick, size_bytes=size_bytes, artwork=known.artwork)
        own = own_track(stick, source)
        has_analyses = (
            known is not None and known.marks == own.marks and os.path.exists(self._place.at(own.analyses[0]))
        )
        if not (has_analyses or self._options.import_first) and self._own.changed(self._place, own.analyses):
            raise UsageError(
                f"a player changed cue points on the stick that would be written over ({stick.title}); add --import to "
                "import them first. Nothing was written"
            )
        there = self._by_name.get(stick.path)
        if there is not None:  # with what players counted
            is_same = known is not None and known.row == own.row
            stick = replace(stick, row=there.row if is_same else None, plays=max(stick.plays, there.plays))
        return TrackWork(
            track=track, stick=stick, own=own, form=form, has_music=known is not None, has_analyses=has_analyses
        )

    # ---- what stays, and what players miss ---------------------------------------------------------

    def _remaining(self, lists: Iterable[StickList]) -> tuple[list[StickTrack], set[str]]:
        """Return existing tracks that stay, and the music that --prune removes."""
        written, used = {work.stick.path for work in self._works}, {number for each in lists for number in each.tracks}
        remaining = [track for track in self._existing.tracks if track.path not in written]
        if not self._options.prune:
            return remaining, set()
        used_names = {track.path for track in remaining if track.number in used}
        unused = self._own.tracks.keys() - written - used_names
        changed = {name for name in unused if self._own.changed(self._place, (name, *self._own.tracks[name].analyses))}
        self._missed["changed on the stick, so not removed"] += len(changed)
        gone = unused - changed
        return [track for track in remaining if track.path not in gone], gone

    def _count_missed(self, track: Track, stick: StickTrack) -> None:
        cues = chosen_cues(track, self._options.with_cues)
        hot = [cue.number for cue in cues if cue.number is not None]
        if max(hot, default=0) >= HOT_CUES:
            self._missed[f"hot cues beyond {HOT_CUES} become memory cues"] += 1
        if len(cues) - len(hot) > MEMORY_CUES:
            self._missed[f"older players show {MEMORY_CUES} memory cues"] += 1
        if track.bpm() is None:
            self._missed["no tempo, so no beat grid and no sync"] += 1
        self._off_beats += BeatGrid.is_off_beats(track, stick.grid)
        names = [getattr(stick, field) or "" for field in ("title", "comment", "mix", *TRACK_ROW.names)]
        if names != [*map(shown, names)]:
            self._missed["names are shortened to what players can show"] += 1

    def _misses(self, wanted: Sequence[Tracklist]) -> list[str]:
        """Return sentences about what players will not show or play."""
        misses = [f"{counted(count, 'track')}: {text}" for text, count in self._missed.items() if count]
        misses += BeatGrid.off_beats_remarks(self._off_beats)
        if not self._options.import_first and self._own.changed(self._place, DATABASES):
            misses.append(
                "players changed the stick since map4 wrote it: --import imports their histories and cue points first"
            )
        if not has_writer_of_plus():
            misses.append(
                "players since 2023 (CDJ-3000X, OPUS-QUAD, XDJ-AZ) show no tracks: they read exportLibrary.db, which "
                f"needs pyrekordbox: {Packages('rekordbox').how_to_add()}"
            )
        if long := [each.name or "" for each in wanted if len(each.tracks) > TRACKS_A_LIST]:
            misses.append(f"{', '.join(long)}: older players show {TRACKS_A_LIST} tracks of a list")
        return misses
