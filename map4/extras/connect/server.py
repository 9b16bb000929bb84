"""A music server of somebody else's making, as far as map4 asks it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from map4.base.asking.service import Fault
from map4.errors import Map4Error
from map4.extras.connect.connected import RemoteList, RemoteSong, ServerInfo, SignIn

MOST_SONGS_AT_ONCE = 500
"""As the protocol of OpenSubsonic has it."""


LIST_SONGS_AT_ONCE = 200
"""More ids in one request are refused by some servers, or by what stands before them."""


class MusicServerError(Map4Error):
    """A music server does not answer, or not as it should.

    fault: what became of the request
    code: of the protocol; 0 where there is none
    """

    meaning = "the server doesn't answer or refuses"

    def __init__(self, fault: Fault, code: int = 0) -> None:
        self.fault, self.code = fault, code
        super().__init__(fault.message)


class NotThereError(MusicServerError):
    """The server has no such thing any more."""


class MusicServer(Protocol):
    """One server, asked as one of its users; whatever fails raises MusicServerError, and nothing is asked twice."""

    def hello(self) -> tuple[SignIn, ServerInfo]:
        """How it is signed in to, and what it says of itself."""

    def songs(self, first: int, count: int) -> Sequence[RemoteSong]:
        """A page of all its songs; an empty one is behind the last."""

    def lists(self) -> Sequence[RemoteList]:
        """The playlists that its user sees, without their songs."""

    def list_of(self, remote: str) -> RemoteList:
        """One of them, with its songs; raises NotThereError where there is none."""

    def make_list(self, name: str, songs: Sequence[str]) -> str | None:
        """Make one; its id, which some servers don't tell."""

    def write_list(self, remote: str, songs: Sequence[str]) -> None:
        """Have one hold these songs, in place of what it held."""

    def add_to_list(self, remote: str, songs: Sequence[str]) -> None:
        """Put songs behind its last."""

    def save_song(self, song: str, path: str, *, most_bytes: int) -> None:
        """Write the file of a song to a path."""

    def close(self) -> None:
        """End its connections."""
