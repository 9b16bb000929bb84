"""Live lists: what they hold now, for who asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from map4.app.playlists.options import GenerateOptions
from map4.app.query_context import query_context
from map4.domain.lists.live import MOST_LIVE, LiveList
from map4.domain.lists.tracklist import Tracklist, length_s
from map4.domain.playlist.presets import playlist_options
from map4.domain.records import Count, Record, Seconds
from map4.domain.track.track import Track
from map4.errors import Map4Error, NothingFoundError, QueryError

if TYPE_CHECKING:
    from map4.domain.columns import Columns
    from map4.domain.track.genre import GenreTable
    from map4.ports.store.lists import StoredPlaylist
    from map4.ports.store.store import Store

_FIRST = 8
"""Where only some of an artist are wanted, so many times the list are looked at first, and as often again."""
_USUAL_LENGTH_MINUTES = 4.0
_ALL = 10**9


class LiveListError(Map4Error):
    """A live list can't be answered any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveAnswer(Record, kind="live-answer"):
    """What a live list would hold now.

    text: the query with order and number, as `map4 search` takes it
    """

    live: LiveList
    text: str
    tracks: Count
    duration_s: Seconds


class LiveAnswers:
    """Answers live lists of one library."""

    def __init__(self, store: Store, genres: GenreTable) -> None:
        self._store = store
        self._genres = genres

    def answered(self, stored: Tracklist) -> Tracklist:
        """A live list with the tracks that it holds now; another as it is.

        raises LiveListError: if its query can't be read any more, or its seed is gone
        """
        live = stored.header.live
        if live is None:
            return stored
        try:
            found = self._made(live) if live.is_made else self._first(live)
        except (QueryError, LiveListError) as error:
            raise LiveListError(
                f"the live list '{stored.name}' can't be answered: {_one_line(error)}; 'map4 playlist live' makes it "
                "anew"
            ) from None
        return replace(found, name=stored.name, description=stored.description, id=stored.id,
                       header=replace(found.header, imported=stored.header.imported, live=live))  # fmt: skip

    def counted(self, stored: StoredPlaylist) -> StoredPlaylist:
        """What there is to tell of a live list, with its tracks counted; another as it is."""
        if stored.live is None:
            return stored
        try:
            answer = self.answer(stored.live)
        except (QueryError, LiveListError) as error:
            return replace(stored, problem=_one_line(error))
        return replace(stored, tracks=answer.tracks, present=answer.tracks, duration_s=answer.duration_s)

    def answer(self, live: LiveList) -> LiveAnswer:
        """How much a live list holds now."""
        if live.is_made:
            made = self._made(live)
            count, lasts_s = len(made.tracks), length_s(made.tracks, made.picks)
        else:
            columns = self._columns(live)
            lengths_s = columns.duration_s
            count, lasts_s = len(columns), round(float(lengths_s[lengths_s == lengths_s].sum()), 1)
        return LiveAnswer(live=live, text=live.text, tracks=count, duration_s=lasts_s)

    # ---- the first of what is found ----------------------------------------------------------------

    def _first(self, live: LiveList) -> Tracklist:
        if live.has_shares or live.minutes is not None:
            file_ids: Sequence[int] = self._columns(live).file_id.tolist()
        else:
            query = replace(live.asked(), limit=live.n)
            file_ids = self._store.search.file_ids(query, query_context(self._store))
        return Tracklist(tracks=[*self._store.tracks.tracks_by_id(file_ids)])

    def _columns(self, live: LiveList, *, is_whole: bool = False) -> Columns:
        """What is in a list, in its order.

        is_whole: all that is of the shares, however long the list is to be
        """
        query, context = live.asked(), query_context(self._store)
        wanted = live.n or max(1, round((live.minutes or 0.0) / _USUAL_LENGTH_MINUTES))
        count = wanted if not live.has_shares and live.minutes is None else _FIRST * wanted
        texts = ("artist", "album") if live.has_shares else ()
        while True:
            limited = replace(query, limit=_ALL if is_whole else count)  # without one, they come in no order
            columns = self._store.search.columns(limited, context, texts=texts, numbers=("duration_s",))
            rows, is_full = _rows(live, columns, is_whole=is_whole)
            if is_whole or is_full or len(columns) < count:
                return columns.take(np.array(rows, dtype=np.int64))
            count *= _FIRST

    # ---- lists that mix ----------------------------------------------------------------------------

    def _made(self, live: LiveList) -> Tracklist:
        from map4.app.playlists.candidates import PlaylistMaker
        from map4.app.playlists.request import PlaylistRequest
        from map4.domain.playlist.playlist import Playlist

        seeds = tuple(map(self._seed, live.seeds))
        options = GenerateOptions(query=live.asked(), n=live.n, minutes=live.minutes, curve=live.curve)
        request = PlaylistRequest(options=playlist_options(options), seeds=seeds, excluded=self._beyond(live, seeds))
        try:
            *_, made = PlaylistMaker(self._store, genres=self._genres).make(request, options)
        except NothingFoundError:
            return Tracklist(tracks=())
        assert isinstance(made, Playlist)
        tracks = [pick.track for pick in made.picks]
        return Tracklist(tracks=tracks, picks=[pick.listed() for pick in made.picks], header=made.header)

    def _seed(self, audio_id: str) -> Track:
        for _, path in self._store.tracks.files_with_audio(audio_id):
            track = self._store.tracks.track(path, sound=True)
            if track is not None and track.state != "missing" and track.analysis is not None:
                return track
        raise LiveListError(f"its seed {audio_id} is not in the library any more")

    def _beyond(self, live: LiveList, seeds: Iterable[Track]) -> frozenset[int]:
        """The files that are more than the shares of artists and albums."""
        if not live.has_shares:
            return frozenset()
        within = self._columns(live, is_whole=True).file_id.tolist()
        return frozenset(self._store.search.file_ids(live.asked(), query_context(self._store))).difference(within)


def _rows(live: LiveList, columns: Columns, *, is_whole: bool) -> tuple[list[int], bool]:
    """Which rows are in a list, and whether it is full."""
    most = MOST_LIVE if is_whole or live.n is None else live.n
    shares = [
        (share, counts, names)
        for share, counts, names in (
            (live.per_artist, Counter[str](), columns.artist),
            (live.per_album, Counter[str](), columns.album),
        )
        if share is not None
    ]
    left_s = float("inf") if is_whole or live.minutes is None else live.minutes * 60.0
    rows: list[int] = []
    for row, lasts_s in enumerate(columns.duration_s.tolist()):
        # What is not known is no artist: it takes no share.
        keys = [(share, counts, _key(names[row])) for share, counts, names in shares]
        if any(key and counts[key] >= share for share, counts, key in keys):
            continue
        known_s = lasts_s if lasts_s == lasts_s else 0.0
        if known_s / 2 > left_s:
            return rows, True
        rows.append(row)
        left_s -= known_s
        for _, counts, key in keys:
            counts[key] += 1
        if (len(rows) >= most and not is_whole) or left_s <= 0:
            return rows, True
    return rows, False


def _key(name: str | None) -> str:
    return (name or "").strip().casefold()


def _one_line(error: Map4Error) -> str:
    return error.problem if isinstance(error, QueryError) else str(error)
