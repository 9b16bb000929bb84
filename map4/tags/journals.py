"""Journals of earlier tags: a file of JSON lines for each write, in a folder beside the library."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from map4.audio.jobs import Content
from map4.audio.tags.changes import Splice, WrittenTags
from map4.audio.tags.tagging import TAG_FIELDS
from map4.base.files.journal import SUFFIX, JournalError, JournalFile, journals_in, whole_lines, whole_number
from map4.base.files.undo import UndoStep
from map4.base.paths import path_fields
from map4.base.regular_files import open_regular
from map4.base.text import counted, utc_text
from map4.base.unfinished import make_private_folder, sync_folder
from map4.errors import NothingFoundError, UsageError

SCHEMA = "map4/tags-journal/1"
# The maximum of an ID3 tag; a few bytes of a journal could unpack to any size.
_MOST_TAG_BYTES = 1 << 28
_UNREADABLE = (ValueError, KeyError, TypeError, zlib.error)


class TagJournals:
    """The journals of a library.

    folder: created with the first journal
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def begin(self, plan: str | None = None) -> JournalWriter:
        """Start a journal, whose file is created with its first line; or continue that of a killed job of this plan."""
        now = datetime.now(UTC)
        if plan is not None and (path := self._of_plan(plan)) is not None:
            done = {file.path: file.after for file in self.files_of(path)}
            return JournalWriter(self.folder, now, plan=plan, path=path, done=done)
        # The newest journal sorts last by name, even if the clock was set back.
        newest = ""
        with contextlib.suppress(JournalError):  # reported when it is written
            newest = next(iter(self.names()), "").removeprefix("tags-")[: len("20260131-221500")]
        return JournalWriter(self.folder, now, max(f"{now:%Y%m%d-%H%M%S}", newest), plan=plan)

    def _of_plan(self, plan: str) -> str | None:
        """Return the path of the journal of a plan; None if it has none, or it was undone."""
        for path in map(self._path, self.names()):
            with _mapped_errors(path), closing(whole_lines(path)) as lines:
                head = next(lines, (0, b""))[1]
            if plan.encode("ascii") in head and not self._read(path).undone:
                return path
        return None

    def names(self) -> list[str]:
        """Return the names of all journals, newest first."""
        try:
            return journals_in(self.folder)
        except OSError as error:
            raise JournalError(f"{self.folder} can't be read: {error.strerror}") from None

    def steps(self) -> Iterator[UndoStep]:
        """Yield the writes that changed files, newest first."""
        return (step for step in (self._read(self._path(name)) for name in self.names()) if step.count)

    def find(self, name: str) -> str:
        """Return the path of a journal by its name or path."""
        plain = name.removesuffix(SUFFIX)
        is_known = os.sep not in name and plain in self.names()
        if not is_known and not os.path.isfile(name):
            raise NothingFoundError(f"there is no journal '{name}'; 'map4 tags undo --list' lists them")
        path = self._path(plain) if is_known else os.path.abspath(name)
        self._read(path)  # refuses other files
        return path

    def note_undone(self, path: str) -> None:
        with _mapped_errors(path), closing(JournalFile.open(path)) as file:
            file.add({"undone_at": datetime.now(UTC).isoformat(timespec="seconds")})

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name + SUFFIX)

    def _read(self, path: str) -> UndoStep:
        name = os.path.basename(path).removesuffix(SUFFIX)
        head: dict[str, Any] = {}
        written_at, is_undone = datetime.now(UTC), False
        paths, fields = set[str](), set[str]()
        with _mapped_errors(path), closing(whole_lines(path)) as lines:
            for number, (_, line) in enumerate(lines):
                try:
                    record = json.loads(line)
                    if number == 0:
                        head = record
                        written_at = datetime.fromisoformat(record["written_at"])
                    elif "undone_at" in record:
                        is_undone = True
                    else:
                        written = _from_record(record)
                        fields |= written.fields.keys()
                        paths.add(written.path)
                except _UNREADABLE as error:
                    raise JournalError(f"{path} is damaged in line {number + 1}: {error}") from None
        is_own = os.path.dirname(path) == os.path.abspath(self.folder)
        if head.get("schema") != SCHEMA and (head or not is_own):
            raise UsageError(f"{path} is not a journal of tags")
        return UndoStep(
            kind="tags",
            at=utc_text(written_at.astimezone(UTC)),
            what=f"{counted(len(paths), 'file')}: {', '.join(name for name in TAG_FIELDS if name in fields)}",
            count=len(paths),
            undone=len(paths) * is_undone,
            command=("tags", "undo", name),
        )

    def files_of(self, path: str) -> Iterator[WrittenTags]:
        """Yield the recorded changes of a journal, newest first, read lazily.

        A file that was noted twice was not replaced the first time, as its job was killed before.
        """
        paths = set[str]()
        with _mapped_errors(path):
            with closing(whole_lines(path)) as lines:
                starts = array("Q", (start for start, _ in lines))
            with open_regular(path) as file:
                for start in reversed(starts[1:]):  # the first line describes the journal
                    file.seek(start)
                    record = json.loads(file.readline())
                    if "undone_at" not in record and (written := _from_record(record)).path not in paths:
                        paths.add(written.path)
                        yield written


