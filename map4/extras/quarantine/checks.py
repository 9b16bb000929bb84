"""Checks before a copy may be moved: both files are unchanged since their scan, decode to the same length if they have
the same audio, and the kept file decodes to its end."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field

from map4.core.audio.jobs import Decoded, DecodeJob, Identified, IdentifyJob, KnownFile, LaneJob, Outcome, Stamp
from map4.core.base.paths import display_path, is_one_name
from map4.core.music.analysis.audio import DAMAGE
from map4.core.music.track.track_parts import Failure
from map4.duplicates import GroupKind
from map4.extras.quarantine.options import QuarantineOptions

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
            damage = next((DAMAGE[flag] for flag in outcome.flags if flag in DAMAGE), None)
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
