"""Make a playlist of one library: read candidates as columns, compare their sound, load the picks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from map4.core.base.paths import PathLike, absolute_path
from map4.core.base.text import utc_text
from map4.core.music.analysis.median import median
from map4.core.music.columns import Columns
from map4.core.music.mixing.many import MixColumns, hamms_rows
from map4.core.music.query.context import QueryContext
from map4.core.music.query.parser import Query
from map4.core.music.sound.similarity_tables import LibraryTable, SoundKinds, SoundSpace
from map4.core.music.track.genre import GenreTable
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store
from map4.errors import NothingFoundError
from map4.library import hookspecs
from map4.lists.generate import make_playlist
from map4.lists.options import GenerateOptions
from map4.lists.playlist.playlist import Pick, Playlist
from map4.lists.playlist.request import ListRequest, query_text
from map4.lists.problem import (
    ListFindings,
    ListSongs,
    candidates_of,
    intro_s,
    listening_of,
    lots_of,
    nearest_rows,
    require_possible,
)
from map4.lists.sequencing.problem import NO_GROUP, Candidates, Floats, Ints
from map4.lists.sequencing.waypoints import choose_opening
from map4.lists.sweepers import Sweepers
from map4.plays import SqlPlays
from map4.search import SqlSongs, wants_versions

if TYPE_CHECKING:
    from map4.core.music.plays import Play
    from map4.core.store.search import SqlSearch
    from map4.scan import TrackResolver

_MOST_TRIES = 20


def opening_of(
    request: ListRequest,
    findings: ListFindings,
    table: LibraryTable,
    prefer: Sequence[str],
    named: Callable[[Sequence[int]], Candidates],
) -> int | None:
    """The file (id) that `choose_opening` would choose from all tracks; None if that can't be decided quickly.

    Reading everything about a hundred thousand tracks takes seconds: only copies of the opening are read.

    prefer: sources of tempo and key in order of preference, used if the user set no value
    named: reads all that is known about files (ids)
    """
    order = np.argsort(table.file_ids)
    figures = table.figures(prefer, order)
    audio = _audio_numbers(table, findings)[order]
    mix = MixColumns.of_library(figures)
    unknown = np.full(len(order), NO_GROUP, dtype=np.int64)
    pool = Candidates(
        rows=figures.file_id,
        tie_breaker=audio,
        eligible=~np.isin(figures.file_id, np.fromiter(request.excluded, dtype=np.int64)),
        bpm=mix.bpm,
        key=mix.key.astype(np.int64),
        energy=mix.energy,
        duration_s=figures.duration_s,
        artist=unknown,
        album=unknown,
        family=unknown,
        song=unknown,
        similarity=np.full(len(order), np.nan),
        preference_bias=findings.preference_bias(figures.file_id),
        audio=lots_of(table.column("audio_id")[order].tolist()) if request.vary else None,
    )
    for _ in range(_MOST_TRIES):
        opening = choose_opening(pool, request)
        if opening is None:
            return None
        copies = np.flatnonzero(audio == audio[opening])
        if len(copies) == 1:
            return int(pool.rows[opening])
        known = named(pool.rows[copies].tolist())
        left_out = known.rows[~known.eligible]  # copies with fewer tags than another copy
        if int(pool.rows[opening]) not in left_out.tolist():
            return int(pool.rows[opening])
        pool = replace(pool, eligible=pool.eligible & ~np.isin(pool.rows, left_out))
    return None


def _audio_numbers(table: LibraryTable, findings: ListFindings) -> Ints:
    """Numbers of the rows in the order of audio ids, equal for copies of one recording."""
    names = table.column("audio_id")
    every, numbers = np.unique(names, return_inverse=True)
    same: Ints = np.arange(len(every), dtype=np.int64)
    for copy, original in findings.originals.items():
        at, of = (int(np.searchsorted(every, audio_id.encode())) for audio_id in (copy, original))
        if at < len(every) and of < len(every) and every[at] == copy.encode() and every[of] == original.encode():
            same[at] = of
    of_rows: Ints = same[numbers]
    return of_rows


_MOST_AIRED = 1000
"""Plays that are considered: days of a station."""
# Enough for both ends of a gap and the track that the next gap shares.
_REMEMBERED = 4
# The columns that the search needs; reading everything about the candidates takes half as long again.
_TEXTS = ("audio_id", "artist", "title", "album", "genre", "label_family")
_NUMBERS = ("energy", "duration_s")

NO_LIKENESS = 0.0
"""Similarity of two unrelated tracks of the library; see `map4.core.music.sound.similarity_tables`."""

LEAST_IN_REACH = 100
"""At least this many of the nearest tracks pass the sound limit. In a library of 58 tracks, 5 of 58 lists of ten kept
all limits with the nearer half only, 19 with this minimum."""


class CachedSearch:
    """Runs each query once: all gaps of a list are filled from the same tracks."""

    def __init__(self, search: SqlSearch) -> None:
        self._search = search
        self._columns: dict[tuple[object, ...], Columns] = {}
        self._ids: dict[str, list[int]] = {}

    def file_ids(self, query: str | Query, context: QueryContext) -> list[int]:
        text = query_text(query)
        if text not in self._ids:
            self._ids[text] = self._search.file_ids(query, context)
        return self._ids[text]

    def columns(
        self, query: str | Query, context: QueryContext, *, hamms: bool = False, among: Sequence[int] | None = None,
        texts: tuple[str, ...], numbers: tuple[str, ...],
    ) -> Columns:  # fmt: skip
        """The matching tracks; see `SqlSearch.columns`."""
        if among is not None:
            return self._search.columns(query, context, hamms=hamms, among=among, texts=texts, numbers=numbers)
        key = (query_text(query), hamms, texts, numbers)
        if key not in self._columns:
            self._columns[key] = self._search.columns(query, context, hamms=hamms, texts=texts, numbers=numbers)
        return self._columns[key]


class SoundSimilarity:
    """How alike the library's recordings sound to given tracks; caches the last few results."""

    def __init__(self, table: LibraryTable) -> None:
        self.table = table
        self._similar: dict[tuple[object, ...], Floats | None] = {}
        self._places = lru_cache(1)(lambda columns: table.places(columns.audio_id))  # the same for both ends of a path

    def of_library(self, tracks: Sequence[Track], *, to_mean: bool = False) -> Floats | None:
        """Similarity of each recording of the library to the nearest kind of some tracks; None if no sound is known.

        Table rows that are no recordings or have no sound are NaN.

        to_mean: to the mean of the tracks instead
        """
        paths = (to_mean, *(track.path for track in tracks))
        if paths not in self._similar:
            for oldest in list(self._similar)[: 1 - _REMEMBERED]:
                del self._similar[oldest]
            self._similar[paths] = self._compared(tracks, to_mean=to_mean)
        return self._similar[paths]

    def _compared(self, tracks: Sequence[Track], *, to_mean: bool) -> Floats | None:
        vectors = [track.analysis.sound for track in tracks if track.analysis and track.analysis.sound]
        if self.table.space is None or not vectors:
            return None
        wanted = self.table.space.project(vectors)
        kinds = [wanted] if to_mean else SoundKinds.of(wanted).directions[:, None]
        values = self.table.sound_similarities(
            lambda directions: np.fmax.reduce([SoundSpace.similarities(directions, kind) for kind in kinds])
        )
        return values.astype(np.float64)

    def of_columns(self, tracks: Sequence[Track], columns: Columns) -> Floats | None:
        """Similarity of each row to the nearest kind of some tracks, -1 to 1; by HAMMS without sounds."""
        similar = self.of_library(tracks)
        if similar is None:
            vectors = [track.analysis.hamms.vector for track in tracks if track.analysis and track.analysis.hamms]
            if columns.hamms is None or not vectors:
                return None
            return LibraryTable.mean_hamms(columns.hamms, hamms_rows(vectors))
        places = self._places(columns)
        similarities: Floats = np.where(places < 0, np.nan, similar[places])
        return similarities


