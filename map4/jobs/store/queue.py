"""The job queue of a library, in separate tables: in a file beside a library file, or in the schema in Postgres.

Results are stored in the library itself, so nothing computed is lost with the queue, and backups leave it out.
"""

from __future__ import annotations

import json
import zlib
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, NamedTuple

from map4.core.base.actor import Actor
from map4.core.base.declaration import load
from map4.core.base.paths import is_database
from map4.core.base.text import utc_text
from map4.core.store.database import Connection, StorePart, scalar
from map4.core.store.sql_store import Store
from map4.errors import LibraryBusyError
from map4.jobs.records import FINAL, EventName, Job, JobEvent, JobFigures, JobKind, JobStatus
from map4.library import hookspecs

LEASE_S = 15.0
"""Seconds without a sign of its server after which a job counts as not started."""

LONGEST_PAUSE_S = 3600.0
"""Maximum pause in seconds before a retry. A later time means the clock was set back."""

Note = tuple[EventName, Mapping[str, Any]]
"""A report of a running job."""

MOST_EVENTS = 10_000
"""Number of events kept, about 1 kB each for lines of a scan."""
MOST_WAITING = 1_000
MOST_JOBS = 1_000
JOBS_LIFETIME_S = 30 * 86400.0

JOB_TABLES = files(__package__).joinpath("queue.sql").read_text("utf-8")
# Made by the first plan, as jobs of an older map4 have no such table.
_PLANS = """
CREATE TABLE IF NOT EXISTS plans (
    id TEXT PRIMARY KEY,
    made_by INTEGER NOT NULL,
    made_at REAL NOT NULL,
    stored TEXT NOT NULL,
    upload TEXT,
    job INTEGER
) STRICT
"""
PLANS_OPEN = 10
"""Maximum number of plans per account that are not started; a further plan replaces the oldest."""
PLAN_LASTS_S = 600.0
PLAN_LIFETIME_S = 7 * 86400.0
"""Seconds to keep a started plan, whose job may be retried."""
_NAMES = (
    "number", "kind", "priority", "status", "waiting_for", "attempts", "run_after", "lease_until", "created_at",
    "started_at", "finished_at", "progress", "current_file", "eta_s", "options", "result", "error", "asked_by",
)  # fmt: skip
_COLUMNS = f"id, {', '.join(_NAMES[1:])}"
DUE = f"""
SELECT id FROM jobs
WHERE lease_until IS NULL AND status IN ('pending', 'waiting')
    AND (run_after <= :now OR (attempts > 0 AND run_after > :now + {LONGEST_PAUSE_S}))
    AND kind IN (SELECT value FROM json_each(:kinds))
ORDER BY priority DESC, id LIMIT 1
"""
_CLAIM = f"""
UPDATE jobs SET status = 'processing', waiting_for = NULL, attempts = attempts + 1, lease_until = :until,
    owner = :owner, started_at = :at, finished_at = NULL, progress = 0, current_file = NULL, eta_s = NULL
WHERE id = ({DUE}{{skip_locked_sql}}) RETURNING {_COLUMNS}
"""

# A job without a living server counts as pending.
_COUNTED = """
SELECT kind, CASE WHEN lease_until < :now THEN 'pending' ELSE status END, count(*) FROM jobs GROUP BY 1, 2
"""
_WAITING = """
SELECT run_after, created_at FROM jobs
WHERE status IN ('pending', 'waiting') AND lease_until IS NULL AND run_after <= :now
"""
_THEIRS = "CAST(asked_by ->> '$.id' AS INTEGER) = "


class StoredPlan(NamedTuple):
    """A plan as stored.

    stored: its JSON
    upload: id of its upload (`SentFiles`)
    job: number of the job that carries it out; None before it is started
    """

    stored: dict[str, Any]
    upload: str | None
    job: int | None


def _class_for(store: Store) -> type[SqlJobs]:
    in_database = is_database(store.place.address)
    queue_class: type[SqlJobs] = (
        hookspecs.jobs_class["postgresql"].required() if in_database else load("map4.jobs.store.file:SqliteJobs")
    )
    return queue_class


