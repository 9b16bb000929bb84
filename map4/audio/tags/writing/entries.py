"""A tag as a list of entries, of which some are changed and all others stay as they are, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from map4.audio.tags.changes import SlotValue, SlotValues, Splice, TagSlot
from map4.audio.tags.names import COMMENT_NAMES, names_of
from map4.audio.tags.values import as_bpm
from map4.music.track.track import readable_key

NUMBERED: frozenset[TagSlot] = frozenset(("track", "disc_number"))
"""What tags say with how many there are: `3/12`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagEntry:
    """A frame, comment, item or atom.

    name: as in `map4.audio.tags.names`
    exact: all that names it, so that two entries of one `exact` repeat each other
    start, stop: where it lies
    text: what it says; None where it is no text
    spelling: the name as the file has it
    rest: what is kept of it when its text changes: the language of a comment, how often a track was played
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
    """What one slot of a tag is to say.

    names: under which the file may have it; the first is the usual one
    encode: the bytes of an entry: of one that is there, whose spelling stays, or (None) of a new one
    create: make one under the usual name where there is none
    """

    slot: TagSlot
    names: Sequence[str]
    encode: Callable[[TagEntry | None], bytes]
    create: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """New bytes of entries by their number (none for one that goes), and new entries behind them."""

    changed: dict[int, bytes]
    added: tuple[bytes, ...]

    def __bool__(self) -> bool:
        return bool(self.changed or self.added)

    def entries(self, data: bytes, entries: Sequence[TagEntry]) -> list[bytes]:
        """All entries of a tag as they become."""
        new = (self.changed.get(number, entry.of(data)) for number, entry in enumerate(entries))
        return [each for each in (*new, *self.added) if each]

    def splices(self, entries: Sequence[TagEntry]) -> list[Splice]:
        """The changes of the entries that are there."""
        return [
            Splice(entries[number].start, entries[number].stop, new) for number, new in sorted(self.changed.items())
        ]


def edit_of(entries: Sequence[TagEntry], wanted: Iterable[Wanted]) -> Edit:
    """What becomes of entries: one that is wanted under other names too is changed under all it has."""
    changed: dict[int, bytes] = {}
    added: list[bytes] = []
    for each in wanted:
        usual, *_ = each.names
        seen: set[bytes] = set()
        has_usual = False
        for number, entry in enumerate(entries):
            if entry.name not in each.names or (entry.name != usual and not _says(each.slot, entry.text)):
                continue
            if each.slot == "comment" and seen:
                continue  # of several remarks the first is changed; the others are no parts of it
            changed[number] = b"" if entry.exact in seen else each.encode(entry)
            seen.add(entry.exact)
            has_usual |= entry.name == usual
        if each.create and not has_usual:
            added.append(each.encode(None))
    return Edit(changed=changed, added=tuple(added))


def names_and_bytes(data: bytes, entries: Iterable[TagEntry]) -> list[tuple[str, bytes]]:
    """All that a tag holds."""
    return [(entry.name, entry.of(data)) for entry in entries]


def stars_of(value: SlotValue) -> str:
    """Stars as FMPS has them: part of one."""
    return f"{float(value) / 5:g}"


def wanted_comments(
    values: SlotValues,
    written: Mapping[str, str],
    encoder: Callable[[str, TagSlot, SlotValue, TagEntry | None], bytes],
    *,
    create: bool = True,
) -> Iterator[Wanted]:
    """What Vorbis comments and APE items, of the same names, are to say; `encoder` makes one."""
    for slot, value in values.items():
        usual = written[slot]
        names = names_of(slot, COMMENT_NAMES, "comments", usual=usual)
        yield Wanted(slot=slot, names=names, encode=partial(encoder, usual, slot, value), create=create)
        if slot == "rating":
            yield Wanted(
                slot=slot, names=("fmps_rating",), encode=partial(encoder, "", slot, stars_of(value)), create=False
            )


def _says(slot: TagSlot, text: str | None) -> bool:
    """Whether a text under a name that several programs use is of this kind: Mixed In Key's KEY holds JSON, say."""
    if slot == "bpm":
        return text is not None and as_bpm(text.strip()) is not None
    if slot == "key":
        return readable_key(text) is not None
    return True


def entry_text(slot: TagSlot, value: SlotValue, entry: TagEntry | None) -> str:
    """What an entry is to say: a value, of a number of track or disc with how many there are, if the entry has that."""
    text = text_of(slot, value)
    if slot in NUMBERED and entry is not None and entry.text is not None:
        _, slash, count = entry.text.partition("/")
        text += f"{slash}{count}"
    return text


def text_of(slot: TagSlot, value: SlotValue) -> str:
    """A value as tags have it in text: `121.99`, `-8.01 dB`, `0.988553`; stars as percent."""
    if isinstance(value, str):
        return value
    if slot == "bpm":
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if slot == "gain":
        return f"{value:.2f} dB"
    if slot == "peak":
        return f"{value:.6f}"
    if slot == "rating":
        return f"{round(value * 20)}"
    return f"{value:.0f}"
