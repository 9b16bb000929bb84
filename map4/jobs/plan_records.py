"""Records of plans: previews of changes that can be carried out once, exactly as shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal

from map4.core.base.records import Count, Json, Moment, Record, ShownPath
from map4.jobs.records import JOB_TYPES

PLAN_KINDS = tuple(job.name for job in JOB_TYPES.values() if job.plan)
PlanKind = Annotated[str, Json(like=Literal[PLAN_KINDS])]
"""The kind of a plan and of its job."""
LASTS = timedelta(minutes=10)
MOST_SHOWN = 500
"""Maximum number of changes shown in a plan; all are counted."""

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

    def __init__(self) -> None:
        self.count = self.left_alone = 0
        self._changed: list[PlannedChange] = []
        self._left: list[PlannedChange] = []

    def add(self, change: PlannedChange) -> None:
        """Count a change."""
        is_left = change.problem is not None
        self.left_alone += is_left
        self.count += not is_left
        shown = self._left if is_left else self._changed
        if len(shown) < MOST_SHOWN:
            shown.append(change)

    @property
    def changes(self) -> tuple[PlannedChange, ...]:
        """The changes to show."""
        return (*self._changed, *self._left)[:MOST_SHOWN]


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
