"""Sessions and log-ins, and what a server asks of any credential."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from map4.accounts.records import (
    MOST_NAME_LETTERS,
    AuditAction,
    Credential,
    CredentialKind,
    Issued,
    NewCredential,
    SigningKey,
    digest_of,
)
from map4.accounts.store.accounts import SqlAccounts
from map4.accounts.use import Accounts, utc_now
from map4.base.account import Account
from map4.base.actor import SCOPES, Actor, Scope
from map4.base.text import clean
from map4.errors import SealedError, UsageError, WrongCredentialError
from map4.store.sql_store import Store

ACCESS_S = 900
"""An access token is good so long; what its account may do is looked up each time."""
SESSION_S = LOG_IN_S = 30 * 86_400
"""A session ends so long after its last use, a log-in after its last renewal."""
RACE_S = 10
"""So shortly after its renewal, a refresh token that is shown again gets nothing, but ends nothing either: two threads
of one client did so at once, or its answer was lost. RFC 9700, section 4.14.2, takes it for a thief; Auth0, Okta and
Cognito allow some time, too, but give another token out within it."""
MOST_KEPT = 100
"""Sessions and log-ins of an account; who logs in once more ends the one that was used longest ago."""
SECRET_BYTES = 32
_DEVICE_LETTERS, _DEVICE_GROUPS, _GROUP = "abcdefghjkmnpqrstuvwxyz23456789", 5, 4
"""None looks like another: 20 of 31 letters are 99 bits, to be typed on a phone."""
_PREFIX: Mapping[CredentialKind, str] = {"token": "map4_", "session": "map4s_", "login": "map4r_"}
"""What secrets begin with, so that what searches for lost ones finds them."""
_UNKNOWN = "this refresh token is not known, or its log-in has ended; log in again"
_RENEWED = "this refresh token was renewed a moment ago; use the one that was given then, or log in again"
_REUSED = "this refresh token was used before, so that somebody else may have it: its log-in has ended; log in again"


class LogIns:
    """Who has logged in, and what a server asks of any credential; a part of `Credentials`."""

    def __init__(self, store: Store, *, now: Callable[[], datetime] = utc_now) -> None:
        self._store, self._accounts, self._now = store, store.part(SqlAccounts), now

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self._store.actor

    def library_id(self) -> str:
        """What is the library's own, in the tokens and cookies that are for it alone; a copy of the file has the same,
        as it has the same tokens."""
        return self._accounts.library_id()

    def known(self, digest: bytes) -> Credential | None:
        """The token or session of which this is the `digest_of` the secret."""
        found = self._accounts.known(digest, self._now())
        return found if found is not None and found.kind in ("token", "session") else None

    def known_id(self, credential: str) -> Credential | None:
        """What has this id, unless it has ended."""
        return self._accounts.credential(credential, self._now())

    def devices(self, account: int | str) -> Sequence[tuple[Credential, str | None]]:
        """The devices of an account, by number or name, with their passwords; None of one that can't be read here.

        Of no account there are none.
        """
        owner = self._accounts.find(account)
        found = () if owner is None else self._accounts.sealed(owner.number, self._now())
        return [(device, _unsealed(password)) for device, password in found]

    def begin_session(self, account: int | str, name: str = "browser") -> Issued:
        """A session of the page, after a log-in; the secret is for its cookie."""
        return self._begin(account, "session", name, SESSION_S)

    def begin_login(self, account: int | str, name: str = "program") -> Issued:
        """A log-in of a program: its id is what access tokens name, its secret the refresh token."""
        return self._begin(account, "login", name, LOG_IN_S)

    def renew(self, secret: str) -> Issued:
        """The same log-in with another refresh token; the one before is worth nothing from now on.

        raises WrongCredentialError: if it is not known, or its log-in has ended; if it was used before, which ends the
            log-in unless that was `RACE_S` ago at most
        """
        store, digest = self._accounts, digest_of(secret)
        if self._renewable(digest) is None and store.renewed(digest, self._now()) is None:
            raise WrongCredentialError(_UNKNOWN)  # nothing is written for what anybody may send
        with self._at_once():
            now = self._now()
            if (found := self._renewable(digest)) is not None:
                new, ends = new_secret("login"), now + timedelta(seconds=LOG_IN_S)
                store.renew(found.id, digest_of(new), expires_at=ends, now=now)
                renewed = store.credential(found.id, now)
                assert renewed is not None
                return Issued(credential=renewed, secret=new)
            problem = self._not_renewed(digest, now)
        raise WrongCredentialError(problem)

    def _renewable(self, digest: bytes) -> Credential | None:
        found = self._accounts.known(digest, self._now())
        return found if found is not None and found.kind == "login" else None

    def _not_renewed(self, digest: bytes, now: datetime) -> str:
        """Why a refresh token that was one once is none; the log-in of one that is shown again ends."""
        was = self._accounts.renewed(digest, now)
        if was is None or was[0].kind != "login":
            return _UNKNOWN
        if now - was[1] <= timedelta(seconds=RACE_S):
            return _RENEWED
        self._accounts.end([was[0].id])
        self._note("refresh-reused", was[0], by=was[0].account.number)
        return _REUSED

    def touch(self, uses: Mapping[str, datetime]) -> None:
        """Note when credentials were last used, by id; sessions last from then on."""
        if uses:
            until = max(uses.values()) + timedelta(seconds=SESSION_S)
            self._accounts.touch(uses, session_until=until)

    def sweep(self) -> int:
        """Forget what has ended; how many there were."""
        return self._accounts.sweep(self._now())

    def signing_keys(self) -> Sequence[SigningKey]:
        """What access tokens are signed with: the first signs, and those that may still have signed one follow."""
        keys = self._accounts.signing_keys(self._now())
        if keys and keys[0].until is None:
            return keys
        with self._at_once():
            keys = self._accounts.signing_keys(self._now())
            if not keys or keys[0].until is not None:
                new = secrets.token_bytes(SECRET_BYTES)
                self._accounts.add_signing_key(new, old_until=self._now(), now=self._now())
            return self._accounts.signing_keys(self._now())

    # ---- inside ----------------------------------------------------------------------------------

    def _at_once(self) -> AbstractContextManager[object]:
        return self._store.at_once()

    def _begin(self, account: int | str, kind: CredentialKind, name: str, lasts_s: float) -> Issued:
        owner, store = self._account(account), self._accounts
        with self._at_once():
            kept = store.credentials(owner.number, kinds=("session", "login"), now=self._now())
            by_use = sorted(kept, key=lambda one: one.last_used_at or one.created_at, reverse=True)
            store.end([one.id for one in by_use[MOST_KEPT - 1 :]])
            # What the role allows is looked up each time, so that another role counts at once.
            called = clean(name)[:MOST_NAME_LETTERS].strip() or kind
            made = self._issue(owner, kind, called, frozenset(SCOPES), self._now() + timedelta(seconds=lasts_s))
            self._note("logged-in", made.credential, by=owner.number)
        return made

    def _issue(
        self, owner: Account, kind: CredentialKind, name: str, scopes: frozenset[Scope], expires_at: datetime | None
    ) -> Issued:
        secret, sealed = new_secret(kind), None
        if kind == "device":
            from map4.accounts.sealing import seal  # needs packages that few other commands need

            sealed = seal(secret)
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
        # Neither the name of a token nor that of an account: the log outlives both.
        said = {"kind": credential.kind, "account": credential.account.number}
        who = self.actor.id if by is None else by
        self._accounts.note(action, account=who, subject=credential.id, detail=said, now=self._now())

    def _account(self, named: int | str | None) -> Account:
        """The account of who asks, or another one, for an admin."""
        if named is None and not self.actor.has_account:
            has_any = self._accounts.has_any()
            more = "name it with --user NAME" if has_any else "'map4 users add NAME' makes the first"
            raise UsageError(f"a token belongs to an account; {more}")
        return Accounts(self._store).get("me" if named is None else named)


def new_secret(kind: CredentialKind) -> str:
    if kind == "device":
        groups = ("".join(map(secrets.choice, [_DEVICE_LETTERS] * _GROUP)) for _ in range(_DEVICE_GROUPS))
        return "-".join(groups)
    return _PREFIX[kind] + secrets.token_urlsafe(SECRET_BYTES)


def _unsealed(password: bytes) -> str | None:
    from map4.accounts.sealing import unseal

    try:
        return unseal(password)
    except SealedError:
        return None
