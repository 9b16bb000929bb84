"""Read a file of another program, match its entries to tracks, and store its data."""

from __future__ import annotations

import math
import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, cached_property, partial
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from map4.core.audio.jobs import WalkOptions, WalkProblem
from map4.core.audio.tags import read_file_tags
from map4.core.base.path_maps import Location, PathMap, PathMaps
from map4.core.base.paths import PathLike, absolute_path, display_path
from map4.core.base.text import clean, counted, name_key
from map4.core.music.lists.tracklist import PlaylistEntry
from map4.core.music.plays import Play
from map4.core.music.recording import KnownName, Recordings
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.mark_words import OwnMark
from map4.core.music.track.written_words import words_in_comment, words_in_grouping
from map4.core.store.sql_store import Store
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.formats import DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.imports.options import ImportOptions, MarkSource, OnCount
from map4.imports.playlists import ImportedPlaylists
from map4.imports.records import (
    IMPORTED_VALUES,
    ImportSummary,
    MatchedFile,
    PendingMatches,
    StagedEntry,
    plain_location,
)
from map4.imports.store.imports import Pending, SqlImports, SqlSubstitutes, Substitute
from map4.library import hookspecs
from map4.plays import SqlPlays, SqlPlaySteps
from map4.scan import DiskFiles
from map4.search import Copy, NameMatcher, TrackMatcher, WantedTrack
from map4.values import AddedMarks, SqlValues

if TYPE_CHECKING:
    from map4.imports.store.imports import AwayAudio
    from map4.search import Offset


_MOST_SHOWN = 4


class LibraryFiles:
    """The files of a library, by names in entries and by sound."""

    def __init__(self, store: Store) -> None:
        names = store.tracks.known_names()
        self.store = store
        self._matcher = TrackMatcher(names)
        self._audio_ids = {name.path: name.audio_id for name in names}
        self._lengths_s = {name.audio_id: name.duration_s for name in names}
        absent = store.tracks.absent_roots()
        self._present = {name.path: name for name in names if not (name.is_missing or name.path.startswith(absent))}
        self._choices = [*hookspecs.chosen_files(store)]

    def match(self, wanted: WantedTrack, least_certainty: float) -> MatchedFile | None:
        """Return the file of an entry; None if no file matches with enough certainty, or if it is not identified yet:
        the entry is matched once it is."""
        paths = tuple(map(Location.as_file_name, wanted.paths))
        audio_id = wanted.audio_id or next((chosen for choose in self._choices if (chosen := choose(wanted))), None)
        named = replace(wanted, paths=paths, audio_id=audio_id)
        match = self._matcher.match(named, least_certainty=least_certainty)
        audio_id = None if match is None else self._audio_ids.get(match.path)
        if match is None or audio_id is None or match.certainty < least_certainty:
            return None
        return MatchedFile(audio_id=audio_id, path=match.path, method=match.method)

    def has_audio(self, audio_id: str) -> bool:
        """Return whether any file of the library, existing or gone, has this audio."""
        return audio_id in self._lengths_s

    def is_present(self, path: str) -> bool:
        """Return whether a file of the library existed when last checked."""
        return path in self._present

    def length_s(self, audio_id: str | None) -> float | None:
        """Return the length of audio; None if it was never measured."""
        return self._lengths_s.get(audio_id)

    def copy_of(self, away: AwayAudio) -> tuple[str, Offset] | None:
        """Return the audio of another copy of a recording, found by name or place and confirmed by sound."""
        old, candidates = None, dict.fromkeys(known.audio_id for known in self._candidates_like(away))
        for audio_id in candidates:
            if audio_id in (None, away.audio_id):
                continue
            old = old or sound_of(self.store, away.audio_id)
            new = None if old is None else sound_of(self.store, audio_id or "")
            offset = None if old is None or new is None else old.offset(new)
            if offset is not None:
                return audio_id or "", offset
        return None

    def _candidates_like(self, away: AwayAudio) -> Iterator[KnownName]:
        """Yield existing files that may contain a recording: the file in its place, also of another type (`a.flac`
        instead of `a.mp3`), then those with its name."""
        for path in away.paths:
            if path in self._present:
                yield self._present[path]
            yield from self._files_by_stem.get(_stem(path), ())
        for artist, title in away.names:
            yield from self._recordings.same(audio_id=None, artist=artist, title=title, duration_s=away.duration_s)

    @cached_property
    def _files_by_stem(self) -> dict[str, list[KnownName]]:
        names: dict[str, list[KnownName]] = {}
        for name in self._present.values():
            names.setdefault(_stem(name.path), []).append(name)
        return names

    @cached_property
    def _recordings(self) -> Recordings[KnownName]:
        recordings: Recordings[KnownName] = Recordings()
        for name in self._present.values():
            recordings.add(name, audio_id=None, artist=name.artist, title=name.title, duration_s=name.duration_s)
        return recordings


