"""A tag with more frames than any track has is cut, and its audio is read all the same."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from audio_files import make, noise
from lanes import sampled

from map4.core.audio.decode import open_audio
from map4.core.audio.identity import identify
from map4.core.audio.tags import read_tags
from map4.core.music.track.tags import Tags

FRAMES = 300_000
WAVE_FORMAT = struct.pack("<HHIIHH", 1, 1, 44_100, 88_200, 2, 16)


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


@pytest.mark.parametrize("version", [2, pytest.param(3, marks=pytest.mark.world), 4])
def test_id3_tag_of_hundreds_of_thousands_of_frames_is_cut(tmp_path: Path, version: int) -> None:
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


def in_wav(id3: bytes) -> bytes:
    chunks = b"".join(
        name + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) & 1)
        for name, body in ((b"fmt ", WAVE_FORMAT), (b"id3 ", id3), (b"data", bytes(88_200)))
    )
    return b"RIFF" + (4 + len(chunks)).to_bytes(4, "little") + b"WAVE" + chunks


def in_aiff(id3: bytes) -> bytes:
    common = struct.pack(">HIH", 1, 44_100, 16) + b"\x40\x0e\xac\x44" + bytes(6)
    chunks = b"".join(
        name + len(body).to_bytes(4, "big") + body + b"\0" * (len(body) & 1)
        for name, body in ((b"COMM", common), (b"ID3 ", id3), (b"SSND", bytes(8 + 88_200)))
    )
    return b"FORM" + (4 + len(chunks)).to_bytes(4, "big") + b"AIFF" + chunks


def in_dsf(id3: bytes) -> bytes:
    data = b"data" + struct.pack("<Q", 12 + 8192) + b"\x69" * 8192
    layout = b"fmt " + struct.pack("<QIIIIIIQII", 52, 1, 0, 1, 1, 2_822_400, 1, 65_536, 4096, 0)
    end = 28 + len(layout) + len(data)
    return b"DSD " + struct.pack("<QQQ", 28, end + len(id3), end) + layout + data + id3


@pytest.mark.parametrize(
    ("name", "wrapped"), sampled([("a.wav", in_wav), ("a.aiff", in_aiff), ("a.dsf", in_dsf)], every=3)
)
def test_a_long_tag_inside_a_container_is_cut_too(tmp_path: Path, name: str, wrapped: Callable[[bytes], bytes]) -> None:
    frames = [frame(b"TIT2", b"\0A title", 4)]
    frames += [frame(b"TXXX", b"\0name %d\0a value of it" % number, 4) for number in range(FRAMES)]
    frames.append(frame(b"TPE1", b"\0Behind them", 4))
    path = tmp_path / name
    path.write_bytes(wrapped(tag(frames[:1] + frames[-1:], 4)))
    tags = read_tags(str(path))
    assert (tags.title, tags.artist) == ("A title", "Behind them")
    path.write_bytes(wrapped(tag(frames, 4)))
    tags = read_tags(str(path))
    assert (tags.title, tags.artist) == ("A title", None)
    with open_audio(str(path)) as stream:
        assert sum(len(block) for block in stream.blocks()) > 0


def test_dsf_file_with_a_wrong_tag_position_has_no_tags(tmp_path: Path) -> None:
    for at in (0, 1 << 63, 10**9):
        content = bytearray(in_dsf(b""))
        content[20:28] = struct.pack("<Q", at)
        path = tmp_path / f"{at}.dsf"
        path.write_bytes(content)
        assert read_tags(str(path)) == Tags()


@pytest.mark.parametrize(("version", "flags"), [(3, 0x80), (3, 0x40), (4, 0x40), (4, 0), (3, 0)])
def test_frames_after_a_large_picture_are_read(tmp_path: Path, version: int, flags: int) -> None:
    picture = b"\0image/jpeg\0\3\0" + b"\1" * (3 << 20)
    frames = [frame(b"APIC", picture, version), frame(b"TIT2", b"\0Behind it", version)]
    extended = {0x40: b"\0\0\0\6\0\0\0\0\0\0" if version == 3 else b"\0\0\0\6\1\0"}.get(flags, b"")
    if flags == 0x80:  # what could be mistaken for a frame of audio has a zero in it
        frames.insert(0, frame(b"TPE1", b"\0\xff\xe0", version).replace(b"\xff\xe0", b"\xff\0\xe0"))
    path = make(tmp_path / "a.mp3", noise(0.5))
    path.write_bytes(tag(frames, version, flags=flags, before=extended) + path.read_bytes())
    assert read_tags(str(path)).title == "Behind it"
    assert read_tags(str(path)).artist == ("\xff\xe0" if flags == 0x80 else None)
