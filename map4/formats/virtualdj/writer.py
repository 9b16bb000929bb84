"""VirtualDJ's lists (`.vdjfolder`): XML with a path, size and names for each track.

They contain no cue points and grids; `database_writer` writes a whole database, for a drive without one.

[1] "Lists", VDJPedia (virtualdj.com/wiki/Lists): elements and attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from map4.core.base.path_maps import Location, PathMaps
from map4.core.base.text import counted
from map4.core.music.analysis.key import Key
from map4.core.music.lists.tracklist import ParsedPlaylist, PlaylistEntry, Tracklist
from map4.core.music.track.track import Track
from map4.errors import UsageError
from map4.formats.format import Format, FormatOptions, PlaylistReadError, WriteNotes
from map4.formats.values import full_title
from map4.formats.xml_reading import xml_errors

ROOT = "VirtualFolder"
SONG = "song"
# VirtualDJ spells keys only with sharps.
_TONICS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def _write(content: Tracklist, out: BinaryIO, path_maps: PathMaps) -> WriteNotes:
    if path_maps.relative_to is not None:
        raise UsageError("VirtualDJ only finds tracks by full paths; leave --relative-to out, and use --path-map")
    notes = WriteNotes(tracks=len(content.tracks))
    lost = 0
    out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    # A list of map4 may contain a track twice, and its order matters.
    out.write(f'<{ROOT} noDuplicates="no" ordered="yes">\n'.encode())
    for index, track in enumerate(content.tracks):
        song = ElementTree.Element(SONG)
        for name, value in _attributes(track, index, content, path_maps):
            text = notes.xml_text(value)
            lost += name == "path" and text != value
            song.set(name, text)
        out.write(b"\t" + ElementTree.tostring(song, encoding="utf-8", xml_declaration=False) + b"\n")
    out.write(f"</{ROOT}>\n".encode())
    if lost:
        tracks = counted(lost, "track has", "tracks have")
        notes.remarks.append(f"{tracks} a name that XML can't contain; VirtualDJ won't find it")
    return notes


def _attributes(track: Track, index: int, content: Tracklist, path_maps: PathMaps) -> Iterator[tuple[str, str]]:
    """Yield the known fields of a track, in VirtualDJ's order."""
    location, duration_s = path_maps.mapped(track.path), track.length_s
    bpm, key = track.bpm(), track.key()
    # Windows and VirtualDJ's database use paths with backslashes.
    yield "path", location.replace("/", "\\") if Location.is_windows_path(location) else location
    if track.size_bytes:
        yield "size", str(track.size_bytes)
    if duration_s:
        yield "songlength", f"{duration_s:.1f}"
    if bpm is not None:
        yield "bpm", f"{bpm:.3f}"
    if key is not None:
        yield "key", spelt_key(key)
    for name, text in (("artist", track.artist()), ("title", track.title())):
        if text:
            yield name, text
    yield "idx", str(index)


def spelt_key(key: Key) -> str:
    """Return a key in VirtualDJ's spelling: `A#m`."""
    return _TONICS[key.tonic] + ("m" if key.mode == "minor" else "")


def _read(data: bytes) -> ParsedPlaylist:
    from defusedxml.ElementTree import fromstring

    with xml_errors(PlaylistReadError, entities="no list needs"):
        root = fromstring(data)
    if root.tag != ROOT:
        raise PlaylistReadError(f"this XML is not a list of VirtualDJ: it begins with <{root.tag}>")
    songs = songs_in_order(root)
    return ParsedPlaylist(
        format="virtualdj", entries=tuple(song_entry(number, song) for number, song in enumerate(songs, start=1))
    )


def songs_in_order(children: Iterable[Element]) -> list[Mapping[str, str]]:
    """Return the attributes of a list's songs, by their index if all have one."""
    songs: list[Mapping[str, str]] = [child.attrib for child in children if child.tag == SONG]
    if all(re.fullmatch(r"[0-9]{1,9}", song.get("idx", "")) for song in songs):
        songs.sort(key=lambda song: int(song["idx"]))
    return songs


def song_entry(position: int, song: Mapping[str, str]) -> PlaylistEntry:
    """Return the entry of a song, with the list's names."""
    size, length = song.get("size", ""), song.get("songlength", "")
    return PlaylistEntry(
        position=position,
        location=song.get("path") or None,
        artist=song.get("artist") or None,
        title=full_title(song.get("title"), song.get("remix")),
        duration_s=(float(length) or None) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,9})?", length) else None,
        size_bytes=(int(size) or None) if re.fullmatch(r"[0-9]{1,15}", size) else None,
    )


VIRTUALDJ = Format(
    name="virtualdj",
    suffixes=("vdjfolder",),
    summary="a list for VirtualDJ: only the list",
    list_writer=_write,
    list_reader=_read,
    options=FormatOptions(
        named="",
        no_cues="lists of VirtualDJ contain no cue points; --to virtualdj-database writes them, for a separate drive",
    ),
)
