"""ASF (WMA): the descriptions in its header."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from map4.core.audio.source import AudioSource
from map4.core.audio.tags.changes import SlotValue, SlotValues, Splice, TagSlot
from map4.core.audio.tags.names import ASF_NAMES, ASF_WRITTEN, names_of
from map4.core.audio.tags.writing.entries import (
    Edit,
    TagEntry,
    Wanted,
    edit_of,
    entry_text,
    names_and_bytes,
    stars_of,
    text_of,
)
from map4.errors import FileError

_HEAD_BYTES, _OBJECT_BYTES = 30, 24
_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_CONTENT = bytes.fromhex("3326b2758e66cf11a6d900aa0062ce6c")
_EXTENDED_CONTENT = bytes.fromhex("40a4d0d207e3d21197f000a0c95ea850")
_EXTENSION = bytes.fromhex("b503bf5f2ea9cf118ee300c00c205365")
_METADATA = (bytes.fromhex("eacbf8c5af5b77488467aa8c44fa4cca"), bytes.fromhex("941c23449894d149a1411d134e457054"))
_EXTENSION_HEAD_BYTES = 22  # after the object's head
_FILE_SIZE_AT = 40
_MOST_HEADER_BYTES = 64 << 20
_UNICODE, _DWORD = 0, 3
_TEXT_KINDS = (_UNICODE,)
_CONTENT_NAMES = ("title", "author", "copyright", "description", "rating")
_WM_RATING = (0, 1, 25, 50, 75, 99)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Object:
    """An object of the header: its kind, and its bytes with its head."""

    kind: bytes
    data: bytes


def edit_asf(source: AudioSource, start: int, values: SlotValues) -> list[Splice]:
    """Return the changes of an ASF file: its header is rewritten with all its objects."""
    header, objects = _header(source, start)
    wanted = list(_wanted(values))
    edited = [_edited(each, wanted) for each in objects]
    present = {name for each in objects for name, _ in _entries_of(each)}
    missing = [each for each in wanted if each.create and each.names[0] not in present]
    edited = _with_added(edited, missing)
    if edited == objects:
        return []
    body = b"".join(each.data for each in edited)
    delta = _HEAD_BYTES + len(body) - len(header)
    body = b"".join(_with_file_size(each, source.size - start + delta).data for each in edited)
    head = header[:16] + struct.pack("<QI", _HEAD_BYTES + len(body), len(edited)) + header[28:_HEAD_BYTES]
    return [Splice(start, start + len(header), head + body)]


def asf_entries(source: AudioSource, start: int) -> list[tuple[str, bytes]]:
    """Return names and bytes of all attributes, and of all objects without attributes."""
    entries: list[tuple[str, bytes]] = []
    for each in _header(source, start)[1]:
        own = _entries_of(each)
        if each.kind in (_CONTENT, _EXTENDED_CONTENT, _EXTENSION):
            entries += own
        elif each.kind != _PROPERTIES:
            entries.append(("object", each.data))
    return [entry for entry in entries if entry[1]]


def _header(source: AudioSource, start: int) -> tuple[bytes, list[_Object]]:
    size = int.from_bytes(source.read(start + 16, 8), "little")
    if not _HEAD_BYTES <= size <= min(_MOST_HEADER_BYTES, source.size - start):
        raise FileError("corrupt", "has a damaged ASF header")
    header = source.read(start, size)
    objects = _objects(header, _HEAD_BYTES, size)
    if len(objects) != int.from_bytes(header[24:28], "little"):
        raise FileError("corrupt", "has a damaged ASF header")
    return header, objects


def _objects(data: bytes, at: int, stop: int) -> list[_Object]:
    objects = []
    while at < stop:
        size = int.from_bytes(data[at + 16 : at + 24], "little")
        if size < _OBJECT_BYTES or at + size > stop:
            raise FileError("corrupt", "has a damaged ASF header")
        objects.append(_Object(kind=data[at : at + 16], data=data[at : at + size]))
        at += size
    return objects


def _object(kind: bytes, body: bytes) -> _Object:
    return _Object(kind=kind, data=kind + struct.pack("<Q", _OBJECT_BYTES + len(body)) + body)


def _with_file_size(each: _Object, size: int) -> _Object:
    if each.kind != _PROPERTIES or len(each.data) < _FILE_SIZE_AT + 8:
        return each
    data = each.data[:_FILE_SIZE_AT] + struct.pack("<Q", size) + each.data[_FILE_SIZE_AT + 8 :]
    return _Object(kind=each.kind, data=data)


def _entries_of(each: _Object) -> list[tuple[str, bytes]]:
    """Return names and bytes of an object's entries; for an extension, of the objects in it."""
    if each.kind == _CONTENT:
        return list(zip(_CONTENT_NAMES, _content(each), strict=True))
    if each.kind == _EXTENDED_CONTENT:
        return names_and_bytes(each.data, _attributes(each))
    if each.kind != _EXTENSION:
        return []
    entries: list[tuple[str, bytes]] = []
    for inner in _inner(each):
        if inner.kind in _METADATA:
            entries += names_and_bytes(inner.data, _records(inner))
        elif inner.data:
            entries.append(("object", inner.data))
    return entries


