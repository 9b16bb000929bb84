"""The frames of an ID3v2 tag of any version: their places, reading those that may be written, and making frames."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from map4.core.audio.tag_boundaries import of_syncsafe, to_syncsafe
from map4.core.audio.tags.writing.entries import TagEntry
from map4.errors import FileError

HEADER_BYTES = 10
MOST_TAG_BYTES = 64 << 20
_UNSYNCHRONISED, _EXTENDED, _FOOTER = 0x80, 0x40, 0x10
_FRAME_NAME = {2: re.compile(rb"[A-Z0-9]{3}"), 3: re.compile(rb"[A-Z0-9]{4}"), 4: re.compile(rb"[A-Z0-9]{4}")}
_SHORT_NAMES = {
    "TPE1": "TP1", "TIT2": "TT2", "TCON": "TCO", "TYER": "TYE", "TBPM": "TBP", "TKEY": "TKE", "TXXX": "TXX",
    "TALB": "TAL", "TPUB": "TPB", "TSRC": "TRC", "COMM": "COM", "POPM": "POP", "TPE2": "TP2", "GEOB": "GEO",
    "TIT1": "TT1", "GRP1": "GP1", "TRCK": "TRK", "TPOS": "TPA",
}  # fmt: skip
_LONG_NAMES = {short: long for long, short in _SHORT_NAMES.items()}
_LATIN_1, _UTF_16, _UTF_8 = 0, 1, 3
_DECODERS = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}


def id3_size(header: bytes) -> int:
    """Return the bytes of the tag with this header, 0 if there is none."""
    if len(header) < HEADER_BYTES or header[:3] != b"ID3" or header[3] not in _FRAME_NAME:
        return 0
    footer = HEADER_BYTES if header[5] & _FOOTER and header[3] == 4 else 0
    return HEADER_BYTES + of_syncsafe(header[6:10]) + footer


def id3_header(version: int, flags: int, size: int) -> bytes:
    """Return the header of a tag; `size` is without it."""
    return b"ID3" + bytes((version, 0, flags)) + to_syncsafe(size)


def plain_tag(tag: bytes) -> bytes:
    """Return a plain tag unchanged; else without footer, extended header and (before 2.4) unsynchronisation."""
    version, flags = tag[3], tag[5]
    is_scrambled = bool(flags & _UNSYNCHRONISED) and version < 4
    if len(tag) > MOST_TAG_BYTES:
        raise FileError("corrupt", "has an ID3 tag that is too long")
    if version == 2 and flags & _EXTENDED:
        raise FileError("unsupported", "has an ID3 tag of a kind that map4 does not change")
    if not is_scrambled and not flags & (_EXTENDED | _FOOTER):
        return tag
    body = tag[HEADER_BYTES : HEADER_BYTES + of_syncsafe(tag[6:10])]
    if is_scrambled:
        body = body.replace(b"\xff\x00", b"\xff")
        flags &= ~_UNSYNCHRONISED
    if flags & _EXTENDED:
        body = body[int.from_bytes(body[:4], "big") + 4 if version == 3 else of_syncsafe(body[:4]) :]
    return id3_header(version, flags & ~(_EXTENDED | _FOOTER), len(body)) + body


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """The frames of a plain tag.

    stop: where padding begins
    has_plain_sizes: version 2.4 with sizes as in 2.3, as some programs write them
    """

    version: int
    is_unsynchronised: bool
    has_plain_sizes: bool
    entries: tuple[TagEntry, ...]
    stop: int

    @classmethod
    def parse(cls, tag: bytes) -> Frames:
        version = tag[3]
        for has_plain_sizes in (False, True) if version == 4 else (True,):
            spans, stop = _spans(tag, version, has_plain_sizes=has_plain_sizes)
            if not tag[stop:].strip(b"\0"):
                entries = tuple(_entries(tag, spans, version))
                unsynchronised = bool(tag[5] & _UNSYNCHRONISED)
                return cls(
                    version=version,
                    is_unsynchronised=unsynchronised,
                    has_plain_sizes=has_plain_sizes,
                    entries=entries,
                    stop=stop,
                )
        raise FileError("corrupt", "has a damaged ID3 tag")

    def frame(self, name: str, body: bytes, *, status: int = 0) -> bytes:
        if self.version == 2:
            return _SHORT_NAMES[name].encode() + len(body).to_bytes(3, "big") + body
        encoding = 0
        if self.is_unsynchronised and self.version == 4:
            scrambled = re.sub(rb"\xff(?=[\xe0-\xff\x00]|$)", b"\xff\x00", body)
            encoding, body = (0x02 if scrambled != body else 0), scrambled
        size = len(body).to_bytes(4, "big") if self.has_plain_sizes else to_syncsafe(len(body))
        return name.encode() + size + bytes((status, encoding)) + body

    def text_body(self, *parts: str, language: bytes = b"") -> bytes:
        """Return the encoding byte, and the texts with their separators."""
        if all(part.isascii() for part in parts):
            kind, codec, gap = _LATIN_1, "latin-1", b"\0"
        elif self.version == 4:
            kind, codec, gap = _UTF_8, "utf-8", b"\0"
        else:
            kind, codec, gap = _UTF_16, "utf-16", b"\0\0"
        return bytes((kind,)) + language + gap.join(part.encode(codec, "replace") for part in parts)


def _spans(tag: bytes, version: int, *, has_plain_sizes: bool) -> tuple[list[tuple[int, int]], int]:
    name_bytes, header_bytes = (3, 6) if version == 2 else (4, 10)
    spans, at = [], HEADER_BYTES
    while at + header_bytes <= len(tag) and _FRAME_NAME[version].fullmatch(tag, at, at + name_bytes):
        field = tag[at + name_bytes : at + 2 * name_bytes]
        size = int.from_bytes(field, "big") if has_plain_sizes else of_syncsafe(field)
        stop = at + header_bytes + size
        if stop > len(tag) or (not has_plain_sizes and any(byte > 0x7F for byte in field)):
            break
        spans.append((at, stop))
        at = stop
    return spans, at


def _entries(tag: bytes, spans: list[tuple[int, int]], version: int) -> Iterator[TagEntry]:
    name_bytes, header_bytes = (3, 6) if version == 2 else (4, 10)
    has_comment = False
    for start, stop in spans:
        name = tag[start : start + name_bytes].decode("ascii")
        name = _LONG_NAMES.get(name, name) if version == 2 else name
        flags = tag[start + 9] if version > 2 else 0
        body = _plain_body(tag[start + header_bytes : stop], flags, version, tag[5])
        label, text, spelling, rest = name.lower(), None, "", b""
        if body and name in ("TXXX", "COMM"):
            rest = body[1:4] if name == "COMM" else b""
            spelling, text = _described(body, skip=len(rest))
            label = f"{label}:{spelling.strip().lower()}"
            if label == "comm:" and not has_comment:
                label, has_comment = "comm", True
        elif body and name == "POPM":
            email, _, rest = body.partition(b"\0")
            spelling = email.decode("latin-1")
            label = f"popm:{spelling.lower()}"
        elif body and name == "GEOB":
            described = body[1:].partition(b"\0")[2]
            label = f"geob:{_object_name(body[0], described).strip().lower()}"
        elif body and name.startswith("T"):
            text = _decoded(body[0], body[1:])
        yield TagEntry(
            name=label, exact=label.encode(), start=start, stop=stop, text=text, spelling=spelling, rest=rest[:16]
        )


def _plain_body(body: bytes, flags: int, version: int, tag_flags: int) -> bytes | None:
    """Return the content of a frame; None if it can't be read."""
    if version == 3:
        if flags & 0x40:
            return None
        skip = (4 if flags & 0x80 else 0) + (1 if flags & 0x20 else 0)
        return _inflated(body[skip:]) if flags & 0x80 else body[skip:]
    if version == 4:
        if flags & 0x04:
            return None
        body = body[(1 if flags & 0x40 else 0) + (4 if flags & 0x01 else 0) :]
        if (flags | tag_flags >> 6) & 0x02:
            body = body.replace(b"\xff\x00", b"\xff")
        return _inflated(body) if flags & 0x08 else body
    return body


def _inflated(body: bytes) -> bytes | None:
    try:
        return zlib.decompressobj().decompress(body, MOST_TAG_BYTES)
    except zlib.error:
        return None


def _described(body: bytes, *, skip: int) -> tuple[str, str]:
    """Return description and text of a frame that has both."""
    kind = body[0]
    described, text = _parted(kind, body[1 + skip :])
    return _decoded(kind, described), _decoded(kind, text)


def _parted(kind: int, body: bytes) -> tuple[bytes, bytes]:
    """Split a text of a frame from what follows its NUL."""
    if kind not in (1, 2):
        text, _, rest = body.partition(b"\0")
        return text, rest
    stop = next((at for at in range(0, len(body) - 1, 2) if body[at : at + 2] == b"\0\0"), len(body))
    return body[:stop], body[stop + 2 :]


def _object_name(kind: int, body: bytes) -> str:
    """Return the description of an object, which follows a file name."""
    _, rest = _parted(kind, body)
    return _decoded(kind, _parted(kind, rest)[0])


def _decoded(kind: int, text: bytes) -> str:
    return text.decode(_DECODERS.get(kind, "latin-1"), "replace").strip("\0\ufeff")
