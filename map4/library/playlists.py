"""Make playlists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Unpack

from map4.app.options import given
from map4.app.paths import PathLike
from map4.domain.playlist.playlist import Pick, Playlist
from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.app.playlists.candidates import GenerateKeywords, GenerateOptions


class PlaylistMethods(OpenLibrary):
    """Make playlists; `lists` has those that exist."""

    def playlist(
        self,
        seeds: PathLike | Iterable[PathLike] = (),
        options: GenerateOptions | None = None,
        **keywords: Unpack[GenerateKeywords],
    ) -> Playlist:
        """Make a playlist; as `playlist_events`, whole."""
        *_, made = self.playlist_events(seeds, options, **keywords)
        assert not isinstance(made, Pick)
        return made

    def playlist_events(
        self,
        seeds: PathLike | Iterable[PathLike] = (),
        options: GenerateOptions | None = None,
        **keywords: Unpack[GenerateKeywords],
    ) -> Iterator[Pick | Playlist]:
        """Make a playlist, pick by pick as each is final.

        Nothing is written: what the library does not know is analysed for this list alone.

        Parameters
        ----------
        seeds : audio files the list sets out from and sounds like, or names of tracks (`named`); the first is pick 1,
            the others appear somewhere

        Yields
        ------
        Pick after Pick, then the Playlist.

        Raises
        ------
        UsageError
            If the wishes contradict each other, or a query can't be read.
        NothingFoundError
            If there is nothing to choose from.
        Map4Error
            If a file that was named can't be analysed.
        """
        from map4.app.playlists.candidates import GenerateOptions, PlaylistMaker

        maker = PlaylistMaker(self._store, self._search, self._sounds)
        chosen = given(GenerateOptions, options, keywords)
        return maker.make_of_files(seeds, chosen, named=self._named, preferences=self._preferences)