def _edited(each: _Object, wanted: list[Wanted]) -> _Object:
    if each.kind == _CONTENT:
        texts = _content(each)
        new = [_content_text(name, text, wanted) for name, text in zip(_CONTENT_NAMES, texts, strict=True)]
        return each if new == texts else _content_object(new)
    if each.kind == _EXTENDED_CONTENT:
        entries = _attributes(each)
        edit = edit_of(entries, [replace(field, create=False) for field in wanted])
        return each if not edit.changed else _rebuilt(each, entries, edit)
    if each.kind == _EXTENSION:
        inner = _inner(each)
        new_inner = [_without(item, wanted) if item.kind in _METADATA else item for item in inner]
        if new_inner == inner:
            return each
        body = b"".join(item.data for item in new_inner)
        head = each.data[_OBJECT_BYTES : _OBJECT_BYTES + 18] + struct.pack("<I", len(body))
        return _object(_EXTENSION, head + body)
    return each


def _without(each: _Object, wanted: list[Wanted]) -> _Object:
    """Return a multi-value object without names that now have a single value."""
    entries = _records(each)
    gone = {n for n, entry in enumerate(entries) if any(entry.name in field.names for field in wanted)}
    return _rebuilt(each, entries, Edit(changed=dict.fromkeys(gone, b""), added=())) if gone else each


def _rebuilt(each: _Object, entries: tuple[TagEntry, ...], edit: Edit) -> _Object:
    edited = edit.entries(each.data, entries)
    return _object(each.kind, struct.pack("<H", len(edited)) + b"".join(edited))


def _with_added(objects: list[_Object], missing: list[Wanted]) -> list[_Object]:
    texts = {field.names[0]: field.encode(None) for field in missing}
    content = {name: texts.pop(name) for name in _CONTENT_NAMES if name in texts}
    if texts:
        objects = _with_object(objects, _EXTENDED_CONTENT, bytes(2))
        edit = Edit(changed={}, added=tuple(texts.values()))
        objects = [
            _rebuilt(item, _attributes(item), edit) if item.kind == _EXTENDED_CONTENT else item for item in objects
        ]
    if content:  # only if the object is missing: otherwise it has all texts, possibly empty
        objects = _with_object(objects, _CONTENT, bytes(10))
        objects = [_edited(item, missing) if item.kind == _CONTENT else item for item in objects]
    return objects


def _with_object(objects: list[_Object], kind: bytes, body: bytes) -> list[_Object]:
    return objects if any(item.kind == kind for item in objects) else [*objects, _object(kind, body)]


def _content(each: _Object) -> list[bytes]:
    """Return title, author, copyright, description and rating, as stored."""
    body = each.data[_OBJECT_BYTES:]
    sizes = struct.unpack("<5H", body[:10]) if len(body) >= 10 else ()
    if not sizes or 10 + sum(sizes) > len(body):
        raise FileError("corrupt", "has a damaged ASF header")
    ends = [10 + sum(sizes[: number + 1]) for number in range(5)]
    return [body[end - size : end] for end, size in zip(ends, sizes, strict=True)]


