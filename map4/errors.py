"""All errors that map4 raises on purpose; each class has the exit code of the command."""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, Self, get_args

_ALIKE = 0.6  # difflib's own cutoff: less similar names are useless suggestions
_ALIKE_BEGINNINGS = 0.75
_SHORTEST_BEGINNING = 3

ErrorKind = Literal[
    "unreadable", "unsupported", "corrupt", "too_short", "too_long", "timeout", "crashed", "no_memory", "vanished"
]
"""Why one file failed (`error.kind` of a record)."""

ERROR_KINDS: tuple[ErrorKind, ...] = get_args(ErrorKind)


MOST_CHOICES = 10
"""Maximum number of tracks listed for an ambiguous name."""


class Map4Error(Exception):
    """Base of all errors; the message is what happened, to what, and what to do."""

    exit_code = 1
    meaning = "failed"
    """The meaning of its exit code, for the help of commands."""
    library: str | None = None
    """The address of the library, as the message may name it."""

    def of_library(self, address: str) -> Self:
        """This error, with the address of the library."""
        self.library = address
        return self

    def for_callers(self) -> str:
        """The message for callers of a server, who may not know the folder or server of the library."""
        text = str(self)
        if self.library is not None:
            # Files beside a linked library are beside its target.
            for place in sorted({self.library, os.path.realpath(self.library)}, key=len, reverse=True):
                text = text.replace(place, re.split(r"[/\\]", place)[-1])
        return text


def kind_of(error: Map4Error) -> str:
    """The error's name in problem documents and jobs: `nothing-found` for `NothingFoundError`."""
    words = re.findall("[A-Z][a-z]+", type(error).__name__.removeprefix("Map4").removesuffix("Error"))
    return "-".join(words).lower() or "failed"


class ProviderSilentError(Map4Error):
    """A metadata provider is temporarily unavailable.

    failures: records of the failed look-ups
    retry_after_s: waiting time requested by the provider, in seconds
    answered: number of look-ups completed before
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

    @staticmethod
    def near(name: str, known: Iterable[str], most: int = 1) -> list[str]:
        """The known names that a name may mean, likeliest first.

        name: as typed; case is ignored, `-` and blanks count as `_`
        """
        typed = _plain(name)
        likenesses = {name: likeness for name in known if (likeness := _likeness(typed, _plain(name)))}
        return sorted(likenesses, key=lambda name: -likenesses[name])[:most]

    @staticmethod
    def did_you_mean(
        name: str, known: Iterable[str], *, otherwise: str | None = None, written: str = "{}", most: int = 1
    ) -> str:
        """The end of a sentence: `did you mean strict?`, or if none is near, `there are strict, flexible, off`.

        otherwise: text instead of the latter
        written: how a name is shown, such as `{}:`
        most: maximum number of suggestions: `did you mean Warmup or Warmup 2?`
        """
        names = list(known)
        near = UsageError.near(name, names, most)
        return UsageError.meant(written.format(name) for name in near) or otherwise or f"there are {', '.join(names)}"

    @staticmethod
    def meant(near: Iterable[str]) -> str:
        """`did you mean a, b or c?` for near names; empty if there are none."""
        *others, last = [*near] or [""]
        if not last:
            return ""
        return f"did you mean {', '.join(others)} or {last}?" if others else f"did you mean {last}?"

    @staticmethod
    def no_such(what: str, name: str, known: Iterable[str]) -> UsageError:
        """The error for an unknown name; `what` is the kind of name."""
        return UsageError(f"there is no {what} '{name}'; {UsageError.did_you_mean(name, known)}")


class AmbiguousNameError(UsageError):
    """A name that matches several tracks.

    name: as given
    choices: artist and title, and path, of the matching tracks
    is_more: whether more tracks match
    hint: another way to narrow it down
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
        """The number of matches and what to do, to be followed by the tracks."""
        count = f"{'more than ' if self.is_more else ''}{len(self.choices)} tracks"
        hint = f" ({self.hint})" if self.hint else ""
        return f"{count} match '{self.name}'; add words{hint}, or give the path of the right track:"

    def with_hint(self, hint: str) -> AmbiguousNameError:
        """A copy with a hint."""
        return AmbiguousNameError(self.name, self.choices, is_more=self.is_more, hint=hint)

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), is_more=self.is_more, hint=self.hint), (self.name, self.choices)


class NothingFoundError(Map4Error):
    """Nothing matched, or fewer than requested."""

    exit_code = 4
    meaning = "nothing found"

    def with_hint(self, hint: str) -> NothingFoundError:
        """A copy with a hint."""
        return NothingFoundError(f"{self}; {hint}")


class NotAllowedError(Map4Error):
    """The caller lacks the rights."""

    meaning = "not allowed"


class WrongCredentialError(Map4Error):
    """A credential is invalid or expired."""


class SealedError(Map4Error):
    """A secret can't be encrypted or decrypted: the key is missing, different, or not private."""


class LibraryBusyError(Map4Error):
    """Another scan holds the lock of this library."""

    exit_code = 75
    meaning = "a scan of this library is running"


class LibraryDamagedError(Map4Error):
    """The library file is damaged; map4 never replaces it automatically."""

    meaning = "the library is damaged"


class NoLibraryError(LibraryDamagedError):
    """The file is not a database, or its header is lost."""


class LibraryVersionError(Map4Error):
    """The library was written by a newer map4, or by an older one, or is not a map4 library."""

    meaning = "the library belongs to another version of map4"

    @staticmethod
    def of_older(path: str, version: int) -> LibraryVersionError:
        """The error for a library of an older map4 that can't be updated."""
        return LibraryVersionError(
            f"{path} was made by an older map4 (schema {version}), and was not changed; "
            "scan your folders into a new library with 'map4 --library NEW scan FOLDER'"
        )


