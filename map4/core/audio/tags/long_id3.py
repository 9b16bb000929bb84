"""ID3v2 as mutagen does not read it well: tags with more frames than any track has, and texts of other programs.

Reading time grows with the square of the number of frames, so such a tag is shortened.

Texts may be UTF-16 with one byte order mark for all texts of a frame, or without any, and other bytes than UTF-8 where
it is declared. Dates are texts, too. mutagen reads a text without a mark in this machine's byte order
(https://github.com/Serial-ATA/lofty-rs/issues/532), and drops frames whose text is no UTF-8.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from mutagen.id3 import Encoding, Frame, Frames, Frames_2_2
from mutagen.id3._specs import EncodedTextSpec, MultiSpec, TimeStampSpec

from map4.core.audio.chunks import LONG_TAG_BYTES
from map4.core.audio.tag_boundaries import of_syncsafe, to_syncsafe

_HEADER_BYTES = 10
_UNSYNCHRONISED, _EXTENDED = 0x80, 0x40
_MOST_FRAMES = 2000
_LONGEST_FRAME_BYTES = 1 << 16  # longer ones are pictures and data of programs
_MOST_BYTES = 4 << 20
_PICTURE_BYTES = 512


def shortened_id3(file: BinaryIO) -> BinaryIO:
    """Return the file, or for a long tag only that tag: its first frames, and the beginnings of pictures."""
    file.seek(0)
    head = file.read(_HEADER_BYTES)
    size = of_syncsafe(head[6:])
    if len(head) < _HEADER_BYTES or head[:3] != b"ID3" or head[3] not in (2, 3, 4) or size <= LONG_TAG_BYTES:
        file.seek(0)
        return file
    version, flags = head[3], head[5]
    body = file.read(size)
    if flags & _UNSYNCHRONISED and version < 4:
        body = body.replace(b"\xff\x00", b"\xff")
        flags &= ~_UNSYNCHRONISED
    at = 0
    if flags & _EXTENDED and version > 2:
        at = _number(body[:4], version) + (4 if version == 3 else 0)
        flags &= ~_EXTENDED
    frames = b"".join(_first_frames(body, at, version))
    return io.BytesIO(head[:5] + bytes((flags,)) + to_syncsafe(len(frames)) + frames)


def _first_frames(body: bytes, at: int, version: int) -> Iterator[bytes | memoryview]:
    view = memoryview(body)
    name_bytes, header_bytes = (3, 6) if version == 2 else (4, 10)
    left, left_bytes = _MOST_FRAMES, _MOST_BYTES
    while left > 0 and at + header_bytes < len(body) and body[at]:
        stop = at + header_bytes + _number(body[at + name_bytes : at + 2 * name_bytes], version)
        if stop - at <= min(_LONGEST_FRAME_BYTES, left_bytes):
            left, left_bytes = left - 1, left_bytes - (stop - at)
            yield view[at:stop]
        elif body[at : at + name_bytes] in (b"APIC", b"PIC"):  # enough to show that there is a picture
            size = (_PICTURE_BYTES).to_bytes(name_bytes, "big") if version < 4 else to_syncsafe(_PICTURE_BYTES)
            rest = at + 2 * name_bytes
            yield body[at : at + name_bytes] + size + body[rest : at + header_bytes + _PICTURE_BYTES]
        at = stop


def _number(field: bytes, version: int) -> int:
    """Parse a size: seven bits per byte since version 2.4; some writers put plain numbers there."""
    is_plain = version < 4 or any(byte > 0x7F for byte in field)
    return int.from_bytes(field, "big") if is_plain else of_syncsafe(field)


_MARKS = (b"\xfe\xff", b"\xff\xfe")


_GUESSED_BYTES = 64


class _OneMark:
    """Reads a text without a mark in the byte order of the text before it, else in the likelier one."""

    def read(self, header: Any, frame: Any, data: bytes) -> Any:
        if frame.encoding == Encoding.UTF16:
            if data[:2] in _MARKS:
                frame.byte_order = data[:2]
            elif data[:2] != b"\0\0":
                data = getattr(frame, "byte_order", _likely_mark(data)) + data
        elif frame.encoding == Encoding.UTF8:
            text, end, rest = data.partition(b"\0")
            try:
                text.decode("utf-8")
            except UnicodeDecodeError as error:  # a text may be cut within a character
                encoding = "latin-1" if text[: error.start].isascii() else "utf-8"
                data = text.decode(encoding, "replace").encode() + end + rest
        return super().read(header, frame, data)  # type: ignore[misc]


def _likely_mark(data: bytes) -> bytes:
    """The mark of the byte order in which more of the first letters are Latin."""
    big, little = (data[at:_GUESSED_BYTES:2].count(0) for at in (0, 1))
    return _MARKS[0] if big > little else _MARKS[1]


def _with_one_mark(spec: Any) -> Any:
    new = copy.copy(spec)
    if isinstance(spec, MultiSpec):
        new.specs = [_with_one_mark(inner) for inner in spec.specs]
    elif isinstance(spec, EncodedTextSpec):
        # mutagen only keeps numbers of a date that begins with the year.
        kind = EncodedTextSpec if isinstance(spec, TimeStampSpec) else type(spec)
        new.__class__ = type("OneMark", (_OneMark, kind), {})
    return new


def _frame(name: str, kind: type[Frame]) -> type[Frame]:
    parts = ("_framespec", "_optionalspec")
    return type(name, (kind,), {part: [*map(_with_one_mark, getattr(kind, part))] for part in parts})


FRAMES: dict[str, type[Frame]] = {name: _frame(name, kind) for name, kind in Frames.items()}
"""All frames, for `ID3(known_frames=…)`."""
# mutagen turns a frame of version 2.2 into its base class, which must have the same parts; a picture differs.
FRAMES |= {
    name: kind if "_framespec" in vars(kind) else type(name, (FRAMES.get(kind.__bases__[0].__name__, kind),), {})
    for name, kind in Frames_2_2.items()
}
