"""Folders of this machine, of which one is picked to be scanned."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from map4.base.given_paths import is_inside
from map4.base.paths import display_path
from map4.base.records import Count, Moment, Record, ShownPath
from map4.scan.walk import is_hidden

MOST_LISTED = 2_000
MOST_LOOKED_AT = 100_000
"""Entries of one folder; more would take seconds."""
_REPLACED = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder(Record):
    """A folder of this machine.

    name: the last part of its path
    tracks: files of the library that lie in it and below
    is_scanned: whether it is one of the folders that are scanned
    scanned_at: when a scan of it ended last; None where none has yet
    is_there: whether it is there now, or its drive is connected
    """

    path: str
    name: str
    tracks: Count
    is_scanned: bool
    scanned_at: Moment | None
    is_there: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderList(Record, kind="folders", members="folder parent folders is_cut needs_key"):
    """Folders to pick from: those in one, or those that one begins with.

    folder: which these lie in; None of those that one begins with
    parent: the folder around it, where that may be looked into; None else
    is_cut: whether there are more than these
    needs_key: whether the home folder could be looked into with the key of 'map4 serve --open'
    """

    folder: ShownPath | None
    parent: ShownPath | None
    folders: tuple[Folder, ...]
    is_cut: bool = False
    needs_key: bool = False


def named_on_disk(path: str) -> str:
    """The path that is shown like this, where a name on the disk is no UTF-8; of several, the first."""
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


def is_shown(entry: os.DirEntry[str], within: Sequence[str]) -> bool:
    try:
        if is_hidden(entry.name) or not entry.is_dir():
            return False
        return not entry.is_symlink() or lies_in(os.path.realpath(entry.path), within)
    except OSError:
        return False


def lies_in(path: str, folders: Sequence[str]) -> bool:
    return any(is_inside(path, one) for one in folders)
