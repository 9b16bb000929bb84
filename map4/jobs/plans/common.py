"""Track selection of plans, and reports of their jobs."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from map4.core.base.paths import display_path, is_inside
from map4.core.music.track.track import Track
from map4.errors import NothingFoundError, UsageError
from map4.jobs.plan_records import WayBack
from map4.jobs.process import Reporter

if TYPE_CHECKING:
    from map4.library import Library

MOST_FILES = 20_000
"""Maximum number of files per plan."""
MOST_PROBLEMS = 100
"""Maximum number of skipped files listed in a result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """The tracks of a plan.

    tracks: ids or names of tracks; alternatively `query`
    music: folders in which files may be changed; empty means anywhere
    """

    tracks: Sequence[str] = ()
    query: str | None = None
    music: Sequence[str] = ()

    def of(self, library: Library, most: int = MOST_FILES) -> list[Track]:
        """The selected tracks.

        raises UsageError: if neither or both of tracks and query are given, or there are more than `most`
        raises NothingFoundError: if there are none
        """
        if bool(self.tracks) == bool(self.query and self.query.strip()):
            raise UsageError("give either tracks or a non-empty query; is:any selects all files")
        file_ids = Selected.file_ids_of(library, self.tracks, self.query)
        if not file_ids:
            raise NothingFoundError("nothing in the library matches; check the query or the tracks")
        if len(file_ids) > most:
            raise UsageError(
                f"a plan of this kind can have at most {most:,} files, not {len(file_ids):,}; narrow the query"
            )
        return list(library.tracks.by_id(file_ids))

    def problem_of(self, path: str) -> str | None:
        """Why a file must not be changed; None if it may."""
        real = os.path.realpath(path)
        if not self.music or any(is_inside(real, os.path.realpath(folder)) for folder in self.music):
            return None
        return "is outside the music folders of the server"

    @staticmethod
    def file_ids_of(library: Library, tracks: Sequence[str], query: str | None) -> Sequence[int]:
        """Distinct ids of the files that match the query, or without a query, of the tracks."""
        if query:
            return library.tracks.ids_at(None, query=query)[0]
        return list(dict.fromkeys(file_id for name in tracks for file_id in library.tracks.ids_of(name)))


def result_of(
    done: int,
    *,
    left_alone: int = 0,
    problems: Sequence[Mapping[str, Any]] = (),
    undo: WayBack | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The result of a plan's job."""
    return {
        "done": done,
        "left_alone": left_alone,
        "problems": list(problems),
        "undo": undo and undo.to_record(),
        **more,
    }


class Tally:
    """Counts and reports the files of a job."""

    def __init__(self, report: Reporter, total: int) -> None:
        self.states, self._report, self._total = Counter[str](), report, total
        self._problems: list[dict[str, Any]] = []

    def add(self, state: str, path: str, problem: str | None, line: Mapping[str, Any]) -> None:
        """Count and report a file."""
        self.states[state] += 1
        if problem is not None and len(self._problems) < MOST_PROBLEMS:
            self._problems.append({"path": display_path(path), "problem": problem})
        self._report("line", line)
        self._report.progress(self.states.total(), self._total, path)

    def result(self, done: str, kind: str = "", journal: str | None = None) -> dict[str, Any]:
        """The result of the job; raises NothingFoundError if files were skipped and none were changed.

        done: the state of changed files
        kind, journal: what undoes the step, as `map4 undo` lists it
        """
        left = self.states.total() - self.states[done] - self.states["unchanged"]
        if not self.states[done] and left:
            first = self._problems[0] if self._problems else {"path": "", "problem": "was skipped"}
            raise NothingFoundError(f"nothing was done: {first['path']} {first['problem']}")
        undo = WayBack(plan="undo", body={"kind": kind, "name": journal}) if journal else None
        more = {"journal": journal} if kind else {}
        return result_of(self.states[done], left_alone=left, problems=self._problems, undo=undo, **more)