def sound_of(store: Store, audio_id: str) -> Copy | None:
    """Return the data for comparing audio; None if it was not analysed."""
    analysis = store.tracks.analysis(audio_id)
    if analysis is None or analysis.fingerprint is None:
        return None
    return Copy(fingerprint=analysis.fingerprint, beats_s=np.asarray(analysis.beats_s or (), dtype=np.float64))


def is_copy(store: Store, audio_id: str, other_id: str) -> bool:
    """Return whether two audios are the same recording."""
    one, other = sound_of(store, audio_id), sound_of(store, other_id)
    return one is not None and other is not None and one.offset(other) is not None


def _stem(path: str) -> str:
    """Return a path without its suffix, normalised for comparison."""
    return unicodedata.normalize("NFC", os.path.splitext(path)[0])


class ImportedMarks:
    """Collects the marks of an import from the requested sources."""

    def __init__(self, sources: Collection[MarkSource]) -> None:
        self._sources = frozenset(sources)
        self._of_audio: dict[str, dict[str, str]] = {}
        self._waiting: set[str] = set()
        self._otherwise: dict[tuple[str, str], None] = {}
        self._mark = cache(OwnMark.of_text)

    def note_track(self, track: DjTrack, audio_id: str | None) -> None:
        """Collect the marks of a track; without audio, its file is missing so far."""
        words: list[str] = []
        if "my-tag" in self._sources:
            words += (*track.my_tags, *words_in_comment(track.values.comment or ""))
        if "grouping" in self._sources:
            words += words_in_grouping(track.values.grouping or "")
        if words and audio_id is None:
            self._waiting.add(track.key)
        elif audio_id is not None:
            self._note(audio_id, words)

    def note_lists(
        self, lists: Iterable[DjPlaylist], staged: Callable[[DjPlaylist], Iterable[tuple[str, str | None]]]
    ) -> None:
        """Collect lists as marks; skips histories and smart lists.

        staged: returns the keys of a list's tracks, each with its matched audio or None
        """
        for playlist in lists if "lists" in self._sources else ():
            for key, audio_id in staged(playlist) if playlist.kind == "list" and playlist.live is None else ():
                if audio_id is None:
                    self._waiting.add(key)
                else:
                    self._note(audio_id, [playlist.name])

    def _note(self, audio_id: str, words: Iterable[str]) -> None:
        for word in words:
            mark = self._mark(word)
            if mark is not None:  # else there is no letter in it
                self._of_audio.setdefault(audio_id, {}).setdefault(name_key(mark), mark)
                if mark != " ".join(clean(word).split()):
                    self._otherwise[word, mark] = None

    def put(self, store: Store, *, now: datetime, dry_run: bool) -> tuple[AddedMarks, list[str]]:
        """Add the marks; returns the result and the messages."""
        wanted: Mapping[str, Iterable[str]] = {audio_id: of_one.values() for audio_id, of_one in self._of_audio.items()}
        added = store.part(SqlValues).add_marks(wanted, now=now, dry_run=dry_run) if wanted else AddedMarks()
        lines = []
        if self._otherwise:
            renamed = [f"'{clean(word)[:80]}' is '{mark}'" for word, mark in self._otherwise]
            more = f", and {len(renamed) - _MOST_SHOWN:,} more" if len(renamed) > _MOST_SHOWN else ""
            lines.append(f"written otherwise as marks: {', '.join(renamed[:_MOST_SHOWN])}{more}")
        if self._waiting:
            lines.append(
                f"{counted(len(self._waiting), 'track')} with marks without a file here yet; when the files are here, "
                "import with --marks again"
            )
        if added.taken_off:
            lines.append(
                f"marks that you removed or renamed stay so ({added.taken_off:,}); 'map4 set --mark' sets them"
            )
        if added.too_many:
            lines.append(f"left out: marks of tracks that already have the maximum ({added.too_many:,})")
        return added, lines


