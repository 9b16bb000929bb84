"""The library of Apple's Music app or iTunes: the file of "Export Library", or `iTunes Music Library.xml`.

Its keys are undocumented and were taken from libraries of both programs. `Master` and `Distinguished Kind` below 200
mark the lists that the program maintains itself. A library of 50,000 tracks is 100 MB, so it is read piece by piece.
"""

from __future__ import annotations

from base64 import b64decode
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from map4.core.base.regular_files import open_regular
from map4.core.base.text import whole_number
from map4.core.music.track.imported import ImportedValues
from map4.formats.apple.smart_lists import live_of
from map4.formats.dj_library import DjItem, DjPlaylist, DjTrack, folders_around
from map4.formats.fields import ProgramFields, entry_of, stars, then
from map4.formats.importer import Importer, ImportReadError, ReadNotes
from map4.formats.live_rules import counting_unsupported
from map4.formats.values import above_zero
from map4.formats.xml_reading import pieces, safe_parser, xml_errors

_DEPTH = 2
"""Depth of the yielded values: inside a value of the outermost dictionary."""
_MOST_DEPTH = 30
_MOST_PIECES = 8
_MOST_LETTERS = 20_000
"""Maximum letters per text; longer texts are cut."""
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
            number = _whole(text)
            value = text if number is None else number
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


def _whole(text: str) -> int | None:
    digits = text.strip()
    number = whole_number(digits.removeprefix("-"), most_digits=_MOST_DIGITS)
    return number if number is None or digits[:1] != "-" else -number


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
    with open_regular(path) as file, xml_errors(ImportReadError, entities="no library of Apple's does"):
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
            key=key,
            entry=entry_of(values, self.position, _text(fields, "Location")),
            values=ImportedValues(**values),
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
)
