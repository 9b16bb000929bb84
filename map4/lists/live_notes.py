"""What there is to say of live lists where files hold their tracks as they are now."""

from __future__ import annotations

from dataclasses import dataclass, field

from map4.base.text import counted
from map4.music.lists.tracklist import Tracklist

_MOST_NAMED = 3


@dataclass(slots=True, kw_only=True)
class LiveNotes:
    """Live lists that became standing ones in a file, by their names; and why others are not in it."""

    standing: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, content: Tracklist) -> LiveNotes:
        """What there is to say of one list."""
        return cls(standing=[] if content.header.live is None else [content.name or "it"])

    def sentences(self) -> list[str]:
        """For a person."""
        if not self.standing:
            return self.problems
        more = "" if len(self.standing) <= _MOST_NAMED else ", …"
        names = ", ".join(f"'{name}'" for name in self.standing[:_MOST_NAMED])
        lists = "live list is" if len(self.standing) == 1 else "live lists are"
        count = counted(len(self.standing), lists, lists)
        return [f"{count} in it with the tracks of now, and won't change there: {names}{more}", *self.problems]
