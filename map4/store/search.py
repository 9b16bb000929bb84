"""Ask the library: which tracks match a query, one after the other or as columns; and which ones paths mean."""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from map4.music.analysis.analysis import ANALYSIS_VERSION
from map4.music.analysis.key import ALL_KEYS
from map4.music.columns import NO_KEY, Columns
from map4.music.query.context import QueryContext
from map4.music.query.parser import Query, parse_query
from map4.music.query.terms import Words
from map4.music.recording import Recordings, recording_facts, song_of
from map4.music.track.fields import FIELDS
from map4.music.track.track import Track, display_path
from map4.music.track.track_parts import STATES
from map4.store.database import Database, scalar
from map4.store.query.conditions import inside_sql, song_sql, unicode_forms
from map4.store.query.facts import HAMMS_COLUMNS
from map4.store.query.field_sql import (
    confidence_sql,
    counting_sql,
    own_ratings_sql,
    rating_sql,
    text_sql,
)
from map4.store.query.own_words_sql import live_alone
from map4.store.query.predicates import Predicate, all_of, ids_of
from map4.store.query.query_annotations import genre_sql, label_value_sql
from map4.store.query.query_sql import QueryPlan
from map4.store.tracks import SqlTracks
from map4.store.unreadable import UNREADABLE_VALUES, damaged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from map4.doctor.checks.albums import AlbumFolder
    from map4.doctor.checks.groups import AlbumTrack
    from map4.store.copies import Copies
    from map4.store.kept_rows import KeptRows

TEXTS = ("audio_id", "artist", "title", "album", "genre", "codec", "label_family")
"""Columns of texts."""

