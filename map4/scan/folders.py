"""Folders of this machine, to choose one to scan."""

from __future__ import annotations

import os
from collections.abc import Sequence

from map4.core.base.paths import is_inside
from map4.core.base.records import Count, Moment, Record, ShownPath
from map4.scan.walk import is_hidden

MOST_LISTED = 2_000
MOST_LOOKED_AT = 100_000
"""Entries of one folder; reading more would take seconds."""


class Folder(Record):
    """A folder of this machine.

    name: the last part of its path
    tracks: files of the library in it and below
    is_scanned: whether it is a scanned folder
    scanned_at: when its last scan ended; None before the first
    is_there: whether it is there now, or its drive is connected
    """

    path: str
    name: str
    tracks: Count
    is_scanned: bool
    scanned_at: Moment | None
    is_there: bool


class FolderList(Record, kind="folders"):
    """Folders to choose from: those in `folder`, or the top-level ones.

    folder: the folder around these; None for the top-level folders
    parent: the folder around `folder`; None if the caller may not look into it
    is_cut: whether there are more folders than listed
    needs_key: whether the key of 'map4 serve --open' would also open the home folder
    """

    folder: ShownPath | None
    parent: ShownPath | None
    folders: tuple[Folder, ...]
    is_cut: bool = False
    needs_key: bool = False


def is_shown(entry: os.DirEntry[str], within: Sequence[str]) -> bool:
    try:
        if is_hidden(entry.name) or not entry.is_dir():
            return False
        return not entry.is_symlink() or is_inside_any(os.path.realpath(entry.path), within)
    except OSError:
        return False


def is_inside_any(path: str, folders: Sequence[str]) -> bool:
    return any(is_inside(path, folder) for folder in folders)
