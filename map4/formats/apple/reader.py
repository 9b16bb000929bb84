"""The library of Apple's Music app or iTunes: the file of "Export Library", or `iTunes Music Library.xml`.

Its keys are undocumented and were taken from libraries of both programs. `Master` and `Distinguished Kind` below 200
mark the lists that the program maintains itself. A library of 50,000 tracks is 100 MB, so it is read piece by piece.

Smart playlists of iTunes and Apple Music: two blocks of bytes in the XML, for the rules and for the limit.

A block of rules is a head of 136 bytes ("SLst", the number of rules, and whether all or any must match) followed by the
rules: 4 bytes each for the field and for the comparison, and from byte 56 on a text in UTF-16, numbers, or a nested
block of the length in byte 52. Numbers are big-endian, dates are seconds since 1904.
"""

from __future__ import annotations

import struct
from base64 import b64decode
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from map4.core.base.regular_files import OnDisk
from map4.core.base.text import whole_number
from map4.core.music.lists.live import LiveList
from map4.core.music.query.shuffle import RANDOM
from map4.core.music.track.imported import ImportedValues
from map4.formats.fields import ProgramFields, entry_of, stars, then
from map4.formats.importer import DjItem, DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes, folders_around
from map4.formats.live_rules import Groups, UnsupportedRuleError, compared, counting_unsupported, joined, live_list
from map4.formats.values import above_zero
from map4.formats.xml_reading import pieces, safe_parser, xml_errors

_HEAD, _RULE_HEAD, _LENGTH_AT = 136, 56, 52
_MOST_RULES, _MOST_NESTED = 200, 8
_BLOCK = 0
_TEXTS = {2: "title", 3: "album", 4: "artist", 8: "genre", 14: "comment", 18: "composer", 39: "grouping",
          71: "album-artist"}  # fmt: skip
_NUMBERS = {5: "bitrate", 6: "samplerate", 7: "year", 11: "track", 13: "duration", 22: "plays", 24: "disc",
            25: "rating", 35: "bpm"}  # fmt: skip
_SCALES = {"rating": 20.0, "duration": 1000.0}
_DATES = {10: "modified", 16: "added", 23: "played"}
_PODCAST, _KIND, _MUSIC = 57, 60, 1
_OTHERS = {29: "checked", 31: "compilation", 37: "artwork", 40: "a playlist", 41: "purchased", 68: "skips",
           69: "last skipped", 133: "location", 134: "iCloud status", 154: "loved"}  # fmt: skip
# Lowest bytes: the comparison; highest: whether it compares text, and whether it is negated.
_IS, _CONTAINS, _BEGINS, _ENDS, _ABOVE, _BELOW, _RANGE, _LAST, _BITS = 1, 2, 4, 8, 16, 64, 256, 512, 1024
_WORDS = {_IS: "is", _CONTAINS: "contains", _BEGINS: "begins with", _ENDS: "ends with"}
_HOW = {_IS: "is", _CONTAINS: "has", _ABOVE: "above", _BELOW: "below", _RANGE: "between", _LAST: "last"}
_NOT = 0x02000000
_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)  # in local time of that machine
_DAY_S = 86_400
_MINUTES, _ITEMS, _HOURS = 1, 3, 4
_ORDERS = {5: "title", 6: "album", 7: "artist", 9: "genre", 21: "added-", 25: "plays-", 26: "played-", 28: "rating-",
           1: "rating", 2: RANDOM}  # fmt: skip


def live_of(info: bytes, criteria: bytes) -> LiveList:
    """Convert a smart playlist to a live list."""
    try:
        groups: Groups = _block(criteria, 0, len(criteria), 0) if info[1] else [[]]
        if not info[2]:
            return live_list(groups)
        if info[12]:
            raise UnsupportedRuleError("only what is checked")
        order = _ORDERS.get(info[7])
        if order is None:
            raise UnsupportedRuleError("an unknown order")
        if info[13] and order != RANDOM:
            order = order.removesuffix("-") if order.endswith("-") else f"{order}-"
        (count,) = struct.unpack_from(">I", info, 8)
        if info[3] == _ITEMS:
            return live_list(groups, sort=[order], n=count)
        if info[3] in (_MINUTES, _HOURS):
            return live_list(groups, sort=[order], minutes=float(count * (60 if info[3] == _HOURS else 1)))
        raise UnsupportedRuleError("a limit in bytes")
    except (struct.error, IndexError, UnicodeDecodeError, OverflowError):
        raise UnsupportedRuleError("rules that can't be read") from None


