"""APEv2 at the end of a file."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from map4.errors import FileError
from map4.infra.audio.tags.names import APE_WRITTEN, COMMENT_NAMES, names_of
from map4.infra.audio.tags.writing.entries import Entry, Wanted, edit_of, text_of
from map4.ports.tagging import SlotValue, SlotValues, Splice, TagSlot

_FRAME_BYTES = 32
_PREAMBLE = b"APETAGEX"
_VERSION = 2000
_HAS_HEADER, _IS_HEADER = 1 << 31, 1 << 29
_ITEM = struct.Struct("<II")
_KIND = 0b110
_MOST_ITEMS = 65536


def new_ape(values: SlotValues) -> bytes:
    """A tag with these alone."""
    return _framed([_item(name, text, 0) for name, text in _new_texts(values)], _VERSION, 0, has_header=True)


def edit_ape(tag: bytes, values: SlotValues, *, base: int = 0, create: bool = True) -> list[Splice]:
    """What changes in a tag, from its header (or where it has none its first item) to its footer.

    Raises
    ------
    FileError
        corrupt, where its items don't end where it does.
    """
    parsed = _Items.parse(tag)
    edit = edit_of(parsed.entries, _wanted(parsed.entries, values, create=create))
    if not edit.changed and not edit.added:
        return []
    items = [edit.changed.get(number, tag[entry.start : entry.stop]) for number, entry in enumerate(parsed.entries)]
    items = [item for item in (*items, *edit.added) if item]
    new = _framed(items, parsed.version, parsed.flags, has_header=parsed.has_header)
    return [Splice(base, base + len(tag), new)]


def ape_entries(tag: bytes) -> list[tuple[str, bytes]]:
    """Names and bytes of all items."""
    return [(entry.name, tag[entry.start : entry.stop]) for entry in _Items.parse(tag).entries]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Items:
    version: int
    flags: int
    has_header: bool
    entries: tuple[Entry, ...]

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
                Entry(name=name, exact=name.encode(), start=start, stop=at, text=text, spelling=spelling,
                      rest=kind.to_bytes(4, "little"))
            )  # fmt: skip
        if len(entries) != count or at != stop:
            raise FileError("corrupt", "has a damaged APE tag")
        return cls(version=version, flags=flags, has_header=has_header, entries=tuple(entries))


def _wanted(entries: tuple[Entry, ...], values: SlotValues, *, create: bool) -> Iterator[Wanted]:
    for slot, value in values.items():
        usual = APE_WRITTEN[slot]
        names = names_of(slot, COMMENT_NAMES, "comments", usual=usual)
        yield Wanted(slot=slot, names=names, encode=_Item(usual, slot, value), create=create)
        if slot == "rating":
            stars = f"{float(value) / 5:g}"
            yield Wanted(slot=slot, names=("fmps_rating",), encode=_Item("", slot, stars), create=False)


def _new_texts(values: SlotValues) -> Iterator[tuple[str, str]]:
    for slot, value in values.items():
        yield APE_WRITTEN[slot], text_of(slot, value)


@dataclass(frozen=True, slots=True)
class _Item:
    usual: str
    slot: TagSlot
    value: SlotValue

    def __call__(self, entry: Entry | None) -> bytes:
        spelling, kind = (self.usual, 0) if entry is None else (entry.spelling, int.from_bytes(entry.rest, "little"))
        return _item(spelling, text_of(self.slot, self.value), kind & ~_KIND)


def _item(spelling: str, text: str, kind: int) -> bytes:
    body = text.encode("utf-8", "replace")
    return _ITEM.pack(len(body), kind) + spelling.encode("latin-1", "replace") + b"\0" + body


def _framed(items: list[bytes], version: int, flags: int, *, has_header: bool) -> bytes:
    body = b"".join(items)
    flags = flags & ~_IS_HEADER | (_HAS_HEADER if has_header else 0)

    def frame(more: int) -> bytes:
        return struct.pack("<8sIIII8x", _PREAMBLE, version, len(body) + _FRAME_BYTES, len(items), flags | more)

    return (frame(_IS_HEADER) if has_header else b"") + body + frame(0)
