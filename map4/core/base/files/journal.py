"""Journals: lines of JSON, each synced to disk before the action it describes, so that it can be completed or undone.

The first line describes the journal, and each further line is a step. Only the last line can be cut off by a power cut;
nothing was done after it. The journal of a subject is a subclass of `Journal`, with steps of its kind.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from typing import Any, ClassVar, Self

from map4.core.base.files.undo import UndoneFile
from map4.core.base.paths import display_path
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import utc_text
from map4.core.base.text import whole_number as number_in
from map4.core.base.unfinished import SafeFile
from map4.errors import Map4Error, NothingFoundError, UsageError

_BINARY = getattr(os, "O_BINARY", 0)
_NEW_FILE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | _BINARY
_BLOCK_BYTES = 1 << 16
_NUMBERS_END = 1 << 63
_TIME, _IS_TIME = "%Y%m%d-%H%M%S", re.compile(r"\d{8}-\d{6}")
_TIME_LENGTH = len("20260131-221500")
_UNREADABLE = (KeyError, TypeError, ValueError, IndexError, AttributeError)


class JournalError(Map4Error):
    """A journal can't be read or written."""

    meaning = "the journal can't be read or written"


def _append(descriptor: int, data: bytes) -> None:
    """Append to a file and sync it to disk."""
    while data:
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)


class JournalDisk:
    """The single steps of writing a journal; the power may fail after each."""

    append = staticmethod(_append)
    remove = staticmethod(os.unlink)
    sync_folder = staticmethod(SafeFile.sync_folder)


ON_DISK = JournalDisk()


