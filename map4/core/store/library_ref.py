"""An open library as all subjects see it: its address, locks and changes, and the error if it is damaged."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from map4.core.base.paths import is_database
from map4.errors import LibraryDamagedError

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


Progress = Callable[[int, int], object]
"""`progress(done, all)`: the steps that a result waits for; equal at the end."""

IN_MEMORY = ":memory:"
"""The address of an in-memory library, which is lost when closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryRef:
    """The address of a library, and the location of its side files.

    address: opens it, also in another process; may contain a password
    shown: its name in messages and records
    beside: prefix of its side files on this machine, links followed
    shared: the folder that several machines share for them; None if each has its own
    """

    address: str
    shown: str
    beside: str
    shared: str | None = None


class Locks(Protocol):
    """Allows one scan, one watch and one server at a time; each lock ends with its process.

    Raises LibraryBusyError if the lock is taken, LibraryWriteError if locking is impossible.
    """

    def scan(self, *, wait: bool) -> AbstractContextManager[None]:
        """Lock the library for a scan; `wait` until another scan ends."""

    def watch(self) -> AbstractContextManager[None]:
        """Lock the library for a watch; scans can run meanwhile."""

    def serve(self) -> AbstractContextManager[None]:
        """Lock the library for a server with jobs; scans and a watch can run meanwhile. A file allows one server."""


class SharedState(NamedTuple):
    """The library and its state, equal in all processes that see the same state.

    library, state: letters and digits
    """

    library: str
    state: str


class LibraryChanges(Protocol):
    """Detects whether a library has changed, by any writer; thread-safe."""

    def word(self) -> str:
        """A word that changes after every write, and at midnight, because queries may contain relative days."""

    @property
    def is_remote(self) -> bool:
        """Whether `word` queries another process, which may fail; otherwise it returns at once."""

    @property
    def notifies(self) -> bool:
        """Whether `wait` returns as soon as anything is written, including jobs; otherwise the caller has to poll."""

    def wait(self, limit_s: float) -> bool:
        """Wait up to the limit, or until a write; returns whether the caller should check. From one thread only."""

    def shared(self) -> SharedState | None:
        """The state as other servers of the library report it; None if there can be no others."""

    def close(self) -> None:
        """Stop watching."""


def exports_folder(library: str) -> str:
    """The folder for files that jobs write. library: path of the library file; a link is followed"""
    return os.path.realpath(library) + ".exports"
