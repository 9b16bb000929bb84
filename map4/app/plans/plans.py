"""Plans: made, shown to who made them, and begun once."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from map4.app.jobs.requests import NEEDS_OF, JobRequest, PlannedWork
from map4.domain.actor import needing
from map4.domain.jobs import Job
from map4.domain.plans import LASTS, Draft, FieldChange, Plan, PlanKind, PlannedChange
from map4.domain.text import utc_text
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.infra.files.plan_files import PlanFiles
from map4.infra.sql.store import Store

MOST_OPEN = 10
"""Plans of one actor that were not begun; one more takes the place of the oldest."""
_GONE = "there is no such plan, or it is older than ten minutes; plan it again"


class AlreadyBegunError(Map4Error):
    """A plan is done once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A plan that is being done.

    work: what it does, as its draft said
    upload: the path of the file that it needs
    """

    kind: PlanKind
    work: Mapping[str, Any]
    upload: str | None


@needing({"own": "keep get begin begun finish"})
class Plans:
    """Plans of a library: keep one, show it, begin it; `map4.Library.plans` makes them."""

    def __init__(self, store: Store, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        if store.place.is_in_memory:
            raise UsageError("a library without a file has no place for plans")
        self.actor, self._store, self._clock = store.actor, store, clock
        self._files = PlanFiles(store.place.beside, clock=lambda: clock().timestamp())

    def keep(self, kind: PlanKind, draft: Draft) -> Plan:
        """Keep a plan for ten minutes, in the course of which it can be begun."""
        self._tidy()
        now = self._clock()
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

    def get(self, plan_id: str) -> Plan:
        """A plan that the actor made.

        raises NothingFoundError: if there is none, or its time is over
        """
        stored = self._stored(plan_id)
        return replace(_read(stored["plan"]), job=self._files.job(plan_id) or None)

    def begin(self, plan_id: str) -> Job:
        """Have a plan done, as it was shown: gives the job that does it.

        raises NothingFoundError: if there is none, or its time is over
        raises AlreadyBegunError: if it was begun before
        raises UsageError: if there is nothing in it to do
        """
        plan = self.get(plan_id)
        self.actor.require(NEEDS_OF[plan.kind])
        if not self._files.claim(plan_id):
            done_by = f"{plan.job} does it" if plan.job else "the server ended when it was; plan it again"
            raise AlreadyBegunError(f"this plan was begun already; {done_by}")
        try:
            if not plan.count:
                raise UsageError("there is nothing in this plan to do; plan something else")
            request = JobRequest(kind=plan.kind, options=PlannedWork(plan=plan_id))
            job = self._store.jobs.add(plan.kind, request.stored(), priority=request.priority, asked_by=self.actor)
        except BaseException:
            self._files.let_go(plan_id)
            raise
        self._files.note_job(plan_id, job.id)
        return job

    def begun(self, plan_id: str) -> Begun:
        """What a job is to do, which who made the plan has begun."""
        stored = self._files.get(plan_id)
        if stored is None or stored["by"] != self.actor.id or self._files.job(plan_id) is None:
            raise NothingFoundError("the plan of this job is not there any more; plan it again")
        return Begun(kind=stored["plan"]["kind"], work=stored["work"], upload=self._files.upload(plan_id))

    def finish(self, plan_id: str) -> None:
        """Let go of the file that a plan needed, which was done."""
        self._files.remove_upload(plan_id)

    def _stored(self, plan_id: str) -> dict[str, Any]:
        stored = self._files.get(plan_id)
        if stored is None or stored["by"] != self.actor.id or self._files.is_over(plan_id, LASTS.total_seconds()):
            raise NothingFoundError(_GONE)
        return stored

    def _tidy(self) -> None:
        """Forget plans whose time is over, and of this actor the oldest where there are too many."""
        mine = []
        for plan_id in self._files.ids():
            if self._files.is_over(plan_id, LASTS.total_seconds()):
                self._files.remove(plan_id)
            elif self._files.job(plan_id) is None and (self._files.get(plan_id) or {}).get("by") == self.actor.id:
                mine.append(plan_id)
        for plan_id in mine[: max(0, len(mine) - MOST_OPEN + 1)]:
            self._files.remove(plan_id)


def _read(stored: Mapping[str, Any]) -> Plan:
    """A plan from the JSON of its fields."""
    changes = (
        PlannedChange(**{**one, "fields": tuple(FieldChange(**each) for each in one["fields"])})
        for one in stored["changes"]
    )
    return Plan(**{**stored, "warnings": tuple(stored["warnings"]), "changes": tuple(changes)})
