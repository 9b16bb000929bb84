"""Everyday calls of a library."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Unpack

from map4 import compare, duplicates, exports, lists, plays, scan, similar, stats, transitions, values
from map4.core.base.actor import needs, served
from map4.core.base.call_options import USUAL, WorkerOptions, takes
from map4.core.base.paths import PathLike, Paths, absolute_path, path_text
from map4.core.store.undo_steps import UndoSteps
from map4.errors import NothingFoundError
from map4.library.part import LibraryPart, LibraryServices, open_store

if TYPE_CHECKING:
    from map4.compare import Comparison, TruthComparison
    from map4.core.base.files.undo import UndoneFile
    from map4.core.music.query.parser import Query
    from map4.core.music.track.track import Track
    from map4.core.music.track.user_values import ValueChanges
    from map4.core.store.search import FoundTracks
    from map4.exports import ExportRequest, ListFile
    from map4.formats import ExportSummary
    from map4.library.keywords import (
        AnalyzeKeywords,
        ExportKeywords,
        GenerateKeywords,
        MixKeywords,
        ScanKeywords,
        SimilarKeywords,
        ValueEditKeywords,
        WatchKeywords,
        WorkerKeywords,
    )
    from map4.lists import GenerateOptions, Pick, Playlist
    from map4.scan import AnalyzeOptions, ScanEvent, ScanOptions, ScanSummary, WatchEvent, WatchOptions
    from map4.similar import MixOptions, Neighbours, SimilarOptions
    from map4.stats import Statistics
    from map4.transitions import Mix
    from map4.values import ValueEdit

_OF_QUERY: dict[str, Any] = {
    "takes": {"q:query": (str, "")}, "queue": "long", "cache": "alike", "shared_as": "stats",
}  # fmt: skip


class Verbs(LibraryPart, scope="read"):
    """Everyday calls of a library.

    `set` needs the scope "correct" for values that count for everybody, `analyze` needs "scan" to store results.
    """

    # ---- scan ------------------------------------------------------------------------------------

    @needs("scan")
    @takes("map4.scan.options:ScanOptions")
    def scan(self, paths: Paths = (), options: ScanOptions = USUAL, **keywords: Unpack[ScanKeywords]) -> ScanSummary:
        """Scan folders and files: analyse and store new and changed files.

        paths: folders and files; none means the folders scanned before
        returns: a `ScanSummary`: `found`, `analysed`, `failed`, `unchanged` and other counts
        raises LibraryBusyError: if another scan of this library runs
        raises UsageError: if there are no paths and none were scanned before; or if no path exists or is known
        """
        return self._end_of(self.scan_events(paths, options), scan.ScanFinished).summary

    @needs("scan")
    @takes("map4.scan.options:ScanOptions")
    def scan_events(
        self, paths: Paths = (), options: ScanOptions = USUAL, **keywords: Unpack[ScanKeywords]
    ) -> Iterator[ScanEvent]:
        """`scan` as events; each file is stored before its event.

        yields: ScanStarted, then FileStarted, FileDone and ScanNotice as they happen, finally ScanFinished. Closing the
            generator early stops the workers; finished work is kept.
        """
        with closing(self._services.scanner.scan(paths, options)) as events:
            yield from events

    @needs("scan")
    @takes("map4.scan.options:WatchOptions")
    def watch(
        self, paths: Paths = (), options: WatchOptions = USUAL, **keywords: Unpack[WatchKeywords]
    ) -> Generator[WatchEvent]:
        """Scan folders, then watch them for changes, as events, until the generator is closed.

        Each batch of changes opens the library and holds the scan lock only while it is processed. In between, other
        scans of this library can run.

        paths: folders; none means the folders scanned before
        yields: a WatchNotice per folder on how it is watched; then ScanStarted, FileStarted and FileDone, each file
            stored before its event, and Settled after each batch that changed the library
        raises LibraryBusyError: if another watch of this library runs
        raises UsageError: if there are no folders, or a folder never scanned does not exist; or for a library in memory
        """

        @contextmanager
        def opened() -> Iterator[scan.WatchedLibrary]:
            arguments = self._services.open_arguments | {"writer": "watch"}
            decoder = arguments.pop("decoder")
            with closing(open_store(**arguments, create=True)) as store:
                again = LibraryServices(store, lanes=self._services.lanes, decoder=decoder)
                count = partial(store.search.count, "", store.context())
                yield scan.WatchedLibrary(scanner=again.scanner, count=count)
                store.database.settle()

        yield from scan.watch_folders(opened, self._store, paths, options)

    @takes("map4.scan.options:AnalyzeOptions")
    def analyze(
        self, files: Paths, options: AnalyzeOptions = USUAL, **keywords: Unpack[AnalyzeKeywords]
    ) -> list[Track]:
        """Analyse files and return their tracks; known files are not analysed again.

        files: files of any suffix, and folders; or tracks of the library by audio id or words (`tracks.named`)
        """
        return list(self.analyze_events(files, options))

    @takes("map4.scan.options:AnalyzeOptions")
    def analyze_events(
        self, files: Paths, options: AnalyzeOptions = USUAL, **keywords: Unpack[AnalyzeKeywords]
    ) -> Iterator[Track]:
        """`analyze`, yielding each track as soon as it is ready."""
        if options.store:
            self.actor.require("scan")
        yield from self._services.scanner.analyze(self._services.names.paths(files), options)

    # ---- undo ------------------------------------------------------------------------------------

    @served("GET", "/undo", "Steps that can be undone, newest first, as `map4 undo`; with a kind, all its steps.",
            {"kind": (str | None, None)})  # fmt: skip
    def undo_steps(self, kind: str | None = None) -> UndoSteps:
        """The last steps that you can undo, newest first, each with the command that undoes it.

        kind: of this kind, such as tags, undone steps too; None is all kinds, without undone steps
        """
        return UndoSteps.to_undo(self._store) if kind is None else UndoSteps.of_kind(self._store, kind)

    @needs("files")
    def undo(self, kind: str, name: PathLike | None = None, *, dry_run: bool = False) -> list[UndoneFile]:
        """Restore the files of a step of the kind tags, rename or copies, the last change first; can be repeated.

        name: its name in `undo_steps`, or the path of its journal; None is the newest that is not undone
        dry_run: change nothing
        returns: All its files; a file that was changed since is skipped, with a `problem`.
        raises NothingFoundError: if there is no such step
        raises Map4Error: if its journal is damaged, or the disk full
        """
        return list(self.undo_events(kind, name, dry_run=dry_run))

    @needs("files")
    def undo_events(self, kind: str, name: PathLike | None = None, *, dry_run: bool = False) -> Iterator[UndoneFile]:
        """`undo`, yielding each file as soon as it is restored."""
        of = UndoSteps.kind_named(kind)
        files = UndoSteps.undone_files(self._store, of, None if name is None else path_text(name), dry_run=dry_run)
        yield from self._noting(files, of.action, lambda file: file.state == "restored")  # type: ignore[arg-type]

    # ---- search ----------------------------------------------------------------------------------

    def search(self, query: str | Query = "", *, beats: bool = False) -> FoundTracks:
        """Tracks that match a query (see `docs/search.md`), read lazily, and again on each iteration.

        query: its text, or a `Query` from `map4.core.music.query.parser.Query.parse`; empty means every ok track
        beats: also load beat times
        raises QueryError: immediately, if the query is invalid; it has the position
        """
        return self._store.search.select(query, self._store.context(), beats=beats)

    def count(self, query: str | Query = "") -> int:
        """Number of tracks that match a query, ignoring its `limit:` and `offset:`."""
        return self._store.search.count(query, self._store.context())

    def track(self, path: PathLike, *, beats: bool = False, sound: bool = False) -> Track | None:
        """The track with this path, audio id or words in its name; None if there is none.

        beats: also load the beat times
        sound: also load the sound vector and the fingerprint
        raises AmbiguousNameError: if the words match several recordings
        """
        track = self._store.tracks.track(absolute_path(path), beats=beats, sound=sound)
        if track is not None:
            return track
        try:
            [named] = self._services.names.resolve(path)
        except NothingFoundError:
            return None
        return self._store.tracks.track(named.path, beats=beats, sound=sound)

    @served(
        "GET",
        "/stats/library",
        "Counts, hours and histograms, as `map4 stats`.",
        answer="stats",
        example={"q": "is:ok"},
        **_OF_QUERY,
    )
    @served(
        "GET",
        "/stats/genres",
        "How many tracks each genre has.",
        record="map4.stats.records:GenreStatistics",
        **_OF_QUERY,
    )
    @served("GET", "/stats/timeline", "Tracks by the month in which they were added, and by year.",
            record="map4.stats.records:YearStatistics", **_OF_QUERY)  # fmt: skip
    def stats(self, query: str | Query = "") -> Statistics:
        """Counts, hours and histograms of the tracks that match a query.

        A query without terms and limit also counts failed, missing and waiting files, by state. The genre of a track
        comes from its tag, or else its labels.
        """
        return stats.collect_statistics(self._store, query, self._store.context())

    @needs("own")
    @takes("map4.values.use:ValueEdit")
    def set(
        self, tracks: Paths, options: ValueEdit = USUAL, *, dry_run: bool = False, **keywords: Unpack[ValueEditKeywords]
    ) -> ValueChanges:
        """Set values of tracks on behalf of the user, in one transaction.

        Such a value overrides all others and stays when the track is analysed again, moved or retagged. Tempo, key,
        energy, rating, marks, cue points and grid belong to the audio, all other values to the file.

        tracks: one or several tracks of this library, or their names (`tracks.named`)
        dry_run: only report what would change
        returns: ValueChanges: a change per track and value; changes with a `problem` were not made; `also` lists other
            files with the same audio, which get the value too; `step` is for `values.undo`
        raises UsageError: if options contradict each other, or a value is invalid
        """
        return self.set_each([(tracks, options)], dry_run=dry_run)

    @needs("own")
    def set_each(self, edits: Iterable[tuple[Paths, ValueEdit]], *, dry_run: bool = False) -> ValueChanges:
        """`set` with different values for several tracks, in the same step; a later value of a track replaces it.

        edits: tracks, and the values to set for them
        """
        from map4.core.music.track.user_values import ONES_OWN, ValueChange, ValueChanges

        changes = list[ValueChange]()
        for tracks, edit in edits:
            chosen = list(self._tracks(tracks))
            changes += edit.changes_of(chosen)
            if edit.cues_to_copies:
                changes += duplicates.cues_of_copies(self._store, chosen, edit.cues)
        if any(change.name not in ONES_OWN for change in changes):
            self.actor.require("correct")
        step = None if dry_run else self._store.part(values.SqlValues).put(changes, now=datetime.now(UTC))
        if step is not None:
            values.choose_tempi(self._store, {str(change.track.audio_id) for change in changes})
        return ValueChanges(dry_run=dry_run, step=step, changes=values.with_other_files(changes, self._store.addresses))

    @needs("own")
    def at_once(self) -> AbstractContextManager[object]:
        """A transaction around several reads and changes: on an error, none are made. Other writers wait, so be quick.

        >>> with library.at_once():  # doctest: +SKIP
        ...     if library.lists.version("Friday") == seen:
        ...         library.lists.describe("Friday", "late")
        """
        return self._store.at_once()

    def play(self, file: PathLike, place: str | None = None) -> None:
        """Play a track to its end, with a player on this machine.

        file: a file, or a track of the library by its audio id or words (`tracks.named`)
        place: where to start: "1:23", "90s", "bar 33", or a cue point by kind ("drop", "mix-in") or name
        raises PlayerError: if there is no player, or it fails
        raises UsageError: if it is a folder, or the place is invalid
        raises NothingFoundError: if there is no such file, track, bar or cue point
        raises FileError: if the file can't be read
        """
        plays.play(self._services, file, place)

    # ---- compare: unknown files are analysed but not stored ---------------------------------------

    @takes("map4.similar.options:SimilarOptions")
    def similar(self, files: Paths, options: SimilarOptions = USUAL, **keywords: Unpack[SimilarKeywords]) -> Neighbours:
        """Find the tracks nearest to a track, or to the mean of several; writes nothing.

        files: audio files, in the library or not, tracks of this library, or their names (`tracks.named`); folders and
            playlists mean their contents
        returns: Neighbours, nearest first in its `similar`; each recording once, without the given ones
        raises UsageError: if no file is given, or a key is invalid
        raises QueryError: if the query is invalid
        raises NothingFoundError: if no file can be compared, or the library has nothing to compare with
        """
        return similar.similar_to_files(files, options, self._services.resolver)

    @served("POST", "/compare", "Compare tracks and find the order in which they mix best, as `map4 compare`.",
            {"files": (list[str], ...)}, "Compare", answer="comparison", tracks=("files",), always={"jobs": 1},
            example={"files": ["{a}", "{b}"]})  # fmt: skip
    @takes("map4.core.base.call_options:WorkerOptions")
    def compare(
        self,
        files: Paths,
        options: WorkerOptions = USUAL,
        *,
        on_track: Callable[[Track], object] | None = None,
        **keywords: Unpack[WorkerKeywords],
    ) -> Comparison:
        """Compare tracks: every pair, the order that mixes best, and its energy over time; writes nothing.

        files: two to a hundred audio files, tracks of this library, or their names (`tracks.named`); folders and
            playlists mean their contents
        on_track: called with each track as soon as it is read, which may take a second each
        returns: the comparison of all tracks that could be analysed, with the others in `failed`
        raises UsageError: if fewer than two or more than a hundred are given
        raises NothingFoundError: if fewer than two could be analysed
        """
        return compare.Comparison.of(files, options, self._services.resolver, on_track=on_track)

    @served("POST", "/compare/truth", "Compare measured tempi and keys with a table, as `map4 compare --truth`.",
            {"table": (str, ...)}, "CompareTruth", answer="truth", queue="long",
            example={"table": "file,bpm\none.wav,120"})  # fmt: skip
    def compare_truth(self, table: PathLike) -> TruthComparison:
        """Compare measured tempi and keys with published ones, and score them; values of tags and people do not count.

        table: its text with the columns `file`, or `artist` and `title`; `bpm` or `key`; `genre`; or a `Path` of it, or
            of a folder of annotations (`NAME.bpm`, `NAME.key`, `NAME.genre`)
        returns: accuracies by genre, the worst twenty, and rows without exactly one analysed track
        raises UsageError: if it is no such table
        raises FileError: if it is unreadable
        raises NothingFoundError: if no row has an analysed track
        """
        return compare.TruthComparison.of(self._store, table)

    @served("GET", "/mix/{a}/{b}", "How to mix one track into another, as `map4 mix`.", answer="mix", tracks=("a", "b"),
            always={"jobs": 1}, queue="long", cache="alike")  # fmt: skip
    @takes("map4.similar.options:MixOptions")
    def mix(self, a: PathLike, b: PathLike, options: MixOptions = USUAL, **keywords: Unpack[MixKeywords]) -> Mix:
        """Plan the transition between two tracks: where to leave A and enter B, for how many beats, at which tempo.

        a, b: an audio file or the name of a track (`tracks.named`)
        returns: Mix with its `plan`, or with None and the reason in `no_plan`
        raises UsageError, NothingFoundError: if a or b is a folder, or matches several tracks or none
        raises Map4Error: if a or b can't be analysed, or the file can't or must not be written
        """
        if options.render is not None:
            self.actor.require("own")
        return transitions.Mix.of_files(a, b, options, self._services.resolver)

    # ---- make ------------------------------------------------------------------------------------

    @takes("map4.lists.options:GenerateOptions")
    def playlist(
        self, seeds: Paths = (), options: GenerateOptions = USUAL, **keywords: Unpack[GenerateKeywords]
    ) -> lists.Playlist:
        """Make a playlist; writes nothing. Unknown files are analysed but not stored.

        >>> library.playlist("velvet.flac", n=20, curve="wave", query="genre:house")  # doctest: +SKIP

        seeds: audio files, or names of tracks (`tracks.named`), that the list sounds like; the first is pick 1, the
            others appear somewhere
        returns: a `Playlist`: its `picks`, `quality` and what was `relaxed`; `to_record()` returns it as in the JSON
        raises UsageError: if the options contradict each other, or a query is invalid
        raises NothingFoundError: if there are no candidates
        raises Map4Error: if a given file can't be analysed
        """
        return self._end_of(self.playlist_events(seeds, options), lists.Playlist)

    @takes("map4.lists.options:GenerateOptions")
    def playlist_events(
        self, seeds: Paths = (), options: GenerateOptions = USUAL, **keywords: Unpack[GenerateKeywords]
    ) -> Iterator[Pick | Playlist]:
        """`playlist`, yielding each Pick as soon as it is final, and finally the Playlist."""
        return lists.PlaylistMaker(self._store).make_of_files(seeds, options, self._services.resolver)

    def list_file(self, name: str, format_name: str = "m3u8", *, starts: str | None = None) -> ListFile:
        """A stored list as one file in a playlist, report or DJ format, to send it to somebody.

        starts: when it begins, as in `lists.content`; in playlists
        raises UsageError: if there is no such format, or the list has more than 10,000 entries
        raises NothingFoundError: if there is no such list, or none of its tracks is present
        """
        return exports.ListFile.of(self._services.lists, self._services.names, name, format_name, starts)

    @needs("own")
    @takes("map4.exports.options:ExportRequest")
    def export(
        self,
        target: PathLike | BinaryIO,
        options: ExportRequest = USUAL,
        *,
        on_track: Callable[[int, int], object] | None = None,
        warn: Callable[[str], object] = lambda message: None,
        **keywords: Unpack[ExportKeywords],
    ) -> ExportSummary:
        """Write tracks to a file for another program, atomically, or to a stream.

        Tracks are streamed if the format allows it, so memory use does not grow with their number.

        target: the file, or a binary stream
        on_track: called after each track with the number written and the total
        warn: called with a message if a plug-in can't be loaded
        raises UsageError: if there is no such format or option, or the options contradict each other
        raises NothingFoundError: if there is nothing to export
        raises OutputFileError: if the file can't or must not be written; it is then unchanged
        """
        services = self._services
        writer = exports.Exports(services.lists, services.names, decoder=services.decoder)
        return writer.export(target, options, on_track=on_track, warn=warn)
