"""ID3v2 of every version, which stays the version it is; frames that are not asked for are never decoded."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from map4.errors import FileError
from map4.infra.audio.tags.names import ID3_NAMES, ID3_WRITTEN, names_of
from map4.infra.audio.tags.writing.entries import Edit, Entry, Wanted, edit_of, text_of
from map4.ports.tagging import SlotValue, SlotValues, Splice, TagSlot, spliced

HEADER_BYTES = 10
MOST_TAG_BYTES = 64 << 20
PADDING_BYTES = 2048
_UNSYNCHRONISED, _EXTENDED, _FOOTER = 0x80, 0x40, 0x10
_FRAME_NAME = {2: re.compile(rb"[A-Z0-9]{3}"), 3: re.compile(rb"[A-Z0-9]{4}"), 4: re.compile(rb"[A-Z0-9]{4}")}
_SHORT_NAMES = {
    "TPE1": "TP1", "TIT2": "TT2", "TCON": "TCO", "TYER": "TYE", "TBPM": "TBP", "TKEY": "TKE", "TXXX": "TXX",
    "COMM": "COM", "POPM": "POP", "TPE2": "TP2",
}  # fmt: skip
_LONG_NAMES = {short: long for long, short in _SHORT_NAMES.items()}
_LATIN_1, _UTF_16, _UTF_8 = 0, 1, 3
_DECODERS = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}
# What Windows writes, and the programs that read ratings understand.
_POPM_EMAIL = "Windows Media Player 9 Series"
_POPM_OF_HALF_STARS = (0, 13, 1, 54, 64, 118, 128, 186, 196, 242, 255)


def new_id3(values: SlotValues) -> bytes:
    """A tag of version 2.3, which every program reads."""
    return edited_id3(_header(3, 0, 0), values)


def edited_id3(tag: bytes, values: SlotValues) -> bytes:
    """A whole tag, changed."""
    return spliced(tag, edit_id3(tag, values))


def edit_id3(tag: bytes, values: SlotValues, *, base: int = 0, create: bool = True) -> list[Splice]:
    """What changes in a tag.

    It grows, to an even size, only where its padding is too short.

    Parameters
    ----------
    tag : from its header to its end
    base : where in the file it begins
    create : add frames that it has not

    Raises
    ------
    FileError
        corrupt, where its frames can't be followed to their end.
    """
    plain = _without_extras(tag)
    parsed = _Frames.parse(plain)
    edit = edit_of(parsed.entries, _wanted(parsed, values, create=create))
    if not edit.changed and not edit.added:
        return []
    splices = _splices(plain, parsed, edit)
    if plain is not tag:
        return [Splice(base, base + len(tag), spliced(plain, splices))]
    return [Splice(base + each.start, base + each.stop, each.new) for each in splices]


def id3_entries(tag: bytes) -> list[tuple[str, bytes]]:
    """Names and bytes of all frames.

    Raises
    ------
    FileError
        corrupt, as `edit_id3`.
    """
    plain = _without_extras(tag)
    return [(entry.name, plain[entry.start : entry.stop]) for entry in _Frames.parse(plain).entries]


def id3_size(header: bytes) -> int:
    """Bytes of the tag that begins so, 0 where none does."""
    if len(header) < HEADER_BYTES or header[:3] != b"ID3" or header[3] not in _FRAME_NAME:
        return 0
    footer = HEADER_BYTES if header[5] & _FOOTER and header[3] == 4 else 0
    return HEADER_BYTES + _syncsafe(header[6:10]) + footer


def _header(version: int, flags: int, size: int) -> bytes:
    return b"ID3" + bytes((version, 0, flags)) + _to_syncsafe(size)


def _without_extras(tag: bytes) -> bytes:
    """The same tag where it is plain; else without footer, extended header and (before 2.4) unsynchronisation."""
    version, flags = tag[3], tag[5]
    is_scrambled = bool(flags & _UNSYNCHRONISED) and version < 4
    if len(tag) > MOST_TAG_BYTES:
        raise FileError("corrupt", "has an ID3 tag that is longer than any should be")
    if version == 2 and flags & _EXTENDED:
        raise FileError("unsupported", "has an ID3 tag of a kind that map4 does not change")
    if not is_scrambled and not flags & (_EXTENDED | _FOOTER):
        return tag
    body = tag[HEADER_BYTES : HEADER_BYTES + _syncsafe(tag[6:10])]
    if is_scrambled:
        body = body.replace(b"\xff\x00", b"\xff")
        flags &= ~_UNSYNCHRONISED
    if flags & _EXTENDED:
        body = body[int.from_bytes(body[:4], "big") + 4 if version == 3 else _syncsafe(body[:4]) :]
    return _header(version, flags & ~(_EXTENDED | _FOOTER), len(body)) + body


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frames:
    """The frames of a plain tag.

    Parameters
    ----------
    stop : where padding begins
    has_plain_sizes : version 2.4 with sizes as in 2.3, as some programs write them
    """

    version: int
    is_unsynchronised: bool
    has_plain_sizes: bool
    entries: tuple[Entry, ...]
    stop: int

    @classmethod
    def parse(cls, tag: bytes) -> _Frames:
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
        """A frame of this tag."""
        if self.version == 2:
            return _SHORT_NAMES[name].encode() + len(body).to_bytes(3, "big") + body
        encoding = 0
        if self.is_unsynchronised and self.version == 4:
            scrambled = re.sub(rb"\xff(?=[\xe0-\xff\x00]|$)", b"\xff\x00", body)
            encoding, body = (0x02 if scrambled != body else 0), scrambled
        size = len(body).to_bytes(4, "big") if self.has_plain_sizes else _to_syncsafe(len(body))
        return name.encode() + size + bytes((status, encoding)) + body

    def text_body(self, *parts: str, language: bytes = b"") -> bytes:
        """Encoding, and texts with what stands between them."""
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
        size = int.from_bytes(field, "big") if has_plain_sizes else _syncsafe(field)
        stop = at + header_bytes + size
        if stop > len(tag) or (not has_plain_sizes and any(byte > 0x7F for byte in field)):
            break
        spans.append((at, stop))
        at = stop
    return spans, at


def _entries(tag: bytes, spans: list[tuple[int, int]], version: int) -> Iterator[Entry]:
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
        elif body and name.startswith("T"):
            text = _decoded(body[0], body[1:])
        yield Entry(
            name=label, exact=label.encode(), start=start, stop=stop, text=text, spelling=spelling, rest=rest[:16]
        )


def _plain_body(body: bytes, flags: int, version: int, tag_flags: int) -> bytes | None:
    """The content of a frame; None of one that can't be read."""
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
    """Description and text of a frame that has both."""
    kind, rest = body[0], body[1 + skip :]
    if kind not in (1, 2):
        described, _, text = rest.partition(b"\0")
        return _decoded(kind, described), _decoded(kind, text)
    stop = next((at for at in range(0, len(rest) - 1, 2) if rest[at : at + 2] == b"\0\0"), len(rest))
    return _decoded(kind, rest[:stop]), _decoded(kind, rest[stop + 2 :])


