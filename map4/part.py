"""An open library, which the parts of `map4.Library` share: its store, and what works on it, made when first needed."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from map4.base.actor import Actor
from map4.base.given_paths import PathLike, Paths
from map4.base.paths import display_paths
from map4.errors import NothingFoundError
from map4.scan import StoppableLanes

if TYPE_CHECKING:
    from map4.accounts import AuditAction
    from map4.audio.jobs import Lane, LaneFactory
    from map4.lists import Playlists
    from map4.music.query.context import QueryContext
    from map4.music.track.track import Track
    from map4.scan import Scanner, TrackResolver
    from map4.search import NameResolver
    from map4.store.sql_store import Store

T = TypeVar("T")


class OpenLibrary:
    """What all parts of an open library share."""

    # Imported when asked for: with most comes numpy, for which `map4 library info` need not wait.

    def __init__(self, store: Store, *, lanes: LaneFactory | None, decoder: str) -> None:
        self.store, self.decoder = store, decoder
        self.lanes = lanes if isinstance(lanes, StoppableLanes) else StoppableLanes(lanes or _process_lanes)

    @property
    def ways(self) -> dict[str, Any]:
        """What opens it the same way in another process."""
        place = self.store.place
        where = {"path": place.address, "actor": self.store.actor, "writer": self.store.writer, "shared": place.shared}
        return {**where, "decoder": self.decoder, "preferences": self.store.preferences}

    @cached_property
    def scanner(self) -> Scanner:
        """Analyses files."""
        from map4.scan import Scanner

        return Scanner(
            store=self.store,
            lanes=self.lanes,
            decoder=self.decoder,
            after_news=self.match_pending_imports,
        )

    @cached_property
    def lists(self) -> Playlists:
        """Lists in the library and in files."""
        from map4.lists import Playlists

        return Playlists(self.store)

    @cached_property
    def names(self) -> NameResolver:
        """Finds out what names of tracks mean."""
        from map4.search import NameResolver

        return NameResolver(store=self.store)

    @cached_property
    def resolver(self) -> TrackResolver:
        """Gives the tracks of files, analysed where the library does not know them."""
        from map4.scan import TrackResolver

        return TrackResolver(
            store=self.store,
            scanner=lambda: self.scanner,
            names=self.names,
            read_list=lambda path: self.lists.read(path),
        )

    def context(self) -> QueryContext:
        """What a query means now."""
        from map4.store.query_context import query_context

        return query_context(self.store)

    def match_pending_imports(self) -> list[str]:
        """Take over imported values and lists whose file a scan found; gives what to tell of it."""
        from map4.imports import Imports, SqlImports

        return Imports(self.store).match().sentences() if self.store.part(SqlImports).is_used() else []


class Part:
    """What can be done with one subject of an open library."""

    def __init__(self, opened: OpenLibrary) -> None:
        self._opened, self._store = opened, opened.store

    @property
    def actor(self) -> Actor:
        """Who uses it."""
        return self._store.actor

    def _note(self, action: AuditAction, **detail: str | int) -> None:
        """Note what the actor did, for the audit log."""
        from map4.accounts import SqlAccounts

        self._store.part(SqlAccounts).note(action, account=self.actor.id, detail=detail, now=datetime.now(UTC))

    def _noting(self, events: Iterable[T], action: AuditAction, is_done: Callable[[T], bool]) -> Iterator[T]:
        """The same events; how many of them did something is noted at the end, also where that comes early."""
        files = 0
        try:
            for event in events:
                files += is_done(event)
                yield event
        finally:
            if files:
                self._note(action, files=files)

    def _all_or(self, tracks: Paths | None) -> Iterable[Track]:
        """These tracks, or all that are analysed and there."""
        if tracks is not None:
            return self._tracks(tracks)
        return (track for track in self._store.tracks.tracks() if track.state == "ok")

    def _tracks(self, named: Paths) -> Iterator[Track]:
        """One track or several, as they are taken: what the library gave, or a name of it (`tracks.named`)."""
        from map4.music.track.track import Track

        for one in [named] if isinstance(named, (str, bytes, os.PathLike)) else named:
            yield from [one] if isinstance(one, Track) else self._known(one)

    def _known(self, name: PathLike) -> Iterator[Track]:
        found = self._store.search.at_paths(self._opened.names.paths(name))
        if found.unknown:
            raise NothingFoundError(
                f"the library does not know {display_paths(found.unknown)}; 'map4 scan FOLDER' adds what is new"
            )
        return self._store.tracks.tracks_by_id(found.file_ids)


def end_of(events: Iterable[object], kind: type[T]) -> T:
    """What events end with, which is of this kind."""
    [last] = deque(events, maxlen=1)
    assert isinstance(last, kind)
    return last


def _process_lanes(count: int) -> Sequence[Lane]:
    from map4.scan import process_lanes  # what is known already needs none

    return process_lanes(count)
