"""APEv2 at the end of a file."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from map4.core.audio.tags.changes import SlotValue, SlotValues, Splice, TagSlot
from map4.core.audio.tags.names import APE_WRITTEN
from map4.core.audio.tags.writing.entries import (
    TagEntry,
    edit_of,
    entry_text,
    names_and_bytes,
    text_of,
    wanted_comments,
)
from map4.errors import FileError

_FRAME_BYTES = 32
_PREAMBLE = b"APETAGEX"
_VERSION = 2000
_HAS_HEADER, _IS_HEADER = 1 << 31, 1 << 29
_ITEM = struct.Struct("<II")
_KIND = 0b110
_MOST_ITEMS = 65536


def new_ape(values: SlotValues) -> bytes:
    return _framed(
        [_item(APE_WRITTEN[slot], text_of(slot, value), 0) for slot, value in values.items()],
        _VERSION,
        0,
        has_header=True,
    )


def edit_ape(tag: bytes, values: SlotValues, *, base: int = 0, create: bool = True) -> list[Splice]:
    """What changes in a tag, from its header (or where it has none its first item) to its footer."""
    parsed = _Items.parse(tag)
    edit = edit_of(parsed.entries, wanted_comments(values, APE_WRITTEN, _wanted_item, create=create))
    if not edit:
        return []
    new = _framed(edit.entries(tag, parsed.entries), parsed.version, parsed.flags, has_header=parsed.has_header)
    return [Splice(base, base + len(tag), new)]


def ape_entries(tag: bytes) -> list[tuple[str, bytes]]:
    return names_and_bytes(tag, _Items.parse(tag).entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Items:
    version: int
    flags: int
    has_header: bool
    entries: tuple[TagEntry, ...]

    @classmethod
    def parse(cls, tag: bytes) -> _Items:
        version, _, count, flags = struct.unpack("<8xIIII8x", tag[-_FRAME_BYTES:])
        has_header = tag.startswith(_PREAMBLE) and len(tag) >= 2 * _FRAME_BYTES
        at, stop = _FRAME_BYTES if has_header else 0, len(tag) - _FRAME_BYTES
        entries = []
        for _ in range(min(count, _MOST_ITEMS)):
            start = at
            if at + _ITEM.size > stop:
                break
            size, kind = _ITEM.unpack_from(tag, at)
            end = tag.find(b"\0", at + _ITEM.size, stop)
            at = end + 1 + size
            if end < 0 or at > stop:
                break
            spelling = tag[start + _ITEM.size : end].decode("latin-1")
            text = tag[end + 1 : at].decode("utf-8", "replace") if not kind & _KIND else None
            name = spelling.lower()
            entries.append(
                TagEntry(name=name, exact=name.encode(), start=start, stop=at, text=text, spelling=spelling,
                      rest=kind.to_bytes(4, "little"))
            )  # fmt: skip
        if len(entries) != count or at != stop:
            raise FileError("corrupt", "has a damaged APE tag")
        return cls(version=version, flags=flags, has_header=has_header, entries=tuple(entries))


def _wanted_item(usual: str, slot: TagSlot, value: SlotValue, entry: TagEntry | None) -> bytes:
    spelling, kind = (usual, 0) if entry is None else (entry.spelling, int.from_bytes(entry.rest, "little"))
    return _item(spelling, entry_text(slot, value, entry), kind & ~_KIND)


def _item(spelling: str, text: str, kind: int) -> bytes:
    body = text.encode("utf-8", "replace")
    return _ITEM.pack(len(body), kind) + spelling.encode("latin-1", "replace") + b"\0" + body


def _framed(items: list[bytes], version: int, flags: int, *, has_header: bool) -> bytes:
    body = b"".join(items)
    flags = flags & ~_IS_HEADER | (_HAS_HEADER if has_header else 0)

    def frame(more: int) -> bytes:
        return struct.pack("<8sIIII8x", _PREAMBLE, version, len(body) + _FRAME_BYTES, len(items), flags | more)

    return (frame(_IS_HEADER) if has_header else b"") + body + frame(0)