def _decoded(kind: int, text: bytes) -> str:
    return text.decode(_DECODERS.get(kind, "latin-1"), "replace").strip("\0\ufeff")


def _wanted(frames: _Frames, values: SlotValues, *, create: bool) -> Iterator[Wanted]:
    for slot, value in values.items():
        if slot == "comment":
            yield Wanted(slot=slot, names=("comm",), encode=_Comment(frames, str(value)), create=create)
        elif slot == "rating":
            yield from _wanted_ratings(frames, float(value), create=create)
        else:
            usual = "TYER" if slot == "year" and frames.version < 4 else ID3_WRITTEN[slot]
            names = names_of(slot, ID3_NAMES, "id3", usual=usual)
            yield Wanted(slot=slot, names=names, encode=_Text(frames, usual, slot, value), create=create)


def _wanted_ratings(frames: _Frames, stars: float, *, create: bool) -> Iterator[Wanted]:
    emails = [entry.name for entry in frames.entries if entry.name.startswith("popm:")]
    usual = f"popm:{_POPM_EMAIL.lower()}"
    for name in dict.fromkeys(emails or [usual]):
        yield Wanted(slot="rating", names=(name,), encode=_Rating(frames, stars), create=create and not emails)
    for name in ("txxx:fmps_rating", "txxx:rating"):
        number: SlotValue = f"{stars / 5:.1f}" if name == "txxx:fmps_rating" else stars
        yield Wanted(slot="rating", names=(name,), encode=_Text(frames, name, "rating", number), create=False)


@dataclass(frozen=True, slots=True)
class _Text:
    frames: _Frames
    usual: str
    slot: TagSlot
    value: SlotValue

    def __call__(self, entry: Entry | None) -> bytes:
        text = text_of(self.slot, self.value)
        name = self.usual if entry is None else entry.name
        if self.slot == "genre" and text.startswith("(") and self.frames.version < 4:
            text = f"({text}"  # one bracket would begin a number of ID3v1's list
        if not name.lower().startswith("txxx:"):
            return self.frames.frame(name.upper(), self.frames.text_body(text))
        described = name.partition(":")[2] if entry is None else entry.spelling
        return self.frames.frame("TXXX", self.frames.text_body(described, text))


@dataclass(frozen=True, slots=True)
class _Comment:
    frames: _Frames
    text: str

    def __call__(self, entry: Entry | None) -> bytes:
        language = b"eng" if entry is None else entry.rest
        return self.frames.frame("COMM", self.frames.text_body("", self.text, language=language))


@dataclass(frozen=True, slots=True)
class _Rating:
    frames: _Frames
    stars: float

    def __call__(self, entry: Entry | None) -> bytes:
        email = _POPM_EMAIL if entry is None else entry.spelling
        plays = struct.pack(">I", 0) if entry is None else entry.rest[1:]
        is_linear = "traktor" in email.lower()
        number = round(self.stars * 51) if is_linear else _POPM_OF_HALF_STARS[round(self.stars * 2)]
        return self.frames.frame("POPM", email.encode("latin-1") + bytes((0, number)) + plays)


def _splices(tag: bytes, frames: _Frames, edit: Edit) -> list[Splice]:
    splices = [
        Splice(entry.start, entry.stop, edit.changed[number])
        for number, entry in enumerate(frames.entries)
        if number in edit.changed
    ]
    added = b"".join(edit.added)
    grown = len(added) + sum(len(each.new) - (each.stop - each.start) for each in splices)
    padding = len(tag) - frames.stop - grown
    if padding < 0:
        size = len(tag) + PADDING_BYTES - padding
        padding = PADDING_BYTES + size % 2
        size += size % 2
        if size - HEADER_BYTES >= 1 << 28:
            raise FileError("unsupported", "has no room left in its ID3 tag")
        splices.append(Splice(6, HEADER_BYTES, _to_syncsafe(size - HEADER_BYTES)))
    splices.append(Splice(frames.stop, len(tag), added + bytes(padding)))
    return sorted(splices, key=lambda each: each.start)


def _syncsafe(field: bytes) -> int:
    value = 0
    for byte in field:
        value = value << 7 | byte & 0x7F
    return value


def _to_syncsafe(value: int) -> bytes:
    return bytes(value >> shift & 0x7F for shift in (21, 14, 7, 0))
