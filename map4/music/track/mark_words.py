"""Marks: words of somebody's own that tracks have, as many as wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from map4.base.records import Count, Json, Record
from map4.base.text import clean, name_key

MOST_LETTERS = 60
MOST_OF_TRACK = 200
_PARTS = (";", " / ", "/*", "*/")
"""What parts marks where they are written one after the other, here and in the tags of files."""
_INSTEAD = ((";", ","), ("/*", "*"), ("*/", "*"))
COLORS = ("#e6194b", "#f58231", "#c9a400", "#3cb44b", "#1aa3a3", "#4363d8", "#911eb4", "#d6409f", "#8d6e4a")
"""Which marks get one after the other, beside their keys 1-9."""
MarkKey = Annotated[int, Json(minimum=1, maximum=9)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMark(Record):
    """A mark, as whoever asks has it.

    name: as it was first written
    color: #rrggbb
    key: which behind Shift+M sets it on the page; null where all nine are taken
    tracks: how many recordings have it
    lists: how many stored lists have it
    """

    name: str
    color: str
    key: MarkKey | None
    tracks: Count
    lists: Count = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkList(Record, kind="marks"):
    """The marks of whoever asks, by name ('map4 marks --json')."""

    marks: tuple[OwnMark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkChange(Record, kind="mark-change"):
    """What renaming or deleting a mark did ('map4 marks rename', 'map4 marks delete').

    tracks, lists: how many recordings, and stored lists, had it
    step: by which 'map4 set undo' takes it back; null where nothing was changed
    """

    name: str
    became: str | None
    tracks: Count
    lists: Count
    step: Annotated[int, Json(minimum=1)] | None


def read_mark(text: str) -> str:
    """A mark as it is kept, without blanks around it.

    raises ValueError: with a sentence for whoever wrote it, if it can't be one
    """
    mark = " ".join(clean(text).split())
    if not mark:
        raise ValueError("a mark is a word or some; this one is empty")
    if len(mark) > MOST_LETTERS:
        raise ValueError(f"a mark has at most {MOST_LETTERS} letters; '{mark[:20]}…' has {len(mark)}")
    if parted := next((sign for sign in _PARTS if sign in f" {mark} "), None):
        raise ValueError(f"'{mark}' has '{parted.strip()}' in it, which stands between marks; give each by itself")
    return mark


def in_order(marks: list[str]) -> tuple[str, ...]:
    """Marks of a track by name, each once."""
    return tuple(sorted({name_key(mark): mark for mark in marks}.values(), key=name_key))


def as_mark(text: str) -> str | None:
    """What another program calls a tag or a list, as a mark; None where nothing is left of it.

    What stands between marks is written otherwise in it: 'Drum & Bass / Jungle' becomes 'Drum & Bass/Jungle'.
    """
    for sign, instead in _INSTEAD:
        text = text.replace(sign, instead)
    words = " ".join(clean(text).split())
    parts = [part.strip() for part in f" {words} ".split(" / ")]
    mark = "/".join(filter(None, parts))[:MOST_LETTERS].strip()
    while mark.endswith((" /", "/ ")) or mark == "/":
        mark = mark[:-1].strip()
    return mark or None
