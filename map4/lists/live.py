"""Live lists: their current tracks, for each reader."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from map4.core.base.records import Count, Record, Seconds
from map4.core.base.text import counted, folded
from map4.core.music.lists.live import LiveList
from map4.core.music.lists.tracklist import Tracklist, length_s
from map4.core.music.query.fields import field_named
from map4.core.music.query.parser import Query, SortField
from map4.core.music.query.shuffle import RANDOM
from map4.core.music.query.terms import Token
from map4.core.music.track.credits import artist_key
from map4.core.music.track.track import Track
from map4.errors import Map4Error, NothingFoundError, QueryError, UsageError
from map4.lists.candidates import PlaylistMaker
from map4.lists.playlist.energy_curve import parse_curve
from map4.lists.playlist.playlist import Playlist
from map4.lists.playlist.request import ListRequest

if TYPE_CHECKING:
    from map4.core.music.columns import Columns
    from map4.core.music.track.genre import GenreTable
    from map4.core.store.sql_store import Store
    from map4.lists.options import LiveOptions
    from map4.lists.stored import StoredPlaylist

_MORE = 3
"""With limits per artist or album, or on minutes, first read this many times the length of the list."""
_GROWS, _MOST_FIRST = 8, 100_000
"""If too few candidates pass, read up to `_GROWS` times as many, estimated from the pass rate. Beyond `_MOST_FIRST`
read all: sorting takes longer."""
_SPARE = 1.3  # the next candidates may pass less often than the first
_AT_ONCE = 50_000
_NAME_KEYS: Mapping[str, Callable[[str | None], str]] = {
    "artist": artist_key, "album": lambda album: folded(album or "").strip(),
}  # fmt: skip


class LiveListError(Map4Error):
    """A live list can no longer be answered."""


class LiveAnswer(Record, kind="live-answer"):
    """The current size of a live list.

    text: the query with order and number, as in `map4 search`
    """

    live: LiveList
    text: str
    tracks: Count
    duration_s: Seconds


class LiveAnswers:
    """Runs the live lists of a library."""

    def __init__(self, store: Store, genres: GenreTable) -> None:
        self._store = store
        self._genres = genres

    def answered(self, stored: Tracklist) -> Tracklist:
        """A live list with its current tracks; other lists unchanged.

        raises LiveListError: if its query is no longer valid, or its seed is gone
        """
        live = stored.header.live
        if live is None:
            return stored
        try:
            content = self._made(live) if live.is_made else self._first(live)
        except (UsageError, LiveListError) as error:
            raise LiveListError(
                f"the live list '{stored.name}' can't be answered: {_one_line(error)}; 'map4 playlist live' replaces it"
            ) from None
        return replace(content, name=stored.name, description=stored.description, id=stored.id, marks=stored.marks,
                       header=replace(content.header, imported=stored.header.imported, live=live))  # fmt: skip

    def counted(self, stored: StoredPlaylist) -> StoredPlaylist:
        """The summary of a live list with its tracks counted; other lists unchanged."""
        if stored.live is None:
            return stored
        try:
            answer = self.answer(stored.live)
        except (UsageError, LiveListError) as error:
            return replace(stored, problem=_one_line(error))
        return replace(stored, tracks=answer.tracks, present=answer.tracks, duration_s=answer.duration_s)

    def answer(self, live: LiveList) -> LiveAnswer:
        """The current size of a live list."""
        if live.is_made:
            content = self._made(live)
            count, lasts_s = len(content.tracks), length_s(content.tracks, content.picks)
        else:
            file_ids, lasts_s = self._held(live)
            count = len(file_ids)
        return LiveAnswer(live=live, text=live.text, tracks=count, duration_s=lasts_s)

    # ---- the first matches -------------------------------------------------------------------------

    def _first(self, live: LiveList) -> Tracklist:
        if live.has_shares or live.minutes is not None:
            file_ids = self._held(live)[0]
        else:
            query = replace(live.parsed(), limit=live.n)
            file_ids = self._store.search.file_ids(query, self._store.context())
        return Tracklist(tracks=[*self._store.tracks.tracks_by_id(file_ids)])

    def _held(self, live: LiveList, *, is_whole: bool = False) -> tuple[list[int], float]:
        """The files of a list in order, and their total duration in seconds.

        is_whole: ignore the list's length, and apply only the limits per artist and album
        """
        held = _Held(live, is_whole=is_whole)
        for columns in self._read_in_order(live, held):
            if held.take(columns):
                break
        return held.file_ids, round(held.lasts_s, 1)

    def _read_in_order(self, live: LiveList, held: _Held) -> Iterator[Columns]:
        """The matches in order, in parts: enough for most lists (an index may answer), then more, then all others."""
        query, context, search = live.parsed(), self._store.context(), self._store.search
        texts, numbers = ("artist", "album") if live.has_shares else (), ("duration_s",)
        first, more = 0, self._likely(live) if held.is_limited else 0
        while first < more <= _MOST_FIRST:  # an index answers a part; sorting all matches takes longer
            wanted = replace(query, offset=first, limit=more - first)
            columns = search.columns(wanted, context, texts=texts, numbers=numbers)
            yield columns
            if len(columns) < more - first:  # these were all matches
                return
            first, more = more, held.likely(more)
        file_ids = search.file_ids(query, context)  # all ids, but columns only until the list is full
        for start in range(first, len(file_ids), _AT_ONCE):
            part = file_ids[start : start + _AT_ONCE]
            columns = search.columns(replace(query, sort=()), context, texts=texts, numbers=numbers, among=part)
            place = {file_id: index for index, file_id in enumerate(part)}
            yield columns.take(np.argsort([place[file_id] for file_id in columns.file_id.tolist()]))

    @staticmethod
    def _likely(live: LiveList) -> int:
        """How many tracks to read first."""
        if live.minutes is None:
            return (live.n or LiveList.MOST) * (_MORE if live.has_shares else 1)
        return max(1, round(60.0 * live.minutes / Tracklist.USUAL_LENGTH_S)) * _MORE

    # ---- lists that mix ----------------------------------------------------------------------------

    def _made(self, live: LiveList) -> Tracklist:
        request = ListRequest(
            query=live.query,
            n=live.n,
            minutes=live.minutes,
            curve=live.curve,
            tempo_curve=live.tempo_curve,
            seeds=tuple(map(self._seed, live.seeds)),
            excluded=self._files_beyond(live),
        )
        try:
            *_, playlist = PlaylistMaker(self._store, genres=self._genres).make(request.settled())
        except NothingFoundError:  # a live list without matches today is empty, not an error
            return Tracklist(tracks=())
        assert isinstance(playlist, Playlist)
        tracks = [pick.track for pick in playlist.picks]
        return Tracklist(tracks=tracks, picks=[pick.listed() for pick in playlist.picks], header=playlist.header)

    def _seed(self, audio_id: str) -> Track:
        for _, path in self._store.tracks.files_with_audio(audio_id):
            track = self._store.tracks.track(path, sound=True)
            # Any file of the recording sounds alike.
            if track is not None and track.state != "missing" and track.analysis is not None:
                return track
        raise LiveListError(f"its seed {audio_id} is no longer in the library")

    def _files_beyond(self, live: LiveList) -> frozenset[int]:
        """The files that exceed the limits per artist and album."""
        if not live.has_shares:
            return frozenset()
        within, _ = self._held(live, is_whole=True)
        return frozenset(self._store.search.file_ids(live.parsed(), self._store.context())).difference(within)


class _Held:
    """The tracks taken from a query's results, in order."""

    def __init__(self, live: LiveList, *, is_whole: bool) -> None:
        self.file_ids: list[int] = []
        self.lasts_s = 0.0
        self._most = math.inf if is_whole else live.n or LiveList.MOST
        self._left_s = math.inf if is_whole or live.minutes is None else live.minutes * 60.0
        self._shares = {"artist": live.per_artist, "album": live.per_album}
        self._counts = {name: Counter[str]() for name, share in self._shares.items() if share is not None}

    @property
    def is_limited(self) -> bool:
        return self._most < math.inf

    def likely(self, looked_at: int) -> int:
        """How many tracks to read in all, estimated from the pass rate so far."""
        share = max(len(self.file_ids) / self._most, self.lasts_s / (self.lasts_s + self._left_s or 1.0))
        return round(looked_at * min(_GROWS, _SPARE / max(share, 1 / _GROWS)))

    def take(self, columns: Columns) -> bool:
        """Take the tracks that belong to the list; returns whether the list is full."""
        names = {name: list(map(_NAME_KEYS[name], getattr(columns, name))) for name in self._counts}
        lengths_s = np.nan_to_num(columns.duration_s).tolist()  # an unknown duration counts as 0
        for row, (file_id, known_s) in enumerate(zip(columns.file_id.tolist(), lengths_s, strict=True)):
            # An unknown artist or album is not limited.
            keys = ((name, counts, names[name][row]) for name, counts in self._counts.items())
            of_row = [(counts, key, self._shares[name]) for name, counts, key in keys if key]
            if any(counts[key] >= (share or 0) for counts, key, share in of_row):
                continue
            # The list ends nearest to the wanted length: a track that exceeds it by more than half is left out.
            if known_s / 2 > self._left_s:
                return True
            self.file_ids.append(file_id)
            self.lasts_s += known_s
            self._left_s -= known_s
            for counts, key, _ in of_row:
                counts[key] += 1
            if len(self.file_ids) >= self._most or self._left_s <= 0:
                return True
        return False


