"""Turn job outcomes into rows of the library: what follows when a file was identified, analysed, or failed."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from map4.core.audio.jobs import (
    Analysed,
    AnalyseJob,
    Identified,
    IdentifyJob,
    KnownFile,
    LaneFactory,
    LaneJob,
    Outcome,
    TagsJob,
    TagsRead,
)
from map4.core.music.album import AlbumPlace
from map4.core.music.analysis.analysis import ANALYSIS_VERSION, Analysis
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Failure, Track
from map4.core.music.track.track_record import ScanChange
from map4.core.store.sql_store import Store
from map4.errors import ErrorKind
from map4.library import hookspecs
from map4.scan.options import FileDone, FileStarted, ScanSettings
from map4.scan.walk import DiskFiles
from map4.scan.workers.lanes import Dispatcher
from map4.values import SqlValues

if TYPE_CHECKING:
    from map4.core.dsp.sound.segue import TrackEnds


# A disk or network drive counts as failing after this many unreadable files with no readable file in between.
FAILURES_OF_A_DISK = 25
# The machine counts as short of memory after this many files ran out of it and none was analysed.
FAILURES_OF_MEMORY = 8
# Failures of one path, or of one file damaged around its audio: another file of the same audio may succeed.
OF_ONE_FILE = ("vanished", "unreadable", "corrupt", "unsupported")
# Failures that may be caused by a listener.
OF_A_LISTENER = ("crashed", "timeout", "no_memory")


MOST_WAITING = 500
"""Files whose ends wait for a neighbour, 35 kB each: a scan reaches the files of a folder one after another."""


class AlbumNeighbours:
    """Stores which neighbours are segues, when a scan has analysed both."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ends: dict[AlbumPlace, tuple[str, TrackEnds]] = {}

    def add(self, track: Track | None, ends: TrackEnds | None) -> None:
        """Compare a stored track with the tracks before and after it, if their ends are known."""
        place = None if track is None else track.album_place()
        if track is None or place is None or track.audio_id is None or ends is None:
            return
        self._ends.pop(place, None)
        self._ends[place] = track.audio_id, ends
        if len(self._ends) > MOST_WAITING:
            del self._ends[next(iter(self._ends))]
        pairs = ((self._ends.get(first), self._ends.get(first.beside(1))) for first in (place.beside(-1), place))
        self._store.tracks.put_segues(
            (before[0], after[0], before[1].segue_to(after[1]))
            for before, after in pairs
            if before is not None and after is not None and before[0] != after[0]
        )


@dataclass(slots=True)
class _Holders:
    """Known files with the same audio that are definitely gone."""

    gone: deque[tuple[int, str]]
    are_valued: bool


