"""Accounts, credentials and what was done with them, in the library file."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from map4.accounts.records import AuditAction, AuditEntry, NewCredential, SigningKey, look_alike
from map4.core.base.account import Account, Credential, CredentialKind
from map4.core.base.actor import ROLES, Role
from map4.core.base.text import name_key, utc_text
from map4.core.store.database import Connection, Database, StorePart, scalar
from map4.errors import AccountExistsError, UsageError

T = TypeVar("T")

_FIRST_NUMBER, _NUMBERS = 100_000_000, 900_000_000

_ACCOUNT = (
    "a.id, a.name, a.role, a.created_at, (SELECT max(last_used_at) FROM credentials WHERE account = a.id), "
    "a.password IS NOT NULL"
)
_ACCOUNTS = f"SELECT {_ACCOUNT} FROM accounts AS a"
_CREDENTIALS = (
    f"SELECT c.id, c.kind, c.name, c.scopes, c.created_at, c.expires_at, c.last_used_at, c.sealed, {_ACCOUNT} "
    "FROM credentials AS c JOIN accounts AS a ON a.id = c.account "
    "WHERE (c.expires_at IS NULL OR c.expires_at > :now) AND "
)
_REMEMBERED = timedelta(days=30)
"""How long a renewed refresh token is remembered, to detect its reuse."""
_PAST = {
    "credentials": "expires_at <= :now", "signing_keys": "until <= :now", "renewed_secrets": "renewed_at <= :long_ago",
}  # fmt: skip
_IN_JSON = "IN (SELECT value FROM json_each(%s))"


class SqlAccounts(StorePart):
    """Accounts and credentials of a library. Times are UTC; whatever has expired counts as gone."""

    is_shared = True

    def library_id(self) -> str:
        """This library's id: 16 hex digits. Copies of the library share it."""
        return str(self._database.scalar("SELECT uid FROM library_identity"))

    # ---- accounts

    def has_any(self) -> bool:
        """Whether any account exists."""
        return bool(self._database.scalar("SELECT EXISTS (SELECT 1 FROM accounts)"))

    def all(self) -> Sequence[Account]:
        """All accounts, by name."""
        with self._database.reading() as connection:
            return [_account(row) for row in connection.execute(f"{_ACCOUNTS} ORDER BY a.name_key")]

    def find(self, account: int | str) -> Account | None:
        """Find an account by number, or by name without regard to case."""
        with self._database.reading() as connection:
            return _found(connection, account)

    def add(self, name: str, role: Role, password: str | None, now: datetime) -> Account:
        """Create an account.

        password: its hash
        """
        key = name_key(name)
        with self._database.transaction() as connection:
            _require_free(connection, key, name)
            number = _FIRST_NUMBER + secrets.randbelow(_NUMBERS)
            while _was_given(connection, number):
                number = _FIRST_NUMBER + secrets.randbelow(_NUMBERS)
            connection.execute(
                "INSERT INTO accounts (id, name, name_key, role, password, created_at) VALUES (?, ?, ?, ?, ?, ?)",
                (number, name, key, role, password, utc_text(now)),
            )
            return _there(connection, number)

    def change(
        self, account: int, *, name: str | None = None, role: Role | None = None, password: str | None = None
    ) -> Account:
        """Change the given values of an existing account.

        password: the new hash
        """
        with self._database.transaction() as connection:
            if name is not None:
                _require_free(connection, name_key(name), name, but=account)
            connection.execute(
                "UPDATE accounts SET name = coalesce(?2, name), name_key = coalesce(?3, name_key), "
                "role = coalesce(?4, role), password = coalesce(?5, password) WHERE id = ?1",
                (account, name, None if name is None else name_key(name), role, password),
            )
            return _there(connection, account)

    def remove(self, account: int) -> None:
        """Delete an account and its credentials. Its number is never used again."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM accounts WHERE id = ?", (account,))

    def was_removed(self, account: int) -> bool:
        """Whether this number belonged to a deleted account, as far back as the library remembers."""
        sql = "SELECT EXISTS (SELECT 1 FROM audit WHERE subject = CAST(? AS TEXT) AND action = 'account-removed')"
        return bool(self._database.scalar(sql, (account,)))

    def password_hash(self, account: int) -> str | None:
        """The hash of an account's password; None if it has none."""
        row = self._database.row("SELECT password FROM accounts WHERE id = ?", (account,))
        return None if row is None else row[0]

    # ---- credentials

    def issue(self, credential: NewCredential, now: datetime) -> Credential:
        """Store a new credential."""
        with self._database.transaction() as connection:
            number = scalar(
                connection,
                "INSERT INTO credentials (account, kind, name, scopes, digest, sealed, created_at, expires_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                (credential.account, credential.kind, credential.name, json.dumps(sorted(credential.scopes)),
                 credential.digest, credential.sealed, utc_text(now), _text(credential.expires_at)),
            )  # fmt: skip
            row = connection.execute(f"{_CREDENTIALS} c.id = :id", {"id": number, "now": ""}).fetchone()
        return _credential(row)[0]

    def credential(self, credential: str, now: datetime) -> Credential | None:
        """Find a credential by id."""
        return next(iter(self._credentials("c.id = :id", now, id=credential)), None)

    def known(self, digest: bytes, now: datetime) -> Credential | None:
        """Find a credential by the SHA-256 of its secret."""
        return next(iter(self._credentials("c.digest = :digest", now, digest=digest)), None)

    def credentials(
        self, account: int | None = None, *, kinds: Collection[CredentialKind] = (), now: datetime
    ) -> Sequence[Credential]:
        """Credentials, newest first.

        account: None means all accounts
        kinds: none means all kinds
        """
        which = (
            f"(:account IS NULL OR c.account = :account) AND (:kinds = '[]' OR c.kind {_IN_JSON % ':kinds'}) "
            "ORDER BY c.created_at DESC, c.id"
        )
        return self._credentials(which, now, account=account, kinds=json.dumps(sorted(kinds)))

    def sealed(self, account: int, now: datetime) -> Sequence[tuple[Credential, bytes]]:
        """The devices of an account, with their encrypted passwords."""
        which = "c.account = :account AND c.sealed IS NOT NULL"
        return self._sealed(which, now, account=account)

    def renew(self, credential: str, digest: bytes, *, expires_at: datetime | None, now: datetime) -> bool:
        """Replace the secret and expiry of a credential; False if there is none. `renewed` finds the old secret."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO renewed_secrets SELECT digest, id, ?2 FROM credentials WHERE id = ?1 "
                "AND digest IS NOT NULL",
                (credential, utc_text(now)),
            )
            done = connection.execute(
                "UPDATE credentials SET digest = ?2, expires_at = ?3 WHERE id = ?1",
                (credential, digest, _text(expires_at)),
            )
            return done.rowcount > 0

    def renewed(self, digest: bytes, now: datetime) -> tuple[Credential, datetime] | None:
        """The credential that had this secret before its present one, and when it was last renewed."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT credential, renewed_at FROM renewed_secrets WHERE digest = ?", (digest,)
            ).fetchone()
            at = row and datetime.fromisoformat(row[1])
        credential = None if row is None else self.credential(row[0], now)
        return None if credential is None else (credential, at)

    def end(self, credentials: Collection[str]) -> int:
        """Delete these credentials, and return how many there were."""
        with self._database.transaction() as connection:
            gone = connection.execute(
                f"DELETE FROM credentials WHERE id {_IN_JSON % '?'}", (json.dumps([*credentials]),)
            )
            return gone.rowcount

    def end_all(self, account: int, kinds: Collection[CredentialKind], *, but: str | None = None) -> int:
        """Delete all credentials of these kinds but one, and return how many there were."""
        with self._database.transaction() as connection:
            gone = connection.execute(
                f"DELETE FROM credentials WHERE account = ? AND kind {_IN_JSON % '?'} AND id IS NOT ?",
                (account, json.dumps([*kinds]), but),
            )
            return gone.rowcount

    def touch(self, uses: Mapping[str, datetime], *, session_until: datetime) -> None:
        """Record when credentials were last used; this extends sessions to `session_until`."""
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE credentials SET last_used_at = max(coalesce(last_used_at, ''), ?2), "
                "expires_at = CASE kind WHEN 'session' THEN max(expires_at, ?3) ELSE expires_at END WHERE id = ?1",
                [(credential_id, utc_text(at), utc_text(session_until)) for credential_id, at in uses.items()],
            )

    def sweep(self, now: datetime) -> int:
        """Delete expired credentials and keys, and secrets replaced a month ago. Returns how many there were."""
        moments = {"now": utc_text(now), "long_ago": utc_text(now - _REMEMBERED)}
        with self._database.reading() as connection:
            past = [
                table for table, where in _PAST.items()
                if connection.execute(f"SELECT 1 FROM {table} WHERE {where} LIMIT 1", moments).fetchone()
            ]  # fmt: skip
        if not past:
            return 0
        with self._database.transaction() as connection:
            return sum(
                connection.execute(f"DELETE FROM {table} WHERE {_PAST[table]}", moments).rowcount for table in past
            )

    def _credentials(self, which: str, now: datetime, **values: Any) -> Sequence[Credential]:
        return [credential for credential, _ in self._sealed(which, now, **values)]

    def _sealed(self, which: str, now: datetime, **values: Any) -> Sequence[tuple[Credential, bytes]]:
        with self._database.reading() as connection:
            rows = connection.execute(_CREDENTIALS + which, {"now": utc_text(now), **values})
            return [_credential(row) for row in rows]

    # ---- keys that sign access tokens

    def signing_keys(self, now: datetime) -> Sequence[SigningKey]:
        """Keys whose tokens may still be valid, the one that signs now first; empty before the first is made."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT id, secret, until FROM signing_keys WHERE until IS NULL OR until > ? "
                "ORDER BY until IS NOT NULL, until DESC",
                (utc_text(now),),
            )
            return [
                SigningKey(id=key_id, secret=secret, until=until and datetime.fromisoformat(until))
                for key_id, secret, until in rows
            ]

    def add_signing_key(self, secret: bytes, *, old_until: datetime, now: datetime) -> SigningKey:
        """Sign with a new key from now on; tokens of older keys stay valid until `old_until`."""
        key = SigningKey(id=secrets.token_hex(8), secret=secret, until=None)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM signing_keys WHERE until <= ?", (utc_text(now),))
            connection.execute("UPDATE signing_keys SET until = ? WHERE until IS NULL", (utc_text(old_until),))
            connection.execute(
                "INSERT INTO signing_keys (id, secret, created_at) VALUES (?, ?, ?)", (key.id, secret, utc_text(now))
            )
        return key

    # ---- what was done

    def note(
        self,
        action: AuditAction,
        *,
        account: int | None,
        subject: str | None = None,
        detail: Mapping[str, Any] | None = None,
        now: datetime,
    ) -> None:
        """Record what an account did; the last hundred thousand entries are kept."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO audit (at, account, action, subject, detail) VALUES (?, ?, ?, ?, ?)",
                (utc_text(now), account, action, subject, json.dumps(detail or {})),
            )

    def audit(self, *, before: int | None = None, account: int | None = None, limit: int) -> Sequence[AuditEntry]:
        """Entries of the audit log, newest first.

        before: only entries with a smaller number
        account: only what this account did or what was done to it
        """
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT number, at, account, action, subject, detail FROM audit WHERE (?1 IS NULL OR number < ?1) "
                "AND (?2 IS NULL OR account = ?2 OR subject = CAST(?2 AS TEXT)) ORDER BY number DESC LIMIT ?3",
                (before, account, limit),
            )
            return [
                AuditEntry(number=number, at=at, account=who, action=action, subject=subject, detail=json.loads(detail))
                for number, at, who, action, subject, detail in rows
            ]


