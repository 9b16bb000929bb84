"""The place of each list in the target: its folders and name there, and its file."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from map4.extras.move.source import ReadLibrary
from map4.extras.move.targets import Target
from map4.formats import DjPlaylist, WriteNotes

OTHERS = "Tracks in no list"  # the name of the list that a target with nothing but lists gets for them
_UNNAMED = "map4"
_CRATE_SEPARATOR = "%%"
_NOT_IN_FILES = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f-\x9f]')
_MOST_BYTES = 180
SERATO_FOLDER, VIRTUALDJ_FOLDER = os.path.join("_Serato_", "Subcrates"), os.path.join("VirtualDJ", "MyLists")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A list and its place.

    folders, name: in the target
    file: relative to the output folder; None if lists are in the file of the tracks
    is_added: the source does not have it
    """

    listed: DjPlaylist
    folders: tuple[str, ...]
    name: str
    file: str | None = None
    is_added: bool = False

    @property
    def shown(self) -> str:
        """Folders and name in the source."""
        return shown_list(self.listed)


@dataclass(slots=True)
class _Folder:
    """The names taken in a folder of the target, and its folders by their name in the source."""

    taken: set[str] = field(default_factory=set)
    folders: dict[str, tuple[str, _Folder]] = field(default_factory=dict)


def placed_lists(target: Target, source: ReadLibrary) -> Iterator[Placed]:
    """Yield each list that the target holds; if it only has lists, one of the tracks in none is added."""
    root, others = _Folder(), list(_lists_of_others(target, source))
    for listed in (*source.lists, *others):
        if listed.kind != "list" or (listed.live is not None and not target.has_live_lists):
            continue
        folder, folders = root, list[str]()
        for step in listed.folders:
            if step not in folder.folders:
                folder.folders[step] = (_free(target, step, folder), _Folder())
            name, folder = folder.folders[step]
            folders.append(name)
        free = _free(target, listed.name, folder)
        # Navidrome shows the name in the list, not that of the file.
        name = " ".join(listed.name.split()) or free if target.name == "navidrome" else free
        file = _file(target, listed, folders, free)
        yield Placed(listed=listed, folders=tuple(folders), name=name, file=file, is_added=listed in others)


def shown_list(listed: DjPlaylist) -> str:
    """Return folders and name of a list for people."""
    return " / ".join((*listed.folders, listed.name))


def _lists_of_others(target: Target, source: ReadLibrary) -> Iterator[DjPlaylist]:
    if target.formats[0] is not None:
        return
    listed = {key for playlist in source.lists if playlist.kind == "list" for key in playlist.keys}
    keys = [track.keys[0] for track in source.tracks if track.path is not None and not listed & {*track.keys}]
    if keys:
        yield DjPlaylist(name=OTHERS, keys=tuple(keys))


def _free(target: Target, name: str, folder: _Folder) -> str:
    """Return a name that the target can hold and that is free in its folder."""
    if target.name == "traktor":  # its lists can share a name
        return WriteNotes().xml_text(name) or _UNNAMED
    clean = _file_name(name) if target.formats[1] else WriteNotes().xml_text(name) or _UNNAMED
    number, free = 1, clean
    while (compared := unicodedata.normalize("NFC", free).casefold().strip()) in folder.taken:
        number += 1
        free = f"{clean} ({number})"
    folder.taken.add(compared)
    return free


def _file_name(name: str) -> str:
    """Return a name for a file or folder on any system; two percent signs separate the names of crates."""
    clean = _NOT_IN_FILES.sub("_", name).replace(_CRATE_SEPARATOR, "%").strip(" .")
    return clean.encode("utf-8", "replace")[:_MOST_BYTES].decode("utf-8", "ignore").strip(" .") or _UNNAMED


def _file(target: Target, listed: DjPlaylist, folders: list[str], name: str) -> str | None:
    match target.name:
        case "serato":
            return os.path.join(SERATO_FOLDER, _CRATE_SEPARATOR.join((*folders, name)) + ".crate")
        case "virtualdj":
            inner = (f"{folder}.subfolders" for folder in folders)
            return os.path.join(VIRTUALDJ_FOLDER, *inner, f"{name}.vdjfolder")
        case "navidrome" | "mixxx" | "folder":
            return os.path.join(*folders, f"{name}.{'m3u8' if listed.live is None else 'nsp'}")
    return None
