"""Sessions and log-ins, and the credential look-ups of a server."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from map4 import accounts
from map4.accounts.records import MOST_NAME_LETTERS, AuditAction, Issued, NewCredential, SigningKey
from map4.accounts.store.accounts import SqlAccounts
from map4.accounts.use import Accounts, utc_now
from map4.core.base.account import Account, Credential, CredentialKind, digest_of
from map4.core.base.actor import SCOPES, Scope
from map4.core.base.text import clean
from map4.core.store.sql_store import Store
from map4.errors import SealedError, UsageError, WrongCredentialError

if TYPE_CHECKING:
    from map4.accounts.access_tokens import Issuer

SESSION_S = LOG_IN_S = 30 * 86_400
"""Lifetime in seconds of a session after its last use, and of a log-in after its last renewal."""
RACE_S = 10
"""Seconds after its renewal in which a reused refresh token is refused without ending the log-in: a client raced, or
lost the response. RFC 9700, section 4.14.2, treats reuse as theft; Auth0, Okta and Cognito have a grace period too, but
issue another token within it."""
MOST_SESSIONS = 100
"""Maximum number of sessions and log-ins per account; a further log-in ends the least recently used."""
SECRET_BYTES = 32
_DEVICE_LETTERS, _DEVICE_GROUPS, _GROUP = "abcdefghjkmnpqrstuvwxyz23456789", 5, 4
"""Letters that don't look alike, to be typed on a phone: 20 of 31 letters are 99 bits."""
_PREFIX: Mapping[CredentialKind, str] = {"token": "map4_", "session": "map4s_", "login": "map4r_"}
"""Prefixes of secrets, for secret scanners."""
_UNKNOWN = "this refresh token is unknown, or its log-in has ended; log in again"
_RENEWED = "this refresh token was just renewed; use the new refresh token, or log in again"
_REUSED = "this refresh token was used before and may be stolen, so its log-in has ended; log in again"


