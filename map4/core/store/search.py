"""Search the library: tracks that match a query, as a sequence, cells or columns, and files at paths."""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, overload

from map4.core.base.shown import Shown
from map4.core.base.text import counted
from map4.core.music.analysis.analysis import ANALYSIS_VERSION
from map4.core.music.analysis.key import ALL_KEYS, Key
from map4.core.music.columns import Columns
from map4.core.music.file_name import FileName
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.query.context import QueryContext
from map4.core.music.query.parser import Query
from map4.core.music.query.shuffle import apart, following_in_works, together
from map4.core.music.recording import Recordings, recording_facts, song_of
from map4.core.music.track.credits import CREDITED, Credit, credits_of, fitting_list, may_have_guests
from map4.core.music.track.fields import FIELDS
from map4.core.music.track.track import Track
from map4.core.music.track.track_parts import STATES
from map4.core.store.database import Database, scalar
from map4.core.store.query import field_sql
from map4.core.store.query.facts import HAMMS_COLUMNS, WITH_CREDIT_NAMES, WITH_IMPORTED_NAMES, WITH_OWN_NAMES
from map4.core.store.query.forms import FileIds, Predicate
from map4.core.store.query.query_sql import QueryPlan, song_sql, unicode_forms
from map4.core.store.rows.track_rows import file_path
from map4.core.store.stored_tables import ExtraTables
from map4.core.store.tracks import SqlTracks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from map4.core.music.query.context import QueryContext
    from map4.core.music.track.track import Track


TEXTS = ("audio_id", "path", "artist", "title", "album", "genre", "codec", "label_family")
"""Columns of texts."""

