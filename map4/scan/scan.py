"""The scan: find new and changed files, identify them, analyse unknown audio, and store the rest."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain

from map4 import search
from map4.core.audio.jobs import (
    AnalyseJob,
    FoundFile,
    IdentifyJob,
    KnownFile,
    LaneFactory,
    LaneJob,
    Stamp,
    TagsJob,
    WalkProblem,
)
from map4.core.base.paths import display_path, is_inside
from map4.core.base.text import counted, utc_text
from map4.core.music.analysis.analysis import ANALYSIS_VERSION
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.track.track import Failure, Track
from map4.core.music.track.track_record import ScanChange
from map4.core.store.sql_store import Store
from map4.core.store.substitutes import absent_roots, has_substitutes
from map4.errors import Map4Error
from map4.library import hookspecs
from map4.scan.events import FileDone, ScanEvent, ScanFinished, ScanNotice, ScanStarted, ScanTally
from map4.scan.options import ScanSettings, Shard
from map4.scan.outcomes import FileWork
from map4.scan.store import SqlIgnoredFiles, UnreadFolders
from map4.scan.walk import STAMPED, DiskFiles, kind_left_out
from map4.values import SqlValues, choose_tempi

MOST_HIDDEN_NAMED = 3
LOOKED_UP_AT_ONCE = 2000  # files; unchanged ones are dropped after each batch
_LATER_KINDS = AudioFormat.LATER_EXTENSIONS | {"mkv", "webm"}
_HEED = "'map4 library forget --undo FILE' includes it in scans again"

IsStill = Callable[[str, Stamp | None], bool]
"""`is_still(path, stamp)`: whether a new, changed or (None) missing file may be processed now."""


@dataclass(slots=True)
class _Plan:
    """The work that follows from the walk and the library.

    Unchanged files are kept by id only, unless they are reported. `twins` are files whose known audio is already being
    analysed again, under the path they have here; `known` are files to read, as the library knows them; `first_of`
    maps an audio to the file that is analysed again.
    """

    jobs: list[LaneJob] = field(default_factory=list)
    twins: dict[str, list[AnalyseJob]] = field(default_factory=dict)
    as_before: dict[ScanChange, list[str]] = field(default_factory=lambda: {"known_failed": [], "unchanged": []})
    counts: Counter[str] = field(default_factory=Counter)
    known: dict[str, KnownFile] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)
    found: int = 0
    first_of: dict[str, str] = field(default_factory=dict)
    returned: list[str] = field(default_factory=list)
    postponed: int = 0

    def planned_paths(self) -> list[str]:
        return [job.path for job in self.jobs] + [twin.path for twins in self.twins.values() for twin in twins]


MANY_CHANGED = 500
"""A scan that changed this many files checks whether the mirror suffices, and fills the caches of a large library."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan of some paths over a store.

    store: the library
    files: the file system
    lanes: makes the lanes that jobs run in
    how: its settings
    clock: current time, with time zone
    monotonic: seconds, for durations
    is_still: whether this scan may take a new, changed or missing file; other files are left for a later scan
    after_news: called before the end if the scan changed the library; returns sentences to report
    """

    store: Store
    files: DiskFiles
    lanes: LaneFactory
    how: ScanSettings
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    is_still: IsStill = lambda path, stamp: True
    after_news: Callable[[], Iterable[str]] = tuple

    def run(self, paths: Sequence[str]) -> Iterator[ScanEvent]:
        """Scan, and yield an event for each step; each file is stored before its event.

        paths: absolute paths of folders and files
        """
        tally, looked = ScanTally(), 0
        started = self.monotonic()
        for event in self._events(paths, tally):
            tally.add(event)
            yield event
            # Or the first comparison after a long scan would read all of it at once.
            if self.how.store and tally.finished - looked >= MANY_CHANGED:
                self.store.sounds.keep_mirror()
                yield from self._compare_recordings()
                looked = tally.finished
        summary = tally.summary(self.monotonic() - started)
        if self.how.store and not self.how.options.dry_run:
            yield from self._compare_recordings()
        if summary.has_news and not self.how.options.dry_run:
            if self.how.store:
                choose_tempi(self.store)  # also where an import or a look-up changed a genre
            yield from (ScanNotice(message=sentence, is_news=True) for sentence in self.after_news())
            if self.how.store and self.store.row_cache.is_large():  # a small library is read faster than a cache
                self.store.sounds.keep_mirror()
                if summary.changed >= MANY_CHANGED:
                    yield from self._warm()
        elif self.how.store and not self.how.options.dry_run and self._may_be_away():
            yield from (ScanNotice(message=sentence, is_news=True) for sentence in self.after_news())
        yield ScanFinished(summary=summary)

    def _more_kinds(self, plan: _Plan) -> Iterator[ScanNotice]:
        """Count new files that are older than the last scan of their folder, as map4 left out their kinds."""
        more, scanned = list[str](), self.store.tracks.scanned_at()
        for job in plan.jobs:
            if job.path in plan.new and job.path.rpartition(".")[2].lower() in _LATER_KINDS:
                changed_at = utc_text(datetime.fromtimestamp(job.stamp.ctime_ns / 1e9, UTC))
                if any(at and at > changed_at and is_inside(job.path, root) for root, at in scanned.items()):
                    more.append(job.path)
        if more:
            counts = f"{counted(len(more), 'file')} of kinds that an older map4 left out ({_by_kind(more)})"
            yield ScanNotice(message=f"{counts}; exclude them with --exclude or 'scan.exclude'", is_news=True)

    def _may_be_away(self) -> bool:
        """Return whether a file of a list is, or was, in a folder that is absent: that is no news of a file."""
        return bool(absent_roots(self.store.tracks)) or has_substitutes(self.store.tracks)

    def _compare_recordings(self) -> Iterator[ScanEvent]:
        """Find the copies of recordings that are new since the last scan, also by a merge: no reader stores any."""
        with suppress(Map4Error):  # as below
            self.store.part(search.SqlSongs).store_new()
        alike = self.store.part(hookspecs.copies.required()).alike
        if not (due := alike.due()):
            return
        if due > MANY_CHANGED:
            yield ScanNotice(message=f"comparing {counted(due, 'new recording')} with all others, to find copies")
        with suppress(Map4Error):  # as below
            alike.bring_up_to_date()

    def _warm(self) -> Iterator[ScanEvent]:
        """Compute what a large library caches, so that its first answers need not wait."""
        yield ScanNotice(message="preparing searches, copies and findings of this large library")
        self.store.sounds.warm_mirror()
        for warm in hookspecs.warm.targets():
            with suppress(Map4Error):  # the scan is done; the command that needs the result reports the reason
                warm(self.store)

    def _events(self, paths: Sequence[str], tally: ScanTally) -> Iterator[ScanEvent]:
        how = self.how
        plan = _Plan()
        problems: dict[str, Failure] = {}
        ignored = frozenset[str]()
        if not how.takes_ignored:
            ignored = frozenset(ignored_file.path for ignored_file in self.store.part(SqlIgnoredFiles).all())
        find = self.store.tracks.known_finder()
        batch: list[FoundFile] = []
        hidden: list[str] = []
        reported = UnreadFolders(self.store.place)
        reported_before = reported.known()  # an unreadable folder is reported once, not at each scan
        self.files.remembered = {entry[:-1]: entry[-1] == "1" for entry in reported_before if STAMPED in entry}
        for item in self._walk(paths, hidden):
            if item.path in ignored:
                if item.path in paths:  # only a file that the call names gets a notice
                    yield ScanNotice(message=f"{display_path(item.path)} is ignored; {_HEED}")
            elif isinstance(item, FoundFile):
                batch.append(item)
                if len(batch) == LOOKED_UP_AT_ONCE:
                    self._plan(plan, batch, find)
                    batch = []
            else:
                problems[item.path] = item.failure
        self._plan(plan, batch, find)
        yield from self._more_kinds(plan)
        yield from _left_out(hidden)
        known = plan.known | find(list(problems))
        # A mistyped path is no failed file.
        absent = {path for path in paths if path in problems and problems[path].kind == "vanished"}
        yield ScanStarted(found=plan.found + len(problems) - len(absent), to_do=len(plan.planned_paths()))
        writes = how.store and not how.options.dry_run
        looks_for_missing = how.options.keep_roots and writes
        # Before the jobs, which add files and move others.
        folders = [path for path in paths if looks_for_missing and self.files.is_folder(path)]
        expected = {folder: self.store.tracks.present_inside(folder, without=plan.seen) for folder in folders}
        unread = {path for path in problems if self.files.is_folder(path)}
        again = frozenset[str]() if how.options.retry_failed else (reported_before & unread).difference(paths)
        if writes:
            stamped = {f"{key}{int(has_pictures)}" for key, has_pictures in self.files.pictures.items()}
            reported.note(reported_before, unread | stamped, paths)
        for path, failure in problems.items():
            if path in again and not how.options.report_unchanged:
                tally.add_silently("known_failed", 1)
                continue
            # A named path that is gone needs no look through its folder.
            if writes and failure.kind == "vanished" and path in known:
                self.store.tracks.mark_missing([path], now=self.clock())
            track = Track(path=path, state="failed", failure=failure, prefer=self.store.preferences.sources)
            change: ScanChange = "not_found" if path in absent else "known_failed" if path in again else "failed"
            yield FileDone(path=path, change=change, track=track, failure=failure)
        yield from self._known_events(plan, tally)  # before the jobs: a stopped scan has reported what needs no work
        if how.options.dry_run:
            yield from (FileDone(path=path, change="planned") for path in plan.planned_paths())
            return
        unavailable = self._unavailable_roots(paths)
        before = self.store.tracks.roots()
        depths = {} if how.keep_depth else before
        roots = {folder: depths.get(folder, folder not in how.flat) for folder in folders}
        if new := {folder: is_deep for folder, is_deep in roots.items() if folder not in before}:
            self.store.tracks.put_roots(new, None)  # if this scan is stopped, the next one doesn't need their names
        follower = hookspecs.successors.declared() if how.store else None
        successors, message = None if follower is None else follower(self.store), None
        work = FileWork(
            self.store, self.files, known, partial(self._unavailable_roots, paths), how, self.clock, successors
        )
        try:
            yield from map(self._apply_tempo_ranges, work.run(plan.jobs, plan.twins, self.lanes))
        finally:
            message = None if successors is None else successors.close()
        if message:
            yield ScanNotice(message=message, is_news=True)
        tally.add_silently("postponed", work.left)
        unavailable = (*unavailable, *self._unavailable_roots(paths))  # a drive may have disappeared meanwhile
        if looks_for_missing:
            yield from self._look_for_missing(expected, unavailable)
            # A folder may have gone meanwhile.
            there = {folder: is_deep for folder, is_deep in roots.items() if self.files.is_folder(folder)}
            self.store.tracks.put_roots(there, self.clock())
        if how.store:
            self.store.part(SqlValues).settle({job.path for job in plan.jobs if isinstance(job, IdentifyJob)})

    def _apply_tempo_ranges(self, event: ScanEvent) -> ScanEvent:
        """Apply tempo ranges to a file that is done, and return its event with the chosen tempo."""
        if not isinstance(event, FileDone) or event.track is None or not self.how.store:
            return event
        audio_id, cached = event.track.audio_id, event.track.cached
        if audio_id is None or audio_id not in choose_tempi(self.store, [audio_id]):
            return event
        track = self.store.tracks.track(event.path, beats=True, sound=True)
        return event if track is None else replace(event, track=replace(track, cached=cached))

    def _walk(self, paths: Sequence[str], hidden: list[str]) -> Iterator[FoundFile | WalkProblem]:
        deep, flat = ([path for path in paths if (path in self.how.flat) is is_flat] for is_flat in (False, True))
        items = chain(
            self.files.walk(deep, self.how.walk, hidden=hidden),
            self.files.walk(flat, replace(self.how.walk, recursive=False), hidden=hidden),
        )
        if self.how.options.shard is None:
            return items
        shard = Shard.parse(self.how.options.shard)
        return (item for item in items if isinstance(item, WalkProblem) or shard.has(item.path, paths))

    def _known_events(self, plan: _Plan, tally: ScanTally) -> Iterator[ScanEvent]:
        """Yield the events of the files that need no work."""
        if plan.returned and self.how.store and not self.how.options.dry_run:
            self.store.tracks.mark_present(plan.returned)
        for path in plan.returned:
            track = self.store.tracks.track(path)
            if track is not None and track.state == "missing":  # known, back, and not to be stored
                track = replace(track, state="ok" if track.analysis else "pending")
            yield FileDone(path=path, change="restored", track=track)
        tally.add_silently("postponed", plan.postponed)
        for change, paths in plan.as_before.items():
            tally.add_silently(change, plan.counts[change])
            for path in paths:
                yield FileDone(path=path, change=change, track=self.store.tracks.track(path))

    def _plan(
        self, plan: _Plan, files: Sequence[FoundFile], find: Callable[[Sequence[str]], dict[str, KnownFile]]
    ) -> None:
        """Add some files to a plan, each once."""
        first_of, known, most = plan.first_of, find([file.path for file in files]), self.how.options.max_files
        for file in files:
            path, before = file.path, known.get(file.path)
            if (path in plan.new) if before is None else (before.file_id in plan.seen):  # paths of a call may overlap
                continue
            plan.found += 1
            if before is None:
                plan.new.add(path)
            else:
                plan.seen.add(before.file_id)
            job = self._job_for(file, before)
            if before is not None and job is not None:
                plan.known[path] = before
            is_changed = before is None or before.stamp != file.stamp
            # A file that is still being copied.
            if job is not None and is_changed and not self.is_still(path, file.stamp):
                plan.postponed += 1
            # Equal audio is decoded once.
            elif isinstance(job, AnalyseJob) and before is not None and before.audio_id in first_of:
                plan.twins.setdefault(first_of[before.audio_id], []).append(job)
            elif job is not None and most is not None and len(plan.jobs) >= most:
                plan.postponed += 1
            elif job is not None:
                plan.jobs.append(job)
                if isinstance(job, AnalyseJob) and before is not None and before.audio_id is not None:
                    first_of[before.audio_id] = path
            elif before is not None and before.is_missing:
                plan.returned.append(path)
            else:
                has_failed = before is None or before.failed_version == ANALYSIS_VERSION
                change: ScanChange = "known_failed" if has_failed else "unchanged"
                if self.how.options.report_unchanged:
                    plan.as_before[change].append(path)
                else:
                    plan.counts[change] += 1

    def _job_for(self, file: FoundFile, before: KnownFile | None) -> LaneJob | None:
        path, stamp = file.path, file.stamp
        # A new name or other rights leave the content as it is.
        if before is None or not before.stamp.has_content_of(stamp):
            return IdentifyJob(path=path, stamp=stamp)
        has_failed = before.failed_version == ANALYSIS_VERSION
        is_as_it_was = before.stamp == stamp
        # A damaged file would cost its time at each scan.
        if has_failed and is_as_it_was and not (self.how.options.retry_failed or self.how.options.force):
            return None
        if before.audio_id is None:
            return IdentifyJob(path=path, stamp=stamp)
        wants_analysis = has_failed or self.how.options.force or self._is_stale(before)
        # Another file with this name, size and age has another inode.
        if not is_as_it_was and (wants_analysis or before.stamp.inode != stamp.inode):
            return IdentifyJob(path=path, stamp=stamp)
        if wants_analysis:
            decoder = self.how.decoder_of(before.audio_id)
            return AnalyseJob(path=path, stamp=stamp, decoder=decoder, length_s=before.length_s)
        has_news = not is_as_it_was or before.has_old_tags or before.beside != file.beside
        return TagsJob(path=path, stamp=stamp) if has_news else None

    def _is_stale(self, before: KnownFile) -> bool:
        # A stale part doesn't decide by itself: if any part is old, one pass renews all parts.
        return (
            before.analysis_version != ANALYSIS_VERSION
            or before.analysed_at is None
            or before.has_old_parts
            or before.analysed_at < self.how.oldest
            or (self.how.oldest != "" and before.analysed_at > utc_text(self.clock()))  # the clock was ahead
        )

    def _unavailable_roots(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Return scanned folders that are absent or empty, like those of an unplugged drive; their files are not known
        to be gone."""
        roots = {*self.store.tracks.roots(), *(path for path in paths if self.files.is_folder(path))}
        return tuple(os.path.join(root, "") for root in sorted(roots) if not self.files.has_content(root))

    def _look_for_missing(
        self, expected_in: Mapping[str, Sequence[str]], absent: tuple[str, ...]
    ) -> Iterator[ScanEvent]:
        gone: dict[str, None] = {}
        for root, expected in expected_in.items():
            unknowable = [path for path in expected if path.startswith(absent)] if absent else []
            if unknowable:
                yield ScanNotice(
                    message=f"{root}: {len(unknowable)} known files are in folders that are now empty or absent; is "
                    "the drive mounted? They are not marked as missing"
                )
            # Filtered files are not gone; only files that no longer exist are.
            skipped = set(unknowable)
            left_out = (path for path in expected if path not in skipped and not self.files.exists(path))
            gone |= {path: None for path in left_out if self.is_still(path, None)}  # an editor may just be replacing it
        # A moved file has kept its row.
        left = [path for path in gone if self.store.tracks.track(path) is not None]
        if left:
            self.store.tracks.mark_missing(left, now=self.clock())
        for path in left:
            yield FileDone(path=path, change="missing", track=self.store.tracks.track(path))


def _left_out(paths: Sequence[str]) -> Iterator[ScanNotice]:
    """Yield a line for each kind of files that a scan left out, and for hidden ones."""
    for kind, one, many, how in (
        (
            "",
            "hidden audio file or folder",
            "hidden audio files and folders",
            "to include a folder, rename it or scan it by its name",
        ),
        ("video", "video file", "video files", "to include one, scan it by its name"),
        ("audio", "file", "files", "map4 can't decode this kind"),
    ):
        left = [path for path in paths if kind_left_out(path) == kind]
        named = ", ".join(map(display_path, left[:MOST_HIDDEN_NAMED])) + (", …" if left[MOST_HIDDEN_NAMED:] else "")
        listed = _by_kind(left) if kind and left[MOST_HIDDEN_NAMED:] else named
        if left:
            yield ScanNotice(message=f"{counted(len(left), one, many)} left out ({listed}); {how}")


def _by_kind(paths: Sequence[str]) -> str:
    kinds = Counter(path.rpartition(".")[2].lower() for path in paths)
    return ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
