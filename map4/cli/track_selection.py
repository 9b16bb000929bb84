"""Which tracks a command is about: FILEs, lists of them, and a query."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from map4.cli.options import file_list_options, listed_paths, query_option

if TYPE_CHECKING:
    from map4.cli.options import F, Session
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

    def pick(
        self,
        library: Library,
    ) -> Picked:
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
    def command(
        *args: Any,
        files: tuple[str, ...],
        files_from: str | None,
        files_from0: str | None,
        query: str | None,
        **kwargs: Any,
    ) -> Any:
        chosen = (*files, *listed_paths(files_from, files_from0))
        return function(*args, selection=Selection(files=chosen, query=query), **kwargs)

    decorated: Any = command
    decorated = query_option("Tracks that match")(decorated)
    decorated = file_list_options(decorated)
    decorated = click.argument("files", nargs=-1, type=click.Path(path_type=str), metavar="[FILE]...")(decorated)
    result: F = decorated
    return result


def tell_unknown(session: Session, unknown: Sequence[str]) -> None:
    """Say of each path that the library knows nothing of what to do about it."""
    from map4.domain.track import display_path

    for path in unknown:
        there = os.path.lexists(os.path.expanduser(path))
        what = "is not in the library; 'map4 scan' takes it in" if there else "is not there, nor in the library"
        session.tell(f"map4: {display_path(path)}: {what}")


def harmonic_option(function: F) -> F:
    """Add --harmonic, the rule behind `key:~8A`."""
    option: Callable[[F], F] = click.option(
        "--harmonic",
        type=click.Choice(["strict", "flexible", "creative", "off"]),
        default="flexible",
        show_default=True,
        help="Which keys go with another, as in key:~8A.",
    )
    return option(function)
