"""PLS lists: `File1=`, `Title1=`, `Length1=`, as Winamp began them."""

from __future__ import annotations

import re
from typing import BinaryIO

from map4.core.base.path_maps import PathMaps
from map4.core.music.lists.tracklist import ParsedPlaylist, PlaylistEntry, Tracklist
from map4.formats.format import Format, PlaylistReadError, WriteNotes
from map4.formats.lists.m3u import line_location
from map4.formats.lists.own_notes import list_note, read_header, read_pick, track_note
from map4.formats.values import above_zero, caption, decode_list, one_line, split_caption

_ENTRY = re.compile(r"(File|Title|Length)\s*(\d{1,7})\s*=(.*)", re.IGNORECASE)
# Not part of the format, but read by GNOME's players; others ignore it.
_NAME_KEY = "X-GNOME-Title"
# map4's own notes; number 0 is the list.
_NOTE_KEY = "X-MAP4-"
_NOTE = re.compile(rf"{_NOTE_KEY}(\d{{1,7}})=(.*)")


def _write(content: Tracklist, out: BinaryIO, path_maps: PathMaps) -> WriteNotes:
    notes = WriteNotes(tracks=len(content.tracks))

    def line(text: str) -> None:
        out.write(text.encode("utf-8") + b"\n")

    line("[playlist]")
    name = one_line(content.name)
    if name:
        line(f"{_NAME_KEY}={name}")
    if note := list_note(content.header):
        line(f"{_NOTE_KEY}0={note}")
    for number, (track, pick) in enumerate(content.listed(), start=1):
        if note := track_note(pick):
            line(f"{_NOTE_KEY}{number}={note}")
        duration_s = track.length_s
        line(f"File{number}={line_location(path_maps.outward(track.path), track.path, 'utf-8')}")
        line(f"Title{number}={caption(track)}")
        line(f"Length{number}={-1 if duration_s is None else round(duration_s)}")
    line(f"NumberOfEntries={notes.tracks}")
    line("Version=2")
    return notes


def _read(data: bytes) -> ParsedPlaylist:
    text = decode_list(data)
    values: dict[int, dict[str, str]] = {}
    notes: dict[int, str] = {}
    name = None
    for line in re.split(r"\r\n|\n|\r", text):
        match = _ENTRY.fullmatch(line.strip())
        if match:
            values.setdefault(int(match[2]), {})[match[1].lower()] = match[3].strip()
        elif line.lower().startswith(f"{_NAME_KEY.lower()}="):
            name = one_line(line.partition("=")[2])
        elif match := _NOTE.fullmatch(line.strip()):
            notes[int(match[1])] = match[2]
    if not values and "[playlist]" not in text.lower():
        raise PlaylistReadError("this is not a PLS list: it has neither [playlist] nor File1=")
    rows = {number: row for number, row in sorted(values.items()) if row.get("file")}
    return ParsedPlaylist(
        format="pls",
        entries=tuple(_entry(n, row) for n, row in enumerate(rows.values(), start=1)),
        name=name,
        picks=tuple(read_pick(notes.get(number, "")) for number in rows),
        header=read_header(notes.get(0, "")),
    )


def _entry(position: int, row: dict[str, str]) -> PlaylistEntry:
    artist, title = split_caption(row.get("title"))
    return PlaylistEntry(
        position=position, location=row["file"], artist=artist, title=title, duration_s=above_zero(row.get("length"))
    )


PLS = Format(
    name="pls",
    suffixes=("pls",),
    summary="numbered entries, as in Winamp",
    list_writer=_write,
    list_reader=_read,
    names_only=True,
    entry_mark=b"\nfile",
)
