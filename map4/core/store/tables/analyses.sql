-- Only the core is authoritative; the other columns are generated from it, so they can't disagree.
CREATE TABLE analyses (
    id INTEGER PRIMARY KEY,
    audio_id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    analysed_at TEXT NOT NULL,
    core TEXT NOT NULL CHECK (json_valid(core)),
    duration_s REAL AS (json_extract(core, '$.duration_s')) STORED,
    bpm REAL AS (json_extract(core, '$.tempo.bpm')) STORED,
    tempo_confidence REAL AS (json_extract(core, '$.tempo.confidence')) STORED,
    key TEXT AS (json_extract(core, '$.key.camelot')) STORED,
    key_confidence REAL AS (json_extract(core, '$.key.confidence')) STORED,
    energy REAL AS (json_extract(core, '$.energy')) STORED,
    loudness_lufs REAL AS (json_extract(core, '$.loudness.integrated_lufs')) STORED
) STRICT;
