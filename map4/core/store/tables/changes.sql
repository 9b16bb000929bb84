-- `whose` is the only account that sees the change, null for all; `subject` is the name others know it by.
CREATE TABLE changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    what TEXT NOT NULL,
    subject TEXT NOT NULL,
    whose INTEGER,
    writer TEXT,
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
) STRICT;

CREATE TABLE change_log (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    writer TEXT NOT NULL,
    actor INTEGER NOT NULL DEFAULT 0,
    step INTEGER
) STRICT;

INSERT INTO change_log (id, writer) VALUES (1, '');

-- Statements as for a library file in every store, so that tables can be kept if their extra is not installed.
CREATE TABLE extras (
    name TEXT PRIMARY KEY,
    statements TEXT NOT NULL CHECK (json_valid(statements) AND json_type(statements) = 'array')
) STRICT, WITHOUT ROWID;
