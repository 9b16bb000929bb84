"""The cover of a file: the picture in its tags, or else that of its folder."""

from __future__ import annotations

import base64
import io
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import mutagen
from mutagen.flac import Picture as Block

from map4.core.audio.source import AudioSource
from map4.core.audio.tags.families import BROKEN
from map4.core.base.regular_files import OnDisk
from map4.core.music.album import album_folder
from map4.errors import FileError

MOST_PICTURE_BYTES = 20_000_000
"""Maximum size of a cover; no viewer needs more."""
FOLDER_NAMES = ("cover", "folder", "front", "album", "albumart")
_READERS = ("JPEG", "PNG", "GIF", "WEBP")
_MOST_PIXELS = 40_000_000  # maximum number of pixels; a larger picture would take more than 120 MB to decode
_QUALITY = 80
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif")
_PICTURES = frozenset(base + end for base in FOLDER_NAMES for end in _SUFFIXES)
_FRONT = 3
# First bytes of the picture formats that browsers show; the type stated in a tag is often wrong.
_KINDS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"), (b"GIF8", "image/gif"), (b"RIFF", "image/webp"))


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedPicture:
    """A picture as stored in a file; `media_type` is determined by its first bytes."""

    media_type: str
    data: bytes = field(repr=False)

    @staticmethod
    def cover_of(path: str) -> EmbeddedPicture | None:
        """Return the front cover in a file's tags, else its first picture, else its folder's cover; None without."""
        cover = embedded_cover(path)
        if cover is None and (beside := folder_picture(os.path.dirname(path))) is not None:
            return beside[1]
        return cover

    @staticmethod
    def is_in_folder(name: str) -> bool:
        """Return whether a file is named like the cover of a folder."""
        return name.lower() in _PICTURES

    @staticmethod
    def of_data(data: bytes) -> EmbeddedPicture | None:
        kind = next((kind for beginning, kind in _KINDS if data.startswith(beginning)), None)
        return None if kind is None or len(data) > MOST_PICTURE_BYTES else EmbeddedPicture(media_type=kind, data=data)

    def thumbnail(self, side_px: int) -> bytes | None:
        """Scale it so that no side is longer, as JPEG without metadata; None if it can't be read."""
        from PIL import Image

        warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # such pictures are rejected below
        try:
            with Image.open(io.BytesIO(self.data), formats=_READERS) as image:
                if image.width * image.height > _MOST_PIXELS:
                    return None
                image.draft("RGB", (side_px, side_px))  # a JPEG is decoded small
                image.thumbnail((side_px, side_px))
                seen = image.convert("RGBA" if image.has_transparency_data else "RGB")
                ground, out = Image.new("RGB", seen.size, "white"), io.BytesIO()
                ground.paste(seen, mask=seen if seen.mode == "RGBA" else None)
                ground.save(out, "JPEG", quality=_QUALITY)
        except (*BROKEN, SyntaxError, Image.DecompressionBombError):  # the second at PNG
            return None
        return out.getvalue()


def embedded_cover(path: str) -> EmbeddedPicture | None:
    """Return the front cover in a file's tags, else its first picture; None without any."""
    try:
        with AudioSource(path) as source, source.buffered() as file:
            pictures = sorted(_pictures(mutagen.File(file)), key=lambda picture: picture[0] != _FRONT)
    except (FileError, *BROKEN):
        pictures = []
    return next((picture for _, data in pictures if (picture := EmbeddedPicture.of_data(data))), None)


def _pictures(file: mutagen.FileType | None) -> Iterator[tuple[int, bytes]]:
    """Yield each picture with its kind, by the numbers of ID3."""
    tags: Any = getattr(file, "tags", None)
    yield from ((block.type, block.data) for block in getattr(file, "pictures", ()))
    for frame in tags.getall("APIC") if hasattr(tags, "getall") else ():
        yield frame.type, frame.data
    if hasattr(tags, "get"):
        yield from ((_FRONT, bytes(cover)) for cover in tags.get("covr") or ())
        for text in tags.get("metadata_block_picture") or ():
            block = Block(base64.b64decode(text))  # type: ignore[no-untyped-call]
            yield block.type, block.data
        if (cover := tags.get("Cover Art (Front)")) is not None:
            yield _FRONT, bytes(cover.value).partition(b"\0")[2]


def has_folder_picture(folder: str) -> bool | None:
    """Return whether a folder, or the album's folder around a disc's folder, has a cover; None if it is missing."""
    try:
        names = {name.lower() for name in os.listdir(folder)}
    except OSError:
        return None
    if not _PICTURES.isdisjoint(names):
        return True
    around = album_folder(folder)
    return around != folder and bool(has_folder_picture(around))


def folder_picture(folder: str) -> tuple[str, EmbeddedPicture] | None:
    """Return the cover in a folder, with its path; None without any."""
    try:
        names = {name.lower(): name for name in sorted(os.listdir(folder))}
        chosen = next((names[base + end] for base in FOLDER_NAMES for end in _SUFFIXES if base + end in names), None)
        if chosen is None:
            return None
        path = os.path.join(folder, chosen)
        picture = EmbeddedPicture.of_data(OnDisk(path).read(most_bytes=MOST_PICTURE_BYTES))
    except OSError:
        return None
    return None if picture is None else (path, picture)


def picture_block(data: bytes) -> bytes:
    """Return a front cover in the form of FLAC's block and Ogg's comment."""
    picture = EmbeddedPicture.of_data(data)
    block = Block()  # type: ignore[no-untyped-call]
    block.type, block.data = _FRONT, data
    if picture is not None:
        block.mime = picture.media_type
        block.width, block.height, block.depth, block.colors = _dimensions(data)
    written: bytes = block.write()  # type: ignore[no-untyped-call]
    return written


def _dimensions(data: bytes) -> tuple[int, int, int, int]:
    """Return width and height in pixels, bits per pixel, and palette colours (0 without one); zeros if unreadable."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=_READERS) as image:
            # Players decode to red, green and blue; libopusfile refuses a depth of 0.
            has_alpha = "A" in image.getbands() or "transparency" in image.info
            palette = image.getpalette() if image.mode == "P" else None
            colors = len(palette) // 3 if palette else 0
            return image.width, image.height, 32 if has_alpha and not colors else 24, colors
    except (*BROKEN, SyntaxError, Image.DecompressionBombError):
        return 0, 0, 0, 0