class SqlJobs(StorePart):
    """The jobs of a library. Use it in one thread; jobs that can't be read raise LibraryDamagedError.

    Any process may add and cancel jobs. Only the server that claimed a job records its outcome.

    now: returns seconds since 1970
    """

    is_shared = True

    look_s = 0.1
    """Seconds between checks for requests of others; longer if the store reports them (`LibraryChanges.notifies`)."""

    skip_locked_sql = ""
    """SQL suffix for choosing a job if several servers may choose at the same time."""

    lost = "owner <> :owner"
    """SQL condition for claimed jobs without a living server; here there is only one server."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    @classmethod
    def of(cls, store: Any) -> Any:
        return _class_for(store).of(store)

    @classmethod
    def are_in(cls, store: Store) -> bool:
        """Whether the library ever had jobs; unlike `of`, creates nothing."""
        return _class_for(store).are_in(store)

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Connection]:
        """A read transaction; unreadable values raise LibraryDamagedError."""

    @abstractmethod
    def _transaction(self, *, erases: bool = False, notifies: bool = True) -> AbstractContextManager[Connection]:
        """A write transaction.

        erases: overwrite deleted data
        notifies: notify others of the change
        """

    @abstractmethod
    def again(self) -> SqlJobs:
        """The same jobs for another thread, which closes them."""

    def is_current(self) -> bool:
        """Whether these are still the library's jobs: it may be replaced while it is open."""
        return True

    @abstractmethod
    def version(self) -> int:
        """A number that changes with every change by another connection."""

    # ---- for anybody ----------------------------------------------------------------------------

    def add(
        self,
        kind: JobKind,
        options: Mapping[str, Any],
        *,
        priority: int,
        run_after: float = 0.0,
        asked_by: Actor = Actor.LOCAL,
    ) -> Job:
        """Add a job.

        raises LibraryBusyError: if too many jobs wait already
        """
        with self._transaction() as connection:
            return self._add(connection, kind, options, priority, run_after, asked_by)

    def _add(
        self,
        connection: Connection,
        kind: JobKind,
        options: Mapping[str, Any],
        priority: int,
        run_after: float,
        asked_by: Actor,
    ) -> Job:
        waiting = scalar(connection, "SELECT count(*) FROM jobs WHERE status IN ('pending', 'waiting')")
        if waiting >= MOST_WAITING:
            raise LibraryBusyError(f"{waiting:,} jobs are waiting already; try again when some are done")
        [job] = self._written(
            connection,
            "INSERT INTO jobs (kind, priority, status, run_after, created_at, options, asked_by) "
            f"VALUES (?, ?, 'pending', ?, ?, ?, ?) RETURNING {_COLUMNS}",
            (kind, priority, run_after, self._at(), json.dumps(options), json.dumps(asked_by.to_record())),
        )
        return job

    def get(self, number: int) -> Job | None:
        """A job by number."""
        with self._reading() as connection:
            row = connection.execute(f"SELECT {_COLUMNS} FROM jobs WHERE id = ?", (number,)).fetchone()
            return None if row is None else self._job(row)

    def page(
        self,
        *,
        statuses: Collection[JobStatus] = (),
        kinds: Collection[JobKind] = (),
        asked_by: int | None = None,
        before: int | None = None,
        limit: int,
    ) -> list[Job]:
        """Jobs, newest first.

        asked_by: only jobs of this account
        before: only jobs with a smaller number
        """
        # A job without a living server is shown as pending, so filter by status afterwards.
        jobs: list[Job] = []
        query = f"SELECT {_COLUMNS} FROM jobs WHERE id < ? ORDER BY id DESC"
        with self._reading() as connection:
            for row in connection.execute(query, (1 << 62 if before is None else before,)):
                job = self._job(row)
                is_of_kind = asked_by in (None, job.asked_by.id) and (not kinds or job.kind in kinds)
                if is_of_kind and (not statuses or job.status in statuses):
                    jobs.append(job)
                if len(jobs) == limit:
                    break
        return jobs

    def cancel(self, number: int) -> Job | None:
        """Remove a job from the queue, or ask its server to end it. A finished job stays as it is."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE jobs SET cancelling = 1 WHERE id = ? AND lease_until >= ?", (number, self._now())
            )
            cancelled = self._written(
                connection,
                "UPDATE jobs SET status = 'cancelled', waiting_for = NULL, finished_at = ?, lease_until = NULL, "
                "owner = NULL, current_file = NULL, eta_s = NULL WHERE id = ? AND (lease_until IS NULL OR "
                f"lease_until < ?) AND status NOT IN {FINAL} RETURNING {_COLUMNS}",
                (self._at(), number, self._now()),
            )
        return cancelled[0] if cancelled else self.get(number)

    def retry(self, number: int) -> Job | None:
        """Put a job that failed, was cancelled or waits for another try back on the queue, as if it were new."""
        with self._transaction() as connection:
            restarted = self._written(
                connection,
                "UPDATE jobs SET status = 'pending', waiting_for = NULL, attempts = 0, run_after = 0, "
                "cancelling = 0, started_at = NULL, finished_at = NULL, progress = 0, error = NULL "
                "WHERE id = ? AND lease_until IS NULL AND status IN ('failed', 'cancelled', 'waiting', 'pending') "
                f"RETURNING {_COLUMNS}",
                (number,),
            )
        return restarted[0] if restarted else self.get(number)

    def reassign(self, was: int, now: Actor) -> int:
        """Move the jobs of an account to another account, or to its new name or role, and return how many there were.

        They keep only the rights that both have.
        """
        with self._with_plans(notifies=True) as connection:
            connection.execute("UPDATE plans SET made_by = ? WHERE made_by = ?", (now.id, was))
            rows = connection.execute(f"SELECT id, asked_by FROM jobs WHERE {_THEIRS}?", (was,)).fetchall()
            for number, asked_by in rows:
                may = Actor.of_record(json.loads(asked_by)).scopes & now.scopes
                record = json.dumps(replace(now, scopes=may).to_record())
                connection.execute("UPDATE jobs SET asked_by = ? WHERE id = ?", (record, number))
        return len(rows)

    def erase(self, asked_by: int) -> tuple[list[int], list[str]]:
        """Delete the jobs of an account with their events, and its plans; a running job is ended.

        returns: numbers of the jobs, uploads of the plans
        """
        theirs = f"SELECT id FROM jobs WHERE {_THEIRS}?"
        with self._with_plans(erases=True, notifies=True) as connection:
            connection.execute(f"DELETE FROM events WHERE job IN ({theirs})", (asked_by,))
            rows = connection.execute(f"DELETE FROM jobs WHERE id IN ({theirs}) RETURNING id", (asked_by,)).fetchall()
            plans = connection.execute("DELETE FROM plans WHERE made_by = ? RETURNING upload", (asked_by,)).fetchall()
        return sorted(number for (number,) in rows), _uploads(plans)

    # ---- plans ----------------------------------------------------------------------------------

    def put_plan(self, plan: str, stored: Mapping[str, Any], *, made_by: int, upload: str | None) -> list[str]:
        """Store a plan, and delete expired plans and the oldest beyond `PLANS_OPEN`; return their uploads."""
        now = self._now()
        with self._with_plans() as connection:
            gone = connection.execute(
                "DELETE FROM plans WHERE made_at < CASE WHEN job IS NULL THEN ? ELSE ? END OR id IN ("
                "SELECT id FROM plans WHERE job IS NULL AND made_by = ? ORDER BY made_at DESC LIMIT 1000 OFFSET ?) "
                "RETURNING upload",
                (now - PLAN_LASTS_S, now - PLAN_LIFETIME_S, made_by, PLANS_OPEN - 1),
            ).fetchall()
            connection.execute(
                "INSERT INTO plans (id, made_by, made_at, stored, upload) VALUES (?, ?, ?, ?, ?)",
                (plan, made_by, now, json.dumps(stored), upload),
            )
        return _uploads(gone)

    def get_plan(self, plan: str, *, made_by: int) -> StoredPlan | None:
        """A plan of this account; None if there is none or it has expired."""
        now = self._now()
        with self._with_plans() as connection:
            row = connection.execute(
                "SELECT stored, upload, job FROM plans WHERE id = ? AND made_by = ? "
                "AND made_at >= CASE WHEN job IS NULL THEN ? ELSE ? END",
                (plan, made_by, now - PLAN_LASTS_S, now - PLAN_LIFETIME_S),
            ).fetchone()
            return row and StoredPlan(json.loads(row[0]), *row[1:])

    def begin_plan(
        self, plan: str, kind: JobKind, options: Mapping[str, Any], *, priority: int, asked_by: Actor
    ) -> Job | None:
        """Add the job of a plan; None if it has one already."""
        with self._with_plans(notifies=True) as connection:
            begun = connection.execute("UPDATE plans SET job = 0 WHERE id = ? AND job IS NULL RETURNING id", (plan,))
            if begun.fetchone() is None:
                return None
            job = self._add(connection, kind, options, priority, 0.0, asked_by)
            connection.execute("UPDATE plans SET job = ? WHERE id = ?", (job.number, plan))
        return job

    def plan_uploads(self) -> list[str]:
        """The uploads of all plans."""
        with self._with_plans() as connection:
            return _uploads(connection.execute("SELECT upload FROM plans").fetchall())

    @contextmanager
    def _with_plans(self, *, erases: bool = False, notifies: bool = False) -> Iterator[Connection]:
        with self._transaction(erases=erases, notifies=notifies) as connection:
            connection.execute(_PLANS)
            yield connection

    # ---- events ---------------------------------------------------------------------------------

    def events(
        self, *, after: int = 0, job: int | None = None, asked_by: int | None = None, limit: int
    ) -> list[JobEvent]:
        """Events after a number, oldest first.

        asked_by: only of this account's jobs
        """
        where = "WHERE id > :after" if job is None else "WHERE id > :after AND job = :job"
        if asked_by is not None:
            where += f" AND job IN (SELECT id FROM jobs WHERE {_THEIRS}:whose)"
        sql = f"SELECT id, job, at, event, record FROM events {where} ORDER BY id LIMIT :limit"
        with self._reading() as connection:
            rows = connection.execute(sql, {"after": after, "job": job, "whose": asked_by, "limit": limit})
            return [
                JobEvent(number=number, job=of, at=at, event=event, record=dict(json.loads(zlib.decompress(record))))
                for number, of, at, event, record in rows
            ]

    def event_range(self) -> tuple[int, int]:
        """Numbers of the first and last event that are kept; 1 and 0 without any."""
        with self._reading() as connection:
            first, last = connection.execute(
                "SELECT coalesce((SELECT min(id) FROM events), last + 1), last FROM "
                "(SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0) AS last) AS numbers"
            ).fetchone()
        return first, last

    def has_server(self) -> bool:
        """Whether a server runs these jobs."""
        now, sql = self._now(), "SELECT count(*) FROM server WHERE alive_until BETWEEN ? AND ?"
        with self._reading() as connection:
            return bool(scalar(connection, sql, (now, now + LEASE_S)))

    def figures(self) -> JobFigures:
        """How many jobs there are by kind and status, and how long they wait."""
        now = self._now()
        with self._reading() as connection:
            counts = connection.execute(_COUNTED, {"now": now}).fetchall()
            since = [
                max(run_after, datetime.fromisoformat(at).timestamp())
                for run_after, at in connection.execute(_WAITING, {"now": now})
            ]
        return JobFigures(
            counts={(kind, status): count for kind, status, count in counts},
            due=len(since),
            oldest_s=max(0.0, now - min(since, default=now)),
        )

    # ---- for the server -------------------------------------------------------------------------

    def claim(self, owner: str, kinds: Collection[JobKind]) -> Job | None:
        """Take the most urgent job of these kinds that may start now; of equals, the oldest."""
        values = {"now": self._now(), "kinds": json.dumps(list(kinds)), "until": self._now() + LEASE_S, "owner": owner}
        with self._reading() as connection:
            if connection.execute(DUE, values).fetchone() is None:  # the usual case: nothing to write
                return None
        with self._transaction() as connection:
            claim = _CLAIM.format(skip_locked_sql=self.skip_locked_sql)
            return next(iter(self._written(connection, claim, values | {"at": self._at()})), None)

    def beat(self, owner: str) -> None:
        """Renew the lease of a server on its jobs."""
        until = self._now() + LEASE_S
        with self._transaction(notifies=False) as connection:
            connection.execute(
                'INSERT INTO server VALUES (?, ?) ON CONFLICT ("only") '
                "DO UPDATE SET alive_until = excluded.alive_until",
                (self._seat(owner), until),
            )
            connection.execute(
                "UPDATE jobs SET lease_until = ? WHERE owner = ? AND lease_until IS NOT NULL", (until, owner)
            )

    def sign_off(self, owner: str) -> None:
        """End a server's lease."""
        with self._transaction() as connection:
            connection.execute('DELETE FROM server WHERE "only" = ?', (self._seat(owner),))

    def _seat(self, owner: str) -> int:
        """The row of a server; the same for all if only one server can run."""
        return 1

    def claimed(self, owner: str) -> dict[int, int]:
        """The jobs of a server, each with 1 if it is to be ended."""
        sql = "SELECT id, cancelling FROM jobs WHERE lease_until IS NOT NULL AND owner = ?"
        with self._reading() as connection:
            return dict(connection.execute(sql, (owner,)).fetchall())

    def note(self, owner: str, job: int, notes: Sequence[Note]) -> None:
        """Store what a running job reported; the last progress is that of the job."""
        last = next((record for event, record in reversed(notes) if event == "progress"), None)
        # Before the write lock, and because a mistake in a report is no damage of the file.
        progress = last and (last["percentage"] / 100, last["current_file"], last["eta_s"], job, owner)
        rows = self._event_rows(job, notes)
        with self._transaction() as connection:
            if progress is not None:
                connection.execute(
                    "UPDATE jobs SET progress = ?, current_file = ?, eta_s = ? WHERE id = ? AND owner = ?", progress
                )
            _put_events(connection, rows)

    def wait(self, owner: str, job: int, waiting_for: str | None) -> None:
        """Record what a running job waits for; None means it no longer waits."""
        self._set(owner, job, "waiting" if waiting_for else "processing", {"waiting_for": waiting_for})

    def finish(
        self, owner: str, job: int, status: JobStatus, *, result: Any = None, error: Mapping[str, Any] | None = None
    ) -> None:
        """Record the outcome of a job."""
        done = {"progress": 1.0} if status == "completed" else {}
        over = {"finished_at": self._at(), "waiting_for": None, "result": _json(result)}
        self._set(owner, job, status, {**_IDLE, **over, **done, "error": _json(error)})

    def put_back(
        self,
        owner: str,
        job: int,
        *,
        attempt: int | None = None,
        pause_s: float = 0.0,
        waiting_for: str | None = None,
        error: Mapping[str, Any] | None = None,
    ) -> None:
        """Requeue a job, to be tried again after a pause, or as if begun `attempt` times; if cancelled, end it."""
        values: dict[str, Any] = {"waiting_for": waiting_for, "run_after": self._now() + pause_s if pause_s else 0.0}
        if attempt is not None:
            values["attempts"] = attempt
        if error is not None:
            values["error"] = json.dumps(error)
        self._set(owner, job, "waiting" if waiting_for else "pending", {**_IDLE, **values}, "cancelling = 0")
        self.finish(owner, job, "cancelled")  # if it still is this server's

    def recover(self, owner: str) -> int:
        """Put back all jobs of servers that are gone, and return how many there were."""
        lost, values = f"lease_until IS NOT NULL AND {self.lost}", {"owner": owner, "now": self._now()}
        with self._reading() as connection:
            if not scalar(connection, f"SELECT count(*) FROM jobs WHERE {lost}", values):  # the usual case
                return 0
        with self._transaction() as connection:
            recovered = self._written(
                connection,
                "UPDATE jobs SET status = CASE WHEN cancelling = 1 THEN 'cancelled' ELSE 'pending' END, "
                "finished_at = CASE WHEN cancelling = 1 THEN :at END, attempts = max(0, attempts - 1), "
                "waiting_for = NULL, lease_until = NULL, owner = NULL, current_file = NULL, eta_s = NULL "
                f"WHERE {lost} RETURNING {_COLUMNS}",
                values | {"at": self._at()},
            )
        return len(recovered)

    def tidy(self, also: Collection[int] = ()) -> None:
        """Delete jobs that finished long ago or are too many, and those in `also`."""
        with self._transaction() as connection:
            connection.execute(
                f"DELETE FROM jobs WHERE status IN {FINAL} AND (finished_at < ? "
                "OR id NOT IN (SELECT id FROM jobs ORDER BY id DESC LIMIT ?) "
                "OR id IN (SELECT CAST(value AS INTEGER) FROM json_each(?)))",
                (_utc(self._now() - JOBS_LIFETIME_S), MOST_JOBS, json.dumps(list(also))),
            )

    # ---- inside ----

    def _set(self, owner: str, job: int, status: JobStatus, values: Mapping[str, Any], which: str = "TRUE") -> None:
        """Change a job of this owner for which the SQL `which` is true; does nothing if the owner has lost it."""
        changes = {"status": status, **values}
        assignments = ", ".join(f"{name} = :{name}" for name in changes)
        with self._transaction() as connection:
            self._written(
                connection,
                f"UPDATE jobs SET {assignments} WHERE id = :job AND owner = :whose AND {which} RETURNING {_COLUMNS}",
                changes | {"job": job, "whose": owner},
            )

    def _written(self, connection: Connection, sql: str, values: Any) -> list[Job]:
        """Run a statement that returns the jobs it has written; also adds their events."""
        jobs = [self._job(row) for row in connection.execute(sql, values).fetchall()]
        for job in jobs:
            _put_events(connection, self._event_rows(job.number, [("changed", job.to_record())]))
        return jobs

    def _event_rows(self, job: int, notes: Sequence[Note]) -> list[Any]:
        return [(job, self._at(), event, zlib.compress(json.dumps(record).encode(), 1)) for event, record in notes]

    def _at(self) -> str:
        return _utc(self._now())

    def _job(self, row: Sequence[Any]) -> Job:
        values: dict[str, Any] = dict(zip(_NAMES, row, strict=True))
        lease_until, run_after = values.pop("lease_until"), values.pop("run_after")
        if lease_until is not None and lease_until < self._now():  # its server is gone: the next server starts it again
            values |= {"status": "pending", "attempts": max(0, values["attempts"] - 1)}
            values |= {"waiting_for": None, "current_file": None, "eta_s": None}
        is_later = values["status"] in ("pending", "waiting") and lease_until is None and run_after > 0
        values |= {name: values[name] and dict(json.loads(values[name])) for name in ("options", "result", "error")}
        values["asked_by"] = Actor.of_record(json.loads(values["asked_by"]))
        return Job(**values, not_before=_utc(run_after) if is_later else None)


def _put_events(connection: Connection, rows: Sequence[Any]) -> None:
    connection.executemany("INSERT INTO events (job, at, event, record) VALUES (?, ?, ?, ?)", rows)
    connection.execute("DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - ?", (MOST_EVENTS,))


def _uploads(rows: Sequence[Sequence[Any]]) -> list[str]:
    return [upload for (upload,) in rows if upload is not None]


def _utc(seconds: float) -> str:
    return utc_text(datetime.fromtimestamp(seconds, UTC))


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


_IDLE: Mapping[str, Any] = {**dict.fromkeys(("lease_until", "owner", "current_file", "eta_s")), "cancelling": 0}
