"""Queries of a look-up: tracks of an album together, identical audio once."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from map4.core.audio.tags import read_file_tags
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import words_of
from map4.core.music.file_name import FileName
from map4.core.music.placeholders import Placeholder
from map4.core.music.track.labels import Labels
from map4.core.music.track.track import Track
from map4.extras.lookup.lookup import LookupQuery

_PROGRAM = "fpcalc"
_SECONDS = "120"  # AcoustID compares the first two minutes
_MOST_LETTERS = 20_000


def fingerprint(path: str, *, timeout_s: float = 300.0) -> tuple[str, float] | None:
    """Return the fingerprint of a file and its length in seconds; None if there is none.

    The program runs as a separate process with a time limit, because it decodes untrusted files.
    """
    with suppress(OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError):
        OnDisk(path).require()
        process = subprocess.run(
            [_PROGRAM, "-json", "-length", _SECONDS, path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,  # it also fails at the end of the file
        )
        data = json.loads(process.stdout)
        text, length_s = data["fingerprint"], float(data["duration"])
        if isinstance(text, str) and 0 < len(text) <= _MOST_LETTERS and length_s > 0.0:
            return text, length_s
    return None


# Files with a smaller difference in length and otherwise equal data share a query.
_SAME_LENGTH_S = 3.0
# No album has more tracks, but a folder of "Unknown Album" may.
_MOST_OF_AN_ALBUM = 200


@dataclass(slots=True, eq=False)
class Item:
    """A query: a track with what the library knows of it, and its files."""

    query: LookupQuery
    caption: str
    files: list[tuple[str, str]] = field(default_factory=list)
    """Path and audio id of each file."""
    complete: LookupQuery | None = None

    def complete_query(self, *, sound: bool = False) -> LookupQuery:
        """Return the query with ids from the file's tags, which the library does not store.

        sound: add the fingerprint, which takes a moment, unless there is an AcoustID
        """
        path = os.fspath(self.files[0][0])
        if self.complete is None:
            tags = read_file_tags(path)
            self.complete = replace(self.query, recording_id=tags.recording_id, acoustid=tags.acoustid)
        if sound and self.complete.acoustid is None and (fingerprinted := fingerprint(path)) is not None:
            return replace(self.complete, fingerprint=fingerprinted[0], duration_s=fingerprinted[1])
        return self.complete

    @property
    def audio_ids(self) -> list[str]:
        return list(dict.fromkeys(audio_id for _, audio_id in self.files))


def query_of(track: Track) -> LookupQuery:
    """The known data of a track, cleaned; without a title, the file name is parsed."""
    given = Labels.clean_text(track.artist())
    known = None if given and Placeholder.is_one(given) else given
    artist, title = map(Labels.clean_text, FileName(track.path).names(known, Labels.clean_text(track.title())))
    return LookupQuery(
        artist=artist,
        title=title,
        album=Labels.clean_text(track.album()),
        duration_s=None if track.analysis is None else round(track.analysis.duration_s, 1),
        isrc=track.tags.isrc,
        catalog_number=Labels.clean_text(track.tags.catalog_number),
        track=track.track_number(),
        folder=os.path.dirname(track.path),
    )


def sent_of(query: LookupQuery, sends: Sequence[str]) -> dict[str, Any]:
    """The known fields of a query that would be sent."""
    return {name: value for name in sends if (value := getattr(query, name, None)) is not None}


def albums_of(tracks: Iterable[Track]) -> tuple[list[list[Item]], int]:
    """Group queries by album; also return the number of tracks skipped because their audio is unknown."""
    albums: dict[tuple[Any, ...], list[Item]] = {}
    known: dict[Any, list[Item]] = {}
    skipped = 0
    for number, track in enumerate(tracks):
        if track.audio_id is None:
            skipped += 1
            continue
        query = query_of(track)
        key = (query.folder, words_of(query.album)) if query.album else (number,)
        names = (key, words_of(query.artist or ""), words_of(query.title or ""), query.track, query.isrc)
        alike = known.setdefault((key, track.audio_id), [])
        item = alike[0] if alike else next((each for each in known.get(names, ()) if _is_as_long(each, query)), None)
        if item is None:
            item = Item(query, track.caption())
            albums.setdefault(key, []).append(item)
            known.setdefault(names, []).append(item)
        if not alike:
            alike.append(item)
        item.files.append((track.path, track.audio_id))
    parted: list[list[Item]] = []
    for items in albums.values():
        parted += [items] if len(items) <= _MOST_OF_AN_ALBUM else [[item] for item in items]
    return parted, skipped


def _is_as_long(item: Item, query: LookupQuery) -> bool:
    mine_s, other_s = item.query.duration_s, query.duration_s
    return mine_s is not None and other_s is not None and abs(mine_s - other_s) <= _SAME_LENGTH_S
