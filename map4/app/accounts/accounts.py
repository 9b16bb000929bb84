"""Accounts: the people who share a library."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from map4.domain.accounts import Account, AuditAction
from map4.domain.actor import Actor, needing
from map4.ports.store.store import Store


def utc_now() -> datetime:
    """The time that accounts are kept by."""
    return datetime.now(UTC)


@needing({"read": "any", "admin": "all find password_hash set_password_hash note"})
class Accounts:
    """The people who share a library: their names, roles and passwords, and what was done with them."""

    def __init__(self, store: Store, *, now: Callable[[], datetime] = utc_now) -> None:
        self._store, self._now = store, now

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self._store.actor

    def any(self) -> bool:
        """Whether there is an account: then a server asks who one is."""
        return self._store.accounts.has_any()

    def all(self) -> Sequence[Account]:
        """All accounts, by name."""
        return self._store.accounts.all()

    def find(self, account: int | str) -> Account | None:
        """By number, or by name in any case."""
        return self._store.accounts.find(account)

    def password_hash(self, account: int) -> str | None:
        """The hash of a password; None where there is none."""
        return self._store.accounts.password_hash(account)

    def set_password_hash(self, account: int, hashed: str) -> None:
        """Put a hash that was made anew in the place of the one before; the password is the same."""
        self._store.accounts.change(account, password=hashed)

    def note(
        self,
        action: AuditAction,
        *,
        account: int | None,
        subject: str | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Note what was done with accounts."""
        self._store.accounts.note(action, account=account, subject=subject, detail=detail, now=self._now())
