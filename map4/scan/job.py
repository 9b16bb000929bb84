"""Jobs that scan folders and analyse files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from map4.core.base.paths import display_paths
from map4.errors import LibraryBusyError, NothingFoundError
from map4.scan.options import FileDone, FileStarted, ScanFinished, ScanNotice, ScanTally

if TYPE_CHECKING:
    from map4.jobs import Reporter
    from map4.library import Library

_BUSY = "another scan of this library is running; this scan continues when it ends"


def scan(library: Library, files: Sequence[str], options: Any, report: Reporter, task: Any) -> dict[str, Any]:
    tally = ScanTally()
    for event in _when_free(library, files, options, report):
        tally.add(event)
        if isinstance(event, ScanNotice):
            report("notice", {"message": event.message})
        elif isinstance(event, FileDone):
            report("line", event.to_record())
        if isinstance(event, (FileDone, FileStarted)):
            report.progress(tally.finished, tally.to_do, event.path)
        if isinstance(event, ScanFinished):
            summary = event.summary
            if not summary.found and not summary.missing:
                raise NothingFoundError(f"no audio files found in {display_paths(files) or 'the known folders'}")
            report("line", summary.to_record())
            return summary.to_record()
    raise AssertionError("a scan ends with its summary")


def _when_free(library: Library, files: Sequence[str], options: Any, report: Reporter) -> Iterator[Any]:
    """Yield the events of a scan; if another scan is running, wait for it first."""
    try:
        yield from library.scan_events(files, options)
        return
    except LibraryBusyError:
        report("waiting", _BUSY)
    is_waiting = True
    for event in library.scan_events(files, replace(options, wait=True)):
        if is_waiting:
            report("waiting", None)
            is_waiting = False
        yield event


def analyze(library: Library, files: Sequence[str], options: Any, report: Reporter, task: Any) -> dict[str, Any]:
    counts = {"files": 0, "analysed": 0, "known": 0, "failed": 0}
    first_failure = ""
    for track in library.analyze_events(files, options):
        counts["files"] += 1
        counts["failed" if track.failure else "known" if track.cached else "analysed"] += 1
        if track.failure and not first_failure:
            first_failure = f"{track.shown_path} {track.failure.message}"
        report("line", track.to_record())
        report.progress(counts["files"], max(len(files), counts["files"]), track.path)
    if counts["failed"] == counts["files"]:
        raise NothingFoundError(f"nothing could be analysed: {first_failure or 'the folders contain no music'}")
    return counts
