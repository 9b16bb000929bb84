"""What names a library, and what differs by where it is kept: its locks, and how it reports changes."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

Progress = Callable[[int, int], object]
"""`progress(done, all)`, of the steps that an answer waits for; at its end both are the same."""

IN_MEMORY = ":memory:"
"""Address of a library that is nowhere else, and gone when it is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryRef:
    """What names a library, and where files lie that belong to it but not into it.

    address: opens it, in another process too; it may have a password in it
    shown: as messages and records name it
    beside: what the names of its side files begin with on this machine, links followed
    shared: the folder in which several machines have these; None where each has its own
    """

    address: str
    shown: str
    beside: str
    shared: str | None = None

    @property
    def is_in_memory(self) -> bool:
        """Whether there is no file of it."""
        return self.address == IN_MEMORY


class Locks(Protocol):
    """Allows one scan, one watch and one server at a time; each lock ends with its process.

    Raises LibraryBusyError if the lock is taken, LibraryWriteError if locking is impossible.
    """

    def scan(self, *, wait: bool) -> AbstractContextManager[None]:
        """Lock the library for a scan; `wait` until another scan ends."""

    def watch(self) -> AbstractContextManager[None]:
        """Lock the library for a watch; scans go on beside it."""

    def serve(self) -> AbstractContextManager[None]:
        """Lock the library for a server, which runs jobs; scans and a watch go on beside it. A file has one server."""


class SharedState(NamedTuple):
    """The library and its state, equal in all processes that see the same state.

    library, state: letters and digits
    """

    library: str
    state: str


class LibraryChanges(Protocol):
    """Detects whether a library has changed, by any writer; thread-safe."""

    def word(self) -> str:
        """Another one after every change, and after midnight, since a query may ask for days."""

    @property
    def is_asked(self) -> bool:
        """Whether `word` queries another process, which may fail; otherwise it returns at once."""

    @property
    def is_told(self) -> bool:
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
