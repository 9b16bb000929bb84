"""Move copies of recordings into a quarantine, one at a time, each recorded in the journal first."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

from map4.core.audio.jobs import LaneFactory, LaneJob
from map4.core.base.machine import usable_cores
from map4.core.base.paths import PathLike, absolute_path, display_path
from map4.core.store.sql_store import Store
from map4.duplicates import DuplicateGroup
from map4.errors import Map4Error, UsageError
from map4.extras.quarantine.checks import Checks, LeavingCopy, LeavingGroup
from map4.extras.quarantine.journal import JournalEntry, QuarantineJournal, QuarantineList, make_quarantine
from map4.extras.quarantine.options import CopyDone, QuarantineOptions, QuarantineOutcome
from map4.extras.quarantine.places import Places, require_outside
from map4.extras.quarantine.replacing import constant_offset, warning_of
from map4.extras.quarantine.returning import Returning
from map4.extras.quarantine.store import HandOver, SqlHandOvers
from map4.extras.shared.moving import Disk, MoveError
from map4.scan import Dispatcher

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
        self,
        group: LeavingGroup,
        copy: LeavingCopy,
        checks: Checks,
        journal: QuarantineJournal,
        returning: Returning,
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
