"""Plans: preview changes, then carry them out."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from map4.base.actor import needing
from map4.base.declaration import load
from map4.base.text import utc_text
from map4.errors import NothingFoundError, UsageError
from map4.jobs.plan_records import LASTS, AlreadyBegunError, Begun, Draft, FieldChange, Plan, PlanKind, PlannedChange
from map4.jobs.plans.files import PlanFiles
from map4.jobs.records import JOB_TYPES, Job
from map4.jobs.requests import JobRequest, PlannedWork, needs_of
from map4.jobs.store.queue import SqlJobs
from map4.part import Part

if TYPE_CHECKING:
    from map4.jobs.plans.common import Tell
    from map4.library import Library

MOST_OPEN = 10
"""Maximum number of plans per actor that are not started; a further plan replaces the oldest."""


@needing({"own": "get begin carry_out"})
class PlansPart(Part):
    """Plans for `map4 serve`: previews that are valid for ten minutes and carried out once, exactly as shown.

    Files that changed in between are skipped and reported. The result of the job contains how to undo it.
    """

    def get(self, plan: str) -> Plan:
        """A plan of the actor; raises NothingFoundError if it is unknown or expired."""
        stored = self._files.get(plan)
        if stored is None or stored["by"] != self.actor.id or self._files.is_over(plan, LASTS.total_seconds()):
            raise NothingFoundError("there is no such plan, or it has expired after ten minutes; plan it again")
        return replace(_read(stored["plan"]), job=self._files.job(plan) or None)

    def begin(self, plan: str) -> Job:
        """Start a plan and return its job.

        raises NothingFoundError: if it is unknown or expired
        raises AlreadyBegunError: if it was already started
        raises UsageError: if it has no changes
        """
        made = self.get(plan)
        self.actor.require(needs_of(made.kind))
        if not self._files.claim(plan):
            done_by = f"see {made.job}" if made.job else "the server stopped while starting it; plan it again"
            raise AlreadyBegunError(f"this plan was already started; {done_by}")
        try:
            if not made.count:
                raise UsageError("this plan has no changes; plan something else")
            request = JobRequest(kind=made.kind, options=PlannedWork(plan=plan))
            job = self._store.part(SqlJobs).add(
                made.kind, request.stored(), priority=request.priority, asked_by=self.actor
            )
        except BaseException:
            self._files.let_go(plan)
            raise
        self._files.note_job(plan, job.id)
        return job

    def carry_out(self, plan: str, tell: Tell) -> dict[str, Any]:
        """Carry out a started plan, in its job, and return the result."""
        stored = self._files.get(plan)
        if stored is None or stored["by"] != self.actor.id or self._files.job(plan) is None:
            raise NothingFoundError("the plan of this job is gone; plan it again")
        begun = Begun(id=plan, kind=stored["plan"]["kind"], work=stored["work"], upload=self._files.upload(plan))
        done: dict[str, Any] = load(JOB_TYPES[begun.kind].plan)(self._library, begun, tell)
        self._files.remove_upload(plan)
        return done

    def make(self, kind: PlanKind, **given: Any) -> Plan:
        """Make a plan, which can be started for ten minutes.

        given: arguments of the `draft` of the kind's `JobType`
        """
        self.actor.require(needs_of(kind))
        draft: Draft = load(JOB_TYPES[kind].draft)(self._library, **given)
        self._tidy()
        now = datetime.now(UTC)
        plan = Plan(
            id=f"p-{secrets.token_hex(16)}",
            kind=kind,
            made_at=utc_text(now),
            expires_at=utc_text(now + LASTS),
            summary=draft.summary,
            warnings=draft.warnings,
            count=draft.count,
            changes=draft.changes,
            left_alone=draft.left_alone,
            details=draft.details,
        )
        stored = {"by": self.actor.id, "work": draft.work, "plan": asdict(plan)}
        self._files.put(plan.id, stored, draft.upload)
        return plan

    def _tidy(self) -> None:
        """Delete expired plans, and the actor's oldest plans beyond the maximum."""
        mine = []
        for plan_id in self._files.ids():
            if self._files.is_over(plan_id, LASTS.total_seconds()):
                self._files.remove(plan_id)
            elif self._files.job(plan_id) is None and (self._files.get(plan_id) or {}).get("by") == self.actor.id:
                mine.append(plan_id)
        for plan_id in mine[: max(0, len(mine) - MOST_OPEN + 1)]:
            self._files.remove(plan_id)

    @cached_property
    def _files(self) -> PlanFiles:
        if self._store.place.is_in_memory:
            raise UsageError("a library in memory can't store plans")
        return PlanFiles(self._store.place.beside)

    @property
    def _library(self) -> Library:
        from map4.library import Library

        return Library(self._opened)


def _read(stored: Mapping[str, Any]) -> Plan:
    """A plan from the JSON of its fields."""
    changes = (
        PlannedChange(**{**one, "fields": tuple(FieldChange(**each) for each in one["fields"])})
        for one in stored["changes"]
    )
    return Plan(**{**stored, "warnings": tuple(stored["warnings"]), "changes": tuple(changes)})
