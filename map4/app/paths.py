"""Paths as callers give them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from map4.errors import UsageError

PathLike = str | bytes | os.PathLike[str] | os.PathLike[bytes]
"""What names a file, a folder or a track: a track itself does, too."""
Paths = PathLike | Iterable[PathLike]
"""One of them, or several."""


def path_text(path: PathLike) -> str:
    """A path as text, bytes as `os.fsdecode` gives them."""
    text = os.fsdecode(path)
    if not text:
        raise UsageError("an empty path names no file or folder; is a variable empty? The current folder is '.'")
    if "\0" in text:
        raise UsageError(f"{text!r} is no path: it holds a NUL")
    return text


def absolute_path(path: PathLike) -> str:
    """A path as the library keeps it: absolute, `~` expanded, links kept, bytes as `os.fsdecode` gives them."""
    try:
        return os.path.abspath(os.path.expanduser(path_text(path)))
    except FileNotFoundError:
        raise UsageError("the current folder is gone; change to another one") from None


def as_paths(paths: PathLike | Iterable[PathLike]) -> list[PathLike]:
    """One path or several as a list; a lone text is one path, not a row of letters."""
    return [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)


def is_inside(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies in it, by their names."""
    return path == folder or path.startswith(os.path.join(folder, ""))


def known_name(path: PathLike, roots: Iterable[str]) -> str:
    """A path by the name its folder was scanned under before, where it is reached another way, through a link."""
    absolute = absolute_path(path)
    real = os.path.realpath(absolute)
    for root in roots:
        if is_inside(absolute, root):
            return absolute
    for root in roots:
        real_root = os.path.realpath(root)
        if is_inside(real, real_root):
            return os.path.normpath(os.path.join(root, os.path.relpath(real, real_root)))
    return absolute


def without_repeats(paths: Sequence[str]) -> list[str]:
    """Paths without repetition, in order."""
    return list(dict.fromkeys(paths))