def _block(data: bytes, start: int, end: int, depth: int) -> Groups:
    count, how = struct.unpack_from(">II", data, start + 8)
    if data[start : start + 4] != b"SLst" or count > _MOST_RULES or depth > _MOST_NESTED:
        raise UnsupportedRuleError("rules that can't be read")
    if not count:
        raise UnsupportedRuleError("no rules")
    at, parts = start + _HEAD, list[Groups]()
    for _ in range(count):
        (length,) = struct.unpack_from(">I", data, at + _LENGTH_AT)
        after = at + _RULE_HEAD + length
        if after > end:
            raise UnsupportedRuleError("rules that can't be read")
        parts.append(_rule(data, at, after, depth))
        at = after
    return joined(parts, "any" if how == 1 else "all")


def _rule(data: bytes, at: int, after: int, depth: int) -> Groups:
    field, action = struct.unpack_from(">II", data, at)
    inner, negated = at + _RULE_HEAD, bool(action & _NOT)
    if field == _BLOCK:
        return _block(data, inner, after, depth + 1)
    how = action & 0xFFFF
    if field in _TEXTS:
        text = data[inner:after].decode("utf-16-be")
        if (groups := compared(_TEXTS[field], _HOW.get(how, ""), text, negated=negated)) is None:
            raise UnsupportedRuleError(f"{_TEXTS[field]} {'not ' * negated}{_WORDS.get(how, 'otherwise')} '{text}'")
        return groups
    if field not in (_PODCAST, _KIND, *_NUMBERS, *_DATES):
        raise UnsupportedRuleError(_OTHERS.get(field, f"field {field}"))
    low, past, unit_s, high = struct.unpack_from(">qqqq", data, inner)
    if field == _KIND:
        if how not in (_IS, _BITS):
            raise UnsupportedRuleError("a kind of media")
        return [[]] if bool(low & _MUSIC) != negated else []  # map4's library only contains music
    if field == _PODCAST:
        return [[]] if bool(low) == negated else []
    name, values = {**_DATES, **_NUMBERS}[field], list[float | str]()
    if field in _NUMBERS:
        values = [number / _SCALES.get(name, 1.0) for number in ((low, high) if how == _RANGE else (low,))]
    elif how == _LAST:
        values = [-past * unit_s / _DAY_S]  # a month has 730 hours
    else:
        values = [(_EPOCH + timedelta(seconds=seconds)).date().isoformat() for seconds in (low, high)]
    if (groups := compared(name, _HOW.get(how, ""), *values, negated=negated)) is None:
        raise UnsupportedRuleError(f"{name} compared otherwise")
    return groups


_DEPTH = 2  # depth of the yielded values: inside a value of the outermost dictionary
_MOST_DEPTH = 30
_MOST_PIECES = 8
_MOST_LETTERS = 20_000  # maximum letters per text; longer texts are cut
_MOST_DIGITS = 15

_CONTAINERS: dict[str, Callable[[], Any]] = {"dict": dict, "array": list}
_BOOLEANS = {"true": True, "false": False}


def plist_items(file: BinaryIO) -> Iterator[tuple[str, Any]]:
    """Yield each value in the containers of the outermost dictionary, with its key there; all other values come last,
    with an empty key. Data is None except for the rules of smart lists.
    """
    reading = _PlistReader()
    for piece in pieces(file, reading.parser):
        reading.parser.Parse(piece, False)
        yield from reading.done
        reading.done.clear()
    reading.parser.Parse(b"", True)
    yield from reading.done


