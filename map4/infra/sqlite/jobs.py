"""The jobs of a library, in a file of their own beside it: `<library>.jobs`.

The queue orders what is to do; what is left to do is told by the library itself. So nothing that was computed is lost
with this file, and it is no part of backups.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import time
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from map4.domain.actor import LOCAL, Actor
from map4.domain.jobs import FINAL, Job, JobEvent, JobKind, JobStatus
from map4.domain.text import utc_text
from map4.errors import LibraryBusyError, LibraryDamagedError, LibraryWriteError
from map4.infra.sql.database import scalar
from map4.infra.sqlite.connection import committed, connect, use_journal
from map4.infra.sqlite.errors import BUSY_TIMEOUT_S, is_busy, translated, write_errors
from map4.infra.sqlite.library_file import PRIVATE_FILE
from map4.ports.store.jobs import LEASE_S, LONGEST_PAUSE_S, JobFigures, JobStore, Note
from map4.ports.store.store import IN_MEMORY

SUFFIX = ".jobs"
EVENTS_KEPT = 10_000
"""The last ones; with a scan's lines about 1 kB each."""
MOST_WAITING = 1_000
JOBS_KEPT = 1_000
JOBS_KEPT_S = 30 * 86400.0


_APPLICATION_ID = 0x6D34_4A6F  # "m4Jo"
_VERSION = 2
# SQLite's own waiting is not fair: of several who ask, one may wait for ever. Many short tries are.
_BUSY_S = 60.0
_TRY_AGAIN_S = (0.001, 0.01)

