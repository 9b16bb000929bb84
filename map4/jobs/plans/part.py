"""Plans: preview changes, then carry them out."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from map4.core.base.actor import checks_needs, served
from map4.core.base.declaration import load
from map4.core.base.records import read
from map4.core.base.text import utc_text
from map4.errors import AlreadyBegunError, NothingFoundError, UsageError
from map4.jobs.files import SentFiles
from map4.jobs.plan_records import LASTS, Begun, Draft, Plan, PlanKind, Preview
from map4.jobs.process import Reporter
from map4.jobs.records import JOB_TYPES, Job
from map4.jobs.requests import JobRequest, PlannedWork, needs_of
from map4.jobs.store.queue import SqlJobs, StoredPlan
from map4.library.part import LibraryPart

MOST_LETTERS = 50_000_000
"""Maximum size of a stored plan, without its upload."""


class PlansPart(LibraryPart, scope="own"):
    """Plans for `map4 serve`: previews that are valid for ten minutes and carried out once, exactly as shown.

    Files that changed in between are skipped and reported. The result of the job contains how to undo it.
    """

    @served("GET", "/plans/{plan}", "A plan, valid for ten minutes.", needs_key=True)
    def get(self, plan: str) -> Plan:
        """A plan of the actor; raises NothingFoundError if it is unknown or expired."""
        return self._get(plan)[1]

    def _get(self, plan: str) -> tuple[StoredPlan, Plan]:
        stored = self._jobs.get_plan(plan, made_by=self.actor.id)
        if stored is None:
            raise NothingFoundError("there is no such plan, or it has expired after ten minutes; plan it again")
        return stored, replace(read(Plan, stored.stored["plan"]), job=f"job-{stored.job}" if stored.job else None)

    @served("POST", "/plans/{plan}", "Carry out a plan, once, exactly as shown. A job.", body="BeginPlan", status=202,
            at="/jobs/{id}", needs_key=True)  # fmt: skip
    def begin(self, plan: str) -> Job:
        """Start a plan and return its job.

        raises NothingFoundError: if it is unknown or expired
        raises AlreadyBegunError: if it was already started
        raises UsageError: if it has no changes
        """
        record = self.get(plan)
        self.actor.require(needs_of(record.kind))
        if not record.count:
            raise UsageError("this plan has no changes; plan something else")
        request = JobRequest(kind=record.kind, options=PlannedWork(plan=plan))
        job = self._jobs.begin_plan(plan, record.kind, request.stored(), priority=request.priority, asked_by=self.actor)
        if job is None:
            raise AlreadyBegunError(f"this plan was already started; see {self.get(plan).job}")
        return job

    def carry_out(self, plan: str, report: Reporter) -> dict[str, Any]:
        """Carry out a started plan, in its job, and return the result."""
        stored, record = self._get(plan)
        if stored.job is None:
            raise NothingFoundError("the plan of this job was not started; plan it again")
        upload = stored.upload and self._sent.file(stored.upload)
        begun = Begun(id=plan, kind=record.kind, work=stored.stored["work"], upload=upload)
        done: dict[str, Any] = load(JOB_TYPES[begun.kind].plan)(self._library, begun, report)
        return done

    @checks_needs
    def make(self, kind: PlanKind, **given: Any) -> Plan:
        """Make a plan, which can be started for ten minutes.

        given: arguments of the `draft` of the kind's `JobType`
        """
        self.actor.require(needs_of(kind))
        draft: Draft = load(JOB_TYPES[kind].draft)(self._library, **given)
        now = datetime.now(UTC)
        plan = Plan(
            id=f"p-{secrets.token_hex(16)}",
            kind=kind,
            made_at=utc_text(now),
            expires_at=utc_text(now + LASTS),
            **{field.name: getattr(draft, field.name) for field in fields(Preview)},
        )
        stored = {"work": draft.work, "plan": asdict(plan)}
        if len(json.dumps(stored)) > MOST_LETTERS:
            raise UsageError("the plan is too large; select fewer tracks")
        upload = draft.upload and self._sent.take(draft.upload)
        for replaced in self._jobs.put_plan(plan.id, stored, made_by=self.actor.id, upload=upload):
            self._sent.remove(replaced)
        return plan

    @property
    def _jobs(self) -> SqlJobs:
        return self._store.part(SqlJobs)

    @cached_property
    def _sent(self) -> SentFiles:
        return SentFiles(self._store.place.beside)

    @property
    def _library(self) -> Any:
        return load("map4.library:Library")(self._services)


def planned(library: Any, files: Sequence[str], options: PlannedWork, report: Reporter, task: Any) -> dict[str, Any]:
    """Carry out a plan, as the work of its job."""
    done: dict[str, Any] = library.plans.carry_out(options.plan, report)
    return done
