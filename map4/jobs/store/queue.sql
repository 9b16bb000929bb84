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
    "only" INTEGER PRIMARY KEY CHECK ("only" = 1),
    alive_until REAL NOT NULL  -- seconds since 1970
) STRICT;
