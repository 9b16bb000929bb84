"""A collection exported by rekordbox, as bytes: the place of each TRACK, and edits of its values.

A parser locates everything; only replaced values and elements are rewritten. So whitespace, quotes, the order of
attributes, comments and unknown content stay byte for byte. The idea is from M-Igashi/baken, which edits such files in
the same way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import BinaryIO
from xml.parsers import expat

from map4.formats.importer import ImportReadError
from map4.formats.xml_reading import pieces

ROOT = "DJ_PLAYLISTS"
TEMPO, MARK = "TEMPO", "POSITION_MARK"

_MOST_HELD_BYTES = 64 << 20  # maximum length of a TRACK; rekordbox needs some 100 bytes per grid mark
_ONLY_UTF_8 = "rekordbox writes UTF-8, and map4 only replaces values in UTF-8 files"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_TAG = re.compile(rb"<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*(\s*)(/?)>")
_ATTRIBUTE = re.compile(rb"\s([^\s=]+)\s*=\s*([\"'])(.*?)\2", re.DOTALL)
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}
_ESCAPED = re.compile(r"[&<>\"'\t\n\r]")

Attributes = Mapping[str, str]


@dataclass(slots=True)
class TrackChild:
    """A direct child element of a TRACK, by its start and end in the TRACK's bytes."""

    name: str
    attributes: Attributes
    start: int
    end: int = 0


@dataclass(slots=True)
class TrackSource:
    """A TRACK of the collection as in the file.

    blanks: text between it and the previous element
    children: its elements, in order
    others: other content: comments and words
    """

    attributes: Attributes
    raw: bytes = b""
    blanks: bytes = b""
    children: list[TrackChild] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def marks(self, name: str) -> list[Attributes]:
        """Return the attributes of its elements of a kind, in order."""
        return [child.attributes for child in self.children if child.name == name]


@dataclass(frozen=True, slots=True)
class TrackEdit:
    """Replacements in a TRACK: values by attribute name, and all elements of a kind by its name."""

    attributes: Attributes
    marks: Mapping[str, Sequence[Attributes]]


class CollectionScanner:
    """Reads a collection piece by piece, and passes on each TRACK as it was read.

    write: called with all bytes outside of tracks, in order
    digest: of the content outside of the tracks
    """

    def __init__(
        self, on_track: Callable[[TrackSource], None], write: Callable[[bytes], object] = lambda data: None
    ) -> None:
        self._on_track, self._write = on_track, write
        self.digest = blake2b()
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")  # names without a namespace stay unchanged
        parser.XmlDeclHandler = self._declared
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.buffer_text = True
        parser.CommentHandler = lambda text: self._other("comment", text)
        parser.ProcessingInstructionHandler = lambda *details: self._other("instruction", *details)
        self._held, self._held_at, self._done = bytearray(), 0, 0
        self._path: list[str] = []
        self._track: TrackSource | None = None
        self._track_at = 0
        self._is_bare = False

    def read(self, file: BinaryIO) -> None:
        for piece in pieces(file, self._parser):
            self.feed(piece)
        self.close()

    def feed(self, block: bytes) -> None:
        if not self._held_at and not self._held and block.startswith(_UTF_16):
            raise ImportReadError(f"it is in UTF-16; {_ONLY_UTF_8}")
        self._held += block
        if len(self._held) > _MOST_HELD_BYTES:
            raise ImportReadError(f"an element of it is longer than {_MOST_HELD_BYTES >> 20} MB")
        self._parse(block, is_last=False)
        if self._track is None:
            self._pass_on(self._done)

    def close(self) -> None:
        self._parse(b"", is_last=True)
        self._pass_on(self._held_at + len(self._held))

    def _parse(self, block: bytes, *, is_last: bool) -> None:
        try:
            self._parser.Parse(block, is_last)
        except expat.ExpatError as error:
            raise ImportReadError(f"this is not valid XML ({error}); export it again") from None

    def _pass_on(self, until: int) -> None:
        """Release the bytes before a position in the file."""
        count = until - self._held_at
        if count > 0:
            self._write(bytes(self._held[:count]))
            del self._held[:count]
            self._held_at = until

    # ---- events of the parser --------------------------------------------------------------------

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "utf8"):
            raise ImportReadError(f"it is in {encoding}; {_ONLY_UTF_8}")
        self._other("declaration", version)

    def _doctype(self, *details: object) -> None:
        raise ImportReadError("this XML has a DOCTYPE, which rekordbox never writes; it is not read")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        at = self._parser.CurrentByteIndex
        if not self._path and name != ROOT:
            raise ImportReadError(f"this XML is not a collection of rekordbox: it begins with <{name}>")
        if self._track is None:
            if name == "TRACK" and self._path == [ROOT, "COLLECTION"]:
                self._track = TrackSource(attributes, blanks=_blanks_before(self._held, at - self._held_at))
                self._track_at = at
                self._pass_on(at)
            else:
                self._done = at
                self._other("start", name, repr(attributes))
        elif len(self._path) == 3:
            self._track.children.append(TrackChild(name, attributes, at - self._track_at))
        else:
            self._other("start", name, repr(attributes))
        self._path.append(name)
        self._is_bare = True

    def _end(self, name: str) -> None:
        self._path.pop()
        at = self._parser.CurrentByteIndex
        if self._track is None:
            self._done = at
            self._other("end", name)
        elif len(self._path) == 3:
            self._track.children[-1].end = self._closed(at) - self._track_at
        elif len(self._path) == 2:
            end = self._closed(at)
            track, self._track = self._track, None
            track.raw = bytes(self._held[: end - self._held_at])
            del self._held[: end - self._held_at]
            self._held_at = self._done = end
            self._on_track(track)
        else:
            self._other("end", name)

    def _closed(self, at: int) -> int:
        """Return where an element ends; for `<A></A>` the parser reports the start of `</A>`, for `<A/>` the end."""
        place = at - self._held_at
        is_short = self._is_bare and self._held[place - 2 : place] == b"/>"
        self._is_bare = False
        return at if is_short else self._held_at + self._held.index(b">", place) + 1

    def _text(self, text: str) -> None:
        self._is_bare = False
        # The parser splits long texts into pieces, differently each time.
        if self._track is None:
            self.digest.update(text.encode())
        elif not text.isspace():
            self._track.others.extend(text.split())

    def _other(self, *details: str) -> None:
        self._is_bare = False
        framed = "\0".join(("", *details, ""))
        if self._track is None:
            self.digest.update(framed.encode())
        else:
            self._track.others.append(framed)


