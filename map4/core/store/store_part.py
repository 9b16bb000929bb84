"""What the parts of a store share: their base class, and errors for stored values of the wrong form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self

from map4.core.base.actor import LOCAL, Actor
from map4.core.base.paths import is_database
from map4.core.store.database import Database
from map4.errors import LibraryDamagedError, Map4Error

# Exceptions from reading a malformed value.
UNREADABLE_VALUES = (ValueError, KeyError, TypeError, AttributeError, OverflowError)
UNREADABLE = (*UNREADABLE_VALUES, Map4Error)

_OF_FILE = (
    "Run 'map4 library verify' to see how badly; 'map4 library repair' to copy the readable data to a new file and "
    "keep this file beside it; or 'map4 library restore FILE' to restore a backup"
)
_OF_DATABASE = (
    "Run 'map4 library copy' to copy it into a new file, 'map4 library repair' to salvage the readable data there, and "
    "'map4 library copy' to load that file into an empty database"
)


def damaged(path: str, what: str, outcome: str = "Nothing was changed") -> LibraryDamagedError:
    """The error for a damaged library, with what to do. path: a file, or the address of a database"""
    ways_out = _OF_DATABASE if is_database(path) else _OF_FILE
    return LibraryDamagedError(f"the library {path} is damaged ({what}). {outcome}. {ways_out}").of_library(path)


@contextmanager
def readable(path: str, what: str) -> Iterator[None]:
    """Turn errors in reading a stored value into a LibraryDamagedError that names the value."""
    try:
        yield
    except UNREADABLE as error:
        raise damaged(path, f"{what} can't be read: {error}") from error


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
