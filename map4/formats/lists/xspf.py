"""XSPF lists (version 1): XML with URLs, read by VLC, Clementine and others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from map4.core.base.path_maps import Location, PathMaps
from map4.core.music.lists.tracklist import ParsedPlaylist, PlaylistEntry, Tracklist
from map4.core.music.track.track import Track
from map4.formats.format import Format, PlaylistReadError, WriteNotes
from map4.formats.lists.own_notes import list_note, read_header, read_pick, track_note
from map4.formats.xml_reading import xml_errors

NAMESPACE = "http://xspf.org/ns/0/"
# An identifier is a URI; this scheme is our own.
IDENTIFIER = "map4:"
# The name of map4's notes in a <meta>.
NOTE = "map4:note"
MS_PER_S = 1000


def _write(content: Tracklist, out: BinaryIO, path_maps: PathMaps) -> WriteNotes:
    notes = WriteNotes(tracks=len(content.tracks))

    def element(tag: str, text: object, **attributes: str) -> bytes:
        node = ElementTree.Element(tag, attributes)
        node.text = notes.xml_text(str(text))
        # Readers turn a bare CR into LF; a character reference preserves it.
        written: bytes = ElementTree.tostring(node, encoding="utf-8", xml_declaration=False)
        return written.replace(b"\r", b"&#13;")

    out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write(f'<playlist version="1" xmlns="{NAMESPACE}">\n'.encode())
    for tag, text in (("title", content.name), ("annotation", content.description)):
        if text:
            out.write(b"  " + element(tag, text) + b"\n")
    if note := list_note(content.header):
        out.write(b"  " + element("meta", note, rel=NOTE) + b"\n")
    out.write(b"  <trackList>\n")
    for number, (track, pick) in enumerate(content.listed(), start=1):
        out.write(b"    <track>\n")
        for tag, value in track_fields(track, number, path_maps):
            if value is not None:
                out.write(b"      " + element(tag, value) + b"\n")
        if note := track_note(pick):
            out.write(b"      " + element("meta", note, rel=NOTE) + b"\n")
        out.write(b"    </track>\n")
    out.write(b"  </trackList>\n</playlist>\n")
    return notes


def track_fields(track: Track, number: int, path_maps: PathMaps) -> Iterator[tuple[str, object]]:
    """Yield the fields of a track by name; None if unknown."""
    location, duration_s = path_maps.outward(track.path), track.length_s
    if path_maps.relative_to is not None and Location.is_windows_path(path_maps.mapped(track.path)):
        location = location.replace("\\", "/")
    is_absolute = location.startswith("/") or Location.is_windows_path(location)
    yield "location", Location.file_url(location) if is_absolute else Location.relative_url(location)
    yield "identifier", None if track.audio_id is None else IDENTIFIER + track.audio_id
    yield "title", track.title()
    yield "creator", track.artist()
    yield "album", track.album()
    yield "trackNum", number
    yield "duration", None if duration_s is None else round(duration_s * MS_PER_S)


def _read(data: bytes) -> ParsedPlaylist:
    from defusedxml.ElementTree import fromstring

    with xml_errors(PlaylistReadError, entities="no list needs"):
        root = fromstring(data)
    if _name(root) != "playlist":
        raise PlaylistReadError(
            f"this XML is not an XSPF list: it begins with <{_name(root)}>; 'map4 import' reads files of DJ programs"
        )
    tracks = [track for listed in root if _name(listed) == "trackList" for track in listed if _name(track) == "track"]
    return ParsedPlaylist(
        format="xspf",
        entries=tuple(_entry(number, track) for number, track in enumerate(tracks, start=1)),
        name=_text(root, "title"),
        description=_text(root, "annotation"),
        picks=tuple(read_pick(_note(track)) for track in tracks),
        header=read_header(_note(root)),
    )


def _entry(position: int, track: Element) -> PlaylistEntry:
    locations = [written_location(text) for text in _texts(track, "location")]
    identifiers = [text[len(IDENTIFIER) :] for text in _texts(track, "identifier") if text.startswith(IDENTIFIER)]
    milliseconds = _text(track, "duration") or ""
    duration_s = int(milliseconds) / MS_PER_S if re.fullmatch(r"[0-9]{1,12}", milliseconds) else None
    return PlaylistEntry(
        position=position,
        location=locations[0] if locations else None,
        other_locations=tuple(locations[1:]),
        artist=_text(track, "creator"),
        title=_text(track, "title"),
        album=_text(track, "album"),
        duration_s=duration_s or None,
        audio_id=identifiers[0] if identifiers else None,
    )


def written_location(text: str) -> str:
    """Return a URL unchanged, and a relative URL as a path."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", text):
        return text
    return Location.unquoted(text)


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _texts(element: Element, name: str) -> list[str]:
    return [child.text.strip() for child in element if _name(child) == name and child.text and child.text.strip()]


def _note(element: Element) -> str:
    notes = (child.text for child in element if _name(child) == "meta" and child.get("rel") == NOTE)
    return next((text for text in notes if text), "")


def _text(element: Element, name: str) -> str | None:
    return next(iter(_texts(element, name)), None)


XSPF = Format(
    name="xspf",
    suffixes=("xspf",),
    summary="XML with URLs, for VLC and others",
    list_writer=_write,
    list_reader=_read,
    entry_mark=b"<track>",
)