def forget_name(connection: Connection, account: Account, database: Database) -> Mapping[str, int]:
    """Remove the name from the audit log."""
    connection.execute(
        "UPDATE audit SET detail = json_remove(detail, '$.name') WHERE json_type(detail, '$.name') IS NOT NULL "
        "AND (account = :who OR subject = CAST(:who AS TEXT) "
        "OR CAST(json_extract(detail, '$.account') AS TEXT) = CAST(:who AS TEXT) "
        "OR subject IN (SELECT id FROM credentials WHERE account = :who))",
        {"who": account.number},
    )
    return {}


def _require_free(connection: Connection, key: str, name: str, but: int | None = None) -> None:
    taken = connection.execute("SELECT 1 FROM accounts WHERE name_key = ? AND id IS NOT ?", (key, but)).fetchone()
    if taken:
        raise AccountExistsError(f"the account '{name}' already exists; choose another name")
    for number, other in connection.execute("SELECT id, name FROM accounts WHERE id IS NOT ?", (but,)):
        if look_alike(name, other) or look_alike(name, str(number)):
            raise UsageError(f"'{name}' looks like the account '{other}' ({number}); choose another name")


def _was_given(connection: Connection, number: int) -> bool:
    """Whether the number belongs to an account, or once did."""
    sql = (
        "SELECT EXISTS (SELECT 1 FROM accounts WHERE id = ?1) "
        "OR EXISTS (SELECT 1 FROM audit WHERE account = ?1 OR subject = CAST(?1 AS TEXT))"
    )
    return bool(scalar(connection, sql, (number,)))


