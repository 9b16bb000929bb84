"""JSPF lists: XSPF as JSON, as ListenBrainz and other services exchange them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, BinaryIO

from map4.core.base.path_maps import PathMaps
from map4.core.music.lists.tracklist import ParsedPlaylist, PlaylistEntry, Tracklist
from map4.formats.format import Format, PlaylistReadError, WriteNotes, require_few
from map4.formats.lists.json import json_document, json_line
from map4.formats.lists.own_notes import list_note, read_header, read_pick, track_note
from map4.formats.lists.xspf import IDENTIFIER, MS_PER_S, NOTE, track_fields, written_location
from map4.formats.values import above_zero, one_line

_SEVERAL = frozenset({"location", "identifier"})  # fields with several values per track
OPENING = re.compile(rb'\{\s*"playlist"\s*:\s*\{')  # the beginning of a JSPF list, for files with another suffix


def _write(content: Tracklist, out: BinaryIO, path_maps: PathMaps) -> WriteNotes:
    notes = WriteNotes(tracks=len(content.tracks))
    head = {"title": content.name, "annotation": content.description, "meta": _meta(list_note(content.header))}
    out.write(b'{"playlist": ' + json_line(_known(head))[:-1] + (b", " if _known(head) else b"") + b'"track": [')
    for number, (track, pick) in enumerate(content.listed(), start=1):
        fields = {
            name: [value] if name in _SEVERAL and value is not None else value
            for name, value in track_fields(track, number, path_maps)
        }
        out.write(b",\n  " if number > 1 else b"\n  ")
        out.write(json_line(_known({**fields, "meta": _meta(track_note(pick))})))
    out.write(b"\n]}}\n")
    return notes


def _meta(note: str | None) -> list[dict[str, str]] | None:
    return [{NOTE: note}] if note else None


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None and value != ""}


def _read(data: bytes) -> ParsedPlaylist:
    document = json_document(data)
    playlist = document.get("playlist") if isinstance(document, dict) else None
    tracks = playlist.get("track") if isinstance(playlist, dict) else None
    if not isinstance(playlist, dict) or not isinstance(tracks, list):
        raise PlaylistReadError("this JSON is not a JSPF list: it has no playlist with tracks")
    require_few(len(tracks))
    entries_read = [track if isinstance(track, dict) else {} for track in tracks]
    return ParsedPlaylist(
        format="jspf",
        entries=tuple(_entry(number, track) for number, track in enumerate(entries_read, start=1)),
        name=_text(playlist, "title"),
        description=_text(playlist, "annotation"),
        picks=tuple(read_pick(_note(track)) for track in entries_read),
        header=read_header(_note(playlist)),
    )


def _entry(position: int, track: Mapping[str, Any]) -> PlaylistEntry:
    locations = [written_location(text) for text in _texts(track, "location")]
    ids = [text.removeprefix(IDENTIFIER) for text in _texts(track, "identifier") if text.startswith(IDENTIFIER)]
    milliseconds = above_zero(track.get("duration"))
    return PlaylistEntry(
        position=position,
        location=locations[0] if locations else None,
        other_locations=tuple(locations[1:]),
        artist=one_line(_text(track, "creator")),
        title=one_line(_text(track, "title")),
        album=one_line(_text(track, "album")),
        duration_s=None if milliseconds is None else milliseconds / MS_PER_S or None,
        audio_id=ids[0] if ids else None,
    )


def _texts(track: Mapping[str, Any], name: str) -> list[str]:
    """Return one text or several, as services write either."""
    value = track.get(name)
    values = value if isinstance(value, list) else [value]
    return [text.strip() for text in values if isinstance(text, str) and text.strip()]


def _text(track: Mapping[str, Any], name: str) -> str | None:
    return next(iter(_texts(track, name)), None)


def _note(track: Mapping[str, Any]) -> str:
    meta = track.get("meta")
    notes = (note.get(NOTE) for note in (meta if isinstance(meta, list) else []) if isinstance(note, dict))
    return next((note for note in notes if isinstance(note, str)), "")


JSPF = Format(
    name="jspf", suffixes=("jspf",), summary="XSPF as JSON, for ListenBrainz", list_writer=_write, list_reader=_read
)
