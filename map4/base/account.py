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

    number: stands beside what they made and changed, and is never another's
    scopes: what the role may do
    last_used_at: when they were last here, to ten minutes
    has_password: whether they can log in; else only a proxy in front says who they are
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
        """Who asks in this account's name, with no more than these scopes."""
        may = SCOPES_OF[self.role]
        return Actor(id=self.number, name=self.name, scopes=may if scopes is None else may & scopes)
