"""The public façade: a music library that is scanned, asked and cared for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO

from map4.app.labelling import LabelEvent, LabellingFinished, LabelSummary
from map4.app.ports import LaneFactory, WalkOptions
from map4.app.scan import Scan
from map4.app.scan_events import FileDone, ScanEvent, ScanFinished, ScanNotice, ScanOptions, ScanSummary
from map4.app.values import Change, ValueName, Wish, plan_changes
from map4.domain.columns import Columns
from map4.domain.diagnosis import Finding, diagnose
from map4.domain.harmony import HARMONIC_RULES, HarmonicRule
from map4.domain.key import Key, parse_key
from map4.domain.playlist import Pick, Playlist
from map4.domain.playlist_presets import playlist_options
from map4.domain.query import Query, parse_query
from map4.domain.track import DEFAULT_PREFERENCE, Source, Track, display_path
from map4.errors import NothingFoundError, UsageError
from map4.infra import maintenance
from map4.infra.config import default_library_path
from map4.infra.database import IN_MEMORY, Database
from map4.infra.executors import process_lanes, usable_cores
from map4.infra.files import AUDIO_EXTENSIONS, DiskFiles
from map4.infra.hamms_sample import hamms_sample
from map4.infra.lock import scan_lock
from map4.infra.named_files import named_files
from map4.infra.query_sql import Context
from map4.infra.search import Search
from map4.infra.store import Store
from map4.infra.user_values import put_values
from map4.infra.worker import DEFAULT_DECODER, load_decoder
from map4.selection.wanted import Match, Matcher, Wanted

if TYPE_CHECKING:
    from map4.app.comparison import Comparison
    from map4.app.export import ExportOptions, ExportSummary
    from map4.app.lists import ResolvedList
    from map4.app.similar import By, Neighbours
    from map4.domain.key import Notation
    from map4.domain.playlist_options import PlaylistOptions
    from map4.domain.second_opinion import SecondOpinion
    from map4.domain.statistics import Statistics
    from map4.infra.classifier import Classification
    from map4.infra.exports import Exports
    from map4.infra.list_store import WrittenFile
    from map4.infra.lists import Lists
    from map4.infra.sound_index import SoundIndex


PathLike = str | bytes | os.PathLike[str] | os.PathLike[bytes]


class Library:
    """A library file and what can be done with it.

    >>> from map4 import Library
    >>> with Library.open("music.map4") as library:  # doctest: +SKIP
    ...     for event in library.scan_events(["~/Music"]):
    ...         print(event)

    Make one with `Library.open`; close it, or use it in a `with` statement.
    """

    IN_MEMORY = IN_MEMORY

    """Name of a library without a file, which is gone when it is closed."""

    def __init__(self, database: Database, *, lanes: LaneFactory, decoder: str) -> None:
        self._database = database
        self._store = Store(database)
        self._search = Search(database, self._store)
        self._lanes = lanes
        self._decoder = decoder

    @classmethod
    def open(
        cls,
        path: PathLike | None = None,
        *,
        create: bool = True,
        lanes: LaneFactory = process_lanes,
        decoder: str = DEFAULT_DECODER,
    ) -> Library:
        """Open a library.

        Parameters
        ----------
        path : the library file; None means the user's own, as the command line has it without options
        create : make it where it does not exist
        lanes : makes the lanes that jobs run in: `map4.infra.executors.process_lanes` (a process each), or
            `inline_lanes` (in this thread)
        decoder : what decodes audio, as `module:callable`

        Raises
        ------
        NothingFoundError
            If it does not exist, and `create` is off.
        LibraryDamagedError, LibraryVersionError, LibraryWriteError, ConfigError
            If it can't be used.
        """
        library = IN_MEMORY if path == IN_MEMORY else absolute_path(path or default_library_path())
        if not create and not os.path.exists(library):
            raise NothingFoundError(f"there is no library {library} yet; 'map4 scan FOLDER' makes it")
        if decoder != DEFAULT_DECODER:  # tell a wrong setting before the first file fails on it
            load_decoder(decoder)
        return cls(Database(library), lanes=lanes, decoder=decoder)

    @property
    def path(self) -> str:
        """The library file."""
        return self._database.path

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ---- scan and analyse ------------------------------------------------------------------------

    def scan(self, paths: PathLike | Iterable[PathLike] = (), **options: Any) -> ScanSummary:
        """Scan folders and files; see `scan_events` for the options."""
        for event in self.scan_events(paths, **options):
            if isinstance(event, ScanFinished):
                return event.summary
        raise AssertionError("a scan ends with its summary")

    def scan_events(
        self,
        paths: PathLike | Iterable[PathLike] = (),
        *,
        jobs: int | None = None,
        recursive: bool = True,
        extensions: Iterable[str] = AUDIO_EXTENSIONS,
        exclude: Iterable[str] = (),
        force: bool = False,
        retry_failed: bool = False,
        max_files: int | None = None,
        max_age: timedelta | None = None,
        timeout_s: float | None = None,
        dry_run: bool = False,
        report_unchanged: bool = False,
        wait: bool = False,
        keep_roots: bool = True,
    ) -> Iterator[ScanEvent]:
        """Scan, event by event; each file is stored before its event comes.

        Parameters
        ----------
        paths : folders and files; none means the folders scanned before
        jobs : worker processes; None takes a worker for each usable core
        recursive, extensions, exclude : which files of a folder count
        force, retry_failed, max_age : what to analyse again
        max_files : end after so many files were worked on
        timeout_s : seconds a file may take; None grows with its size
        dry_run : only say what would be read
        report_unchanged : give events for unchanged files too
        wait : wait for another scan of this library to end
        keep_roots : remember the folders, and note which of their files are gone

        Yields
        ------
        ScanStarted, then FileDone and ScanNotice as they happen, at last ScanFinished. Closing the generator early
        ends the workers; what is finished is kept.

        Raises
        ------
        LibraryBusyError
            If another scan of this library runs.
        UsageError
            If there are no paths, and none were scanned before.
        """
        roots = self._store.roots()
        named = _as_paths(paths)
        chosen = [_known_name(path, roots) for path in named]
        flat = frozenset() if recursive else frozenset(chosen)
        absent: list[str] = []
        if not chosen:
            absent = [root for root in roots if not os.path.isdir(root)]
            chosen = [root for root in roots if root not in absent]
            flat = frozenset(root for root, is_recursive in roots.items() if not is_recursive or not recursive)
        if absent and not chosen:
            raise NothingFoundError(f"none of the folders scanned before is there ({', '.join(absent)})")
        if not chosen:
            raise UsageError("no folder was scanned before; name one: map4 scan ~/Music")
        options = ScanOptions(
            walk=WalkOptions(
                extensions=frozenset(extension.lower().lstrip(".") for extension in extensions),
                exclude=tuple(exclude),
            ),
            flat=flat,
            force=force,
            retry_failed=retry_failed,
            max_files=max_files,
            max_age=max_age,
            timeout_s=timeout_s,
            dry_run=dry_run,
            report_unchanged=report_unchanged,
            keep_roots=keep_roots,
            keep_depth=bool(named),
            decoder=self._decoder,
            jobs=jobs or usable_cores(),
        )
        if not dry_run:
            self._database.require_writable()
        with nullcontext() if dry_run else scan_lock(self.path, wait=wait):
            for root in absent:
                yield ScanNotice(
                    message=f"{root} is not there; is the drive mounted? Its files stay as they are "
                    "('map4 cache forget' takes the folder off the list)"
                )
            yield from self._scan().run(without_repeats(chosen), options)

    def analyze(self, files: PathLike | Iterable[PathLike], **options: Any) -> list[Track]:
        """Analyse single files; see `analyze_events` for the options."""
        return list(self.analyze_events(files, **options))

    def analyze_events(
        self,
        files: PathLike | Iterable[PathLike],
        *,
        jobs: int | None = None,
        force: bool = False,
        store: bool = True,
        timeout_s: float | None = None,
        beats: bool = False,
    ) -> Iterator[Track]:
        """Analyse single files and yield their tracks as they are ready; what is known is not computed again.

        Parameters
        ----------
        files : files, whatever their suffix, and folders
        jobs, force, timeout_s : as for a scan
        store : keep the results in the library
        beats : load beat times of known tracks too
        """
        options = ScanOptions(
            walk=WalkOptions(extensions=AUDIO_EXTENSIONS),
            force=force,
            retry_failed=True,
            timeout_s=timeout_s,
            report_unchanged=True,
            keep_roots=False,
            store=store,
            decoder=self._decoder,
            jobs=jobs or usable_cores(),
        )
        if store:
            self._database.require_writable()
        waiting = without_repeats([absolute_path(path) for path in _as_paths(files)])
        while waiting:
            left = dict.fromkeys(path for path in waiting if os.path.isfile(path))
            for event in self._scan().run(waiting, options):
                if isinstance(event, FileDone) and event.track is not None:
                    left.pop(event.path, None)
                    yield self._with_beats(event.track) if beats else event.track
            # A walk gives each real file once; one that was named twice, through a link, gets its own answer.
            waiting = list(left) if len(left) < len(waiting) else []

    def _with_beats(self, track: Track) -> Track:
        if track.analysis is None or track.analysis.beats_s or not track.cached:
            return track
        stored = self._store.track(track.path, beats=True)
        if stored is None or stored.analysis is None:
            return track
        return replace(track, analysis=replace(track.analysis, beats_s=stored.analysis.beats_s))

    def _scan(self) -> Scan:
        return Scan(self._store, DiskFiles(), self._lanes, clock=lambda: datetime.now(UTC), monotonic=time.monotonic)

    # ---- ask -------------------------------------------------------------------------------------

    def tracks(self, *, beats: bool = False, sound: bool = False) -> Iterator[Track]:
        """Every track the library knows, whatever its state.

        Parameters
        ----------
        beats : load the beat times too
        sound : load the sound vector and the fingerprint too
        """
        return self._store.tracks(beats=beats, sound=sound)

    def track(self, path: PathLike, *, beats: bool = False, sound: bool = False) -> Track | None:
        """The track of a file, or None where the library does not know it; see `tracks`."""
        return self._store.track(absolute_path(path), beats=beats, sound=sound)

    def compare(
        self,
        files: PathLike | Iterable[PathLike | Track],
        *,
        jobs: int | None = None,
        timeout_s: float | None = None,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        on_track: Callable[[Track], object] | None = None,
    ) -> Comparison:
        """Compare tracks: every pair, the order that mixes best, the energy's course in it.

        Nothing is written: what the library does not know is analysed for this answer alone.

        Parameters
        ----------
        files : two to a hundred audio files, or tracks this library gave; folders and .m3u playlists stand for what
            they hold
        jobs, timeout_s : as for a scan
        prefer : which source of tempo and key counts where the user set nothing
        on_track : called with each track as soon as it is read, which may take a second each

        Returns
        -------
        The comparison of all that could be analysed, with the others as its `failed`.

        Raises
        ------
        UsageError
            If fewer than two or more than a hundred are named.
        NothingFoundError
            If fewer than two could be analysed.
        """
        # With them comes numpy, which `map4 cache info` need not wait for.
        from map4.app.comparison import LEAST_TRACKS, MOST_TRACKS, compare_tracks
        from map4.domain.hamms_pairs import SAMPLED_TRACKS, pair_distribution

        named = _named_tracks(files)
        if not LEAST_TRACKS <= len(named) <= MOST_TRACKS:
            asked = f"{LEAST_TRACKS} to {MOST_TRACKS} different tracks can be compared"
            raise UsageError(f"{asked}, and {len(named)} {'was' if len(named) == 1 else 'were'} named")
        unread = [path for path, known in named.items() if known is None]
        for track in self.analyze_events(unread, jobs=jobs, timeout_s=timeout_s, store=False):
            named[track.path] = track
            if on_track is not None:
                on_track(track)
        tracks = [track for track in named.values() if track is not None]
        sound = [track for track in tracks if track.analysis is not None and track.failure is None]
        failed = [track for track in tracks if track.failure is not None]
        if len(sound) < LEAST_TRACKS:
            why = "; ".join(f"{display_path(track.path)}: {track.failure.message}" for track in failed if track.failure)
            raise NothingFoundError(f"fewer than two tracks are left to compare: {why}")
        sample = pair_distribution(hamms_sample(self._database, SAMPLED_TRACKS))
        return compare_tracks(sound, failed=failed, sample=sample, prefer=prefer)

    def similar(
        self,
        files: PathLike | Iterable[PathLike],
        *,
        n: int = 20,
        by: By = "sound",
        min_similarity: float | None = None,
        tempo_min: float | None = None,
        tempo_max: float | None = None,
        keys: Iterable[Key | str] = (),
        query: str | Query | None = None,
        harmonic: HarmonicRule = "flexible",
        jobs: int | None = None,
        timeout_s: float | None = None,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
    ) -> Neighbours:
        """Find the tracks that are nearest to one, or to the mean of several.

        Nothing is written: what the library does not know is analysed for this answer alone.

        Parameters
        ----------
        files : audio files, in the library or not; folders and .m3u playlists stand for what they hold
        n : how many at most
        by : "sound" (the sound vectors), "hamms" (the twelve HAMMS numbers), or "mix" (how well tempo, key and energy
            go together; of equals, those that sound alike first)
        min_similarity : leave out what is less alike, 0-1
        tempo_min, tempo_max : only tracks with a tempo in this range (BPM, both included)
        keys : only tracks in one of these keys, in any notation
        query, harmonic : only tracks that match; see `search`
        jobs, timeout_s : as for a scan
        prefer : which source of tempo and key counts where the user set nothing

        Returns
        -------
        Neighbours, the nearest first in its `similar`; each recording once, and not those asked about.

        Raises
        ------
        UsageError
            If no file is named, or there is no such key.
        QueryError
            If the query can't be read.
        NothingFoundError
            If no file can be compared, or the library has too few tracks with a sound vector.
        """
        # With it comes numpy, which `map4 cache info` need not wait for.
        from map4.app.similar import Limits, find_similar

        paths = without_repeats([file for path in _as_paths(files) for file in named_files(absolute_path(path))])
        if not paths:
            raise UsageError("name a file that the others are to be like")
        among = None
        if query is not None:
            among = self._sound_index.files(self._search.file_ids(as_query(query), search_context(prefer, harmonic)))
        limits = Limits(
            least=min_similarity,
            bpm_min=tempo_min,
            bpm_max=tempo_max,
            keys=frozenset(parse_key(key) if isinstance(key, str) else key for key in keys),
            files=among,
        )
        # A file that is gone, or on a drive that is not there, is still known by its sound.
        found = {path: track for path in paths if not os.path.exists(path) and (track := self._analysed(path))}
        there = [path for path in paths if path not in found]
        found |= {
            track.path: track for track in self.analyze_events(there, jobs=jobs, timeout_s=timeout_s, store=False)
        }
        asked = [self._with_sound(found[path]) for path in paths if path in found]
        return find_similar(
            asked,
            self._sound_index,
            lambda file_ids: self._store.tracks_by_id(file_ids, sound=True),
            by=by,
            n=n,
            limits=limits,
            prefer=prefer,
        )

    @cached_property
    def _sound_index(self) -> SoundIndex:
        from map4.infra.sound_index import SoundIndex

        return SoundIndex(self._database)

    def _analysed(self, path: str) -> Track | None:
        track = self._store.track(path)
        return track if track is not None and track.analysis is not None else None

    def _with_sound(self, track: Track) -> Track:
        if track.audio_id is None or track.analysis is None or not track.cached:
            return track
        stored = self._store.analysis(track.audio_id)
        return track if stored is None else replace(track, analysis=stored)

    def search(
        self,
        query: str | Query = "",
        *,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        harmonic: HarmonicRule = "flexible",
        beats: bool = False,
    ) -> Iterator[Track]:
        """Tracks that match a query (see `docs/search.md`), read as they are taken.

        Parameters
        ----------
        query : its text, or what `map4.domain.query.parse_query` made of it; empty matches every track that is ok
        prefer : which source of tempo and key counts where the user set nothing
        harmonic : which keys `key:~8A` takes: "strict", "flexible", "creative" or "off"
        beats : load beat times too

        Raises
        ------
        QueryError
            At once, if the query can't be read; it says where.
        """
        return self._search.select(as_query(query), search_context(prefer, harmonic), beats=beats)

    def wanted(
        self,
        lines: Iterable[Wanted],
        *,
        query: str | Query = "",
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        harmonic: HarmonicRule = "flexible",
    ) -> Iterator[tuple[Match, Track | None]]:
        """Say of each wanted track whether the library has it, and which track it is.

        Parameters
        ----------
        lines : from `map4.selection.wanted.read_wanted`
        query : only among these tracks

        Yields
        ------
        Each line's match with its track; None where it is missing.
        """
        names = self._search.names(as_query(query), search_context(prefer, harmonic))
        matcher = Matcher((artist, title) for _, artist, title in names)
        for match in matcher.matches(list(lines)):
            row = match.row
            yield match, None if row is None else next(self._store.tracks_by_id([names[row][0]]), None)

    def count(
        self,
        query: str | Query = "",
        *,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        harmonic: HarmonicRule = "flexible",
    ) -> int:
        """How many tracks match a query; its `limit:` and `offset:` are left out."""
        return self._search.count(as_query(query), search_context(prefer, harmonic))

    def columns(
        self,
        query: str | Query = "",
        *,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        harmonic: HarmonicRule = "flexible",
        hamms: bool = False,
    ) -> Columns:
        """Tracks that match a query as columns of numbers and texts; with `hamms` also their HAMMS vectors.

        In the order of their ids, unless the query sorts.
        """
        return self._search.columns(as_query(query), search_context(prefer, harmonic), hamms=hamms)

    def stats(
        self,
        query: str | Query = "",
        *,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        harmonic: HarmonicRule = "flexible",
    ) -> Statistics:
        """Counts, hours and histograms of the tracks that match a query.

        Without a term in it, files that failed, are missing or wait are counted too, by state.
        """
        from map4.domain.statistics import statistics

        asked, context = as_query(query), search_context(prefer, harmonic)
        tallies = self._search.tallies(asked, context)
        return statistics(
            self._search.columns(asked, context),
            states=tallies.states,
            failures=tallies.failures,
            stale=tallies.stale,
            added=tallies.added,
        )

    def doctor(
        self,
        query: str | Query = "is:any",
        *,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        harmonic: HarmonicRule = "flexible",
    ) -> Iterator[Finding]:
        """What looks wrong with the tracks that match a query; of all files, whatever their state, unless one is given.

        Tracks come in the query's order, the findings of each with the most serious first.
        """
        for track in self.search(query, prefer=prefer, harmonic=harmonic):
            yield from diagnose(track, prefer)

    def second_opinion(self, track: Track) -> SecondOpinion:
        """Tempo and key of a track by librosa, which takes some seconds a track and more the first time.

        Raises
        ------
        FileError
            If its file can't be decoded.
        """
        from map4.infra.second_opinion import second_opinion

        return second_opinion(track.path, decoder=self._decoder)

    def tracks_by_id(self, file_ids: Iterable[int], *, beats: bool = False) -> Iterator[Track]:
        """The tracks of these files (`Columns.file_id`), in this order; one that has gone meanwhile is left out."""
        return self._store.tracks_by_id([int(file_id) for file_id in file_ids], beats=beats)

    def tracks_at(
        self,
        paths: PathLike | Iterable[PathLike],
        *,
        query: str | Query | None = None,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        harmonic: HarmonicRule = "flexible",
    ) -> tuple[list[Track], list[str]]:
        """What paths mean: the tracks of files and of all files in folders, and the paths the library knows nothing of.

        Each track comes once, in the order of the paths; those of a folder in the order of theirs. Without a query,
        whatever their state; with one, those that match it.
        """
        found = self._search.at_paths([absolute_path(path) for path in _as_paths(paths)])
        chosen = found.file_ids
        if query is not None:
            matching = frozenset(self._search.file_ids(as_query(query), search_context(prefer, harmonic)))
            chosen = tuple(file_id for file_id in chosen if file_id in matching)
        return list(self._store.tracks_by_id(chosen)), list(found.unknown)

    # ---- the user's own values -------------------------------------------------------------------

    def set(
        self,
        tracks: Iterable[Track],
        *,
        bpm: float | None = None,
        factor: float | None = None,
        key: Key | str | None = None,
        unset: Iterable[ValueName] = (),
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        dry_run: bool = False,
    ) -> list[Change]:
        """Set tempo or key of tracks to what the user says, all in one transaction.

        Such a value wins over every other, and stays with the audio when it is analysed again, moved or retagged.

        Parameters
        ----------
        tracks : of this library, from `track`, `tracks_at` or `search`
        bpm : the tempo, 30-300
        factor : the tempo in force times this, instead: .5 for half, 2 for double
        key : in any notation
        unset : "bpm", "key" or both: take the user's own value back
        prefer : which source counts where the user set nothing
        dry_run : only say what would change

        Returns
        -------
        A change for each track and value; those with a `problem` were not done.

        Raises
        ------
        UsageError
            If the wish contradicts itself, or there is no such tempo or key.
        """
        wish = Wish(
            bpm=None if bpm is None else round(bpm, 3),
            factor=factor,
            key=parse_key(key) if isinstance(key, str) else key,
            unset=frozenset(unset),
        )
        changes = list(plan_changes(tracks, wish, prefer=prefer))
        if not dry_run:
            put_values(self._database, changes, now=datetime.now(UTC))
        return changes

    # ---- label ----------------------------------------------------------------------------------

    def classification(self, tracks: Iterable[Track] | None = None, **options: Any) -> Classification:
        """What labelling tracks would do and cost (`plan`), and then does (`events`); nothing is sent before.

        Parameters
        ----------
        tracks : of this library; None takes all that are analysed and there
        options : fields of `map4.infra.classifier.ClassifyOptions`; the key comes from ANTHROPIC_API_KEY alone

        Raises
        ------
        UsageError
            If there is no such provider, or the address or key can't be used.
        """
        from map4.infra.classifier import Classification, ClassifyOptions

        chosen = self._store.tracks() if tracks is None else tracks
        ready = (track for track in chosen if tracks is not None or track.state == "ok")
        return Classification(self._database, ready, ClassifyOptions(**options))

    def classify(self, tracks: Iterable[Track] | None = None, **options: Any) -> LabelSummary:
        """Label tracks with genre, mood and era; see `classification` for the options."""
        for event in self.classify_events(tracks, **options):
            if isinstance(event, LabellingFinished):
                return event.summary
        raise AssertionError("labelling ends with its summary")

    def classify_events(self, tracks: Iterable[Track] | None = None, **options: Any) -> Iterator[LabelEvent]:
        """Label tracks, event by event; each is stored before its event comes. Sends fields of tags to Claude."""
        return self.classification(tracks, **options).events()

    @cached_property
    def lists(self) -> Lists:
        """Playlists: those stored in the library, and those in files."""
        from map4.infra.lists import Lists  # brings numpy along

        return Lists(self._database, self._store, self._search, self._sound_index)

    # ---- playlists -------------------------------------------------------------------------------

    def playlist(self, seeds: PathLike | Iterable[PathLike] = (), **wishes: Any) -> Playlist:
        """Make a playlist; see `playlist_events` for the wishes."""
        *_, made = self.playlist_events(seeds, **wishes)
        assert not isinstance(made, Pick)
        return made

    def playlist_events(
        self,
        seeds: PathLike | Iterable[PathLike] = (),
        *,
        to: PathLike | None = None,
        include: PathLike | Iterable[PathLike] = (),
        query: str | Query = "",
        exclude: str | Query | None = None,
        folder: PathLike | None = None,
        options: PlaylistOptions | None = None,
        jobs: int | None = None,
        timeout_s: float | None = None,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        **wishes: Any,
    ) -> Iterator[Pick | Playlist]:
        """Make a playlist, pick by pick as each is final.

        Nothing is written: what the library does not know is analysed for this list alone.

        Parameters
        ----------
        seeds : audio files the list sets out from and sounds like; the first is pick 1, the others appear somewhere
        to : the last pick; the list moves from the first seed to it in tempo, key, energy and sound
        include : files that must appear
        query : which tracks of the library may be chosen
        exclude : which of them may not
        folder : only tracks in this folder
        options : how the list should be; None makes them of the `wishes`
        jobs, timeout_s : as for a scan
        prefer : which source of tempo and key counts where the user set nothing
        wishes : `n=50`, `minutes=90`, `curve="wave"` ..., see `map4.domain.playlist_presets.playlist_options`

        Yields
        ------
        Pick after Pick, then the Playlist.

        Raises
        ------
        UsageError
            If the wishes contradict each other, or a query can't be read.
        NothingFoundError
            If there is nothing to choose from.
        Map4Error
            If a file that was named can't be analysed.
        """
        # With them comes numpy, which `map4 cache info` need not wait for.
        from map4.app.playlist_request import PlaylistRequest
        from map4.infra.playlists import PlaylistMaker, named_tracks

        maker = PlaylistMaker(self._store, self._search, self._sound_index)
        wanted = options or playlist_options(**wishes)
        paths = [absolute_path(path) for path in _as_paths(seeds)]
        goal = [] if to is None else [absolute_path(to)]
        included = [absolute_path(path) for path in _as_paths(include)]
        every = without_repeats([*paths, *goal, *included])
        known = {path: track for path in every if not os.path.exists(path) and (track := self._analysed(path))}
        there = [path for path in every if path not in known]
        fresh = self.analyze_events(there, jobs=jobs, timeout_s=timeout_s, store=False) if there else ()
        found = {**known, **{track.path: track for track in fresh}}
        tracks = named_tracks(every, {path: self._with_sound(track) for path, track in found.items()})
        request = PlaylistRequest(
            options=wanted,
            seeds=tuple(tracks[path] for path in paths),
            goal=tracks[goal[0]] if goal else None,
            includes=tuple(tracks[path] for path in included),
            prefer=prefer,
        )
        context = search_context(prefer, wanted.harmonic)
        return maker.make(
            request,
            query=as_query(query),
            exclude=None if exclude is None else as_query(exclude),
            folder=None if folder is None else absolute_path(folder),
            context=context,
        )

    # ---- export ----------------------------------------------------------------------------------

    def export(
        self,
        target: PathLike | BinaryIO,
        *,
        to: str | None = None,
        files: PathLike | Iterable[PathLike] | None = None,
        query: str | None = None,
        playlist: ResolvedList | str | None = None,
        name: str | None = None,
        options: ExportOptions | None = None,
        notation: Notation = "camelot",
        force: bool = False,
        dry_run: bool = False,
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        harmonic: HarmonicRule = "flexible",
        on_track: Callable[[int, int], object] | None = None,
        warn: Callable[[str], object] = lambda message: None,
    ) -> ExportSummary:
        """Write tracks to a file, whole or not at all, or to a stream.

        Tracks are read as they are written; so 100,000 take no more room than one where the format allows it.

        Parameters
        ----------
        target : the file, or a binary stream to write to
        to : name of the format; None takes it from the suffix
        files : files and folders; None means no choice by path
        query : of the files, or of the whole library, only those that match
        playlist : instead: a list from `lists.read`, the name of a stored one, or a file
        name : of the export, for people; None takes the list's
        options : columns, templates and the like
        notation : of keys, where an export is read by people
        force : replace a file that map4 did not write; never music, and never the library
        dry_run : only see what would be written, and whether it may be
        prefer, harmonic : see `search`
        on_track : is told after each track how many are written, and of how many
        warn : is told of a plug-in that can't be loaded

        Raises
        ------
        UsageError
            If there is no such format or option, or the choices contradict each other.
        NothingFoundError
            If there is nothing to export.
        OutputFileError
            If the file can't be written, or must not be; then it is as it was.
        """
        from map4 import __version__
        from map4.app.export import ExportOptions
        from map4.infra.exporters.plugins import format_for_export

        where = os.fsdecode(target) if isinstance(target, (str, bytes, os.PathLike)) else target
        form = format_for_export(where if isinstance(where, str) else "-", to, warn=warn)
        wishes = options or ExportOptions()
        form.check(wishes)
        paths = None if files is None else [absolute_path(path) for path in _as_paths(files)]
        if playlist is not None and (paths is not None or query is not None):
            raise UsageError("a list and other tracks can't be exported at once; choose one")
        context = search_context(prefer, harmonic)
        if playlist is not None:
            found = self.lists.read(playlist) if isinstance(playlist, str) else playlist
            chosen = self._exports.of_list(self.lists.content(found, prefer=prefer), context)
        elif paths is not None:
            chosen = self._exports.of_files(paths, None if query is None else as_query(query), context)
        else:
            chosen = self._exports.of_query(as_query(query or ""), query or "", context)
        content = replace(chosen.content, name=name or chosen.content.name, notation=notation, map4_version=__version__)
        return self._exports.write(
            replace(chosen, content=content),
            where if isinstance(where, str) else target,  # type: ignore[arg-type]
            form,
            wishes,
            force=force,
            dry_run=dry_run,
            on_track=on_track,
        )

    def written_files(self) -> list[WrittenFile]:
        """The files that map4 wrote, the last one first: exports, lists, and reports of checks."""
        return self._exports.history()

    @cached_property
    def _exports(self) -> Exports:
        from map4.infra.exports import Exports

        return Exports(self._database, self._store, self._search)

    # ---- care ------------------------------------------------------------------------------------

    def info(self) -> dict[str, Any]:
        """Size, versions and counts (`map4/cache-info/1`)."""
        return maintenance.library_info(self._database)

    def prune(self, *, dry_run: bool = False) -> maintenance.Pruned:
        """Drop files that are gone and analyses no file has; never what the user set."""
        return maintenance.prune_library(self._database, dry_run=dry_run)

    def forget(self, folder: PathLike) -> int:
        """Scan a folder no more unless it is named; its files that are gone become missing, and their number returned.

        Raises
        ------
        NothingFoundError
            If it is none of the folders scanned before.
        """
        roots = self._store.roots()
        root = _known_name(folder, roots)
        if root not in roots:
            listed = "\n  ".join(["", *roots]) or " none"
            raise NothingFoundError(f"{root} is none of the folders scanned before, which are:{listed}")
        self._store.remove_root(root)
        inside, files = os.path.join(root, ""), DiskFiles()
        gone = [
            path
            for path, known in self._store.known_files().items()
            if path.startswith(inside) and not known.is_missing and not files.exists(path)
        ]
        self._store.mark_missing(gone, now=datetime.now(UTC))
        return len(gone)

    def clear(self) -> int:
        """Drop every analysis, so that the next scan makes them again; gives how many there were."""
        return maintenance.clear_library(self._database)

    def backup(self, target: PathLike, *, force: bool = False) -> int:
        """Copy the library, consistent even during a scan; gives the size in bytes."""
        return maintenance.backup_library(self._database, absolute_path(target), force=force)

    @staticmethod
    def verify(path: PathLike) -> maintenance.Verification:
        """Check a library file that may be damaged."""
        library = absolute_path(path)
        if not os.path.exists(library):
            raise NothingFoundError(f"there is no library {library} yet; 'map4 scan FOLDER' makes it")
        return maintenance.verify_library(library)

    @staticmethod
    def repair(path: PathLike) -> maintenance.Repair:
        """Salvage a damaged library into a new file; the old one is kept beside it."""
        library = absolute_path(path)
        if not os.path.exists(library):
            raise NothingFoundError(f"there is no library {library} to repair")
        with scan_lock(library, wait=False):
            return maintenance.repair_library(library, datetime.now(UTC))

    @staticmethod
    def restore(source: PathLike, path: PathLike) -> str | None:
        """Put a backup in a library's place; the present one is kept beside it, and its new name returned."""
        library = absolute_path(path)
        with scan_lock(library, wait=False):
            return maintenance.restore_library(absolute_path(source), library, datetime.now(UTC))


