"""Track selection of plans."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from map4.core.base.paths import is_inside
from map4.core.music.track.track import Track
from map4.errors import NothingFoundError, UsageError

if TYPE_CHECKING:
    from map4.library import Library


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """The tracks of a plan.

    tracks: ids or names of tracks; alternatively `query`
    music: folders in which files may be changed; empty means anywhere
    """

    MOST_FILES: ClassVar[int] = 20_000
    """Maximum number of files per plan."""
    MEMBERS: ClassVar[Mapping[str, tuple[Any, Any]]] = {"tracks": (list[str], []), "query": (str | None, None)}
    """Members of every body that selects tracks."""

    tracks: Sequence[str] = ()
    query: str | None = None
    music: Sequence[str] = ()

    def of(self, library: Library, most: int = MOST_FILES) -> list[Track]:
        """The selected tracks.

        raises UsageError: if neither or both of tracks and query are given, or there are more than `most`
        raises NothingFoundError: if there are none
        """
        if bool(self.tracks) == bool(self.query and self.query.strip()):
            raise UsageError("give either tracks or a non-empty query; is:any selects all files")
        file_ids = Selected.file_ids_of(library, self.tracks, self.query)
        if not file_ids:
            raise NothingFoundError("nothing in the library matches; check the query or the tracks")
        if len(file_ids) > most:
            raise UsageError(
                f"a plan of this kind can have at most {most:,} files, not {len(file_ids):,}; narrow the query"
            )
        return list(library.tracks.by_id(file_ids))

    def problem_of(self, path: str) -> str | None:
        """Why a file must not be changed; None if it may."""
        real = os.path.realpath(path)
        if not self.music or any(is_inside(real, os.path.realpath(folder)) for folder in self.music):
            return None
        return "is outside the music folders of the server"

    @staticmethod
    def file_ids_of(library: Library, tracks: Sequence[str], query: str | None) -> Sequence[int]:
        """Distinct ids of the files that match the query, or without a query, of the tracks."""
        if query:
            return library.tracks.ids_at(None, query=query)[0]
        return list(dict.fromkeys(file_id for name in tracks for file_id in library.tracks.ids_of(name)))