def _one_line(error: Map4Error) -> str:
    return error.problem if isinstance(error, QueryError) else str(error)


def checked_live(query: str, options: LiveOptions, seeds: tuple[str, ...] = ()) -> LiveList:
    """The checked live list; order and number are moved from the query to their own members."""
    parsed, terms = Query.parse(query), list[str]()
    named: dict[str, Token] = {}
    for token in Token.all(query):
        field = None if token.field is None else field_named(token.field)
        if field is not None and field.kind == "control":
            named[field.name] = token
        else:
            terms.append(token.placed(field))
    if "offset" in named:
        raise named["offset"].error("a live list starts at the first match; remove 'offset:'", at_value=False)
    if "sort" in named and options.sort is not None:
        raise UsageError(f"sort: in the query and the order {options.sort} can't be used together; choose one")
    if "limit" in named and (options.n or options.minutes):
        length = counted(options.n, "track") if options.n else f"{options.minutes:g} minutes"
        raise UsageError(f"limit:{parsed.limit} in the query and {length} can't be used together; choose one")
    n = options.n if parsed.limit is None else parsed.limit
    if n is not None and options.minutes is not None:
        both = f"{counted(n, 'track')} and {options.minutes:g} minutes"
        raise UsageError(f"a live list is limited by tracks or minutes, not by {both}; choose one")
    if n is not None and n > LiveList.MOST:
        raise UsageError(f"a live list has at most {LiveList.MOST:,} tracks, not {n:,}")
    curve = parse_curve(options.curve) if isinstance(options.curve, str) else options.curve
    if "shuffle" in named and options.shuffle is not None:
        both = f"shuffle:{parsed.shuffle} in the query and the random order {options.shuffle}"
        raise UsageError(f"{both} can't be used together; choose one")
    shuffle = parsed.shuffle if "shuffle" in named else options.shuffle
    orders = parsed.sort or Query.parse(LiveList.sort_term(options.sort)).sort
    if options.shuffle is not None and all(order.field != RANDOM for order in orders):
        orders += (SortField(field=RANDOM),)
    live = LiveList(
        query=" ".join(terms),
        sort=",".join(f"{order.field}{'-' * order.descending}" for order in orders) or None,
        shuffle=shuffle,
        minutes=options.minutes,
        per_artist=options.per_artist,
        per_album=options.per_album,
        seeds=seeds,
        curve=None if curve is None else curve.text,
        tempo_curve=options.tempo_curve,
    )
    if shuffle is not None and live.is_made:
        raise UsageError("a live list that mixes has no random order; leave out shuffle, or the curves and seeds")
    usual = LiveList.MADE_LENGTH if live.is_made else LiveList.MOST
    # A tempo curve has its own length in minutes.
    live = replace(live, n=n or (usual if options.minutes is None and options.tempo_curve is None else None))
    live.parsed()
    return live
