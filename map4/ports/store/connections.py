"""Music servers that a library is connected to: which there are, what their songs are here, and what was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from map4.domain.connected import ConnectedSong, MusicConnection, PushedList, ServerInfo, SignIn


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConnection:
    """A connection to be made; `sealed` is the encrypted secret."""

    name: str
    url: str
    login: str
    sign_in: SignIn
    sealed: bytes
    server: ServerInfo
    open_to: tuple[str, ...]
    added_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SongCounts:
    """How many songs of a connection are tracks.

    matches, why_not: of those that are, by how they were found (`SongMatch`); of the others, by why they are none
    tracks, tracks_mapped: recordings of the library that are there, and those that are one of the songs
    """

    matches: Mapping[str, int]
    why_not: Mapping[str, int]
    tracks: int
    tracks_mapped: int


class ConnectionStore(Protocol):
    """Connections of one library, everybody's; those of others are seen, and only their owner's opinions are theirs."""

    def all(self) -> Sequence[MusicConnection]:
        """All of them, by name."""

    def add(self, new: NewConnection) -> MusicConnection:
        """Make one, of whoever uses the library; raises UsageError if its name is taken."""

    def renew(self, number: int, new: NewConnection) -> MusicConnection:
        """Sign in by another secret from now on; name, address, time and songs stay, and whom it is open to where `new`
        does not say."""

    def remove(self, number: int) -> None:
        """Forget one, with its songs, how often these were played, and what was written."""

    def sealed(self, number: int) -> bytes:
        """Its secret, encrypted."""

    def note(self, number: int, *, read_at: str | None = None, pulled_at: str | None = None) -> None:
        """Note when its songs were read, or taken over."""

    def songs(self, number: int) -> Iterator[ConnectedSong]:
        """All its songs, by id."""

    def counts(self, number: int) -> SongCounts:
        """How many of its songs are tracks."""

    def unmapped(self, number: int, limit: int) -> Sequence[ConnectedSong]:
        """The first of its songs that are no track, by id."""

    def beside(self, number: int) -> Iterator[ConnectedSong]:
        """Its songs of which both sides changed something, by id."""

    def song(self, number: int, song: str) -> ConnectedSong | None:
        """One of its songs."""

    def put_songs(self, number: int, songs: Iterable[ConnectedSong]) -> None:
        """Keep songs, each in the place of the one before of its id."""

    def remove_songs(self, number: int, songs: Iterable[str]) -> None:
        """Forget songs, by id."""

    def songs_of(self, number: int, audio_ids: Iterable[str]) -> Mapping[str, str]:
        """The song that stands for each of these tracks, by audio id: the one that is the surest."""

    def songs_of_artist(self, number: int, artist: str) -> Sequence[ConnectedSong]:
        """Its mapped songs of an artist, by the server's id of that, or by name."""

    def count_plays(self) -> int:
        """Count anew how often one's servers say that tracks were played, besides the plays that are kept; gives of how
        many tracks that is another number than before."""

    def lists(self, number: int) -> Sequence[PushedList]:
        """Lists that were written there."""

    def put_list(self, number: int, pushed: PushedList) -> None:
        """Keep what is written of a list, in the place of what was kept before."""
