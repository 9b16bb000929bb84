"""Lists that the playlist search completes: what no longer fits found anew, and more tracks at the end."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from map4.app.playlists.candidates import PlaylistMaker
from map4.app.playlists.refresh import Gap, Replaced
from map4.app.playlists.request import PlaylistRequest
from map4.domain.columns import Columns
from map4.domain.playlist.options import PlaylistOptions
from map4.domain.playlist.playlist import Pick, Playlist
from map4.domain.query.context import Context
from map4.domain.query.parser import Query, parse_query
from map4.domain.recording import Recordings, recording_facts
from map4.domain.track import DEFAULT_PREFERENCE, Source, Track
from map4.errors import NothingFoundError
from map4.infra.sqlite.database import Database
from map4.infra.sqlite.search import TEXTS, Search
from map4.infra.sqlite.tracks import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A track of a list with what there is to say of its pick; no detail for one that stayed."""

    track: Track
    detail: dict[str, Any] | None = None


class RememberingSearch(Search):
    """Asks each query once: the gaps of one list are filled from the same tracks."""

    def __init__(self, database: Database, store: Store) -> None:
        super().__init__(database, store)
        self._known: dict[tuple[str, bool, tuple[str, ...]], Columns] = {}
        self._ids: dict[str, list[int]] = {}

    def file_ids(self, query: Query, context: Context) -> list[int]:
        """Ids of the files that match; see `Search.file_ids`."""
        if query.text not in self._ids:
            self._ids[query.text] = super().file_ids(query, context)
        return self._ids[query.text]

    def columns(
        self,
        query: Query,
        context: Context,
        *,
        hamms: bool = False,
        texts: Collection[str] = TEXTS,
        among: Sequence[int] | None = None,
    ) -> Columns:
        """The tracks that match; see `Search.columns`."""
        if among is not None:
            return super().columns(query, context, hamms=hamms, texts=texts, among=among)
        name = (query.text, hamms, tuple(texts))
        if name not in self._known:
            self._known[name] = super().columns(query, context, hamms=hamms, texts=texts)
        return self._known[name]


@dataclass(slots=True)
class Grower:
    """Finds tracks that go between and after others, none of them twice.

    Parameters
    ----------
    options : how steps should be; the length is set for each gap
    query, exclude : which tracks of the library may be chosen, and which not; texts of queries
    preferred, avoided : which of them count more, or less, than others that go as well
    is_short : whether the library had too little at any time
    """

    store: Store
    search: Search
    maker: PlaylistMaker
    options: PlaylistOptions
    query: str = ""
    exclude: str | None = None
    preferred: str | None = None
    avoided: str | None = None
    prefer: Sequence[Source] = DEFAULT_PREFERENCE
    is_short: bool = field(default=False, init=False)
    _taken: list[Track] = field(default_factory=list)
    _files: Recordings[int] | None = None

    def take(self, tracks: Sequence[Track]) -> None:
        """Let no recording of these be chosen."""
        self._taken += tracks

    def fill(self, gap: Gap) -> tuple[list[Placed], list[Replaced]]:
        """Other tracks for the places of a gap, as many as there can be, and what became of each entry."""
        wanted = len(gap.entries)
        if gap.before is not None:
            found = self.after(gap.before, wanted, goal=gap.after)
        elif gap.after is not None:  # a way to the first track that stays is one from it, backwards
            found = self.after(gap.after, wanted)[::-1]
        else:
            found = []
        tracks = [placed.track for placed in found] + [None] * wanted
        return found, [
            Replaced(entry=entry, track=track) for entry, track in zip(gap.entries, tracks[:wanted], strict=True)
        ]

    def after(self, track: Track, count: int, *, goal: Track | None = None) -> list[Placed]:
        """Up to `count` tracks that follow one, and lead to another where there is a goal."""
        length = count + 1 + (goal is not None)
        return self._grown(track, replace(self.options, n=length, minutes=None), goal)[:count]

    def for_minutes(self, track: Track, minutes: float) -> list[Placed]:
        """Tracks that follow one for so long, that one included."""
        return self._grown(track, replace(self.options, n=None, minutes=minutes), None)

    def _grown(self, track: Track, options: PlaylistOptions, goal: Track | None) -> list[Placed]:
        track, goal = self._with_sound(track), None if goal is None else self._with_sound(goal)
        request = PlaylistRequest(
            options=replace(options, with_seed=True),
            seeds=(track,),
            goal=goal,
            query=self.query,
            excluded=frozenset(self._taken_files()),
            prefer=self.prefer,
        )
        try:
            events = list(self._made(request))
        except NothingFoundError:
            self.is_short = True
            return []
        picks = [event for event in events if isinstance(event, Pick)]
        self.is_short |= any(event.missing is not None for event in events if isinstance(event, Playlist))
        ends = {id(track), id(goal)}
        found = [Placed(track=pick.track, detail=pick.detail()) for pick in picks if id(pick.track) not in ends]
        self.take([placed.track for placed in found])
        return found

    def _with_sound(self, track: Track) -> Track:
        return self.store.track(track.path, sound=True) or track

    def _made(self, request: PlaylistRequest) -> Iterator[Any]:
        return self.maker.make(
            request,
            query=parse_query(self.query),
            exclude=_query(self.exclude),
            folder=None,
            context=self._context(),
            preferred=_query(self.preferred),
            avoided=_query(self.avoided),
        )

    def _context(self) -> Context:
        return Context(prefer=tuple(self.prefer), rule=self.options.harmonic, now=datetime.now(UTC))

    def _taken_files(self) -> set[int]:
        """Files of the library that are recordings taken already."""
        if self._files is None:
            self._files = self.search.columns(parse_query(""), self._context()).recordings()
        return {file_id for track in self._taken for file_id in self._files.same(**recording_facts(track))}


def _query(text: str | None) -> Query | None:
    return None if text is None else parse_query(text)
