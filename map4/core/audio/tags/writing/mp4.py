"""MP4: the atoms of `ilst`, the free space after them, and the positions of samples after that."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from map4.core.audio.identity.mp4_boxes import Box, boxes_in, child
from map4.core.audio.source import AudioSource
from map4.core.audio.tags.changes import SlotValue, SlotValues, Splice, TagSlot, growth
from map4.core.audio.tags.names import MP4_NAMES, MP4_WRITTEN, names_of, short_name
from map4.core.audio.tags.writing.entries import Edit, TagEntry, Wanted, edit_of, stars_of, text_of
from map4.errors import FileError

_BINARY, _TEXT, _INTEGER = 0, 1, 21
_JPEG, _PNG = 13, 14
_NUMBERED: dict[TagSlot, bytes] = {"track": b"trkn", "disc_number": b"disk"}
_FREE_BYTES = 2048
_LONGEST_TAG_BYTES = 256 << 20
_HANDLER = struct.pack(">II4s4sIIB", 0, 0, b"mdir", b"appl", 0, 0, 0)


def edit_mp4(source: AudioSource, start: int, values: SlotValues) -> list[Splice]:
    if start:
        raise FileError("unsupported", "is an MP4 file with a tag of another kind before it")
    tree = _Tree.read(source)
    edit = edit_of(tree.entries, _wanted(tree.entries, values))
    if not edit:
        return []
    splices = _change_list(source, tree, edit)
    delta = growth(splices)
    if delta == 0:
        return splices
    at = splices[-1].stop
    sizes = [_resized(source, box, delta) for box in tree.parents[:3]]
    return sorted([*splices, *sizes, *_moved(source, tree, at, delta)], key=lambda each: (each.start, each.stop))


def mp4_entries(source: AudioSource, start: int) -> list[tuple[str, bytes]]:
    return [(entry.name, source.read(entry.start, entry.stop - entry.start)) for entry in _Tree.read(source).entries]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    """The places of the tags.

    parents: from `moov` inwards, as far as they exist: `udta`, `meta`, `ilst`
    free: unused space after `ilst`
    """

    moov: Box
    parents: tuple[Box, ...]
    entries: tuple[TagEntry, ...]
    free: Box | None

    @classmethod
    def read(cls, source: AudioSource) -> _Tree:
        moov = next((box for box in boxes_in(source, 0, source.size) if box.name == b"moov"), None)
        if moov is None or moov.stop > source.size:
            raise FileError("corrupt", "is an MP4 file without a whole header")
        _require_sound(source, moov)
        parents = [moov]
        for name in (b"udta", b"meta", b"ilst"):
            box = child(source, parents[-1], name, skip=_skip(source, parents[-1]))
            if box is None:
                break
            parents.append(box)
        if len(parents) < 4:
            return cls(moov=moov, parents=tuple(parents), entries=(), free=None)
        meta, ilst = parents[2:]
        if child(source, meta, b"keys", skip=_skip(source, meta)) is not None:
            raise FileError("unsupported", "has tags under names of its own, which map4 reads but can't write")
        free = next(
            (b for b in boxes_in(source, meta.start + _skip(source, meta), meta.stop)
             if b.name == b"free" and b.begin == ilst.stop), None,
        )  # fmt: skip
        return cls(moov=moov, parents=tuple(parents), entries=tuple(_entries(source, ilst)), free=free)


def _skip(source: AudioSource, box: Box) -> int:
    """Return the bytes before the boxes in a box: version and flags of `meta`, which QuickTime's lacks."""
    return 4 if box.name == b"meta" and source.read(box.start + 4, 4) != b"hdlr" else 0


def _require_sound(source: AudioSource, moov: Box) -> None:
    end = moov.start
    for box in boxes_in(source, moov.start, moov.stop):
        end = box.stop
    # QuickTime ends a list of user data with four bytes of zeros.
    if source.read(end, moov.stop - end).strip(b"\0") or moov.stop - end > 4:
        raise FileError("corrupt", "has damaged boxes in its MP4 header")