class _PlistReader:
    """The stack of open containers, each with the key read last in it."""

    def __init__(self) -> None:
        self.done: list[tuple[str, Any]] = []
        self._around: Any = []
        self._key = ""
        self._open: list[tuple[Any, str]] = []
        self._text: deque[str] = deque(maxlen=_MOST_PIECES)  # of a text that never ends, the last
        self.parser = safe_parser()
        self.parser.buffer_text = True  # the lines of data are not pieces each
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text.append  # called ten million times for a large library

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        if tag != "plist":
            raise ImportReadError(f"this XML is no library of Apple's: it begins with <{tag[:40]}>")
        self.parser.StartElementHandler = self._start

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._text.clear()
        if tag in _CONTAINERS:
            if len(self._open) > _MOST_DEPTH:
                raise ImportReadError("this is no library of Apple's: it is nested too deep")
            self._open.append((self._around, self._key))
            self._around, self._key = _CONTAINERS[tag](), ""

    def _end(self, tag: str) -> None:
        if tag == "key":
            self._key = "".join(self._text)[:_MOST_LETTERS]
            return
        value: Any = None
        if tag in ("string", "date"):
            value = "".join(self._text)[:_MOST_LETTERS]
        elif tag == "data" and self._key.startswith("Smart "):
            value = _bytes("".join(self._text))
        elif tag in ("integer", "real"):
            text = "".join(self._text)[:_MOST_LETTERS]
            digits = text.strip()
            number = whole_number(digits.removeprefix("-"), most_digits=_MOST_DIGITS)
            value = text if number is None else -number if digits[:1] == "-" else number
        elif tag in _CONTAINERS:
            value = self._around
            self._around, self._key = self._open.pop()
            if len(self._open) == _DEPTH:
                self.done.append((self._open[-1][1], value))
                return
            if not self._open:
                self.done.append(("", value))
        else:
            value = _BOOLEANS.get(tag)
        if isinstance(self._around, list):
            self._around.append(value)
        else:
            self._around[self._key] = value


def _bytes(text: str) -> bytes | None:
    try:
        return b64decode(text)
    except ValueError:
        return None


_SIGNS = (b"<key>Tracks</key>", b"<key>Library Persistent ID</key>", b"<key>Application Version</key>")
_MS_PER_S = 1000.0

# Kinds of entries that are not music, and of lists that the program maintains; `Distinguished Kind` marks these too.
_NO_MUSIC = ("Podcast", "Movie", "TV Show", "Has Video", "iTunesU", "Audiobook")
_OWN_LISTS = ("Master", "Music", "Movies", "TV Shows", "Podcasts", "iTunesU", "Audiobooks", "Purchased Music",
              "Party Shuffle")  # fmt: skip
_FIRST_EDITABLE = 200
"""The first `Distinguished Kind` of smart lists that iTunes creates for the user: 90's Music, Top Rated and others."""

NO_MUSIC = "podcasts, films and streams"
LOST_ENTRIES = "entries of lists whose track is missing"
SMART_LISTS = "smart lists with rules that no query can express; they have their current tracks"


def read_apple(path: str, notes: ReadNotes) -> Iterator[DjItem]:
    """Read a library of Apple's; a `Reader`.

    Ratings that the program computed from others are not the user's and are left out. Smart lists become live lists if
    a query can express them; others are imported with their current tracks.
    """
    reading = _AppleReader(notes)
    with OnDisk(path).open() as file, xml_errors(ImportReadError, entities="no library of Apple's does"):
        for key, value in plist_items(file):
            if key == "Tracks" and isinstance(value, dict):
                track = reading.track(value)
                if track is not None:
                    yield track
            elif key == "Playlists" and isinstance(value, dict):
                reading.add_list(value)
            elif not key and isinstance(value, dict):
                notes.version = _text(value, "Application Version")
    yield from reading.lists()


@dataclass(frozen=True, slots=True)
class _AppleList:
    """A list, or a folder of lists, by names of the program."""

    name: str
    number: str | None
    parent: str | None
    track_ids: list[int]
    is_folder: bool
    smart: tuple[bytes, bytes] | None