class Journal:
    """A journal that was read, and that is open for appending if it is continued.

    begun_at: in UTC; None if its first line lacks it
    library: path of its library; "" if its first line lacks it
    plan: id of the plan whose job writes it
    damaged: why a line is unreadable, by its number
    """

    SUFFIX: ClassVar[str] = ".jsonl"
    SCHEMA: ClassVar[str]
    PREFIX: ClassVar[str]
    """The start of its files' names."""
    COMMAND: ClassVar[str]
    """The command that writes it, for errors."""
    BEGUN_AT: ClassVar[str] = "begun_at"
    """The member of its first line that is its time."""

    def __init__(self, path: str, head: Mapping[str, Any], disk: JournalDisk) -> None:
        self.path, self.library, self.plan = path, str(head.get("library", "")), head.get("plan")
        self.begun_at = _utc_moment(str(head.get(self.BEGUN_AT, "")))
        self.damaged: dict[int, str] = {}
        self._disk = disk
        self._descriptor: int | None = None

    @classmethod
    def create(
        cls, folder: str, *, now: datetime, disk: JournalDisk = ON_DISK, plan: str | None = None, **head: str
    ) -> Self:
        """Create a journal in a folder; it counts as the newest there, even if the clock was set back."""
        head = {"schema": cls.SCHEMA, **head, cls.BEGUN_AT: now.isoformat(timespec="seconds")}
        if plan is not None:
            head["plan"] = plan
        try:
            SafeFile.make_private_folder(folder)
            times = (cls._age(os.path.basename(path))[0] for path in cls.paths(folder))
            time = max(f"{now:{_TIME}}", next(filter(_IS_TIME.fullmatch, times), ""))
            path, descriptor = _new_file(os.path.join(folder, cls.PREFIX + time))
            journal = cls(path, head, disk)
            journal._descriptor = descriptor
            try:
                journal.add(head)
                disk.sync_folder(path)
            except (JournalError, OSError):
                journal.close()
                disk.remove(path)
                raise
        except OSError as error:
            raise JournalError(
                f"no journal can be written in {display_path(folder)}: {error.strerror or error}; nothing was changed"
            ) from None
        return journal

    @classmethod
    def open(cls, path: str, disk: JournalDisk = ON_DISK, *, read_only: bool = False) -> Self:
        """Read a journal, and continue it unless `read_only`."""
        shown, path = display_path(path), os.path.realpath(path)  # paths in it may be relative to it
        try:
            journal = cls(path, cls.head_of(path), disk)
            for number, (start, line) in enumerate(whole_lines(path), start=1):
                try:
                    if number > 1:
                        journal._read(cls.parsed_line(line), start)
                except _UNREADABLE as error:
                    journal.damaged[number] = str(error)
            if not read_only:
                journal._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | _BINARY)
                _cut_unfinished_line(journal._descriptor)
        except FileNotFoundError:
            raise NothingFoundError(f"there is no journal {shown}") from None
        except IsADirectoryError:
            names = ", ".join(display_path(os.path.basename(journal)) for journal in reversed(cls.paths(path)))
            raise UsageError(f"{shown} is a folder; name the journal in it: {names or 'it has none'}") from None
        except OSError as error:
            raise JournalError(f"the journal {shown} can't be opened: {error.strerror or error}") from None
        return journal

    @classmethod
    def head_of(cls, path: str) -> dict[str, Any]:
        """Return the first line of a journal; empty if it was cut off, before anything was done."""
        with OnDisk(path).open() as file:
            line = file.readline(_BLOCK_BYTES)
        head = cls.parsed_line(line)
        is_cut_off = not line.endswith(b"\n") and os.path.basename(path).startswith(cls.PREFIX)
        if head.get("schema") != cls.SCHEMA and not is_cut_off:
            raise JournalError(f"{display_path(path)} is not a journal of 'map4 {cls.COMMAND}'")
        return head

    @classmethod
    def paths(cls, folder: str) -> list[str]:
        """Return the paths of the journals in a folder, newest first."""
        try:
            names = [name for name in os.listdir(folder) if name.startswith(cls.PREFIX) and name.endswith(cls.SUFFIX)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise JournalError(f"{display_path(folder)} can't be read: {error.strerror}") from None
        return [os.path.join(folder, name) for name in sorted(names, key=cls._age, reverse=True)]

    @classmethod
    def readable(cls, paths: Iterable[str]) -> Iterator[Self]:
        """Yield journals for reading only; raises JournalError after the last if one is damaged."""
        problems = list[str]()
        for path in paths:
            try:
                journal = cls.open(path, read_only=True)
            except (JournalError, NothingFoundError) as error:
                problems.append(str(error))
                continue
            problems += (
                f"{display_path(path)} is damaged in line {line}: {why}" for line, why in journal.damaged.items()
            )
            yield journal
        if problems:
            raise JournalError(problems[0])

    @classmethod
    def path_of(cls, folder: str, name: str, *, is_anywhere: bool = False) -> str:
        """Return the path of a journal in a folder by its name, or by its path if it `is_anywhere`."""
        is_name = not is_anywhere or os.sep not in name
        for path in cls.paths(folder) if is_name else ():
            if _name_of(path) == _name_of(name):
                return path
        if is_anywhere and os.path.isfile(name):
            return name
        command = cls.COMMAND.partition(" ")[0]
        raise NothingFoundError(f"there is no journal '{name}'; 'map4 {command} undo --list' lists them")

    @classmethod
    def path_of_plan(cls, folder: str, plan: str) -> str | None:
        """Return the path of the newest journal in a folder that a job of this plan wrote."""
        for path in cls.paths(folder):
            with suppress(JournalError, OSError):
                if cls.head_of(path).get("plan") == plan:
                    return path
        return None

    @property
    def name(self) -> str:
        return _name_of(self.path)

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)

    def add(self, step: Mapping[str, Any]) -> int:
        """Append a step and sync it to disk; returns its offset. A step that can't be written completely is removed."""
        assert self._descriptor is not None, "it was opened for reading"
        # As ASCII, so that names that are not UTF-8 are kept as escapes.
        line = json.dumps(step, separators=(",", ":")).encode("ascii") + b"\n"
        length = os.fstat(self._descriptor).st_size
        try:
            self._disk.append(self._descriptor, line)
        except OSError as error:
            with suppress(OSError):  # half a line would corrupt the next
                os.ftruncate(self._descriptor, length)
            why = error.strerror or error
            raise JournalError(
                f"the journal {display_path(self.path)} can't be written: {why}; nothing more was changed"
            ) from None
        return length

    def unreadable(self) -> Iterator[UndoneFile]:
        """Yield its damaged lines as files that an undo skips."""
        for line in self.damaged:
            problem = f"its line {line} is unreadable; the file named in it is left as it is"
            yield UndoneFile(path=self.path, state="left_alone", problem=problem)

    def _read(self, step: dict[str, Any], line_at: int) -> None:
        """Read a step, which is untrusted, from the line at an offset; raises one of `_UNREADABLE`."""
        raise NotImplementedError

    @classmethod
    def _age(cls, name: str) -> tuple[str, int]:
        """Return the time in a journal's name, and its number among those of this time."""
        time, number = name.removeprefix(cls.PREFIX)[:_TIME_LENGTH], name.removeprefix(cls.PREFIX)[_TIME_LENGTH + 1 :]
        return time, number_in(_name_of(number)) or 1

    @staticmethod
    def parsed_line(line: bytes) -> dict[str, Any]:
        """The object in a line; empty if it is damaged."""
        with suppress(ValueError, RecursionError):
            if isinstance(data := json.loads(line), dict):
                return data
        return {}

    @staticmethod
    def moves_in(path: str) -> list[tuple[str, str]]:
        """The old and new paths of the files that a journal moved or replaced and that are not back, in order."""
        moves: dict[int, tuple[str, str]] = {}
        try:
            for _, line in whole_lines(path):
                step = Journal.parsed_line(line)
                if step.get("step") == "move":
                    moves[step["number"]] = str(step["from"]), str(step.get("kept", step["to"]))
                elif step.get("step") == "back":
                    moves.pop(step["number"], None)
        except (OSError, KeyError, TypeError) as error:
            raise UsageError(f"{display_path(path)} is no readable journal: {error}") from None
        if not moves or not all(os.path.isabs(target) for _, target in moves.values()):
            shown = display_path(path)
            raise UsageError(f"{shown} is no journal of renamed files; write FROM=TO, or name such a journal")
        return list(moves.values())

    @staticmethod
    def whole_number(value: Any) -> int:
        """A number of a file in a journal: a size or a time."""
        if not abs(value) < _NUMBERS_END:
            raise ValueError(f"{value} is not a number of a file")
        return int(value)