class LibraryWriteError(Map4Error):
    """The library can't be written: read-only, disk full, or locked for too long."""

    meaning = "the library can't be written"


class AlreadyBegunError(Map4Error):
    """The plan was already started."""


class WorkerStartError(Map4Error):
    """No worker process can be started."""


class WorkerTimeoutError(WorkerStartError):
    """A worker process did not start in time, on a busy machine or a slow disk."""

    exit_code = 75
    meaning = "no worker process started in time"


class PlayerError(Map4Error):
    """A track can't be played: there is no player on this machine, or the player failed."""

    meaning = "no player, or the player failed"


class StoredListExistsError(UsageError):
    """A stored list of this name exists and must not be replaced.

    name: as stored
    tracks: number of its tracks; None for a live list
    """

    def __init__(
        self, name: str, tracks: int | None, advice: str = "choose another name, or replace it with --force"
    ) -> None:
        self.name, self.tracks, self._advice = name, tracks, advice
        held = "live" if tracks is None else "1 track" if tracks == 1 else f"{tracks:,} tracks"
        super().__init__(f"the stored list '{name}' already exists ({held}); {advice}")

    def __reduce__(self) -> tuple[type[StoredListExistsError], tuple[str, int | None, str]]:
        return (type(self), (self.name, self.tracks, self._advice))


class AccountExistsError(UsageError):
    """An account of this name exists."""


class ConfigError(UsageError):
    """A setting has an unknown name or an invalid value."""

    meaning = "an invalid setting"


class QueryError(UsageError):
    """An invalid query; the message shows it with a mark under the mistake.

    problem: what is wrong and what to write instead, as a sentence
    query: the whole query
    start, end: position of the mistake, in characters from 0; `end` is exclusive
    instead: the valid query or term that `problem` suggests; None without a suggestion
    """

    meaning = "an invalid query"

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
    """A text that is not a musical key."""


_OF_DISK = tuple(
    getattr(errno, name)
    for name in ("EIO", "ENODEV", "ENXIO", "ESTALE", "ENOTCONN", "EHOSTDOWN", "EHOSTUNREACH", "ETIMEDOUT", "EREMOTEIO")
    if hasattr(errno, name)
)
"""Error numbers for failures of a disk or its connection."""


class FileError(Map4Error):
    """A file can't be analysed; becomes the file's `error` record and never ends a run.

    kind: one of `ERROR_KINDS`
    message: text that follows the file's name: "is a folder", "holds no audio data"
    of_disk: whether the disk or network drive, not the file, may be the cause
    """

    exit_code = 3
    meaning = "some files failed"

    def __init__(self, kind: ErrorKind, message: str, of_disk: bool = False) -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind
        self.message = message
        self.of_disk = of_disk

    def __reduce__(self) -> tuple[type[FileError], tuple[ErrorKind, str, bool]]:
        # By default, exceptions with arguments other than the message do not survive pickling.
        return (type(self), (self.kind, self.message, self.of_disk))

    @classmethod
    def of_system(cls, error: OSError | ValueError) -> FileError:
        """The error for an operating system error: vanished, unsupported (a folder) or unreadable.

        A stale network handle (ESTALE) is unreadable, since the file may still exist.
        """
        if isinstance(error, ValueError):  # the name has a NUL, or characters that the file system can't encode
            return cls("vanished", "is not a valid file name")
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return cls("vanished", "does not exist")
        if error.errno == errno.EISDIR:
            return cls("unsupported", "is a folder")
        return cls("unreadable", f"can't be read: {error.strerror or error}", error.errno in _OF_DISK)

    @classmethod
    def of_mode(cls, mode: int) -> FileError:
        """The error for a path that is not a regular file; `mode` is its `st_mode`."""
        return cls("unsupported", "is a folder" if stat.S_ISDIR(mode) else "is a pipe, a socket or a device")


# Characters of a long query shown before and after the mistake, to fit 80 columns.
_SHOWN_BEFORE, _SHOWN_AFTER = 40, 30


def _marked(text: str, start: int, end: int) -> str:
    """The text around a position, with carets under it on the next line."""
    first = max(0, start - _SHOWN_BEFORE)
    shown = text[first : start + _SHOWN_AFTER]
    # Line breaks and control characters would misalign the mark.
    shown = "".join(c if c.isprintable() else " " for c in shown)
    lead, tail = "…" if first else "", "…" if first + len(shown) < len(text) else ""
    before = lead + shown[: start - first]
    marked = shown[start - first : end - first]
    return f"  {lead}{shown}{tail}\n  {' ' * text_columns(before)}{'^' * max(1, text_columns(marked))}"


def text_columns(text: str) -> int:
    """Width of a text in terminal columns: ideographs take two, combining marks none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_").replace(" ", "_")


def _likeness(typed: str, known: str) -> float:
    """From 0 (not meant) to 2; a name that starts with the typed text, or contains it as a word, wins."""
    if typed == known:
        return 2.0
    if len(typed) > 1 and (known.startswith(typed) or typed in known.split("_")):
        return 1.0 + len(typed) / (len(known) + 1)
    import difflib  # only who mistypes a name waits for it

    alike = difflib.SequenceMatcher(None, known, typed).ratio()
    if len(typed) >= _SHORTEST_BEGINNING:
        begun = difflib.SequenceMatcher(None, known[: len(typed) + 1], typed).ratio()
        if begun >= _ALIKE_BEGINNINGS:
            return max(alike, begun)
    return alike if alike >= _ALIKE else 0.0