# The keys of `ImportSummary.values`, except cue points and grids -> their attributes.
_FIELDS = {name: attrgetter(name) for name in ("bpm", "key", "rating", "comment", "color")}
_FIELDS |= {"names": attrgetter("title", "artist"), "plays": attrgetter("play_count", "last_played")}
_FIELDS |= {"dates": attrgetter("date_added")}
_UNKNOWN = (None, (None, None))
_MOST_SUGGESTED = 5  # of path maps


@dataclass(slots=True)
class ImportTally:
    """The counts so far."""

    marks: ImportedMarks
    tracks: int = 0
    matched: int = 0
    cues: int = 0
    grids: int = 0
    values: Counter[str] = field(default_factory=Counter)
    lists: list[DjPlaylist] = field(default_factory=list)
    pending: list[PlaylistEntry] = field(default_factory=list)
    behind: int = 0
    unplayed: set[str] = field(default_factory=set)
    elsewhere: Counter[PathMap] = field(default_factory=Counter)

    def note_folder(self, staged: StagedEntry) -> None:
        """Record the path map that a file implies if its place differs from its entry's."""
        location = staged.track.entry.location
        if staged.file is not None and location is not None and staged.file.path not in staged.paths:
            path_map = PathMap.between(plain_location(location), staged.file.path)
            if path_map is not None:
                self.elsewhere[path_map] += 1

    def suggested_maps(self) -> tuple[PathMap, ...]:
        """Return the path maps that at least two tracks imply."""
        common = self.elsewhere.most_common(_MOST_SUGGESTED)
        return tuple(path_map for path_map, count in common if count > 1)


def counts_of(values: ImportedValues) -> dict[str, int]:
    """Count the known values of a track: each cue point, phrase and vocal, everything else once."""
    known = {name: 1 for name, read in _FIELDS.items() if read(values) not in _UNKNOWN}
    parts = {"cues": len(values.cues), "phrases": len(values.structure), "vocals": len(values.vocals)}
    return {**known, "grid": int(bool(values.grid)), **parts}


def music_in(path: str, notes: ReadNotes) -> Iterator[DjTrack]:
    """Yield a file, or every music file in a folder, as a track with its path."""
    os.stat(path)
    position = 0
    for file in DiskFiles().walk((path,), WalkOptions()):
        if isinstance(file, WalkProblem):
            notes.left_out["files and folders that can't be read"] += 1
            continue
        position += 1
        yield DjTrack(key=file.path, entry=PlaylistEntry(position=position, location=file.path))


def with_own_tags(
    staged: StagedEntry, read: Callable[[str, Counter[str]], ImportedValues | None], notes: ReadNotes
) -> DjTrack:
    """Return a track with the data of its own file: the library's file, else a file at one of the entry's paths."""
    file = staged.file
    # Skip a copy of the recording with an offset: its positions differ from the rest.
    paths = (
        *((file.path,) if file is not None and not file.offset_s else ()),
        *map(Location.as_file_name, staged.paths),
    )
    path = next((path for path in paths if os.path.isfile(path)), None)
    if path is None:
        return staged.track
    values = read(path, notes.left_out)
    if values is None:
        return staged.track
    return replace(staged.track, values=ImportedValues.merged((staged.track.values, values)))


def with_tagged_words(track: DjTrack) -> DjTrack:
    """Return a track with the current comment and grouping of its file."""
    tags = read_file_tags(track.key)
    return replace(track, values=ImportedValues(comment=tags.comment, grouping=tags.grouping))


_END_S = 1.0  # programs and decoders disagree on where a file ends


