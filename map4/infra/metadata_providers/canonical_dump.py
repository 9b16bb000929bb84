"""MusicBrainz' canonical recordings, from its CSV in one indexed file: names and ids without any network.

Columns as in metabrainz/canonical-data-example: artist_credit_name, release_mbid, release_name, recording_mbid,
recording_name, score (lower is more canonical) and others.
"""

from __future__ import annotations

import csv
import io
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, BinaryIO

from map4.domain.lookup import Appearance, Candidate, Wish
from map4.domain.text import words_of
from map4.errors import UsageError
from map4.ports.asking import Fault
from map4.ports.metadata import Policy, Read, Request
from map4.regular_files import open_regular, require_regular

NAME = "musicbrainz-dump"
_COLUMNS = ("artist_credit_name", "release_mbid", "release_name", "recording_mbid", "recording_name", "score")
_LOT = 20_000
_MOST_FOUND = 25
_APPLICATION_ID = 0x4D344350  # "M4CP"


def default_dump_path() -> str:
    """The file, in the user's data folder."""
    from platformdirs import user_data_path

    return str(user_data_path("map4", appauthor=False) / "musicbrainz-canonical.sqlite")


def import_dump(
    source: str, target: str | None = None, *, on_rows: Callable[[int], object] = lambda count: None
) -> int:
    """Make the indexed file of a CSV, in the place of an older one when it is whole; gives how many recordings it has.

    Raises
    ------
    UsageError
        If it is no canonical dump, or can't be read.
    """
    path = target or default_dump_path()
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    unfinished = f"{path}.new"
    with suppress(FileNotFoundError):
        os.unlink(unfinished)
    try:
        with open_regular(source) as file, closing(sqlite3.connect(unfinished, isolation_level=None)) as connection:
            count = _fill(connection, _rows(file, source), on_rows)
        os.replace(unfinished, path)
    except (OSError, csv.Error, ValueError, OverflowError, sqlite3.Error) as error:
        raise UsageError(f"{source} can't be read: {getattr(error, 'strerror', None) or error}") from None
    finally:
        with suppress(FileNotFoundError):
            os.unlink(unfinished)
    return count


def _rows(file: BinaryIO, source: str) -> Iterator[tuple[Any, ...]]:
    csv.field_size_limit(min(sys.maxsize, 1 << 20))
    reader = csv.reader(io.TextIOWrapper(file, encoding="utf-8", newline=""))
    head = next(reader, [])
    if not set(_COLUMNS) <= set(head):
        raise UsageError(
            f"{source} is no canonical_musicbrainz_data.csv: it has no column "
            f"{next(name for name in _COLUMNS if name not in head)}; unpack the archive of MusicBrainz first"
        )
    places = [head.index(name) for name in _COLUMNS]
    for row in reader:
        if len(row) == len(head):
            artist, release_id, release, recording_id, title, score = (row[place] for place in places)
            yield _key(artist, title), recording_id, artist, title, release_id, release, int(score or 0)


def _fill(connection: sqlite3.Connection, rows: Iterator[tuple[Any, ...]], on_rows: Callable[[int], object]) -> int:
    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    connection.execute("PRAGMA journal_mode = OFF")  # it is thrown away unless it gets whole
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute(
        "CREATE TABLE recordings (key TEXT NOT NULL, recording_id TEXT NOT NULL, artist TEXT NOT NULL, "
        "title TEXT NOT NULL, release_id TEXT NOT NULL, release TEXT NOT NULL, score INTEGER NOT NULL) STRICT"
    )
    count = 0
    connection.execute("BEGIN")
    while lot := [row for _, row in zip(range(_LOT), rows, strict=False)]:
        connection.executemany("INSERT INTO recordings VALUES (?, ?, ?, ?, ?, ?, ?)", lot)
        count += len(lot)
        on_rows(count)
    connection.execute("CREATE INDEX recordings_by_key ON recordings (key)")
    connection.execute("CREATE INDEX recordings_by_id ON recordings (recording_id)")
    connection.execute("COMMIT")
    return count


def _key(artist: str, title: str) -> str:
    """Artist and title as words in one spelling, the artist's in the order of the alphabet."""
    return f"{' '.join(sorted(words_of(artist).split()))}|{words_of(title)}"


class CanonicalDump:
    """The imported file.

    Raises
    ------
    UsageError
        If none was imported.
    """

    def __init__(self, path: str | None = None) -> None:
        self.name = NAME
        self.headers: Mapping[str, str] = {}
        self.policy = Policy(interval_s=0.0, attribution="MusicBrainz canonical data (CC0)")
        path = path or default_dump_path()
        try:
            require_regular(path)
        except OSError:
            raise UsageError(
                "there is no dump yet: get canonical_musicbrainz_data.csv from "
                "metabrainz.org/datasets/derived-dumps, then 'map4 providers import-dump FILE'"
            ) from None
        self._path = path
        self._connection = sqlite3.connect(
            f"{Path(path).absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False
        )
        if self._select("PRAGMA application_id") != [(_APPLICATION_ID,)]:
            raise self._damaged()

    def search(self, wish: Wish, read: Read) -> Sequence[Candidate]:
        """By the id in the file, and by names that are the same but for case, accents and marks."""
        rows: list[Any] = []
        if wish.recording_id is not None:
            rows = self._rows("recording_id = ?", wish.recording_id)
        if not rows and wish.title and wish.artist:
            rows = self._rows("key = ?", _key(wish.artist, wish.title))
        return [
            Candidate(id=found, artist=artist, title=title, appearances=(Appearance(release_id=on, title=release),))
            for found, artist, title, on, release in rows
        ]

    def _rows(self, where: str, value: str) -> list[Any]:
        return self._select(
            f"SELECT recording_id, artist, title, release_id, release FROM recordings WHERE {where} "
            f"ORDER BY score, recording_id LIMIT {_MOST_FOUND}",
            value,
        )

    def _select(self, query: str, *values: str) -> list[Any]:
        try:
            return self._connection.execute(query, values).fetchall()
        except (sqlite3.Error, UnicodeDecodeError):  # SQLite quotes damaged bytes
            raise self._damaged() from None

    def _damaged(self) -> UsageError:
        return UsageError(f"{self._path} is no dump that map4 imported; import it again")

    def fetch(self, recording_id: str, release_id: str | None, read: Read) -> dict[str, str] | None:
        """Names alone."""
        found = self._rows("recording_id = ?", recording_id)
        return {"artist": found[0][1], "title": found[0][2], "album": found[0][4]} if found else None

    def fault_in(self, request: Request, answer: Any) -> Fault | None:
        """Nothing is asked."""
        return None

    def probe(self) -> Request | None:
        """There is none to ask."""
        return None