def _content_object(texts: list[bytes]) -> _Object:
    if any(len(text) > 0xFFFF for text in texts):
        raise FileError("unsupported", "has no room left for tags")
    return _object(_CONTENT, struct.pack("<5H", *map(len, texts)) + b"".join(texts))


def _content_text(name: str, text: bytes, wanted: list[Wanted]) -> bytes:
    wanted_field = next((field for field in wanted if field.names[0] == name), None)
    return (
        text
        if wanted_field is None or not isinstance(wanted_field.encode, _Attribute)
        else _utf_16(wanted_field.encode.text)
    )


def _attributes(each: _Object) -> tuple[TagEntry, ...]:
    """Return attributes of the extended content description: length and name, kind, length and value."""
    return tuple(_listed(each.data, name_first=True))


def _records(each: _Object) -> tuple[TagEntry, ...]:
    """Return records of the metadata objects: language, stream, lengths, kind, name, value."""
    return tuple(_listed(each.data, name_first=False))


def _listed(data: bytes, *, name_first: bool) -> Iterator[TagEntry]:
    at = _OBJECT_BYTES + 2
    for _ in range(int.from_bytes(data[_OBJECT_BYTES:at], "little")):
        start = at
        try:
            if name_first:
                (name_bytes,) = struct.unpack_from("<H", data, at)
                kind, size = struct.unpack_from("<HH", data, at + 2 + name_bytes)
                name, at = data[at + 2 : at + 2 + name_bytes], at + 6 + name_bytes
            else:
                name_bytes, kind, size = struct.unpack_from("<HHI", data, at + 4)
                name, at = data[at + 12 : at + 12 + name_bytes], at + 12 + name_bytes
        except struct.error:
            raise FileError("corrupt", "has a damaged ASF header") from None
        if at + size > len(data):
            raise FileError("corrupt", "has a damaged ASF header")
        value, at = data[at : at + size], at + size
        spelling = name.decode("utf-16-le", "replace").rstrip("\0")
        text = value.decode("utf-16-le", "replace").rstrip("\0") if kind in _TEXT_KINDS else None
        # Attributes with several values repeat their name; each value is an entry here.
        yield TagEntry(name=spelling.lower(), exact=spelling.lower().encode(), start=start, stop=at, text=text,
                    spelling=spelling)  # fmt: skip


def _inner(each: _Object) -> list[_Object]:
    start = _OBJECT_BYTES + _EXTENSION_HEAD_BYTES
    return _objects(each.data, start, len(each.data))


def _wanted(values: SlotValues) -> Iterator[Wanted]:
    for slot, value in values.items():
        usual = ASF_WRITTEN[slot]
        names = names_of(slot, ASF_NAMES, "asf", usual=usual)
        if slot == "rating":
            number = _WM_RATING[max(0, min(int(float(value) + 0.5), 5))]
            yield Wanted(slot=slot, names=names, encode=partial(_number, usual, number))
            stars = stars_of(value)
            yield Wanted(slot=slot, names=("fmps/rating",), encode=_Attribute("", slot, stars), create=False)
            continue
        yield Wanted(slot=slot, names=names, encode=_Attribute(usual, slot, value))


@dataclass(frozen=True, slots=True)
class _Attribute:
    usual: str
    slot: TagSlot
    value: SlotValue

    @property
    def text(self) -> str:
        return text_of(self.slot, self.value)

    def __call__(self, entry: TagEntry | None) -> bytes:
        text = entry_text(self.slot, self.value, entry)
        return _attribute(self.usual if entry is None else entry.spelling, _UNICODE, _utf_16(text))


def _number(usual: str, number: int, entry: TagEntry | None) -> bytes:
    return _attribute(usual if entry is None else entry.spelling, _DWORD, number.to_bytes(4, "little"))


def _attribute(spelling: str, kind: int, value: bytes) -> bytes:
    if len(value) > 0xFFFF:
        raise FileError("unsupported", "has no room for a text of this length")
    name = _utf_16(spelling)
    return struct.pack("<H", len(name)) + name + struct.pack("<HH", kind, len(value)) + value


def _utf_16(text: str) -> bytes:
    return text.encode("utf-16-le", "replace") + bytes(2)
