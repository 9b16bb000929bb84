"""Frames of ID3 that read texts as some programs write them: UTF-16 with one byte order mark for all texts of a frame,
or without any, and other bytes than UTF-8 where it is declared. Dates are texts, too.

mutagen reads a text without a mark in this machine's byte order (https://github.com/Serial-ATA/lofty-rs/issues/532).
It drops frames whose text is no UTF-8.
"""

from __future__ import annotations

import copy
from typing import Any

from mutagen.id3 import Encoding, Frame, Frames, Frames_2_2
from mutagen.id3._specs import EncodedTextSpec, MultiSpec, TimeStampSpec

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
