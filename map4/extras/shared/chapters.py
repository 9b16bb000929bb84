"""Write copies of recordings with chapters. The audio is copied unchanged; the original is not modified.

MP3 gets the frames CHAP and CTOC of the ID3v2 Chapter Frame Addendum (id3.org/id3v2-chapters-1.0), in a tag of the
recording's own version. MP4 and Matroska are remuxed by FFmpeg, which writes their chapters.
"""

from __future__ import annotations

import io
import os
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from typing import Any, BinaryIO

from map4.core.base.paths import display_path
from map4.core.base.regular_files import OnDisk
from map4.errors import Map4Error, UsageError

_MS_PER_S = 1000
_NO_OFFSET = 0xFFFFFFFF  # byte offset in CHAP that means: use the times
_ID3_VERSION, _NEW_ID3 = (2, 3), (2, 4)
"""A new tag gets version 2.3, which all players read; an existing 2.4 tag stays 2.4."""
_ID3_HEADER_BYTES = 10
_TOP_IN_ORDER = 0b11
_MOST_IN_TABLE = 256
_ATTACHED_PIC = 0x400  # AV_DISPOSITION_ATTACHED_PIC of FFmpeg: a cover, which FFmpeg can't write back as a cover
_MATROSKA, _MP4 = "matroska", "mp4"
_REMUXED = {"mka": _MATROSKA, "mkv": _MATROSKA, "webm": _MATROSKA, "m4a": "ipod", "m4b": "ipod", "mp4": _MP4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A named range of a recording."""

    at_s: float
    until_s: float
    name: str


def chapter_writer(path: str, suffix: str | None = None) -> Callable[[BinaryIO, Sequence[Chapter]], None]:
    """Return a function that writes a copy of a recording with chapters.

    suffix: decides the kind of recording instead of the path's
    """
    suffix = suffix or os.path.splitext(path)[1].lower().lstrip(".")
    if suffix == "mp3":
        return lambda out, chapters: _write_mp3(path, out, chapters)
    if suffix in _REMUXED:
        return lambda out, chapters: _write_remuxed(path, _REMUXED[suffix], out, chapters)
    kinds = ", ".join(["mp3", *_REMUXED])
    raise UsageError(
        f"{display_path(path)} can't have chapters; only {kinds} can. Write a CUE sheet instead (-o set.cue)"
    )


def _write_mp3(path: str, out: BinaryIO, chapters: Sequence[Chapter]) -> None:
    id3: Any = import_module("mutagen.id3")
    with OnDisk(path).open() as file:
        try:
            tags = id3.ID3(file, translate=False)
            at, version = tags.size, tags.version[:2]
            if version < _ID3_VERSION:  # frames of 2.2 have other names
                tags = id3.ID3(file)
                tags.update_to_v23()
        except id3.ID3NoHeaderError:
            tags, at, version = id3.ID3(), 0, _ID3_VERSION
        is_new = version == _NEW_ID3
        out.write(_tag_with_chapters(tags, chapters, is_new=is_new))
        file.seek(at)
        shutil.copyfileobj(file, out)


def _tag_with_chapters(tags: Any, chapters: Sequence[Chapter], *, is_new: bool) -> bytes:
    """Return a tag with these chapters instead of the existing ones; mutagen would sort them by size.

    is_new: the tag has version 2.4, whose sizes use seven bits per byte
    """
    for name in ("CHAP", "CTOC"):
        tags.delall(name)
    others = b""
    if tags:
        buffer = io.BytesIO()
        tags.save(buffer, v2_version=_NEW_ID3[1] if is_new else _ID3_VERSION[1], padding=lambda info: 0)
        others = buffer.getvalue()[_ID3_HEADER_BYTES:]
    frames = others + b"".join(_chapter_frames(chapters, is_new=is_new))
    return b"ID3" + bytes((_NEW_ID3[1] if is_new else _ID3_VERSION[1], 0, 0)) + _seven_bits(len(frames)) + frames


def _chapter_frames(chapters: Sequence[Chapter], *, is_new: bool) -> Iterator[bytes]:
    def frame(name: bytes, data: bytes) -> bytes:
        size = _seven_bits(len(data)) if is_new else struct.pack(">I", len(data))
        return name + size + b"\0\0" + data

    names = [f"chp{number}".encode() for number in range(len(chapters))]
    table = b"toc\0" + bytes((_TOP_IN_ORDER, len(names) % _MOST_IN_TABLE)) + b"".join(name + b"\0" for name in names)
    if len(names) < _MOST_IN_TABLE:  # the table counts its entries in one byte
        yield frame(b"CTOC", table)
    for name, chapter in zip(names, chapters, strict=True):
        times = [round(at_s * _MS_PER_S) for at_s in (chapter.at_s, chapter.until_s)]
        title = frame(b"TIT2", b"\1" + chapter.name.encode("utf-16", "replace"))
        yield frame(b"CHAP", name + b"\0" + struct.pack(">4I", *times, _NO_OFFSET, _NO_OFFSET) + title)


def _seven_bits(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def _write_remuxed(path: str, kind: str, out: BinaryIO, chapters: Sequence[Chapter]) -> None:
    """Copy the streams unchanged into a new container."""
    import av

    # FFmpeg seeks back in its output; the copy is written front to back because it is hashed on the way.
    with tempfile.TemporaryFile() as remuxed, OnDisk(path).open() as file:
        try:
            with av.open(file, "r") as source, av.open(remuxed, "w", format=kind) as target:
                target.metadata.update(source.metadata)
                streams = {
                    stream.index: target.add_stream_from_template(stream)
                    for stream in source.streams
                    if stream.type in ("audio", "video", "subtitle") and not stream.disposition.value & _ATTACHED_PIC
                }
                target.set_chapters([_chapter(number, chapter) for number, chapter in enumerate(chapters)])
                for packet in source.demux([source.streams[index] for index in streams]):
                    if packet.dts is not None:  # the packet at the end is empty
                        packet.stream = streams[packet.stream.index]
                        target.mux(packet)
        except (av.FFmpegError, ValueError) as error:
            raise Map4Error(f"{display_path(path)} can't be copied with chapters: {error}") from None
        if kind != _MATROSKA:
            _copy_tags(file, remuxed)
        remuxed.seek(0)
        shutil.copyfileobj(remuxed, out)


def _copy_tags(file: BinaryIO, remuxed: BinaryIO) -> None:
    """Copy all tags and covers of an MP4 file; FFmpeg copies only those it knows."""
    mp4: Any = import_module("mutagen.mp4")
    for media in (file, remuxed):
        media.seek(0)
    tags = mp4.MP4(file).tags
    if tags is not None:
        copy = mp4.MP4(remuxed)
        copy.tags = tags
        remuxed.seek(0)
        copy.save(remuxed)


def _chapter(number: int, chapter: Chapter) -> Any:
    return {
        "id": number + 1,
        "start": round(chapter.at_s * _MS_PER_S),
        "end": round(chapter.until_s * _MS_PER_S),
        "time_base": Fraction(1, _MS_PER_S),
        "metadata": {"title": chapter.name},
    }
