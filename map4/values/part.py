"""The caller's marks: list, rename, delete and restyle them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from map4.core.base.actor import needs, served
from map4.core.base.text import name_key
from map4.core.music.track.mark_words import MarkChange, MarkList, OwnMark
from map4.errors import NothingFoundError, UsageError
from map4.library.part import LibraryPart
from map4.values.store.values import SqlValues
from map4.values.use import checked

_COLOR = re.compile("#[0-9a-f]{6}")


class MarksPart(LibraryPart, scope="own"):
    """A user's own words on tracks and lists; `map4.Library.marks`. `map4.Library.set` sets and removes marks of
    tracks, `library.lists.mark` marks of lists."""

    @needs("read")
    @served("GET", "/marks", "Your marks by name, with colour, key and number of tracks.", queue="quick")
    def all(self) -> MarkList:
        """The marks in use on tracks or lists, by name."""
        return MarkList(marks=tuple(self._store.part(SqlValues).marks()))

    def rename(self, name: str, new_name: str) -> MarkChange:
        """Rename a mark on all tracks; if the new name is a mark already, they are merged.

        raises NothingFoundError: if there is no such mark
        raises UsageError: if the new name is not allowed
        """
        return self._change(name, checked(OwnMark.read, new_name))

    @served("DELETE", "/marks", "Remove a mark from all tracks; returns your remaining marks.",
            {"mark:name": (str, ...)}, shows="all", queue="write", example={"mark": "peak"})  # fmt: skip
    def delete(self, name: str) -> MarkChange:
        """Remove a mark from all tracks.

        raises NothingFoundError: if there is no such mark
        """
        return self._change(name, None)

    def show_as(self, name: str, *, color: str | None = None, key: int | None = None) -> OwnMark:
        """Set a mark's colour (#rrggbb), or its key, 1-9, pressed after Shift+M on the page.

        raises NothingFoundError: if there is no such mark
        raises UsageError: if the colour or key is invalid
        """
        if color is None and key is None:
            raise UsageError("give a color (#rrggbb) or a key (1-9)")
        color = None if color is None else color.lower()
        if color is not None and not _COLOR.fullmatch(color):
            raise UsageError(f"'{color}' is not a colour; write #rrggbb, as in {OwnMark.COLORS[0]}")
        if key is not None and not 1 <= key <= len(OwnMark.COLORS):
            raise UsageError(f"{key} is not a valid key of a mark; choose 1 to {len(OwnMark.COLORS)}")
        mark = self._mark(name)
        self._store.part(SqlValues).look_of_mark(mark.name, color=color, key=key, now=datetime.now(UTC))
        return self._mark(name)

    def _change(self, name: str, became: str | None) -> MarkChange:
        mark = self._mark(name)
        step = self._store.part(SqlValues).rename_mark(mark.name, became, now=datetime.now(UTC))
        return MarkChange(name=mark.name, became=became, tracks=mark.tracks, lists=mark.lists, step=step)

    def _mark(self, name: str) -> OwnMark:
        marks = self._store.part(SqlValues).marks()
        known = next((mark for mark in marks if name_key(mark.name) == name_key(name)), None)
        if known is None:
            near = UsageError.did_you_mean(
                name, [mark.name for mark in marks], otherwise="'map4 set --marks' lists them"
            )
            raise NothingFoundError(f"nothing has the mark '{name}'; {near}")
        return known
