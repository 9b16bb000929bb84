"""Scan folders and analyse single files: find new and changed files, identify them, analyse unknown audio."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Any

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
    WalkOptions,
    WalkProblem,
)
from map4.core.base.machine import usable_cores
from map4.core.base.paths import PathLike, absolute_path, as_paths, display_path, display_paths, is_inside, known_names
from map4.core.base.text import counted, utc_text
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.track.track import Failure, Track
from map4.core.music.track.track_record import ScanChange
from map4.core.store.sql_store import Store
from map4.core.store.substitutes import has_substitutes
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.library import hookspecs
from map4.scan.options import (
    AnalyzeOptions,
    FileDone,
    MachineOptions,
    ScanEvent,
    ScanFinished,
    ScanNotice,
    ScanOptions,
    ScanSettings,
    ScanStarted,
    ScanTally,
    Shard,
)
from map4.scan.outcomes import FileWork
from map4.scan.store import SqlIgnoredFiles, UnreadFolders
from map4.scan.walk import STAMPED, DiskFiles, any_there, kind_left_out
from map4.values import SqlValues, choose_tempi

MOST_HIDDEN_NAMED = 3
LOOKED_UP_AT_ONCE = 2000  # files; unchanged ones are dropped after each batch
_LATER_KINDS = AudioFormat.LATER_EXTENSIONS | {"mkv", "webm"}
_HEED = "'map4 library forget --undo FILE' includes it in scans again"

FindKnown = Callable[[Sequence[str]], dict[str, KnownFile]]
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
    problems: dict[str, Failure] = field(default_factory=dict)

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
        return bool(self.store.tracks.absent_roots()) or has_substitutes(self.store.tracks)

    def _compare_recordings(self) -> Iterator[ScanEvent]:
        """Find the copies of recordings that are new since the last scan, also by a merge: no reader stores any."""
        with suppress(Map4Error, MemoryError):  # as below
            self.store.part(search.SqlSongs).store_new()
            alike = self.store.part(hookspecs.copies.required()).alike
            if not (due := alike.due()):
                return
            if due > MANY_CHANGED:
                yield ScanNotice(message=f"comparing {counted(due, 'new recording')} with all others, to find copies")
            alike.bring_up_to_date()

    def _warm(self) -> Iterator[ScanEvent]:
        """Compute what a large library caches, so that its first answers need not wait."""
        yield ScanNotice(message="preparing searches, copies and findings of this large library")
        self.store.sounds.warm_mirror()
        for warm in hookspecs.warm.targets():
            with suppress(Map4Error):  # the scan is done; the command that needs the result reports the reason
                warm(self.store)

    def _events(self, paths: Sequence[str], tally: ScanTally) -> Iterator[ScanEvent]:
        how, plan, find = self.how, _Plan(), self.store.tracks.known_finder()
        problems = plan.problems
        reported = UnreadFolders(self.store)
        reported_before = reported.known()  # an unreadable folder is reported once, not at each scan
        self.files.remembered = {entry[:-1]: entry[-1] == "1" for entry in reported_before if STAMPED in entry}
        yield from self._look(paths, plan, find)
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
        work = FileWork(self.store, self.files, known, partial(self._unavailable_roots, paths), how, self.clock)
        message = None
        try:
            yield from map(self._apply_tempo_ranges, work.run(plan.jobs, plan.twins, self.lanes))
        finally:
            message = None if work.successors is None else work.successors.close()
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

    def _look(self, paths: Sequence[str], plan: _Plan, find: FindKnown) -> Iterator[ScanNotice]:
        """Walk, and plan the work; yields what is left out."""
        batch, hidden, ignored = list[FoundFile](), list[str](), frozenset[str]()
        if not self.how.takes_ignored:
            ignored = frozenset(ignored_file.path for ignored_file in self.store.part(SqlIgnoredFiles).all())
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
                plan.problems[item.path] = item.failure
        self._plan(plan, batch, find)
        yield from self._more_kinds(plan)
        yield from _left_out(hidden)

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

    def _plan(self, plan: _Plan, files: Sequence[FoundFile], find: FindKnown) -> None:
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
                change: ScanChange = "known_failed" if before is None or before.has_failed else "unchanged"
                if self.how.options.report_unchanged:
                    plan.as_before[change].append(path)
                else:
                    plan.counts[change] += 1

    def _job_for(self, file: FoundFile, before: KnownFile | None) -> LaneJob | None:
        path, stamp = file.path, file.stamp
        # A new name or other rights leave the content as it is.
        if before is None or not before.stamp.has_content_of(stamp):
            return IdentifyJob(path=path, stamp=stamp)
        is_as_it_was = before.stamp == stamp
        # A damaged file would cost its time at each scan.
        if before.has_failed and is_as_it_was and not (self.how.options.retry_failed or self.how.options.force):
            return None
        if before.audio_id is None:
            return IdentifyJob(path=path, stamp=stamp)
        wants_analysis = before.has_failed or self.how.options.force or self._is_stale(before)
        # Another file with this name, size and age has another inode.
        if not is_as_it_was and (wants_analysis or before.stamp.inode != stamp.inode):
            return IdentifyJob(path=path, stamp=stamp)
        if wants_analysis:
            decoder = self.how.decoder_of(before.audio_id)
            return AnalyseJob(path=path, stamp=stamp, decoder=decoder, length_s=before.length_s)
        return TagsJob(path=path, stamp=stamp) if before.has_news(stamp, file.beside) else None

    def _is_stale(self, before: KnownFile) -> bool:
        at, oldest = before.analysed_at or "", self.how.oldest
        return before.is_stale or at < oldest or (oldest != "" and at > utc_text(self.clock()))  # the clock was ahead

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


def in_order(tracks: Iterable[Track], chosen: Sequence[PathLike]) -> list[Track]:
    """Return tracks in the order of the chosen paths; those of a folder in the order of their paths."""
    places: dict[str, int] = {}
    for index, path in enumerate(chosen):
        places.setdefault(absolute_path(path), index)

    def place(track: Track) -> tuple[int, str]:
        """Return the position of the first argument that names the track or a folder around it."""
        first, path, parent = len(chosen), "", track.path
        while parent != path:
            path, parent = parent, os.path.dirname(parent)
            first = min(first, places.get(path, first))
        return first, track.path

    return sorted(tracks, key=place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanner:
    """Scans folders and analyses files for one library.

    lanes: makes the lanes that jobs run in
    decoder: what decodes audio, as `module:callable`
    after_news: called before the end of a scan that changed the library; returns sentences to report
    """

    store: Store
    lanes: LaneFactory
    decoder: str
    after_news: Callable[[], Iterable[str]] = tuple

    def scan(self, paths: PathLike | Iterable[PathLike], options: ScanOptions) -> Generator[ScanEvent]:
        """Scan, event by event; see `map4.Library.scan_events`."""
        roots = self.store.tracks.roots()
        named = as_paths(paths)
        chosen = self._as_known(known_names(named, roots))
        flat = frozenset() if options.recursive else frozenset(chosen)
        absent = [root for root in roots if not os.path.isdir(root)]
        if not chosen:
            chosen = [root for root in roots if root not in absent]
            flat = frozenset(root for root, is_deep in roots.items() if not is_deep or not options.recursive)
        if absent and not chosen:
            raise NothingFoundError(f"none of the scanned folders exist ({', '.join(absent)})")
        if not chosen:
            raise UsageError("no folder has been scanned yet; name one: map4 scan ~/Music")
        if named and not any_there(chosen) and not self.store.tracks.known_finder()(chosen):
            hint = "; it was scanned before; is its drive connected?" if roots.keys() & chosen else ""
            raise UsageError(f"no such folder or file: {display_paths(chosen)}{hint}")
        if not options.dry_run:
            self.store.require_writable()
        with nullcontext() if options.dry_run else self.store.locks.scan(wait=options.wait):
            how = self._settings(options, flat=flat, keep_depth=bool(named))
            for event in self._scan(how, after_news=self.after_news).run(chosen):
                # Music found elsewhere may be that of a folder which was moved as a whole.
                while absent and (not named or (isinstance(event, ScanFinished) and event.summary.copied)):
                    yield ScanNotice(
                        message=f"{absent.pop(0)} is not there; is the drive mounted? Its files stay as they are "
                        "('map4 library forget' takes the folder off the list)"
                    )
                yield event

    def rescan(
        self, folders: Mapping[str, bool], options: ScanOptions, is_still: IsStill
    ) -> Generator[ScanEvent, None, None]:
        """Scan folders for a watch (folder -> whether its sub-folders count), without files that are not still."""
        self.store.require_writable()
        with self.store.locks.scan(wait=False):
            flat = frozenset(path for path, is_deep in folders.items() if not is_deep)
            scan = self._scan(self._settings(options, flat=flat), is_still=is_still, after_news=self.after_news)
            yield from scan.run(list(folders))

    def watched_folders(self, paths: PathLike | Iterable[PathLike], *, recursive: bool) -> dict[str, bool]:
        """Return the folders that a watch follows, by the names they were scanned under -> with sub-folders or not."""
        roots = self.store.tracks.roots()
        chosen = known_names(as_paths(paths), roots)
        for path in chosen:
            if not os.path.isdir(path) and path not in roots:
                raise UsageError(f"{path} is {'no folder; name the folder' if os.path.lexists(path) else 'not there'}")
        if not (chosen or roots):
            raise UsageError("no folder has been scanned yet; name one: map4 scan --watch ~/Music")
        return dict.fromkeys(chosen, recursive) or {root: is_deep and recursive for root, is_deep in roots.items()}

    def _settings(self, options: ScanOptions, *, walk: WalkOptions | None = None, **more: Any) -> ScanSettings:
        names = self.store.preferences.listeners if more.get("store", True) else ()
        listeners = {name: listener(self.store) for name in names for listener in hookspecs.listener[name].targets()}
        lanes, walk = options.most_lanes or usable_cores(), walk or options.of_walk()
        oldest = "" if options.max_age is None else (datetime.now(UTC) - options.max_age).isoformat()
        return ScanSettings(
            options=options, walk=walk, oldest=oldest, decoder=self.decoder, listeners=listeners, lanes=lanes, **more
        )

    def analyze(self, files: PathLike | Iterable[PathLike], options: AnalyzeOptions) -> Iterator[Track]:
        """Analyse single files; see `map4.Library.analyze_events`."""
        settings = ScanOptions(
            force=options.force,
            retry_failed=True,
            **{field.name: getattr(options, field.name) for field in fields(MachineOptions)},
            report_unchanged=True,
            keep_roots=False,
        )
        how = self._settings(
            settings,
            walk=WalkOptions(extensions=AudioFormat.EXTENSIONS),
            store=options.store,
            takes_ignored=True,
            longest_s=options.longest_s,
        )
        if options.store:
            self.store.require_writable("store nothing of it: --no-store")
        waiting, answered = [absolute_path(path) for path in as_paths(files)], set[str]()
        while waiting := [path for path in dict.fromkeys(self._as_known(waiting)) if path not in answered]:
            left = dict.fromkeys(path for path in waiting if os.path.isfile(path))
            for event in self._scan(how).run(waiting):
                if isinstance(event, FileDone) and event.track is not None:
                    left.pop(event.path, None)
                    answered.add(event.path)
                    yield self._with_beats(event.track) if options.beats else event.track
            # A walk yields each real file once; if nothing is stored, each name of a file gets an answer.
            waiting = list(left) if len(left) < len(waiting) else []

    def _scan(self, how: ScanSettings, **more: Any) -> Scan:
        lanes, clock = how.options.lanes(self.lanes), partial(datetime.now, UTC)
        return Scan(self.store, DiskFiles(), lanes, how, clock=clock, monotonic=time.monotonic, **more)

    def _as_known(self, paths: Sequence[str]) -> list[str]:
        """Paths with the names by which the library knows the files; one file by two names is not stored twice."""
        second = self.store.tracks.second_names(paths)
        return [second.get(path, path) for path in paths]

    def _with_beats(self, track: Track) -> Track:
        if track.analysis is None or track.analysis.beats_s is not None or not track.cached:
            return track
        return self.store.tracks.detailed(track)
