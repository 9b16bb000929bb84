"""Live lists: a query instead of tracks, evaluated on each read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from map4.core.base.records import Json, Ordinal, Record
from map4.errors import QueryError

if TYPE_CHECKING:
    from map4.core.music.query.parser import Query


class LiveList(Record):
    """The query of a live list.

    query: selects the tracks, without order and number
    sort: fields, as `bpm-,artist`; null sorts by path
    shuffle: the kind of random order: daily, weekly, or a number; null is daily
    n: maximum number of tracks; null if `minutes` limits the length
    minutes: approximate length; null if `n` limits the number
    per_artist, per_album: maximum tracks per artist or album, the first in the order; null for any number
    seeds: ids of tracks whose sound it starts from
    curve: the energy curve it follows; null without
    tempo_curve: the BPM by minute that it follows, `0:100,60:130`; null without
    """

    MADE_LENGTH: ClassVar[int] = 20  # the default length of a live list with a curve or seeds, as in `map4 playlist`
    MOST: ClassVar[int] = 10_000  # the maximum and default number of tracks of a live list

    query: str
    sort: str | None = None
    shuffle: str | None = None
    n: Ordinal | None = None
    minutes: Annotated[float, Json(exclusiveMinimum=0)] | None = None
    per_artist: Ordinal | None = None
    per_album: Ordinal | None = None
    seeds: tuple[str, ...] = ()
    curve: str | None = None
    tempo_curve: str | None = None

    @classmethod
    def of_record(cls, record: object) -> LiveList | None:
        """Read the output of `to_record`; users may have edited it, and `asked` rejects invalid values."""
        if not isinstance(record, Mapping):
            return None
        given = {field.name: record[field.name] for field in fields(cls) if record.get(field.name) is not None}
        seeds = given.get("seeds")
        return cls(**{"query": "", **given, "seeds": tuple(map(str, seeds)) if isinstance(seeds, list) else ()})

    @property
    def is_made(self) -> bool:
        """True if the tracks are arranged into a mix instead of taken in query order."""
        return bool(self.seeds) or self.curve is not None or self.tempo_curve is not None

    @property
    def has_shares(self) -> bool:
        """True if the number of tracks per artist or album is limited."""
        return self.per_artist is not None or self.per_album is not None

    def parsed(self) -> Query:
        """The query with its order, without the limit."""
        from map4.core.music.query.parser import Query

        if not all(_is_sound(getattr(self, name), kind) for name, kind in _KINDS.items()):
            raise QueryError("the query of this live list is damaged", str(self.query), 0, 0)
        return Query.parse(" ".join(term for term in (self.query, self._order) if term))

    @property
    def text(self) -> str:
        """The query, order and limit in the syntax of `map4 search`."""
        limit = "" if self.n in (None, LiveList.MOST) else f"limit:{self.n}"
        return " ".join(term for term in (self.query, self._order, limit) if term)

    @property
    def _order(self) -> str:
        return f"{LiveList.sort_term(self.sort)} {'' if self.shuffle is None else f'shuffle:{self.shuffle}'}".strip()

    def caption(self) -> str:
        """A description for the user: `genre:house sort:bpm- limit:50, at most 2 per artist`."""
        more = (
            (self.minutes, "{:g} minutes"),
            (self.per_artist, "at most {} per artist"),
            (self.per_album, "at most {} per album"),
            (len(self.seeds) or None, "sounds like its seed"),
            (self.curve, "energy {}"),
            (self.tempo_curve, "tempo {}"),
        )
        return ", ".join([self.text or "every track", *(how.format(value) for value, how in more if value is not None)])

    @staticmethod
    def sort_term(fields: str | None) -> str:
        return "" if not fields else f"sort:{''.join(fields.split())}"


_KINDS: Mapping[str, Any] = {
    "query": str,
    "sort": str,
    "shuffle": str,
    "n": int,
    "minutes": (int, float),
    "per_artist": int,
    "per_album": int,
    "curve": str,
    "tempo_curve": str,
}


def _is_sound(value: Any, kind: Any) -> bool:
    if value is None or isinstance(value, bool) or not isinstance(value, kind):
        return value is None
    return bool(isinstance(value, str) or value > 0)
