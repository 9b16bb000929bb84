"""Interface of a third-party music server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from map4.base.asking.service import Fault
from map4.errors import Map4Error
from map4.extras.connect.connected import RemoteList, RemoteSong, ServerInfo, SignIn

MOST_SONGS_AT_ONCE = 500
"""Limit of the OpenSubsonic protocol."""


LIST_SONGS_AT_ONCE = 200
"""Some servers or their proxies reject more ids in one request."""


class MusicServerError(Map4Error):
    """A music server does not answer, or answers wrongly.

    fault: result of the request
    code: error code of the protocol; 0 if there is none
    """

    meaning = "the server doesn't answer or refuses"

    def __init__(self, fault: Fault, code: int = 0) -> None:
        self.fault, self.code = fault, code
        super().__init__(fault.message)


class NotThereError(MusicServerError):
    """The server no longer has the requested item."""


class MusicServer(Protocol):
    """A server with a user's credentials; any failure raises MusicServerError, and no request is repeated."""

    def hello(self) -> tuple[SignIn, ServerInfo]:
        """Sign in; return the way of signing in and what the server reports about itself."""

    def songs(self, first: int, count: int) -> Sequence[RemoteSong]:
        """Return a page of all songs; an empty page means the end."""

    def lists(self) -> Sequence[RemoteList]:
        """Return the playlists visible to the user, without their songs."""

    def list_of(self, remote: str) -> RemoteList:
        """Return a playlist with its songs; raises NotThereError if it does not exist."""

    def make_list(self, name: str, songs: Sequence[str]) -> str | None:
        """Create a playlist; return its id, or None if the server does not return it."""

    def write_list(self, remote: str, songs: Sequence[str]) -> None:
        """Replace the songs of a playlist."""

    def add_to_list(self, remote: str, songs: Sequence[str]) -> None:
        """Append songs to a playlist."""

    def save_song(self, song: str, path: str, *, most_bytes: int) -> None:
        """Download the file of a song."""

    def close(self) -> None:
        """Close its connections."""
