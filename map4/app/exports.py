"""Exports: what is selected, written in one of the formats."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import BinaryIO, overload

from map4.domain.query.context import Context
from map4.domain.query.parser import Query, parse_query
from map4.domain.statistics import Statistics, statistics
from map4.domain.track import Track
from map4.domain.tracklist import TrackList
from map4.errors import NothingFoundError
from map4.formats.format import Format, WriteNotes
from map4.infra.files.output import Fingerprint, check_target, write_file
from map4.infra.sqlite.database import Database
from map4.infra.sqlite.lists import ListStore
from map4.infra.sqlite.search import Search
from map4.infra.sqlite.tracks import Store
from map4.infra.sqlite.written_files import WrittenFile
from map4.ports.export import ExportContent, ExportOptions, ExportSummary

OnTrack = Callable[[int, int], object]
"""Is told how many tracks are written, and of how many."""


class StoredTracks(Sequence[Track]):
    """Tracks of the library by their ids, each read when it is taken."""

    def __init__(self, store: Store, file_ids: Sequence[int]) -> None:
        self._store = store
        self._file_ids = file_ids

    def __len__(self) -> int:
        return len(self._file_ids)

    def __iter__(self) -> Iterator[Track]:
        return self._store.tracks_by_id(self._file_ids)

    @overload
    def __getitem__(self, index: int) -> Track: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Track]: ...
    def __getitem__(self, index: int | slice) -> Track | Sequence[Track]:
        if isinstance(index, slice):
            return StoredTracks(self._store, self._file_ids[index])
        return next(iter(self._store.tracks_by_id([self._file_ids[index]])))


class _Watched(Sequence[Track]):
    """Tracks that tell how far they have been taken, the first time they are."""

    def __init__(self, tracks: Sequence[Track], on_track: OnTrack) -> None:
        self._tracks, self._on_track = tracks, on_track
        self._most = 0

    def __len__(self) -> int:
        return len(self._tracks)

    def __iter__(self) -> Iterator[Track]:
        for count, track in enumerate(self._tracks, start=1):
            yield track
            if count > self._most:
                self._most = count
                self._on_track(count, len(self._tracks))

    @overload
    def __getitem__(self, index: int) -> Track: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Track]: ...
    def __getitem__(self, index: int | slice) -> Track | Sequence[Track]:
        return self._tracks[index]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is to be exported, and what of it the library could not give.

    Parameters
    ----------
    content : the tracks
    unknown : paths that were named and that the library knows nothing of
    left_out : how many of the named files are not analysed or gone
    """

    content: ExportContent
    unknown: tuple[str, ...] = ()
    left_out: int = 0


