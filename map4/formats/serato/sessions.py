"""Serato's play history: the files of `_Serato_/History/Sessions`, one per session.

They consist of the records of crates. An `oent` is a track on a deck: its `adat` contains fields by number, each with
its length, as 32-bit numbers. A track that plays on is written again with its row number and the data known then.

[1] ben-xo/sslscrobbler, `SSL/Structs/SSLTrackAdat.xoup`: the fields by number; `SSLTrack.php`: what "played" means.
[2] SpinTools/seratoparser, `entities.go`: the same fields as of later versions.
"""

from __future__ import annotations

import io
import os
import re

from map4.core.base.regular_files import open_regular
from map4.core.music.lists.tracklist import PlaylistEntry
from map4.formats.fields import ProgramFields
from map4.formats.importer import ReadNotes
from map4.formats.serato.records import CutOffError, number_of, read_records, text_of
from map4.formats.text import one_line

FOLDER = os.path.join("History", "Sessions")
SUFFIX = ".session"

_ENTRY_TAG, _FIELDS_TAG = b"oent", b"adat"
_WANTED = _ROW, _PATH, _TITLE, _ARTIST, _ALBUM, _STARTED, _PLAYED = 1, 2, 6, 7, 8, 28, 50
_NUMBER_BYTES, _MOST_FIELD_BYTES = 4, 1 << 16
# Maximum rows; a DJ plays some hundreds of tracks a night.
_MOST_ROWS = 100_000
_VOLUME = re.compile(r"Volumes/[^/]+/(.+)", re.DOTALL)
_DRIVE = re.compile(r"[A-Za-z]:/(.+)", re.DOTALL)

PLAY = ProgramFields("adat", (("played_at", _STARTED),))
Played = tuple[PlaylistEntry, str | None]
"""A track of a session by its full path, and when it began, in UTC."""


def crate_keys(path: str) -> tuple[str, ...]:
    """Return the names that crates may use for a track: its path from the root, or from that of its volume."""
    plain = path.replace("\\", "/").lstrip("/")
    inner = _VOLUME.fullmatch(plain) or _DRIVE.fullmatch(plain)
    return (plain, inner[1]) if inner else (plain,)


def read_session(path: str, notes: ReadNotes) -> list[Played]:
    """Return the played tracks of a session, in the order in which they were loaded."""
    rows: dict[int, dict[int, bytes]] = {}
    with open_regular(path) as file:
        try:
            for tag, data in read_records(file):
                if tag == _ENTRY_TAG and len(rows) < _MOST_ROWS:
                    fields = _fields(data)
                    row = number_of(fields.get(_ROW, b""))
                    rows.setdefault(len(rows) if row is None else row, {}).update(fields)
        except CutOffError:
            notes.cut_off()
    return [track for row, fields in rows.items() if (track := _played(row, fields, notes)) is not None]


def _fields(entry: bytes) -> dict[int, bytes]:
    """Return the fields of an entry by number; for a cut-off entry, the fields before."""
    fields: dict[int, bytes] = {}
    try:
        for tag, data in read_records(io.BytesIO(entry)):
            for name, value in read_records(io.BytesIO(data)) if tag == _FIELDS_TAG else ():
                number = int.from_bytes(name, "big")
                if number in _WANTED and len(value) <= _MOST_FIELD_BYTES:
                    fields[number] = value
    except CutOffError:
        pass
    return fields


def _played(row: int, fields: dict[int, bytes], notes: ReadNotes) -> Played | None:
    """Return a played track; None if it was only loaded."""
    path = text_of(fields.get(_PATH, b""))
    if not any(fields.get(_PLAYED, b"\1")):
        return None
    if not path:
        notes.left_out["entries of histories that name no file"] += 1
        return None
    data = fields.get(_STARTED, b"")
    started = number_of(data[-_NUMBER_BYTES:]) if len(data) in (_NUMBER_BYTES, 2 * _NUMBER_BYTES) else None
    artist, title, album = (one_line(text_of(fields.get(number, b""))) for number in (_ARTIST, _TITLE, _ALBUM))
    entry = PlaylistEntry(position=row, location=path, artist=artist, title=title, album=album)
    return entry, PLAY.read({_STARTED: data if started is None else started}, notes.left_out).get("played_at")
