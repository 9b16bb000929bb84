"""Move copies of recordings into a quarantine, one at a time, each recorded in the journal first."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

from map4.core.audio.jobs import (
    Decoded,
    DecodeJob,
    Identified,
    IdentifyJob,
    KnownFile,
    LaneFactory,
    LaneJob,
    Outcome,
    Stamp,
)
from map4.core.base.machine import usable_cores
from map4.core.base.paths import PathLike, absolute_path, display_path, is_one_name
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.track.track import Failure
from map4.core.store.sql_store import Store
from map4.duplicates import DuplicateGroup, GroupKind
from map4.errors import Map4Error, UsageError
from map4.extras.quarantine.journal import JournalEntry, QuarantineJournal, QuarantineList, make_quarantine
from map4.extras.quarantine.options import CopyDone, QuarantineOptions, QuarantineOutcome
from map4.extras.quarantine.places import Places, require_outside
from map4.extras.quarantine.replacing import constant_offset, warning_of
from map4.extras.quarantine.returning import Returning
from map4.extras.quarantine.store import HandOver, SqlHandOvers
from map4.extras.shared.moving import Disk, MoveError
from map4.scan import Dispatcher

_SAME_LENGTH_S = 0.1
CHANGED = "was changed since it was scanned; scan again"


@dataclass(slots=True, kw_only=True)
class LeavingCopy:
    """A copy to be moved.

    path: its place among the music
    to: its place in the quarantine
    is_gone: whether it is gone already, and only hands over its data
    warning: advantages that it has over the kept file
    conflicts: names of values that the kept file has, too
    problem: why it is not moved
    """

    path: str
    size_bytes: int
    to: str
    is_gone: bool = False
    warning: str | None = None
    conflicts: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(slots=True, kw_only=True)
class LeavingGroup:
    """The copies of a group to be moved, and the kept file.

    problem: why none of them is moved
    waiting: checks that are not done yet
    lengths_s: length of the decoded sound, by path
    """

    kind: GroupKind
    options: QuarantineOptions = field(default_factory=QuarantineOptions)
    kept: str
    copies: list[LeavingCopy]
    problem: str | None = None
    waiting: int = 0
    lengths_s: dict[str, float] = field(default_factory=dict)

    def problem_of(self, copy: LeavingCopy) -> str | None:
        return self.problem or copy.problem


@dataclass(slots=True)
class Checks:
    """Checks files, and evaluates the results of workers.

    known: the library's data on them
    decoder: the decoder port, as `module:callable`
    kept_ids: device and inode of the kept files of all groups
    """

    known: dict[str, KnownFile]
    decoder: str
    kept_ids: set[tuple[int, int]] = field(default_factory=set)

    def look(self, group: LeavingGroup) -> None:
        """Run the checks of a group that don't read its files."""
        for copy in group.copies:
            self.look_at(group, copy)

    def look_at(self, group: LeavingGroup, copy: LeavingCopy) -> None:
        """Run the immediate checks of a copy and of its kept file."""
        group.problem = group.problem or self.problem_of_kept(group.kept)
        copy.problem = copy.problem or self._problem_of_copy(copy, group.kept)

    def note_kept(self, paths: Iterable[str]) -> None:
        """Record files that must stay, regardless of other groups."""
        for path in paths:
            try:
                status = os.stat(path)
            except OSError:
                continue
            self.kept_ids.add((status.st_dev, status.st_ino))

    def problem_of_kept(self, path: str) -> str | None:
        known = self.known.get(path)
        if known is None or known.audio_id is None:
            return f"the copy to keep, {display_path(path)}, is not completely scanned; scan again"
        try:
            status = os.stat(path)
        except OSError as error:
            return f"the copy to keep, {display_path(path)}, can't be read ({error.strerror})"
        return f"the copy to keep, {display_path(path)}, {CHANGED}" if _differs(known, status) else None

    def _problem_of_copy(self, copy: LeavingCopy, kept_path: str) -> str | None:
        path, known = copy.path, self.known.get(copy.path)
        if known is None:
            return "it is no longer in the library; scan again"
        try:
            status = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None if copy.is_gone else "it is gone; scan again"
        except OSError as error:
            return f"it can't be read ({error.strerror})"
        if copy.is_gone:
            return "it is back at its place; scan again"
        if stat.S_ISLNK(status.st_mode):
            return "it is a symbolic link; the file that it leads to stays where it is"
        if not stat.S_ISREG(status.st_mode) or _differs(known, status):
            return f"it {CHANGED}"
        if os.path.exists(kept_path) and os.path.samefile(path, kept_path):
            return "it is the same file as the copy to keep, under another name (a link)"
        if is_one_name(path, kept_path):
            return "it is the same file as the copy to keep: the disk treats both names as equal"
        if (status.st_dev, status.st_ino) in self.kept_ids:
            return "it is the copy to keep of another group"
        return None

    # ---- jobs of workers -------------------------------------------------------------------------

    def jobs(self, group: LeavingGroup) -> list[LaneJob]:
        """Return the jobs that read a group's files."""
        jobs: list[LaneJob] = []
        for path in [group.kept, *(copy.path for copy in group.copies if not (copy.problem or copy.is_gone))]:
            stamp, length_s = self._stamp(path), self.known[path].length_s
            jobs.append(DecodeJob(path=path, stamp=stamp, decoder=self.decoder, length_s=length_s))
            jobs.append(IdentifyJob(path=path, stamp=stamp))
        return jobs

    def judge(self, group: LeavingGroup, job: LaneJob, outcome: Outcome) -> None:
        """Record the problem that a worker's answer shows, if any."""
        if isinstance(outcome, Decoded):
            group.lengths_s[job.path] = outcome.duration_s
            self._compare_lengths(group)
        problem = self._problem_of_outcome(job, outcome)
        if job.path == group.kept:
            if problem is not None:
                group.problem = group.problem or f"the copy to keep, {display_path(group.kept)}, {problem}"
        elif problem is not None and not isinstance(job, DecodeJob):  # a damaged copy may be moved
            for copy in group.copies:
                if copy.path == job.path:
                    copy.problem = copy.problem or f"it {problem}"

    def _compare_lengths(self, group: LeavingGroup) -> None:
        """The same audio must decode to the same length; otherwise one of the files is damaged."""
        kept_s = group.lengths_s.get(group.kept)
        for copy in group.copies:
            copy_s = group.lengths_s.get(copy.path)
            is_same = self.known[copy.path].audio_id == self.known[group.kept].audio_id
            if is_same and kept_s is not None and copy_s is not None and abs(copy_s - kept_s) > _SAME_LENGTH_S:
                copy.problem = copy.problem or f"it decodes to {copy_s:.1f} s, and the copy to keep to {kept_s:.1f} s"

    def _problem_of_outcome(self, job: LaneJob, outcome: Outcome) -> str | None:
        if isinstance(outcome, Decoded):
            damage = next((AudioFormat.DAMAGE[flag] for flag in outcome.flags if flag in AudioFormat.DAMAGE), None)
            if damage is None and outcome.duration_s <= 0.0:
                damage = "it holds no sound"
            return None if damage is None else f"is damaged: {damage}"
        if isinstance(outcome, Failure):
            if isinstance(job, DecodeJob):
                return f"can't be decoded: it {outcome.message}"
            return outcome.message if outcome.kind == "unreadable" else CHANGED
        assert isinstance(outcome, Identified)
        known, identity = self.known[job.path].audio_id, outcome.identity
        # A file that could not be identified has no id to compare.
        return None if known == (None if identity is None else identity.audio_id) else CHANGED

    def _stamp(self, path: str) -> Stamp:
        """Return the current stamp of a file; a file that disappeared meanwhile fails in the worker."""
        try:
            return Stamp.of(os.stat(path))
        except OSError:
            return self.known[path].stamp


