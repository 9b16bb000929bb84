"""Credentials: tokens of programs, passwords of devices, sessions and log-ins."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Literal

from map4.accounts.log_ins import SECRET_BYTES, LogIns, new_secret
from map4.accounts.records import ACCESS_S, AuditAction, Issued, RotatedKey, checked_credential_name
from map4.core.base.account import Account, Credential, CredentialKind, digest_of
from map4.core.base.actor import RIGHTS, SCOPES, SCOPES_OF, Actor, Scope, needs, served
from map4.core.base.text import utc_text
from map4.errors import NotAllowedError, NothingFoundError, UsageError

MOST_TOKENS = 100
"""Maximum number of tokens and devices per account."""
MOST_DAYS = 3660
_REMOVED: Mapping[CredentialKind, AuditAction] = {
    "token": "token-removed", "device": "token-removed", "session": "logged-out", "login": "logged-out",
}  # fmt: skip
_NO_STORE = {"Cache-Control": "no-store"}
_MADE_BY_PEOPLE: tuple[CredentialKind, ...] = ("token", "device")


@needs("admin")
class Credentials(LogIns):
    """Credentials of accounts; `map4.Library.credentials`.

    Each account can access its own credentials, an admin all of them. Calls that need "admin" serve the server's
    authentication.
    """

    @needs("read")
    @served("POST", "/tokens", "Make a token for a program, or the password of a device, as `map4 accounts issue`.",
            {"name": (str, ...), "kind": (Literal["token", "device"], "token"), "scopes": (list[Scope], []),
             "days": (int | None, None), "user:account": (int | str | None, None)}, "NewToken", status=201,
            headers=_NO_STORE, queue="write", needs_log_in=True, example={"name": "cron"})  # fmt: skip
    def add(
        self,
        name: str,
        *,
        kind: CredentialKind = "token",
        scopes: Collection[str] = (),
        days: int | None = None,
        account: int | str | None = None,
    ) -> Issued:
        """Make a token for a program or a password for a device; its `secret` can't be read again.

        name: its purpose
        kind: "token", or "device" for a music player
        scopes: granted scopes; default "read" for a token; a device always has the scopes that players need
        days: days until it expires; None means never
        account: number or name of the owner (for admins); None is the caller
        raises UsageError: if the name is invalid, or there is no owner
        raises NotAllowedError: if the scopes exceed the account's rights
        """
        if kind not in _MADE_BY_PEOPLE:
            raise UsageError.no_such("kind", kind, _MADE_BY_PEOPLE)
        owner, called = self._account(account), checked_credential_name(name)
        may = self._checked_scopes(kind, scopes, owner)
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise UsageError(
                f"a token expires after 1 to {MOST_DAYS} days; leave the days out for a token that never expires"
            )
        expires_at = None if days is None else self._now() + timedelta(days=days)
        with self._at_once():
            there = self._accounts.credentials(owner.number, kinds=_MADE_BY_PEOPLE, now=self._now())
            if len(there) >= MOST_TOKENS:
                raise UsageError(f"{owner.name} has {MOST_TOKENS} tokens and devices, the maximum; remove unused ones")
            issued = self._issue(owner, kind, called, may, expires_at)
            self._note("token-added", issued.credential)
        return issued

    @needs("read")
    def all(self, account: int | str | None = None, *, everybody: bool = False) -> tuple[Credential, ...]:
        """Tokens, devices, sessions and log-ins, newest first.

        account: number or name of the owner (for admins); None is the caller
        everybody: those of all accounts, for admins; implied for local use without an account
        """
        if everybody:
            self.actor.require("admin")
        if everybody or (account is None and self.actor == Actor.LOCAL):
            return tuple(self._accounts.credentials(now=self._now()))
        whose = self.actor.id if account is None else self._account(account).number
        return tuple(self._accounts.credentials(whose, now=self._now()))

    @needs("read")
    @served("DELETE", "/tokens/{token}", "Revoke a token, device, session or log-in, as `map4 accounts revoke`.",
            answer=None, queue="write", needs_log_in=True)  # fmt: skip
    def remove(self, credential: str) -> Credential:
        """Revoke a credential of any kind and return it.

        raises NothingFoundError: if the id is unknown or belongs to another account
        """
        own = self._own(credential)
        with self._at_once():
            if self._accounts.end([own.id]):
                self._note(_REMOVED[own.kind], own)
        return own

    @needs("read")
    @served("POST", "/tokens/{token}/rotate", "Replace the secret of a token, as `map4 accounts rotate`.",
            body="NothingMore", headers=_NO_STORE, queue="write", needs_log_in=True)  # fmt: skip
    def rotate(self, credential: str) -> Issued:
        """Replace the secret of a token; the old secret stops working immediately.

        raises NothingFoundError: if the id is unknown or belongs to another account
        raises UsageError: if it is not a token
        """
        secret = new_secret("token")
        with self._at_once():
            own = self._own(credential)
            if own.kind != "token":
                what = f"{own.id} is a {own.kind}; only tokens can be rotated"
                raise UsageError(f"{what}; remove it and make a new one")
            ends = None if own.expires_at is None else datetime.fromisoformat(own.expires_at)
            self._accounts.renew(own.id, digest_of(secret), expires_at=ends, now=self._now())
            self._note("token-rotated", own)
        return Issued(credential=own, secret=secret)

    def rotate_key(self) -> RotatedKey:
        """Make a new key for signing log-ins; tokens signed by the old key stay valid until they expire."""
        with self._at_once():
            ends = self._now() + timedelta(seconds=ACCESS_S)
            key = self._accounts.add_signing_key(secrets.token_bytes(SECRET_BYTES), old_until=ends, now=self._now())
            self._accounts.note("key-rotated", account=self.actor.id, subject=key.id, now=self._now())
        return RotatedKey(id=key.id, old_until=utc_text(ends))

    def _own(self, credential: str) -> Credential:
        stored = self._accounts.credential(credential, self._now())
        if stored is None or not (stored.account.number == self.actor.id or self.actor.may("admin")):
            # Anything but an id may be a secret, so don't repeat it in the message.
            named = (
                f"there is no token {credential}" if credential.startswith("t-") else "this is not the id of a token"
            )
            raise NothingFoundError(f"{named}; 'map4 accounts tokens' shows the ids")
        return stored

    def _checked_scopes(self, kind: CredentialKind, scopes: Collection[str], owner: Account) -> frozenset[Scope]:
        if kind == "device":
            if scopes:
                raise UsageError("a device has no scopes; leave them out, or make a token")
            scopes = tuple(right.name for right in RIGHTS if right.for_devices)
            if not scopes:
                raise UsageError("no installed extra serves music players, so a device would have no use")
        scopes_wanted = set[Scope]()
        for name in scopes or ("read",):
            scope = next((known_scope for known_scope in SCOPES if known_scope == name), None)
            if scope is None:
                raise UsageError.no_such("scope", name, SCOPES)
            scopes_wanted.add(scope)
        may = SCOPES_OF[owner.role] & self.actor.scopes
        if more := scopes_wanted - may:
            listed, allowed = (
                ", ".join(known_scope for known_scope in SCOPES if known_scope in some) for some in (more, may)
            )
            raise NotAllowedError(f"{owner.name} lacks the rights for {listed}; the token can have {allowed}")
        return frozenset(scopes_wanted)
