"""Vorbis comments: the comment list of FLAC and Ogg files."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from map4.core.audio.tags.changes import SlotValue, SlotValues, TagSlot
from map4.core.audio.tags.names import COMMENT_WRITTEN
from map4.core.audio.tags.pictures import picture_block
from map4.core.audio.tags.values import R128_BELOW_REPLAYGAIN_DB
from map4.core.audio.tags.writing.entries import TagEntry, Wanted, edit_of, entry_text, names_and_bytes, wanted_comments
from map4.errors import FileError

OPUS_GAINS: Mapping[TagSlot, str] = {"gain": "opus_gain", "album_gain": "opus_album_gain"}
"""The names of gains in Opus files, which have no others."""
PEAKS: frozenset[TagSlot] = frozenset({"peak", "album_peak"})
_VENDOR = b"map4"
_MOST_COMMENTS = 100_000
_PICTURE = "METADATA_BLOCK_PICTURE"


def edited_comments(block: bytes, values: SlotValues, *, is_opus: bool = False) -> bytes | None:
    """Return a changed list of comments; None if nothing changes.

    Data after the list (Vorbis' framing bit, padding) stays.
    """
    listed = _Comments.parse(block)
    edit = edit_of(listed.entries, _wanted(values, is_opus=is_opus))
    if not edit:
        return None
    comments = edit.entries(block, listed.entries)
    edited = b"".join((block[: listed.start], _number(len(comments)), *comments, block[listed.stop :]))
    return None if edited == block else edited


def new_comments(values: SlotValues) -> bytes:
    block = _number(len(_VENDOR)) + _VENDOR + _number(0)
    return edited_comments(block, values) or block


def opus_comments(values: SlotValues) -> dict[str, str]:
    """Return the names and texts of new comments of an Opus file."""
    block = edited_comments(bytes(8), values, is_opus=True) or bytes(8)
    return {entry.spelling: entry.text or "" for entry in _Comments.parse(block).entries}


def comment_entries(block: bytes) -> list[tuple[str, bytes]]:
    return names_and_bytes(block, _Comments.parse(block).entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comments:
    """The position of the count, the comments with their lengths, and their end."""

    start: int
    stop: int
    entries: tuple[TagEntry, ...]

    @classmethod
    def parse(cls, block: bytes) -> _Comments:
        start = 4 + int.from_bytes(block[:4], "little")
        count = int.from_bytes(block[start : start + 4], "little")
        if start + 4 > len(block) or count > _MOST_COMMENTS:
            raise FileError("corrupt", "has a damaged list of tags")
        entries, at = [], start + 4
        for _ in range(count):
            stop = at + 4 + int.from_bytes(block[at : at + 4], "little")
            if at + 4 > len(block) or stop > len(block):
                raise FileError("corrupt", "has a damaged list of tags")
            spelling, _, text = block[at + 4 : stop].decode("utf-8", "replace").partition("=")
            name = spelling.lower()
            entries.append(TagEntry(name=name, exact=name.encode(), start=at, stop=stop, text=text, spelling=spelling))
            at = stop
        return cls(start=start, stop=at, entries=tuple(entries))


def _wanted(values: SlotValues, *, is_opus: bool) -> Iterator[Wanted]:
    for slot, value in values.items():
        if slot == "cover":
            text = base64.b64encode(picture_block(str(value).encode("latin-1"))).decode("ascii")
            yield Wanted(slot=slot, names=(_PICTURE.lower(),), encode=partial(_comment, _PICTURE, slot, text))
        elif is_opus and slot in OPUS_GAINS:
            usual, steps = COMMENT_WRITTEN[OPUS_GAINS[slot]], f"{_r128_steps(float(value))}"
            yield Wanted(slot=slot, names=(usual.lower(),), encode=partial(_comment, usual, slot, steps))
        elif not is_opus or slot not in PEAKS:
            yield from wanted_comments({slot: value}, COMMENT_WRITTEN, _comment)


def _r128_steps(gain_db: float) -> int:
    return max(-32768, min(round((gain_db - R128_BELOW_REPLAYGAIN_DB) * 256), 32767))


def _comment(usual: str, slot: TagSlot, value: SlotValue, entry: TagEntry | None) -> bytes:
    spelling = usual if entry is None else entry.spelling
    comment = f"{spelling}={entry_text(slot, value, entry)}".encode("utf-8", "replace")
    return _number(len(comment)) + comment


def _number(value: int) -> bytes:
    return value.to_bytes(4, "little")