def _differs(known: KnownFile, status: os.stat_result) -> bool:
    return known.is_missing or not Stamp.of(status).has_content_of(known.stamp)


_NO_TIMES = "it has cue points, a grid or voices, and their positions in the copy to keep are not known"
_COARSE_TIMES = "its cue points were handed over with a position that is right to 0.1 s; check them"
_OTHER_SOUND = "its sound is not the same recording at one constant offset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """Moves copies out of one library.

    lanes: makes the lanes that check files
    decoder: decodes audio, as `module:callable`
    disk: changes the disk
    clock: current time, with time zone
    plan: id of the plan that is carried out; the journal of a killed job is continued
    """

    store: Store
    lanes: LaneFactory
    decoder: str
    disk: Disk = field(default_factory=Disk)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    plan: str | None = None

    def run(self, groups: Iterable[DuplicateGroup], folder: PathLike, options: QuarantineOptions) -> Iterator[CopyDone]:
        """Move copies, each in turn; see `QuarantinePart.move_events`."""
        if not options.dry_run:
            self.store.require_writable()
        with nullcontext() if options.dry_run else self.store.locks.scan(wait=False):
            if (earlier := self._earlier()) is not None:
                yield from Returning(self.store, self.disk).moved_by(earlier)
            elif not options.dry_run:
                Returning(self.store, self.disk).revert_unfinished()
            # Groups can be a generator that finds them now, after a move that was cut off is reverted.
            yield from self._run(_chosen(groups, options), absolute_path(folder), options)

    def _run(self, chosen: list[DuplicateGroup], target: str, options: QuarantineOptions) -> Iterator[CopyDone]:
        roots = list(self.store.tracks.roots())
        known = self.store.tracks.known_files()
        places = Places(target, roots)
        leaving = [
            LeavingGroup(
                kind=group.kind,
                options=options,
                kept=group.kept.track.path,
                copies=[
                    LeavingCopy(
                        path=copy.track.path,
                        size_bytes=copy.track.size_bytes or 0,
                        to=places.of(copy.track.path),
                        is_gone=options.replaces and not os.path.lexists(copy.track.path),
                        warning=warning_of(group, copy.track.path) if options.replaces else None,
                    )
                    for copy in group.copies
                ],
            )
            for group in chosen
        ]
        if not (leaving and all(copy.is_gone for group in leaving for copy in group.copies)):
            require_outside(target, roots, known)
        checks = Checks(known, self.decoder)
        checks.note_kept(group.kept for group in leaving)
        if options.dry_run or not leaving:
            for group in leaving:
                checks.look(group)
                for copy in group.copies:
                    plan = None if group.problem_of(copy) else self._hand_over(group, copy)
                    yield replace(_done(group, copy, "left" if plan is None else "planned"), remark=plan and plan[1])
        else:
            yield from self._move_all(leaving, checks, target, options)

    def _move_all(
        self, leaving: list[LeavingGroup], checks: Checks, target: str, options: QuarantineOptions
    ) -> Iterator[CopyDone]:
        try:
            make_quarantine(target, self.disk)
        except OSError as error:
            raise Map4Error(f"{display_path(target)} can't be used: {error.strerror or error}") from None
        earlier = self._earlier()
        with closing(self._journal(target, earlier)) as journal:
            if earlier is None:
                QuarantineList(self.store.place.beside).note(journal.path)
            try:
                returning = Returning(self.store, self.disk)
                for group in self._checked(leaving, checks, options):
                    for copy in group.copies:
                        yield self._move(group, copy, checks, journal, returning)
            finally:
                journal.remove_if_empty()

    def _earlier(self) -> str | None:
        return None if self.plan is None else QuarantineList(self.store.place.beside).path_of(self.plan)

    def _journal(self, target: str, earlier: str | None) -> QuarantineJournal:
        if earlier is not None:
            return QuarantineJournal.open(earlier, self.disk)
        return QuarantineJournal.create(
            target, library=self.store.place.shown, now=self.clock(), disk=self.disk, plan=self.plan
        )

    # ---- checks ----------------------------------------------------------------------------------

    def _checked(
        self, leaving: list[LeavingGroup], checks: Checks, options: QuarantineOptions
    ) -> Iterator[LeavingGroup]:
        """Yield each group once all its files are checked."""
        waiting: dict[LaneJob, list[LeavingGroup]] = {}
        ready: list[LeavingGroup] = []

        def jobs() -> Iterator[LaneJob]:
            for group in leaving:
                checks.look(group)
                if group.problem is not None or all(copy.problem for copy in group.copies):
                    ready.append(group)
                    continue
                wanted = checks.jobs(group)
                group.waiting = len(wanted)
                for job in wanted:
                    waiting.setdefault(job, []).append(group)
                    yield job

        dispatcher = Dispatcher(
            self.lanes(max(1, min(options.jobs or usable_cores(), sum(1 + len(g.copies) for g in leaving)))),
            jobs(),
            options.timeout_s,
        )
        with closing(dispatcher.run()) as outcomes:  # type: ignore[type-var]
            for job, outcome in outcomes:
                group = waiting[job].pop(0)
                checks.judge(group, job, outcome)
                group.waiting -= 1
                if group.waiting == 0:
                    yield group
        yield from ready

    def _hand_over(self, group: LeavingGroup, copy: LeavingCopy) -> tuple[HandOver, str | None] | None:
        """Return the data that the kept copy takes over, and a remark; None, with a problem, if it must not move."""
        options = group.options
        plan = self.store.part(SqlHandOvers).plan(copy.path, group.kept, options)
        if plan is None:
            copy.problem = "it is no longer in the library; scan again"
            return None
        if options.replaces and options.values is None and plan.conflicts:
            copy.conflicts = tuple(plan.conflicts)
            copy.problem = (
                f"both files have values of yours: {', '.join(copy.conflicts)}; choose whose count (--values)"
            )
            return None
        is_same = plan.audio_id == plan.kept_audio_id
        if is_same or not (options.replaces or (plan.has_times and plan.audio_id)):
            return plan, copy.warning
        offset = constant_offset(self.store, plan.audio_id, plan.kept_audio_id)
        if offset is None:
            copy.problem = _OTHER_SOUND if options.replaces else _NO_TIMES
            return None
        offset_s, is_fine = offset
        remarks = (copy.warning, _COARSE_TIMES if plan.has_times and not is_fine else None)
        return self.store.part(SqlHandOvers).later(plan, offset_s), "; ".join(filter(None, remarks)) or None

    # ---- moves -----------------------------------------------------------------------------------

    def _move(
        self, group: LeavingGroup, copy: LeavingCopy, checks: Checks, journal: QuarantineJournal, returning: Returning
    ) -> CopyDone:
        checks.look_at(group, copy)  # again, as time has passed
        planned = None if group.problem_of(copy) else self._hand_over(group, copy)
        if planned is None:
            return _done(group, copy, "left")
        plan, remark = planned
        stamp = checks.known[copy.path].stamp
        entry = JournalEntry(
            path=copy.path,
            to=copy.to,
            size_bytes=stamp.size_bytes,
            mtime_ns=stamp.mtime_ns,
            is_unmoved=copy.is_gone,
            kept=group.kept,
            rows=asdict(plan),
        )

        def follow() -> None:
            if checks.problem_of_kept(group.kept) is not None:  # checked after the move, as inode numbers may be wrong
                raise MoveError(errno.ENOENT, "the copy to keep is another name of it")
            self.store.part(SqlHandOvers).carry_out(plan)

        try:
            returning.record_move(copy.path)
        except OSError as error:
            copy.problem = f"its move can't be recorded beside the library: {error.strerror or error}"
            return _done(group, copy, "left")
        copy.problem = journal.move(entry, follow, lambda entry: returning.put_back(entry, journal))
        done = _done(group, copy, "left" if copy.problem else "moved")
        return replace(done, remark=remark, journal=None if copy.problem else journal.path)


def _chosen(groups: Iterable[DuplicateGroup], options: QuarantineOptions) -> list[DuplicateGroup]:
    """Return the groups with only their copies to move; each file once."""
    if "versions" in options.kinds and not options.replaces:
        raise UsageError("versions are no copies of each other, and are never moved away")
    chosen, seen = [], set[str]()
    for group in groups:
        if group.kind not in options.kinds and not options.replaces:
            continue
        copies = [
            copy
            for copy in group.copies
            if (options.replaces or copy.certainty >= options.least_certainty)
            and copy.track.path not in seen
            and copy.track.path != group.kept.track.path
        ]
        seen.update(copy.track.path for copy in copies)
        if copies:
            chosen.append(replace(group, members=(group.kept, *copies)))
    return chosen


def _done(group: LeavingGroup, copy: LeavingCopy, outcome: QuarantineOutcome) -> CopyDone:
    return CopyDone(
        path=copy.path,
        outcome=outcome,
        kept=group.kept,
        to=None if outcome == "left" or copy.is_gone else copy.to,
        kind=group.kind,
        size_bytes=0 if copy.is_gone else copy.size_bytes,
        conflicts=copy.conflicts,
        problem=group.problem_of(copy) if outcome == "left" else None,
        is_gone=copy.is_gone,
    )