def _name_of(path: str) -> str:
    return os.path.basename(path).removesuffix(Journal.SUFFIX)


def _new_file(stem: str) -> tuple[str, int]:
    """Create a file with this name, with a number added if it is taken; returns its path and descriptor."""
    for number in count(1):
        path = f"{stem}{Journal.SUFFIX}" if number == 1 else f"{stem}-{number}{Journal.SUFFIX}"
        with suppress(FileExistsError):
            return path, os.open(path, _NEW_FILE, 0o600)
    raise AssertionError("numbers don't end")


def _cut_unfinished_line(descriptor: int) -> None:
    """Remove an incomplete last line left by a power cut, which would corrupt the next line."""
    length = end = os.fstat(descriptor).st_size
    whole = 0
    while end and not whole:
        start = max(0, end - _BLOCK_BYTES)
        os.lseek(descriptor, start, os.SEEK_SET)
        line_end = os.read(descriptor, end - start).rfind(b"\n")
        whole = start + line_end + 1 if line_end >= 0 else 0
        end = start
    if whole < length:
        os.ftruncate(descriptor, whole)


def _utc_moment(text: str) -> str | None:
    """Return a moment of a journal, which is untrusted."""
    try:
        return utc_text(datetime.fromisoformat(text).astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def whole_lines(path: str) -> Generator[tuple[int, bytes], None, None]:
    """The complete lines of a journal with their positions; an incomplete last line had no effect and is skipped."""
    start = 0
    with OnDisk(path).open() as file:
        for line in file:
            if line.endswith(b"\n"):
                yield start, line
            start += len(line)