_TABLES = """
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 9),
    status TEXT NOT NULL
        CHECK (status IN ('pending', 'waiting', 'processing', 'completed', 'failed', 'cancelled')),
    waiting_for TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    run_after REAL NOT NULL,   -- seconds since 1970
    lease_until REAL,          -- seconds since 1970; NULL while nobody has it
    owner TEXT,
    cancelling INTEGER NOT NULL DEFAULT 0,   -- 1: to be ended
    created_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    progress REAL NOT NULL DEFAULT 0,
    current_file TEXT,
    eta_s REAL,
    options TEXT NOT NULL,     -- JSON, as result and error
    result TEXT,
    error TEXT,
    asked_by TEXT NOT NULL     -- JSON: the actor
) STRICT;
CREATE INDEX jobs_due ON jobs (priority DESC, id) WHERE lease_until IS NULL AND status IN ('pending', 'waiting');
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE lease_until IS NOT NULL;
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job INTEGER NOT NULL,
    at TEXT NOT NULL,
    event TEXT NOT NULL,
    record BLOB NOT NULL       -- JSON, deflated
) STRICT;
CREATE TABLE server (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    alive_until REAL NOT NULL  -- seconds since 1970
) STRICT;
"""
_COLUMNS = (
    "id AS number, kind, priority, status, waiting_for, attempts, run_after, lease_until, created_at, started_at, "
    "finished_at, progress, current_file, eta_s, options, result, error, asked_by"
)
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
WHERE id = ({DUE}) RETURNING {_COLUMNS}
"""

# One whose server is gone begins anew with the next.
_COUNTED = """
SELECT kind, CASE WHEN lease_until < :now THEN 'pending' ELSE status END, count(*) FROM jobs GROUP BY 1, 2
"""
_WAITING = """
SELECT count(*), min(max(run_after, unixepoch(created_at))) FROM jobs
WHERE status IN ('pending', 'waiting') AND lease_until IS NULL AND run_after <= :now
"""


def has_jobs(library: str) -> bool:
    """Whether there ever was a job; reading makes no file."""
    return os.path.exists(jobs_file(library))


def jobs_file(library: str) -> str:
    """Where the jobs of a library are; a link to a library is followed."""
    return os.path.realpath(library) + SUFFIX


class SqliteJobs(JobStore):
    """The jobs of one library. It belongs to one thread, as the library does.

    Anybody may add jobs and ask for the end of one. Only who has claimed a job (the server) says what became of it.
    `now` gives seconds since 1970.
    """

    def __init__(self, library: str, *, now: Any = time.time) -> None:
        if library == IN_MEMORY:
            raise LibraryWriteError("a library in memory has no jobs")
        self.file = jobs_file(library)
        self._library, self._now = library, now
        with write_errors(f"the jobs {self.file} can't be made"):
            if not os.path.exists(self.file):
                os.close(os.open(self.file, os.O_CREAT | os.O_RDWR, PRIVATE_FILE))
        with self._translated():
            self._connection = connect(self.file, read_only=False)
            self._connection.row_factory = sqlite3.Row
            try:
                use_journal(self._connection, self.file)
                self._make_tables()
            except BaseException:
                self._connection.close()
                raise

    def again(self) -> SqliteJobs:
        return SqliteJobs(self._library, now=self._now)

    def close(self) -> None:
        self._connection.close()

    # ---- for anybody ----------------------------------------------------------------------------

    def add(
        self,
        kind: JobKind,
        options: Mapping[str, Any],
        *,
        priority: int,
        run_after: float = 0.0,
        asked_by: Actor = LOCAL,
    ) -> Job:
        with self._transaction() as connection:
            waiting = scalar(connection, "SELECT count(*) FROM jobs WHERE status IN ('pending', 'waiting')")
            if waiting >= MOST_WAITING:
                raise LibraryBusyError(f"{waiting:,} jobs wait already; ask again when some are done")
            row = connection.execute(
                "INSERT INTO jobs (kind, priority, status, run_after, created_at, options, asked_by) "
                f"VALUES (?, ?, 'pending', ?, ?, ?, ?) RETURNING {_COLUMNS}",
                (kind, priority, run_after, self._at(), json.dumps(options), json.dumps(asked_by.to_record())),
            ).fetchone()
            return self._changed(row)

    def get(self, number: int) -> Job | None:
        with self._translated():
            rows = self._rows(f"SELECT {_COLUMNS} FROM jobs WHERE id = ?", (number,))
            return self._job(rows[0]) if rows else None

    def page(
        self,
        *,
        statuses: Collection[JobStatus] = (),
        kinds: Collection[JobKind] = (),
        asked_by: int | None = None,
        before: int | None = None,
        limit: int,
    ) -> list[Job]:
        # A job whose server is gone is shown as pending, so the status is chosen after that is known.
        found: list[Job] = []
        query = f"SELECT {_COLUMNS} FROM jobs WHERE id < ? ORDER BY id DESC"
        with self._translated():
            for row in self._connection.execute(query, (1 << 62 if before is None else before,)):
                job = self._job(row)
                if asked_by is not None and job.asked_by.id != asked_by:
                    continue
                if (not statuses or job.status in statuses) and (not kinds or job.kind in kinds):
                    found.append(job)
                if len(found) == limit:
                    break
        return found

    def cancel(self, number: int) -> Job | None:
        with self._transaction() as connection:
            connection.execute(
                "UPDATE jobs SET cancelling = 1 WHERE id = ? AND lease_until >= ?", (number, self._now())
            )
            row = connection.execute(
                "UPDATE jobs SET status = 'cancelled', waiting_for = NULL, finished_at = ?, lease_until = NULL, "
                "owner = NULL, current_file = NULL, eta_s = NULL WHERE id = ? AND (lease_until IS NULL OR "
                f"lease_until < ?) AND status NOT IN {FINAL} RETURNING {_COLUMNS}",
                (self._at(), number, self._now()),
            ).fetchone()
            if row is not None:
                return self._changed(row)
        return self.get(number)

    def retry(self, number: int) -> Job | None:
        with self._transaction() as connection:
            row = connection.execute(
                "UPDATE jobs SET status = 'pending', waiting_for = NULL, attempts = 0, run_after = 0, "
                "cancelling = 0, started_at = NULL, finished_at = NULL, progress = 0, error = NULL "
                "WHERE id = ? AND lease_until IS NULL AND status IN ('failed', 'cancelled', 'waiting', 'pending') "
                f"RETURNING {_COLUMNS}",
                (number,),
            ).fetchone()
            if row is not None:
                return self._changed(row)
        return self.get(number)

    def reassign(self, was: int, now: Actor) -> int:
        with self._transaction() as connection:
            rows = connection.execute("SELECT id, asked_by FROM jobs WHERE asked_by ->> 'id' = ?", (was,)).fetchall()
            for number, asked_by in rows:
                may = Actor.of_record(json.loads(asked_by)).scopes & now.scopes
                told = json.dumps(replace(now, scopes=may).to_record())
                connection.execute("UPDATE jobs SET asked_by = ? WHERE id = ?", (told, number))
        return len(rows)

    def erase(self, asked_by: int) -> list[int]:
        theirs = "SELECT id FROM jobs WHERE asked_by ->> 'id' = ?"
        self._rows("PRAGMA secure_delete = ON")
        with self._transaction() as connection:
            connection.execute(f"DELETE FROM events WHERE job IN ({theirs})", (asked_by,))
            rows = connection.execute(f"DELETE FROM jobs WHERE id IN ({theirs}) RETURNING id", (asked_by,)).fetchall()
        return [number for (number,) in rows]

    def events(
        self, *, after: int = 0, job: int | None = None, asked_by: int | None = None, limit: int
    ) -> list[JobEvent]:
        where = "WHERE id > :after" if job is None else "WHERE id > :after AND job = :job"
        if asked_by is not None:
            where += " AND job IN (SELECT id FROM jobs WHERE asked_by ->> 'id' = :whose)"
        rows = self._rows(
            f"SELECT id AS number, job, at, event, record FROM events {where} ORDER BY id LIMIT :limit",
            {"after": after, "job": job, "whose": asked_by, "limit": limit},
        )
        with self._translated():
            return [JobEvent(**{**row, "record": dict(json.loads(zlib.decompress(row["record"])))}) for row in rows]

    def event_range(self) -> tuple[int, int]:
        (row,) = self._rows(
            "SELECT coalesce((SELECT min(id) FROM events), last + 1), last FROM "
            "(SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0) AS last)"
        )
        return row[0], row[1]

    def has_server(self) -> bool:
        now = self._now()
        return bool(self._rows("SELECT 1 FROM server WHERE alive_until BETWEEN ? AND ?", (now, now + LEASE_S)))

    def figures(self) -> JobFigures:
        now = self._now()
        counts = self._rows(_COUNTED, {"now": now})
        ((due, since),) = self._rows(_WAITING, {"now": now})
        return JobFigures(
            counts={(kind, status): count for kind, status, count in counts},
            due=due,
            oldest_s=max(0.0, now - since) if due else 0.0,
        )

    def version(self) -> int:
        with self._translated():
            return int(scalar(self._connection, "PRAGMA data_version"))

    # ---- for the server -------------------------------------------------------------------------

    def claim(self, owner: str, kinds: Collection[JobKind]) -> Job | None:
        values = {"now": self._now(), "kinds": json.dumps(list(kinds)), "until": self._now() + LEASE_S, "owner": owner}
        if not self._rows(DUE, values):  # most often: nothing is written
            return None
        with self._transaction() as connection:
            row = connection.execute(_CLAIM, values | {"at": self._at()}).fetchone()
            return None if row is None else self._changed(row)

    def beat(self, owner: str) -> None:
        until = self._now() + LEASE_S
        with self._transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO server VALUES (1, ?)", (until,))
            connection.execute(
                "UPDATE jobs SET lease_until = ? WHERE owner = ? AND lease_until IS NOT NULL", (until, owner)
            )

    def sign_off(self) -> None:
        with self._transaction() as connection:
            connection.execute("DELETE FROM server")

    def claimed(self, owner: str) -> dict[int, int]:
        return dict(self._rows("SELECT id, cancelling FROM jobs WHERE lease_until IS NOT NULL AND owner = ?", (owner,)))

    def note(self, owner: str, job: int, notes: Sequence[Note]) -> None:
        last = next((record for event, record in reversed(notes) if event == "progress"), None)
        rows = self._event_rows(job, notes)  # before the file is locked for others
        with self._transaction() as connection:
            if last is not None:
                connection.execute(
                    "UPDATE jobs SET progress = ?, current_file = ?, eta_s = ? WHERE id = ? AND owner = ?",
                    (last["percentage"] / 100, last["current_file"], last["eta_s"], job, owner),
                )
            self._put_events(rows)

    def wait(self, owner: str, job: int, waiting_for: str | None) -> None:
        self._set(owner, job, "waiting" if waiting_for else "processing", {"waiting_for": waiting_for})

    def finish(
        self, owner: str, job: int, status: JobStatus, *, result: Any = None, error: Mapping[str, Any] | None = None
    ) -> None:
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
        values: dict[str, Any] = {"waiting_for": waiting_for, "run_after": self._now() + pause_s if pause_s else 0.0}
        if attempt is not None:
            values["attempts"] = attempt
        if error is not None:
            values["error"] = json.dumps(error)
        self._set(owner, job, "waiting" if waiting_for else "pending", {**_IDLE, **values})

    def recover(self) -> int:
        with self._transaction() as connection:
            rows = connection.execute(
                "UPDATE jobs SET status = CASE WHEN cancelling THEN 'cancelled' ELSE 'pending' END, "
                "finished_at = CASE WHEN cancelling THEN ? END, attempts = max(0, attempts - 1), "
                "waiting_for = NULL, lease_until = NULL, owner = NULL, current_file = NULL, eta_s = NULL "
                f"WHERE lease_until IS NOT NULL RETURNING {_COLUMNS}",
                (self._at(),),
            ).fetchall()
            for row in rows:
                self._changed(row)
        return len(rows)

    def tidy(self, also: Collection[int] = ()) -> None:
        with self._transaction() as connection:
            connection.execute(
                f"DELETE FROM jobs WHERE status IN {FINAL} AND (finished_at < ? OR id NOT IN "
                "(SELECT id FROM jobs ORDER BY id DESC LIMIT ?) OR id IN (SELECT value FROM json_each(?)))",
                (_utc(self._now() - JOBS_KEPT_S), JOBS_KEPT, json.dumps(list(also))),
            )

    # ---- inside ---------------------------------------------------------------------------------

    def _make_tables(self) -> None:
        version = scalar(self._connection, "PRAGMA user_version")
        if version == 0:
            with self._transaction() as connection:
                if scalar(connection, "PRAGMA user_version") == 0:
                    for statement in _TABLES.split(";\n"):
                        connection.execute(statement)
                    # So that no number of a file that is gone is taken for one of these.
                    connection.execute("INSERT INTO sqlite_sequence VALUES ('events', abs(random() % 1000000000000))")
                    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                    connection.execute(f"PRAGMA user_version = {_VERSION}")
        if (
            scalar(self._connection, "PRAGMA application_id") != _APPLICATION_ID
            or scalar(self._connection, "PRAGMA user_version") != _VERSION
        ):
            raise LibraryDamagedError(
                f"{self.file} holds no jobs of this map4, but is of another program or another map4; move it away. "
                "What was analysed is in the library"
            )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            with translated(self.file, _unreadable):
                yield
        except (ValueError, TypeError, KeyError, OverflowError, zlib.error) as error:  # values that nobody wrote so
            raise _unreadable(self.file, str(error)) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._translated():
            self._begin()
            with committed(self._connection, begin=None):
                yield self._connection

    def _begin(self) -> None:
        until = time.monotonic() + _BUSY_S
        self._connection.execute("PRAGMA busy_timeout = 0")
        try:
            while not self._connection.in_transaction:
                try:
                    self._connection.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError as error:
                    if not is_busy(error) or time.monotonic() > until:
                        raise
                    time.sleep(random.uniform(*_TRY_AGAIN_S))
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {round(1000 * BUSY_TIMEOUT_S)}")

    def _rows(self, query: str, values: Any = ()) -> list[Any]:
        with self._translated():
            return self._connection.execute(query, values).fetchall()

    def _set(self, owner: str, job: int, status: JobStatus, values: Mapping[str, Any]) -> None:
        """Change a job that this owner has; of one that it lost, nothing."""
        changes = {"status": status, **values}
        assignments = ", ".join(f"{name} = :{name}" for name in changes)
        with self._transaction() as connection:
            row = connection.execute(
                f"UPDATE jobs SET {assignments} WHERE id = :job AND owner = :whose RETURNING {_COLUMNS}",
                changes | {"job": job, "whose": owner},
            ).fetchone()
            if row is not None:
                self._changed(row)

    def _changed(self, row: sqlite3.Row) -> Job:
        """The job of a row that was just written, with an event of it."""
        job = self._job(row)
        self._put_events(self._event_rows(job.number, [("changed", job.to_record())]))
        return job

    def _event_rows(self, job: int, notes: Sequence[Note]) -> list[Any]:
        at = self._at()
        return [(job, at, event, zlib.compress(json.dumps(record).encode(), 1)) for event, record in notes]

    def _put_events(self, rows: Sequence[Any]) -> None:
        self._connection.executemany("INSERT INTO events (job, at, event, record) VALUES (?, ?, ?, ?)", rows)
        self._connection.execute("DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - ?", (EVENTS_KEPT,))

    def _at(self) -> str:
        return _utc(self._now())

    def _job(self, row: sqlite3.Row) -> Job:
        values = dict(row)
        lease_until, run_after = values.pop("lease_until"), values.pop("run_after")
        if lease_until is not None and lease_until < self._now():  # its server is gone: the next one begins it anew
            values |= {"status": "pending", "attempts": max(0, values["attempts"] - 1)}
            values |= {"waiting_for": None, "current_file": None, "eta_s": None}
        is_later = values["status"] in ("pending", "waiting") and lease_until is None and run_after > 0
        values |= {name: values[name] and dict(json.loads(values[name])) for name in ("options", "result", "error")}
        values["asked_by"] = Actor.of_record(json.loads(values["asked_by"]))
        return Job(**values, not_before=_utc(run_after) if is_later else None)


def _utc(seconds: float) -> str:
    return utc_text(datetime.fromtimestamp(seconds, UTC))


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


_IDLE: Mapping[str, Any] = {
    **dict.fromkeys(("lease_until", "owner", "current_file", "eta_s")),
    "cancelling": 0,
}


def _unreadable(file: str, why: str) -> LibraryDamagedError:
    return LibraryDamagedError(
        f"the jobs in {file} can't be read ({why}); move this file away. Only what waited is lost with it: what was "
        "analysed is in the library"
    )
