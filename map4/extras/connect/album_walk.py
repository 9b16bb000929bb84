"""Read all songs of a music server album by album, for servers whose search does not return them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from map4.extras.connect.connected import RemoteSong

ALBUMS_AT_ONCE = 500
"""Limit of the OpenSubsonic protocol."""


class AlbumWalk:
    """Lazily reads and caches songs; after a failure, the next call repeats only the failed request.

    albums: returns album ids from an offset on; fewer than requested means the end
    songs_of: returns the songs of an album
    """

    def __init__(
        self, *, albums: Callable[[int, int], Sequence[str]], songs_of: Callable[[str], Sequence[RemoteSong]]
    ) -> None:
        self._albums_of, self._songs_of = albums, songs_of
        self._songs: list[RemoteSong] = []
        self._left: list[str] = []
        self._seen: set[str] = set()
        self._offset = 0
        self._songs_before = -1
        self._is_over = False

    def page(self, first: int, count: int) -> Sequence[RemoteSong]:
        """Return songs from a position on."""
        while len(self._songs) < first + count and not self._is_over:
            self._go_on()
        return self._songs[first : first + count]

    def _go_on(self) -> None:
        if not self._left:
            page = self._albums_of(self._offset, ALBUMS_AT_ONCE)
            self._offset += len(page)
            self._left = [album_id for album_id in dict.fromkeys(page) if album_id not in self._seen][::-1]
            # A server that repeats albums, or has a whole page of them without a song, has no others.
            self._is_over = not self._left or len(self._songs) == self._songs_before
            self._songs_before = len(self._songs)
            return
        self._songs += self._songs_of(self._left[-1])
        self._seen.add(self._left.pop())
