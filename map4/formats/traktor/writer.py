"""Traktor's NML 19: a collection with its playlists, to import into another.

map4 never writes Traktor's own collection: Traktor keeps it open, and rewrites it when it ends.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.etree.ElementTree import Element, tostring

from map4.core.music.lists.tracklist import Tracklist
from map4.errors import UsageError
from map4.formats.dj_library import folders_and_name
from map4.formats.export import ExportContent, ExportOptions
from map4.formats.format import Format, FormatOptions, WriteNotes
from map4.formats.text import without_illegal_xml
from map4.formats.traktor.nml import DEFAULT_VOLUME, NmlLocation, nml_location
from map4.formats.traktor.writer_entry import NmlNotes, entry_element

ROOT = "$ROOT"
"""Traktor's name for the root folder."""

_NAMELESS = "map4"
_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n'
    b'<NML VERSION="19"><HEAD COMPANY="www.native-instruments.com" PROGRAM="Traktor"></HEAD>\n'
    b"<MUSICFOLDERS></MUSICFOLDERS>\n"
)
# Lists of the same place get the same id in every export, so that Traktor recognises them at the next import.
_LISTS = uuid.UUID("6d617034-0000-5000-8000-747261746b6f")


def _export(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    """Write the collection, then the lists; keeps the paths of the tracks and the lists' contents in memory."""
    if options.path_maps.relative_to is not None:
        raise UsageError("Traktor needs full paths; leave --relative-to out")
    return _NmlWriter(content, out, options).run()


@dataclass(slots=True)
class _NmlFolder:
    """A folder of lists; its parts are folders by name, and lists, in the order in which they came."""

    name: str
    parts: list[_NmlFolder | _NmlList] = field(default_factory=list)
    folders: dict[str, _NmlFolder] = field(default_factory=dict)

    def folder(self, name: str) -> _NmlFolder:
        folder = self.folders.get(name)
        if folder is None:
            folder = self.folders[name] = _NmlFolder(name)
            self.parts.append(folder)
        return folder


@dataclass(slots=True)
class _NmlList:
    name: str
    identity: str
    paths: list[str]


class _NmlWriter:
    def __init__(self, content: ExportContent, out: BinaryIO, options: ExportOptions) -> None:
        self._content, self._out, self._options = content, out, options
        self._volume = without_illegal_xml(options.more.get("volume", DEFAULT_VOLUME))[0]
        self._notes = NmlNotes()
        self._paths: dict[str, str] = {}
        self._identities: set[str] = set()

    def run(self) -> WriteNotes:
        self._out.write(_HEAD)
        self._write_tracks()
        self._write_lists(self._read_lists())
        self._out.write(b"</NML>\n")
        return self._notes.finish()

    def _write_tracks(self) -> None:
        content = self._content
        count = len(content.tracks)
        if content.origin == "playlist":  # may repeat tracks, and is in memory anyway
            count = len({track.path for track in content.tracks})
        self._out.write(_opening("COLLECTION", ENTRIES=str(count)) + b"\n")
        for track in content.tracks:
            self._notes.notes.tracks += 1
            if track.path in self._paths:
                continue
            self._paths[track.path] = track.path
            location, replaced = self._location(track.path)
            self._notes.unfindable += replaced > 0
            self._notes.notes.replaced_characters += replaced
            entry = entry_element(track, location, self._notes, self._options)
            self._out.write(_bytes(entry))
        self._out.write(b"</COLLECTION>\n")

    def _location(self, path: str) -> tuple[NmlLocation, int]:
        # Not dropped: the rest might be the name of another file.
        clean, replaced = without_illegal_xml(self._options.path_maps.mapped(path), "\ufffd")
        return nml_location(clean, self._volume), replaced

    def _read_lists(self) -> _NmlFolder:
        content, root = self._content, _NmlFolder(ROOT)
        lists: Iterable[Tracklist] = content.playlists() if content.playlist is None else (content.playlist,)
        for playlist in lists:
            folders, name = folders_and_name(playlist)
            folder = root
            for part in folders:
                folder = folder.folder(self._notes.notes.xml_text(part))
            name = self._notes.notes.xml_text(name or content.name or "") or _NAMELESS
            # Reuse the known path objects, as copies in lists would double the memory.
            paths = [self._paths.get(track.path) for track in playlist.tracks]
            known_paths = [path for path in paths if path is not None]
            self._notes.absent += len(paths) - len(known_paths)
            folder.parts.append(_NmlList(name, self._identity((*folders, name)), known_paths))
        return root

    def _identity(self, names: tuple[str, ...]) -> str:
        clean = "\n".join(without_illegal_xml(name)[0] for name in names)
        identity, again = uuid.uuid5(_LISTS, clean).hex, 1
        while identity in self._identities:
            again += 1
            identity = uuid.uuid5(_LISTS, f"{clean}\n{again}").hex
        self._identities.add(identity)
        return identity

    def _write_lists(self, root: _NmlFolder) -> None:
        self._out.write(b"<PLAYLISTS>")
        self._open(root)
        open_folders = [iter(root.parts)]  # no recursion, as files may nest them to any depth
        while open_folders:
            part = next(open_folders[-1], None)
            if part is None:
                open_folders.pop()
                self._out.write(b"</SUBNODES>\n</NODE>\n")
            elif isinstance(part, _NmlFolder):
                self._open(part)
                open_folders.append(iter(part.parts))
            else:
                self._out.writelines(self._lines(part))
        self._out.write(b"</PLAYLISTS>\n")

    def _open(self, folder: _NmlFolder) -> None:
        self._out.write(_opening("NODE", TYPE="FOLDER", NAME=folder.name))
        self._out.write(_opening("SUBNODES", COUNT=str(len(folder.parts))) + b"\n")

    def _lines(self, content: _NmlList) -> Iterator[bytes]:
        yield _opening("NODE", TYPE="PLAYLIST", NAME=content.name)
        yield _opening("PLAYLIST", ENTRIES=str(len(content.paths)), TYPE="LIST", UUID=content.identity) + b"\n"
        for path in content.paths:
            primary = _opening("PRIMARYKEY", TYPE="TRACK", KEY=self._location(path)[0].key)
            yield b"<ENTRY>" + primary + b"</PRIMARYKEY>\n</ENTRY>\n"
        yield b"</PLAYLIST>\n</NODE>\n"


def _opening(tag: str, **attributes: str) -> bytes:
    return _bytes(Element(tag, attributes)).removesuffix(f"</{tag}>".encode())


def _bytes(element: Element) -> bytes:
    # With explicit end tags, like Traktor; as text first, which is faster.
    return tostring(element, encoding="unicode", short_empty_elements=False).encode()


TRAKTOR = Format(
    name="traktor",
    suffixes=("nml",),
    summary="lists, your cue points, ratings, colours, grids if chosen",
    exporter=_export,
    options=FormatOptions(
        named="list",
        with_grid=True,
        with_cues=True,
        comment=True,
        more={"volume": f"name of a Mac's startup disk, if it is not {DEFAULT_VOLUME}"},
    ),
)