def _found(connection: Connection, account: int | str) -> Account | None:
    column, value = ("id", account) if isinstance(account, int) else ("name_key", name_key(account))
    row = connection.execute(f"{_ACCOUNTS} WHERE a.{column} = ?", (value,)).fetchone()
    return None if row is None else _account(row)


def _there(connection: Connection, number: int) -> Account:
    account = _found(connection, number)
    if account is None:
        raise UsageError("this account was removed meanwhile")
    return account


def _account(row: Sequence[Any]) -> Account:
    number, name, role, created_at, last_used_at, has_password = row
    return Account(
        number=number,
        name=name,
        role=_one_of(ROLES, role),
        created_at=created_at,
        last_used_at=last_used_at,
        has_password=bool(has_password),
    )


def _credential(row: Sequence[Any]) -> tuple[Credential, bytes]:
    """A credential, and its encrypted secret."""
    credential, kind, name, scopes, created_at, expires_at, last_used_at, sealed, *account = row
    parsed = Credential(
        id=credential,
        kind=_one_of(Credential.KINDS, kind),
        name=name,
        account=_account(account),
        scopes=frozenset(json.loads(scopes)),
        created_at=created_at,
        expires_at=_text(expires_at and datetime.fromisoformat(expires_at)),
        last_used_at=last_used_at,
    )
    return parsed, sealed


def _one_of(known: Sequence[T], value: T) -> T:
    if value not in known:
        raise ValueError(f"{value!r} is not one of {', '.join(map(str, known))}")
    return value


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(moment)
