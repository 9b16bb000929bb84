"""The tables of accounts, credentials and the audit log."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from hashlib import sha256

from map4.core.base.actor import SCOPES
from map4.core.base.text import stored_moment
from map4.core.store.stored_tables import PersonPlace, Row, RowCheck, StoredTable, resolved
from map4.errors import UsageError

_CREDENTIAL_ID = re.compile("t-[0-9a-f]{16}")

MOST_AUDIT_ENTRIES = 100_000

IDENTITY = (
    # Identifies the library in its tokens and cookies.
    """CREATE TABLE library_identity (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        uid TEXT NOT NULL
    ) STRICT""",
    "INSERT INTO library_identity VALUES (1, lower(hex(randomblob(8))))",
)
ACCOUNTS = (
    # Numbers are random and outlive the account in columns such as `owner` and `set_by`.
    """CREATE TABLE accounts (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        name_key TEXT NOT NULL UNIQUE,
        role TEXT NOT NULL CHECK (role IN ('viewer', 'user', 'admin')),
        password TEXT,
        created_at TEXT NOT NULL
    ) STRICT""",
)
CREDENTIALS = (
    # Secrets are stored as SHA-256; device passwords, which players derive tokens from, are encrypted.
    """CREATE TABLE credentials (
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
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX credentials_by_account ON credentials (account)",
)
RENEWED = (
    # Replaced secrets: reuse shows that there is a copy.
    """CREATE TABLE renewed_secrets (
        digest BLOB PRIMARY KEY,
        credential TEXT NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
        renewed_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX renewed_secrets_by_credential ON renewed_secrets (credential)",
)
SIGNING_KEYS = (
    """CREATE TABLE signing_keys (
        id TEXT PRIMARY KEY,
        secret BLOB NOT NULL,
        created_at TEXT NOT NULL,
        until TEXT
    ) STRICT, WITHOUT ROWID""",
)
AUDIT = (
    """CREATE TABLE audit (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        account INTEGER,
        action TEXT NOT NULL,
        subject TEXT,
        detail TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(detail) AND json_type(detail) = 'object')
    ) STRICT""",
    "CREATE INDEX audit_by_account ON audit (account)",
    "CREATE INDEX audit_by_subject ON audit (subject)",
    f"""CREATE TRIGGER audit_trimmed AFTER INSERT ON audit WHEN new.number % 100 = 0 BEGIN
        DELETE FROM audit WHERE number <= new.number - {MOST_AUDIT_ENTRIES};
    END""",
)


def _end(column: str) -> Callable[[Row], object]:
    """Check for a valid time or None."""
    return lambda row: row[column] is None or stored_moment(row[column])


def _require_hash(row: Row) -> None:
    if row["password"] is not None:
        try:
            resolved("map4.accounts.hashes:checked_hash")(row["password"])
        except ImportError:  # without the extra that reads hashes
            return
        except UsageError:
            raise ValueError("its password is unreadable; set another") from None


def _require_digest(digest: bytes) -> None:
    if len(digest) != sha256().digest_size:
        raise ValueError("it has no digest of a secret")


def _require_credential(row: Row) -> None:
    if not _CREDENTIAL_ID.fullmatch(row["id"]):
        raise ValueError("that is no id of a credential")
    if row["digest"] is not None:
        _require_digest(row["digest"])
    elif row["sealed"] is None:
        raise ValueError("it has no secret")
    if not all(isinstance(scope, str) for scope in json.loads(row["scopes"])):
        raise ValueError("its scopes are no names")


def _require_scopes(row: Row) -> None:
    if unknown := {*json.loads(row["scopes"])} - {*SCOPES}:
        raise ValueError(f"{', '.join(sorted(unknown))} is no scope")


TABLES = (
    StoredTable("library_identity", IDENTITY, salvage="no"),
    StoredTable(
        "accounts",
        ACCOUNTS,
        salvage="rows",
        people=(PersonPlace("id", "row erased", "account"),),
        goes_with_account=True,
        doubts=(RowCheck("id, name, password", "the account {name}", _require_hash),),
    ),
    StoredTable(
        "credentials",
        CREDENTIALS,
        salvage="rows",
        people=(PersonPlace("account", "row erased", "credentials"),),
        goes_with_account=True,
        orphans="account NOT IN (SELECT id FROM accounts)",
        checks=(RowCheck("id, expires_at", "the credential {id}", _end("expires_at")),),
        drops=(RowCheck("id, digest, sealed, scopes", "the credential {id}", _require_credential),),
        doubts=(RowCheck("id, scopes", "the credential {id}", _require_scopes),),
    ),
    StoredTable(
        "renewed_secrets",
        RENEWED,
        salvage="rows",
        orphans="credential NOT IN (SELECT id FROM credentials)",
        checks=(RowCheck("digest, renewed_at", "a renewed secret", _end("renewed_at")),),
        drops=(RowCheck("digest", "a renewed secret", lambda row: _require_digest(row["digest"])),),
    ),
    StoredTable(
        "signing_keys",
        SIGNING_KEYS,
        salvage="rows",
        checks=(RowCheck("id, until", "the signing key {id}", _end("until")),),
    ),
    StoredTable(
        "audit",
        AUDIT,
        salvage="rows",
        people=(PersonPlace("account", "number stays", "audit"), PersonPlace("subject", "number stays", "audit")),
        erase="map4.accounts.store.accounts:forget_name",
    ),
)
