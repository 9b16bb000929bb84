"""Which tracks plans are about, and what the jobs that do them tell."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from map4.base.given_paths import is_inside
from map4.base.paths import display_path
from map4.errors import NothingFoundError, UsageError
from map4.jobs.plan_records import WayBack
from map4.music.track.track import Track

if TYPE_CHECKING:
    from map4.library import Library

MOST_FILES = 20_000
"""In one plan."""
MOST_PROBLEMS = 100
"""Files that were left alone, of which a result says why."""


class Tell(Protocol):
    """What a job tells: lines, notices, and how far it is."""

    def __call__(self, what: str, value: Any) -> None:
        """Tell a `line` or a `notice`."""

    def progress(self, done: int, total: int, path: str | None = None) -> None:
        """Tell how much is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """Which tracks a plan is about.

    tracks: ids or names of tracks; or those that match `query`
    music: folders in which files may be changed; none means anywhere
    """

    tracks: Sequence[str] = ()
    query: str | None = None
    music: Sequence[str] = ()

    def of(self, library: Library, most: int = MOST_FILES) -> list[Track]:
        """The tracks, at most so many.

        raises UsageError: if neither or both are named, or there are too many
        raises NothingFoundError: if there is none
        """
        if bool(self.tracks) == bool(self.query and self.query.strip()):
            raise UsageError("name either tracks or a query that is not empty; is:any takes all files")
        file_ids = file_ids_of(library, self.tracks, self.query)
        if not file_ids:
            raise NothingFoundError("no file of the library is meant by this; look at the query again")
        if len(file_ids) > most:
            raise UsageError(f"such a plan has at most {most:,} files, not {len(file_ids):,}; narrow the query")
        return list(library.tracks.by_id(file_ids))

    def problem_of(self, path: str) -> str | None:
        """Why a file may not be changed."""
        real = os.path.realpath(path)
        if not self.music or any(is_inside(real, os.path.realpath(folder)) for folder in self.music):
            return None
        return "lies in none of the music folders of the server"


def file_ids_of(library: Library, tracks: Sequence[str], query: str | None) -> Sequence[int]:
    """The files that match a query, or those of the tracks where there is none; each once."""
    if query:
        return library.tracks.ids_at(None, query=query)[0]
    return list(dict.fromkeys(one for name in tracks for one in library.tracks.ids_of(name)))


def result_of(
    done: int,
    *,
    left_alone: int = 0,
    problems: Sequence[Mapping[str, Any]] = (),
    undo: WayBack | None = None,
    **more: Any,
) -> dict[str, Any]:
    """What a job of a plan did, as its result says it."""
    return {
        "done": done,
        "left_alone": left_alone,
        "problems": list(problems),
        "undo": undo and undo.to_record(),
        **more,
    }


class Tally:
    """What a job has done, file by file."""

    def __init__(self, tell: Tell, total: int) -> None:
        self.states, self._tell, self._total = Counter[str](), tell, total
        self._problems: list[dict[str, Any]] = []

    def add(self, state: str, path: str, problem: str | None, line: Mapping[str, Any]) -> None:
        """Count and tell one file."""
        self.states[state] += 1
        if problem is not None and len(self._problems) < MOST_PROBLEMS:
            self._problems.append({"path": display_path(path), "problem": problem})
        self._tell("line", line)
        self._tell.progress(self.states.total(), self._total, path)

    def result(self, done: str, undo: WayBack | None, **more: Any) -> dict[str, Any]:
        """What the job did; one that did nothing has failed.

        done: the state of files in which something was done
        """
        left = self.states.total() - self.states[done] - self.states["unchanged"]
        if not self.states[done] and left:
            first = self._problems[0] if self._problems else {"path": "", "problem": "was left alone"}
            raise NothingFoundError(f"nothing was done: {first['path']} {first['problem']}")
        return result_of(self.states[done], left_alone=left, problems=self._problems, undo=undo, **more)
