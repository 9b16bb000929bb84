"""Plans: what would be done, for a person to look at, and then done as it was shown, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal

from map4.base.records import Count, Json, Moment, Record, ShownPath
from map4.errors import Map4Error
from map4.jobs.records import JOB_TYPES

PLAN_KINDS = tuple(job.name for job in JOB_TYPES.values() if job.plan)
PlanKind = Annotated[str, Json(like=Literal[PLAN_KINDS])]
"""What a plan does, and the job that it becomes."""
LASTS = timedelta(minutes=10)
MOST_SHOWN = 500
"""Of the changes of a plan; all are counted."""

PlanId = Annotated[str, Json(pattern="^p-[0-9a-f]{32}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange(Record):
    """One thing of a file that becomes another.

    name: of a tag, or `place` for where it lies
    before, after: as a person reads them; None where there is nothing
    """

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange(Record):
    """What would become of one file.

    audio_id: of its audio, where that is known
    fields: what would be another; none where the file would be left alone
    problem: why it would be left alone, to be read behind the name of the file
    also: of tags, other files with the same audio, for which you set the values too
    """

    path: str
    audio_id: str | None = None
    fields: tuple[FieldChange, ...] = ()
    problem: str | None = None
    also: tuple[ShownPath, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack(Record, members="plan body"):
    """How what was done is taken back.

    plan: the kind of the plan that does
    body: what to ask for it with
    """

    plan: PlanKind
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(
    Record, kind="plan", members="id kind made_at expires_at summary warnings count changes left_alone details job"
):
    """What would be done: of the server, which does it once, as it is told here (POST /plans/ID).

    made_at: when it was made; it holds until `expires_at`
    summary: what would be done, a sentence for a person
    warnings: what they should know before, sentences
    count: how much would be changed, of which `changes` shows the first 500
    changes: file by file; those that would be left alone come last
    left_alone: how many files would be left alone
    details: the record of the command that says more; None where there is none
    job: what does it; None before it was asked for
    """

    id: PlanId
    kind: PlanKind
    made_at: Moment
    expires_at: Moment
    summary: str
    warnings: tuple[str, ...] = ()
    count: Count = 0
    changes: tuple[PlannedChange, ...] = ()
    left_alone: Count = 0
    details: Mapping[str, Any] | None = None
    job: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A plan before it has an id, and what does it.

    work: JSON values that its job is given
    upload: the file that it needs, which lies elsewhere so far
    """

    summary: str
    work: Mapping[str, Any]
    warnings: tuple[str, ...] = ()
    count: int = 0
    changes: tuple[PlannedChange, ...] = ()
    left_alone: int = 0
    details: Mapping[str, Any] | None = None
    upload: str | None = None


class ShownChanges:
    """Changes as they come: all are counted, the first are kept, and of those left alone as many."""

    def __init__(self) -> None:
        self.count = self.left_alone = 0
        self._changed: list[PlannedChange] = []
        self._left: list[PlannedChange] = []

    def add(self, change: PlannedChange) -> None:
        """Count one change."""
        is_left = change.problem is not None
        self.left_alone += is_left
        self.count += not is_left
        kept = self._left if is_left else self._changed
        if len(kept) < MOST_SHOWN:
            kept.append(change)

    @property
    def changes(self) -> tuple[PlannedChange, ...]:
        """Those to show."""
        return (*self._changed, *self._left)[:MOST_SHOWN]


class AlreadyBegunError(Map4Error):
    """A plan is done once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A plan that is being done.

    id: of the plan; a job that continues after a kill has the same
    work: what it does, as its draft said
    upload: the path of the file that it needs
    """

    id: PlanId
    kind: PlanKind
    work: Mapping[str, Any]
    upload: str | None
