"""The result of a library search, whose tracks load lazily."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, overload

from map4.core.base.shown import Shown, repr_line
from map4.core.base.text import counted

if TYPE_CHECKING:
    from map4.core.music.query.context import QueryContext
    from map4.core.music.query.parser import Query
    from map4.core.music.track.track import Track
    from map4.core.store.search import SqlSearch

_MOST_SHOWN = 100


class FoundTracks(Shown):
    """Tracks that match a query; supports repeated iteration, `len`, indexes, slices and `print`."""

    __slots__ = ("_beats", "_context", "_query", "_search")

    def __init__(self, search: SqlSearch, query: Query, context: QueryContext, *, beats: bool) -> None:
        self._search, self._query, self._context, self._beats = search, query, context, beats

    def __iter__(self) -> Iterator[Track]:
        return self._search.select(self._query, self._context, beats=self._beats)

    def cells(self, columns: Sequence[str], *, most: int | None = None) -> Iterator[Mapping[str, Any]]:
        """The cells of each track in some columns of `map4.core.music.track.track_columns`, read without the tracks."""
        return self._search.cells(self._query, self._context, columns, most)

    def __len__(self) -> int:
        query = self._query
        count = max(0, self._search.count(query, self._context) - query.offset)
        return count if query.limit is None else min(count, query.limit)

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    @overload
    def __getitem__(self, index: int) -> Track: ...
    @overload
    def __getitem__(self, index: slice) -> list[Track]: ...
    def __getitem__(self, index: int | slice) -> Track | list[Track]:
        places = range(len(self))[index]
        if isinstance(places, int):
            return next(islice(self, places, None))
        if places.step < 0:
            return self[places[-1] : places[0] + 1 : -places.step][::-1] if places else []
        return list(islice(self, places.start, max(places.start, places.stop), places.step))

    def __repr__(self) -> str:
        return repr_line(self, self._query.text)

    def rows(self) -> list[Mapping[str, str]]:
        from map4.core.music.track.track_columns import TEXT_COLUMNS, cell_texts

        return list(map(cell_texts, self.cells(TEXT_COLUMNS, most=_MOST_SHOWN)))

    def words(self) -> Sequence[str]:
        count = len(self)
        more = f", the first {_MOST_SHOWN} shown" if count > _MOST_SHOWN else ""
        return [f"{counted(count, 'track')}{more}"]