class LogIns:
    """Sessions, log-ins and the credential look-ups of a server; a part of `Credentials`."""

    def __init__(self, store: Store, *, now: Callable[[], datetime] = utc_now) -> None:
        self.actor, self._store, self._accounts, self._now = store.actor, store, store.part(SqlAccounts), now

    def library_id(self) -> str:
        """The library's id in its tokens and cookies; copies of the file share it, as they share the tokens."""
        return self._accounts.library_id()

    def known(self, digest: bytes) -> Credential | None:
        """The token or session whose secret has this `digest_of`."""
        credential = self._accounts.known(digest, self._now())
        return credential if credential is not None and credential.kind in ("token", "session") else None

    def known_id(self, credential: str) -> Credential | None:
        """The credential with this id; None if unknown or expired."""
        return self._accounts.credential(credential, self._now())

    def devices(self, account: int | str) -> Sequence[tuple[Credential, str | None]]:
        """The devices of an account with their passwords.

        account: number or name; an unknown account has no devices
        returns: the password is None if it can't be decrypted here
        """
        owner = self._accounts.find(account)
        sealed = () if owner is None else self._accounts.sealed(owner.number, self._now())
        return [(device, _unsealed(password)) for device, password in sealed]

    def begin_session(self, account: int | str, name: str = "browser") -> Issued:
        """Start a session of the web page after a log-in; the secret is for its cookie."""
        return self._begin(account, "session", name, SESSION_S)

    def begin_login(self, account: int | str, name: str = "program") -> Issued:
        """Start a log-in of a program: access tokens contain its id; its secret is the refresh token."""
        return self._begin(account, "login", name, LOG_IN_S)

    def renew(self, secret: str) -> Issued:
        """Replace the refresh token of a log-in; the old refresh token stops working immediately.

        raises WrongCredentialError: if it is unknown, or its log-in has ended; or if it was used before, which ends the
            log-in unless that was at most `RACE_S` ago
        """
        store, digest = self._accounts, digest_of(secret)
        if self._renewable(digest) is None and store.renewed(digest, self._now()) is None:
            raise WrongCredentialError(_UNKNOWN)  # don't write to the library for arbitrary input
        with self._at_once():
            now = self._now()
            if (credential := self._renewable(digest)) is not None:
                new, ends = new_secret("login"), now + timedelta(seconds=LOG_IN_S)
                store.renew(credential.id, digest_of(new), expires_at=ends, now=now)
                renewed = store.credential(credential.id, now)
                assert renewed is not None
                self.signing_keys()
                return Issued(credential=renewed, secret=new)
            problem = self._not_renewed(digest, now)
        raise WrongCredentialError(problem)

    def _renewable(self, digest: bytes) -> Credential | None:
        credential = self._accounts.known(digest, self._now())
        return credential if credential is not None and credential.kind == "login" else None

    def _not_renewed(self, digest: bytes, now: datetime) -> str:
        """The reason to refuse a refresh token; reuse of an old one ends its log-in."""
        was = self._accounts.renewed(digest, now)
        if was is None or was[0].kind != "login":
            return _UNKNOWN
        if now - was[1] <= timedelta(seconds=RACE_S):
            return _RENEWED
        self._accounts.end([was[0].id])
        self._note("refresh-reused", was[0], by=was[0].account.number)
        return _REUSED

    def touch(self, uses: Mapping[str, datetime]) -> None:
        """Record when credentials were last used, by id; extends sessions."""
        if uses:
            until = max(uses.values()) + timedelta(seconds=SESSION_S)
            self._accounts.touch(uses, session_until=until)

    def sweep(self) -> int:
        """Delete expired credentials and return their number."""
        return self._accounts.sweep(self._now())

    def signing_keys(self) -> Sequence[SigningKey]:
        """Keys of access tokens: the current signing key first, then old keys with tokens that are still valid."""
        keys = self._accounts.signing_keys(self._now())
        if keys and keys[0].until is None:
            return keys
        with self._at_once():
            keys = self._accounts.signing_keys(self._now())
            if not keys or keys[0].until is not None:
                new = secrets.token_bytes(SECRET_BYTES)
                self._accounts.add_signing_key(new, old_until=self._now(), now=self._now())
            return self._accounts.signing_keys(self._now())

    def issuer(self) -> Issuer:
        """Makes and reads the access tokens of the library."""
        from map4.accounts.access_tokens import Issuer  # needs a package of the server

        # A log-in made the first key: anybody can send a token, and reading it must not write.
        return Issuer(self.library_id(), self._accounts.signing_keys(self._now()))

    # ---- inside ----------------------------------------------------------------------------------

    def _at_once(self) -> AbstractContextManager[object]:
        return self._store.at_once()

    def _begin(self, account: int | str, kind: CredentialKind, name: str, lasts_s: float) -> Issued:
        owner, store = self._account(account), self._accounts
        with self._at_once():
            sessions = store.credentials(owner.number, kinds=("session", "login"), now=self._now())
            by_use = sorted(sessions, key=lambda session: session.last_used_at or session.created_at, reverse=True)
            store.end([session.id for session in by_use[MOST_SESSIONS - 1 :]])
            # Rights are looked up on each use, so that a role change takes effect immediately.
            called = clean(name)[:MOST_NAME_LETTERS].strip() or kind
            issued = self._issue(owner, kind, called, frozenset(SCOPES), self._now() + timedelta(seconds=lasts_s))
            if kind == "login":
                self.signing_keys()
            self._note("logged-in", issued.credential, by=owner.number)
        return issued

    def _issue(
        self, owner: Account, kind: CredentialKind, name: str, scopes: frozenset[Scope], expires_at: datetime | None
    ) -> Issued:
        secret, sealed = new_secret(kind), None
        if kind == "device":
            sealed = accounts.KeyFile.seal(secret)
        new = NewCredential(
            account=owner.number,
            kind=kind,
            name=name,
            scopes=scopes,
            digest=None if sealed else digest_of(secret),
            sealed=sealed,
            expires_at=expires_at,
        )
        return Issued(credential=self._accounts.issue(new, self._now()), secret=secret)

    def _note(self, action: AuditAction, credential: Credential, *, by: int | None = None) -> None:
        # Log no names of tokens or accounts: the log outlives both.
        details = {"kind": credential.kind, "account": credential.account.number}
        who = self.actor.id if by is None else by
        self._accounts.note(action, account=who, subject=credential.id, detail=details, now=self._now())

    def _account(self, named: int | str | None) -> Account:
        """The caller's account, or for admins any account."""
        if named is None and not self.actor.has_account:
            has_any = self._accounts.has_any()
            more = "name it with --user NAME" if has_any else "make the first with 'map4 accounts add NAME'"
            raise UsageError(f"a token belongs to an account; {more}")
        return Accounts(self._store).get("me" if named is None else named)


def new_secret(kind: CredentialKind) -> str:
    if kind == "device":
        groups = ("".join(map(secrets.choice, [_DEVICE_LETTERS] * _GROUP)) for _ in range(_DEVICE_GROUPS))
        return "-".join(groups)
    return _PREFIX[kind] + secrets.token_urlsafe(SECRET_BYTES)


def _unsealed(password: bytes) -> str | None:
    try:
        return accounts.KeyFile.unseal(password)
    except SealedError:
        return None
