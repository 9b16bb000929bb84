"""Marks: free words that users assign to tracks."""

from __future__ import annotations

from typing import Annotated, ClassVar

from map4.core.base.records import Count, Json, Record
from map4.core.base.text import clean, name_key

MOST_LETTERS = 60
_PARTS = (";", " / ", "/*", "*/")  # separators of marks, here and in file tags
_INSTEAD = ((";", ","), ("/*", "*"), ("*/", "*"))
MarkKey = Annotated[int, Json(minimum=1, maximum=9)]


class OwnMark(Record):
    """A mark of the caller.

    name: as first written
    color: #rrggbb
    key: key after Shift+M that sets it on the page; null if all nine are taken
    tracks: number of recordings with it
    lists: number of stored lists with it
    """

    MOST_OF_TRACK: ClassVar[int] = 200
    COLORS: ClassVar = (
        "#e6194b", "#f58231", "#c9a400", "#3cb44b", "#1aa3a3", "#4363d8", "#911eb4", "#d6409f", "#8d6e4a",
    )  # fmt: skip
    """Colours assigned to new marks in order, with keys 1-9."""

    name: str
    color: str
    key: MarkKey | None
    tracks: Count
    lists: Count = 0

    @staticmethod
    def read(text: str) -> str:
        """Normalize a mark, without outer blanks."""
        mark = " ".join(clean(text).split())
        if not mark:
            raise ValueError("a mark can't be empty")
        if len(mark) > MOST_LETTERS:
            raise ValueError(f"a mark has at most {MOST_LETTERS} letters; '{mark[:20]}…' has {len(mark)}")
        if parted := next((sign for sign in _PARTS if sign in f" {mark} "), None):
            raise ValueError(
                f"'{mark}' has '{parted.strip()}' in it, which separates marks; enter each mark separately"
            )
        return mark

    @staticmethod
    def in_order(marks: list[str]) -> tuple[str, ...]:
        """The marks of a track by name, without duplicates."""
        return tuple(sorted({name_key(mark): mark for mark in marks}.values(), key=name_key))

    @staticmethod
    def of_text(text: str) -> str | None:
        """Convert another program's tag or list name to a mark; None if nothing is left.

        Separators are replaced: 'Drum & Bass / Jungle' becomes 'Drum & Bass/Jungle'.
        """
        for sign, instead in _INSTEAD:
            text = text.replace(sign, instead)
        words = " ".join(clean(text).split())
        parts = [part.strip() for part in f" {words} ".split(" / ")]
        mark = "/".join(filter(None, parts))[:MOST_LETTERS].strip()
        while mark.endswith((" /", "/ ")) or mark == "/":
            mark = mark[:-1].strip()
        return mark or None


class MarkList(Record, kind="marks"):
    """The caller's marks, by name ('map4 set --marks --json')."""

    marks: tuple[OwnMark, ...]


class MarkChange(Record, kind="mark-change"):
    """The result of renaming or deleting a mark ('map4 set --rename-mark', '--delete-mark').

    tracks, lists: number of recordings and stored lists that had it
    step: number for 'map4 set undo'; null if nothing changed
    """

    name: str
    became: str | None
    tracks: Count
    lists: Count
    step: Annotated[int, Json(minimum=1)] | None
