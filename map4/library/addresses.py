"""Tracks by address, as a server names them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from map4.errors import NothingFoundError
from map4.infra.sqlite.library_state import LibraryState
from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.domain.addresses import AddressedTrack, AddressPage
    from map4.domain.track import Track
    from map4.infra.sqlite.addresses import Addresses


class AddressMethods(OpenLibrary):
    """Tracks by address, as a server names them."""

    def addressed(self, address: str, *, beats: bool = False) -> AddressedTrack:
        """The track of an address: an audio id, which all copies share, or `file-N`.

        Parameters
        ----------
        beats : load the beat times too

        Raises
        ------
        NothingFoundError
            If there is none.
        """
        from map4.domain.addresses import AddressedTrack

        file_ids = self._addresses.file_ids(address)
        tracks = list(self._store.tracks_by_id(file_ids[:1], beats=beats))
        if not tracks:
            raise NothingFoundError(f"the library has no track {address!r}; 'map4 search' finds tracks")
        paths = [track.path for track in self._store.tracks_by_id(file_ids, analysis=False)]
        return AddressedTrack(address=self.address_of(tracks[0]), track=tracks[0], paths=tuple(paths))

    def address_of(self, track: Track) -> str:
        """The address of a track of this library."""
        from map4.domain.addresses import FILE_PREFIX

        return track.audio_id or f"{FILE_PREFIX}{self._addresses.number_of(track.path)}"

    def addressed_tracks(self, *, after: int = 0, limit: int = 50) -> AddressPage:
        """Some recordings in the order in which the library met them, in any state.

        Parameters
        ----------
        after : what the page before has as its `next`
        limit : so many at most
        """
        from map4.domain.addresses import AddressedTrack, AddressPage

        addresses = self._addresses
        rows = addresses.page(after, limit + 1)
        files = addresses.files_of([audio_id for _, audio_id in rows[:limit] if audio_id is not None])
        chosen = [files[audio_id][0][0] if audio_id in files else file_id for file_id, audio_id in rows[:limit]]
        found = [
            AddressedTrack(
                address=self.address_of(track),
                track=track,
                paths=tuple(path for _, path in files.get(track.audio_id or "", [(0, track.path)])),
            )
            for track in self._store.tracks_by_id(chosen)
        ]
        return AddressPage(tracks=tuple(found), next=rows[limit - 1][0] if len(rows) > limit else None)

    def folders(self) -> list[str]:
        """The folders that were scanned."""
        return list(self._store.roots())

    @staticmethod
    def state_of(path: str) -> LibraryState:
        """What tells whether a library file has changed, by whomever."""
        return LibraryState(path)

    @cached_property
    def _addresses(self) -> Addresses:
        from map4.infra.sqlite.addresses import Addresses

        return Addresses(self._database)
