"""A tag with more frames than any track has is cut, and its audio is read all the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from audio_files import make, noise

from map4.infra.audio.decode import open_audio
from map4.infra.audio.identity import identify
from map4.infra.audio.tags import read_tags

FRAMES = 300_000


def frame(name: bytes, body: bytes, version: int) -> bytes:
    if version == 2:
        return name[:3] + len(body).to_bytes(3, "big") + body
    size = syncsafe(len(body)) if version == 4 else len(body).to_bytes(4, "big")
    return name + size + b"\0\0" + body


def syncsafe(n: int) -> bytes:
    return bytes(n >> shift & 0x7F for shift in (21, 14, 7, 0))


def tag(frames: list[bytes], version: int, *, flags: int = 0, before: bytes = b"") -> bytes:
    body = before + b"".join(frames)
    return b"ID3" + bytes((version, 0, flags)) + syncsafe(len(body)) + body


@pytest.mark.parametrize("version", [2, 3, 4])
def test_a_tag_of_hundreds_of_thousands_of_frames_is_cut(tmp_path: Path, version: int) -> None:
    title, text, artist = (b"TT2", b"TXX", b"TP1") if version == 2 else (b"TIT2", b"TXXX", b"TPE1")
    path = make(tmp_path / "a.mp3", noise(1.0))
    plain = path.read_bytes().replace(b"Info", b"Inf0", 1).replace(b"Xing", b"Xin0", 1)
    path.write_bytes(plain)
    expected = identify(str(path)).audio_id
    with open_audio(str(path)) as stream:
        n = sum(len(block) for block in stream.blocks())
    frames = [frame(title, b"\0A title", version)]
    frames += [frame(text, b"\0name %d\0a value of it" % number, version) for number in range(FRAMES)]
    frames.append(frame(artist, b"\0Behind them", version))
    path.write_bytes(tag(frames, version) + plain)
    tags = read_tags(str(path))
    # Read to its end, each frame would cost a copy of the rest: minutes.
    assert (tags.title, tags.artist) == ("A title", None)
    assert identify(str(path)).audio_id == expected
    with open_audio(str(path)) as stream:
        assert sum(len(block) for block in stream.blocks()) == n


@pytest.mark.parametrize(("version", "flags"), [(3, 0x80), (3, 0x40), (4, 0x40), (4, 0), (3, 0)])
def test_a_long_tag_is_read_past_its_picture(tmp_path: Path, version: int, flags: int) -> None:
    picture = b"\0image/jpeg\0\3\0" + b"\1" * (3 << 20)
    frames = [frame(b"APIC", picture, version), frame(b"TIT2", b"\0Behind it", version)]
    extended = {0x40: b"\0\0\0\6\0\0\0\0\0\0" if version == 3 else b"\0\0\0\6\1\0"}.get(flags, b"")
    if flags == 0x80:  # what could be mistaken for a frame of audio has a zero in it
        frames.insert(0, frame(b"TPE1", b"\0\xff\xe0", version).replace(b"\xff\xe0", b"\xff\0\xe0"))
    path = make(tmp_path / "a.mp3", noise(0.5))
    path.write_bytes(tag(frames, version, flags=flags, before=extended) + path.read_bytes())
    assert read_tags(str(path)).title == "Behind it"
    assert read_tags(str(path)).artist == ("\xff\xe0" if flags == 0x80 else None)
