"""Version 2 of the rule: what plays alike has one id, however it was packed; what plays otherwise has another."""

import hashlib
import random
import shutil
import struct
from pathlib import Path

import av
import pytest
from audio_files import _encode, box, make, noise, stream_copy, torture
from lanes import sampled
from mutagen.mp4 import MP4

from map4.core.audio.decode import open_audio
from map4.core.audio.identity import identify
from map4.core.audio.identity.ogg import page_checksum
from map4.errors import FileError

COPIED = (
    "mp3", "flac", "ogg", "oga", "opus", "m4a", "m4b", "mp4", "aac", "wav", "aif", "aiff", "aifc", "wma", "wv", "tta",
    "mka", "w64", "spx",
)  # fmt: skip
# Each with what may be flipped without another length of the audio: sizes that a header claims only make a remark.
FLIPPED = ("mp3", "flac", "ogg", "oga", "opus", "m4a", "m4b", "aac", "wma", "wv", "tta", "spx", "dsf")
_BORROWED = {"spx": "empty.spx"}


def original(folder: Path, extension: str, seconds: float = 0.5) -> Path:
    path = folder / f"original.{extension}"
    if extension in _BORROWED:
        return Path(shutil.copyfile(torture(_BORROWED[extension]), path))
    return make(path, noise(seconds))


def played(path: Path) -> tuple[object, ...]:
    """What a file decodes to; why it does not."""
    digest = hashlib.blake2b()
    try:
        with open_audio(str(path)) as stream:
            for block in stream.blocks():
                digest.update(block.tobytes())
            return stream.sample_rate_hz, stream.channels, digest.hexdigest()
    except FileError as error:
        return (error.kind,)


@pytest.mark.parametrize("extension", sampled(COPIED, every=2))
def test_a_copied_stream_keeps_the_id(tmp_path: Path, extension: str) -> None:
    path = original(tmp_path, extension, 2.0)
    once = stream_copy(path, tmp_path / f"once.{extension}")
    twice = stream_copy(once, tmp_path / f"twice.{extension}")
    assert played(once) == played(path)
    assert identify(str(once)).audio_id == identify(str(path)).audio_id == identify(str(twice)).audio_id


@pytest.mark.parametrize(("codec", "source"), [("mp3", "mp3"), ("adpcm_ms", None)])
def test_byte_rate_of_a_wav_header_does_not_change_the_id(tmp_path: Path, codec: str, source: str | None) -> None:
    path = tmp_path / "a.wav"
    if source is None:
        _encode(path, noise(0.5), 44100, codec, {})
    else:
        stream_copy(original(tmp_path, source), path)
    data = bytearray(path.read_bytes())
    at = data.index(b"fmt ") + 16  # bytes a second
    expected = identify(str(path))
    data[at : at + 4] = struct.pack("<I", 12345)
    path.write_bytes(data)
    assert identify(str(path)).audio_id == expected.audio_id
    data[at - 2 : at] = b"\x80\xbb"  # 48 kHz
    data[at - 4 : at] = struct.pack("<I", 48000)
    path.write_bytes(data)
    assert identify(str(path)).audio_id != expected.audio_id


@pytest.mark.parametrize("extension", sampled(FLIPPED, every=2))
def test_a_flipped_bit_in_a_header_is_harmless_or_gives_another_id(tmp_path: Path, extension: str) -> None:
    path = original(tmp_path, extension)
    data, expected, sound = path.read_bytes(), identify(str(path)).audio_id, played(path)
    rng = random.Random(7)
    # MP4 has its tables at the end, all else what matters at the beginning.
    is_mp4 = extension in ("m4a", "m4b")
    places = range(max(0, len(data) - 1600), len(data)) if is_mp4 else range(min(400, len(data)))
    changed = tmp_path / f"changed.{extension}"
    other = 0
    for at in rng.sample(places, 60):
        flipped = bytearray(data)
        flipped[at] ^= 1 << rng.randrange(8)
        changed.write_bytes(flipped)
        try:
            is_same = identify(str(changed)).audio_id == expected
        except FileError:
            is_same = False
        other += not is_same
        assert not is_same or played(changed) == sound, f"byte {at}"
    assert other


def test_ogg_page_checksum_follows_rfc_3533(tmp_path: Path) -> None:
    data = original(tmp_path, "opus").read_bytes()
    end = data.index(b"OggS", 4)
    page = data[:end]
    assert page_checksum(page) == int.from_bytes(page[22:26], "little")
    register = 0  # bit by bit, as RFC 3533 has it
    for byte in page[:22] + bytes(4) + page[26:]:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ (0x04C11DB7 if register >> 31 else 0)) & 0xFFFFFFFF
    assert register == page_checksum(page)


def test_mp3_id_depends_on_the_delay_or_is_of_version_1_without_a_xing_frame(tmp_path: Path) -> None:
    path = original(tmp_path, "mp3")
    data = bytearray(path.read_bytes())
    expected = identify(str(path))
    at = next(found for name in (b"Info", b"Xing") if (found := data.find(name)) > 0)
    lame = data.index(b"LAME", at)
    data[at + 30] ^= 0xFF  # within the table of contents
    path.write_bytes(data)
    changed = identify(str(path))
    assert (changed.audio_id, changed.format) == (expected.audio_id, expected.format)
    data[lame + 22] ^= 0x10
    path.write_bytes(data)
    assert identify(str(path)).audio_id != expected.audio_id
    with av.open(str(path)) as container:
        frames = b"".join(bytes(packet) for packet in container.demux(audio=0) if packet.size)
    (tmp_path / "bare.mp3").write_bytes(frames)
    found = identify(str(tmp_path / "bare.mp3"))
    assert found.audio_id.startswith("a1-")
    assert found.format.payload_bytes == identify(str(path)).format.payload_bytes