def _importer_of(path: str, options: ImportOptions) -> Importer:
    """Return the importer of a file or folder; refuses marks that it can't give."""
    importer = Importer.of(path, options.format_name)
    if importer.is_of_marks and not options.marks:
        raise UsageError(f"{importer.title} gives only marks: choose --marks grouping or --marks my-tag")
    for source in options.marks:
        if importer.is_one_list if source != "lists" else importer.is_music:
            raise UsageError(f"--marks {source} has no effect on {importer.title}; leave it out")
    return importer


class _FileImport:
    """An import in progress.

    path: the file or folder to read
    known: its path in the library, which differs for uploads
    """

    def __init__(
        self, files: LibraryFiles, importer: Importer, path: str, known: str, notes: ReadNotes, options: ImportOptions
    ) -> None:
        self._store, self._imports, self._files = files.store, files.store.part(SqlImports), files
        self._path, self._known, self._notes, self._options = path, known, notes, options
        self._folder = known if os.path.isdir(known) else os.path.dirname(known)
        self._tally = ImportTally(marks=ImportedMarks(options.marks))
        # The rows need this data; it must be read before they are staged.
        self._earlier = self._imports.earlier(importer.name, known)
        self._substitutes = files.store.part(SqlSubstitutes).pairs(())
        before = self._imports.path_maps(importer.name, known)
        self._maps = before if options.path_maps is None else options.path_maps
        for reading in hookspecs.own_libraries.targets():
            values = partial(self._imports.values, importer.name, known, ImportedValues.from_data)
            importer = reading(importer, path, files.store, values)
        self._importer = importer

    def run(self, on_track: OnCount | None, on_match: Callable[[StagedEntry], None] | None) -> ImportSummary:
        """Read the entries, and store what they give."""
        importer, known, notes, tally, options = self._importer, self._known, self._notes, self._tally, self._options
        with self._imports.staging(self._read(on_track, on_match)), ExitStack() as at_once:
            lists = ImportedPlaylists(self._store, importer, known)
            if notes.is_damaged and (less := self._less(lists)):
                raise ImportReadError(f"it is damaged: {less} first")
            now = datetime.now(UTC)
            if not options.dry_run:  # a failure leaves no half of an import
                at_once.enter_context(self._store.at_once())
            tally.lists = list(lists.in_utc(tally.lists, notes.left_out))
            names, changed_lists, remarks = lists.put(tally.lists, now=now, dry_run=options.dry_run)
            tally.marks.note_lists(
                tally.lists,
                lambda playlist: ((playlist.keys[row[0]], row[3]) for row in self._imports.staged(playlist.keys)),
            )
            if not options.dry_run:
                self._put_plays(lists)
            # After the lists, as their histories count the plays.
            changed = 0
            if not importer.is_of_marks:
                changed = self._imports.put(
                    importer.name, known, version=notes.version, now=now, path_maps=self._maps, dry_run=options.dry_run
                )
            marks, notes_of_marks = tally.marks.put(self._store, now=now, dry_run=options.dry_run)
        played = set[str]().union(*(playlist.played() for playlist in tally.lists))
        tally.values["plays"] += len(played & tally.unplayed)
        if changed and (dated := tally.values["dates"]):
            notes.remarks.append(f"dates added now come from {importer.title} ({dated:,}), also in 'added:' of lists")
        return ImportSummary(
            path=known,
            format=importer.name,
            version=notes.version,
            tracks=tally.tracks,
            matched=tally.matched,
            changed=changed,
            cues=tally.cues,
            grids=tally.grids,
            values={name: tally.values[name] for name in IMPORTED_VALUES},
            lists=tuple(names),
            histories=sum(playlist.kind == "history" for playlist in tally.lists),
            changed_lists=changed_lists,
            waiting=tuple(tally.pending),
            marks=marks.added,
            marks_step=marks.step,
            remarks=(*notes.sentences(), *remarks, *notes_of_marks),
            path_maps=self._maps.maps,
            remembers_maps=bool(self._maps.maps) and options.path_maps is None,
            suggested_maps=tally.suggested_maps(),
            is_dry_run=options.dry_run,
        )

    def _put_plays(self, lists: ImportedPlaylists) -> None:
        step, plays = None, self._importer.plays
        for play in lists.plays(self._tally.lists, self._files.length_s):
            step = step or self._store.part(SqlPlaySteps).begin("import", self._known)
            is_exact = plays != "minute" or play.is_skip
            apart_s = Play.counts_after_s(play.length_s) if plays == "again" else 0.0
            self._store.part(SqlPlays).add(play, apart_s=apart_s if is_exact else 60.0, is_exact=is_exact, step=step)

    def _read(self, on_track: OnCount | None, on_match: Callable[[StagedEntry], None] | None) -> Iterator[StagedEntry]:
        importer, notes, tally = self._importer, self._notes, self._tally
        for item in music_in(self._path, notes) if importer.is_music else importer.read(self._path, notes):
            if isinstance(item, DjPlaylist):
                if item.kind == "history" and not item.keys:
                    notes.left_out["histories without a track"] += 1
                else:
                    tally.lists.append(item)
                continue
            wanted = WantedTrack.of(item.entry, self._folder, self._maps)
            file = self._files.match(wanted, self._options.least_certainty)
            staged = self._as_before(StagedEntry(track=item, paths=wanted.paths, file=file))
            audio_id = None if staged.file is None else staged.file.audio_id
            if importer.is_of_marks:
                tally.tracks += 1
                tally.matched += audio_id is not None
                if audio_id is not None:
                    tally.marks.note_track(with_tagged_words(item), audio_id)
                continue
            if importer.tags is not None:
                item = with_own_tags(staged, importer.tags, notes)
                if importer.is_music and item.values.is_empty:
                    continue
            values, lost = item.values.plausible()
            if lost:
                notes.count_impossible(item.values, values)
            if values is not item.values:
                item = replace(item, values=values)
            if item is not staged.track:
                staged = replace(staged, track=item)
            tally.marks.note_track(item, audio_id)
            tally.tracks += 1
            tally.cues += len(item.values.cues)
            tally.grids += bool(item.values.grid)
            if staged.file is None:
                tally.pending.append(item.entry)
            else:
                tally.matched += 1
                tally.note_folder(staged)
                tally.behind += self._count_behind(staged.file, item.values)
                counts = counts_of(item.values)
                tally.values.update(counts)
                if "plays" not in counts:
                    tally.unplayed.add(item.key)
                if on_match is not None:
                    on_match(staged)
            if on_track is not None:
                on_track(tally.tracks)
            yield staged
        if tally.behind:
            notes.remarks.append(
                f"cue points are after the end of their file ({tally.behind}), and are kept; is it another "
                "version of the track?"
            )

    def _less(self, lists: ImportedPlaylists) -> str | None:
        """Return what a damaged file has less of than at its last import, and how to import it anyway."""
        tally, had = self._tally, self._imports.tracks(self._importer.name, self._known)
        if tally.tracks < had:
            return (
                f"{counted(tally.tracks, 'track')} can be read, but the last import had {had:,}, which are kept; "
                "to import it as it is now, forget the import first ('map4 import forget')"
            )
        if short := lists.cut_short(tally.lists):
            name, now, before = short
            return (
                f"the list '{name}' has only {now:,} readable tracks, and {before:,} here, which are kept; to "
                "import it as it is now, delete the list"
            )
        return None

    def _count_behind(self, file: MatchedFile, values: ImportedValues) -> int:
        """Return how many cue points are after the end of the file."""
        length_s = self._files.length_s(file.audio_id) if values.cues else None
        end_s = math.inf if length_s is None else length_s - file.offset_s + _END_S
        return sum(cue.position_s > end_s for cue in values.cues)

    def _as_before(self, staged: StagedEntry) -> StagedEntry:
        """Keep an entry at its own file while a copy represents it, and at the copy of its recording it was moved to,
        unless its own file is back; an entry matched by path keeps that file if it no longer matches, for example
        because of a later path map."""
        file, key = staged.file, staged.track.key
        was_transferred, before = self._earlier.was_transferred(key), self._earlier.of(key)
        if before is None or not before.is_of(staged.track.entry):
            return staged
        pair = self._substitutes.get(before.file.audio_id)
        is_copy = pair is not None and file is not None and pair.audio_id == file.audio_id
        if not (was_transferred or is_copy) and file is not None and file.method in ("audio_id", "path"):
            return staged
        if is_copy:
            is_over = False
        elif was_transferred:
            is_other = file is not None and file.audio_id != before.file.audio_id
            is_over = is_other and file is not None and self._files.is_present(file.path)
        else:
            is_over = not self._files.has_audio(before.file.audio_id)
        return staged if is_over else replace(staged, paths=before.paths, file=before.file)


