"""The base class of all parts of a store."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from map4.core.base.actor import LOCAL, Actor
from map4.core.store.database import Database


class StorePart:
    """The tables of a subject, for an actor. `Store.part` creates it on first use.

    is_shared: all actors of an open library share an instance
    """

    is_shared: ClassVar[bool] = False

    def __init__(self, database: Database, *, actor: Actor = LOCAL) -> None:
        self._database, self._actor = database, actor

    @classmethod
    def of(cls, store: Any) -> Self:
        """The part of an open `Store`."""
        return cls(store.database, actor=store.actor)

    def close(self) -> None:
        """Close resources that the part opened, except the database."""