NUMBERS = (
    "energy", "loudness_lufs", "true_peak_dbtp", "duration_s", "year", "rating", "bit_rate_bps", "sample_rate_hz",
)  # fmt: skip
"""Columns of numbers that don't depend on the order of sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The library's files at and below paths, in order, and the unknown paths."""

    file_ids: tuple[int, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallies:
    """Files by state, failed files by kind of error, the number of analyses of another version, ok files by month
    (`YYYY-MM`) in which they were added, and tracks by text of genre.
    """

    states: dict[str, int]
    failures: dict[str, int]
    stale: int
    added: dict[str, int]
    genres: dict[str, int]


_REPEATED = ("artist", "album", "genre", "codec", "label_family")
_ROWS_AT_ONCE = 8192
_MOST = 1e12  # beyond any year or count; more is damage
_LEAST_BPM = 1.0  # lower values occur only in damaged libraries
_FACTS = "FROM facts AS x"
TABLES = f"{_FACTS} JOIN files AS f ON f.id = x.file_id"
"""The tables of query conditions."""
_OF_FILES = re.compile(r"\bf\.")
_KEY_INDEX = {key.camelot: index for index, key in enumerate(ALL_KEYS)}


class SqlSearch:
    """Answers queries; see `map4.core.store.query.query_sql` for the SQL that they become.

    copies: returns the ids of the files of `is:copy`
    """

    def __init__(self, database: Database, store: SqlTracks, copies: Callable[[], Collection[int]]) -> None:
        self._database = database
        self._store = store
        self._copies = copies

    def recordings_of(self, tracks: Iterable[Track]) -> set[int]:
        """Ids of present, analysed files of the same recording as any given track."""
        wanted = [recording_facts(track) for track in tracks]
        audio_ids = json.dumps([facts["audio_id"] for facts in wanted])
        preferred = self._store.preferred()
        names = ", ".join(field_sql.text_sql(name, preferred) for name in ("artist", "title"))
        named = f"SELECT x.file_id, f.audio_id, {names}, x.duration_s {TABLES} WHERE x.state = 'ok'"
        recordings = Recordings[int]()
        with self._database.asking() as connection:
            rows = dict.fromkeys(
                connection.execute(f"{named} AND f.audio_id IN (SELECT value FROM json_each(?))", (audio_ids,))
            )
            for facts in wanted:
                if song_of(facts["artist"], facts["title"]) is not None:
                    sql, values = song_sql(facts["artist"] or "", facts["title"] or "", preferred)
                    rows |= dict.fromkeys(connection.execute(f"{named} AND ({sql})", values))
            # Compared while the connection is open: values that can't be compared are damage.
            for file_id, audio_id, artist, title, duration_s in rows:
                recordings.add(file_id, audio_id=audio_id, artist=artist, title=title, duration_s=duration_s)
            return {file_id for facts in wanted for file_id in recordings.same(**facts)}

    def where(self, query: str | Query, context: QueryContext) -> Predicate:
        return QueryPlan(Query.parse(query), self.here(context)).where

    def here(self, context: QueryContext) -> QueryContext:
        return replace(
            context, copies=self._copies, rows=self._rows, has_tables=self._has_tables, owner=self._store.actor.id
        )

    def _rows(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._database.asking() as connection:
            return connection.execute(sql, values).fetchall()

    def _has_tables(self, extra: str) -> bool:
        with self._database.asking() as connection:
            return ExtraTables.exist(connection, extra)

    def file_ids(self, query: str | Query, context: QueryContext, among: Iterable[int] | None = None) -> list[int]:
        """Ids of the matching files, in the query's order and within its limits; `among` narrows the files."""
        query = Query.parse(query)
        plan = QueryPlan(query, self.here(context), None if among is None else FileIds.of(among))
        if query.is_random:
            with self._database.asking() as connection:
                # Keeps tracks of an artist apart, which SQL can't do.
                spread = apart((row, row[1]) for row in connection.execute(*plan.ids_with_artists()))
            if context.preferences.whole_works:
                works = following_in_works((work, album, tuple(place)) for _, _, work, album, *place in spread)
                spread = [spread[place] for place in together(len(spread), works)]
            return [file_id for file_id, *_ in spread[query.offset :][: query.limit]]
        with self._database.asking() as connection:
            return [file_id for (file_id,) in connection.execute(*plan.ids())]

    def select(self, query: str | Query, context: QueryContext, *, beats: bool = False) -> FoundTracks:
        """The matching tracks, read lazily; see `SqlTracks.tracks_by_id`."""
        return FoundTracks(self, self._store, Query.parse(query), context, beats=beats)

    def paths(self, query: str | Query, context: QueryContext, among: Iterable[int] | None = None) -> Iterator[str]:
        """The paths of the matching tracks."""
        yield from self._store.paths_by_id(self.file_ids(query, context, among))

    def count(self, query: str | Query, context: QueryContext) -> int:
        """The number of matching tracks, without limits."""
        where, values = self.where(query, context)
        with self._database.asking() as connection:
            return int(scalar(connection, f"SELECT count(*) {tables_of(where)} WHERE {where}", values))

    def in_albums(self, query: str | Query, context: QueryContext) -> Iterator[tuple[Any, ...]]:
        """For each matching file, by path: id, path, artist, album, genre, year, seconds, when it was added, album
        artist, disc, track number, tagged sort names of artist and album, and whether it is explicit or clean.
        """
        texts = [field_sql.text_sql(name, context.preferred) for name in ("artist", "album", "genre")]
        others = [field_sql.text_sql("album_artist", context.preferred)]
        others += [field_sql.in_force_sql(name, context.preferred) for name in ("disc_number", "track")]
        columns = ("f.path", *texts, field_sql.counting_sql("year", context), "x.duration_s", "f.added_at", *others)
        where, values = self.where(query, context)
        columns = ("x.file_id", *columns, "x.artist_sort", "x.album_sort", "nullif(f.advisory, 'none')")
        sql = f"SELECT {', '.join(columns)} {TABLES} WHERE {where}"
        with self._database.asking() as connection:
            rows = sorted(connection.execute(sql, values), key=itemgetter(1))  # faster than reading them in this order
            # Converted while the connection is open: values that can't be converted are damage.
            for file_id, path, artist, album, genre, year, length, *more in rows:
                year, length = year and int(year), length and float(length)
                yield file_id, os.fsdecode(path), artist, album, genre, year, length, *more

    def credits(self, context: QueryContext) -> dict[int, tuple[Credit, ...]]:
        """The credits of each file that has others than the names in its artist, by id."""
        whole, preferred = self._store.preferences().whole_names, context.preferred
        texts = (field_sql.text_sql(name, preferred) for name in ("artists", "artist", "title", *CREDITED))
        columns = ["f.artist", "f.artists", "f.artist_ids", *texts]
        where = (
            f"coalesce(f.credits_sorted, f.artists) IS NOT NULL OR x.file_id IN ({WITH_CREDIT_NAMES} UNION ALL "
            f"{WITH_OWN_NAMES} UNION ALL {WITH_IMPORTED_NAMES}) OR f.audio_id IN (SELECT audio_id FROM provided)"
        )
        credited = {}
        with self._database.asking() as connection:
            for file_id, tag, tagged, ids, artists, artist, title, *people in connection.execute(
                f"SELECT x.file_id, {', '.join(columns)} {TABLES} WHERE {where}"
            ):
                is_of_same = (artist, artists) == (tag, tagged)
                credited[file_id] = credits_of(
                    artist,
                    title=title if title and may_have_guests(title) else None,
                    artists=fitting_list(artists, artist, is_of_same=is_of_same, whole=whole),
                    ids=ids if artist == tag else None,  # ids in the tag belong to its artist
                    whole=whole,
                    **dict(zip(CREDITED, people, strict=True)),
                )
        return credited

    def tallies(
        self, query: str | Query, context: QueryContext, *, among: Sequence[int] | None = None, without_ok: bool = False
    ) -> Tallies:
        """Files by state and by kind of failure; for an empty query, all files in any state.

        among: only these file ids
        without_ok: for an empty query, only files that are not ok, which is fast; no genres
        """
        query = Query.parse(query)
        matching = _narrowed(self.within_limits(query, context), among)
        is_everything = not (query.groups or query.offset or query.limit is not None)
        where, values = _narrowed(Predicate("TRUE"), among) if is_everything else matching
        if without_ok:
            where, values = Predicate("x.state <> 'ok'")
        # Counted here: to group them, SQLite would sort them first.
        month = "CAST(substr(x.added_at, 1, 7) AS TEXT)"
        states_sql = f"SELECT x.state, x.analysis_version <> ?, {month} {tables_of(where)} WHERE ({where})"
        broken = f"SELECT f.error_kind {TABLES} WHERE x.state = 'failed' AND ({where})"
        genre = f"SELECT {field_sql.genre_sql(context.preferred)} {TABLES} WHERE ({matching.sql})"
        with self._database.asking() as connection:
            groups = Counter(connection.execute(states_sql, (ANALYSIS_VERSION, *values)))
            failures = Counter(kind for (kind,) in connection.execute(broken, values))
            genres: Iterable[tuple[Any]] = [] if without_ok else connection.execute(genre, matching.values)
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
            # The most frequent spelling comes first and is shown.
            genres=dict(sorted(named.items(), key=lambda item: (-item[1], item[0]))),
        )

    def matching(self, query: str | Query, context: QueryContext) -> list[int]:
        """Ids of the matching files within the query's limits, in no order."""
        query = Query.parse(query)
        if query.limit is not None or query.offset:
            return self.file_ids(query, context)
        where, values = self.where(query, context)
        with self._database.asking() as connection:
            return [row[0] for row in connection.execute(f"SELECT x.file_id {tables_of(where)} WHERE {where}", values)]

    def ratings(self) -> dict[int, float]:
        """The rating of each rated file, by id."""
        with self._database.asking() as connection:
            ratings = dict(connection.execute("SELECT file_id, rating FROM facts WHERE rating IS NOT NULL"))
            return ratings | dict(connection.execute(field_sql.own_ratings_sql(self._store.actor.id)))

    def within_limits(self, query: str | Query, context: QueryContext) -> Predicate:
        """The condition that the matching files meet within the query's limits."""
        query = Query.parse(query)
        if query.limit is None and not query.offset:
            return self.where(query, context)
        return FileIds.of(self.file_ids(query, context)).as_predicate()

    def columns(
        self,
        query: str | Query,
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
        query = Query.parse(query)
        if query.sort or query.limit is not None or query.offset:
            import numpy as np

            allowed = None if among is None else frozenset(among)
            chosen = [each for each in self.file_ids(query, context) if allowed is None or each in allowed]
            columns = self._columns(FileIds.of(chosen).as_predicate(), context, hamms=hamms, wanted={*texts, *numbers})
            place = {file_id: index for index, file_id in enumerate(chosen)}
            return columns.take(np.argsort([place[file_id] for file_id in columns.file_id.tolist()]))
        where = _narrowed(self.where(query, context), among)
        return self._columns(where, context, hamms=hamms, wanted={*texts, *numbers})

    def column_blocks(
        self, query: str | Query, context: QueryContext, *, texts: Collection[str], numbers: Collection[str],
        among: Sequence[int] | None = None,
    ) -> Iterator[Columns]:  # fmt: skip
        """As `columns`, in no order and a few thousand tracks at a time."""
        where = _narrowed(self.within_limits(query, context), among)
        wanted = {*texts, *numbers}
        return (_as_columns(part, wanted) for part in self._parts(where, context, hamms=False, wanted=wanted))

    def _columns(self, where: Predicate, context: QueryContext, *, hamms: bool, wanted: Collection[str]) -> Columns:
        import numpy as np

        # Each column grows where it is: to join parts would need the memory twice.
        grown: dict[str, bytearray | list[Any]] = {}
        types: dict[str, np.dtype[Any]] = {}
        for part in self._parts(where, context, hamms=hamms, wanted=wanted):
            for name, values in part.items():
                types[name] = values.dtype
                if name in TEXTS:
                    grown.setdefault(name, []).extend(values)
                else:
                    grown.setdefault(name, bytearray()).extend(values.data.cast("B"))
        columns: dict[str, NDArray[Any]] = {}
        for name, kind in types.items():
            whole: Any = grown.pop(name)
            columns[name] = np.array(whole, kind) if name in TEXTS else np.frombuffer(whole, kind)
        # Sorted here: SQLite would sort whole rows, all before returning the first.
        if not np.all(np.diff(columns["file_id"]) > 0):
            order = np.argsort(columns["file_id"])
            for name, values in columns.items():
                columns[name] = values[order]
        return _as_columns(columns, wanted)

    def _parts(
        self, where: Predicate, context: QueryContext, *, hamms: bool, wanted: Collection[str]
    ) -> Iterator[dict[str, NDArray[Any]]]:
        sources = {
            "file_id": "x.file_id",
            "bpm": field_sql.counting_sql("bpm", context),
            "key": field_sql.counting_sql("key", context),
            "tempo_confidence": field_sql.confidence_sql("tempo", context),
            "key_confidence": field_sql.confidence_sql("key", context),
            **{name: field_sql.counting_sql(name, context) if name in FIELDS else f"x.{name}" for name in NUMBERS},
            "loudness_lufs": field_sql.loudness_sql(context.preferences.mono),
            "rating": field_sql.rating_sql(self._store.actor.id),
            "codec": "x.codec",
            # A genre set by the user determines the family, not the labels.
            "label_family": f"CASE WHEN x.user_genre IS NULL THEN {field_sql.FAMILY_SQL} END",
            **{name: field_sql.text_sql(name, context.preferred) for name in ("artist", "title", "album", "genre")},
            "audio_id": "f.audio_id",
            "path": "f.path",
            **({name: f"x.{name}" for name in HAMMS_COLUMNS} if hamms else {}),
        }
        for name in (*TEXTS, *NUMBERS):
            if name not in wanted:
                del sources[name]
        selected = ", ".join(sources.values())
        sql = f"SELECT {selected} {tables_of(selected, where.sql)} WHERE {where.sql}"
        with self._database.asking() as connection:
            cursor = connection.execute(sql, where.values)
            yield _part(tuple(sources), [])
            for rows in iter(lambda: cursor.fetchmany(_ROWS_AT_ONCE), []):
                yield _part(tuple(sources), rows)

    def names(self, query: str | Query, context: QueryContext) -> list[tuple[int, str | None, str]]:
        """Id, artist and title of each matching file; without a title, by the file name."""
        where, values = self.where(query, context)
        names = ", ".join(field_sql.text_sql(name, context.preferred) for name in ("artist", "title"))
        sql = f"SELECT f.id, {names}, f.path {TABLES} WHERE {where} ORDER BY f.id"
        with self._database.asking() as connection:
            rows = connection.execute(sql, values)
            return [(row[0], *FileName(row[3].decode("utf-8", "replace")).names(row[1], row[2])) for row in rows]

    def joint_traits(self, file_ids: Sequence[int], context: QueryContext) -> dict[int, MixTraits]:
        """What decides how files join, besides tempo, key and energy: swing, keys at both ends, and tuning."""
        counts = f"({field_sql.confidence_sql('key', context)}) IS NOT NULL"  # whether the measured key counts
        sql = (
            "SELECT f.id, json_extract(a.core, '$.drums.swing'), x.tuning_cents, x.hamms_instrumentalness, "
            f"{field_sql.counting_sql('key', context)} = x.measured_key, {counts}, x.first_key, x.last_key "
            f"{TABLES} JOIN analyses AS a USING (audio_id) WHERE f.id IN ({FileIds.of(file_ids).sql})"
        )
        with self._database.asking() as connection:
            rows = connection.execute(sql, FileIds.of(file_ids).values)
            return {
                file_id: MixTraits(
                    swing=None if swing is None else float(swing),
                    **MixTraits.tuning(cents, agreement, is_named),
                    has_key_lock=context.preferences.has_key_lock,
                    first_key=Key.parse(first) if counts and first else None,
                    last_key=Key.parse(last) if counts and last else None,
                )
                for file_id, swing, cents, agreement, is_named, counts, first, last in rows
            }

    def at_paths(self, paths: Iterable[str]) -> Found:
        """The known files at these absolute paths, and inside of them if they are folders.

        Names match in either form of Unicode, through links to folders that were scanned under another name, and as
        other names of a file.
        """
        by_path: dict[str, list[int]] = {}
        for path in paths:
            names = dict.fromkeys(form for name in (path, os.path.realpath(path)) for form in unicode_forms(name))
            ids = next((ids for name in names if (ids := self._ids_under(name))), [])
            by_path[path] = ids
        second = self._store.second_names(path for path, ids in by_path.items() if not ids)
        by_path |= {path: self._ids_under(name) for path, name in second.items()}
        return Found(
            file_ids=tuple(dict.fromkeys(file_id for ids in by_path.values() for file_id in ids)),
            unknown=tuple(path for path, ids in by_path.items() if not ids),
        )

    def _ids_under(self, path: str) -> list[int]:
        where, values = Predicate.inside(path)
        return self._database.column(f"SELECT id FROM files AS f WHERE {where} ORDER BY path", values)


def tables_of(*sql: str) -> str:
    """The tables that this SQL needs; reading only facts is much faster."""
    return TABLES if any(map(_OF_FILES.search, sql)) else _FACTS


def _narrowed(where: Predicate, among: Sequence[int] | None) -> Predicate:
    return where if among is None else Predicate.all_of([where, FileIds.of(int(file_id) for file_id in among)])


def _as_columns(columns: Mapping[str, NDArray[Any]], wanted: Collection[str]) -> Columns:
    import numpy as np

    values, count = dict(columns), len(columns["file_id"])
    vectors = [values.pop(name) for name in HAMMS_COLUMNS if name in values]
    for name in (*TEXTS, *NUMBERS):
        if name not in wanted:
            values[name] = np.broadcast_to(np.array(None if name in TEXTS else np.nan), count)  # takes no memory
    return Columns(**values, hamms=np.array(vectors).T if vectors else None)


def _part(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, NDArray[Any]]:
    import numpy as np

    part: dict[str, NDArray[Any]] = {}
    for name, values in zip(names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True):
        if name == "file_id":
            part[name] = np.array(values, dtype=np.int64)
        elif name == "key":
            part[name] = np.array([_KEY_INDEX.get(key, Columns.NO_KEY) for key in values], dtype=np.int8)
        elif name in TEXTS:
            # Filled, not converted: numpy would look into what it is given for further dimensions. A text that comes
            # again, as an artist does, is kept once.
            part[name] = np.empty(len(values), dtype=np.object_)
            values = (*map(file_path, values),) if name == "path" else values
            part[name][:] = [value and sys.intern(value) for value in values] if name in _REPEATED else values
        else:
            part[name] = np.array(values, dtype=np.float64)
            if np.any(np.abs(part[name]) > _MOST):  # NaN, which is unknown, is not
                raise ValueError(f"a {name} that no track can have")
            if name == "bpm":
                part[name][part[name] < _LEAST_BPM] = np.nan
    return part


_MOST_SHOWN = 100


class FoundTracks(Shown):
    """Tracks that match a query; supports repeated iteration, `len`, indexes, slices and `print`."""

    __slots__ = ("_beats", "_context", "_query", "_search", "_store")

    def __init__(
        self, search: SqlSearch, store: SqlTracks, query: Query, context: QueryContext, *, beats: bool
    ) -> None:
        self._search, self._store = search, store
        self._query, self._context, self._beats = query, context, beats

    def __iter__(self) -> Iterator[Track]:
        return self._store.tracks_by_id(self._search.file_ids(self._query, self._context), beats=self._beats)

    def cells(self, columns: Sequence[str], *, most: int | None = None) -> Iterator[Mapping[str, Any]]:
        """The cells of each track in some columns of `map4.core.music.track.track_columns`, read without the tracks.

        most: the maximum number of tracks
        """
        for row in self._store.cells_by_id(self._search.file_ids(self._query, self._context)[:most], columns):
            yield dict(zip(columns, row, strict=True))

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
        return self._brief(self._query.text)

    def rows(self) -> list[Mapping[str, str]]:
        from map4.core.music.track.track_columns import TEXT_COLUMNS, cell_texts

        return list(map(cell_texts, self.cells(TEXT_COLUMNS, most=_MOST_SHOWN)))

    def words(self) -> Sequence[str]:
        count = len(self)
        more = f", the first {_MOST_SHOWN} shown" if count > _MOST_SHOWN else ""
        return [f"{counted(count, 'track')}{more}"]
