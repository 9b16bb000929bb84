"""Paths as given by callers."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Collection, Iterable
from pathlib import PurePath

from map4.core.base.paths import display_path
from map4.errors import UsageError

PathLike = str | bytes | os.PathLike[str] | os.PathLike[bytes]
"""Names a file, a folder or a track; a `Track` works as well."""
Paths = PathLike | Iterable[PathLike]
"""One path, or several."""
_REPLACED = "\N{REPLACEMENT CHARACTER}"


def path_text(path: PathLike) -> str:
    """A path as text; bytes are decoded like `os.fsdecode`."""
    if not isinstance(path, str | bytes | os.PathLike):
        raise UsageError(f"{path!r:.60} is no path; give a text, bytes or a Path")
    text = os.fsdecode(path)
    if not text:
        raise UsageError("an empty path names no file or folder; is a variable empty? The current folder is '.'")
    if "\0" in text:
        raise UsageError(f"{text!r} is not a path: it contains a NUL character")
    return text


def absolute_path(path: PathLike) -> str:
    """A path as the library stores it: absolute, `~` expanded, links kept, bytes decoded like `os.fsdecode`."""
    try:
        return os.path.abspath(os.path.expanduser(path_text(path)))
    except FileNotFoundError:
        raise UsageError("the current folder is gone; change to another folder") from None


def whole_path(path: str) -> str:
    """A path from an HTTP request, which must be absolute: the current and home folder of the server don't count."""
    if not os.path.isabs(path):
        raise UsageError(f"'{display_path(path)}' is not an absolute path; write it like /music/track.mp3")
    return absolute_path(path)


def as_paths(paths: PathLike | Iterable[PathLike]) -> list[PathLike]:
    """One path or several as a list; a single text is one path."""
    return [paths] if isinstance(paths, (str, bytes, os.PathLike)) else list(paths)


def is_inside(path: str, folder: str) -> bool:
    """Whether a path is a folder or inside it, by name."""
    return path == folder or path.startswith(os.path.join(folder, ""))


def is_one_name(first: str, second: str) -> bool:
    """Whether two names that differ only in case or Unicode composition are the same file: the folder lists only one.

    File numbers don't help, as some disks return a new number each time.
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
    """Distinct paths, with the folder names they were scanned under, if they are reached in another way.

    That is through a link, or in different case on a case-insensitive disk, where paths not scanned before get the name
    that the disk lists.
    """
    listed = ListedNames()
    return list(dict.fromkeys(known_name(listed.name(absolute_path(path)), roots) for path in paths))


def known_name(absolute: str, roots: Collection[str]) -> str:
    """The name of a path inside a scanned folder, if it is reached through a link or in different case."""
    if any(is_inside(absolute, root) for root in roots):
        return absolute
    real = os.path.realpath(absolute)
    for root in roots:
        real_root = os.path.realpath(root)
        if is_inside(real, real_root):
            return os.path.normpath(os.path.join(root, os.path.relpath(real, real_root)))
    for root in roots:
        folder = os.sep.join(absolute.split(os.sep)[: len(root.split(os.sep))])
        if is_one_name(folder, root) and os.path.exists(folder):
            return root + absolute[len(folder) :]
    return absolute


class ListedNames:
    """Paths as listed by the disk; each folder is listed once."""

    def __init__(self) -> None:
        self._entries: dict[str, frozenset[str]] = {}

    def name(self, path: str) -> str:
        """An absolute path with its parts as listed by their folders; missing parts are unchanged."""
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


def named_on_disk(path: str) -> str:
    """Return the path on disk of a shown path, where a name on disk is not UTF-8; the first if several match."""
    if _REPLACED not in path or os.path.lexists(path):
        return path
    named = PurePath(path)
    folder = named.anchor
    for part in named.relative_to(folder).parts:
        folder = os.path.join(folder, _entry(folder, part) if _REPLACED in part else part)
    return folder


def _entry(folder: str, shown: str) -> str:
    try:
        return min((entry for entry in os.listdir(folder) if display_path(entry) == shown), default=shown)
    except OSError:
        return shown
