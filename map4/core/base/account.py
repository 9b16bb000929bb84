"""The account of a person who shares a library, and its credentials."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, get_args

from map4.core.base.actor import SCOPES, SCOPES_OF, Actor, Role, Scope
from map4.core.base.records import Json, Moment, Record

AccountNumber = Annotated[int, Json(minimum=1)]
ScopeNames = Annotated[tuple[Scope, ...], Json()]
CredentialId = Annotated[str, Json(pattern="^t-[0-9a-f]{16}$")]
CredentialKind = Literal["token", "device", "session", "login"]
"""token: of a program; device: the password of one player; session: the cookie of the web page; login: access tokens
with a refresh token."""


class Account(Record, kind="account", members="id=number name role scopes created_at last_used_at has_password"):
    """A person who shares the library.

    number: stored with everything they make and change; never reused
    scopes: the scopes of the role
    last_used_at: last activity, to ten minutes
    has_password: whether they can log in; else only a proxy in front of the server identifies them
    """

    number: AccountNumber
    name: str
    role: Role
    created_at: Moment
    last_used_at: Moment | None = None
    has_password: bool = True

    @property
    def scopes(self) -> ScopeNames:
        return tuple(scope for scope in SCOPES if scope in SCOPES_OF[self.role])

    def actor(self, scopes: frozenset[Scope] | None = None) -> Actor:
        """The actor of this account, limited to these scopes."""
        may = SCOPES_OF[self.role]
        return Actor(id=self.number, name=self.name, scopes=may if scopes is None else may & scopes)


class Credential(
    Record,
    kind="token",
    members="id kind name account.id=account.number account.name=account.name scopes=scope_names *",
):
    """A credential, without its secret.

    name: its purpose: a program, a device, a browser
    scopes: granted scopes, limited by the account's role
    expires_at: null means never
    last_used_at: accurate to ten minutes
    """

    KINDS: ClassVar[tuple[CredentialKind, ...]] = get_args(CredentialKind)

    id: CredentialId
    kind: CredentialKind
    name: str
    account: Account
    scopes: frozenset[Scope]
    created_at: Moment
    expires_at: Moment | None = None
    last_used_at: Moment | None = None

    @property
    def scope_names(self) -> ScopeNames:
        return tuple(scope for scope in self.account.scopes if scope in self.scopes)

    def actor(self) -> Actor:
        """The actor of requests with it."""
        return self.account.actor(self.scopes)


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a valid access token.

    family: id of its log-in
    account: number of its account
    until: expiry, in seconds since 1970
    """

    family: str
    account: int
    until: int


def digest_of(secret: str) -> bytes:
    """The stored digest of a secret made by map4; 256 random bits can't be guessed, so SHA-256 is enough."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