NUMBERS = (
    "energy", "loudness_lufs", "true_peak_dbtp", "duration_s", "year", "rating", "bit_rate_bps", "sample_rate_hz",
)  # fmt: skip
"""Columns of numbers that are no question of whose counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What paths mean: the files of the library among and under them, in this order, and the paths it does not know."""

    file_ids: tuple[int, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallies:
    """Files by state, failed ones by kind of error, how many have an analysis of another version, in which month
    (`YYYY-MM`) the library met those that are ok, and how many tracks have each text of genres."""

    states: dict[str, int]
    failures: dict[str, int]
    stale: int
    added: dict[str, int]
    genres: dict[str, int]


_REPEATED = ("artist", "album", "genre", "codec", "label_family")
_ROWS_AT_ONCE = 8192
_MOST = 1e12
_LEAST_BPM = 1.0  # less stands in a damaged library only
# Paths that are gone through at a time; where fewer than one of so many match, no more are.
_WINDOW = 4096
_RARE = 8
_NEARLY_ALL = 2
_LIKELY = 4
"""So many times as many as are wanted should lie among some paths, where they lay evenly."""
_BEHIND_ALL = b"\xff" * 16
_FACTS = "FROM facts AS x"
_TABLES = f"{_FACTS} JOIN files AS f ON f.id = x.file_id"
_OF_FILES = re.compile(r"\bf\.")
_ANY = parse_query("is:any")
_KEY_INDEX = {key.camelot: index for index, key in enumerate(ALL_KEYS)}


class SqlSearch:
    """Answers queries; see `map4.store.query.query_sql` for the SQL that they become."""

    @property
    def unsure(self) -> frozenset[str]:
        """Checks for which `suspects` returns too many files: only the whole track tells."""
        from map4.doctor.store.suspects import UNSURE  # what the doctor checks is imported when it is asked

        return UNSURE

    def __init__(
        self,
        database: Database,
        store: SqlTracks,
        copies: Callable[[], Copies],
        kept: Callable[[], KeptRows],
        *,
        window: int = _WINDOW,
    ) -> None:
        self._database = database
        self._store = store
        self._copies = copies
        self._kept = kept
        self._window = window

    def recordings_of(self, tracks: Iterable[Track]) -> set[int]:
        """Ids of present, analysed files that are the same recording as one of these tracks."""
        wanted = [recording_facts(track) for track in tracks]
        audio_ids = json.dumps([facts["audio_id"] for facts in wanted])
        preferred = self._store.preferred()
        names = ", ".join(text_sql(name, preferred) for name in ("artist", "title"))
        named = f"SELECT x.file_id, f.audio_id, {names}, x.duration_s {_TABLES} WHERE x.state = 'ok'"
        found = Recordings[int]()
        with self._database.asking() as connection:
            rows = dict.fromkeys(
                connection.execute(f"{named} AND f.audio_id IN (SELECT value FROM json_each(?))", (audio_ids,))
            )
            for facts in wanted:
                if song_of(facts["artist"], facts["title"]) is not None:
                    sql, values = song_sql(facts["artist"] or "", facts["title"] or "", preferred)
                    rows |= dict.fromkeys(connection.execute(f"{named} AND ({sql})", values))
            # While the rows are at hand: what can't be compared is damage.
            for file_id, audio_id, artist, title, duration_s in rows:
                found.add(file_id, audio_id=audio_id, artist=artist, title=title, duration_s=duration_s)
            return {file_id for facts in wanted for file_id in found.same(**facts)}

    def where(self, query: Query, context: QueryContext) -> Predicate:
        return QueryPlan(query, self.here(context)).where

    def here(self, context: QueryContext) -> QueryContext:
        owner = self._store.actor.id
        return replace(
            context, copies=lambda: self._copies().file_ids(), live_alone=partial(self._live_alone, owner), owner=owner
        )

    def _live_alone(self, owner: int, words: Words) -> str | None:
        with self._database.asking() as connection:
            return live_alone(connection, owner, words)

    def file_ids(self, query: Query, context: QueryContext) -> list[int]:
        """Ids of the matching files, in the query's order and within its limits."""
        return [file_id for page in self._pages(query, context) for file_id in page]

    def _pages(self, query: Query, context: QueryContext) -> Iterator[list[int]]:
        """The same some at a time, the first at once where many match."""
        plan = QueryPlan(query, self.here(context))
        first = self._first_of_order(plan) if query.sort else None
        if query.sort and first is None:
            first = self._known_first(plan)
        walked: list[int] = []
        if (walk := plan.walk()) is not None and (not plan.has_words or self._are_many(plan)):
            sql, values = walk
            if query.limit is not None:
                sql += f" LIMIT {query.offset + query.limit}"
            for page, is_last in self._walk(sql, values):
                start = max(0, query.offset - len(walked))
                end = None if query.limit is None else max(0, query.offset + query.limit - len(walked))
                walked += page
                yield page[start:end]
                if is_last or (end is not None and len(page) >= end):
                    return
                # Where few match, facts find them sooner; lists of words are made for each page.
                if plan.has_words or len(page) * _RARE < self._window:
                    break
        if not query.sort and not walked:
            first = self._first_of_order(plan)
        if first is not None:
            yield first
            return
        with self._database.asking() as connection:
            given = frozenset(walked[query.offset :])
            ids = connection.execute(*plan.ids()).fetchall()
        yield [file_id for (file_id,) in ids if file_id not in given]

    def _known_first(self, plan: QueryPlan) -> list[int] | None:
        """All of which the first of an order is known, by it, then the others, in what order is left.

        None where it is known of many: the others are left unsorted where it is known of few.
        """
        query = plan.query
        if query.limit is None or (of_list := plan.known_first()) is None:
            return None
        sql, values = of_list
        with self._database.asking() as connection:
            known = connection.execute(f"{sql} LIMIT ?", (*values, self._window)).fetchall()
            if len(known) == self._window:
                return None
            of = {file_id for (file_id,) in known}
            first = [file_id for (file_id,) in connection.execute(*plan.ids_among(of))]
        wanted = query.offset + query.limit
        if len(first) < wanted:
            others = replace(query, sort=query.sort[1:], limit=wanted + len(of) - len(first), offset=0)
            first += [file_id for file_id in self.file_ids(others, plan.context) if file_id not in of]
        return first[query.offset : wanted]

    def _first_of_order(self, plan: QueryPlan) -> list[int] | None:
        """The ids where an index has the first of an order, and enough of them match; else None."""
        query = plan.query
        if query.limit is None or (reach := plan.first_bound()) is None:
            return None
        wanted = query.offset + query.limit
        more = wanted + wanted // _NEARLY_ALL
        with self._database.asking() as connection:
            # Few more than are wanted, if nearly all match; else, once, as many as those that matched let expect.
            at = max(self._window, more)
            for _ in range(2):
                bound = connection.execute(reach, {"at": at}).fetchone()
                if not bound:
                    return None
                rows = connection.execute(*plan.ids_up_to(bound[0])).fetchall()
                # What is not behind the bound is all there; behind it some may be left out.
                if len(rows) >= wanted and rows[wanted - 1][1]:
                    return [file_id for file_id, _ in rows[query.offset : wanted]]
                at = at * more // max(1, sum(bool(is_there) for _, is_there in rows))  # null where there is no key
                if at * _RARE > 2 * (scalar(connection, "SELECT max(id) FROM files") or 0):
                    return None
        return None

    def _are_many(self, plan: QueryPlan) -> bool:
        """Whether so many tracks have these words that some paths hold the few wanted; most lack what must not be."""
        query = plan.query
        if query.limit is None or (query.offset + query.limit) * _RARE > self._window:
            return False
        if (match := plan.match()) is None:
            return True
        sql = "SELECT count(*) FROM (SELECT 1 FROM files_fts WHERE files_fts MATCH ? LIMIT ?) AS found"
        with self._database.asking() as connection:
            files = scalar(connection, "SELECT max(id) FROM files") or 0
            enough = min(2 * self._window, 1 + _LIKELY * (query.offset + query.limit) * files // self._window)
            return int(scalar(connection, sql, (match, enough))) == enough

    def _walk(self, sql: str, values: tuple[Any, ...]) -> Iterator[tuple[list[int], bool]]:
        """Go through all paths, so many at a time; gives what matches, and whether that was the end."""
        low, window = b"", self._window
        while True:
            with self._database.asking() as connection:
                end = connection.execute(
                    "SELECT path FROM files WHERE path > ? ORDER BY path LIMIT 1 OFFSET ?", (low, window)
                ).fetchone()
                high = _BEHIND_ALL if end is None else end[0]
                page = [file_id for (file_id,) in connection.execute(sql, (low, high, *values))]
            yield page, end is None
            low = high

    def select(self, query: Query, context: QueryContext, *, beats: bool = False) -> Iterator[Track]:
        """The matching tracks, read lazily; see `SqlTracks.tracks_by_id`."""
        pages = self._pages(query, context)
        return (track for page in pages for track in self._store.tracks_by_id(page, beats=beats))

    def paths(self, query: Query, context: QueryContext) -> Iterator[str]:
        """The paths of the matching tracks."""
        return (path for page in self._pages(query, context) for path in self._store.paths_by_id(page))

    def count(self, query: Query, context: QueryContext) -> int:
        """The number of matching tracks, without limits."""
        where, values = self.where(query, context)
        with self._database.asking() as connection:
            return int(scalar(connection, f"SELECT count(*) {tables_of(where)} WHERE {where}", values))

    def suspects(self, query: Query, context: QueryContext, checks: Sequence[str]) -> list[tuple[int, int]]:
        """Ids of matching files that may fail a check, in the query's order.

        Each with one bit per check, the first check the lowest. A suspect of a check in `unsure` may be sound.
        """
        from map4.doctor.store.suspects import suspects

        if not checks:
            return []
        copies = self._copies().file_ids() if "copies" in checks else ()
        if _asks_nothing(query) and (kept := self._kept()).is_large():
            return self._kept_suspects(kept, context, checks, copies)
        is_ordered = bool(query.sort or query.limit is not None or query.offset)
        chosen = self.file_ids(query, context) if is_ordered else []
        where = ids_of(chosen).as_predicate() if is_ordered else self.where(query, context)
        with self._database.asking() as connection:
            found = suspects(connection, where, context, checks, copies)
        if is_ordered:
            place = {file_id: number for number, file_id in enumerate(chosen)}
            found.sort(key=lambda suspect: place[suspect[0]])
        return found

    def _kept_suspects(
        self, kept: KeptRows, context: QueryContext, checks: Sequence[str], copies: Collection[int]
    ) -> list[tuple[int, int]]:
        import numpy as np

        from map4.doctor.store.suspects import SUSPECTED, Suspicions

        rows = kept.rows(Suspicions(context))
        bits = np.zeros(len(rows), dtype=np.int64)
        for place, check in enumerate(checks):
            if check == "copies":
                has = np.isin(rows["file_id"], [*copies])
            else:
                has = rows["found"] >> SUSPECTED.index(check) & 1 != 0
            bits |= has.astype(np.int64) << place
        found = np.flatnonzero(bits)
        return list(zip(rows["file_id"][found].tolist(), bits[found].tolist(), strict=True))

    def questions(
        self, file_ids: Sequence[int] | None, ask: Callable[[tuple[Any, ...]], tuple[int, int]], by: str
    ) -> NDArray[Any]:
        """What a model would be asked about files, a row each in the order of `SqlTracks.names_to_label`.

        Rows have `file_id`, and `question` and `letters` as returned by `ask`. Large libraries store them between runs.

        by: changes when `ask` would return something else for the same file
        """
        from map4.labels.store import Questions

        asked = Questions(self._store, ask, by)
        if file_ids is None and (kept := self._kept()).is_large():
            return kept.rows(asked)
        return asked.of(self._store.names_to_label(file_ids))

    def albums_in_doubt(self, query: Query, context: QueryContext) -> Iterator[tuple[AlbumFolder, list[AlbumTrack]]]:
        """Each folder with its tracks of one album, if one of them matches; tracks are read lazily.

        By path; for many files, only folders in which a check of albums finds something, in the order of the library.
        Missing files are left out.
        """
        from map4.doctor.store.albums import folders_of, in_folders_of_few

        among = None if _asks_nothing(query) else {*self.matching(query, context)}
        try:
            with self._database.asking() as connection:
                few = in_folders_of_few(connection, among)
                batches = self._folders_in_doubt(context) if few is None else iter([few])
                for folder, tracks in folders_of(connection, context, batches):
                    if among is None or not among.isdisjoint(one.file_id for one in tracks):
                        yield folder, tracks
        except UNREADABLE_VALUES as error:
            raise damaged(self._database.path, f"albums can't be read: {error}") from error

    def _folders_in_doubt(self, context: QueryContext) -> Iterator[list[int]]:
        from map4.doctor.store.told_albums import AlbumsInDoubt  # with it comes numpy

        asked = AlbumsInDoubt(context)
        return asked.batches(self._kept().rows(asked))

    def genre_texts(self, query: Query, context: QueryContext) -> dict[str, tuple[int, int]]:
        """Each current genre text of tracks, labels aside: how many tracks have it, and one of them.

        Of all present tracks; a narrower query limits this to genres that one of its tracks has in some spelling.
        """
        from map4.doctor.checks.genre_spellings import genre_keys

        genre = text_sql("genre", context.preferred)
        said = f"SELECT {genre} AS said, count(*), min(x.file_id) {_TABLES} WHERE x.state <> 'missing'"
        with self._database.asking() as connection:
            rows = connection.execute(f"{said} GROUP BY said").fetchall()
            texts = {text: (count, file_id) for text, count, file_id in rows if text}
            if _asks_nothing(query):
                return texts
            where, values = self.limited_sql(query, context)
            named = connection.execute(f"SELECT DISTINCT {genre} {_TABLES} WHERE {where}", values).fetchall()
        asked = {key for (text,) in named if text for key in genre_keys(text)}
        return {text: told for text, told in texts.items() if not asked.isdisjoint(genre_keys(text))}

    def album_artists(self, context: QueryContext) -> dict[int, str]:
        """The album artist of each file that has one, by id."""
        whose = text_sql("album_artist", context.preferred)
        sql = f"SELECT x.file_id, {whose} {tables_of(whose)} WHERE {whose} IS NOT NULL"
        with self._database.asking() as connection:
            return {file_id: sys.intern(text) for file_id, text in connection.execute(sql)}

    def tallies(
        self, query: Query, context: QueryContext, *, among: Sequence[int] | None = None, besides_ok: bool = False
    ) -> Tallies:
        """Files by state and by kind of failure; for an empty query, all files in any state.

        among: only these file ids
        besides_ok: for an empty query, only files that are not ok, which is fast; no genres
        """
        matching = _narrowed(self.limited_sql(query, context), among)
        is_everything = not (query.groups or query.offset or query.limit is not None)
        where, values = _narrowed(Predicate("TRUE"), among) if is_everything else matching
        if besides_ok:
            where, values = Predicate("x.state <> 'ok'")
        # Counted here: to group them, SQLite would sort them first.
        month = "CAST(substr(x.added_at, 1, 7) AS TEXT)"
        said = f"SELECT x.state, x.analysis_version <> ?, {month} {tables_of(where)} WHERE ({where})"
        broken = f"SELECT f.error_kind {_TABLES} WHERE x.state = 'failed' AND ({where})"
        genre = f"SELECT {genre_sql(context.preferred)} {_TABLES} WHERE ({matching.sql})"
        with self._database.asking() as connection:
            groups = Counter(connection.execute(said, (ANALYSIS_VERSION, *values)))
            failures = Counter(kind for (kind,) in connection.execute(broken, values))
            genres: Iterable[tuple[Any]] = [] if besides_ok else connection.execute(genre, matching.values)
            named = Counter(text for (text,) in genres)
        named.pop(None, None)
        states, added, stale = Counter[str](), Counter[str](), 0
        for (state, is_stale, month), count in groups.items():
            states[state] += count
            if state == "ok":
                stale += count * bool(is_stale)
                added[month] += count
        return Tallies(
            states={name: states[name] for name in STATES},
            failures=dict(sorted(failures.items(), key=lambda item: (-item[1], item[0]))),
            stale=stale,
            added=dict(sorted(added.items())),
            # The spelling that most tracks have comes first, and with it the one that is shown.
            genres=dict(sorted(named.items(), key=lambda item: (-item[1], item[0]))),
        )

    def matching(self, query: Query, context: QueryContext) -> list[int]:
        """Ids of the matching files within the query's limits, in no order."""
        if query.limit is not None or query.offset:
            return self.file_ids(query, context)
        where, values = self.where(query, context)
        with self._database.asking() as connection:
            return [row[0] for row in connection.execute(f"SELECT x.file_id {tables_of(where)} WHERE {where}", values)]

    def ratings(self) -> dict[int, float]:
        """The rating of each rated file, by id."""
        with self._database.asking() as connection:
            said = dict(connection.execute("SELECT file_id, rating FROM facts WHERE rating IS NOT NULL"))
            return said | dict(connection.execute(own_ratings_sql(self._store.actor.id)))

    def limited_sql(self, query: Query, context: QueryContext) -> Predicate:
        """SQL condition for the matching files within the query's limits."""
        if query.limit is None and not query.offset:
            return self.where(query, context)
        return ids_of(self.file_ids(query, context)).as_predicate()

    def columns(
        self,
        query: Query,
        context: QueryContext,
        *,
        hamms: bool = False,
        texts: Collection[str] = TEXTS,
        numbers: Collection[str] = NUMBERS,
        among: Sequence[int] | None = None,
    ) -> Columns:
        """The matching tracks as columns, in the order of their ids unless the query sorts or limits.

        hamms: also read HAMMS vectors
        texts: text columns to read; the others are None
        numbers: columns of `NUMBERS` to read; the others are NaN
        among: only these file ids; a query that sorts or limits does so before
        """
        if query.sort or query.limit is not None or query.offset:
            import numpy as np

            chosen = self.file_ids(query, context)
            columns = self._columns(ids_of(chosen).as_predicate(), context, hamms=hamms, wanted={*texts, *numbers})
            place = {file_id: index for index, file_id in enumerate(chosen)}
            return columns.take(np.argsort([place[file_id] for file_id in columns.file_id.tolist()]))
        where = _narrowed(self.where(query, context), among)
        return self._columns(where, context, hamms=hamms, wanted={*texts, *numbers})

    def _columns(self, where: Predicate, context: QueryContext, *, hamms: bool, wanted: Collection[str]) -> Columns:
        import numpy as np

        sources = {
            "file_id": "x.file_id",
            "bpm": counting_sql("bpm", context),
            "key": counting_sql("key", context),
            "tempo_confidence": confidence_sql("tempo", context),
            "key_confidence": confidence_sql("key", context),
            **{name: counting_sql(name, context) if name in FIELDS else f"x.{name}" for name in NUMBERS},
            "rating": rating_sql(self._store.actor.id),
            "codec": "x.codec",
            # A genre that the user set says the family, and the labels no more.
            "label_family": f"CASE WHEN x.user_genre IS NULL THEN {label_value_sql('family')} END",
            **{name: text_sql(name, context.preferred) for name in ("artist", "title", "album", "genre")},
            "audio_id": "f.audio_id",
            **({name: f"x.{name}" for name in HAMMS_COLUMNS} if hamms else {}),
        }
        left_out = [name for name in (*TEXTS, *NUMBERS) if name not in wanted]
        for name in left_out:
            del sources[name]
        selected = ", ".join(sources.values())
        sql = f"SELECT {selected} {tables_of(selected, where.sql)} WHERE {where.sql}"
        with self._database.asking() as connection:
            # Some thousands at a time: all rows at once would take several times the room of the columns.
            cursor = connection.execute(sql, where.values)
            parts = [_part(tuple(sources), rows) for rows in iter(lambda: cursor.fetchmany(_ROWS_AT_ONCE), [])]
        parts = parts or [_part(tuple(sources), [])]
        # Sorted here: SQLite would put whole rows in order, and all of them before it gives the first.
        order = np.argsort(np.concatenate([part["file_id"] for part in parts]))
        columns: dict[str, Any] = {name: np.concatenate([part.pop(name) for part in parts])[order] for name in sources}
        vectors = [columns.pop(name) for name in HAMMS_COLUMNS] if hamms else None
        count = len(columns["file_id"])
        for name in left_out:
            columns[name] = np.full(count, None) if name in TEXTS else np.full(count, np.nan)
        return Columns(**columns, hamms=None if vectors is None else np.array(vectors).T)

    def names(self, query: Query, context: QueryContext) -> list[tuple[int, str | None, str]]:
        """Id, artist and title of each matching file; without a title, the file name."""
        where, values = self.where(query, context)
        names = ", ".join(text_sql(name, context.preferred) for name in ("artist", "title"))
        sql = f"SELECT f.id, {names}, f.path {_TABLES} WHERE {where} ORDER BY f.id"
        with self._database.asking() as connection:
            rows = connection.execute(sql, values)
            return [(file_id, *_name(artist, title, path)) for file_id, artist, title, path in rows]

    def at_paths(self, paths: Iterable[str]) -> Found:
        """The known files at these absolute paths, and inside of them if they are folders.

        Names match in either form of Unicode, and through links to folders that were scanned under another name.
        """
        found: dict[int, None] = {}
        unknown: list[str] = []
        for path in paths:
            names = dict.fromkeys(form for name in (path, os.path.realpath(path)) for form in unicode_forms(name))
            ids = next((ids for name in names if (ids := self._under(name))), [])
            found.update(dict.fromkeys(ids))
            if not ids:
                unknown.append(path)
        return Found(file_ids=tuple(found), unknown=tuple(unknown))

    def _under(self, path: str) -> list[int]:
        where, values = inside_sql(path)
        with self._database.reading() as connection:
            rows = connection.execute(f"SELECT id FROM files AS f WHERE {where} ORDER BY path", values)
            return [file_id for (file_id,) in rows]


def _asks_nothing(query: Query) -> bool:
    return query.limit is None and not query.offset and (not query.groups or query == _ANY)


def tables_of(*sql: str) -> str:
    """The tables that some SQL names; facts alone are read in a part of the time."""
    return _TABLES if any(map(_OF_FILES.search, sql)) else _FACTS


def _narrowed(where: Predicate, among: Sequence[int] | None) -> Predicate:
    return where if among is None else all_of([where, ids_of(int(file_id) for file_id in among)])


def _name(artist: str | None, title: str | None, path: bytes) -> tuple[str | None, str]:
    if title:
        return artist, title
    stem = display_path(os.path.splitext(os.path.basename(os.fsdecode(path)))[0])
    first, parted, rest = stem.partition(" - ")
    return (first, rest) if parted and artist is None else (artist, stem)


def _part(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, NDArray[Any]]:
    import numpy as np

    part: dict[str, NDArray[Any]] = {}
    for name, values in zip(names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True):
        if name == "file_id":
            part[name] = np.array(values, dtype=np.int64)
        elif name == "key":
            part[name] = np.array([_KEY_INDEX.get(key, NO_KEY) for key in values], dtype=np.int8)
        elif name in TEXTS:
            # Filled, not converted: numpy would look into what it is given for further dimensions. A text that comes
            # again, as an artist does, is kept once.
            part[name] = np.empty(len(values), dtype=np.object_)
            part[name][:] = [value and sys.intern(value) for value in values] if name in _REPEATED else values
        else:
            part[name] = np.array(values, dtype=np.float64)
            if np.any(np.abs(part[name]) > _MOST):  # NaN, which is unknown, is not
                raise ValueError(f"a {name} that no track can have")
            if name == "bpm":
                part[name][part[name] < _LEAST_BPM] = np.nan
    return part
