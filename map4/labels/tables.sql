-- `data` is the source; the other columns derive from it.
CREATE TABLE labels (
    audio_id TEXT PRIMARY KEY,
    data TEXT NOT NULL CHECK (json_valid(data)),
    labelled_at TEXT NOT NULL,
    labelled_by INTEGER NOT NULL DEFAULT 0,
    genre TEXT AS (json_extract(data, '$.genre')) STORED,
    family TEXT AS (json_extract(data, '$.family')) STORED,
    subgenre TEXT AS (json_extract(data, '$.subgenre')) STORED,
    mood TEXT AS (json_extract(data, '$.mood')) STORED,
    era TEXT AS (json_extract(data, '$.era')) STORED,
    confidence REAL AS (json_extract(data, '$.confidence')) STORED,
    source TEXT AS (json_extract(data, '$.source')) STORED,
    model TEXT AS (json_extract(data, '$.model')) STORED
) STRICT, WITHOUT ROWID;

-- Stored unchanged; only a newer answer of the same provider for the same recording replaces a row.
CREATE TABLE observations (
    audio_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL CHECK (json_valid(value)),
    score REAL NOT NULL CHECK (score BETWEEN 0 AND 1),
    fetched_at TEXT NOT NULL,
    PRIMARY KEY (audio_id, provider, provider_id, field)
) STRICT, WITHOUT ROWID;

-- The result of each look-up, with up to five candidates.
CREATE TABLE lookups (
    audio_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('accepted', 'review', 'none', 'rejected')),
    candidates TEXT NOT NULL CHECK (json_valid(candidates)),
    looked_up_at TEXT NOT NULL,
    PRIMARY KEY (audio_id, provider)
) STRICT, WITHOUT ROWID;

-- Derived from the observations: the merged values.
CREATE TABLE provided (
    audio_id TEXT PRIMARY KEY,
    data TEXT NOT NULL CHECK (json_valid(data) AND json_type(data) = 'object')
) STRICT, WITHOUT ROWID;
