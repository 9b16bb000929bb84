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
    """One scan of a library at a time, one watch, one server of a file; each ends with the process that holds it.

    Who can't have one is told by a LibraryBusyError, or a LibraryWriteError where nothing can be locked.
    """

    def scan(self, *, wait: bool) -> AbstractContextManager[None]:
        """Be the one scan; `wait` until the other is over."""

    def watch(self) -> AbstractContextManager[None]:
        """Be the one watch; scans go on beside it."""

    def serve(self) -> AbstractContextManager[None]:
        """Be a server, which does jobs; scans and a watch go on beside it. Of a library file there is one at a time."""


class SharedState(NamedTuple):
    """Which library it is, and in which state: the same words in every process that may be told the same.

    library, state: of letters and digits
    """

    library: str
    state: str


class LibraryChanges(Protocol):
    """Tells whether a library has changed, by whomever; any thread may ask."""

    def word(self) -> str:
        """Another one after every change, and after midnight, since a query may ask for days."""

    @property
    def is_asked(self) -> bool:
        """Whether `word` asks another process, which may give no answer; else it is there at once."""

    @property
    def is_told(self) -> bool:
        """Whether `wait` ends as soon as anybody has written, also to the jobs; else one has to look."""

    def wait(self, limit_s: float) -> bool:
        """Wait so long, or until somebody has written; gives whether one should look. In one thread alone."""

    def shared(self) -> SharedState | None:
        """The same as other servers of the library say it; None where there can be none."""

    def close(self) -> None:
        """Look no more."""


def exports_folder(library: str) -> str:
    """The folder for files that jobs write. library: path of the library file; a link is followed"""
    return os.path.realpath(library) + ".exports"
