"""What is done with a library every day."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from map4.base.actor import needing
from map4.base.given_paths import PathLike, Paths, absolute_path
from map4.base.options import USUAL, takes
from map4.errors import NothingFoundError
from map4.opening import open_store
from map4.part import OpenLibrary, Part, end_of
from map4.search import FoundTracks
from map4.store.query_context import as_query

if TYPE_CHECKING:
    from map4.base.options import WorkerOptions
    from map4.compare import Comparison
    from map4.exports import ExportRequest, ListFile
    from map4.formats import ExportSummary
    from map4.lists import GenerateOptions, Pick, Playlist
    from map4.mixes import Mix
    from map4.music.query.parser import Query
    from map4.music.track.track import Track
    from map4.music.track.user_values import ValueChanges
    from map4.scan import AnalyzeOptions, ScanEvent, ScanOptions, ScanSummary, WatchedLibrary, WatchEvent, WatchOptions
    from map4.similar import MapValues, MixOptions, Neighbours, SimilarOptions, SoundMap
    from map4.stats import Accuracy, Calibration, Statistics
    from map4.values import ValueEdit


@needing(
    {
        "read": """
            analyze analyze_events search count track stats similar sound_map map_values compare mix
            playlist playlist_events play list_file accuracy calibration
        """,
        "own": "set at_once export",
        "scan": "scan scan_events watch",
    }
)
class Verbs(Part):
    """What is done with a library every day.

    `set` needs "correct" for what is not one's own, `analyze` "scan" to store.
    """

    # ---- scan ------------------------------------------------------------------------------------

    @takes("map4.scan.options:ScanOptions")
    def scan(self, paths: Paths = (), options: ScanOptions = USUAL, **keywords: Any) -> ScanSummary:
        """Scan folders and files: what is new or changed is analysed and stored.

        paths: folders and files; none means the folders scanned before
        returns: A `ScanSummary`: `found`, `analysed`, `failed`, `unchanged` and other counts.
        raises LibraryBusyError: if another scan of this library runs
        raises UsageError: if there are no paths, and none were scanned before; or if none of the paths is there, nor
            known
        """
        from map4.scan import ScanFinished

        return end_of(self.scan_events(paths, options), ScanFinished).summary

    @takes("map4.scan.options:ScanOptions")
    def scan_events(self, paths: Paths = (), options: ScanOptions = USUAL, **keywords: Any) -> Iterator[ScanEvent]:
        """`scan`, event by event; each file is stored before its event comes.

        yields: ScanStarted, then FileStarted, FileDone and ScanNotice as they happen, at last ScanFinished. Closing the
            generator early ends the workers; what is finished is kept.
        """
        with closing(self._opened.scanner.scan(paths, options)) as events:
            yield from events

    @takes("map4.scan.options:WatchOptions")
    def watch(self, paths: Paths = (), options: WatchOptions = USUAL, **keywords: Any) -> Generator[WatchEvent]:
        """Scan folders, then follow what changes in them, event by event, until the generator is closed.

        The library is opened anew for each batch of changes, and the scan lock held only while it is worked on. In
        between the generator waits, and other scans of this library can run.

        paths: folders; none means the folders scanned before
        yields: WatchNotice of how each folder is followed; then ScanStarted, FileStarted and FileDone as files are
            worked on, each stored before its event, and Settled after each batch that changed the library.
        raises LibraryBusyError: if another watch of this library runs
        raises UsageError: if there are no folders, or one that was never scanned is not there; or for a library in
            memory
        """
        from map4.scan import WatchedLibrary, watch_folders

        @contextmanager
        def opened() -> Iterator[WatchedLibrary]:
            ways = self._opened.ways | {"writer": "watch"}
            decoder = ways.pop("decoder")
            with closing(open_store(**ways, create=True)) as store:
                again = OpenLibrary(store, lanes=self._opened.lanes, decoder=decoder)
                count = partial(store.search.count, as_query(""), again.context())
                yield WatchedLibrary(scanner=again.scanner, count=count)
                store.care.settle()

        yield from watch_folders(opened, self._store, paths, options)

    @takes("map4.scan.options:AnalyzeOptions")
    def analyze(self, files: Paths, options: AnalyzeOptions = USUAL, **keywords: Any) -> list[Track]:
        """Analyse single files, and give their tracks; what is known is not computed again.

        files: files of any suffix, and folders; or tracks of the library by audio id or words (`tracks.named`)
        """
        return list(self.analyze_events(files, options))

    @takes("map4.scan.options:AnalyzeOptions")
    def analyze_events(self, files: Paths, options: AnalyzeOptions = USUAL, **keywords: Any) -> Iterator[Track]:
        """`analyze`, with each track as soon as it is ready."""
        if options.store:
            self.actor.require("scan")
        yield from self._opened.scanner.analyze(self._opened.names.paths(files), options)

    # ---- search ----------------------------------------------------------------------------------

    def search(self, query: str | Query = "", *, beats: bool = False) -> FoundTracks:
        """Tracks that match a query (see `docs/search.md`), read as they are taken, and anew each time.

        query: its text, or what `map4.music.query.parser.parse_query` made of it; empty is every ok track
        beats: load beat times too
        raises QueryError: at once, if the query can't be read; it says where
        """
        return FoundTracks(self._store.search, as_query(query), self._opened.context(), beats=beats)

    def count(self, query: str | Query = "") -> int:
        """How many tracks match a query; its `limit:` and `offset:` are left out."""
        return self._store.search.count(as_query(query), self._opened.context())

    def track(self, path: PathLike, *, beats: bool = False, sound: bool = False) -> Track | None:
        """The track of a path, an audio id or words of its name, as commands take them; None if the library has none.

        beats: load the beat times too
        sound: load the sound vector and the fingerprint too
        raises AmbiguousNameError: if words mean several recordings
        """
        found = self._store.tracks.track(absolute_path(path), beats=beats, sound=sound)
        if found is not None or not isinstance(path, str):
            return found
        try:
            [named] = self._opened.names.resolve(path)
        except NothingFoundError:
            return None
        return self._store.tracks.track(named.path, beats=beats, sound=sound)

    def stats(self, query: str | Query = "") -> Statistics:
        """Counts, hours and histograms of the tracks that match a query.

        Without a term or limit in it, files that failed, are missing or wait are counted too, by state. The genre of a
        track is that of its tag, or else of its labels.
        """
        from map4.stats import collect_statistics

        return collect_statistics(self._store, as_query(query), self._opened.context())

    def accuracy(self, query: str | Query = "", *, imported: bool = False) -> Accuracy:
        """How right map4 is on tempi, keys and bars that the user set or tapped, and whether its certainties say so.

        imported: values of DJ programs count as the user's own, too, where the user set none
        """
        from map4.stats import collect_accuracy

        return collect_accuracy(self._store, as_query(query), self._opened.context(), imported=imported)

    def calibration(self, query: str | Query = "", *, imported: bool = False) -> Calibration:
        """The certainties of tempo and key fitted to these values, or why they are not.

        Nothing changes: what a fit says counts where it is among the `preferences` that a library is opened with, to
        which `map4 stats calibrate` adds it by a setting.
        """
        from map4.stats import calibrate

        return calibrate(self._store, as_query(query), self._opened.context(), imported=imported)

    @takes("map4.values.use:ValueEdit")
    def set(
        self,
        tracks: Paths,
        options: ValueEdit = USUAL,
        *,
        dry_run: bool = False,
        **keywords: Any,
    ) -> ValueChanges:
        """Set values of tracks to what the user says, all in one transaction.

        Such a value wins over every other, and stays with the audio when it is analysed again, moved or retagged.

        tracks: one or several, that this library gave, or names of its tracks (`tracks.named`)
        dry_run: only say what would change
        returns: ValueChanges: a change for each track and value, of which those with a `problem` were not done, and
            `also` names the other files with the same audio, which have the value too; and the step by which
            `values.undo` takes them back.
        raises UsageError: if options contradict each other, or a value can't be one
        """
        from map4.music.track.user_values import ONES_OWN, ValueChanges
        from map4.values import SqlValues, plan_changes, with_other_files

        changes = list(plan_changes(self._tracks(tracks), options))
        if any(change.name not in ONES_OWN for change in changes):
            self.actor.require("correct")
        step = None if dry_run else self._store.part(SqlValues).put(changes, now=datetime.now(UTC))
        return ValueChanges(dry_run=dry_run, step=step, changes=with_other_files(changes, self._store.addresses))

    def at_once(self) -> AbstractContextManager[object]:
        """Around several changes, and what is asked before them: all of them are made, or none where an error leaves
        it, and nobody else changes the library meanwhile, who therefore waits: be quick.

        >>> with library.at_once():  # doctest: +SKIP
        ...     if library.lists.version("Friday") == seen:
        ...         library.lists.describe("Friday", "late")
        """
        return self._store.at_once()

    def play(self, file: PathLike, place: str | None = None) -> None:
        """Play a track to its end, by a player of this machine.

        file: a file, or a track of the library by its audio id or words (`tracks.named`)
        place: where to begin: "1:23", "90s", "bar 33", or a cue point by its kind ("drop", "mix-in") or its name
        raises PlayerError: if there is no player here, or it fails
        raises UsageError: if it is a folder, or the place is none
        raises NothingFoundError: if there is no such file, track, bar or cue point
        raises FileError: if the file can't be read
        """
        from map4.plays import play

        play(self._opened, file, place)

    # ---- compare: what the library does not know is analysed for the answer alone ----------------

    @takes("map4.similar.options:SimilarOptions")
    def similar(self, files: Paths, options: SimilarOptions = USUAL, **keywords: Any) -> Neighbours:
        """Find the tracks that are nearest to one, or to the mean of several; nothing is written.

        files: audio files, in the library or not, tracks that this library gave, or names of its tracks
            (`tracks.named`); folders and playlists stand for what they hold
        returns: Neighbours, the nearest first in its `similar`; each recording once, and not those asked about.
        raises UsageError: if no file is named, or there is no such key
        raises QueryError: if the query can't be read
        raises NothingFoundError: if no file can be compared, or the library has nothing to compare it with
        """
        from map4.similar import similar_to_files

        return similar_to_files(files, options, self._opened.resolver)

    def sound_map(self) -> SoundMap:
        """The map of the sound: a place in the plane for each recording, near those that it sounds like.

        It is laid out once (6 s for 100,000 tracks); recordings that come later find a place in it.

        raises NothingFoundError: if fewer than eight recordings have sound numbers
        """
        from map4.similar import map_sounds

        return map_sounds(self._store)

    def map_values(self, names: Sequence[str]) -> MapValues:
        """What the recordings of the map can be coloured by: `bpm`, `key`, `level`, `doubt`, `genre`, `family`.

        raises UsageError: if there is no such value
        """
        from map4.similar import map_values

        return map_values(self._store, names)

    @takes("map4.base.options:WorkerOptions")
    def compare(
        self,
        files: Paths,
        options: WorkerOptions = USUAL,
        *,
        on_track: Callable[[Track], object] | None = None,
        **keywords: Any,
    ) -> Comparison:
        """Compare tracks: every pair, the order that mixes best, the energy's course in it; nothing is written.

        files: two to a hundred audio files, tracks this library gave, or names of its tracks (`tracks.named`); folders
            and playlists stand for what they hold
        on_track: called with each track as soon as it is read, which may take a second each
        returns: The comparison of all that could be analysed, with the others as its `failed`.
        raises UsageError: if fewer than two or more than a hundred are named
        raises NothingFoundError: if fewer than two could be analysed
        """
        from map4.compare import compare_files

        return compare_files(files, options, self._opened.resolver, on_track=on_track)

    @takes("map4.similar.options:MixOptions")
    def mix(self, a: PathLike, b: PathLike, options: MixOptions = USUAL, **keywords: Any) -> Mix:
        """Plan how to get from one track to another: where to leave A and enter B, for how many beats, how fast.

        a, b: an audio file each, or a name of a track (`tracks.named`)
        returns: Mix with its `plan`, or None there and the reason in `no_plan`.
        raises UsageError, NothingFoundError: if one of them names a folder, several tracks, or none
        raises Map4Error: if one of them can't be analysed, or the file can't be written or must not be
        """
        from map4.mixes import mix_files

        if options.render is not None:
            self.actor.require("own")
        return mix_files(a, b, options, self._opened.resolver)

    # ---- make ------------------------------------------------------------------------------------

    @takes("map4.lists.options:GenerateOptions")
    def playlist(self, seeds: Paths = (), options: GenerateOptions = USUAL, **keywords: Any) -> Playlist:
        """Make a playlist; nothing is written, and what the library does not know is analysed for this list alone.

        >>> library.playlist("velvet.flac", n=20, curve="wave", query="genre:house")  # doctest: +SKIP

        seeds: audio files the list sets out from and sounds like, or names of tracks (`tracks.named`); the first is
            pick 1, the others appear somewhere
        returns: A `Playlist`: its `picks`, `quality` and what had to be `relaxed`; `to_record()` gives all of it as
            JSON has it.
        raises UsageError: if the wishes contradict each other, or a query can't be read
        raises NothingFoundError: if there is nothing to choose from
        raises Map4Error: if a file that was named can't be analysed
        """
        from map4.lists import Playlist

        return end_of(self.playlist_events(seeds, options), Playlist)

    @takes("map4.lists.options:GenerateOptions")
    def playlist_events(
        self, seeds: Paths = (), options: GenerateOptions = USUAL, **keywords: Any
    ) -> Iterator[Pick | Playlist]:
        """`playlist`, with each Pick as soon as it is final, and the Playlist at last."""
        from map4.lists import PlaylistMaker

        return PlaylistMaker(self._store).make_of_files(seeds, options, self._opened.resolver)

    def list_file(self, name: str, format_name: str = "m3u8") -> ListFile:
        """A stored list as one file, in a format of lists, of reports or of DJ programs, to be sent to somebody.

        raises UsageError: if there is no such format, or the list has more than 10,000 entries
        raises NothingFoundError: if there is no such list, or none of its tracks is there
        """
        from map4.exports import list_file

        return list_file(self._opened.lists, self._opened.names, name, format_name)

    @takes("map4.exports.options:ExportRequest")
    def export(
        self,
        target: PathLike | BinaryIO,
        options: ExportRequest = USUAL,
        *,
        on_track: Callable[[int, int], object] | None = None,
        warn: Callable[[str], object] = lambda message: None,
        **keywords: Any,
    ) -> ExportSummary:
        """Write tracks to a file for another program, whole or not at all, or to a stream.

        Tracks are read as they are written; so 100,000 take no more room than one where the format allows it.

        target: the file, or a binary stream to write to
        on_track: is told after each track how many are written, and of how many
        warn: is told of a plug-in that can't be loaded
        raises UsageError: if there is no such format or option, or the choices contradict each other
        raises NothingFoundError: if there is nothing to export
        raises OutputFileError: if the file can't be written, or must not be; then it is as it was
        """
        from map4.exports import Exports

        exports = Exports(self._opened.lists, self._opened.names)
        return exports.export(target, options, on_track=on_track, warn=warn)