@dataclass(slots=True)
class FileWork:
    """Takes jobs through the lanes, decides what follows from each outcome, and stores it.

    store, files, how, clock: as in `Scan`
    known: what the library knew when the scan began
    absent: returns the absent folders, each with a trailing slash; their files are not known to be gone
    successors: follows files whose audio changes (`hookspecs.successors`); made for the first of them
    left: files of disks and folders that failed or went away meanwhile, for another scan; they are not stored
    """

    store: Store
    files: DiskFiles
    known: dict[str, KnownFile]
    absent: Callable[[], tuple[str, ...]]
    how: ScanSettings
    clock: Callable[[], datetime]
    successors: Any = field(default=None, init=False)
    # New audio being analysed -> its files; the first file is the decoded one.
    _pending: dict[str, list[tuple[str, Identified]]] = field(default_factory=dict, init=False)
    _audio_of_job: dict[str, str] = field(default_factory=dict, init=False)
    # File whose known audio is analysed again -> other files with that audio.
    _twins: dict[str, list[AnalyseJob]] = field(default_factory=dict, init=False)
    _holders: dict[str, _Holders] = field(default_factory=dict, init=False)
    left: int = field(default=0, init=False)
    # Device -> unsettled failures that may be the device's: each file with the function that settles it.
    _held: dict[int, list[tuple[str, Callable[[], FileDone]]]] = field(default_factory=dict, init=False)
    _failed_disks: set[int] = field(default_factory=set, init=False)
    # Out-of-memory failures, until a file is analysed: then they are failures of their files.
    _memory_failures: list[tuple[str, Callable[[], FileDone]]] = field(default_factory=list, init=False)
    _memory_sufficed: bool = field(default=False, init=False)
    _is_short: bool = field(default=False, init=False)
    _neighbours: AlbumNeighbours = field(init=False)
    _gone: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self._neighbours = AlbumNeighbours(self.store)

    def run(
        self, jobs: Sequence[LaneJob], twins: dict[str, list[AnalyseJob]], lanes: LaneFactory
    ) -> Iterator[FileStarted | FileDone]:
        """Do all jobs and their follow-ups; each file's event comes after its row is written."""
        if not jobs:
            return
        self._twins = dict(twins)
        dispatcher = Dispatcher(
            lanes(max(1, min(self.how.lanes, len(jobs)))), self._skip_failed_disks(jobs), self.how.options.timeout_s
        )
        for job, outcome in dispatcher.run():
            worker = dispatcher.worker
            for event in self._followed(job, outcome, dispatcher):
                yield event if worker is None else replace(event, worker=worker)
        for device in list(self._held):
            yield from self._settled(device)
        if self._memory_failures:
            yield self._stop_for_memory()

    def _followed(self, job: LaneJob, outcome: Outcome, dispatcher: Dispatcher) -> Iterator[FileStarted | FileDone]:
        failure = getattr(outcome, "failure", outcome)
        if not (isinstance(failure, Failure) and failure.of_disk):
            yield from self._settled(job.stamp.device)
        if isinstance(outcome, Analysed):
            self._memory_sufficed = True
            yield from (settle() for _, settle in self._memory_failures)
            self._memory_failures.clear()
        kind = outcome.kind if isinstance(outcome, Failure) else None
        if isinstance(job, AnalyseJob) and job.decoder != self.how.decoder and kind in OF_A_LISTENER:
            # Without listeners, whose failure must not cost the analysis.
            dispatcher.add(replace(job, decoder=self.how.decoder))
        elif isinstance(job, IdentifyJob):
            yield from self._identified(job, outcome, dispatcher)
        elif isinstance(job, TagsJob):
            yield from self._tags_read(job, outcome)
        elif isinstance(job, AnalyseJob) and job.path in self._audio_of_job:
            yield from self._first_analysis(job, outcome, dispatcher)
        elif isinstance(job, AnalyseJob):
            yield from self._new_analysis(job, outcome, dispatcher)

    # ---- failing disks ---------------------------------------------------------------------------

    def _skip_failed_disks(self, jobs: Sequence[LaneJob]) -> Iterator[LaneJob]:
        for job in jobs:
            if self._is_left(job):
                # Twins wait for this job, and would never be counted.
                self.left += 1 + len(self._twins.pop(job.path, ()))
            else:
                yield job

    def _is_left(self, job: LaneJob) -> bool:
        return self._is_short or job.stamp.device in self._failed_disks or job.path.startswith(tuple(self._gone))

    def _settled(self, device: int) -> Iterator[FileDone]:
        """Settle held-back failures as failures of single files: the disk is readable, or no jobs of it are left."""
        for _, settle in self._held.pop(device, ()):
            yield settle()

    def _failing(self, job: LaneJob, failure: Failure, settle: Callable[[], FileDone]) -> Iterator[FileDone]:
        """Settle a failure, unless the whole disk or folder may have failed."""
        device = job.stamp.device
        if self._is_left(job):
            self.left += 1
        elif failure.kind == "vanished" and (gone := [root for root in self.absent() if job.path.startswith(root)]):
            self.left += 1
            self._gone.update(gone)
            yield _stopped(min(gone), "is empty or absent now; its files stay as they are: is the drive mounted?")
        # If no file fits, the machine is to blame, not the files; once one did, each failure is of its file.
        elif failure.kind == "no_memory" and self.how.store and not self._memory_sufficed:
            self._memory_failures.append((job.path, settle))
            if len(self._memory_failures) == FAILURES_OF_MEMORY:
                yield self._stop_for_memory()
        elif not failure.of_disk:
            yield settle()
        else:
            held = self._held.setdefault(device, [])
            held.append((job.path, settle))
            if len(held) == FAILURES_OF_A_DISK:
                self.left += len(self._held.pop(device))  # nothing is stored of them, so that the next scan tries again
                self._failed_disks.add(device)
                yield _stopped(
                    _folder_around(path for path, _ in held),
                    f"{len(held)} files in a row {failure.message}; the rest of this disk is left for another scan: "
                    "check the disk and its connection",
                )

    def _stop_for_memory(self) -> FileDone:
        """Postpone these files and all others: the machine has too little memory."""
        folder = _folder_around(path for path, _ in self._memory_failures)
        what = "1 file needs" if len(self._memory_failures) == 1 else f"{len(self._memory_failures)} files need"
        self.left += len(self._memory_failures)
        self._memory_failures.clear()
        self._is_short = True
        return _stopped(
            folder,
            f"{what} more memory than there is, and none was analysed; nothing was stored about them: free memory, "
            "raise its limit, or try --jobs 1, and scan again",
            "no_memory",
        )

    # ---- new or changed files --------------------------------------------------------------------

    def _identified(
        self, job: IdentifyJob, outcome: Outcome, dispatcher: Dispatcher
    ) -> Iterator[FileStarted | FileDone]:
        if not isinstance(outcome, Identified):
            assert isinstance(outcome, Failure)
            yield from self._failed(job, None, outcome)
            return
        if outcome.identity is None:
            assert outcome.failure is not None
            yield from self._failed(job, outcome, outcome.failure)
            return
        audio_id = outcome.identity.audio_id
        if audio_id in self._pending:  # while the first file is decoded, its copies wait for the result
            self._pending[audio_id].append((job.path, outcome))
        elif not self.how.options.force and self.store.tracks.has_analysis(audio_id, ANALYSIS_VERSION, self.how.oldest):
            yield self._known_audio(job.path, outcome, audio_id)
        else:
            self._start_analysis(audio_id, [(job.path, outcome)], dispatcher)
            yield FileStarted(path=job.path)

    def _start_analysis(self, audio_id: str, holders: list[tuple[str, Identified]], dispatcher: Dispatcher) -> None:
        path, identified = holders[0]
        self._pending[audio_id] = holders
        self._audio_of_job[path] = audio_id
        length_s = identified.identity.length_s if identified.identity else None
        dispatcher.add(
            AnalyseJob(
                path=path,
                stamp=identified.stamp,
                decoder=self.how.decoder_of(audio_id),
                length_s=length_s,
                longest_s=self.how.longest_s,
            )
        )

    def _known_audio(self, path: str, identified: Identified, audio_id: str) -> FileDone:
        before = self.store.tracks.track(path)
        left_behind = None
        if before is not None and before.audio_id == audio_id:
            as_before: ScanChange = "restored" if before.state == "missing" else "unchanged"
            change = as_before if before.tags == identified.tags else "retagged"
        else:
            left_behind = self._left_behind(path, audio_id, identified.tags)
            change = "copied" if left_behind is None else "moved"
        if self.how.store:
            self._put(path, identified, replaces=left_behind)
            return FileDone(path=path, change=change, track=self.store.tracks.track(path))
        analysis = self.store.tracks.analysis(audio_id)
        return FileDone(path=path, change=change, track=self._unstored_track(path, identified, analysis))

    def _first_analysis(self, job: AnalyseJob, outcome: Outcome, dispatcher: Dispatcher) -> Iterator[FileDone]:
        audio_id = self._audio_of_job.pop(job.path)
        (path, identified), *copies = self._pending.pop(audio_id)
        if not isinstance(outcome, Analysed):
            assert isinstance(outcome, Failure)
            if outcome.kind in OF_ONE_FILE and copies:
                self._start_analysis(audio_id, copies, dispatcher)
                copies = []
            for each, its in [(path, identified), *copies]:  # their audio is the same, and so is what failed
                yield from self._failed(IdentifyJob(path=each, stamp=its.stamp), its, outcome)
            return
        known = identified.identity and identified.identity.format
        shown = self.store.preferences.of_analysis(outcome.analysis, known.channels if known else None)
        if self.how.store:
            left_behind = None if path in self.known else self._left_behind(path, audio_id, identified.tags)
            self._put(path, identified, analysis=outcome.analysis, replaces=left_behind)
            self._keep_added(audio_id, outcome)
            track = self.store.tracks.track(path)
            self._neighbours.add(track, outcome.ends)
            track = None if track is None else replace(track, cached=False, analysis=shown)
        else:
            track = self._unstored_track(path, identified, shown)
        yield FileDone(path=path, change="analysed", track=track)
        for each, its in copies:
            if self.how.store:
                yield self._known_audio(each, its, audio_id)
            else:
                yield FileDone(path=each, change="copied", track=self._unstored_track(each, its, shown))

    def _put(self, path: str, identified: Identified, **values: Any) -> None:
        """Store a file; other audio of its recording takes all that people and programs made, at once."""
        before, audio_id = self.known.get(path), identified.identity and identified.identity.audio_id
        with self.store.at_once():
            self.store.tracks.put_file(path, identified.stamp, identified, now=self.clock(), **values)
            if self.how.store and before is not None and before.audio_id != audio_id:
                if self.successors is None and (follower := hookspecs.successors.declared()) is not None:
                    self.successors = follower(self.store)
                if self.successors is not None:
                    self.successors.follow(path, before.audio_id, audio_id)

    def _keep_added(self, audio_id: str, outcome: Analysed) -> None:
        for name, added in outcome.added.items():
            self.how.listeners[name].keep(audio_id, added)

    def _left_behind(self, path: str, audio_id: str, tags: Tags) -> int | None:
        """Return the row of a file with this audio that is definitely gone: it moved to `path`."""
        holders = self._holders_of(audio_id)
        if holders.are_valued and len(holders.gone) > 1:  # the values of a file follow what its tags say
            rows = ((row, self.store.tracks.track(row[1])) for row in holders.gone if row[1] != path)
            alike = [row for row, track in rows if track is not None and track.tags == tags]
            if len(alike) != 1:
                return None
            holders.gone.remove(alike[0])
            holders.gone.appendleft(alike[0])
        while holders.gone:
            file_id, owner = holders.gone.popleft()
            if owner != path and not self.files.exists(owner):  # a drive that is away is no move; see `_holders_of`
                return file_id
        return None

    def _holders_of(self, audio_id: str) -> _Holders:
        """Return the files with some audio; looked up once, as thousands of files may need it."""
        if audio_id not in self._holders:
            known = self.store.tracks.files_with_audio(audio_id)
            absent = [(file_id, owner) for file_id, owner in known if not self.files.exists(owner)]
            gone = self.absent() if absent else ()
            # On an unmounted drive files are not known to be gone.
            knowable = [row for row in absent if not row[1].startswith(gone)]
            are_valued = len(knowable) > 1 and self.store.part(SqlValues).has_of_files(row for row, _ in knowable)
            self._holders[audio_id] = _Holders(deque(knowable), are_valued)
        return self._holders[audio_id]

    def _failed(self, job: IdentifyJob, identified: Identified | None, failure: Failure) -> Iterator[FileDone]:
        return self._failing(job, failure, lambda: self._put_failed(job, identified, failure))

    def _put_failed(self, job: IdentifyJob, identified: Identified | None, failure: Failure) -> FileDone:
        path = job.path
        if self.how.store and failure.kind != "vanished":  # a file that went during the scan is not stored as failed
            stamp = identified.stamp if identified else job.stamp
            self.store.tracks.put_file(path, stamp, identified, now=self.clock(), failure=failure)
        elif self.how.store and path in self.known:
            self.store.tracks.mark_missing([path], now=self.clock())
        track = self._unstored_track(path, identified, None, failure)
        return FileDone(path=path, change="failed", track=track, failure=failure)

    # ---- known files -----------------------------------------------------------------------------

    def _new_analysis(self, job: AnalyseJob, outcome: Outcome, dispatcher: Dispatcher) -> Iterator[FileDone]:
        """Store a new analysis of a known, unchanged file for all files with its audio."""
        twins = self._twins.pop(job.path, [])
        if not isinstance(outcome, Analysed):
            assert isinstance(outcome, Failure)
            if outcome.kind in OF_ONE_FILE and twins:
                self._twins[twins[0].path] = twins[1:]
                dispatcher.add(twins[0])
                twins = []
            for each in [job, *twins]:
                yield from self._failed_again(each, outcome)
            return
        audio_id = self.known[job.path].audio_id
        assert audio_id is not None
        paths = [job.path, *(twin.path for twin in twins)]
        if self.how.store:
            self.store.tracks.put_analysis(audio_id, outcome.analysis, now=self.clock())
            self._keep_added(audio_id, outcome)
            self.store.tracks.mark_present(paths)
        for path in paths:
            track = self.store.tracks.track(path)
            if self.how.store:
                self._neighbours.add(track, outcome.ends)
            if track is not None:
                track = replace(track, cached=False, analysis=outcome.analysis, state="ok", failure=None)
            yield FileDone(path=path, change="analysed", track=track)

    def _tags_read(self, job: TagsJob, outcome: Outcome) -> Iterator[FileDone]:
        if not isinstance(outcome, TagsRead):
            assert isinstance(outcome, Failure)
            yield from self._failed_again(job, outcome)
            return
        before = self.store.tracks.track(job.path)
        has_same_words = outcome.lyrics is None or self.known[job.path].beside == outcome.lyrics.beside
        is_same = before is not None and before.tags == outcome.tags and has_same_words
        change: ScanChange = "unchanged" if is_same else "retagged"
        if self.how.store:
            self.store.tracks.put_tags(job.path, outcome, now=self.clock())
            track = self.store.tracks.track(job.path)
        else:
            track = None if before is None else replace(before, tags=outcome.tags)
        yield FileDone(path=job.path, change=change, track=track)

    def _failed_again(self, job: AnalyseJob | TagsJob, failure: Failure) -> Iterator[FileDone]:
        return self._failing(job, failure, lambda: self._put_failed_again(job, failure))

    def _put_failed_again(self, job: AnalyseJob | TagsJob, failure: Failure) -> FileDone:
        """Store a failure of a known file; its older analysis, if any, stays valid."""
        if self.how.store and failure.kind == "vanished":
            self.store.tracks.mark_missing([job.path], now=self.clock())
        elif self.how.store:
            self.store.tracks.put_failure(job.path, job.stamp, failure, now=self.clock())
        track = self.store.tracks.track(job.path)
        if track is not None:
            track = replace(track, state="failed", failure=failure, cached=False)
        return FileDone(path=job.path, change="failed", track=track, failure=failure)

    def _unstored_track(
        self, path: str, identified: Identified | None, analysis: Analysis | None, failure: Failure | None = None
    ) -> Track:
        """Build a track from a worker's answer when the library doesn't store it (or not like this)."""
        identity, preferences = identified.identity if identified else None, self.store.preferences
        return Track(
            path=path,
            state="failed" if failure else "ok" if analysis else "pending",
            audio_id=identity.audio_id if identity else None,
            format=identity.format if identity else None,
            size_bytes=identified.stamp.size_bytes if identified else None,
            tags=identified.tags if identified else Tags(),
            analysis=analysis,
            failure=failure,
            prefer=preferences.sources,
            mono=preferences.mono,
            pitch_percent=preferences.pitch_percent,
            has_key_lock=preferences.has_key_lock,
            lyrics_language=identified.lyrics.language if identified and identified.lyrics else None,
            flags=("whole_file_id",) if identity and identity.whole_file else (),
        )


def _folder_around(paths: Iterable[str]) -> str:
    return os.path.commonpath([os.path.dirname(path) for path in paths])


def _stopped(folder: str, message: str, kind: ErrorKind = "unreadable") -> FileDone:
    """Return the event for a folder whose files were skipped."""
    path, failure = folder.rstrip(os.sep) or os.sep, Failure(kind=kind, message=message)
    track = Track(path=path, state="failed", failure=failure)
    return FileDone(path=path, change="failed", track=track, failure=failure)