def _read_once(known: dict[int, Any], read: Callable[[Sequence[int]], Mapping[int, Any]], rows: Iterable[int]) -> Any:
    """Values of files by id, with all earlier ones: gaps of a list have many candidates in common."""
    known.update(read([row for row in rows if row not in known]))
    return known


class PlaylistMaker:
    """Makes playlists from one library.

    search: runs each query once; None uses the store's search
    genres: families; None uses the library's
    """

    def __init__(self, store: Store, search: CachedSearch | None = None, *, genres: GenreTable | None = None) -> None:
        self._store = store
        self._search = search or store.search
        self._genres = genres or store.preferences.genres.families
        self._likeness: SoundSimilarity | None = None
        self._joint_traits = partial(_read_once, {}, lambda ids: store.search.joint_traits(ids, store.context()))
        self._songs_of = partial(_read_once, {}, store.part(SqlSongs).of_files)

    def make_of_files(
        self, seeds: PathLike | Iterable[PathLike], options: GenerateOptions, resolver: TrackResolver
    ) -> Iterator[Pick | Playlist]:
        """Make a list from files that the caller names; see `map4.Library.playlist_events`."""
        request = options.settled()
        goal_of = [] if options.to is None else [options.to]
        paths, goal, included = (resolver.names.paths(files) for files in (seeds, goal_of, options.include))
        every = list(dict.fromkeys((*paths, *goal, *included)))
        resolved = resolver.resolve(every, jobs=options.jobs, timeout_s=options.timeout_s)
        analysed = resolver.require_analysed(every, resolved, "used for a playlist")
        tracks = {path: resolver.with_sound(track) for path, track in analysed.items()}
        request = replace(
            request,
            seeds=tuple(tracks[path] for path in paths),
            goal=tracks[goal[0]] if goal else None,
            includes=tuple(tracks[path] for path in included),
        )
        return self.make(request, tries=True)

    def make(self, request: ListRequest, *, tries: bool = False) -> Iterator[Pick | Playlist]:
        """Make a list from the tracks that the request allows.

        request: settled
        tries: look for ways out of weak steps
        raises UsageError: immediately, if the named tracks contradict the request
        """
        require_possible(request)
        folder = request.folder if isinstance(request, GenerateOptions) else None
        return self._made(request, None if folder is None else absolute_path(folder), tries)

    def _made(self, request: ListRequest, folder: str | None, tries: bool) -> Iterator[Pick | Playlist]:
        findings = ListFindings(
            originals=self._originals,
            joint_traits=self._joint_traits,
            pitch_percent=self._store.preferences.pitch_percent,
        )
        if isinstance(request, GenerateOptions):
            request, findings = self._with_history(request, findings)
        blank = [name for name in ("exclude", "preferred", "avoided") if not query_text(getattr(request, name)).strip()]
        request = replace(request, **cast("dict[str, Any]", dict.fromkeys(blank)))
        context = self._store.context(request.limits.harmonic)
        if isinstance(request, GenerateOptions):
            context = replace(context, now=_start_of(request))
        query = Query.parse(request.query)
        left_out = {"--exclude": request.exclude, "sweepers": request.sweepers}
        excluded = {name: Query.parse(given) for name, given in left_out.items() if given}
        findings = self._with_wishes(request, findings, context)
        if not wants_versions(query):
            findings = replace(findings, songs=self._songs(request))
        table = self._store.sounds.table()
        if self._likeness is None or self._likeness.table is not table:
            self._likeness = SoundSimilarity(table)
        likeness = self._likeness
        everywhere = folder is None and not excluded and query == Query.parse("")
        origin = request.sounds_like
        if everywhere and not origin and not request.includes:
            findings, origin = self._opened(request, findings, context, table)
        columns = self._columns(request, findings, query, context, likeness, origin, everywhere=everywhere)
        if folder is not None:
            inside = self._store.search.at_paths([folder]).file_ids
            columns = columns.take(np.flatnonzero(np.isin(columns.file_id, np.array(inside, dtype=np.int64))))
        if not len(columns):
            what = f"nothing matches '{query.text}'" if query.text else "there is no track to choose from"
            raise NothingFoundError(f"{what}; 'map4 scan FOLDER' adds tracks, 'map4 search' shows what a query finds")
        for name, exclude in excluded.items():
            out = np.array(self._search.file_ids(exclude, context), dtype=np.int64)
            columns = columns.take(np.flatnonzero(~np.isin(columns.file_id, out)))
            if not len(columns):
                raise NothingFoundError(f"nothing is left of the tracks after {name} '{exclude.text}'")
        yield from make_playlist(
            _with_least_sound(request, columns, likeness),
            findings,
            columns,
            genres=self._genres,
            load=lambda file_ids: self._store.tracks.tracks_by_id(file_ids, sound=True, beats=bool(request.plan)),
            detailed=self._store.tracks.all_detailed,
            similarities=likeness.of_columns,
            sweepers=self._sweepers(request, context),
            tries=tries,
        )

    def _with_wishes(self, request: ListRequest, findings: ListFindings, context: QueryContext) -> ListFindings:
        plays = isinstance(request, GenerateOptions) and request.from_plays is not None
        return replace(
            findings,
            listening=listening_of(
                request,
                None if plays else self._store.preferences.recent_plays,
                lambda text: self._search.file_ids(text, context),
                self._store.part(SqlPlays).skipped_files,
            ),
            preferred=self._files(request.preferred, context),
            avoided=self._files(request.avoided, context),
        )

    def _sweepers(self, request: ListRequest, context: QueryContext) -> Sweepers | None:
        if not request.sweepers:
            return None
        tracks = [*self._store.tracks.tracks_by_id(self._search.file_ids(request.sweepers, context))]
        if not tracks:
            raise NothingFoundError(f"no track matches '{request.sweepers}', the sweepers of the preset")
        return Sweepers(tracks=tracks, gap=request.wanted_sweeper_gap, first=request.vary or 0)

    def _songs(self, request: ListRequest) -> Callable[..., ListSongs]:
        own, tracks = request.own_remixes, self._store.tracks
        return partial(
            ListSongs,
            of_files=self._songs_of,
            others=request.beside,
            own_remixes=self._store.preferences.own_remixes if own is None else own,
            intros=(lambda ids: {file_id: intro_s(track) for file_id, track in tracks.numbered(ids)})
            if request.plan
            else None,
        )

    def _with_history(self, request: GenerateOptions, findings: ListFindings) -> tuple[GenerateOptions, ListFindings]:
        """The request and findings with the user's plays and DJ sets, if the list is based on them."""
        if request.from_plays is not None:
            from map4.lists.from_plays import of_plays

            request, plays = of_plays(self._store, request)
            findings = replace(findings, plays=plays, played_in=(request.from_plays or "").strip())
        if request.aired is not None:
            findings = replace(findings, aired=tuple(self._aired(request)))
        if request.like_my_sets:
            from map4.lists.judging.set_statistics import set_habits

            findings = replace(findings, like=set_habits(self._store))
        return request, findings

    def _aired(self, request: GenerateOptions) -> Iterator[tuple[Play, float]]:
        """The last plays of the player before the list, latest first, each with its distance from it in seconds."""
        starts, limits = _start_of(request), request.limits
        most = max(_MOST_AIRED, *(gap.picks or 0 for gap in (limits.artist_gap, limits.album_gap)))
        plays = self._store.part(SqlPlays).page(before=(utc_text(starts.astimezone(UTC)), 0), limit=most).plays
        for play in plays:
            if request.aired in ("any", play.source):
                yield play, (starts - datetime.fromisoformat(play.at)).total_seconds()

    @cached_property
    def _originals(self) -> Mapping[str, str]:
        """The original audio of each copy, by audio id."""
        originals: Mapping[str, str] = self._store.part(hookspecs.copies.required()).originals()
        return originals

    def _opened(
        self, request: ListRequest, findings: ListFindings, context: QueryContext, table: LibraryTable
    ) -> tuple[ListFindings, tuple[Track, ...]]:
        """Choose the track that opens a list of a large library without a seed. If its sound is known, the rest of the
        library is not read."""
        if table.space is None or table.sounds() <= request.most_considered:
            return findings, ()

        def named(file_ids: Sequence[int]) -> Candidates:
            columns = self._search.columns("", context, among=file_ids, texts=_TEXTS, numbers=_NUMBERS)
            return candidates_of(request, findings, columns, self._genres)

        opening = opening_of(request, findings, table, context.preferences.sources, named)
        tracks = () if opening is None else tuple(self._store.tracks.tracks_by_id([opening], sound=True))
        has_sound = bool(tracks and tracks[0].analysis and tracks[0].analysis.sound)
        return (replace(findings, opening=opening), tracks) if has_sound else (findings, ())

    def _files(self, query: str | Query | None, context: QueryContext) -> frozenset[int]:
        """The ids of the files that match a query; empty without a query."""
        return frozenset(() if query is None else self._search.file_ids(query, context))

    def _columns(
        self,
        request: ListRequest,
        findings: ListFindings,
        query: Query,
        context: QueryContext,
        likeness: SoundSimilarity,
        origin: Sequence[Track],
        *,
        everywhere: bool,
    ) -> Columns:
        table, similar = likeness.table, likeness.of_library(origin)
        if similar is None:
            hamms = table.space is None or bool(request.sounds_like)
            return self._search.columns(query, context, hamms=hamms, texts=_TEXTS, numbers=_NUMBERS)
        among = None
        if everywhere:
            # In a large library only the nearest tracks by sound are read.
            known = np.flatnonzero(table.has_sound)
            file_ids = table.file_ids[known]
            goal = None if request.goal is None else likeness.of_library([request.goal])
            rows = nearest_rows(
                similar[known],
                None if goal is None else goal[known],
                request.most_considered,
                findings.preference_bias(file_ids),
            )
            among = file_ids[rows].tolist()
        return self._search.columns(query, context, among=among, texts=_TEXTS, numbers=_NUMBERS)


def _start_of(request: GenerateOptions) -> datetime:
    return datetime.now(UTC) if request.starts is None else datetime.fromisoformat(request.starts)


def _with_least_sound(request: ListRequest, columns: Columns, likeness: SoundSimilarity) -> ListRequest:
    """Without a limit in the request, pick from the half of the library that sounds more like the seeds, or from the
    nearest hundred."""
    if request.min_sound is not None or not request.sounds_like:
        return request
    ends = [request.sounds_like, *([[request.goal]] if request.goal else [])]
    # Median of the whole library if sounds are known, else of the matches by HAMMS.
    known = [known_likeness for tracks in ends if (known_likeness := likeness.of_library(tracks)) is not None]
    if not known:
        known = [
            known_likeness for tracks in ends if (known_likeness := likeness.of_columns(tracks, columns)) is not None
        ]
    nearness = np.fmax.reduce(known) if known else np.empty(0)
    nearness = nearness[~np.isnan(nearness)]
    if len(nearness) <= LEAST_IN_REACH:
        return request
    least = min(max(NO_LIKENESS, median(nearness)), float(np.sort(nearness)[-LEAST_IN_REACH]))
    return replace(request, min_sound=round(least, 4))
