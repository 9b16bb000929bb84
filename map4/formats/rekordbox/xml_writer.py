"""rekordbox's XML, which rekordbox 5, 6 and 7 import: tracks, cue points, beat grids, and playlists in folders.

See `docs/dj-by-program.md`.
"""

from __future__ import annotations

from typing import BinaryIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from map4.core.base.text import counted
from map4.core.music.track.track import Track
from map4.errors import UsageError
from map4.formats.export import ExportContent, ExportOptions
from map4.formats.format import Format, FormatOptions, Unplayable, WriteNotes
from map4.formats.rekordbox.list_elements import PlaylistTree, TrackIds
from map4.formats.rekordbox.track_element import TrackElements, unplayable_kind
from map4.formats.rekordbox.xml_into import REPLACED, write_into

_BATCH = 64
"""Elements serialised at once, a fifth faster than one by one; they contain no tracks."""
_INDENT = b"  "
_TRACK_INDENT, _MARK_INDENT = "\n    ", "\n      "


class _Document:
    def __init__(self, out: BinaryIO, content: ExportContent, options: ExportOptions) -> None:
        self._out, self._content, self._path_maps = out, content, options.path_maps
        self._elements = TrackElements(options)
        self._ids = TrackIds()
        self._lists = PlaylistTree()
        self._unplayable = Unplayable(program="rekordbox")
        self._batch: list[Element] = []

    def write(self) -> WriteNotes:
        out = self._out
        out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n\n')
        out.write(self._start_tag("DJ_PLAYLISTS", {"Version": "1.0.0"}) + b"\n")
        product = {"Name": "map4", "Version": self._content.map4_version or "", "Company": "map4"}
        out.write(_INDENT + self._start_tag("PRODUCT", product)[:-1] + b"/>\n")
        out.write(_INDENT + self._start_tag("COLLECTION", {"Entries": str(_distinct(self._content))}) + b"\n")
        count = 0
        for track in self._content.tracks:
            count += self._take(track)
        if self._batch:
            self._flush()
        out.write(_INDENT + b"</COLLECTION>\n" + _INDENT + b"<PLAYLISTS>\n")
        content = self._content
        for listed in (content.playlist,) if content.playlist is not None else content.playlists():
            self._lists.add(listed, self._ids)
        for line in self._lists.lines(self._start_tag, _INDENT):
            out.write(line)
        out.write(_INDENT + b"</PLAYLISTS>\n</DJ_PLAYLISTS>\n")
        return self._notes(count)

    def _take(self, track: Track) -> bool:
        """Return whether the track is new; lists repeat tracks, a collection does not."""
        track_id = self._ids.add(track.path)
        if track_id is None:
            return False
        element = self._elements.element(track, track_id, self._path_maps.mapped(track.path))
        if len(element):
            element.text = _MARK_INDENT
            for mark in element:
                mark.tail = _MARK_INDENT
            element[-1].tail = _TRACK_INDENT
        element.tail = _TRACK_INDENT
        self._batch.append(element)
        if len(self._batch) == _BATCH:
            self._flush()
        unplayable = unplayable_kind(track)
        if unplayable is not None:
            self._unplayable.add(unplayable or "of no known kind")
        return True

    def _flush(self) -> None:
        holder = ElementTree.Element("COLLECTION")
        holder.text = _TRACK_INDENT[1:]
        holder.extend(self._batch)
        self._batch.clear()
        holder[-1].tail = "\n"
        written: str = ElementTree.tostring(holder, encoding="unicode")
        self._out.write(written[len("<COLLECTION>") : -len("</COLLECTION>")].encode("utf-8"))

    def _start_tag(self, name: str, attributes: dict[str, str]) -> bytes:
        clean = {key: self._elements.notes.xml_text(value) for key, value in attributes.items()}
        element = ElementTree.Element(name, clean)
        element.text = ""
        written: str = ElementTree.tostring(element, encoding="unicode", short_empty_elements=False)
        return written.removesuffix(f"</{name}>").encode("utf-8")

    def _notes(self, tracks: int) -> WriteNotes:
        notes = self._elements.notes
        notes.tracks = tracks
        notes.remarks += self._unplayable.remarks()
        notes.remarks += self._elements.grids.remarks()
        notes.remarks += self._elements.detected.remarks()
        if self._elements.without_button:
            many = counted(self._elements.without_button, "hot cue", "hot cues")
            notes.remarks.append(f"{many} beyond rekordbox's sixteen became memory cues")
        if self._lists.missing:
            many = counted(self._lists.missing, "entry of a list is", "entries of lists are")
            notes.remarks.append(f"{many} not among the tracks, and left out")
        return notes


def _distinct(content: ExportContent) -> int:
    """Return the number of distinct tracks; not counted for a query, which has no repeats and would be read twice."""
    if content.origin in ("library", "query"):
        return len(content.tracks)
    return len({track.path for track in content.tracks})


def _export(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    if options.path_maps.relative_to is not None:
        raise UsageError("rekordbox needs full paths; leave --relative-to out (--path-map changes them)")
    if options.into is not None:
        return write_into(content, out, options)
    return _Document(out, content, options).write()


REKORDBOX = Format(
    name="rekordbox",
    suffixes=("xml",),
    summary="XML with lists, grids, your cue points, ratings, colours",
    exporter=_export,
    options=FormatOptions(
        named="list",
        with_grid=True,
        with_cues=True,
        comment=True,
        replaces=tuple(REPLACED),
        usual={"with_grid": True, "with_cues": "imported"},  # rekordbox analyses tracks without a grid again
    ),
)
