"""M3U lists: one path per line, with `#EXTINF` before it; `.m3u8` in UTF-8, `.m3u` in Latin-1.

Lines `#MAP4:` contain map4's notes: on the list before its first track, on a track before its path. Lines `#EXTVDJ:`
are from VirtualDJ's lists before 2024 and its history: names and numbers of a track between tags, unescaped.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import BinaryIO

from map4.core.base.path_maps import Location, PathMaps
from map4.core.music.lists.listed import ListedPick, ListHeader
from map4.core.music.lists.tracklist import ParsedPlaylist, PlaylistEntry, Tracklist
from map4.core.music.plays import PlayTime
from map4.formats import values
from map4.formats.format import Format, PlaylistReadError, WriteNotes, require_few
from map4.formats.lists.csv import TSV, is_table
from map4.formats.lists.own_notes import list_note, read_header, read_pick, track_note

# Seconds, then attributes as in television lists, then the caption.
_EXTINF = re.compile(r'#EXTINF:\s*(-?\d{1,9}(?:\.\d{1,9})?)?((?:[^,"]|"[^"]*")*),(.*)', re.IGNORECASE)
_EXTENC = re.compile(rb"^#EXTENC:\s*([\w.-]{1,40})\s*$", re.IGNORECASE | re.MULTILINE)
# A path begins like this, or ends in a suffix; folders, as printed by 'find', have a slash.
_PATH = re.compile(r"\s*(\.{0,2}[/\\]|~/|[a-z]:[/\\]|[a-z][\w+.-]*:/)|.*\.(?=\w*[^\W\d])\w{2,5}\s*$", re.IGNORECASE)
_SLASH = re.compile(r".*\w[/\\]")
_SIGN = re.compile(r"\s*#EXT", re.IGNORECASE)
_NOTE = "#MAP4:"
_EXTVDJ = "#EXTVDJ:"
# Text before each "</": the rest of the previous tag, then a tag and its text.
_TAG = re.compile(r"(?:\w{0,40}>)?<(\w{1,40})>(.*)")
_MOST_LETTERS = 20_000
_LONGEST_SET_S = 2 * 24 * 3600


def _write(content: Tracklist, out: BinaryIO, path_maps: PathMaps, *, encoding: str) -> WriteNotes:
    notes = WriteNotes(tracks=len(content.tracks))

    def line(text: str) -> None:
        notes.replaced_characters += 0 if encoding == "utf-8" else sum(ord(letter) > 0xFF for letter in text)
        out.write(text.encode(encoding, "replace") + b"\n")

    line("#EXTM3U")
    name = values.one_line(content.name)
    if name:
        line(f"#PLAYLIST:{name}")
    if note := list_note(content.header):
        line(_NOTE + note)
    for track, pick in content.listed():
        if note := track_note(pick):
            line(_NOTE + note)
        duration_s = track.length_s
        # -1 means an unknown duration.
        line(f"#EXTINF:{-1 if duration_s is None else round(duration_s)},{values.caption(track)}")
        line(line_location(path_maps.outward(track.path), track.path, encoding))
    return notes


def line_location(location: str, path: str, encoding: str) -> str:
    """Return a path that stays on its line, as a URL if necessary."""
    is_absolute = location.startswith("/") or Location.is_windows_path(location)
    if values.has_controls(location) or location != location.strip() or not _fits(location, encoding):
        # There are no relative file URLs.
        return Location.file_url(location if is_absolute else path)
    return location


def _fits(text: str, encoding: str) -> bool:
    try:
        # Bytes that happen to be valid UTF-8 would be read as UTF-8, also by map4.
        return text.encode(encoding).decode("utf-8") == text
    except UnicodeError as error:
        return isinstance(error, UnicodeDecodeError)


@dataclass(slots=True)
class _M3uReader:
    """The entries so far, and the data for the next track."""

    entries: list[PlaylistEntry] = field(default_factory=list)
    picks: list[ListedPick] = field(default_factory=list)
    header: ListHeader = field(default_factory=ListHeader)
    pick: ListedPick = field(default_factory=ListedPick)
    name: str | None = None
    artist: str | None = None
    credit: str | None = None
    title: str | None = None
    album: str | None = None
    duration_s: float | None = None
    size_bytes: int | None = None
    is_virtualdj: bool = False

    def directive(self, line: str) -> None:
        if line.startswith(_NOTE):
            note = line.removeprefix(_NOTE)
            if not self.entries and self.header == ListHeader():
                self.header = read_header(note)
            if self.pick == ListedPick():
                self.pick = read_pick(note)
            return
        if line.startswith(_EXTVDJ):
            parts = line[len(_EXTVDJ) : _MOST_LETTERS].split("</")[:-1]
            self.virtualdj({match[1]: match[2] for match in map(_TAG.match, parts) if match})
            return
        name, _, value = line.partition(":")
        match = _EXTINF.match(line)
        if match and not self.is_virtualdj:  # whose names are exact
            self.artist, self.title = values.split_caption(match[3])
            seconds = float(match[1] or 0)
            self.duration_s = seconds if seconds > 0 else None
        elif name.upper() == "#PLAYLIST":
            self.name = values.one_line(value)
        elif name.upper() == "#EXTALB":
            self.album = values.one_line(value)
        elif name.upper() == "#EXTART":
            self.credit = values.one_line(value)

    def virtualdj(self, tags: Mapping[str, str]) -> None:
        from xml.sax.saxutils import unescape  # imports urllib

        texts = {name: values.one_line(unescape(text)) for name, text in tags.items()}
        self.artist = texts.get("artist") or self.artist
        self.title = values.full_title(texts.get("title"), texts.get("remix")) or self.title
        self.duration_s = values.above_zero(tags.get("songlength")) or self.duration_s
        self.size_bytes = values.whole_number(tags.get("filesize")) or None
        self.is_virtualdj = True
        if "lastplaytime" in tags:
            self.pick = replace(self.pick, played_at=values.utc_moment(values.whole_number(tags["lastplaytime"])))

    def location(self, line: str, raw: bytes) -> None:
        # A list and its paths may have different encodings: also try the raw bytes.
        as_bytes = os.fsdecode(raw)
        # A track streamed by VirtualDJ may exist here as a file.
        is_named_stream = self.is_virtualdj and self.title is not None and Location.is_url(line)
        self.entries.append(
            PlaylistEntry(
                position=len(self.entries) + 1,
                location=None if is_named_stream else line,
                other_locations=() if as_bytes == line or is_named_stream else (as_bytes,),
                artist=self.artist or self.credit,
                title=self.title,
                album=self.album,
                duration_s=self.duration_s,
                size_bytes=self.size_bytes,
            )
        )
        self.picks.append(self.pick)
        self.artist = self.credit = self.title = self.album = self.duration_s = self.size_bytes = None
        self.pick, self.is_virtualdj = ListedPick(), False

    @property
    def is_history(self) -> bool:
        """Return whether the tracks were played in order within a night; in a list, last plays come in any order."""
        times = [time for time in PlayTime.utc_of_sequence(pick.played_at for pick in self.picks) if time is not None]
        if not times or len(times) < len(self.picks):
            return False
        return PlayTime.seconds(times[-1]) - PlayTime.seconds(times[0]) <= _LONGEST_SET_S and times == sorted(times)


def _require_paths(lines: Sequence[str]) -> None:
    """Reject a text without a list header in which no line, or few lines, are paths."""
    sure = any(map(_PATH.match, lines))
    if not sure or 2 * sum(1 for line in lines if _PATH.match(line) or _SLASH.match(line)) < len(lines):
        what = "few of its lines look like paths" if sure else "no line of it looks like a path"
        raise PlaylistReadError(
            f"this text is not a list of files: {what}; lines 'artist - title' are for 'map4 search --list FILE'"
        )


def _read(data: bytes, *, format_name: str) -> ParsedPlaylist:
    named = _EXTENC.search(data[:4096])
    text = values.decode_list(data, named=named[1].decode("ascii", "replace") if named else None)
    lines = re.split(r"\r\n|\n|\r", text)
    raw_lines = re.split(rb"\r\n|\n|\r", data)
    # In multi-byte encodings, lines of raw bytes mean nothing.
    has_raw = len(raw_lines) == len(lines) and not data.startswith((b"\xff\xfe", b"\xfe\xff"))
    paths = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    require_few(len(paths))
    reading = _M3uReader()
    for index, line in enumerate(lines):
        if line.lstrip().startswith("#"):
            reading.directive(line.strip())
        elif line.strip():
            is_marked = index == 0 and data.startswith(b"\xef\xbb\xbf")
            raw = raw_lines[index] if has_raw and not is_marked else line.encode("utf-8", "replace")
            reading.location(line, raw)
    if not any(map(_SIGN.match, lines)):
        _require_paths(paths)
    return ParsedPlaylist(
        format=format_name,
        entries=tuple(reading.entries),
        name=reading.name,
        picks=tuple(reading.picks),
        header=reading.header,
        is_history=reading.is_history,
    )


def _read_text(data: bytes) -> ParsedPlaylist:
    """Read one path per line, or a table with tabs: rekordbox writes its lists as `.txt`."""
    return TSV.list_reader(data) if TSV.list_reader and is_table(data) else _read(data, format_name="txt")


M3U8 = Format(
    name="m3u8",
    suffixes=("m3u8",),
    summary="paths in UTF-8, for most players",
    list_writer=partial(_write, encoding="utf-8"),
    list_reader=partial(_read, format_name="m3u8"),
    names_only=True,
)
M3U = Format(
    name="m3u",
    suffixes=("m3u",),
    summary="paths in Latin-1, for older players",
    list_writer=partial(_write, encoding="latin-1"),
    list_reader=partial(_read, format_name="m3u"),
    names_only=True,
)
TXT = Format(name="txt", suffixes=("txt",), summary="a path a line", list_reader=_read_text)
