"""Which tracks a command is about: FILEs, lists of them, and a query."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from map4.cli.options import apply, files_options, query_option

if TYPE_CHECKING:
    from map4.cli.options import F
    from map4.cli.session import Session
    from map4.domain.track import Track
    from map4.library import Library


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """The tracks of a selection, each once, and the paths the library knows nothing of."""

    tracks: tuple[Track, ...]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What the user selected.

    Parameters
    ----------
    files : paths of files and folders, from arguments and lists
    query : narrows them; without files, the whole library; None where none was given
    """

    files: tuple[str, ...] = ()
    query: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was selected, which is not the same as everything."""
        return not self.files and self.query is None

    def pick(self, library: Library) -> Picked:
        """The tracks: of the files, in their order, narrowed by the query; of the query alone in its order.

        Raises
        ------
        QueryError
            If the query can't be read.
        """
        if not self.files:
            return Picked(tracks=tuple(library.search(self.query or "")))
        tracks, unknown = library.tracks_at(self.files, query=self.query)
        return Picked(tracks=tuple(tracks), unknown=tuple(unknown))


def selection_options(function: F) -> F:
    """Add FILE…, --files-from, --files-from0 and --query; the command gets a `Selection` as `selection`."""

    @functools.wraps(function)
    def command(*args: Any, files: tuple[str, ...], query: str | None, **kwargs: Any) -> Any:
        return function(*args, selection=Selection(files=files, query=query), **kwargs)

    decorated: F = apply(command, files_options("[FILE]..."), query_option("Tracks that match"))
    return decorated


def tell_unknown(session: Session, unknown: Sequence[str]) -> None:
    """Say of each path that the library knows nothing of what to do about it."""
    from map4.domain.track import display_path

    for path in unknown:
        there = os.path.lexists(os.path.expanduser(path))
        what = "is not in the library; 'map4 scan' takes it in" if there else "is not there, nor in the library"
        session.tell(f"map4: {display_path(path)}: {what}")
