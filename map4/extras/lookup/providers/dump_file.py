"""Dumps of services, each imported into an indexed file for offline look-ups."""

from __future__ import annotations

import csv
import gzip
import io
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Self

from map4.base.regular_files import open_regular, require_regular
from map4.base.text import words_of
from map4.base.unfinished import make_private_folder, unfinished
from map4.base.user_folders import user_file
from map4.errors import UsageError
from map4.extras.lookup.provider import Policy, ServiceRequest
from map4.extras.shared.service import Fault

_LOT = 20_000
_GZIP = b"\x1f\x8b"
_PLAIN = (" original mix", " original version", " album version")
"""Suffixes that do not name another version."""
_JOINERS = frozenset({"and", "feat", "featuring", "ft", "pres", "presents", "the", "vs", "with", "x"})


DumpRow = tuple[str | None, tuple[Any, ...]]


class DumpProvider:
    """A provider without a network, from a dump imported into a file in the user's data folder."""

    name: ClassVar[str]
    what: ClassVar[str]
    """Its purpose in a few words."""
    ids_of: ClassVar[str | None] = None
    """The provider whose ids it uses."""
    where: ClassVar[str]
    """Where to get a dump."""
    policy: ClassVar[Policy]
    headers: ClassVar[Mapping[str, str]] = {}
    file_name: ClassVar[str]
    application_id: ClassVar[int]
    """Id of the file format; it changes with the tables."""
    tables: ClassVar[Mapping[str, str]]
    indexes: ClassVar[tuple[str, ...]]
    counted: ClassVar[str]
    """The table whose rows are recordings."""

    def __init__(self, path: str | None = None) -> None:
        self._path = path or self.default_path()
        try:
            require_regular(self._path)
        except OSError:
            raise UsageError(
                f"no dump is imported: get {self.where}, then run 'map4 providers import-dump FILE'"
            ) from None
        self._connection = sqlite3.connect(
            f"{Path(self._path).absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False
        )
        if self._select("PRAGMA application_id") != [(self.application_id,)]:
            raise self._damaged()

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """The provider of the dump in the user's data folder."""
        return cls()

    @classmethod
    def default_path(cls) -> str:
        return user_file("data", cls.file_name)

    @staticmethod
    def why_not(head: bytes) -> str | None:
        """Why a file that begins like this is not the dump; None if it is."""
        raise NotImplementedError

    @staticmethod
    def rows(file: BinaryIO, source: str) -> Iterator[DumpRow]:
        """Table and row of each item in a dump; (None, ()) for an unreadable item."""
        raise NotImplementedError

    def _select(self, query: str, *values: str | int) -> list[Any]:
        try:
            return self._connection.execute(query, values).fetchall()
        except (sqlite3.Error, UnicodeDecodeError):  # SQLite quotes damaged bytes
            raise self._damaged() from None

    def _damaged(self) -> UsageError:
        return UsageError(f"{self._path} is damaged or from another version; import the dump again")

    def fault_in(self, request: ServiceRequest, answer: Any) -> Fault | None:
        """There are no responses."""
        return None

    def probe(self) -> ServiceRequest | None:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedDump:
    """Result of an import; `unreadable` records were skipped."""

    provider: str
    recordings: int
    unreadable: int = 0


def import_dump_of(
    forms: Sequence[type[DumpProvider]],
    source: str,
    target: str | None = None,
    *,
    on_rows: Callable[[int], object] = lambda count: None,
) -> ImportedDump:
    """Import a dump, gzipped or plain, into an indexed file that replaces an older one when complete."""
    path = None
    try:
        with open_regular(source) as packed:
            is_packed = packed.peek(len(_GZIP))[: len(_GZIP)] == _GZIP
            unpacked = io.BufferedReader(gzip.GzipFile(fileobj=packed)) if is_packed else packed
            with unpacked as file:
                head = file.peek()
                why_not = [form.why_not(head) for form in forms]
                form = next((form for form, why in zip(forms, why_not, strict=True) if why is None), None)
                if form is None:
                    reasons = ", and ".join(why for why in why_not if why)
                    raise UsageError(f"{source} is not a known dump: {reasons}")
                path = target or form.default_path()
                make_private_folder(os.path.dirname(path))
                with unfinished(path, "new") as new:
                    with closing(sqlite3.connect(new, isolation_level=None)) as connection:
                        done = _fill(connection, form, form.rows(file, source), on_rows)
                    os.replace(new, path)
    except (EOFError, zlib.error):
        raise UsageError(f"{source} is damaged, or was not fetched to its end") from None
    except sqlite3.Error as error:
        raise UsageError(f"{path} can't be written: {error}") from None
    except (OSError, csv.Error, ValueError, OverflowError) as error:
        raise UsageError(f"{source} can't be read: {getattr(error, 'strerror', None) or error}") from None
    return done


def _fill(
    connection: sqlite3.Connection,
    form: type[DumpProvider],
    rows: Iterator[DumpRow],
    on_rows: Callable[[int], object],
) -> ImportedDump:
    connection.execute(f"PRAGMA application_id = {form.application_id}")
    connection.execute("PRAGMA journal_mode = OFF")  # the file is discarded if incomplete
    connection.execute("PRAGMA synchronous = OFF")
    for name, columns in form.tables.items():
        connection.execute(f"CREATE TABLE {name} {columns}")
    lots: dict[str, list[tuple[Any, ...]]] = {name: [] for name in form.tables}
    count = unreadable = 0

    def insert() -> None:
        for name, lot in lots.items():
            if lot:
                places = ", ".join("?" * len(lot[0]))
                connection.executemany(f"INSERT OR IGNORE INTO {name} VALUES ({places})", lot)
                lot.clear()
        on_rows(count)

    connection.execute("BEGIN")
    for table, row in rows:
        if table is None:
            unreadable += 1
            continue
        lots[table].append(row)
        if table == form.counted:
            count += 1
            if count % _LOT == 0:
                insert()
    insert()
    for index in form.indexes:
        connection.execute(index)
    connection.execute("COMMIT")
    return ImportedDump(provider=form.name, recordings=count, unreadable=unreadable)


def names_key(artist: str, title: str) -> int:
    """64-bit key of artists and title in a normalised spelling, with the artists' words sorted."""
    words = words_of(artist).split()
    names = [word for word in words if word not in _JOINERS] or words
    title = words_of(title)
    if title.endswith(_PLAIN):
        title = title.rsplit(maxsplit=2)[0]
    return hashed(f"{' '.join(sorted(names))}|{title}")


def hashed(text: str) -> int:
    """64-bit hash of a text as a SQLite integer; matches are compared in full."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), signed=True)
