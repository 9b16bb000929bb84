"""Records of plans: previews of changes that can be carried out once, exactly as shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from map4.core.base.paths import display_path
from map4.core.base.records import Count, Json, Moment, Record, ShownPath
from map4.errors import NothingFoundError
from map4.jobs.records import JOB_TYPES

if TYPE_CHECKING:
    from map4.jobs.process import Reporter

PLAN_KINDS = tuple(job.name for job in JOB_TYPES.values() if job.plan)
PlanKind = Annotated[str, Json(like=Literal[PLAN_KINDS])]
"""The kind of a plan and of its job."""
LASTS = timedelta(minutes=10)

PlanId = Annotated[str, Json(pattern="^p-[0-9a-f]{32}$")]


class FieldChange(Record):
    """A planned change of one value of a file.

    name: name of the tag, or `place` for its path
    before, after: values as text; None if there is none
    """

    name: str
    before: str | None
    after: str | None


class PlannedChange(Record):
    """The planned changes of a file.

    audio_id: audio id, if known
    fields: changed values; empty if the file would be skipped
    problem: why the file would be skipped, as text that follows its name
    also: for tags, other files with the same audio, to which the values apply too
    """

    path: str
    audio_id: str | None = None
    fields: tuple[FieldChange, ...] = ()
    problem: str | None = None
    also: tuple[ShownPath, ...] = ()


class WayBack(Record):
    """How to undo a job.

    plan: kind of the plan that undoes it
    body: request body for that plan
    """

    plan: PlanKind
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The part of a plan that its kind draws up."""

    summary: str
    warnings: tuple[str, ...] = ()
    count: Count = 0
    changes: tuple[PlannedChange, ...] = ()
    left_alone: Count = 0
    details: Mapping[str, Any] | None = None


class Plan(Preview, Record, kind="plan", members="* summary warnings count changes left_alone details job"):
    """A preview of changes, which the server carries out once, exactly as shown (POST /plans/ID).

    made_at: when it was made; it is valid until `expires_at`
    summary: the planned action, as a sentence
    warnings: warnings to show first, as sentences
    count: number of changes, of which `changes` has the first 500
    changes: changes per file; skipped files come last
    left_alone: number of skipped files
    details: the record of the equivalent command; null if there is none
    job: the job that carries it out; null before it is started
    """

    id: PlanId
    kind: PlanKind
    made_at: Moment
    expires_at: Moment
    job: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft(Preview):
    """A plan without an id, and the input of its job.

    work: JSON values for the job
    upload: path of an uploaded file that the job needs
    """

    work: Mapping[str, Any]
    upload: str | None = None


class ShownChanges:
    """Collects changes: counts all, and keeps the first changed and the first skipped files."""

    MOST: ClassVar[int] = 500
    """Maximum number of changes shown in a plan; all are counted."""

    def __init__(self) -> None:
        self.count = self.left_alone = 0
        self._changed: list[PlannedChange] = []
        self._left: list[PlannedChange] = []

    def add(
        self, path: str, fields: Iterable[tuple[str, str | None, str | None]], problem: str | None = None, **more: Any
    ) -> None:
        """Count the change of a file, whose values have a name, and a text before and after; with a `problem`, none.

        more: further members of `PlannedChange`
        """
        is_left = problem is not None
        named = () if is_left else tuple(FieldChange(name=name, before=old, after=new) for name, old, new in fields)
        self.left_alone += is_left
        self.count += not is_left
        shown = self._left if is_left else self._changed
        if len(shown) < ShownChanges.MOST:
            shown.append(PlannedChange(path=path, fields=named, problem=problem, **more))

    @property
    def changes(self) -> tuple[PlannedChange, ...]:
        """The changes to show."""
        return (*self._changed, *self._left)[: ShownChanges.MOST]


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A plan being carried out.

    id: id of the plan; unchanged when a killed job continues
    work: JSON values from its draft
    upload: path of the uploaded file, if any
    """

    id: PlanId
    kind: PlanKind
    work: Mapping[str, Any]
    upload: str | None

    @staticmethod
    def tally(report: Reporter, total: int) -> Tally:
        """Begin to count the files of its job."""
        return Tally(report, total)

    @staticmethod
    def result_of(
        done: int,
        *,
        left_alone: int = 0,
        problems: Sequence[Mapping[str, Any]] = (),
        undo: WayBack | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """The result of its job."""
        undo_record = undo and undo.to_record()
        return {"done": done, "left_alone": left_alone, "problems": list(problems), "undo": undo_record, **more}


class Tally:
    """Counts and reports the files of a job."""

    _MOST_PROBLEMS: ClassVar[int] = 100
    """Maximum number of skipped files listed in a result."""

    def __init__(self, report: Reporter, total: int) -> None:
        self.states, self._report, self._total = Counter[str](), report, total
        self._problems: list[dict[str, Any]] = []

    def add(self, state: str, path: str, problem: str | None, line: Mapping[str, Any]) -> None:
        """Count and report a file."""
        self.states[state] += 1
        if problem is not None and len(self._problems) < Tally._MOST_PROBLEMS:
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
        return Begun.result_of(self.states[done], left_alone=left, problems=self._problems, undo=undo, **more)