class JournalWriter:
    """Writes a journal; each line is on disk before its file is replaced.

    plan: the plan whose job writes it
    path: of a journal to continue; `done` are the paths in it, each with the content that it noted last
    """

    def __init__(
        self,
        folder: str,
        now: datetime,
        stem: str = "",
        *,
        plan: str | None = None,
        path: str | None = None,
        done: Mapping[str, Content] = MappingProxyType({}),
    ) -> None:
        self._folder, self._stem, self._now, self._plan = folder, stem, now, plan
        self._file: JournalFile | None = None
        self.name: str | None = None
        self.done = done
        if path is not None:
            with _mapped_errors(path):
                self._file, self.name = JournalFile.open(path), os.path.basename(path).removesuffix(SUFFIX)

    def note(self, done: WrittenTags) -> None:
        """Record what undoes a change of a file."""
        with _mapped_errors(self._folder):
            if self._file is None:
                make_private_folder(self._folder)
                self._file = JournalFile.create(os.path.join(self._folder, f"tags-{self._stem}"))
                self.name = os.path.basename(self._file.path).removesuffix(SUFFIX)
                plan = {} if self._plan is None else {"plan": self._plan}
                self._file.add({"schema": SCHEMA, "written_at": self._now.isoformat(timespec="seconds"), **plan})
                sync_folder(self._file.path)
            self._file.add(_to_record(done))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


@contextlib.contextmanager
def _mapped_errors(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise JournalError(
            f"the journal in {path} can't be read or written: {error.strerror or error}; nothing more was changed"
        ) from None


def _to_record(done: WrittenTags) -> dict[str, Any]:
    return {
        **path_fields(done.path),
        "before": {"size_bytes": done.before.size_bytes, "digest": done.before.digest, "mtime_ns": done.modified_ns},
        "after": {"size_bytes": done.after.size_bytes, "digest": done.after.digest},
        "back": [[each.start, each.stop - each.start, _packed(each.new)] for each in done.back],
        "fields": {name: list(values) for name, values in done.fields.items()},
    }


def _from_record(record: Mapping[str, Any]) -> WrittenTags:
    raw = record.get("path_bytes")
    path = record["path"] if raw is None else os.fsdecode(base64.b64decode(raw))
    if "\0" in path:
        raise ValueError("a path with a NUL")
    before, after = record["before"], record["after"]
    return WrittenTags(
        path=path,
        before=Content(size_bytes=whole_number(before["size_bytes"]), digest=str(before["digest"])),
        after=Content(size_bytes=whole_number(after["size_bytes"]), digest=str(after["digest"])),
        modified_ns=whole_number(before["mtime_ns"]),
        back=_unpacked(record["back"], min(whole_number(before["size_bytes"]), _MOST_TAG_BYTES)),
        fields={str(name): (old, new) for name, (old, new) in record["fields"].items()},
    )


def _packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode("ascii")


def _unpacked(back: Sequence[Sequence[Any]], room: int) -> tuple[Splice, ...]:
    splices = []
    for start, length, data in back:
        unpacking = zlib.decompressobj()
        new = unpacking.decompress(base64.b64decode(data), room + 1)
        room -= len(new)
        if room < 0 or not unpacking.eof:
            raise ValueError("more bytes than tags can have")
        splices.append(Splice(whole_number(start), whole_number(start + length), new))
    return tuple(splices)
