"""Stores playlists of other programs as lists of map4."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from map4.core.base.actor import Actor
from map4.core.base.paths import display_path
from map4.core.base.text import clean, name_key
from map4.core.music.lists.listed import ImportedList, ImportedPlace, ListedPick, ListHeader, ListName
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.plays import Play, PlayTime
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store
from map4.formats import DjPlaylist, Importer
from map4.imports.store.imports import SqlImports
from map4.lists import SqlPlaylists

# Room for a folder's name or a number after a name that is taken.
_SUFFIX_LETTERS = 40
# Maximum number of renamed lists that a message names, to keep it readable.
_MOST_SHOWN = 4
_IMPOSSIBLE_TIMES = "times of plays before 1990 or in the future"
_ZONE_STEP_S = 15 * 60
_MOST_ZONES_S = 26 * 3600  # from UTC-12 to UTC+14


class ImportedPlaylists:
    """Stores lists under their own name or a free one; the same list keeps its name at later imports."""

    def __init__(self, store: Store, importer: Importer, path: str) -> None:
        # Imports of other programs belong to all accounts, whoever imports them.
        self._imports, self._lists = store.part(SqlImports), store.acting_as(Actor.LOCAL).part(SqlPlaylists)
        self._importer = importer
        self._path, self._file = path, display_path(path)
        self._others = {old.path for old in store.part(SqlImports).history() if old.format == importer.name} - {path}

    def put(self, lists: Iterable[DjPlaylist], *, now: datetime, dry_run: bool) -> tuple[list[str], int, list[str]]:
        """Store lists whose tracks are staged; unchanged lists are not touched.

        returns: their names in map4, how many are new or changed, and messages
        """
        taken = {name_key(stored.name) for stored in self._lists.all()}
        ours = self._ours()
        elsewhere: set[str] = set()
        if not self._importer.is_one_list:
            elsewhere = {place.name for place in ours if place.file not in (None, self._file)}
        exported = self._lists.exported_as()
        names: list[str] = []
        renamed: list[str] = []
        changed = twice = 0
        for playlist, place in self._placed(lists):
            content = self._content(playlist, place)
            name = ours.get(place)
            if name is None and playlist.kind == "history":
                name = self._free_name(playlist, taken, renamed)
            elif name is None:
                alike = exported.get((playlist.folders, playlist.name), ()) if content.tracks else ()
                same = (other for other in alike if self._lists.holds(other, content, with_header=False))
                name = next(same, None)
                if name is not None:  # it came from here or another program, and returned
                    names.append(name)
                    continue
                name = self._free_name(playlist, taken, renamed, playlist.name in elsewhere)
                twice += playlist.name in elsewhere
            taken.add(name_key(name))
            names.append(name)
            if not self._lists.holds(name, content):
                changed += 1
                if not dry_run:
                    self._lists.put(
                        name, content, now=now, count_plays=False
                    )  # the import does that for all its tracks
        remarks = [_renamed(renamed)] if renamed else []
        if twice:
            remarks.append(
                f"lists of these names from another file of {self._importer.title} stay ({twice}); if this file "
                "replaces it, forget the other file first ('map4 import forget')"
            )
        return names, changed, remarks

    def in_utc(self, lists: Iterable[DjPlaylist], left_out: Counter[str]) -> Iterator[DjPlaylist]:
        """Yield the same lists with times in UTC.

        Programs that write no zone use the clock of the machine, whose zone may have changed since the last import. A
        stored history keeps its times if they differ only by a zone.
        """
        lists = list(lists)
        yield from (playlist for playlist in lists if playlist.kind == "plays")
        ours = self._ours()
        for playlist, place in self._placed(lists):
            times = PlayTime.utc_of_sequence(playlist.times)
            for index, time in enumerate(times):
                if time is not None and not PlayTime.is_plausible(datetime.fromisoformat(time)):
                    times[index] = None
                    left_out[_IMPOSSIBLE_TIMES] += 1
            name = ours.get(place) if times != list(playlist.times) else None
            stored = None if name is None else self._lists.get(name)
            if stored is not None:
                times = _move_to_zone([pick.played_at for pick in stored.picks], times)
            yield replace(playlist, times=tuple(times))

    def plays(self, lists: Iterable[DjPlaylist], length_of: Callable[[str | None], float | None]) -> Iterator[Play]:
        """Yield the plays of histories; entries without a time are skipped.

        length_of: returns the length of a matched track by its audio id, in seconds; it counts before the entry's
        """
        source = Play.source_of(self._importer.name)
        for playlist in lists:
            times = () if playlist.kind == "list" else playlist.times
            for index, path, entry, audio_id in self._imports.staged(playlist.keys if any(times) else ()):
                at = times[index]
                if at is not None:
                    name = entry.title or os.path.splitext(os.path.basename(display_path(path)))[0]
                    yield Play(
                        audio_id=audio_id,
                        artist=clean(entry.artist or "") or None,
                        title=clean(name) or "?",
                        at=at,
                        source=source,
                        is_skip=playlist.is_skip(index),
                        heard_s=playlist.played_s[index] if playlist.played_s else None,
                        length_s=length_of(audio_id) or entry.duration_s,
                    )

    def cut_short(self, lists: Iterable[DjPlaylist]) -> tuple[str, int, int] | None:
        """Return the first list that has fewer tracks than its stored copy: its name here, new and old number."""
        ours, had = self._ours(), {stored.name: stored.tracks for stored in self._lists.all()}
        for playlist, place in self._placed(lists):
            name = ours.get(place)
            if name is not None and playlist.live is None and len(playlist.keys) < had[name]:
                return name, len(playlist.keys), had[name]
        return None

    def _ours(self) -> dict[ImportedPlace, str]:
        """Return the names of the lists of this kind of library, by their place there.

        Lists of a forgotten file, or without a file from an older map4, count as this file's, so a collection can move.
        """
        ours = self._lists.imported(self._importer.name)
        if self._importer.is_one_list:
            return ours
        others = set(map(display_path, self._others))
        return {replace(p, file=self._file): name for p, name in ours.items() if p.file not in others} | ours

    def _free_name(
        self, playlist: DjPlaylist, taken: Container[str], renamed: list[str], is_elsewhere: bool = False
    ) -> str:
        """Return a free name; `is_elsewhere`: another file of the program also has a list of this name."""
        names = self._names(playlist)
        if is_elsewhere:
            names = _names(playlist.name, (self._source(),), self._importer.title)
        name = next(free for free in names if name_key(free) not in taken)
        if name_key(name) != name_key(playlist.name):
            renamed.append(f"'{clean(playlist.name)}' is '{name}'")
        return name

    def _source(self) -> str:
        """Return the file's name; if another file of the program has the same name, its folder's name."""
        folder, name = os.path.split(self._file)
        is_shared = any(os.path.basename(display_path(other)) == name for other in self._others)
        return os.path.basename(folder) if is_shared else os.path.splitext(name)[0]

    def _placed(self, lists: Iterable[DjPlaylist]) -> Iterator[tuple[DjPlaylist, ImportedPlace]]:
        """Yield lists with their places; a folder of a program may have several lists with the same name."""
        seen: Counter[tuple[tuple[str, ...], str]] = Counter()
        for playlist in lists:
            if playlist.kind == "plays":
                continue
            name = playlist.identity or playlist.name
            seen[playlist.folders, name] += 1
            number = seen[playlist.folders, name]
            # Several files of a program may contain the same history.
            file = self._file if playlist.kind == "list" or self._importer.is_one_list else None
            yield playlist, ImportedPlace(folders=playlist.folders, name=name, number=number, file=file)

    def _content(self, playlist: DjPlaylist, place: ImportedPlace) -> Tracklist:
        tracks: list[Track] = []
        picks: list[ListedPick] = []
        for index, path, entry, audio_id in self._imports.staged(playlist.keys):
            tags = Tags(artist=entry.artist, title=entry.title)
            tracks.append(Track(path=path, state="missing", audio_id=audio_id, tags=tags))
            picks.append(ListedPick(played_at=playlist.times[index] if playlist.times else None))
        imported = ImportedList(format=self._importer.name, place=place, is_history=playlist.kind == "history")
        return Tracklist(tracks=tracks, picks=picks, header=ListHeader(imported=imported, live=playlist.live))

    def _names(self, playlist: DjPlaylist) -> Iterator[str]:
        """Yield the names that a list can have here, the best first."""
        folders = playlist.folders
        if self._importer.is_one_list:
            folders = (os.path.basename(os.path.dirname(self._path)),)
        return _names(playlist.name, folders, self._importer.title)


def _move_to_zone(stored: Sequence[str | None], times: Sequence[str | None]) -> list[str | None]:
    """Return times moved to the stored times' zone; unchanged if they differ by more than a zone."""
    shift_s, moved = 0, []
    for place, time in enumerate(times):
        before = stored[place] if place < len(stored) else None
        if time is not None and before is not None:
            shift_s = PlayTime.seconds(before) - PlayTime.seconds(time)
            if shift_s % _ZONE_STEP_S or abs(shift_s) > _MOST_ZONES_S:
                return list(times)
        moved.append(None if time is None else PlayTime.utc(PlayTime.seconds(time) + shift_s))
    return moved


def _renamed(renamed: Sequence[str]) -> str:
    """Return a message on the lists that could not keep their names."""
    lists = "1 list has" if len(renamed) == 1 else f"{len(renamed):,} lists have"
    more = f", and {len(renamed) - _MOST_SHOWN:,} more" if len(renamed) > _MOST_SHOWN else ""
    return f"{lists} another name here: {', '.join(renamed[:_MOST_SHOWN])}{more}"


def _names(wanted: str, folders: tuple[str, ...], title: str) -> Iterator[str]:
    name = ListName.possible(wanted, ListName.MOST_LETTERS - _SUFFIX_LETTERS)
    yield name
    if folders and folders[-1]:
        yield f"{name} ({ListName.possible(folders[-1], _SUFFIX_LETTERS - 3)})"
    yield f"{name} ({title})"
    number = 2
    while True:
        yield f"{name} ({title} {number})"
        number += 1