def as_query(query: str | Query) -> Query:
    """A query from its text; one that was read already stays as it is."""
    return parse_query(query) if isinstance(query, str) else query


def search_context(prefer: Sequence[Source], harmonic: HarmonicRule) -> Context:
    """What a query means now, and in this folder."""
    if harmonic not in HARMONIC_RULES:
        raise UsageError(f"there is no harmonic rule '{harmonic}'; there are {', '.join(HARMONIC_RULES)}")
    return Context(prefer=tuple(prefer), rule=harmonic, now=datetime.now(UTC), locate=absolute_path)


def absolute_path(path: PathLike) -> str:
    """A path as the library keeps it: absolute, `~` expanded, links kept, bytes as `os.fsdecode` gives them.

    Raises
    ------
    UsageError
        If it holds a NUL, which no file's name can.
    """
    text = os.fsdecode(path)
    if "\0" in text:
        raise UsageError(f"{text!r} is no path: it holds a NUL")
    return os.path.abspath(os.path.expanduser(text))


def _as_paths(paths: PathLike | Iterable[PathLike]) -> list[PathLike]:
    # A lone text is one path, not a row of letters, the first of which may be "/".
    return [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)


def _named_tracks(files: PathLike | Iterable[PathLike | Track]) -> dict[str, Track | None]:
    """What is named, each path once and in order, folders and playlists opened; None where it is still to be read."""
    named: dict[str, Track | None] = {}
    for file in [files] if isinstance(files, (str, bytes, os.PathLike)) else files:
        if isinstance(file, Track):
            named.setdefault(file.path, file)
        else:
            named |= {path: None for path in named_files(absolute_path(file)) if path not in named}
    return named


def _known_name(path: PathLike, roots: Iterable[str]) -> str:
    """A path by the name its folder was scanned under before, where it is reached another way, through a link."""
    absolute = absolute_path(path)
    real = os.path.realpath(absolute)
    for root in roots:
        if absolute == root or absolute.startswith(os.path.join(root, "")):
            return absolute
    for root in roots:
        real_root = os.path.realpath(root)
        if real == real_root or real.startswith(os.path.join(real_root, "")):
            return os.path.normpath(os.path.join(root, os.path.relpath(real, real_root)))
    return absolute


def without_repeats(paths: Sequence[str]) -> list[str]:
    """Paths without repetition, in order."""
    return list(dict.fromkeys(paths))
