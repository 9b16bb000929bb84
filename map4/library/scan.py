"""Scan and watch folders, and analyse single files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from map4.app.options import USUAL, takes
from map4.app.paths import PathLike
from map4.app.query_context import as_query
from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.app.scan.events import ScanEvent, ScanSummary
    from map4.app.scan.options import AnalyzeOptions, ScanOptions, WatchOptions
    from map4.app.scan.watch import WatchedLibrary, WatchEvent
    from map4.domain.track.track import Track

MANY_CHANGED = 500
"""After a scan that changed so many files, the mirror is made; fewer are read beside it."""


class ScanMethods(OpenLibrary):
    """Scan and watch folders, and analyse single files."""

    @takes("map4.app.scan.options:ScanOptions")
    def scan(
        self, paths: PathLike | Iterable[PathLike] = (), options: ScanOptions = USUAL, **keywords: Any
    ) -> ScanSummary:
        """Scan folders and files: what is new or changed is analysed and stored.

        paths: folders and files; none means the folders scanned before
        options: the same as the keywords, as a `map4.app.scan.options.ScanOptions`
        returns: A `ScanSummary`: `found`, `analysed`, `failed`, `unchanged` and other counts.
        raises LibraryBusyError: if another scan of this library runs
        raises UsageError: if there are no paths, and none were scanned before
        """
        from map4.app.scan.events import ScanFinished

        for event in self.scan_events(paths, options):
            if isinstance(event, ScanFinished):
                return event.summary
        raise AssertionError("a scan ends with its summary")

    @takes("map4.app.scan.options:ScanOptions")
    def scan_events(
        self, paths: PathLike | Iterable[PathLike] = (), options: ScanOptions = USUAL, **keywords: Any
    ) -> Iterator[ScanEvent]:
        """Scan, event by event; each file is stored before its event comes. The keywords are those of `scan`.

        paths: folders and files; none means the folders scanned before
        yields: ScanStarted, then FileStarted, FileDone and ScanNotice as they happen, at last ScanFinished. Closing the
            generator early ends the workers; what is finished is kept.
        raises LibraryBusyError: if another scan of this library runs
        raises UsageError: if there are no paths, and none were scanned before; or if none of the paths is there, nor
            known
        """
        from map4.app.scan.events import ScanFinished

        with closing(self._scanner.scan(paths, options)) as events:
            for event in events:
                if isinstance(event, ScanFinished) and event.summary.changed >= MANY_CHANGED:
                    self._store.sounds.warm_mirror()
                yield event

    @takes("map4.app.scan.options:WatchOptions")
    def watch(
        self, paths: PathLike | Iterable[PathLike] = (), options: WatchOptions = USUAL, **keywords: Any
    ) -> Iterator[WatchEvent]:
        """Scan folders, then follow what changes in them, event by event, until the generator is closed.

        The library is opened anew for each batch of changes, and the scan lock held only while it is worked on. In
        between the generator waits, and other scans of this library can run.

        paths: folders; none means the folders scanned before
        options: the same as the keywords, as a `map4.app.scan.options.WatchOptions`
        yields: WatchNotice of how each folder is followed; then ScanStarted, FileStarted and FileDone as files are
            worked on, each stored before its event, and Settled after each batch that changed the library.
        raises LibraryBusyError: if another watch of this library runs
        raises UsageError: if there are no folders, or one that was never scanned is not there; or for a library in
            memory
        """

        from map4.app.scan.watch import WatchedLibrary, watch_folders

        @contextmanager
        def opened() -> Iterator[WatchedLibrary]:
            with type(self).open(**self.ways, lanes=self._scanner.lanes) as library:
                count = partial(library._store.search.count, as_query(""), library._context())
                yield WatchedLibrary(scanner=library._scanner, count=count)
                library._store.care.settle()

        yield from watch_folders(opened, self._store, paths, options)

    @takes("map4.app.scan.options:AnalyzeOptions")
    def analyze(
        self, files: PathLike | Iterable[PathLike], options: AnalyzeOptions = USUAL, **keywords: Any
    ) -> list[Track]:
        """Analyse single files, and give their tracks; what is known is not computed again.

        files: files of any suffix, and folders
        options: the same as the keywords, as a `map4.app.scan.options.AnalyzeOptions`
        """
        return list(self.analyze_events(files, options))

    @takes("map4.app.scan.options:AnalyzeOptions")
    def analyze_events(
        self, files: PathLike | Iterable[PathLike], options: AnalyzeOptions = USUAL, **keywords: Any
    ) -> Iterator[Track]:
        """Analyse single files and yield their tracks as they are ready. The keywords are those of `analyze`.

        files: files of any suffix, and folders; or tracks of the library by audio id or words (`named`)
        """

        if options.store:
            self.actor.require("scan")
        yield from self._scanner.analyze(self._names.paths(files), options)
