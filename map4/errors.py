"""Everything map4 raises on purpose, each class with the exit code the command ends with."""

from __future__ import annotations

import errno
import re
import stat
import unicodedata
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal, get_args

ErrorKind = Literal[
    "unreadable", "unsupported", "corrupt", "too_short", "too_long", "timeout", "crashed", "no_memory", "vanished"
]
"""Why one file failed (`error.kind` of a record)."""

ERROR_KINDS: tuple[ErrorKind, ...] = get_args(ErrorKind)


MOST_CHOICES = 10
"""Of the tracks that a name may mean, so many are listed."""


class Map4Error(Exception):
    """Base of all errors; the message says what happened, to what, and what to do next."""

    exit_code = 1
    meaning = "could not do it"
    """What its exit code means, in the help of commands."""


def kind_of(error: Map4Error) -> str:
    """What programs know an error by, in problems and in jobs: `nothing-found` for `NothingFoundError`."""
    words = (
        re.findall("[A-Z][a-z]+", type(error).__name__.removesuffix("Error")) if type(error) is not Map4Error else []
    )
    return "-".join(words).lower() or "failed"


class ProviderSilentError(Map4Error):
    """A provider of metadata gives no answer for now.

    failures: records of what failed
    retry_after_s: as long as it asks to be left alone
    answered: how much was looked up before
    """

    meaning = "no provider answers"

    def __init__(
        self, message: str, failures: Sequence[Mapping[str, Any]], *, retry_after_s: float, answered: int
    ) -> None:
        self.failures, self.retry_after_s, self.answered = list(failures), retry_after_s, answered
        super().__init__(message)


class UsageError(Map4Error):
    """The call itself is wrong."""

    exit_code = 2
    meaning = "wrong usage"


class AmbiguousNameError(UsageError):
    """A name that may mean several tracks.

    name: as it was given
    choices: artist and title, and path, of each track that it may mean
    is_more: whether there are more than these
    hint: what to do besides
    """

    def __init__(
        self, name: str, choices: Sequence[tuple[str, str]], *, is_more: bool = False, hint: str | None = None
    ) -> None:
        self.name = name
        self.choices = tuple(choices)
        self.is_more = is_more
        self.hint = hint
        shown = "; ".join(f"{caption} ({path})" for caption, path in self.choices[:MOST_CHOICES])
        super().__init__(f"{self.summary()} {shown}{'; …' if len(self.choices) > MOST_CHOICES else ''}")

    def summary(self) -> str:
        """How many it may mean, and what to do; the tracks follow."""
        count = f"{'more than ' if self.is_more else ''}{len(self.choices)} tracks"
        hint = f" ({self.hint})" if self.hint else ""
        return f"{count} match '{self.name}'; add words{hint}, or name the one you mean by its path:"

    def with_hint(self, hint: str) -> AmbiguousNameError:
        """The same with what to do besides."""
        return AmbiguousNameError(self.name, self.choices, is_more=self.is_more, hint=hint)

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), is_more=self.is_more, hint=self.hint), (self.name, self.choices)


class NothingFoundError(Map4Error):
    """Nothing matched, or fewer than asked."""

    exit_code = 4
    meaning = "nothing found"

    def with_hint(self, hint: str) -> NothingFoundError:
        """The same with what to do besides."""
        return NothingFoundError(f"{self}; {hint}")


class NotAllowedError(Map4Error):
    """Who asks may not do it."""

    meaning = "not allowed"


class WrongCredentialError(Map4Error):
    """What should show who asks is none, or none any more."""


class SealedError(Map4Error):
    """What is encrypted can't be read, or nothing can be encrypted: the key is missing, another one, or not private."""


class LibraryBusyError(Map4Error):
    """Another scan holds the lock of this library."""

    exit_code = 75
    meaning = "a scan of this library is running"


class LibraryDamagedError(Map4Error):
    """The library file can't be trusted; it is never replaced by itself."""

    meaning = "the library is damaged"


class NoLibraryError(LibraryDamagedError):
    """The file is no database at all, or one whose very beginning is lost."""


class LibraryVersionError(Map4Error):
    """The library was written by a newer map4, or by an older one, or is not a map4 library."""

    meaning = "the library belongs to another version of map4"


class LibraryWriteError(Map4Error):
    """The library can't be written: read-only, disk full, or locked for too long."""

    meaning = "the library can't be written"


class WorkerStartError(Map4Error):
    """No worker process can be started."""


class PlayerError(Map4Error):
    """A track can't be played here: there is no player for it, or the player failed."""

    meaning = "there is no player or it failed"


