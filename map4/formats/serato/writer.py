"""Serato crates: the paths of tracks, in order; Serato keeps all other data in the music files.

A path in a crate is relative to the root of the crate's volume, without a leading slash or drive letter. map4 writes
the same head as Serato: version, order ("#", by position) and columns.

[1] "Serato Database Format", Mixxx wiki, 2019.
[2] Holzhaus/serato-tags, `docs/fileformats.md`: which kinds of files Serato DJ Pro plays.
"""

from __future__ import annotations

import io
import ntpath
import posixpath
import re
from collections import Counter
from typing import BinaryIO

from map4.core.base.path_maps import Location, PathMaps
from map4.core.base.paths import display_path
from map4.core.base.text import counted
from map4.core.music.lists.tracklist import ParsedPlaylist, PlaylistEntry, Tracklist
from map4.formats.format import Format, FormatOptions, PlaylistReadError, Unplayable, WriteNotes
from map4.formats.serato import records

VERSION = "1.0/Serato ScratchLive Crate"
# The columns that Serato shows, with widths, as in its own crates (0: default width).
_COLUMNS = (
    ("song", "450"), ("artist", "0"), ("bpm", "0"), ("key", "0"), ("album", "0"), ("length", "0"), ("comment", "0"),
)  # fmt: skip
_CODECS = frozenset({"mp3", "vorbis", "alac", "flac", "pcm", "aac"})
_SUFFIXES = frozenset({"mp3", "ogg", "flac", "aif", "aiff", "wav", "mp4", "m4a", "aac"})

_MAC_VOLUME = re.compile(r"(/Volumes/[^/]+)/(.+)", re.DOTALL)
_HALVES = re.compile("[\ud800-\udfff]")
_THIS_VOLUME = "the system's"


def _write(content: Tracklist, out: BinaryIO, path_maps: PathMaps) -> WriteNotes:
    notes = WriteNotes(tracks=len(content.tracks))
    unplayable = Unplayable(program="Serato", codecs=_CODECS, suffixes=_SUFFIXES)
    volumes: set[str] = set()
    lost: Counter[str] = Counter()
    out.write(crate_head())
    for track in content.tracks:
        volume, path = _place_on_volume(path_maps, track.path)
        clean, replaced = _HALVES.subn("\N{REPLACEMENT CHARACTER}", path)
        out.write(records.record(records.TRACK_TAG, records.text_record(records.PATH_TAGS[0], clean)))
        unplayable.see(track)
        volumes.add(volume)
        lost["unsupported"] += replaced > 0
        lost["outside"] += path.startswith("../")
        notes.replaced_characters += replaced
    notes.remarks += [*unplayable.remarks(), *_remarks(volumes, lost)]
    return notes


def _remarks(volumes: set[str], lost: Counter[str]) -> list[str]:
    remarks = []
    if len(volumes) > 1:
        names = ", ".join(sorted(display_path(volume) or _THIS_VOLUME for volume in volumes))
        remarks.append(
            f"the tracks are on {len(volumes)} volumes ({names}); a crate only finds those of its own volume"
        )
    if lost["unsupported"]:
        many = counted(lost["unsupported"], "track has", "tracks have")
        remarks.append(f"{many} a name that is not UTF-8; Serato won't find it")
    if lost["outside"]:
        many = counted(lost["outside"], "track has", "tracks have")
        remarks.append(f"{many} a path outside of the folder of --relative-to; Serato won't find it")
    return remarks


def _place_on_volume(path_maps: PathMaps, path: str) -> tuple[str, str]:
    """Return the volume of a track and its path on it; with `--relative-to`, that volume.

    The volume is a drive letter with colon on Windows, a folder of `/Volumes` on a Mac, or empty for the system volume.
    """
    location = path_maps.outward(path)
    if Location.is_windows_path(location):
        drive, rest = ntpath.splitdrive(location)
        return drive.upper(), rest.replace("\\", "/").lstrip("/")
    if not location.startswith("/"):
        relative = location.replace("\\", "/") if Location.is_windows_path(path_maps.mapped(path)) else location
        return "", posixpath.normpath(relative)
    if match := _MAC_VOLUME.fullmatch(location):
        return match[1], match[2]
    return "", location.lstrip("/")


def crate_head() -> bytes:
    order = records.record(b"osrt", records.text_record(b"tvcn", "#"), records.record(b"brev", b"\0"))
    columns = (
        records.record(b"ovct", records.text_record(b"tvcn", name), records.text_record(b"tvcw", width))
        for name, width in _COLUMNS
    )
    return records.text_record(records.VERSION_TAG, VERSION) + order + b"".join(columns)


def _read(data: bytes) -> ParsedPlaylist:
    if not data.startswith(records.VERSION_TAG):
        raise PlaylistReadError("this is not a Serato crate: it does not begin with a version")
    try:
        paths = [path for fields in records.track_fields(io.BytesIO(data)) if (path := records.path_of(fields))]
    except records.CutOffError:
        raise PlaylistReadError("this crate ends within a track; it is damaged") from None
    return ParsedPlaylist(
        format="serato", entries=tuple(_entry(number, path) for number, path in enumerate(paths, start=1))
    )


def _entry(position: int, path: str) -> PlaylistEntry:
    if path.startswith("/") or Location.is_windows_path(path):
        return PlaylistEntry(position=position, location=path)
    # Crates are in _Serato_/Subcrates: at the root of a volume, or in the music folder of the system volume.
    return PlaylistEntry(position=position, location=f"../../{path}", other_locations=(f"/{path}", path))


SERATO = Format(
    name="serato",
    suffixes=("crate",),
    summary="a crate for Serato DJ: only the list",
    list_writer=_write,
    list_reader=_read,
    is_binary=True,
    options=FormatOptions(
        named="",
        no_cues="Serato stores cue points in the music files; 'map4 tags write --serato-cues' adds detected ones",
    ),
)