def _entries(source: AudioSource, ilst: Box) -> Iterator[TagEntry]:
    if ilst.stop - ilst.start > _LONGEST_TAG_BYTES:
        raise FileError("corrupt", "has tags that are too long")
    end = ilst.start
    for box in boxes_in(source, ilst.start, ilst.stop, most=1 << 16):
        name = box.name.decode("latin-1").lower()
        exact, mean, text = box.name, b"", None
        if box.name == b"----":
            parts = {part.name: source.read(part.start + 4, part.stop - part.start - 4)
                     for part in boxes_in(source, box.start, box.stop) if part.name in (b"mean", b"name")}  # fmt: skip
            mean, own = parts.get(b"mean", b""), parts.get(b"name", b"")
            name, exact = f"----:{own.decode('utf-8', 'replace').lower()}", b"\0".join((mean, own))
        data = next((part for part in boxes_in(source, box.start, box.stop) if part.name == b"data"), None)
        if data is not None and data.stop - data.start < 1 << 16:
            codec = "latin-1" if box.name in _NUMBERED.values() else "utf-8"  # two numbers
            text = source.read(data.start + 8, data.stop - data.start - 8).decode(codec, "replace")
        yield TagEntry(name=name, exact=exact, start=box.begin, stop=box.stop, text=text, rest=exact)
        end = box.stop
    if end != ilst.stop and source.read(end, ilst.stop - end).strip(b"\0"):
        raise FileError("corrupt", "has damaged tags")


def _wanted(entries: tuple[TagEntry, ...], values: SlotValues) -> Iterator[Wanted]:
    for slot, value in values.items():
        if slot == "cover":
            yield Wanted(slot=slot, names=("covr",), encode=partial(_cover, str(value)))
            continue
        usual = MP4_WRITTEN[slot]
        names = [name for name in names_of(slot, MP4_NAMES, "mp4", usual=short_name(usual)) if name != "tmpo"]
        if slot == "bpm":
            # Most programs only read this atom, which holds whole numbers.
            yield Wanted(slot=slot, names=("tmpo",), encode=partial(_whole_tempo, float(value)))
            has_fraction = "." in text_of(slot, value)
            yield Wanted(slot=slot, names=names, encode=partial(_text, usual, slot, value), create=has_fraction)
            continue
        if slot == "advisory":
            yield Wanted(slot=slot, names=names, encode=partial(_advisory, value))
            continue
        if slot in _NUMBERED:
            yield Wanted(slot=slot, names=names, encode=partial(_number, _NUMBERED[slot], int(value)))
            continue
        yield Wanted(slot=slot, names=names, encode=partial(_text, usual, slot, value))
        if slot == "genre":  # a number of ID3v1's list, which would say something else now
            yield Wanted(slot=slot, names=("gnre",), encode=lambda entry: b"", create=False)
        if slot == "rating":
            yield Wanted(slot=slot, names=("rate",), encode=partial(_text, "rate", slot, value), create=False)
            stars = stars_of(value)
            yield Wanted(slot=slot, names=("----:fmps_rating",), encode=partial(_text, "", slot, stars), create=False)


def _whole_tempo(bpm: float, entry: TagEntry | None) -> bytes:
    return _box(b"tmpo", _data(_INTEGER, int(bpm + 0.5).to_bytes(2, "big")))


def _advisory(value: SlotValue, entry: TagEntry | None) -> bytes:
    if entry is not None and entry.name != "rtng":
        return _text("", "advisory", value, entry)
    return _box(b"rtng", _data(_INTEGER, bytes([int(text_of("advisory", value))])))


def _cover(text: str, entry: TagEntry | None) -> bytes:
    """Return a picture, its bytes as one letter each."""
    data = text.encode("latin-1")
    return _box(b"covr", _data(_PNG if data.startswith(b"\x89PNG") else _JPEG, data))


def _number(name: bytes, number: int, entry: TagEntry | None) -> bytes:
    """Return the number of a track or a disc, with the total, if known."""
    if number >= 1 << 16:
        raise FileError("unsupported", f"has no room for the number {number}")
    count = b"\0\0" if entry is None or entry.text is None else entry.text[4:6].encode("latin-1").ljust(2, b"\0")
    rest = bytes(2) if name == b"trkn" else b""
    return _box(name, _data(_BINARY, bytes(2) + number.to_bytes(2, "big") + count + rest))


def _text(usual: str, slot: TagSlot, value: SlotValue, entry: TagEntry | None) -> bytes:
    data = _data(_TEXT, text_of(slot, value).encode("utf-8", "replace"))
    name = usual if entry is None else entry.name
    if not name.startswith("----"):
        return _box(usual.encode("latin-1") if entry is None else entry.exact, data)
    mean, own = usual.encode().split(b":", 2)[1:] if entry is None else entry.exact.split(b"\0", 1)
    return _box(b"----", _box(b"mean", bytes(4) + mean) + _box(b"name", bytes(4) + own) + data)


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), name) + body


