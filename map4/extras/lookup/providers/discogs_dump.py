"""Discogs' monthly dump of releases, imported into an indexed file: labels, numbers, styles, dates without a network.

The dump is one XML of some 60 GB (10 GB packed): `<releases>`, then one `<release id="…">` after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, ClassVar
from xml.etree.ElementTree import Element, ParseError, fromstring

from map4.errors import UsageError
from map4.extras.lookup.lookup import Candidate, LookupQuery
from map4.extras.lookup.provider import AskService, Policy
from map4.extras.lookup.providers.discogs import Pressing, candidate_of, joined, pressings, recordings, values_of
from map4.extras.lookup.providers.dump_file import DumpProvider, DumpRow, hashed, names_key

_BEGIN, _END, _ROOT_END = b"<release ", b"</release>", b"</releases>"
_PIECE_BYTES, _MOST_BYTES = 1 << 20, 64 << 20
_MOST_FOUND = 500


def _why_not(head: bytes) -> str | None:
    if b"<releases" in head:
        return None
    other = next((name for name in ("masters", "artists", "labels") if f"<{name}".encode() in head), None)
    reason = f"contains Discogs' {other}" if other else "does not begin with <releases>"
    return f"it {reason}; discogs_…_releases.xml.gz contains releases"


def _rows(file: BinaryIO, source: str) -> Iterator[DumpRow]:
    for text in _releases(file, source):
        try:
            # A separate document without a DTD can't define entities.
            tracks = list(pressings(_as_of_api(fromstring(text))))
        except (ParseError, ValueError, KeyError, TypeError, AttributeError):
            yield None, ()
            continue
        if not tracks:
            continue
        first = tracks[0]
        number = hashed(joined(first.catalog_number)) if first.catalog_number else None
        yield "releases", (first.release_id, number, first.artist, *first[7:])
        for pressing in tracks:
            artist = None if pressing.artist == first.artist else pressing.artist
            key = names_key(pressing.artist, pressing.title)
            yield "tracks", (first.release_id, pressing.place, key, pressing.position, artist, *pressing[4:7])


def _releases(file: BinaryIO, source: str) -> Iterator[bytes]:
    """Yield the text of each release; only one release is in memory at a time."""
    waiting = b""
    while piece := file.read(_PIECE_BYTES):
        *whole, waiting = (waiting + piece).split(_END)
        for text in whole:
            if (begin := text.find(_BEGIN)) >= 0:
                yield text[begin:] + _END
        if len(waiting) > _MOST_BYTES:
            raise UsageError(f"{source} is not a Discogs dump: a release exceeds {_MOST_BYTES >> 20} MB")
    if _ROOT_END not in waiting:
        raise UsageError(f"{source} is damaged or incomplete")


def _as_of_api(release: Element) -> dict[str, Any]:
    """Convert a release to the form of the API."""
    parts = {element.tag: element for element in release}
    return {
        "id": release.attrib["id"],
        **{name: _text(parts, name) for name in ("title", "released")},
        "artists": _artists(parts.get("artists")),
        "labels": [label.attrib for label in parts.get("labels", ())],
        "formats": [
            {"descriptions": [text.text for text in element.iterfind("descriptions/description")]}
            for element in parts.get("formats", ())
        ],
        **{name: [element.text for element in parts.get(name, ()) if element.text] for name in ("genres", "styles")},
        "tracklist": [_track(entry) for entry in parts.get("tracklist", ())],
    }


def _track(track: Element) -> dict[str, Any]:
    parts = {element.tag: element for element in track}
    return {
        **{name: _text(parts, name) for name in ("position", "title", "duration")},
        **{name: _artists(parts.get(name)) for name in ("artists", "extraartists")},
        "sub_tracks": [_track(entry) for entry in parts.get("sub_tracks", ())],
    }


def _artists(element: Element | None) -> list[dict[str, str | None]]:
    return [
        {name: credit.findtext(name) for name in ("name", "join", "role")}
        for credit in (() if element is None else element)
    ]


def _text(parts: Mapping[str, Element], name: str) -> str | None:
    return parts[name].text if name in parts else None


class DiscogsDump(DumpProvider):
    name, what = "discogs-dump", "Discogs' label, catalogue number, styles, dates from a file, without a network"
    file_name = "discogs.sqlite"
    application_id = 0x4D344449  # "M4DI"
    tables: ClassVar = {
        "releases": "(release_id INTEGER PRIMARY KEY, number_key INTEGER, artist TEXT NOT NULL, album TEXT NOT NULL, "
        "label TEXT NOT NULL, catalog_number TEXT NOT NULL, date TEXT NOT NULL, genre TEXT NOT NULL, "
        "is_own INTEGER NOT NULL) STRICT",
        "tracks": "(release_id INTEGER NOT NULL, place INTEGER NOT NULL, key INTEGER NOT NULL, "
        "position INTEGER NOT NULL, artist TEXT, title TEXT NOT NULL, remixer TEXT NOT NULL, duration_s INTEGER, "
        "PRIMARY KEY (release_id, place)) STRICT, WITHOUT ROWID",
    }
    indexes = (
        "CREATE INDEX tracks_by_key ON tracks (key)",
        "CREATE INDEX releases_by_number ON releases (number_key) WHERE number_key IS NOT NULL",
    )
    counted = "tracks"
    where = "discogs_…_releases.xml.gz from discogs.com/data"
    rows, why_not = staticmethod(_rows), staticmethod(_why_not)
    policy = Policy(interval_s=0.0, attribution="data of Discogs' monthly dump (CC0)")

    def search(self, query: LookupQuery, read: AskService) -> Sequence[Candidate]:
        """Search by catalogue number and position, and by names that differ only in case, accents and punctuation."""
        matching: list[Pressing] = []
        if query.catalog_number and query.track is not None and joined(query.catalog_number):
            matching = self._pressings(
                "release_id IN (SELECT release_id FROM releases WHERE number_key = ?) AND position = ?",
                hashed(joined(query.catalog_number)),
                query.track,
            )
        if query.artist and query.title:
            matching += self._pressings("key = ?", names_key(query.artist, query.title))
        return [candidate_of(recording) for recording in recordings(matching)]

    def fetch(self, recording_id: str, release_id: str | None, read: AskService) -> dict[str, Any] | None:
        release, _, place = recording_id.partition("/")
        matching = self._pressings(
            "key = (SELECT key FROM tracks WHERE release_id = ? AND place = ?)", int(release), int(place)
        )
        recording = next(
            (candidate for candidate in recordings(matching) if recording_id in (track.id for track in candidate)), None
        )
        return None if recording is None else values_of(recording, release_id)

    def _pressings(self, where: str, *values: int) -> list[Pressing]:
        rows = self._select(
            "SELECT release_id, place, position, coalesce(tracks.artist, releases.artist), title, remixer, duration_s, "
            "album, label, catalog_number, date, genre, is_own FROM tracks JOIN releases USING (release_id) "
            f"WHERE {where} ORDER BY release_id, place LIMIT {_MOST_FOUND}",
            *values,
        )
        return [Pressing._make((*row[:-1], bool(row[-1]))) for row in rows]
