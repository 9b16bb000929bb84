"""Covers: of the tags of every format, else of the folder."""

import base64
import io
import os
import zlib
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import mutagen
import pytest
from audio_files import make, noise
from mutagen import id3
from mutagen.flac import Picture
from mutagen.mp3 import MP3
from PIL import Image
from tagged_files import PICTURE, stuffed

from map4.core.audio.tags.pictures import MOST_PICTURE_BYTES, EmbeddedPicture, picture_block

JPEG = b"\xff\xd8\xff\xe0" + bytes(100)


@pytest.mark.parametrize("name", ["a.mp3", "a.wav", "a.aiff", "a.flac", "a.m4a", "a.wv", "a.ape"])
def test_the_picture_in_the_tags_is_the_cover(tmp_path: Path, name: str) -> None:
    found = EmbeddedPicture.cover_of(str(stuffed(tmp_path / name)))
    assert (found.media_type, found.data) == ("image/png", PICTURE)


@pytest.mark.parametrize("name", ["a.ogg", "a.opus"])
def test_picture_block_in_vorbis_comments_is_read(tmp_path: Path, name: str) -> None:
    make(tmp_path / name, noise(0.2))
    file, block = mutagen.File(tmp_path / name), Picture()
    block.data, block.type, block.mime = PICTURE, 3, "image/png"
    file["metadata_block_picture"] = [base64.b64encode(block.write()).decode()]
    file.save()
    found = EmbeddedPicture.cover_of(str(tmp_path / name))
    assert (found.media_type, found.data) == ("image/png", PICTURE)


def with_pictures(path: Path, *pictures: tuple[int, bytes]) -> str:
    make(path, noise(0.2))
    file = MP3(path)
    file.add_tags()
    for kind, data in pictures:
        file.tags.add(id3.APIC(encoding=0, mime="image/jpeg", type=kind, desc=str(kind), data=data))
    file.save()
    return str(path)


def test_front_cover_wins_and_unusable_pictures_are_no_cover(tmp_path: Path) -> None:
    other, front = JPEG + b"other", JPEG + b"front"
    found = EmbeddedPicture.cover_of(with_pictures(tmp_path / "a.mp3", (0, other), (3, front)))
    assert (found.media_type, found.data) == ("image/jpeg", front)
    found = EmbeddedPicture.cover_of(with_pictures(tmp_path / "b.mp3", (3, b"<html>"), (0, other)))
    assert found.data == other
    path = with_pictures(tmp_path / "a.mp3", (3, b"\x89PNG" + bytes(MOST_PICTURE_BYTES)))
    assert EmbeddedPicture.cover_of(path) is None
    os.mkfifo(tmp_path / "cover.png")
    assert EmbeddedPicture.cover_of(path) is None
    (tmp_path / "broken.mp3").write_bytes(b"ID3\4\0\0\0\0\1\0APIC")
    assert EmbeddedPicture.cover_of(str(tmp_path / "broken.mp3")) is None
    assert EmbeddedPicture.cover_of(str(tmp_path / "gone" / "gone.mp3")) is None


@pytest.mark.parametrize("name", ["cover.jpg", "Folder.JPG", "front.jpeg", "AlbumArt.jpg"])
def test_picture_in_the_folder_is_used_if_the_file_has_none(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(JPEG)
    (tmp_path / "back.jpg").write_bytes(JPEG + b"back")
    found = EmbeddedPicture.cover_of(with_pictures(tmp_path / "a.mp3"))
    assert (found.media_type, found.data) == ("image/jpeg", JPEG)


def small_of(image: Image.Image, form: str = "PNG", **more: Any) -> bytes | None:
    image.save(out := io.BytesIO(), form, **more)
    return thumbnail(out.getvalue())


def thumbnail(data: bytes) -> bytes | None:
    picture = EmbeddedPicture.of_data(data)
    assert picture is not None
    return picture.thumbnail(64)


def test_thumbnails_are_small_jpegs_without_metadata() -> None:
    for mode, form in (("RGB", "JPEG"), ("CMYK", "JPEG"), ("P", "PNG"), ("RGBA", "WEBP"), ("P", "GIF")):
        small = small_of(Image.new("RGB", (300, 200), (10, 200, 30)).convert(mode), form)
        assert small is not None
        with Image.open(io.BytesIO(small)) as image:
            assert (image.format, image.size) == ("JPEG", (64, 43))
            assert image.getpixel((20, 20)) == pytest.approx((10, 200, 30), abs=16)
    remarks = Image.Exif()
    remarks[0x010E] = "taken at home " * 100
    small = small_of(Image.effect_noise((900, 900), 100).convert("RGB"), "JPEG", exif=remarks)
    assert len(small) < 5000
    assert b"taken" not in small


def test_broken_truncated_and_huge_pictures_have_no_thumbnail_or_size(monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (b"\xff\xd8\xff broken", b"\x89PNG\r\n\x1a\n123", b"GIF89a", b"RIFF....WEBP"):
        assert thumbnail(data) is None
    assert EmbeddedPicture.of_data(b"\xff\xd8\xff" + bytes(MOST_PICTURE_BYTES)) is None
    Image.new("RGB", (64, 48)).save(out := io.BytesIO(), "PNG")
    assert thumbnail(out.getvalue().replace(b"IDAT", b"[[[[")) is None
    Image.new("1", (9, 9)).save(out := io.BytesIO(), "PNG")
    for side in (9000, 11_000, 15_000):  # Pillow says nothing of the first, warns of the second, and refuses the third
        header = b"IHDR" + side.to_bytes(4, "big") * 2 + out.getvalue()[24:29]
        data = out.getvalue()[:12] + header + zlib.crc32(header).to_bytes(4, "big") + out.getvalue()[33:]
        with Image.open(io.BytesIO(data)) if side < 10_000 else nullcontext() as image:
            assert image is None or image.size == (side, side)
        assert thumbnail(data) is None
    Image.effect_noise((200, 150), 80).save(out := io.BytesIO(), "PNG")
    place = out.getvalue().index(b"IDAT") + 4
    data = out.getvalue()[: place - 8] + (9).to_bytes(4, "big") + out.getvalue()[place - 4 :]
    assert thumbnail(data) is None
    block = Picture(picture_block(b"\xff\xd8\xff broken"))
    assert (block.mime, block.width, block.height, block.depth) == ("image/jpeg", 0, 0, 0)
    Image.new("1", (8000, 8000)).save(out := io.BytesIO(), "PNG")
    assert len(out.getvalue()) < 20_000
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("it was decoded"))
    assert thumbnail(out.getvalue()) is None


@pytest.mark.parametrize(
    ("mode", "form", "depth", "colors"),
    [("RGB", "JPEG", 24, 0), ("L", "JPEG", 24, 0), ("RGB", "PNG", 24, 0), ("RGBA", "PNG", 32, 0), ("P", "GIF", 24, 4),
     ("RGB", "WEBP", 24, 0)],
)  # fmt: skip
def test_picture_block_has_size_and_depth_of_its_picture(mode: str, form: str, depth: int, colors: int) -> None:
    data = io.BytesIO()
    image = Image.new("RGB", (30, 20), "red")
    image = image.quantize(4) if mode == "P" else image.convert(mode)
    image.save(data, form)
    block = Picture(picture_block(data.getvalue()))
    assert (block.width, block.height, block.depth) == (30, 20, depth)
    assert (block.colors > 0) == (colors > 0)
    assert block.data == data.getvalue()
