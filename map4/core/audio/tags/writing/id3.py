"""ID3v2 of every version, which keeps its version; frames that don't change are never decoded."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import partial

from map4.core.audio.tag_boundaries import to_syncsafe
from map4.core.audio.tags.changes import SERATO_SLOTS, SlotValue, SlotValues, Splice, TagSlot, growth, spliced
from map4.core.audio.tags.names import ID3_NAMES, ID3_WRITTEN, names_of
from map4.core.audio.tags.pictures import EmbeddedPicture
from map4.core.audio.tags.values import is_linear_popm
from map4.core.audio.tags.writing.entries import Edit, TagEntry, Wanted, edit_of, entry_text, names_and_bytes
from map4.core.audio.tags.writing.id3_frames import HEADER_BYTES, Frames, id3_header, plain_tag
from map4.errors import FileError

_PADDING_BYTES = 2048
_MOST_BYTES = 1 << 28
_FRONT_COVER = 3
# What Windows writes, and the programs that read ratings understand.
_POPM_EMAIL = "Windows Media Player 9 Series"
_POPM_OF_HALF_STARS = (0, 13, 1, 54, 64, 118, 128, 186, 196, 242, 255)


def new_id3(values: SlotValues) -> bytes:
    """Return a tag of version 2.3, which every program reads."""
    empty = id3_header(3, 0, 0)
    return spliced(empty, edit_id3(empty, values))


def edit_id3(tag: bytes, values: SlotValues, *, base: int = 0, create: bool = True) -> list[Splice]:
    """Return the changes of a tag.

    It grows, to an even size, only if its padding is too short.

    tag: from its header to its end
    base: its start in the file
    create: add missing frames
    """
    plain = plain_tag(tag)
    parsed = Frames.parse(plain)
    edit = edit_of(parsed.entries, _wanted(parsed, values, create=create))
    if not edit:
        return []
    splices = _splices(plain, parsed, edit)
    if plain is not tag:
        return [Splice(base, base + len(tag), spliced(plain, splices))]
    return [Splice(base + each.start, base + each.stop, each.new) for each in splices]


def id3_entries(tag: bytes) -> list[tuple[str, bytes]]:
    plain = plain_tag(tag)
    return names_and_bytes(plain, Frames.parse(plain).entries)


def _wanted(frames: Frames, values: SlotValues, *, create: bool) -> Iterator[Wanted]:
    for slot, value in values.items():
        if slot == "comment":
            yield Wanted(slot=slot, names=("comm",), encode=partial(_comment, frames, str(value)), create=create)
        elif slot == "cover":
            yield Wanted(slot=slot, names=("apic",), encode=partial(_cover, frames, str(value)), create=create)
        elif slot in SERATO_SLOTS:
            usual = ID3_WRITTEN[slot]
            yield Wanted(
                slot=slot, names=(usual.lower(),), encode=partial(_object, frames, usual, str(value)), create=create
            )
        elif slot == "grouping":  # only one of the two: in a tag of iTunes the other is the work
            usual = "GRP1" if any(entry.name == "grp1" for entry in frames.entries) else "TIT1"
            encode = partial(_text, frames, usual, slot, value)
            yield Wanted(slot=slot, names=(usual.lower(),), encode=encode, create=create)
        elif slot == "rating":
            yield from _wanted_ratings(frames, float(value), create=create)
        else:
            usual = "TYER" if slot == "year" and frames.version < 4 else ID3_WRITTEN[slot]
            names = names_of(slot, ID3_NAMES, "id3", usual=usual)
            yield Wanted(slot=slot, names=names, encode=partial(_text, frames, usual, slot, value), create=create)


def _wanted_ratings(frames: Frames, stars: float, *, create: bool) -> Iterator[Wanted]:
    emails = [entry.name for entry in frames.entries if entry.name.startswith("popm:")]
    usual = f"popm:{_POPM_EMAIL.lower()}"
    for name in dict.fromkeys(emails or [usual]):
        yield Wanted(slot="rating", names=(name,), encode=partial(_rating, frames, stars), create=create and not emails)
    for name in ("txxx:fmps_rating", "txxx:rating"):
        number: SlotValue = f"{stars / 5:.1f}" if name == "txxx:fmps_rating" else stars
        yield Wanted(slot="rating", names=(name,), encode=partial(_text, frames, name, "rating", number), create=False)


def _text(frames: Frames, usual: str, slot: TagSlot, value: SlotValue, entry: TagEntry | None) -> bytes:
    text = entry_text(slot, value, entry)
    name = usual if entry is None else entry.name
    if slot == "genre" and text.startswith("(") and frames.version < 4:
        text = f"({text}"  # one bracket would begin a number of ID3v1's list
    if not name.lower().startswith("txxx:"):
        return frames.frame(name.upper(), frames.text_body(text))
    described = name.partition(":")[2] if entry is None else entry.spelling
    return frames.frame("TXXX", frames.text_body(described, text))


def _object(frames: Frames, usual: str, text: str, entry: TagEntry | None) -> bytes:
    """Return bytes of a program, one letter each."""
    head = b"\0application/octet-stream\0\0" + usual.partition(":")[2].encode("latin-1") + b"\0"
    return frames.frame("GEOB", head + text.encode("latin-1"))


def _cover(frames: Frames, text: str, entry: TagEntry | None) -> bytes:
    """Return a front cover, its bytes as one letter each."""
    if frames.version == 2:
        raise FileError("unsupported", "has an ID3 tag of version 2.2, into which map4 writes no picture")
    data = text.encode("latin-1")
    picture = EmbeddedPicture.of_data(data)
    kind = b"" if picture is None else picture.media_type.encode("ascii")
    return frames.frame("APIC", b"\0" + kind + b"\0" + bytes((_FRONT_COVER,)) + b"\0" + data)


def _comment(frames: Frames, text: str, entry: TagEntry | None) -> bytes:
    language = b"eng" if entry is None else entry.rest
    return frames.frame("COMM", frames.text_body("", text, language=language))


def _rating(frames: Frames, stars: float, entry: TagEntry | None) -> bytes:
    email = _POPM_EMAIL if entry is None else entry.spelling
    plays = struct.pack(">I", 0) if entry is None else entry.rest[1:]
    number = round(stars * 51) if is_linear_popm(email) else _POPM_OF_HALF_STARS[round(stars * 2)]
    return frames.frame("POPM", email.encode("latin-1") + bytes((0, number)) + plays)


def _splices(tag: bytes, frames: Frames, edit: Edit) -> list[Splice]:
    splices = edit.splices(frames.entries)
    added = b"".join(edit.added)
    grown = len(added) + growth(splices)
    padding = len(tag) - frames.stop - grown
    if padding < 0:
        size = len(tag) + _PADDING_BYTES - padding
        padding = _PADDING_BYTES + size % 2
        size += size % 2
        if size - HEADER_BYTES >= _MOST_BYTES:
            raise FileError("unsupported", "has no room left in its ID3 tag")
        splices.append(Splice(6, HEADER_BYTES, to_syncsafe(size - HEADER_BYTES)))
    splices.append(Splice(frames.stop, len(tag), added + bytes(padding)))
    return sorted(splices, key=lambda each: each.start)
