"""Serato's crates, its `database V2` and its history: tracks, crates, and played tracks.

Cue points and grids are in the music files themselves, as Serato's tags (`tags.py`). The field of plays (`utpc`) is
known only from public projects; Serato does not document its files.

[1] "Serato Database Format", Mixxx wiki, 2019.
[2] Holzhaus/triseratops, `src/library/`, public project: fields of the database, and its place.
[3] "What is in the _Serato_ folder?", support.serato.com, article 204022904.

Serato's play history: the files of `_Serato_/History/Sessions`, one per session.

They consist of the records of crates. An `oent` is a track on a deck: its `adat` contains fields by number, each with
its length, as 32-bit numbers. A track that plays on is written again with its row number and the data known then.

[1] ben-xo/sslscrobbler, `SSL/Structs/SSLTrackAdat.xoup`: the fields by number; `SSLTrack.php`: what "played" means.
[2] SpinTools/seratoparser, `entities.go`: the same fields as of later versions.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache

from map4.core.base.path_maps import Location
from map4.core.base.paths import display_path
from map4.core.base.regular_files import OnDisk
from map4.core.music.lists.tracklist import PlaylistEntry
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.imported import ImportedValues
from map4.formats.fields import ProgramFields, entry_of
from map4.formats.importer import DjItem, DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.formats.lacks import BARS_OF_FOUR, LATER_ZERO, MARKER_NAMES, NO_KINDS, ROUNDED_TEMPI, Lack
from map4.formats.serato import records
from map4.formats.serato.tags import read_tags
from map4.formats.values import history_name, one_line

SESSIONS_FOLDER = os.path.join("History", "Sessions")
SESSION_SUFFIX = ".session"

_ENTRY_TAG, _FIELDS_TAG = b"oent", b"adat"
_WANTED = _ROW, _PATH, _TITLE, _ARTIST, _ALBUM, _STARTED, _PLAYED = 1, 2, 6, 7, 8, 28, 50
_NUMBER_BYTES, _MOST_FIELD_BYTES = 4, 1 << 16
# Maximum rows; a DJ plays some hundreds of tracks a night.
_MOST_ROWS = 100_000
_VOLUME = re.compile(r"Volumes/[^/]+/(.+)", re.DOTALL)
_DRIVE = re.compile(r"[A-Za-z]:/(.+)", re.DOTALL)

PLAY = ProgramFields("adat", (("played_at", _STARTED),))
Played = tuple[PlaylistEntry, str | None]  # a track of a session by its full path, and when it began, in UTC


def crate_keys(path: str) -> tuple[str, ...]:
    """Return the names that crates may use for a track: its path from the root, or from that of its volume."""
    plain = path.replace("\\", "/").lstrip("/")
    inner = _VOLUME.fullmatch(plain) or _DRIVE.fullmatch(plain)
    return (plain, inner[1]) if inner else (plain,)


def read_session(path: str, notes: ReadNotes) -> list[Played]:
    """Return the played tracks of a session, in the order in which they were loaded."""
    rows: dict[int, dict[int, bytes]] = {}
    with OnDisk(path).open() as file:
        try:
            for tag, data in records.read_records(file):
                if tag == _ENTRY_TAG and len(rows) < _MOST_ROWS:
                    fields = _fields(data)
                    row = records.number_of(fields.get(_ROW, b""))
                    rows.setdefault(len(rows) if row is None else row, {}).update(fields)
        except records.CutOffError:
            notes.cut_off()
    return [track for row, fields in rows.items() if (track := _played(row, fields, notes)) is not None]


def _fields(entry: bytes) -> dict[int, bytes]:
    """Return the fields of an entry by number; for a cut-off entry, the fields before."""
    fields: dict[int, bytes] = {}
    try:
        for tag, data in records.read_records(io.BytesIO(entry)):
            for name, value in records.read_records(io.BytesIO(data)) if tag == _FIELDS_TAG else ():
                number = int.from_bytes(name, "big")
                if number in _WANTED and len(value) <= _MOST_FIELD_BYTES:
                    fields[number] = value
    except records.CutOffError:
        pass
    return fields


def _played(row: int, fields: dict[int, bytes], notes: ReadNotes) -> Played | None:
    """Return a played track; None if it was only loaded."""
    path = records.text_of(fields.get(_PATH, b""))
    if not any(fields.get(_PLAYED, b"\1")):
        return None
    if not path:
        notes.left_out["entries of histories that name no file"] += 1
        return None
    data = fields.get(_STARTED, b"")
    started = records.number_of(data[-_NUMBER_BYTES:]) if len(data) in (_NUMBER_BYTES, 2 * _NUMBER_BYTES) else None
    artist, title, album = (one_line(records.text_of(fields.get(number, b""))) for number in (_ARTIST, _TITLE, _ALBUM))
    entry = PlaylistEntry(position=row, location=path, artist=artist, title=title, album=album)
    return entry, PLAY.read({_STARTED: data if started is None else started}, notes.left_out).get("played_at")


_FOLDER = "_Serato_"
_CRATES = "Subcrates"
_SMART_CRATES = "SmartCrates"
_DATABASE = "database V2"
_SUFFIX = ".crate"
# Separator between the names of a crate and its parent crate.
_WITHIN = "%%"
# A library copied from another machine has another user's home in its paths.
_HOME = re.compile(r"Users/[^/]+/(.+)", re.DOTALL)
_BUTTONS = 8
_LENGTH = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2}(?:\.\d{1,3})?)")
_PROGRAM_WORDS = "Serato".encode("utf-16-be")

_TEXTS = {
    "title": b"tsng", "artist": b"tart", "album": b"talb", "genre": b"tgen", "label": b"tlbl", "composer": b"tcmp",
    "remixer": b"trmx", "grouping": b"tgrp", "comment": b"tcom",
}  # fmt: skip

_Roots = Callable[[str], tuple[str, ...]]  # returns the folders that a path may start from, by its first part


def _read(path: str, notes: ReadNotes) -> Iterator[DjItem]:
    path = os.path.abspath(path)
    if os.path.isdir(path):
        if not _recognises(path, b""):
            raise ImportReadError(f"there is neither a file '{_DATABASE}' nor a folder {_CRATES} in it")
        yield from _folder(_serato_folder(path), notes)
    elif os.path.basename(path) == _DATABASE:
        yield from _folder(os.path.dirname(path), notes)
    else:
        yield from _crate(path, notes, set())


def _recognises(path: str, head: bytes) -> bool:
    if os.path.isdir(path):
        folder = _serato_folder(path)
        return any(os.path.exists(os.path.join(folder, name)) for name in (_DATABASE, _CRATES))
    return head.startswith(records.VERSION_TAG) and _PROGRAM_WORDS in head


def _serato_folder(path: str) -> str:
    """Return the folder `_Serato_`, given itself, its crates or the folder around it."""
    path = os.path.abspath(path)
    if os.path.basename(path) == _CRATES:
        return os.path.dirname(path)
    inner = os.path.join(path, _FOLDER)
    return inner if os.path.isdir(inner) else path


def _folder(folder: str, notes: ReadNotes) -> Iterator[DjItem]:
    known: set[str] = set()
    database = os.path.join(folder, _DATABASE)
    if os.path.isfile(database):
        yield from _tracks(database, notes, known)
    for name in _names(os.path.join(folder, _CRATES), _SUFFIX):
        try:
            yield from _crate(os.path.join(folder, _CRATES, name), notes, known)
        except (ImportReadError, OSError):
            notes.left_out["crates that can't be read"] += 1
    for _ in _names(os.path.join(folder, _SMART_CRATES), ".scrate"):
        notes.left_out["smart crates"] += 1
    yield from _sessions(os.path.join(folder, SESSIONS_FOLDER), notes, known)


def _sessions(folder: str, notes: ReadNotes, known: set[str]) -> Iterator[DjItem]:
    """Yield each session by its start, after its tracks that are not known yet."""
    for name in _names(folder, SESSION_SUFFIX):
        try:
            played = read_session(os.path.join(folder, name), notes)
        except OSError:
            notes.left_out["sessions that can't be read"] += 1
            continue
        keys: list[str] = []
        for entry, _ in played:
            names = crate_keys(entry.location or "")
            keys.append(next((key for key in names if key in known), names[0]))
            if keys[-1] not in known:
                known.add(keys[-1])
                yield DjTrack(key=keys[-1], entry=replace(entry, position=len(known)))
        times = tuple(started for _, started in played)
        if played:
            called, identity = history_name(times, display_path(os.path.splitext(name)[0]))
            yield DjPlaylist(name=called, identity=identity, keys=tuple(keys), kind="history", times=times)


def _names(folder: str, suffix: str) -> list[str]:
    if not os.path.isdir(folder):
        return []
    # On other drives, macOS writes companion files "._x.crate".
    return sorted(name for name in os.listdir(folder) if name.lower().endswith(suffix) and not name.startswith("._"))


def _crate(path: str, notes: ReadNotes, known: set[str]) -> Iterator[DjItem]:
    """Yield the tracks that are not known yet, then the list."""
    keys: list[str] = []
    yield from _tracks(path, notes, known, keys)
    *folders, name = display_path(os.path.splitext(os.path.basename(path))[0]).split(_WITHIN)
    yield DjPlaylist(name=name, folders=tuple(folders), keys=tuple(keys))


def _tracks(path: str, notes: ReadNotes, known: set[str], keys: list[str] | None = None) -> Iterator[DjTrack]:
    """Yield the tracks of a database or crate that are not `known` yet; all their keys go to `keys`."""
    roots_of = _root_finder(path)
    with OnDisk(path).open() as file:
        try:
            tag, _ = next(records.read_records(file), (b"", b""))
        except records.CutOffError:
            tag = b""
        if tag != records.VERSION_TAG:
            raise ImportReadError("this is not a file of Serato: it does not begin with a version")
        try:
            for fields in records.track_fields(file):
                location = records.path_of(fields)
                if location is None:
                    notes.left_out["tracks without a path"] += 1
                    continue
                key = location.replace("\\", "/").lstrip("/")
                if keys is not None:
                    keys.append(key)
                if key not in known:
                    known.add(key)
                    yield _track(key, location, len(known), fields, roots_of, notes)
        except records.CutOffError:
            notes.cut_off()


def _track(
    key: str, location: str, position: int, fields: Mapping[bytes, bytes], roots_of: _Roots, notes: ReadNotes
) -> DjTrack:
    values = TRACK.read({tag: _content(tag, data) for tag, data in fields.items()}, notes.left_out)
    entry = entry_of(values, position, *_locations(key, location, roots_of))
    return DjTrack(key=key, entry=entry, values=ImportedValues(**values))


def _content(tag: bytes, data: bytes) -> str | int | bytes:
    """Return the content of a field by the type that its tag begins with; bytes if it is unreadable."""
    if tag.startswith(b"t"):
        return records.text_of(data).strip()
    number = records.number_of(data) if tag.startswith(b"u") else None
    return data if number is None else number


def _seconds(text: str) -> float | None:
    """Parse `03:54.21` to seconds."""
    match = _LENGTH.fullmatch(text)
    if match is None:
        return None
    return int(match[1] or 0) * 3600 + int(match[2]) * 60 + float(match[3]) or None


TRACK = ProgramFields(
    "otrk",
    (
        *_TEXTS.items(), ("year", b"ttyr"), ("track_number", b"utkn"), ("disc_number", b"udsc"),
        ("date_added", b"uadd"), ("date_added", b"tadd"), ("bpm", b"tbpm"), ("key", b"tkey"), ("play_count", b"utpc"),
        ("duration_s", b"tlen", _seconds), ("size_bytes", b"ufsb"),
    ),
)  # fmt: skip


def _locations(key: str, location: str, roots_of: _Roots) -> list[str]:
    """Return the possible paths of a track, the likeliest first; Serato does not store the root of the volume.

    The root is the folder that contains `_Serato_`, or one above it. If none matches, the library comes from another
    machine: then "/" plus the path, which --path-map can map, or the same path in this user's home.
    """
    if Location.is_windows_path(location):
        return [location]
    places = [_joined(root, key) for root in roots_of(key.partition("/")[0])]
    if home := _HOME.fullmatch(key):
        places.append(_joined(os.path.expanduser("~"), home[1]))
    return list(dict.fromkeys(places))


def _joined(folder: str, path: str) -> str:
    return folder.rstrip("/\\") + "/" + path


def _root_finder(path: str) -> _Roots:
    """Return a function that finds the start of paths: the nearest folder above the crate with their first part, or
    else the root."""
    above = os.path.dirname(os.path.realpath(path))
    if _FOLDER in above.split(os.sep):
        above = above.rpartition(os.sep + _FOLDER)[0] or os.sep

    @cache
    def roots_of(first: str) -> tuple[str, ...]:
        folder = above
        while not os.path.lexists(os.path.join(folder, first)):
            higher = os.path.dirname(folder)
            if higher == folder:
                return "/", above
            folder = higher
        return folder, "/"

    return roots_of


def _has_no_button(cue: CuePoint, values: ImportedValues) -> bool:
    """Return whether a cue point needs a free button."""
    numbers = [other.number for other in values.cues if other.kind != "loop"]
    has_own = cue.number is not None and cue.number < _BUTTONS and numbers.count(cue.number) == 1
    return cue.kind != "loop" and not has_own


SERATO = Importer(
    name="serato",
    title="Serato DJ",
    suffixes=(_SUFFIX[1:],),
    recognises=_recognises,
    read=_read,
    tags=read_tags,
    fields=(TRACK, PLAY),
    places=("~/Music/_Serato_",),
    lacks=(
        Lack("rating mix album_artist my_tags structure vocals"),
        Lack("cues.number", "{} has no memory cues: it is on a free button", lambda cue, _: cue.number is None),
        Lack(
            "cues.number", f"{{}} has {_BUTTONS} hot cues: it is on a free button",
            lambda cue, values: cue.number is not None and _has_no_button(cue, values),
        ),
        Lack(
            "cues", f"{{}} holds {_BUTTONS} cue points",
            lambda cue, values: _has_no_button(cue, values)
            and sum(other.kind != "loop" for other in values.cues) > _BUTTONS,
        ),
        NO_KINDS, LATER_ZERO, BARS_OF_FOUR, MARKER_NAMES, ROUNDED_TEMPI,
    ),
)  # fmt: skip
