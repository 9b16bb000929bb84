"""MusicBrainz' canonical recordings from its CSV, imported into an indexed file: names and ids without a network.

Columns as in metabrainz/canonical-data-example: artist_credit_name, release_mbid, release_name, recording_mbid,
recording_name, score (lower is more canonical) and others.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, ClassVar

from map4.extras.lookup.lookup import Appearance, Candidate, LookupQuery
from map4.extras.lookup.provider import AskService, Policy
from map4.extras.lookup.providers.dump_file import DumpProvider, DumpRow, names_key

_COLUMNS = ("artist_credit_name", "release_mbid", "release_name", "recording_mbid", "recording_name", "score")
_MOST_FOUND, _MOST_LETTERS = 25, 1 << 20


def _why_not(head: bytes) -> str | None:
    names = head.partition(b"\n")[0].decode("utf-8", "replace").strip().split(",")
    missing = next((name for name in _COLUMNS if name not in names), None)
    return missing and f"it lacks the column {missing} of canonical_musicbrainz_data.csv"


def _rows(file: BinaryIO, source: str) -> Iterator[DumpRow]:
    usual = csv.field_size_limit(_MOST_LETTERS)  # the limit is process-wide
    try:
        reader = csv.reader(io.TextIOWrapper(file, encoding="utf-8", newline=""))
        head = next(reader)
        places = [head.index(name) for name in _COLUMNS]
        for row in reader:
            if len(row) != len(head):
                yield None, ()
                continue
            artist, release_id, release, recording_id, title, score = (row[place] for place in places)
            key = names_key(artist, title)
            yield "recordings", (key, recording_id, artist, title, release_id, release, int(score or 0))
    finally:
        csv.field_size_limit(usual)


class CanonicalDump(DumpProvider):
    name, what = "musicbrainz-dump", "MusicBrainz' names from a file, without a network"
    ids_of = "musicbrainz"
    file_name = "musicbrainz-canonical.sqlite"
    application_id = 0x4D344351  # "M4CQ"
    tables: ClassVar = {
        "recordings": "(key INTEGER NOT NULL, recording_id TEXT NOT NULL, artist TEXT NOT NULL, title TEXT NOT NULL, "
        "release_id TEXT NOT NULL, release TEXT NOT NULL, score INTEGER NOT NULL) STRICT"
    }
    indexes = (
        "CREATE INDEX recordings_by_key ON recordings (key)",
        "CREATE INDEX recordings_by_id ON recordings (recording_id)",
    )
    counted = "recordings"
    where = "canonical_musicbrainz_data.csv, unpacked, from metabrainz.org/datasets/derived-dumps"
    rows, why_not = staticmethod(_rows), staticmethod(_why_not)
    policy = Policy(interval_s=0.0, attribution="MusicBrainz canonical data (CC0)")

    def search(self, query: LookupQuery, read: AskService) -> Sequence[Candidate]:
        """Search by the id in the file, else by names that differ only in case, accents and punctuation."""
        rows: list[Any] = []
        if query.recording_id is not None:
            rows = self._recordings("recording_id = ?", query.recording_id)
        if not rows and query.title and query.artist:
            rows = self._recordings("key = ?", names_key(query.artist, query.title))
        return [
            Candidate(
                id=recording_id, artist=artist, title=title, appearances=(Appearance(release_id=on, title=release),)
            )
            for recording_id, artist, title, on, release in rows
        ]

    def _recordings(self, where: str, value: str | int) -> list[Any]:
        return self._select(
            f"SELECT recording_id, artist, title, release_id, release FROM recordings WHERE {where} "
            f"ORDER BY score, recording_id LIMIT {_MOST_FOUND}",
            value,
        )

    def fetch(self, recording_id: str, release_id: str | None, read: AskService) -> dict[str, str] | None:
        """Names only."""
        rows = self._recordings("recording_id = ?", recording_id)
        return {"artist": rows[0][1], "title": rows[0][2], "album": rows[0][4]} if rows else None
