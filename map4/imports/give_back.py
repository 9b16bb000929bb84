"""Give entries and places of lists back to their own files, after an older map4 moved them to copies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from map4.core.base.paths import display_path
from map4.imports.records import GivenBack
from map4.imports.store.imports import MovedEntry, SqlImports
from map4.lists import SqlPlaylists

if TYPE_CHECKING:
    from map4.core.music.lists.tracklist import Tracklist
    from map4.core.music.track.track import Track
    from map4.core.store.sql_store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedImport:
    """The entries of an imported file whose own files are back.

    path: the imported file
    own: the track of each entry
    lists: stored lists, with these tracks in their places again
    unknown: names of lists without a version that says whether the copy took a place
    """

    path: str
    own: Mapping[MovedEntry, Track]
    lists: tuple[Tracklist, ...]
    unknown: tuple[str, ...]


class ReturnedFiles:
    """Finds what an older map4 moved to copies of files that are back, and gives it back."""

    def __init__(self, store: Store) -> None:
        self._store, self._imports, self._lists = store, store.part(SqlImports), store.part(SqlPlaylists)

    def each(self) -> Iterator[MovedImport]:
        """Yield the imports with such entries."""
        for path, group in groupby(self._imports.moved(), attrgetter("import_path")):
            own = {entry: track for entry in group if (track := self._own(entry)) is not None}
            if own:
                lists, unknown = self._places(path, own)
                yield MovedImport(path=path, own=own, lists=lists, unknown=unknown)

    def give_back(self, *, dry_run: bool = False) -> GivenBack:
        """Give everything back; lists get a new version."""
        entries, lists, unknown = 0, dict[str, None](), dict[str, None]()
        with self._store.at_once():
            for moved in self.each():  # each sees what was given back before
                entries += len(moved.own)
                lists |= dict.fromkeys(listed.name or "" for listed in moved.lists)
                unknown |= dict.fromkeys(moved.unknown)
                if not dry_run:
                    self._imports.give_back(
                        {entry: (track.audio_id or "", track.path) for entry, track in moved.own.items()}
                    )
                    for content in moved.lists:
                        self._lists.put(
                            str(content.id), content, now=datetime.now(UTC), keep=None, what="own files are back"
                        )
        return GivenBack(entries=entries, lists=tuple(lists), unknown=tuple(unknown), is_dry_run=dry_run)

    def _own(self, entry: MovedEntry) -> Track | None:
        """The file that an entry names, if it is back and has the recording of the copy."""
        from map4.imports.reading import is_copy

        named = json.loads(entry.entry)
        for path in (*named.get("paths", ()), named.get("location")):
            track = self._store.tracks.track(path) if path else None
            if track is None or track.audio_id in (None, entry.audio_id) or track.state == "missing":
                continue
            if is_copy(self._store, track.audio_id or "", entry.audio_id):
                return track
        return None

    def _places(self, path: str, own: Mapping[MovedEntry, Track]) -> tuple[tuple[Tracklist, ...], tuple[str, ...]]:
        lists: list[Tracklist] = []
        unknown = dict[str, None]()
        by_copy: dict[str, list[tuple[MovedEntry, Track]]] = {}
        for entry, track in own.items():
            by_copy.setdefault(entry.audio_id, []).append((entry, track))
        for uid in self._lists.with_audio(by_copy):
            content = self._lists.get(uid)
            if content is None:
                continue
            tracks, name = [*content.tracks], content.name or ""
            for copy, [(entry, track), *others] in by_copy.items():
                places = [place for place, each in enumerate(tracks) if each.as_listed.audio_id == copy]
                if not places or any(each.as_listed.audio_id == track.audio_id for each in tracks):
                    continue
                if not others and (
                    self._is_of_import(content, path, entry) or self._was_own(uid, track, copy, len(places))
                ):
                    for place in places:
                        tracks[place] = track
                else:
                    unknown[name] = None
            if tracks != content.tracks:
                lists.append(replace(content, tracks=tracks))
        return tuple(lists), tuple(unknown)

    @staticmethod
    def _is_of_import(content: Tracklist, path: str, entry: MovedEntry) -> bool:
        """True for an unchanged list of the imported file, if only this entry of the file is at the copy."""
        imported = content.header.imported
        is_its = imported is not None and not imported.is_own and imported.place.file == display_path(path)
        return is_its and not entry.is_shared

    def _was_own(self, uid: str, own: Track, copy: str, places: int) -> bool:
        """True if the newest version with the own file has it as often, and not the copy."""
        for version in self._lists.versions(uid):
            content = self._lists.at_version(uid, version.version)
            ids = [] if content is None else [track.as_listed.audio_id for track in content.tracks]
            if own.audio_id in ids:
                return copy not in ids and ids.count(own.audio_id) >= places
        return False