class ImportReader:
    """Reads files of other programs, with the names of the library's files as they are at its first use."""

    def __init__(self, store: Store) -> None:
        self._store, self._imports = store, store.part(SqlImports)

    @cached_property
    def _files(self) -> LibraryFiles:
        return LibraryFiles(self._store)

    def read_each(
        self, sources: Iterable[PathLike], options: ImportOptions, on_track: OnCount | None
    ) -> Iterator[ImportSummary | Map4Error]:
        """`read` one file or folder after another; a failure is yielded as its error."""
        for source in sources:
            try:
                yield self.read(source, options, on_track)
            except (ImportReadError, NothingFoundError) as error:
                yield error

    def read(
        self,
        source: PathLike,
        options: ImportOptions,
        on_track: OnCount | None,
        known_as: PathLike | None = None,
        on_match: Callable[[StagedEntry], None] | None = None,
    ) -> ImportSummary:
        """Import a file or folder (`Imports.read`); passes each entry with a file to `on_match`."""
        path, known = absolute_path(source), absolute_path(source if known_as is None else known_as)
        # An upload has a temporary path.
        shown = display_path(path if known_as is None else os.path.basename(known))
        if options.marks:
            self._store.actor.require("own")
        try:
            importer = _importer_of(path, options)
            notes = ReadNotes(is_sent=known_as is not None, name=os.path.basename(known))
            summary = _FileImport(self._files, importer, path, known, notes, options).run(on_track, on_match)
            if not summary.changed or options.dry_run:
                return summary
            # A file may have been replaced before its first import.
            return replace(summary, remarks=(*summary.remarks, *self._keep_substitutes().sentences()))
        except FileNotFoundError:
            raise NothingFoundError(f"there is no file {shown}") from None
        except IsADirectoryError:
            raise ImportReadError(f"{shown} is a folder; name the file in it") from None
        except ImportReadError as error:
            raise ImportReadError(f"{shown}: {error}") from None
        except OSError as error:
            if known_as is None and isinstance(error.filename, (str, bytes)):
                shown = display_path(os.fsdecode(error.filename))
            raise ImportReadError(f"{shown} can't be read: {error.strerror or error}") from None

    def match_pending(self, path_maps: PathMaps | None) -> PendingMatches:
        """Match pending entries to files, and recordings whose file is away to copies (`Imports.match`)."""
        matches = [
            (pending, file)
            for pending in self._imports.pending()
            if (file := self._file_of(pending, path_maps)) is not None
        ]
        if matches:
            self._imports.match_pending(matches)
        return replace(self._keep_substitutes(), tracks=len(matches))

    def _keep_substitutes(self) -> PendingMatches:
        """Look for copies of recordings whose file is away; pairs of before stay while the copy is there."""
        pairs, replaced, by_hand = dict[str, Substitute](), 0, 0
        absent, stored = self._store.tracks.absent_roots(), self._store.part(SqlSubstitutes)
        before = stored.pairs(absent)
        for away in stored.away(absent):
            pair = before.get(away.audio_id)
            if pair is None and (copy := self._files.copy_of(away)) is not None:
                audio_id, offset = copy
                pair = Substitute(audio_id, offset.offset_s)
                replaced += 1
                by_hand += away.has_times and not offset.is_fine
            if pair is not None:
                pairs[away.audio_id] = pair
        stored.put(pairs)
        return PendingMatches(replaced=replaced, by_hand=by_hand)

    def _file_of(self, pending: Pending, path_maps: PathMaps | None) -> MatchedFile | None:
        wanted = WantedTrack.of(pending.entry, os.sep, path_maps or PathMaps())
        paths = tuple(dict.fromkeys((*wanted.paths, *pending.paths)))
        return self._files.match(replace(wanted, paths=paths), NameMatcher.SURE)