def comparable_values(track: TrackSource, edit: TrackEdit | None = None) -> tuple[object, ...]:
    """Return the content of a TRACK, optionally with an edit, for comparison; ignores the order of attributes."""
    replaced = {} if edit is None else edit.marks
    return (
        track.attributes if edit is None else {**track.attributes, **edit.attributes},
        *(list(replaced.get(kind, track.marks(kind))) for kind in (TEMPO, MARK)),
        [(child.name, child.attributes) for child in track.children if child.name not in (TEMPO, MARK)],
        "".join(track.others),
    )


def edited(track: TrackSource, edit: TrackEdit) -> bytes:
    """Return the bytes of a TRACK with replaced values and elements; everything else is unchanged."""
    head = _TAG.match(track.raw)
    if head is None:  # matched while reading
        raise ValueError("no TRACK")
    tag, rest = _with_values(track.raw[: head.start(1)], edit.attributes), track.raw[head.start(1) :]
    if not edit.marks:
        return tag + rest
    first = track.children[0].start if track.children else 0
    deeper = b"\t" if b"\t" in track.blanks else b"  "
    indent = _blanks_before(track.raw, first) if first else track.blanks and track.blanks + deeper
    pieces, at = [tag], head.start(1)
    if head[2]:  # an empty element gets its first children
        pieces += [track.raw[at : head.start(2)], b">", *_new(edit, (TEMPO, MARK), indent)]
        return b"".join((*pieces, track.blanks, b"</TRACK>"))
    pieces.append(track.raw[at : head.end()])
    at = head.end()
    waiting = [kind for kind in (TEMPO, MARK) if kind in edit.marks]
    if TEMPO in waiting and not track.marks(TEMPO):
        pieces += _new(edit, [waiting.pop(0)], indent)
    for child in track.children:
        if child.name in edit.marks:
            pieces.append(track.raw[at : child.start].rstrip())
            if child.name in waiting:
                waiting.remove(child.name)
                pieces += _new(edit, [child.name], indent)
        else:
            pieces.append(track.raw[at : child.end])
        at = child.end
    return b"".join((*pieces, *_new(edit, waiting, indent), track.raw[at:]))


def _with_values(tag: bytes, values: Attributes) -> bytes:
    """Return a start tag, up to its last attribute, with replaced values; new attributes come last."""
    left = {name.encode(): _escaped(value) for name, value in values.items()}
    pieces, at = [], 0
    for match in _ATTRIBUTE.finditer(tag):
        if match[1] in left:
            pieces += [tag[at : match.start(3)], left.pop(match[1])]
            at = match.end(3)
    pieces.append(tag[at:])
    return b"".join((*pieces, *(b' %s="%s"' % pair for pair in left.items())))


def _new(edit: TrackEdit, kinds: Sequence[str], indent: bytes) -> Iterator[bytes]:
    for kind in kinds:
        for mark in edit.marks.get(kind, ()):
            attributes = b"".join(b' %s="%s"' % (name.encode(), _escaped(text)) for name, text in mark.items())
            yield indent + b"<" + kind.encode() + attributes + b"/>"


def _blanks_before(raw: bytes | bytearray, at: int) -> bytes:
    before = bytes(raw[:at])
    return before[len(before.rstrip()) :]


def _escaped(text: str) -> bytes:
    """Escape a text for attributes with quotes of either kind."""
    return _ESCAPED.sub(lambda match: _ESCAPES.get(match[0]) or f"&#{ord(match[0])};", text).encode()
