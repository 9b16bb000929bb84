"""Live lists: what one asks for, instead of tracks; whoever reads it asks anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any

from map4.base.records import Json, Ordinal, Record
from map4.errors import QueryError

if TYPE_CHECKING:
    from map4.music.query.parser import Query

MOST_LIVE = 10_000
"""So many tracks a live list holds at most, and without another number: as many as can be worked on."""
MADE_LENGTH = 20
"""The same of one that is made along a curve or by a seed, as `map4 playlist` makes one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveList(Record):
    """What a live list asks.

    query: which tracks, without order and number
    sort: fields, as `bpm-,artist`; null by path
    n: at most so many tracks; null where `minutes` says how long it is
    minutes: about how long; null where `n` says how many
    per_artist, per_album: at most so many of one, the first in the order; null for any number
    seeds: ids of tracks that it sets out from and sounds like
    curve: of energy, along which it is made; null without
    """

    query: str
    sort: str | None = None
    n: Ordinal | None = None
    minutes: Annotated[float, Json(exclusiveMinimum=0)] | None = None
    per_artist: Ordinal | None = None
    per_album: Ordinal | None = None
    seeds: tuple[str, ...] = ()
    curve: str | None = None

    @classmethod
    def of_record(cls, record: object) -> LiveList | None:
        """Read what `to_record` gave; what makes no sense of it, as anybody may have edited it, `asked` refuses."""
        if not isinstance(record, Mapping):
            return None
        given = {one.name: record[one.name] for one in fields(cls) if record.get(one.name) is not None}
        seeds = given.get("seeds")
        return cls(**{"query": "", **given, "seeds": tuple(map(str, seeds)) if isinstance(seeds, list) else ()})

    @property
    def is_made(self) -> bool:
        """Whether it is a list that mixes, made of what the query finds, and not the first of that."""
        return bool(self.seeds) or self.curve is not None

    @property
    def has_shares(self) -> bool:
        """Whether only so many of an artist or an album are in it."""
        return self.per_artist is not None or self.per_album is not None

    def asked(self) -> Query:
        """The query with its order, and without the number.

        raises QueryError: if it can't be read, now
        """
        from map4.music.query.parser import parse_query

        if not all(_is_sound(getattr(self, one), kind) for one, kind in _KINDS.items()):
            raise QueryError("what this live list asks is damaged", str(self.query), 0, 0)
        return parse_query(f"{self.query} {sort_term(self.sort)}".strip())

    @property
    def text(self) -> str:
        """All that a query can say of it, as `map4 search` takes it."""
        limit = "" if self.n in (None, MOST_LIVE) else f"limit:{self.n}"
        return " ".join(one for one in (self.query, sort_term(self.sort), limit) if one)

    def told(self) -> str:
        """All of it, for a person: `genre:house sort:bpm- limit:50, 2 of an artist at most`."""
        more = (
            (self.minutes, "{:g} minutes"),
            (self.per_artist, "{} of an artist at most"),
            (self.per_album, "{} of an album at most"),
            (len(self.seeds) or None, "by the sound of its seed"),
            (self.curve, "energy {}"),
        )
        return ", ".join([self.text or "every track", *(how.format(one) for one, how in more if one is not None)])


_KINDS: Mapping[str, Any] = {
    "query": str,
    "sort": str,
    "n": int,
    "minutes": (int, float),
    "per_artist": int,
    "per_album": int,
    "curve": str,
}


def _is_sound(value: Any, kind: Any) -> bool:
    if value is None or isinstance(value, bool) or not isinstance(value, kind):
        return value is None
    return bool(isinstance(value, str) or value > 0)


def sort_term(fields: str | None) -> str:
    return "" if not fields else f"sort:{''.join(fields.split())}"
