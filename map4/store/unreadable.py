"""What is told where the library has a value that can't be read as what it should be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from map4.errors import LibraryDamagedError, Map4Error

# What reading a value raises that is not what it should be.
UNREADABLE_VALUES = (ValueError, KeyError, TypeError, AttributeError, OverflowError)
UNREADABLE = (*UNREADABLE_VALUES, Map4Error)

_WAYS_OUT = (
    "'map4 library verify' says how badly, 'map4 library repair' salvages what can be read into a new file and keeps "
    "this one beside it, 'map4 library restore FILE' brings back a backup"
)


def damaged(path: str, what: str) -> LibraryDamagedError:
    """The error for a library that can't be trusted, with the ways out of it."""
    return LibraryDamagedError(f"the library {path} is damaged ({what}). Nothing was changed. {_WAYS_OUT}")


@contextmanager
def readable(path: str, what: str) -> Iterator[None]:
    """Turn what a stored value can't be read for into a LibraryDamagedError that names it."""
    try:
        yield
    except UNREADABLE as error:
        raise damaged(path, f"{what} can't be read: {error}") from error
