"""A feed of changes in a library and of its jobs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from map4.core.base.actor import needs
from map4.core.base.events import Change, Event, EventPlace, Events
from map4.core.store.sql_store import Store
from map4.errors import UsageError
from map4.jobs.records import JobEvent, job_number
from map4.jobs.store.queue import SqlJobs

MOST_NAMED = 1_000
"""Maximum number of changes listed one by one; beyond it, clients should reload."""
IDS_EACH = 100
"""Maximum number of ids per event."""
JOB_EVENTS_AT_ONCE = 500


@needs("read")
class EventFeed:
    """Changes in a library, by any process, and of its jobs."""

    def __init__(self, store: Store) -> None:
        self.actor, self._store = store.actor, store

    def since(self, after: str | None = "0", *, types: Collection[str] = (), job: str | None = None) -> Events:
        """The events after an event; to get all, repeat with `through` until there are none.

        after: id of the last known event; "0" for all stored events; None for no events, only the current end
        types: only these types, such as "lists"; empty means all
        job: only events of this job
        raises UsageError: if `after` is not an id, or a type is unknown
        """
        if unknown := next((name for name in types if name not in Event.TYPES), None):
            raise UsageError.no_such("type of events", unknown, Event.TYPES)
        number = None if job is None else job_number(job)
        wanted = {"jobs"} if job is not None else set(types or Event.TYPES)
        place = None if after is None else EventPlace.parse(after)
        # Read jobs first, so that a job's changes are reported no later than its end.
        job_events, jobs_through, has_all = self._of_jobs(None if place is None else place.jobs, number)
        changed = self._store.change_log.since(None if place is None else place.changes)
        through = EventPlace(changed.through, jobs_through)
        if place is None or not (has_all and changed.is_whole):
            return Events(events=(), through=str(through), is_whole=place is None)
        changes = [change for change in changed.changes if change.type in wanted]
        named = _named(changes, place) if len(changes) <= MOST_NAMED else _many(changes, place)
        events = [*named, *_of_jobs(job_events if "jobs" in wanted else (), changed.through)]
        return Events(events=tuple(events), through=str(through), is_whole=True)

    def _of_jobs(self, after: int | None, job: int | None) -> tuple[Sequence[JobEvent], int, bool]:
        """The job events after an event, the number of the last, and whether none are lost in between."""
        if not SqlJobs.are_in(self._store):
            return (), 0, not after
        jobs, whose = self._store.part(SqlJobs), None if self.actor.may("admin") else self.actor.id
        first, last = jobs.event_range()
        if after is None or (after and not first - 1 <= after <= last):
            return (), last, after is None
        events = jobs.events(after=after, job=job, asked_by=whose, limit=JOB_EVENTS_AT_ONCE)
        is_cut = len(events) == JOB_EVENTS_AT_ONCE
        return events, events[-1].number if is_cut else max([last, *(event.number for event in events)]), True


def _named(changes: Sequence[Change], place: EventPlace) -> Iterator[Event]:
    """The events of changes, with consecutive similar changes merged."""
    for (kind, what, writer), group in groupby(changes, attrgetter("type", "what", "writer")):
        alike = list(group)
        for start in range(0, len(alike), IDS_EACH):
            some = alike[start : start + IDS_EACH]
            here = EventPlace(some[-1].number, place.jobs)
            ids = tuple(change.subject for change in some if change.subject)  # bulk changes have no ids
            yield Event(id=str(here), at=some[-1].at, type=kind, what=what, ids=ids, writer=writer)


def _many(changes: Sequence[Change], place: EventPlace) -> Iterator[Event]:
    """One event per type; a client that missed some receives all of them again."""
    last = {change.type: change for change in changes}
    for kind, change in last.items():
        here = EventPlace(changes[-1].number, place.jobs) if kind == list(last)[-1] else place
        yield Event(id=str(here), at=change.at, type=kind, what="many", ids=(), writer=change.writer)


def _of_jobs(events: Sequence[JobEvent], changes: int) -> Iterator[Event]:
    for event in events:
        here = str(EventPlace(changes, event.number))
        yield Event(id=here, at=event.at, type="jobs", what=event.event, ids=(f"job-{event.job}",), record=event.record)
