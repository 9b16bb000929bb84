"""A tag as a list of entries; some are changed, and all others stay byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from map4.core.audio.tags.changes import SlotValue, SlotValues, Splice, TagSlot
from map4.core.audio.tags.names import COMMENT_NAMES, names_of
from map4.core.audio.tags.values import as_bpm
from map4.core.music.analysis.key import Key

NUMBERED: frozenset[TagSlot] = frozenset(("track", "disc_number"))
"""Slots that tags write with the total: `3/12`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagEntry:
    """A frame, comment, item or atom.

    name: as in `map4.core.audio.tags.names`
    exact: its full name; entries with the same `exact` are repeats
    start, stop: its place
    text: its text; None if it is not text
    spelling: the name as spelled in the file
    rest: data to keep when its text changes: the language of a comment, how often a track was played
    """

    name: str
    exact: bytes
    start: int
    stop: int
    text: str | None = None
    spelling: str = ""
    rest: bytes = b""

    def of(self, data: bytes) -> bytes:
        return data[self.start : self.stop]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The wanted content of a slot of a tag.

    names: under which the file may have it; the usual one first
    encode: returns the bytes of an existing entry, whose spelling stays, or (None) of a new entry
    create: add an entry under the usual name if there is none
    """

    slot: TagSlot
    names: Sequence[str]
    encode: Callable[[TagEntry | None], bytes]
    create: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """New bytes of entries by their number (empty for removed ones), and new entries to append."""

    changed: dict[int, bytes]
    added: tuple[bytes, ...]

    def __bool__(self) -> bool:
        return bool(self.changed or self.added)

    def entries(self, data: bytes, entries: Sequence[TagEntry]) -> list[bytes]:
        """Return all entries of a tag after the edit."""
        new = (self.changed.get(number, entry.of(data)) for number, entry in enumerate(entries))
        return [each for each in (*new, *self.added) if each]

    def splices(self, entries: Sequence[TagEntry]) -> list[Splice]:
        """Return the changes of the existing entries."""
        return [
            Splice(entries[number].start, entries[number].stop, new) for number, new in sorted(self.changed.items())
        ]


def edit_of(entries: Sequence[TagEntry], wanted: Iterable[Wanted]) -> Edit:
    """Return the edit of entries; a slot is changed under all names that the file has for it."""
    changed: dict[int, bytes] = {}
    added: list[bytes] = []
    for each in wanted:
        usual, *_ = each.names
        seen: set[bytes] = set()
        has_usual = False
        for number, entry in enumerate(entries):
            if entry.name not in each.names or (entry.name != usual and not _is_readable(each.slot, entry.text)):
                continue
            if each.slot == "comment" and seen:
                continue  # only the first of several comments is changed; the others are separate
            changed[number] = b"" if entry.exact in seen else each.encode(entry)
            seen.add(entry.exact)
            has_usual |= entry.name == usual
        if each.create and not has_usual:
            added.append(each.encode(None))
    return Edit(changed=changed, added=tuple(added))


def names_and_bytes(data: bytes, entries: Iterable[TagEntry]) -> list[tuple[str, bytes]]:
    """Return the names and bytes of all entries of a tag."""
    return [(entry.name, entry.of(data)) for entry in entries]


def stars_of(value: SlotValue) -> str:
    """Format stars as in FMPS: a fraction of 1."""
    return f"{float(value) / 5:g}"


def wanted_comments(
    values: SlotValues,
    written: Mapping[str, str],
    encoder: Callable[[str, TagSlot, SlotValue, TagEntry | None], bytes],
    *,
    create: bool = True,
) -> Iterator[Wanted]:
    """Yield the wanted content of Vorbis comments or APE items, which share their names; `encoder` makes an entry."""
    for slot, value in values.items():
        usual = written[slot]
        names = names_of(slot, COMMENT_NAMES, "comments", usual=usual)
        yield Wanted(slot=slot, names=names, encode=partial(encoder, usual, slot, value), create=create)
        if slot == "rating":
            yield Wanted(
                slot=slot, names=("fmps_rating",), encode=partial(encoder, "", slot, stars_of(value)), create=False
            )


def _is_readable(slot: TagSlot, text: str | None) -> bool:
    """Return whether a text under a name that several programs use is of this kind: Mixed In Key's KEY is JSON."""
    if slot == "bpm":
        return text is not None and as_bpm(text.strip()) is not None
    if slot == "key":
        return Key.readable(text) is not None
    return True


def entry_text(slot: TagSlot, value: SlotValue, entry: TagEntry | None) -> str:
    """Return the text of an entry: a value; for a track or disc number with the total, if the entry has it."""
    text = text_of(slot, value)
    if slot in NUMBERED and entry is not None and entry.text is not None:
        _, slash, count = entry.text.partition("/")
        text += f"{slash}{count}"
    return text


def text_of(slot: TagSlot, value: SlotValue) -> str:
    """Format a value as tag text: `121.99`, `-8.01 dB`, `0.988553`; stars as percent; iTunes' number of an advisory."""
    if slot == "advisory":
        return {"explicit": "1", "clean": "2"}[str(value)]
    if isinstance(value, str):
        return value
    if slot == "bpm":
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if slot in ("gain", "album_gain"):
        return f"{value:.2f} dB"
    if slot in ("peak", "album_peak"):
        return f"{value:.6f}"
    if slot == "rating":
        return f"{round(value * 20)}"
    return f"{value:.0f}"
