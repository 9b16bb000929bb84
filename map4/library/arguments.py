"""What callers name files and ask questions by."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from map4.app.named_files import named_files
from map4.domain.harmony import HARMONIC_RULES, HarmonicRule
from map4.domain.query.context import Context
from map4.domain.query.parser import Query, parse_query
from map4.domain.track import Source, Track
from map4.errors import UsageError

if TYPE_CHECKING:
    from map4.app.playlists.resolve import ResolvedList
if TYPE_CHECKING:
    pass

PathLike = str | bytes | os.PathLike[str] | os.PathLike[bytes]
"""What names a file or a folder."""


def absolute_path(path: PathLike) -> str:
    """A path as the library keeps it: absolute, `~` expanded, links kept, bytes as `os.fsdecode` gives them.

    Raises
    ------
    UsageError
        If it holds a NUL, which no file's name can.
    """
    text = os.fsdecode(path)
    if "\0" in text:
        raise UsageError(f"{text!r} is no path: it holds a NUL")
    return os.path.abspath(os.path.expanduser(text))


def as_paths(paths: PathLike | Iterable[PathLike]) -> list[PathLike]:
    # A lone text is one path, not a row of letters, the first of which may be "/".
    return [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)


def named_tracks(
    files: PathLike | Iterable[PathLike | Track], read: Callable[[str], ResolvedList]
) -> dict[str, Track | None]:
    """What is named, each path once and in order, folders and playlists opened; None where it is still to be read."""
    named: dict[str, Track | None] = {}
    for file in [files] if isinstance(files, (str, bytes, os.PathLike)) else files:
        if isinstance(file, Track):
            named.setdefault(file.path, file)
        else:
            named |= {path: None for path in named_files(absolute_path(file), read) if path not in named}
    return named


def known_name(path: PathLike, roots: Iterable[str]) -> str:
    """A path by the name its folder was scanned under before, where it is reached another way, through a link."""
    absolute = absolute_path(path)
    real = os.path.realpath(absolute)
    for root in roots:
        if absolute == root or absolute.startswith(os.path.join(root, "")):
            return absolute
    for root in roots:
        real_root = os.path.realpath(root)
        if real == real_root or real.startswith(os.path.join(real_root, "")):
            return os.path.normpath(os.path.join(root, os.path.relpath(real, real_root)))
    return absolute


def without_repeats(paths: Sequence[str]) -> list[str]:
    """Paths without repetition, in order."""
    return list(dict.fromkeys(paths))


def as_query(query: str | Query) -> Query:
    """A query from its text; one that was read already stays as it is."""
    return parse_query(query) if isinstance(query, str) else query


def search_context(prefer: Sequence[Source], harmonic: HarmonicRule) -> Context:
    """What a query means now, and in this folder."""
    if harmonic not in HARMONIC_RULES:
        raise UsageError(f"there is no harmonic rule '{harmonic}'; there are {', '.join(HARMONIC_RULES)}")
    return Context(prefer=tuple(prefer), rule=harmonic, now=datetime.now(UTC), locate=absolute_path)
