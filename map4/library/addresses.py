"""Tracks by address, as a server names them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from map4.errors import NothingFoundError, UsageError
from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.domain.addresses import AddressedTrack, AddressPage, UnreadTrack
    from map4.domain.track.track import Track
    from map4.ports.store.store import LibraryChanges

T = TypeVar("T")


class AddressMethods(OpenLibrary):
    """Tracks by address, as a server names them."""

    def addressed(self, address: str, *, beats: bool = False) -> AddressedTrack:
        """The track of an address: an audio id, which all copies share, or the id of a file that has none.

        beats: load the beat times too
        raises NothingFoundError: if there is none
        """
        from map4.domain.addresses import AddressedTrack

        file_ids = self.ids_of(address)
        tracks = list(self._store.tracks.tracks_by_id(file_ids[:1], beats=beats))
        if not tracks:
            raise NothingFoundError(f"the library has no track {address!r}; 'map4 search' finds tracks")
        paths = tuple(self._store.tracks.paths_by_id(file_ids))
        return AddressedTrack(address=self.address_of(tracks[0]), track=tracks[0], paths=paths)

    def address_of(self, track: Track) -> str:
        """The address of a track of this library."""
        return track.audio_id or str(self._store.addresses.own_id(track.path))

    def ids_of(self, address: str) -> list[int]:
        """The files of an address, for `tracks_by_id`: those that are there first."""
        return self._store.addresses.file_ids(address)

    def address_page(self, *, after: str = "", limit: int = 50) -> AddressPage:
        """Some recordings in the order in which the library met them, in any state.

        after: what the page before has as its `next`
        limit: so many at most
        raises UsageError: if there is no such track, or no more
        """
        from map4.domain.addresses import AddressPage

        addresses = self._store.addresses
        before = addresses.file_ids(after) if after else [0]
        if not before:
            raise UsageError(
                f"'after' is to be what the page before gave as 'next'; the library has no track {after!r}"
            )
        rows = addresses.page(min(before), limit + 1)
        files = addresses.files_of([audio_id for _, audio_id, _ in rows[:limit] if audio_id is not None])
        found = [files.get(audio_id or "", [(file_id, path)]) for file_id, audio_id, path in rows[:limit]]
        return AddressPage(
            files={of_one[0][0]: tuple(path for _, path in of_one) for of_one in found},
            next=None if len(rows) <= limit else rows[limit - 1][1] or addresses.own_id(rows[limit - 1][2]),
        )

    def made_by_id(self, file_ids: Iterable[int], make: Callable[[UnreadTrack], T]) -> Iterator[tuple[int, T]]:
        """What `make` makes of the tracks of these files, in this order, each with its id; one that has gone meanwhile
        is left out.

        make: called with each; where what was made of the same digest was kept, the track need not be read again
        """
        return self._store.tracks.made_by_id([int(file_id) for file_id in file_ids], make)

    def folders(self) -> list[str]:
        """The folders that were scanned."""
        return list(self._store.tracks.roots())

    def identity(self) -> Hashable:
        """What tells the library that stands there now from another put in its place, also when this is closed."""
        return self._store.identity()

    def changed_by_others(self) -> int:
        """A number that is another once anybody has written to the library but this object."""
        return self._store.changed_by_others()

    def changes(self) -> LibraryChanges:
        """What tells whether the library has changed, by whomever; it outlives this object, and any thread may ask."""
        return self._store.changes()