@dataclass(slots=True)
class _AppleReader:
    notes: ReadNotes
    position: int = 0
    keys: dict[int, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    found: list[_AppleList] = field(default_factory=list)

    def track(self, fields: Mapping[str, Any]) -> DjTrack | None:
        if any(fields.get(kind) is True for kind in _NO_MUSIC) or fields.get("Track Type") == "URL":
            self.notes.left_out[NO_MUSIC] += 1
            return None
        self.position += 1
        number = fields.get("Track ID")
        # Numbers change with each export.
        key = _text(fields, "Persistent ID") or f"#{number}"
        if key in self.known:
            key = f"{key}#{self.position}"
        self.known.add(key)
        if isinstance(number, int):
            self.keys[number] = key
        values = TRACK.read(fields, self.notes.left_out)
        if fields.get("Rating Computed") is True:
            values.pop("rating", None)
        return DjTrack(
            key=key, entry=entry_of(values, self.position, _text(fields, "Location")), values=ImportedValues(**values)
        )

    def add_list(self, entry: Mapping[str, Any]) -> None:
        """Hold a list until all folders are known."""
        if _is_own(entry):
            return
        items = entry.get("Playlist Items")
        rows = [item.get("Track ID") for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        self.found.append(
            _AppleList(
                name=_text(entry, "Name") or "Unnamed",
                number=_text(entry, "Playlist Persistent ID"),
                parent=_text(entry, "Parent Persistent ID"),
                track_ids=[row if isinstance(row, int) else -1 for row in rows],
                is_folder=entry.get("Folder") is True,
                smart=_smart(entry),
            )
        )

    def lists(self) -> Iterator[DjPlaylist]:
        folders = {
            playlist.number: (playlist.name, playlist.parent)
            for playlist in self.found
            if playlist.is_folder and playlist.number
        }
        for playlist in self.found:
            if playlist.is_folder:
                continue
            listed = DjPlaylist(name=playlist.name, folders=folders_around(folders, playlist.parent))
            if playlist.smart is not None:
                with counting_unsupported(self.notes, playlist.name, SMART_LISTS):
                    yield replace(listed, live=live_of(*playlist.smart))
                    continue
            keys = [self.keys[number] for number in playlist.track_ids if number in self.keys]
            self.notes.left_out[LOST_ENTRIES] += len(playlist.track_ids) - len(keys)
            yield replace(listed, keys=tuple(keys))


def _is_own(entry: Mapping[str, Any]) -> bool:
    """Return whether the program maintains the list, so that nobody can change it."""
    number = entry.get("Distinguished Kind", _FIRST_EDITABLE)
    is_editable = isinstance(number, int) and number >= _FIRST_EDITABLE
    return not is_editable or any(entry.get(kind) is True for kind in _OWN_LISTS)


def _smart(entry: Mapping[str, Any]) -> tuple[bytes, bytes] | None:
    """Return the two blocks of a smart list; empty if they are not bytes."""
    if "Smart Info" not in entry:
        return None
    info, criteria = (entry.get(f"Smart {name}") for name in ("Info", "Criteria"))
    return (info, criteria) if isinstance(info, bytes) and isinstance(criteria, bytes) else (b"", b"")


TRACK = ProgramFields(
    "Tracks",
    (
        ("title", "Name"), ("artist", "Artist"), ("album", "Album"), ("album_artist", "Album Artist"),
        ("genre", "Genre"), ("composer", "Composer"), ("grouping", "Grouping"), ("comment", "Comments"),
        ("year", "Year"), ("track_number", "Track Number"), ("disc_number", "Disc Number"), ("bpm", "BPM"),
        ("rating", "Rating", stars(20.0)), ("play_count", "Play Count"), ("last_played", "Play Date UTC"),
        ("date_added", "Date Added"), ("size_bytes", "Size"),
        ("duration_s", "Total Time", then(above_zero, lambda length_ms: length_ms / _MS_PER_S)),
    ),
)  # fmt: skip


def _text(entry: Mapping[str, Any], name: str) -> str | None:
    value = entry.get(name)
    return value if isinstance(value, str) and value else None


APPLE = Importer(
    name="apple-music",
    title="Apple Music and iTunes",
    suffixes=("xml",),
    recognises=lambda path, head: b"<plist" in head and any(sign in head for sign in _SIGNS),
    read=read_apple,
    fields=(TRACK,),
    places=("~/Music/iTunes/iTunes Music Library.xml", "~/Music/Music/Library.xml"),
)
