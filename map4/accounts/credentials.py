"""Tokens of programs and passwords of devices; with the log-ins, all that shows that one is somebody."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from map4.accounts.log_ins import ACCESS_S, SECRET_BYTES, LogIns, new_secret
from map4.accounts.records import (
    AuditAction,
    Credential,
    CredentialKind,
    Issued,
    RotatedKey,
    checked_credential_name,
    digest_of,
)
from map4.base.account import Account
from map4.base.actor import LOCAL, RIGHTS, SCOPES, SCOPES_OF, Scope, needing
from map4.base.near_names import no_such
from map4.base.text import utc_text
from map4.errors import NotAllowedError, NothingFoundError, UsageError

MOST_TOKENS = 100
"""Tokens and devices of an account."""
MOST_DAYS = 3660
_REMOVED: Mapping[CredentialKind, AuditAction] = {
    "token": "token-removed", "device": "token-removed", "session": "logged-out", "login": "logged-out",
}  # fmt: skip
_MADE_BY_PEOPLE: tuple[CredentialKind, ...] = ("token", "device")


@needing(
    {
        "read": "add all remove rotate",
        "admin": """
            rotate_key library_id known known_id devices begin_session begin_login renew touch sweep signing_keys
        """,
    }
)
class Credentials(LogIns):
    """What shows that one is somebody; `map4.Library.credentials`.

    Everybody has what is their own, an admin what is anybody's. What needs "admin" is what a server asks, whose
    callers it makes of the answers.
    """

    def add(
        self,
        name: str,
        *,
        kind: CredentialKind = "token",
        scopes: Collection[str] = (),
        days: int | None = None,
        account: int | str | None = None,
    ) -> Issued:
        """Make a token for a program, or the password of a device; its `secret` can't be shown again.

        name: what it is for
        kind: "token", or "device" for a music player
        scopes: what may be done with it; of a token "read" unless told otherwise, of a device what players need
        days: after so many it ends; None never
        account: whose, by number or name: an admin says so; None is who asks
        raises UsageError: if it can't be called so, or nobody is named whose it is
        raises NotAllowedError: if the account may not do so much
        """
        if kind not in _MADE_BY_PEOPLE:
            raise no_such("kind", kind, _MADE_BY_PEOPLE)
        owner, called = self._account(account), checked_credential_name(name)
        may = self._checked_scopes(kind, scopes, owner)
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise UsageError(f"a token ends after 1 to {MOST_DAYS} days; without a number of days it never ends")
        expires_at = None if days is None else self._now() + timedelta(days=days)
        with self._at_once():
            there = self._accounts.credentials(owner.number, kinds=_MADE_BY_PEOPLE, now=self._now())
            if len(there) >= MOST_TOKENS:
                raise UsageError(f"{owner.name} has {MOST_TOKENS} tokens and devices; remove what is not used any more")
            made = self._issue(owner, kind, called, may, expires_at)
            self._note("token-added", made.credential)
        return made

    def all(self, account: int | str | None = None, *, everybody: bool = False) -> tuple[Credential, ...]:
        """Tokens, devices, sessions and log-ins, the newest first.

        account: whose, by number or name: an admin says so; None is who asks
        everybody: all there are, for an admin; who sits at the library's machine sees them anyway
        """
        if everybody:
            self.actor.require("admin")
        if everybody or (account is None and self.actor == LOCAL):
            return tuple(self._accounts.credentials(now=self._now()))
        whose = self.actor.id if account is None else self._account(account).number
        return tuple(self._accounts.credentials(whose, now=self._now()))

    def remove(self, credential: str) -> Credential:
        """End one, of any kind; what it was.

        raises NothingFoundError: if there is none of this id, or it is somebody else's
        """
        found = self._own(credential)
        with self._at_once():
            if self._accounts.end([found.id]):
                self._note(_REMOVED[found.kind], found)
        return found

    def rotate(self, credential: str) -> Issued:
        """Give a token another secret: the one before is worth nothing from now on; all else stays.

        raises NothingFoundError: if there is none of this id, or it is somebody else's
        raises UsageError: if it is no token
        """
        secret = new_secret("token")
        with self._at_once():
            found = self._own(credential)
            if found.kind != "token":
                what = f"{found.id} is a {found.kind}, and tokens alone are rotated"
                raise UsageError(f"{what}; remove it, and make another")
            ends = None if found.expires_at is None else datetime.fromisoformat(found.expires_at)
            self._accounts.renew(found.id, digest_of(secret), expires_at=ends, now=self._now())
            self._note("token-rotated", found)
        return Issued(credential=found, secret=secret)

    def rotate_key(self) -> RotatedKey:
        """Sign log-ins with another key from now on; what the one before signed is good until it has ended."""
        with self._at_once():
            ends = self._now() + timedelta(seconds=ACCESS_S)
            key = self._accounts.add_signing_key(secrets.token_bytes(SECRET_BYTES), old_until=ends, now=self._now())
            self._accounts.note("key-rotated", account=self.actor.id, subject=key.id, now=self._now())
        return RotatedKey(id=key.id, old_until=utc_text(ends))

    def _own(self, credential: str) -> Credential:
        found = self._accounts.credential(credential, self._now())
        if found is None or not (found.account.number == self.actor.id or self.actor.may("admin")):
            # What is no id may be a secret, which no message may show.
            named = f"there is no token {credential}" if credential.startswith("t-") else "a token is named by its id"
            raise NothingFoundError(f"{named}; 'map4 tokens list' shows the ids of those there are")
        return found

    def _checked_scopes(self, kind: CredentialKind, scopes: Collection[str], owner: Account) -> frozenset[Scope]:
        if kind == "device":
            if scopes:
                raise UsageError("a device plays music, and has no scopes; leave them out, or make a token")
            scopes = tuple(right.name for right in RIGHTS if right.for_devices)
            if not scopes:
                raise UsageError("no installed extra serves music players, so a device has no use")
        asked = set[Scope]()
        for name in scopes or ("read",):
            scope = next((one for one in SCOPES if one == name), None)
            if scope is None:
                raise no_such("scope", name, SCOPES)
            asked.add(scope)
        may = SCOPES_OF[owner.role] & self.actor.scopes
        if more := asked - may:
            listed, allowed = (", ".join(one for one in SCOPES if one in some) for some in (more, may))
            raise NotAllowedError(f"{owner.name} may not do so much ({listed}); a token of theirs may have {allowed}")
        return frozenset(asked)
