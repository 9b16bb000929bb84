"""What changed in a library and what happened to its jobs, for who wants to be told as it happens."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from map4.base.actor import Actor, needing
from map4.base.events import EVENT_TYPES, Change, Event, EventPlace, Events
from map4.base.near_names import no_such
from map4.jobs.records import JobEvent, job_number
from map4.jobs.store.queue import SqlJobs
from map4.store.sql_store import Store

MOST_NAMED = 1_000
"""Changes at a time of which each is named; who would read more one by one had better read all."""
IDS_EACH = 100
"""In one event."""
JOB_EVENTS_AT_ONCE = 500


@needing({"read": "since"})
class EventFeed:
    """What changed in a library, by whomever, and what happened to its jobs."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def actor(self) -> Actor:
        """Who asks: they are told what everybody sees, and what is their own."""
        return self._store.actor

    def since(self, after: str | None = "0", *, types: Collection[str] = (), job: str | None = None) -> Events:
        """What happened since an event; asked again with `through` until nothing comes, all of it.

        after: id of the last event that is known; "0" for all that are kept; None for none, only where they end
        types: only of these, such as "lists"; none means all
        job: only what happens to this one
        raises UsageError: if `after` is no id, or there is no such type
        """
        if unknown := next((name for name in types if name not in EVENT_TYPES), None):
            raise no_such("type of events", unknown, EVENT_TYPES)
        number = None if job is None else job_number(job)
        wanted = {"jobs"} if job is not None else set(types or EVENT_TYPES)
        place = None if after is None else EventPlace.parse(after)
        # Jobs first: what one has changed is told, at the latest, together with that it is done.
        told, jobs_through, has_all = self._of_jobs(None if place is None else place.jobs, number)
        changed = self._store.change_log.since(None if place is None else place.changes)
        through = EventPlace(changed.through, jobs_through)
        if place is None or not (has_all and changed.is_whole):
            return Events(events=(), through=str(through), is_whole=place is None)
        changes = [one for one in changed.changes if one.type in wanted]
        named = _named(changes, place) if len(changes) <= MOST_NAMED else _many(changes, place)
        events = [*named, *_of_jobs(told if "jobs" in wanted else (), changed.through)]
        return Events(events=tuple(events), through=str(through), is_whole=True)

    def _of_jobs(self, after: int | None, job: int | None) -> tuple[Sequence[JobEvent], int, bool]:
        """What happened to jobs since, up to where, and whether nothing before it is gone."""
        if not SqlJobs.are_in(self._store):
            return (), 0, not after
        jobs, whose = self._store.part(SqlJobs), None if self.actor.may("admin") else self.actor.id
        first, last = jobs.event_range()
        if after is None or (after and not first - 1 <= after <= last):
            return (), last, after is None
        found = jobs.events(after=after, job=job, asked_by=whose, limit=JOB_EVENTS_AT_ONCE)
        is_cut = len(found) == JOB_EVENTS_AT_ONCE
        return found, found[-1].number if is_cut else max([last, *(one.number for one in found)]), True


def _named(changes: Sequence[Change], place: EventPlace) -> Iterator[Event]:
    """Events of changes, those that follow each other and are alike in one."""
    for (kind, what, writer), group in groupby(changes, attrgetter("type", "what", "writer")):
        alike = list(group)
        for start in range(0, len(alike), IDS_EACH):
            some = alike[start : start + IDS_EACH]
            here = EventPlace(some[-1].number, place.jobs)
            ids = tuple(one.subject for one in some if one.subject)  # of many at once none is named
            yield Event(id=str(here), at=some[-1].at, type=kind, what=what, ids=ids, writer=writer)


def _many(changes: Sequence[Change], place: EventPlace) -> Iterator[Event]:
    """An event for each type; who saw only some of them is told of all again."""
    last = {one.type: one for one in changes}
    for kind, one in last.items():
        here = EventPlace(changes[-1].number, place.jobs) if kind == list(last)[-1] else place
        yield Event(id=str(here), at=one.at, type=kind, what="many", ids=(), writer=one.writer)


def _of_jobs(told: Sequence[JobEvent], changes: int) -> Iterator[Event]:
    for one in told:
        here = str(EventPlace(changes, one.number))
        yield Event(id=here, at=one.at, type="jobs", what=one.event, ids=(f"job-{one.job}",), record=one.record)
