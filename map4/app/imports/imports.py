"""Import the library of another program: match its entries to tracks, and store what it says of them."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TypedDict

import numpy as np

from map4.app.imports.playlists import ImportedPlaylists
from map4.app.playlists.resolve import wanted_of
from map4.domain.dj_library import DjPlaylist, DjTrack
from map4.domain.imported import sound_values
from map4.domain.path_maps import PathMaps, as_file_name
from map4.domain.recording import Recordings
from map4.domain.track import display_path
from map4.domain.tracklist import PlaylistEntry
from map4.errors import NothingFoundError, UsageError
from map4.formats.importer import Importer, ImportReadError, ReadNotes
from map4.formats.importers import importer_for
from map4.infra.sqlite.database import Database
from map4.infra.sqlite.import_rows import Earlier, Lost, Place, Read, Waiting
from map4.infra.sqlite.imports import ImportStore
from map4.infra.sqlite.lists import PlaylistStore
from map4.infra.sqlite.tracks import TrackStore
from map4.ports.imports import ImportSummary, Joined, StoredImport
from map4.selection.matching.copy_offset import Copy, Offset, offset_of_copy
from map4.selection.matching.matcher import KnownName, TrackMatcher, WantedTrack
from map4.selection.matching.names import SURE

_IMPOSSIBLE = "values that no track can have"

OnTrack = Callable[[int], object]
"""Is told how many tracks are read."""


@dataclass(slots=True)
class _Tally:
    """What was read so far."""

    tracks: int = 0
    matched: int = 0
    cues: int = 0
    grids: int = 0
    lists: list[DjPlaylist] = field(default_factory=list)
    waiting: list[PlaylistEntry] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """How a file of another program is read.

    Parameters
    ----------
    format_name : name of an importer (`map4.formats.importers.importers`); None recognises the file
    places : how its paths are mapped to this machine's
    least_certainty : matches below it are not taken (0-1)
    dry_run : only see what would be taken over
    """

    format_name: str | None = None
    places: PathMaps = field(default_factory=PathMaps)
    least_certainty: float = SURE
    dry_run: bool = False


class Imports:
    """Imports of one library; what is found in files is read once, and kept."""

    def __init__(self, database: Database, store: TrackStore) -> None:
        self._store = store
        self._imports = ImportStore(database)
        self._lists = PlaylistStore(database, store)

    def run(
        self,
        path: str,
        options: ImportOptions,
        *,
        on_track: OnTrack | None = None,
    ) -> ImportSummary:
        """Import a file; see `map4.Library.import_file`."""
        path = os.path.abspath(os.path.expanduser(path))
        notes, tally = ReadNotes(), _Tally()
        try:
            importer = importer_for(path, options.format_name)
            # What the rows below need of the library is read before they are staged.
            earlier, _ = self._imports.earlier(importer.name, path), self._names

            def look_up(track: DjTrack) -> Read:
                read = self._looked_up(track, _folder_of(path), options.places, options.least_certainty)
                return self._as_before(read, earlier)

            with self._imports.staging(self._read(importer, path, notes, tally, look_up, on_track)):
                now = datetime.now(UTC)
                changed = self._imports.put(
                    importer.name, path, version=notes.version, now=now, dry_run=options.dry_run
                )
                lists = ImportedPlaylists(self._imports, self._lists, importer, path)
                stored = lists.put(tally.lists, now=now, dry_run=options.dry_run)
            # A file may have been replaced before anything was known of it.
            copies = self._carry_over() if changed and not options.dry_run else Joined()
        except FileNotFoundError:
            raise NothingFoundError(f"there is no file {display_path(path)}") from None
        except IsADirectoryError:
            raise ImportReadError(f"{display_path(path)} is a folder; name the file in it") from None
        except ImportReadError as error:
            raise ImportReadError(f"{display_path(path)}: {error}") from None
        except ValueError as error:
            if "null" not in str(error):
                raise
            raise UsageError(f"{path!r} is no path: it holds a NUL") from None
        return ImportSummary(
            path=path,
            format=importer.name,
            version=notes.version,
            tracks=tally.tracks,
            matched=tally.matched,
            changed=changed,
            cues=tally.cues,
            grids=tally.grids,
            lists=stored.names,
            changed_lists=stored.changed,
            waiting=tuple(tally.waiting),
            remarks=(*notes.sentences(), *stored.remarks, *copies.sentences()),
            is_dry_run=options.dry_run,
        )

    def _read(
        self,
        importer: Importer,
        path: str,
        notes: ReadNotes,
        tally: _Tally,
        look_up: Callable[[DjTrack], Read],
        on_track: OnTrack | None,
    ) -> Iterator[Read]:
        for item in importer.read(path, notes):
            if isinstance(item, DjPlaylist):
                tally.lists.append(item)
                continue
            values, lost = sound_values(item.values)
            if values is not item.values:
                item = replace(item, values=values)
                notes.left_out[_IMPOSSIBLE] += lost
            read = look_up(item)
            tally.tracks += 1
            tally.cues += len(item.values.cues)
            tally.grids += bool(item.values.grid)
            if read.place is None:
                tally.waiting.append(item.entry)
            else:
                tally.matched += 1
            if on_track is not None:
                on_track(tally.tracks)
            yield read

    def _looked_up(self, track: DjTrack, folder: str, places: PathMaps, least_certainty: float) -> Read:
        wanted = wanted_of(track.entry, folder, places)
        return Read(track=track, paths=wanted.paths, place=self._names.place_of(wanted, least_certainty))

    def _as_before(self, read: Read, earlier: Earlier) -> Read:
        """An entry that was carried over to another copy stays there, unless the file that it names is back; one whose
        file was found by its path stays with it where it is not found so now, as no path map need be told twice."""
        found, key = read.place, read.track.key
        is_carried = earlier.is_carried(key)
        if not is_carried and found is not None and found.method in ("audio_id", "path"):
            return read
        kept = earlier.of(key)
        if kept is None or not kept.is_of(read.track.entry):
            return read
        if is_carried:
            is_other = found is not None and found.audio_id != kept.place.audio_id
            is_over = is_other and found is not None and self._names.is_present(found.path)
        else:
            is_over = not self._names.has_audio(kept.place.audio_id)
        return read if is_over else replace(read, paths=kept.paths, place=kept.place)

    @cached_property
    def _names(self) -> _Names:
        return _Names(self._store.known_names())

    # ---- later -----------------------------------------------------------------------------------

    def is_used(self) -> bool:
        """Whether anything was ever imported."""
        return self._imports.is_used()

    def history(self) -> list[StoredImport]:
        """Every file that was imported, the last one first."""
        return self._imports.history()

    def waiting(self) -> list[PlaylistEntry]:
        """Entries whose file the library does not have."""
        return [waiting.entry for waiting in self._imports.waiting()]

    def forget(self, path: str) -> None:
        """Drop what was imported from a file; its lists stay, they are the user's.

        Raises
        ------
        NothingFoundError
            If nothing was imported from it.
        """
        path = os.path.abspath(os.path.expanduser(path))
        if not self._imports.forget(path):
            raise NothingFoundError(
                f"nothing was imported from {display_path(path)}; 'map4 import --history' shows what was"
            )

    def join(self, places: PathMaps | None = None) -> Joined:
        """Look again for the files of waiting entries, and for copies of recordings whose file is gone.

        Parameters
        ----------
        places : folders that have another name here; None leaves those of the import
        """
        waiting = self._imports.waiting()
        found = [(entry, place) for entry in waiting if (place := self._place_of(entry, places)) is not None]
        if found:
            self._imports.join(found)
        return replace(self._carry_over(), tracks=len(found))

    def _carry_over(self) -> Joined:
        """Give what was imported for a recording whose file is gone to another copy of it."""
        replaced, by_hand = 0, 0
        for lost in self._imports.lost():
            copy = self._copy_of(lost)
            if copy is not None:
                known, offset = copy
                place = Place(
                    audio_id=known.audio_id or "", path=known.path, method="recording", offset_s=offset.offset_s
                )
                self._imports.carry(lost, place)
                replaced += 1
                by_hand += not offset.is_fine
        return Joined(replaced=replaced, by_hand=by_hand)

    def _place_of(self, waiting: Waiting, places: PathMaps | None) -> Place | None:
        wanted = wanted_of(waiting.entry, os.sep, places or PathMaps())
        paths = tuple(dict.fromkeys((*wanted.paths, *waiting.paths)))
        return self._names.place_of(replace(wanted, paths=paths), SURE)

    def _copy_of(self, lost: Lost) -> tuple[KnownName, Offset] | None:
        """Another copy of a recording, by its name or in its place, and surely by its sound."""
        old = self._sounding(lost.audio_id)
        if old is None:
            return None
        for known in self._names.like(lost):
            new = None if known.audio_id in (None, lost.audio_id) else self._sounding(known.audio_id or "")
            offset = None if new is None else offset_of_copy(old, new)
            if offset is not None:
                return known, offset
        return None

    def _sounding(self, audio_id: str) -> Copy | None:
        analysis = self._store.analysis(audio_id)
        if analysis is None or analysis.fingerprint is None:
            return None
        return Copy(fingerprint=analysis.fingerprint, beats_s=np.asarray(analysis.beats_s, dtype=np.float64))


def _folder_of(path: str) -> str:
    """The folder that relative paths in a library lie in."""
    return path if os.path.isdir(path) else os.path.dirname(path)


class _Names:
    """What the library's files are called, in the ways they are looked up."""

    def __init__(self, names: list[KnownName]) -> None:
        self._matcher = TrackMatcher(names)
        self._audio_ids = {name.path: name.audio_id for name in names}
        self._audio = frozenset(self._audio_ids.values())
        self._present = {name.path: name for name in names if not name.is_missing}

    def place_of(self, wanted: WantedTrack, least_certainty: float) -> Place | None:
        """The file that is meant; None where none fits so surely, or where it could not be identified: an entry gets
        its place once it can."""
        paths = tuple(map(as_file_name, wanted.paths))
        named = wanted if paths == wanted.paths else replace(wanted, paths=paths)
        match = self._matcher.match(named, least_certainty=least_certainty)
        audio_id = None if match is None else self._audio_ids.get(match.path)
        if match is None or audio_id is None or match.certainty < least_certainty:
            return None
        return Place(audio_id=audio_id, path=match.path, method=match.method)

    def has_audio(self, audio_id: str) -> bool:
        """Whether any file of the library, gone or not, holds this audio."""
        return audio_id in self._audio

    def is_present(self, path: str) -> bool:
        """Whether a file of the library was there when it was last looked for."""
        return path in self._present

    def like(self, lost: Lost) -> Iterator[KnownName]:
        """Files that are there and may hold a lost recording: the one in its place, also of another kind (`a.flac`
        where `a.mp3` was), then those of its name."""
        if lost.path in self._present:
            yield self._present[lost.path]
        yield from self._by_stem.get(_stem(lost.path), ())
        for artist, title in lost.names:
            yield from self._recordings.same(audio_id=None, artist=artist, title=title, duration_s=lost.duration_s)

    @cached_property
    def _by_stem(self) -> dict[str, list[KnownName]]:
        found: dict[str, list[KnownName]] = {}
        for name in self._present.values():
            found.setdefault(_stem(name.path), []).append(name)
        return found

    @cached_property
    def _recordings(self) -> Recordings[KnownName]:
        found: Recordings[KnownName] = Recordings()
        for name in self._present.values():
            found.add(name, audio_id=None, artist=name.artist, title=name.title, duration_s=name.duration_s)
        return found


def _stem(path: str) -> str:
    """A path without its suffix, comparable."""
    return unicodedata.normalize("NFC", os.path.splitext(path)[0])


class ImportKeywords(TypedDict, total=False):
    """`map4.app.imports.imports.ImportOptions`."""

    format_name: str | None
    places: PathMaps
    least_certainty: float
    dry_run: bool
