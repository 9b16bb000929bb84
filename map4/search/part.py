"""The tracks of a library: by path, name or address, as columns of numbers, and as players browse them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from map4 import compare, search, similar
from map4.core.base.paths import Paths
from map4.core.music.addresses import AddressedTrack, AddressPage, UnreadTrack
from map4.errors import NothingFoundError, UsageError
from map4.formats import BeatGrid
from map4.library.part import LibraryPart
from map4.tags import AlbumLevels

if TYPE_CHECKING:
    from map4.compare import SecondOpinion
    from map4.core.music.analysis.key import Notation
    from map4.core.music.columns import Columns
    from map4.core.music.query.parser import Query
    from map4.core.music.track.cues import GridMark
    from map4.core.music.track.track import Track
    from map4.search.catalogue import Catalogue
    from map4.search.completion import Completions
    from map4.search.matching.matcher import ResolvedLine, WantedLine
    from map4.search.name_resolver import TrackReference
    from map4.search.tables.facets import Facets
    from map4.search.tables.table_rows import AboutTable, TableRows, Value

T = TypeVar("T")


class TracksPart(LibraryPart, scope="read"):
    """The tracks: all of them, or by path, name, id or address; as columns, and as players browse them."""

    def all(self, *, beats: bool = False, sound: bool = False) -> Iterator[Track]:
        """Every track in the library, in any state.

        beats: load the beat times too
        sound: load the sound vector and the fingerprint too
        """
        return self._store.tracks.tracks(beats=beats, sound=sound)

    def by_id(self, file_ids: Iterable[int], *, beats: bool = False) -> Iterator[Track]:
        """The tracks of the given files (`Columns.file_id`), in order; tracks deleted in the meantime are skipped.

        beats: also load beat times and the data for drawing
        """
        return self._store.tracks.tracks_by_id([int(file_id) for file_id in file_ids], beats=beats)

    def at(self, paths: Paths, *, query: str | Query | None = None) -> tuple[list[Track], list[str]]:
        """Resolve paths: the tracks of files and of all files in folders, and the paths unknown to the library.

        A track may also be named by its audio id or by words; see `named`.

        Each track comes once, in the order of the paths, within a folder by path. Without a query, tracks in any state;
        with a query, only matches.
        """
        chosen, unknown = self.ids_at(paths, query=query)
        return list(self._store.tracks.tracks_by_id(chosen)), unknown

    def ids_at(self, paths: Paths | None, *, query: str | Query | None = None) -> tuple[Sequence[int], list[str]]:
        """Like `at`, but returns ids for `by_id`, which loads tracks lazily. Without paths, the query's matches."""
        if paths is None:
            return self._store.search.file_ids(query or "", self._store.context()), []
        paths_found = self._store.search.at_paths(self._services.names.paths(paths))
        chosen = paths_found.file_ids
        if query is not None:
            matching = frozenset(self._store.search.file_ids(query, self._store.context()))
            chosen = tuple(file_id for file_id in chosen if file_id in matching)
        return chosen, list(paths_found.unknown)

    def named(self, names: Paths, *, whole_paths: bool = False) -> list[TrackReference]:
        """Resolve names of tracks, as every command that takes a track does.

        names: a path; an audio id, or at least 8 characters of its beginning; or words of artist and title. An existing
            path always wins. A name that begins like a path, is in an existing folder or has the suffix of audio or a
            playlist is a path, as are bytes and `Path` objects.
        whole_paths: accept only absolute paths; do not search the current folder
        raises AmbiguousNameError: if words or the beginning of an id match several recordings
        raises NothingFoundError: if they match none
        """
        return self._services.names.resolve(names, whole_paths=whole_paths)

    def near(self, query: str | Query) -> str | None:
        """`did you mean genre:house?` for a query without matches; None if nothing is similar."""
        from map4.search.tables.facets import near_terms

        return near_terms(self._store, self._store.context(), query)

    def near_query(self, query: str) -> str | None:
        """Replace terms without matches by the nearest values; None if no value is near."""
        from map4.search.tables.facets import near_query

        return near_query(self._store, self._store.context(), query)

    def paths(self, query: str | Query = "", *, among: Iterable[int] | None = None) -> Iterator[str]:
        """The paths of the tracks that `search` returns, several times as fast; `among` narrows the files (ids)."""
        return self._store.search.paths(query, self._store.context(), among)

    def columns(self, query: str | Query = "", *, hamms: bool = False) -> Columns:
        """Tracks that match a query as columns of numbers and texts; with `hamms` also their HAMMS vectors.

        Ordered by id unless the query sorts.
        """
        return self._store.search.columns(query, self._store.context(), hamms=hamms)

    # ---- tables of many tracks, as pages show them; rows are file ids ----

    @property
    def _table(self) -> TableRows:
        from map4.search.tables.table_rows import TableRows

        return TableRows(self._store, self._store.context())

    def about_table(self, notation: Notation = "camelot") -> AboutTable:
        """The columns, keys and marks that tables of this library can show."""
        return self._table.about(notation)

    def table_rows(self, rows: Sequence[int], names: Iterable[str]) -> tuple[list[int], dict[str, list[Value]]]:
        """The known rows and their values in these columns, read without creating tracks.

        raises UsageError: if there is no such column
        """
        return self._table.columns(rows, names)

    def order(self, query: Query) -> array[int]:
        """All files in the order of a query, for `ids_in_order`."""
        from map4.search.store import SqlTableRows

        return self._store.part(SqlTableRows).order(query.sort, self._store.context())

    def ids_in_order(self, query: Query, order: Sequence[int]) -> array[int]:
        """Like `ids_at(None, query=query)`, but several times as fast with a precomputed order, which all queries
        share.
        """
        return self._table.ids_in_order(query, order)

    def place_of_text(self, rows: Sequence[int], query: Query, text: str) -> int:
        """The index of the first row, in the order of the query, whose text begins with this text or sorts after it.

        raises UsageError: if the rows are not sorted by a text
        """
        return self._table.place_of_text(rows, query, text)

    def facets(
        self, query: str = "", names: Iterable[str] = ("genre",), *, limit: int = 200, under: str | None = None
    ) -> Facets:
        """Count the tracks of a query by value of some fields, each with the term that selects them.

        under: for "folder", the parent folder whose subfolders are counted
        raises UsageError: if there is no such field
        """
        from map4.search.tables.facets import facets

        return facets(self._store, self._store.context(), query, names, limit=limit, under=under)

    def completions(self, text: str, at: int, *, cache: MutableMapping[str, Sequence[tuple[str, int]]]) -> Completions:
        """Completions at the cursor of a partly typed query.

        cache: cache of field values by field name; it is read and extended
        """
        from map4.search.completion import Completions
        from map4.search.tables.facets import FACETS, known_values

        def values(name: str) -> Sequence[tuple[str, int]]:
            if name not in FACETS:
                return ()
            if name not in cache:
                cache[name] = known_values(self._store, self._store.context(), name)
            return cache[name]

        return Completions.of(text, at, values)

    def wanted(self, lines: Iterable[WantedLine], *, query: str | Query = "") -> Iterator[ResolvedLine]:
        """Look up each wanted track in the library by its name only.

        lines: from `map4.search.matching.matcher.read_wanted`
        query: search only these tracks
        """
        from map4.search.matching.matcher import ResolvedLine, status_of

        names = self._store.search.names(query, self._store.context())
        matcher = search.NameMatcher((artist, title) for _, artist, title in names)
        for line in lines:
            match = matcher.best(line.artist, line.title)
            status = "unknown" if match is None else status_of(match[1])
            file_ids = [] if match is None or status == "unknown" else [names[match[0]][0]]
            yield ResolvedLine(
                line=line,
                status=status,
                certainty=None if match is None else round(match[1], 3),
                track=next(self._store.tracks.tracks_by_id(file_ids), None),
            )

    def sound_steps(self, tracks: Sequence[Track]) -> list[float]:
        """The similarity in sound between each track and the next, as in `similar`, -1 to 1.

        tracks: loaded with their sound
        raises NothingFoundError: if a track has no sound vector, or the library has too few to compare
        """
        return similar.sound_steps(tracks, self._store.sounds.table())

    def grid_marks(self, track: Track) -> tuple[GridMark, ...]:
        """The effective beat grid: the user's, else the imported, else the measured grid; empty if there is none."""
        return BeatGrid.in_force(track)

    def second_opinion(self, track: Track) -> SecondOpinion:
        """Tempo and key of a track by librosa; takes some seconds per track, and more for the first.

        raises FileError: if the file can't be decoded
        """
        return compare.librosa_opinion(track.path, decoder=self._services.decoder)

    def catalogue(self, *, cached: bool = False) -> Catalogue:
        """Artists, albums and genres of all available, analysed tracks.

        cached: read it from the cache beside a large library, or write it there
        """
        from map4.search.library_catalogue import cached_catalogue, new_catalogue

        return cached_catalogue(self._store) if cached else new_catalogue(self._store)

    def with_album_levels(self, tracks: Iterable[Track]) -> Iterator[Track]:
        """Tracks with `album_level`: gain and peak of all its tracks."""
        yield from map(self._store.part(AlbumLevels).current().on, tracks)

    # ---- by address, as servers name tracks: an audio id, shared by all copies, or else a file id ----

    def addressed(self, address: str, *, beats: bool = False) -> AddressedTrack:
        """The track with an address.

        beats: load the beat times too
        raises NothingFoundError: if there is none
        """
        file_ids = self.ids_of(address)
        tracks = list(self._store.tracks.tracks_by_id(file_ids[:1], beats=beats))
        if not tracks:
            raise NothingFoundError(f"the library has no track {address!r}; 'map4 search' finds tracks")
        paths = tuple(self._store.tracks.paths_by_id(file_ids))
        return AddressedTrack(address=self.address_of(tracks[0]), track=tracks[0], paths=paths)

    def address_of(self, track: Track) -> str:
        """The address of a track of this library."""
        return self._store.addresses.address_of(track)

    def ids_of(self, address: str) -> list[int]:
        """The file ids of an address, for `by_id`; available files come first."""
        return self._store.addresses.file_ids(address)

    def rows_of(self, addresses: Sequence[str]) -> list[int | None]:
        """The file id that represents each address, for `by_id`; None for unknown addresses."""
        files = self._store.addresses.first_files(addresses)
        return [files.get(address) for address in addresses]

    def rows(self, tracks: Sequence[Track]) -> list[int | None]:
        """The file ids of tracks, for `by_id`; None for tracks not in the library."""
        return self._store.addresses.rows([track.path for track in tracks])

    def page(self, *, after: str = "", limit: int = 50) -> AddressPage:
        """A page of recordings in the order they were added, in any state.

        after: the `next` of the previous page
        limit: the maximum number of recordings
        raises UsageError: if there is no such track, or it was deleted; if `limit` is less than 1
        """
        if limit < 1:
            raise UsageError(f"a page has 1 or more recordings, not {limit}")
        addresses = self._store.addresses
        before = addresses.file_ids(after) if after else [0]
        if not before:
            raise UsageError(f"'after' must be the 'next' of the previous page; the library has no track {after!r}")
        rows = addresses.page(min(before), limit + 1)
        files = addresses.files_of([audio_id for _, audio_id, _ in rows[:limit] if audio_id is not None])
        groups = [files.get(audio_id or "", [(file_id, path)]) for file_id, audio_id, path in rows[:limit]]
        return AddressPage(
            files={of_one[0][0]: tuple(path for _, path in of_one) for of_one in groups},
            next=None if len(rows) <= limit else rows[limit - 1][1] or addresses.own_id(rows[limit - 1][2]),
        )

    def made_by_id(self, file_ids: Iterable[int], make: Callable[[UnreadTrack], T]) -> Iterator[tuple[int, T]]:
        """Yield the result of `make` for the track of each file, in order, with the file id; deleted files are skipped.

        make: called with each track, unread; if it has a cached result for the same digest, it can skip reading the
            track
        """
        return self._store.tracks.made_by_id([int(file_id) for file_id in file_ids], make)