def test_start_of_an_mp4_changes_the_id(tmp_path: Path) -> None:
    path = original(tmp_path, "m4a")
    plain = identify(str(path)).audio_id
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 16
    data[at : at + 4] = struct.pack(">I", 1024)
    (tmp_path / "later.m4a").write_bytes(data)
    assert identify(str(tmp_path / "later.m4a")).audio_id != plain
    # Without an edit list it begins where iTunes says; a copy has an edit list that says the same.
    path.write_bytes(path.read_bytes().replace(b"edts", b"free"))
    assert identify(str(path)).audio_id == plain
    tags = MP4(path)
    tags["----:com.apple.iTunes:iTunSMPB"] = [b" 00000000 00000400 00000000 0000000000005622 00000000 00000000"]
    tags.save()
    assert identify(str(path)).audio_id == identify(str(tmp_path / "later.m4a")).audio_id


@pytest.mark.parametrize(
    ("extension", "length_s"),
    [("flac", 2.0), ("m4a", 2.0), ("m4b", 2.0), ("ogg", 2.0), ("opus", 2.0), ("wv", 2.0), ("mka", 2.0), ("wav", None)],
)
def test_identity_contains_the_length_stated_by_headers(tmp_path: Path, extension: str, length_s: float | None) -> None:
    found = identify(str(original(tmp_path, extension, 2.0)))
    assert found.length_s == (None if length_s is None else pytest.approx(length_s, abs=0.06))


def _mp4(edits: bytes) -> bytes:
    """A track of four samples, 4,608 units of 1/44,100 s long, in a movie that counts milliseconds."""
    entry = box(b".mp3", bytes(7), b"\1", bytes(8), struct.pack(">HHHHI", 2, 16, 0, 0, 44100 << 16))
    samples = [bytes([number] * (number + 1)) for number in range(4)]

    def movie(offset: int) -> bytes:
        tables = box(
            b"stbl",
            box(b"stsd", struct.pack(">II", 0, 1), entry),
            box(b"stts", struct.pack(">IIII", 0, 1, 4, 1152)),
            box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 4, 1)),
            box(b"stsz", struct.pack(">III4I", 0, 0, 4, *map(len, samples))),
            box(b"stco", struct.pack(">III", 0, 1, offset)),
        )
        header = box(b"mdhd", bytes(12), struct.pack(">III", 44100, 4608, 0))
        media = box(b"mdia", header, box(b"hdlr", bytes(8), b"soun", bytes(13)), box(b"minf", tables))
        clock = box(b"mvhd", bytes(12), struct.pack(">II", 1000, 104))
        return box(b"moov", clock, box(b"trak", box(b"edts", box(b"elst", edits)), media))

    return movie(len(movie(0)) + 8) + box(b"mdat", *samples)


def _edits(*rows: tuple[int, int, int], wide: bool = False) -> bytes:
    kind = ">QqI" if wide else ">IiI"
    return bytes([wide, 0, 0, 0]) + struct.pack(">I", len(rows)) + b"".join(struct.pack(kind, *row) for row in rows)


def _ogg(*packets: bytes) -> bytes:
    """Each packet in a page of its own."""
    pages = []
    for number, packet in enumerate(packets):
        head = b"OggS" + struct.pack("<BBqIII", 0, 2 * (number == 0), 160 * number, 7, number, 0)
        page = head + bytes([1, len(packet)]) + packet
        pages.append(page[:22] + page_checksum(page).to_bytes(4, "little") + page[26:])
    return b"".join(pages)


def _speex(further_headers: int) -> bytes:
    numbers = (1, 80, 16000, 1, 4, 1, 0, 320, 0, 1, further_headers, 0, 0)
    return _ogg(b"Speex   1.2".ljust(28, b"\0") + struct.pack("<13I", *numbers), b"comment", b"third", b"fourth")


NORMAL = 1 << 16


@pytest.mark.parametrize(
    ("content", "audio_id"),
    [
        (_mp4(_edits((104, 0, NORMAL))), "a2-47a53e5144203866b9985cd1b831f103"),
        (_mp4(_edits((80, 1105, NORMAL))), "a2-e693a5fafdcf732a681ce37bfccd6ff7"),
        (_mp4(_edits((50, 0, NORMAL))), "a2-4dca732e4b01d4752da847bacb94a618"),
        (_mp4(_edits((30, -1, NORMAL), (50, 0, NORMAL))), "a2-4dca732e4b01d4752da847bacb94a618"),
        (_mp4(_edits((50, 0, NORMAL), wide=True)), "a2-4dca732e4b01d4752da847bacb94a618"),
        (_mp4(_edits((50, 0, NORMAL), (20, 2000, NORMAL))), "a2-777f4d16c6235cf3478314bb2ed5a0d2"),
        (_mp4(_edits((50, 0, 2 * NORMAL))), "a2-87476abf384877c94463e03703998462"),
        (_speex(0), "a2-c5554ac644f3fd844d65a7526fc038ec"),
        (_speex(1), "a2-7b692583d31e6e757605f8bf53df142b"),
        (_speex(1) + b"OggS" + bytes(9), "a2-7b692583d31e6e757605f8bf53df142b"),
    ],
    ids=["whole", "later", "early end", "pause", "wide", "parts", "double", "speex", "speex headers", "speex cut"],
)
def test_ids_stay_between_versions(tmp_path: Path, content: bytes, audio_id: str) -> None:
    (tmp_path / "a").write_bytes(content)
    assert identify(str(tmp_path / "a")).audio_id == audio_id
