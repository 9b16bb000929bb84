"""Journals of earlier tags: a file of JSON lines for each write, in a folder beside the library."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import zlib
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from map4.audio.jobs import Content
from map4.audio.tags.changes import Journal, Splice, WrittenTags
from map4.base.files.journal import SUFFIX, JournalError, JournalFile, newest_first, whole_lines, whole_number
from map4.base.regular_files import open_regular
from map4.base.unfinished import make_private_folder, sync_folder
from map4.errors import NothingFoundError, UsageError
from map4.music.track.track import path_fields

SCHEMA = "map4/tags-journal/1"
# The maximum of an ID3 tag; a few bytes of a journal could unpack to any size.
_MOST_TAG_BYTES = 1 << 28
_UNREADABLE = (ValueError, KeyError, TypeError, zlib.error)


class TagJournals:
    """The journals of a library.

    folder: created with the first journal
    """

    def __init__(self, folder: str, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.folder = folder
        self._clock = clock

    def begin(self, plan: str | None = None) -> JournalWriter:
        """Start a journal, whose file is created with its first line; or continue that of a killed job of this plan."""
        now = self._clock()
        if plan is not None and (journal := self._of_plan(plan)) is not None:
            done = {file.path: file.after for file in self.files_of(journal)}
            return JournalWriter(self.folder, now, plan=plan, journal=journal, done=done)
        # The newest journal sorts last by name, even if the clock was set back.
        newest = ""
        with contextlib.suppress(JournalError):  # reported when it is written
            newest = next(iter(self.names()), "").removeprefix("tags-")[: len("20260131-221500")]
        return JournalWriter(self.folder, now, max(f"{now:%Y%m%d-%H%M%S}", newest), plan=plan)

    def _of_plan(self, plan: str) -> Journal | None:
        """Return the journal of a plan; None if it has none, or it was undone."""
        for name in self.names():
            path = os.path.join(self.folder, name + SUFFIX)
            with _mapped_errors(path), closing(whole_lines(path)) as lines:
                head = next(lines, (0, b""))[1]
            if plan.encode("ascii") in head and (journal := self._read_file(path)).undone_at is None:
                return journal
        return None

    def names(self) -> list[str]:
        """Return the names of all journals, newest first."""
        try:
            listed = os.listdir(self.folder)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise JournalError(f"{self.folder} can't be read: {error.strerror}") from None
        return newest_first(name.removesuffix(SUFFIX) for name in listed if name.endswith(SUFFIX))

    def all(self) -> Iterator[Journal]:
        """Yield journals with anything to undo, or that were undone, newest first."""
        return (journal for journal in map(self.read, self.names()) if journal.files)

    def find(self, name: str | None = None) -> Journal:
        """Return a journal by name or path; by default the newest that was not undone."""
        if name is None:
            journal = next((each for each in self.all() if each.undone_at is None), None)
            if journal is None:
                raise NothingFoundError("there is nothing to undo: all writes of tags are undone")
            return journal
        plain = name.removesuffix(SUFFIX)
        if os.sep not in name and plain in self.names():
            return self.read(plain)
        if os.path.isfile(name):
            return self._read_file(os.path.abspath(name))
        raise NothingFoundError(f"there is no journal '{name}'; 'map4 tags undo --list' lists them")

    def read(self, name: str) -> Journal:
        return self._read_file(os.path.join(self.folder, name + SUFFIX))

    def note_undone(self, journal: Journal) -> None:
        with _mapped_errors(journal.path), closing(JournalFile.open(journal.path)) as file:
            file.add({"undone_at": self._clock().isoformat(timespec="seconds")})

    def _read_file(self, path: str) -> Journal:
        name = os.path.basename(path).removesuffix(SUFFIX)
        head: dict[str, Any] = {}
        written_at, undone_at = self._clock(), None
        paths, fields = set[str](), set[str]()
        with _mapped_errors(path), closing(whole_lines(path)) as lines:
            for number, (_, line) in enumerate(lines):
                try:
                    record = json.loads(line)
                    if number == 0:
                        head = record
                        written_at = datetime.fromisoformat(record["written_at"])
                    elif "undone_at" in record:
                        undone_at = datetime.fromisoformat(record["undone_at"])
                    else:
                        written = _from_record(record)
                        fields |= written.fields.keys()
                        paths.add(written.path)
                except _UNREADABLE as error:
                    raise JournalError(f"{path} is damaged in line {number + 1}: {error}") from None
        is_own = os.path.dirname(path) == os.path.abspath(self.folder)
        if head.get("schema") != SCHEMA and (head or not is_own):
            raise UsageError(f"{path} is not a journal of tags")
        return Journal(
            name=name, path=path, written_at=written_at, files=len(paths), fields=frozenset(fields), undone_at=undone_at
        )

    def files_of(self, journal: Journal) -> Iterator[WrittenTags]:
        """Yield the recorded changes of a journal, newest first, read lazily.

        A file that was noted twice was not replaced the first time, as its job was killed before.
        """
        paths = set[str]()
        with _mapped_errors(journal.path):
            with closing(whole_lines(journal.path)) as lines:
                starts = array("Q", (start for start, _ in lines))
            with open_regular(journal.path) as file:
                for start in reversed(starts[1:]):  # the first line describes the journal
                    file.seek(start)
                    record = json.loads(file.readline())
                    if "undone_at" not in record and (written := _from_record(record)).path not in paths:
                        paths.add(written.path)
                        yield written


class JournalWriter:
    """Writes a journal; each line is on disk before its file is replaced.

    plan: the plan whose job writes it
    journal: a journal to continue; `done` are the paths in it, each with the content that it noted last
    """

    def __init__(
        self,
        folder: str,
        now: datetime,
        stem: str = "",
        *,
        plan: str | None = None,
        journal: Journal | None = None,
        done: Mapping[str, Content] = MappingProxyType({}),
    ) -> None:
        self._folder, self._stem, self._now, self._plan = folder, stem, now, plan
        self._file: JournalFile | None = None
        self.name: str | None = None
        self.done = done
        if journal is not None:
            with _mapped_errors(journal.path):
                self._file, self.name = JournalFile.open(journal.path), journal.name

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
