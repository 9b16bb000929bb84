"""Everything map4 raises on purpose, each class with the exit code the command ends with."""

from __future__ import annotations

from typing import Literal, get_args

ErrorKind = Literal["unreadable", "unsupported", "corrupt", "too_short", "timeout", "crashed", "no_memory", "vanished"]
"""Why one file failed (`error.kind` of a record)."""

ERROR_KINDS: tuple[ErrorKind, ...] = get_args(ErrorKind)


class Map4Error(Exception):
    """Base of all errors; the message says what happened, to what, and what to do next."""

    exit_code = 1


class UsageError(Map4Error):
    """The call itself is wrong."""

    exit_code = 2


class NothingFoundError(Map4Error):
    """Nothing matched, or fewer than asked."""

    exit_code = 4


class LibraryBusyError(Map4Error):
    """Another scan holds the lock of this library."""

    exit_code = 75


class LibraryDamagedError(Map4Error):
    """The library file can't be trusted; it is never replaced by itself."""


class LibraryVersionError(Map4Error):
    """The library was written by a newer map4, or is not a map4 library."""


class LibraryWriteError(Map4Error):
    """The library can't be written: read-only, disk full, or locked for too long."""


class WorkerStartError(Map4Error):
    """No worker process can be started."""


class ConfigError(UsageError):
    """A setting has a name or value that map4 doesn't know."""


class KeyParseError(UsageError):
    """A text that is no musical key."""


class FileError(Map4Error):
    """One file can't be analysed; becomes that file's `error` record and never ends a run.

    Parameters
    ----------
    kind : one of `ERROR_KINDS`
    message : a sentence for a person, without the path
    """

    exit_code = 3

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind
        self.message = message

    def __reduce__(self) -> tuple[type[FileError], tuple[ErrorKind, str]]:
        # Exceptions with other arguments than their message do not survive pickling by default.
        return (type(self), (self.kind, self.message))
