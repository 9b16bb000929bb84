"""Notes on live lists in files that contain their current tracks."""

from __future__ import annotations

from dataclasses import dataclass, field

from map4.base.text import counted
from map4.music.lists.tracklist import Tracklist

_MOST_NAMED = 3


@dataclass(slots=True, kw_only=True)
class LiveNotes:
    """Names of live lists that a file contains with their current tracks, and why others are missing from it."""

    standing: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, content: Tracklist) -> LiveNotes:
        """The notes on one list."""
        return cls(standing=[] if content.header.live is None else [content.name or "it"])

    def sentences(self) -> list[str]:
        """The notes as sentences."""
        if not self.standing:
            return self.problems
        more = "" if len(self.standing) <= _MOST_NAMED else ", …"
        names = ", ".join(f"'{name}'" for name in self.standing[:_MOST_NAMED])
        lists = "live list is" if len(self.standing) == 1 else "live lists are"
        count = counted(len(self.standing), lists, lists)
        return [f"{count} written with the current tracks, which won't update there: {names}{more}", *self.problems]
