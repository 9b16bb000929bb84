"""Scan folders, and analyse single files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Unpack

from map4.app.options import given
from map4.app.paths import PathLike
from map4.app.scan.events import ScanEvent, ScanFinished, ScanSummary
from map4.app.scan.options import AnalyzeKeywords, AnalyzeOptions, ScanKeywords, ScanOptions
from map4.domain.track import Track
from map4.library.open_library import OpenLibrary


class ScanMethods(OpenLibrary):
    """Scan folders, and analyse single files."""

    def scan(
        self,
        paths: PathLike | Iterable[PathLike] = (),
        options: ScanOptions | None = None,
        **keywords: Unpack[ScanKeywords],
    ) -> ScanSummary:
        """Scan folders and files; as `scan_events`, without the events."""
        for event in self.scan_events(paths, options, **keywords):
            if isinstance(event, ScanFinished):
                return event.summary
        raise AssertionError("a scan ends with its summary")

    def scan_events(
        self,
        paths: PathLike | Iterable[PathLike] = (),
        options: ScanOptions | None = None,
        **keywords: Unpack[ScanKeywords],
    ) -> Iterator[ScanEvent]:
        """Scan, event by event; each file is stored before its event comes.

        Parameters
        ----------
        paths : folders and files; none means the folders scanned before

        Yields
        ------
        ScanStarted, then FileStarted, FileDone and ScanNotice as they happen, at last ScanFinished. Closing the
        generator early ends the workers; what is finished is kept.

        Raises
        ------
        LibraryBusyError
            If another scan of this library runs.
        UsageError
            If there are no paths, and none were scanned before; or if none of the paths is there, nor known.
        """
        yield from self._scanner.scan(paths, given(ScanOptions, options, keywords))

    def analyze(
        self,
        files: PathLike | Iterable[PathLike],
        options: AnalyzeOptions | None = None,
        **keywords: Unpack[AnalyzeKeywords],
    ) -> list[Track]:
        """Analyse single files; as `analyze_events`, all at once."""
        return list(self.analyze_events(files, options, **keywords))

    def analyze_events(
        self,
        files: PathLike | Iterable[PathLike],
        options: AnalyzeOptions | None = None,
        **keywords: Unpack[AnalyzeKeywords],
    ) -> Iterator[Track]:
        """Analyse single files and yield their tracks as they are ready; what is known is not computed again.

        Parameters
        ----------
        files : files of any suffix, and folders; or tracks of the library by audio id or words (`named`)
        """
        yield from self._scanner.analyze(self._names.paths(files), given(AnalyzeOptions, options, keywords))
