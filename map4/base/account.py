"""The account of a person who shares a library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from map4.base.actor import SCOPES, SCOPES_OF, Actor, Role, Scope
from map4.base.records import Json, Moment, Record

AccountNumber = Annotated[int, Json(minimum=1)]
ScopeNames = Annotated[tuple[Scope, ...], Json()]


@dataclass(frozen=True, slots=True, kw_only=True)
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
