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

SQL = StoredTable.sql_beside(__file__)

_CREDENTIAL_ID = re.compile("t-[0-9a-f]{16}")

MOST_AUDIT_ENTRIES = 100_000

AUDIT = (
    *SQL["audit"],
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
    StoredTable("library_identity", SQL["library_identity"], salvage="no"),
    StoredTable(
        "accounts",
        SQL["accounts"],
        salvage="rows",
        people=(PersonPlace("id", "row erased", "account"),),
        goes_with_account=True,
        doubts=(RowCheck("id, name, password", "the account {name}", _require_hash),),
    ),
    StoredTable(
        "credentials",
        SQL["credentials"],
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
        SQL["renewed_secrets"],
        salvage="rows",
        orphans="credential NOT IN (SELECT id FROM credentials)",
        checks=(RowCheck("digest, renewed_at", "a renewed secret", _end("renewed_at")),),
        drops=(RowCheck("digest", "a renewed secret", lambda row: _require_digest(row["digest"])),),
    ),
    StoredTable(
        "signing_keys",
        SQL["signing_keys"],
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
