"""Make playlists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from map4.app.options import USUAL, takes
from map4.app.paths import PathLike
from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.app.ask import AskAnswer, AskRequest
    from map4.app.labelling.options import ModelOptions
    from map4.app.playlists.options import GenerateOptions
    from map4.domain.playlist.playlist import Pick, Playlist


class PlaylistMethods(OpenLibrary):
    """Make playlists; `lists` has those that exist."""

    @takes("map4.app.playlists.options:GenerateOptions")
    def playlist(
        self, seeds: PathLike | Iterable[PathLike] = (), options: GenerateOptions = USUAL, **keywords: Any
    ) -> Playlist:
        """Make a playlist; nothing is written.

        >>> library.playlist("velvet.flac", n=20, curve="wave", query="genre:house")  # doctest: +SKIP

        seeds: audio files the list starts from and sounds like; the first is pick 1, the others appear somewhere
        options: the same as the keywords, as a `map4.app.playlists.options.GenerateOptions`
        returns: A `Playlist`: its `picks`, `quality` and what had to be `relaxed`; `to_record()` gives all of it as
            JSON has it.
        raises UsageError: if the wishes contradict each other, or a query can't be read
        raises NothingFoundError: if there is nothing to choose from
        raises Map4Error: if a file that was named can't be analysed
        """
        from map4.domain.playlist.playlist import Pick

        *_, made = self.playlist_events(seeds, options)
        assert not isinstance(made, Pick)
        return made

    @takes("map4.app.playlists.options:GenerateOptions")
    def playlist_events(
        self, seeds: PathLike | Iterable[PathLike] = (), options: GenerateOptions = USUAL, **keywords: Any
    ) -> Iterator[Pick | Playlist]:
        """Make a playlist, pick by pick as each is final. The keywords are those of `playlist`.

        Nothing is written: what the library does not know is analysed for this list alone.

        seeds: audio files the list sets out from and sounds like, or names of tracks (`named`); the first is pick 1,
            the others appear somewhere
        yields: Pick after Pick, then the Playlist.
        raises UsageError, NothingFoundError, Map4Error: as `playlist`
        """
        from map4.app.playlists.candidates import PlaylistMaker

        maker = PlaylistMaker(self._store)
        return maker.make_of_files(seeds, options, resolver=self._resolver, preferences=self._preferences)

    @takes("map4.app.labelling.options:ModelOptions")
    def request(self, text: str, options: ModelOptions = USUAL, **keywords: Any) -> AskRequest:
        """What a sentence is taken for (`understood`), and what comes of it (`answer`).

        `service` and `question` say which model would be sent what, before it is. The keywords are those of `ask`.

        raises UsageError: if the sentence contradicts itself, or there is no such provider
        """
        from map4.app.ask import AskRequest

        return AskRequest(text, options, self._store, self._names, self._context(), self.playlist_events)

    @takes("map4.app.labelling.options:ModelOptions")
    def ask(self, text: str, options: ModelOptions = USUAL, **keywords: Any) -> AskAnswer:
        """Turn a sentence into a query or a playlist, and run it; nothing is written.

        >>> library.ask("an hour of deep house, no vocals, ends at 122").playlist  # doctest: +SKIP

        options: the same as the keywords, as a `map4.app.labelling.options.ModelOptions`
        returns: An `AskAnswer`: `parsed.understood` and `not_understood`, the `command` that does the same, and
            `tracks` or the `playlist`.
        raises UsageError: if nothing of it is understood, or it contradicts itself
        raises NothingFoundError: if nothing matches
        """
        request = self.request(text, options)
        return request.answer(request.understood())