class Exports:
    """Selects and writes tracks of one library."""

    def __init__(self, database: Database, store: Store, search: Search) -> None:
        self._database = database
        self._store = store
        self._search = search
        self._ledger = ListStore(database, store)

    def of_query(self, query: Query, text: str, context: Context) -> Chosen:
        """Every track that matches, in the query's order."""
        content = self._content(self._search.file_ids(query, context), context)
        if not text.strip():
            return Chosen(content=replace(content, playlists=self._stored_lists))
        return Chosen(content=replace(content, origin="query", query=text, name=text.strip()))

    def _stored_lists(self) -> Iterator[TrackList]:
        return (found for stored in self._ledger.all() if (found := self._ledger.get(stored.name)) is not None)

    def of_files(self, paths: Sequence[str], query: Query | None, context: Context) -> Chosen:
        """The tracks of files and folders that match, in this order; without a query, those that are ok."""
        found = self._search.at_paths(paths)
        matching = frozenset(self._search.file_ids(query or parse_query(""), context))
        ids = [file_id for file_id in found.file_ids if file_id in matching]
        return Chosen(
            content=replace(self._content(ids, context), origin="tracks"),
            unknown=found.unknown,
            left_out=len(found.file_ids) - len(ids) if query is None else 0,
        )

    def of_list(self, playlist: TrackList, context: Context) -> Chosen:
        """The tracks of a list, in its order."""
        ids = self._search.at_paths(dict.fromkeys(track.path for track in playlist.tracks)).file_ids
        return Chosen(
            content=ExportContent(
                tracks=playlist.tracks,
                statistics=lambda: self._statistics(ids, context),
                origin="playlist",
                name=playlist.name,
                description=playlist.description,
                playlist=playlist,
                prefer=playlist.prefer,
            )
        )

    def _content(self, ids: Sequence[int], context: Context) -> ExportContent:
        return ExportContent(
            tracks=StoredTracks(self._store, ids),
            statistics=lambda: self._statistics(ids, context),
            prefer=context.prefer,
            sampled=lambda most: self._store.tracks_by_id(ids[:: max(1, -(-len(ids) // most))], sound=True),
        )

    def _statistics(self, ids: Sequence[int], context: Context) -> Statistics:
        every = parse_query("is:any")
        tallies = self._search.tallies(every, context, among=ids)
        return statistics(
            self._search.columns(every, context, among=ids),
            states=tallies.states,
            failures=tallies.failures,
            stale=tallies.stale,
            added=tallies.added,
            genres=tallies.genres,
        )

    def write(
        self,
        chosen: Chosen,
        target: str | BinaryIO,
        form: Format,
        options: ExportOptions,
        *,
        force: bool = False,
        dry_run: bool = False,
        on_track: OnTrack | None = None,
    ) -> ExportSummary:
        """Write what was chosen to a file, whole or not at all, or to a stream; see `map4.Library.export`."""
        content = chosen.content
        form.check(options)
        if not content.tracks:
            raise NothingFoundError(f"there is nothing to export: {_why_nothing(chosen)}")
        path = target if isinstance(target, str) else None
        notes, written = WriteNotes(tracks=len(content.tracks)), None
        if dry_run:
            if path is not None:
                check_target(_absolute(path), ledger=self._ledger, library=self._database.path, force=force)
        else:
            watched = content if on_track is None else _watching(content, on_track)
            notes, written = self._written(watched, target, form, options, force=force)
        return ExportSummary(
            path=None if path is None else _absolute(path),
            format=form.name,
            tracks=notes.tracks,
            size_bytes=None if written is None else written.size_bytes,
            remarks=(*_left_out(chosen.left_out), *notes.sentences()),
            unknown=chosen.unknown,
            is_dry_run=dry_run,
        )

    def _written(
        self, content: ExportContent, target: str | BinaryIO, form: Format, options: ExportOptions, *, force: bool
    ) -> tuple[WriteNotes, Fingerprint | None]:
        export = form.exporter()
        assert export is not None
        if not isinstance(target, str):
            return export(content, target, options), None
        seen: list[Fingerprint] = []

        def remember(path: str, fingerprint: Fingerprint, notes: WriteNotes) -> None:
            seen.append(fingerprint)
            self._ledger.note_written(path, fingerprint, kind=form.name, tracks=notes.tracks, now=datetime.now(UTC))

        notes = write_file(
            _absolute(target),
            lambda out: export(content, out, options),
            ledger=self._ledger,
            remember=remember,
            library=self._database.path,
            force=force,
        )
        return notes, seen[0] if seen else None

    def history(self) -> list[WrittenFile]:
        """The files that map4 wrote, the last one first."""
        return self._ledger.written()


def _watching(content: ExportContent, on_track: OnTrack) -> ExportContent:
    watched = _Watched(content.tracks, on_track)
    playlist = content.playlist and replace(content.playlist, tracks=watched)
    return replace(content, tracks=watched, playlist=playlist)


def _why_nothing(chosen: Chosen) -> str:
    if chosen.unknown:
        return "none of the files named is in the library; 'map4 scan FOLDER' adds them"
    if chosen.left_out:
        return "the files named are not analysed or gone; --query is:any takes them too"
    if chosen.content.origin == "library":
        return "the library has no tracks; 'map4 scan FOLDER' adds some"
    return "no track matches; 'map4 search' shows what a query finds"


def _left_out(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (f"{count} of the files named are not analysed or gone, and were left out; --query is:any takes them too",)


def _absolute(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))