def _data(kind: int, body: bytes) -> bytes:
    return _box(b"data", struct.pack(">II", kind, 0) + body)


def _change_list(source: AudioSource, tree: _Tree, edit: Edit) -> list[Splice]:
    """Return the changes of the list of atoms, of missing boxes around it, and of the free space after it."""
    added = b"".join(edit.added)
    inner = tree.parents[1:]
    if len(inner) < 3:
        ilst = _box(b"ilst", added)
        meta = _box(b"meta", bytes(4) + _box(b"hdlr", _HANDLER) + ilst + _box(b"free", bytes(_FREE_BYTES)))
        # What is missing in moov, in udta and in meta.
        missing = [_box(b"udta", meta), meta, ilst + _box(b"free", bytes(_FREE_BYTES))]
        at = tree.parents[-1].stop
        return [Splice(at, at, missing[len(inner)])]
    ilst_box = inner[2]
    splices = edit.splices(tree.entries)
    end = tree.entries[-1].stop if tree.entries else ilst_box.start
    tail = source.read(end, ilst_box.stop - end)
    free_bytes = tree.free.stop - tree.free.begin if tree.free is not None else 0
    grown = growth(splices) + len(added)
    left = free_bytes - grown
    # A box needs eight bytes: the rest must be none, or at least eight.
    if left < 0 or 0 < left < 8:
        left = _FREE_BYTES
    free = _box(b"free", bytes(left - 8)) if left else b""
    stop = ilst_box.stop if tree.free is None else tree.free.stop
    splices.append(Splice(end, stop, added + tail + free))
    if grown:
        splices.append(_resized(source, ilst_box, grown))
    return sorted(splices, key=lambda each: (each.start, each.stop))


def _resized(source: AudioSource, box: Box, delta: int) -> Splice:
    size = box.stop - box.begin + delta
    if box.start - box.begin >= 16:
        return Splice(box.begin + 8, box.begin + 16, size.to_bytes(8, "big"))
    if source.read(box.begin, 4) == bytes(4):  # size 0: the box extends to the end of the file
        return Splice(box.begin, box.begin, b"")
    if size >= 1 << 32:
        raise FileError("unsupported", "has no room left for tags")
    return Splice(box.begin, box.begin + 4, size.to_bytes(4, "big"))


def _moved(source: AudioSource, tree: _Tree, at: int, delta: int) -> Iterator[Splice]:
    """Yield new positions of all samples after `at`."""
    for box in boxes_in(source, 0, source.size):
        if box.name in (b"mfra", b"meta"):
            raise FileError("unsupported", "is an MP4 file in fragments without room for tags")
        if box.name == b"moof":
            for track in boxes_in(source, box.start, box.stop):
                header = child(source, track, b"tfhd") if track.name == b"traf" else None
                if header is not None and source.read(header.start + 3, 1)[0] & 1:
                    yield from _moved_table(source, header.start + 8, 1, ">u8", at, delta)
    for track in boxes_in(source, tree.moov.start, tree.moov.stop):
        tables = child(source, track, b"mdia", b"minf", b"stbl") if track.name == b"trak" else None
        for box in () if tables is None else boxes_in(source, tables.start, tables.stop):
            if box.name in (b"stco", b"co64"):
                kind = ">u4" if box.name == b"stco" else ">u8"
                count = int.from_bytes(source.read(box.start + 4, 4), "big")
                # A damaged table may claim more entries than its box has.
                count = min(count, (box.stop - box.start - 8) // np.dtype(kind).itemsize)
                yield from _moved_table(source, box.start + 8, count, kind, at, delta)
            elif box.name == b"saio":
                raise FileError("unsupported", "is a protected MP4 file without room for tags")


def _moved_table(source: AudioSource, start: int, count: int, kind: str, at: int, delta: int) -> Iterator[Splice]:
    width = np.dtype(kind).itemsize
    old = np.frombuffer(source.read(start, count * width), kind)
    behind = old >= at
    new = np.where(behind, old.astype(np.int64) + delta, old.astype(np.int64))
    if len(new) and int(new.max()) >= 1 << (8 * width):
        raise FileError("unsupported", "has no room left for tags")
    if behind.any():
        yield Splice(start, start + len(old) * width, new.astype(kind).tobytes())