class StoredListExistsError(UsageError):
    """There is a stored list of this name, which was not to be replaced.

    name: as it is stored
    tracks: how many it has; None of a live list
    """

    def __init__(
        self, name: str, tracks: int | None, advice: str = "choose another name, or replace it with --force"
    ) -> None:
        self.name, self.tracks, self._advice = name, tracks, advice
        held = "live" if tracks is None else "1 track" if tracks == 1 else f"{tracks:,} tracks"
        super().__init__(f"there is a stored list '{name}' already ({held}); {advice}")

    def with_advice(self, advice: str) -> StoredListExistsError:
        """The same with what to do in this case."""
        return StoredListExistsError(self.name, self.tracks, advice)

    def __reduce__(self) -> tuple[type[StoredListExistsError], tuple[str, int | None, str]]:
        return (type(self), (self.name, self.tracks, self._advice))


class ConfigError(UsageError):
    """A setting has a name or value that map4 doesn't know."""

    meaning = "a setting that can't be read"


class QueryError(UsageError):
    """A query that can't be read; the message shows it with a mark under the place.

    problem: what is wrong and what to write instead, a sentence for a person
    query: the whole query
    start, end: where in the query it is wrong, in characters from 0; `end` is the first one after it
    instead: the query or term that `problem` offers, which can be read; None where it offers none
    """

    meaning = "a query that can't be read"

    def __init__(self, problem: str, query: str, start: int, end: int, *, instead: str | None = None) -> None:
        self.problem = problem
        self.query = query
        self.start = max(0, min(start, len(query)))
        self.end = max(self.start + 1, end)
        self.instead = instead
        super().__init__(f"{problem}\n{_marked(query, self.start, self.end)}")

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), instead=self.instead), (self.problem, self.query, self.start, self.end)


class KeyParseError(UsageError):
    """A text that is no musical key."""


_OF_DISK = tuple(
    getattr(errno, name)
    for name in ("EIO", "ENODEV", "ENXIO", "ESTALE", "ENOTCONN", "EHOSTDOWN", "EHOSTUNREACH", "ETIMEDOUT", "EREMOTEIO")
    if hasattr(errno, name)
)
"""What the system answers where a disk or its connection fails."""


class FileError(Map4Error):
    """One file can't be analysed; becomes that file's `error` record and never ends a run.

    kind: one of `ERROR_KINDS`
    message: for a person, to be read behind the file's name: "is a folder", "holds no audio data"
    of_disk: whether it may lie with the disk, or the network drive, and not with this file
    """

    exit_code = 3
    meaning = "some files failed"

    def __init__(self, kind: ErrorKind, message: str, of_disk: bool = False) -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind
        self.message = message
        self.of_disk = of_disk

    def __reduce__(self) -> tuple[type[FileError], tuple[ErrorKind, str, bool]]:
        # Exceptions with other arguments than their message do not survive pickling by default.
        return (type(self), (self.kind, self.message, self.of_disk))

    @classmethod
    def of_system(cls, error: OSError | ValueError) -> FileError:
        """What the system answered about a file: vanished, unsupported (a folder) or unreadable.

        A stale handle of a network drive (ESTALE) is unreadable: it does not say that the file is gone.
        """
        if isinstance(error, ValueError):  # a NUL in the name, or letters that the file system's encoding does not have
            return cls("vanished", "has a name that no file can have")
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return cls("vanished", "does not exist")
        if error.errno == errno.EISDIR:
            return cls("unsupported", "is a folder")
        return cls("unreadable", f"can't be read: {error.strerror or error}", error.errno in _OF_DISK)

    @classmethod
    def of_mode(cls, mode: int) -> FileError:
        """Why something that is no regular file is not opened; `mode` is its `st_mode`."""
        return cls("unsupported", "is a folder" if stat.S_ISDIR(mode) else "is a pipe, a socket or a device")


# Of a long query so much is shown before and after the mistake, so that the line fits a terminal of 80 columns.
_SHOWN_BEFORE, _SHOWN_AFTER = 40, 30


def _marked(text: str, start: int, end: int) -> str:
    """The text around a place on one line, and carets under the place on the next."""
    first = max(0, start - _SHOWN_BEFORE)
    shown = text[first : start + _SHOWN_AFTER]
    # A line break or a control would tear the text and its mark apart.
    shown = "".join(c if c.isprintable() else " " for c in shown)
    lead, tail = "…" if first else "", "…" if first + len(shown) < len(text) else ""
    before = lead + shown[: start - first]
    marked = shown[start - first : end - first]
    return f"  {lead}{shown}{tail}\n  {' ' * text_columns(before)}{'^' * max(1, text_columns(marked))}"


def text_columns(text: str) -> int:
    """Columns of a text on a terminal: ideographs take two, combining marks none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
