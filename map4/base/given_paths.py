"""Paths as callers give them."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from pathlib import PurePath

from map4.base.paths import display_path
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


def whole_path(path: str) -> str:
    """A path as it was asked for over HTTP, which has to be whole: where the server and its home are is its own."""
    if not os.path.isabs(path):
        raise UsageError(f"'{display_path(path)}' is no whole path; write it from its root, as in /music/track.mp3")
    return absolute_path(path)


def as_paths(paths: PathLike | Iterable[PathLike]) -> list[PathLike]:
    """One path or several as a list; a lone text is one path, not a row of letters."""
    return [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)


def is_inside(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies in it, by their names."""
    return path == folder or path.startswith(os.path.join(folder, ""))


def is_one_name(first: str, second: str) -> bool:
    """Whether two names that differ in case or composition alone are one, as a folder lists but one of them.

    Some disks give a file another number whenever it is asked for, so that numbers don't tell.
    """
    if first == second or _folded(first) != _folded(second):
        return first == second
    while os.path.basename(first) == os.path.basename(second):
        first, second = os.path.dirname(first), os.path.dirname(second)
    try:
        listed = {entry for folder in {os.path.dirname(first), os.path.dirname(second)} for entry in os.listdir(folder)}
    except OSError:
        return True
    return not {os.path.basename(first), os.path.basename(second)} <= listed


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def known_names(paths: Iterable[PathLike], roots: Collection[str]) -> list[str]:
    """Paths, each once, by the names their folders were scanned under before, where they are reached another way.

    That is through a link, or by a name in another case on a disk that makes no difference; there, what was not
    scanned before has the name that the disk lists.
    """
    listed = _ListedNames()
    return list(dict.fromkeys(_known_name(listed.name(absolute_path(path)), roots) for path in paths))


def _known_name(absolute: str, roots: Collection[str]) -> str:
    real = os.path.realpath(absolute)
    for root in roots:
        if is_inside(absolute, root):
            return absolute
    for root in roots:
        real_root = os.path.realpath(root)
        if is_inside(real, real_root):
            return os.path.normpath(os.path.join(root, os.path.relpath(real, real_root)))
    for root in roots:
        folder = os.sep.join(absolute.split(os.sep)[: len(root.split(os.sep))])
        if is_one_name(folder, root) and os.path.exists(folder):
            return root + absolute[len(folder) :]
    return absolute


class _ListedNames:
    """Paths as the disk lists them; each folder is listed once."""

    def __init__(self) -> None:
        self._entries: dict[str, frozenset[str]] = {}

    def name(self, path: str) -> str:
        """An absolute path whose parts are named as their folders list them; what is not there stays as it is."""
        named = PurePath(path)
        folder = named.anchor
        for given in named.relative_to(folder).parts:
            folder = os.path.join(folder, self._entry(folder, given))
        return folder

    def _entry(self, folder: str, given: str) -> str:
        if folder not in self._entries:
            try:
                self._entries[folder] = frozenset(os.listdir(folder))
            except OSError:
                self._entries[folder] = frozenset()
        entries = self._entries[folder]
        if given in entries or not os.path.lexists(os.path.join(folder, given)):
            return given
        return min((entry for entry in entries if _folded(entry) == _folded(given)), default=given)


def without_repeats(paths: Sequence[str]) -> list[str]:
    """Paths without repetition, in order."""
    return list(dict.fromkeys(paths))
