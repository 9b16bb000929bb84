"""The tags of files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from map4.app.paths import PathLike
from map4.domain.track import Track
from map4.library.open_library import OpenLibrary


class TagMethods(OpenLibrary):
    """The tags of files."""

    def tagged(self, files: PathLike | Iterable[PathLike | Track]) -> Iterator[Track]:
        """Tracks with the tags that their files have now, each as soon as it is read; nothing is analysed or stored.

        `map4.domain.track_fields.track_fields` says of each field which source counts, and why.

        Parameters
        ----------
        files : files of any suffix, folders, playlists; tracks, or tracks of the library by audio id or words (`named`)

        Yields
        ------
        A track for each file. One that the library does not know is `pending`; one that can't be read and is not known
        has its failure.

        Raises
        ------
        AmbiguousNameError, NothingFoundError
            If words mean several recordings, or none.
        UsageError
            If a playlist can't be read.
        """
        from map4.app.track_tags import tracks_with_tags

        yield from tracks_with_tags(self._store, self._named, files)
