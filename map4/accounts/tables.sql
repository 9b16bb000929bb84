-- Identifies the library in its tokens and cookies.
CREATE TABLE library_identity (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    uid TEXT NOT NULL
) STRICT;

INSERT INTO library_identity VALUES (1, lower(hex(randomblob(8))));

-- Numbers are random and outlive the account in columns such as `owner` and `set_by`.
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'user', 'admin')),
    password TEXT,
    created_at TEXT NOT NULL
) STRICT;

-- Secrets are stored as SHA-256; device passwords, which players derive tokens from, are encrypted.
CREATE TABLE credentials (
    id TEXT PRIMARY KEY DEFAULT ('t-' || lower(hex(randomblob(8)))),
    account INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('token', 'device', 'session', 'login')),
    name TEXT NOT NULL,
    scopes TEXT NOT NULL CHECK (json_valid(scopes) AND json_type(scopes) = 'array'),
    digest BLOB UNIQUE,
    sealed BLOB,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    last_used_at TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX credentials_by_account ON credentials (account);

-- Replaced secrets: reuse shows that there is a copy.
CREATE TABLE renewed_secrets (
    digest BLOB PRIMARY KEY,
    credential TEXT NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    renewed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX renewed_secrets_by_credential ON renewed_secrets (credential);

CREATE TABLE signing_keys (
    id TEXT PRIMARY KEY,
    secret BLOB NOT NULL,
    created_at TEXT NOT NULL,
    until TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    account INTEGER,
    action TEXT NOT NULL,
    subject TEXT,
    detail TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(detail) AND json_type(detail) = 'object')
) STRICT;

CREATE INDEX audit_by_account ON audit (account);

CREATE INDEX audit_by_subject ON audit (subject);
