"""Errors for stored values of the wrong form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from map4.errors import LibraryDamagedError, Map4Error

# Exceptions from reading a malformed value.
UNREADABLE_VALUES = (ValueError, KeyError, TypeError, AttributeError, OverflowError)
UNREADABLE = (*UNREADABLE_VALUES, Map4Error)

_WAYS_OUT = (
    "Run 'map4 library verify' to see how badly; 'map4 library repair' to copy the readable data to a new file and "
    "keep this file beside it; or 'map4 library restore FILE' to restore a backup"
)


def damaged(path: str, what: str) -> LibraryDamagedError:
    """The error for a damaged library, with what to do."""
    return LibraryDamagedError(f"the library {path} is damaged ({what}). Nothing was changed. {_WAYS_OUT}")


@contextmanager
def readable(path: str, what: str) -> Iterator[None]:
    """Turn errors in reading a stored value into a LibraryDamagedError that names the value."""
    try:
        yield
    except UNREADABLE as error:
        raise damaged(path, f"{what} can't be read: {error}") from error
