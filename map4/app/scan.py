"""The scan: find what is new or changed, identify it, analyse what no one knows yet, remember the rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from map4.app.file_work import FileWork
from map4.app.ports import (
    AnalyseJob,
    Files,
    FoundFile,
    IdentifyJob,
    Job,
    KnownFile,
    LaneFactory,
    ScanStore,
    TagsJob,
)
from map4.app.scan_events import FileDone, ScanEvent, ScanFinished, ScanNotice, ScanOptions, ScanStarted, Tally
from map4.domain.analysis import ANALYSIS_VERSION
from map4.domain.track import Failure, Track


@dataclass(slots=True)
class _Plan:
    """What the walk and the library's memory say there is to do."""

    jobs: list[Job]
    unchanged: list[str]
    known_failed: list[str]
    returned: list[str]


class Scan:
    """One scan of some paths over a store.

    Parameters
    ----------
    store : the library
    files : the file system
    lanes : makes the lanes jobs run in
    clock : now, with time zone
    monotonic : seconds, for durations
    """

    def __init__(
        self,
        store: ScanStore,
        files: Files,
        lanes: LaneFactory,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._store = store
        self._files = files
        self._lanes = lanes
        self._clock = clock
        self._monotonic = monotonic

    def run(self, paths: Sequence[str], options: ScanOptions) -> Iterator[ScanEvent]:
        """Scan, and yield an event for everything that happens; each file is stored before its event.

        Parameters
        ----------
        paths : absolute paths of folders and files
        options : how
        """
        tally = Tally()
        started = self._monotonic()
        for event in self._events(paths, options, tally):
            tally.add(event)
            yield event
        yield ScanFinished(summary=tally.summary(self._monotonic() - started))

    def _events(self, paths: Sequence[str], options: ScanOptions, tally: Tally) -> Iterator[ScanEvent]:
        known = self._store.known_files()
        found: dict[str, FoundFile] = {}
        problems: dict[str, Failure] = {}
        for item in self._files.walk(paths, options.walk):
            if isinstance(item, FoundFile):
                found[item.path] = item
            else:
                problems[item.path] = item.failure
        plan = self._plan(found, known, options)
        yield ScanStarted(found=len(found) + len(problems), to_do=len(plan.jobs))
        for path, failure in problems.items():
            track = Track(path=path, state="failed", failure=failure)
            yield FileDone(path=path, change="failed", track=track, failure=failure)
        yield from self._known_events(plan, options, tally)
        if options.dry_run:
            yield from (FileDone(path=job.path, change="planned") for job in plan.jobs)
            return
        yield from FileWork(self._store, self._files, known, options, self._clock).run(plan.jobs, self._lanes)
        if options.keep_roots and options.store:
            yield from self._look_for_missing(paths, found, known)
            folders = [path for path in paths if self._files.is_folder(path)]
            self._store.set_roots(merged_roots(self._store.roots(), folders, options.walk.recursive), self._clock())

    def _known_events(self, plan: _Plan, options: ScanOptions, tally: Tally) -> Iterator[ScanEvent]:
        """Events of the files that need no work."""
        if plan.returned and options.store and not options.dry_run:
            self._store.mark_present(plan.returned)
        yield from (FileDone(path=path, change="restored", track=self._store.track(path)) for path in plan.returned)
        for path in plan.known_failed:
            yield FileDone(path=path, change="known_failed", track=self._store.track(path))
        if options.report_unchanged:
            for path in plan.unchanged:
                yield FileDone(path=path, change="unchanged", track=self._store.track(path))
        else:
            tally.add_unchanged(len(plan.unchanged))

    def _plan(self, found: dict[str, FoundFile], known: dict[str, KnownFile], options: ScanOptions) -> _Plan:
        plan = _Plan([], [], [], [])
        for path, file in found.items():
            before = known.get(path)
            job = self._job_for(file, before, options)
            if job is not None:
                if options.max_files is None or len(plan.jobs) < options.max_files:
                    plan.jobs.append(job)
            elif before is not None and before.is_missing:
                plan.returned.append(path)
            elif before is not None and before.analysis_version is None:
                plan.known_failed.append(path)
            else:
                plan.unchanged.append(path)
        return plan

    def _job_for(self, file: FoundFile, before: KnownFile | None, options: ScanOptions) -> Job | None:
        path, stamp = file.path, file.stamp
        if before is None or (before.stamp.size_bytes, before.stamp.mtime_ns) != (stamp.size_bytes, stamp.mtime_ns):
            return IdentifyJob(path=path, stamp=stamp)
        has_failed = before.failed_version == ANALYSIS_VERSION
        if has_failed and before.stamp == stamp and not (options.retry_failed or options.force):
            return None
        if before.audio_id is None:
            return IdentifyJob(path=path, stamp=stamp)
        if has_failed or options.force or self._is_stale(before, options):
            return AnalyseJob(path=path, stamp=stamp, decoder=options.decoder)
        if before.stamp != stamp:
            return TagsJob(path=path, stamp=stamp)
        return None

    def _is_stale(self, before: KnownFile, options: ScanOptions) -> bool:
        if before.analysis_version != ANALYSIS_VERSION or before.analysed_at is None:
            return True
        if options.max_age is None:
            return False
        return datetime.fromisoformat(before.analysed_at) < self._clock() - options.max_age

    def _look_for_missing(
        self, paths: Sequence[str], found: dict[str, FoundFile], known: dict[str, KnownFile]
    ) -> Iterator[ScanEvent]:
        gone: list[str] = []
        for root in (path for path in paths if self._files.is_folder(path)):
            inside = os.path.join(root, "")
            expected = [p for p, k in known.items() if p.startswith(inside) and p not in found and not k.is_missing]
            if expected and not any(path.startswith(inside) for path in found):
                yield ScanNotice(
                    message=f"{root} is empty, though the library knows {len(expected)} files in it; is the drive "
                    "mounted? Nothing is marked as missing"
                )
                continue
            # Left out by a filter is not gone: only what is not there any more is.
            gone += [path for path in expected if not self._files.exists(path)]
        moved = {path for path in gone if self._store.track(path) is None}
        gone = [path for path in dict.fromkeys(gone) if path not in moved]
        if gone:
            self._store.mark_missing(gone, now=self._clock())
        for path in gone:
            yield FileDone(path=path, change="missing", track=self._store.track(path))


def merged_roots(before: dict[str, bool], folders: Sequence[str], is_recursive: bool) -> dict[str, bool]:
    """Folders to remember: the old ones and `folders`, without those that lie inside another one's reach."""
    roots = {**before, **dict.fromkeys(folders, is_recursive)}
    return {
        path: recursive
        for path, recursive in sorted(roots.items())
        if not any(
            covers and path != other and path.startswith(os.path.join(other, "")) for other, covers in roots.items()
        )
    }
