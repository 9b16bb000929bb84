"""Places for copies: a folder outside of all music, in which they keep their paths."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count

from map4.core.base.paths import display_path, is_inside
from map4.core.base.regular_files import OnDisk
from map4.errors import UsageError

ELSEWHERE = "elsewhere"  # folder for files outside the scanned folders, by their full path


_FOLDER = "map4 quarantine"


def usual_folder(copies: Iterable[str], roots: Sequence[str], beside: str) -> str:
    """Return where copies go: beside the scanned folder of the first present copy if it is on the same disk, so that
    moving is instant; else beside the library."""
    copy = next(filter(os.path.lexists, copies), None)
    if copy is None:
        return f"{beside}.quarantine"
    inside = [root for root in roots if is_inside(copy, root)]
    root = os.path.realpath(max(inside, key=len, default=os.path.dirname(copy)))
    around = os.path.dirname(root)
    others = (os.path.realpath(folder) for folder in roots)
    is_free = around != root and not any(is_inside(around, other) or other == around for other in others)
    try:
        is_free = is_free and os.stat(around).st_dev == os.stat(root).st_dev and os.access(around, os.W_OK)
    except OSError:
        is_free = False
    return os.path.join(around, _FOLDER) if is_free else f"{beside}.quarantine"


class Places:
    """Assigns unique places in a quarantine.

    folder: absolute
    roots: the scanned folders, each with a folder of its name
    """

    def __init__(self, folder: str, roots: Iterable[str]) -> None:
        self._folder = folder
        self._taken: set[str] = set()
        self._names: dict[str, str] = {}
        names = {ELSEWHERE}
        for root in sorted(roots):
            name = _numbered(os.path.basename(root) or "root", lambda name: name.casefold() in names)
            names.add(name.casefold())
            self._names[root] = name

    def of(self, path: str) -> str:
        """Return a free place for a file: its path within its scanned folder, with a number if that is taken."""
        inside = [root for root in self._names if path.startswith(os.path.join(root, ""))]
        if inside:
            root = max(inside, key=len)
            relative = os.path.join(self._names[root], os.path.relpath(path, root))
        else:
            relative = os.path.join(ELSEWHERE, os.path.splitdrive(path)[1].lstrip(os.sep))
        place = _numbered(os.path.join(self._folder, relative), self._is_taken)
        self._taken.add(place.casefold())
        return place

    def _is_taken(self, place: str) -> bool:
        # Many file systems ignore case.
        return place.casefold() in self._taken or os.path.lexists(place)


def _numbered(name: str, is_taken: Callable[[str], bool]) -> str:
    if not is_taken(name):
        return name
    stem, suffix = os.path.splitext(name)
    return next(other for number in count(2) if not is_taken(other := f"{stem} ({number}){suffix}"))


def require_outside(folder: str, roots: Sequence[str], files: Iterable[str]) -> None:
    """Reject a quarantine that a scan would enter, or that contains music; links are resolved.

    folder: may not exist yet
    roots: the scanned folders
    files: known files, some of them possibly reached through links to other folders
    """
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise UsageError(f"{display_path(folder)} is not a folder; name a folder for the copies")
    real = os.path.realpath(folder)
    around, own = set(_file_ids(real)), OnDisk(real).number()
    for root in (*roots, *_linked_folders(files, roots)):
        scanned = os.path.realpath(root)
        if is_inside(real, scanned) or OnDisk(scanned).number() in around:
            raise UsageError(
                f"{display_path(folder)} lies in {display_path(root)}, which map4 scans: the copies would be found "
                "again; name a folder outside"
            )
        if is_inside(scanned, real) or (own is not None and own in _file_ids(scanned)):
            raise UsageError(
                f"{display_path(folder)} contains {display_path(root)}, which map4 scans; name a separate folder for "
                "the copies"
            )


def _linked_folders(files: Iterable[str], roots: Sequence[str]) -> Iterator[str]:
    """Yield links between scanned folders and their files, as the link targets were scanned too."""
    seen = set(roots)
    for folder in {os.path.dirname(path) for path in files}:
        if not any(is_inside(folder, root) for root in roots):
            continue
        while folder not in seen:
            seen.add(folder)
            if os.path.islink(folder):
                yield folder
            folder = os.path.dirname(folder)


def _file_ids(path: str) -> Iterator[tuple[int, int]]:
    """Yield the ids of a path and its parent folders, if they exist: names in another case may be the same file."""
    while True:
        number = OnDisk(path).number()
        if number is not None:
            yield number
        folder = os.path.dirname(path)
        if folder == path:
            return
        path = folder
