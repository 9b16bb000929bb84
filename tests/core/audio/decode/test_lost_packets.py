"""What headers claim to be missing is silence only as far as packets are missing."""

import struct
from pathlib import Path

import numpy as np
import pytest
from audio_files import make, noise
from mutagen.flac import FLAC

from map4.core.audio.decode import lost_packets, open_audio
from map4.core.audio.identity.ogg import page_checksum

RATE_HZ = 44_100


def length_of(path: Path, data: bytes | bytearray) -> tuple[float, list[str]]:
    """Seconds that a file decodes to, and its flags."""
    path.write_bytes(data)
    with open_audio(str(path)) as stream:
        n = sum(len(block) for block in stream.blocks())
        return n / stream.sample_rate_hz, stream.flags


@pytest.mark.parametrize("rate_hz", [1, 3, 655_350])
def test_wrong_sample_rate_adds_no_silence_to_a_flac(tmp_path: Path, rate_hz: int) -> None:
    path = make(tmp_path / "a.flac", noise(4.0))
    data = bytearray(path.read_bytes())
    packed = int.from_bytes(data[18:26], "big") & ~(0xFFFFF << 44) | rate_hz << 44
    data[18:26] = packed.to_bytes(8, "big")
    found_s, _ = length_of(path, data)
    assert found_s == pytest.approx(4.0, abs=0.01)
    path.write_bytes(data)
    assert FLAC(path).info.sample_rate == rate_hz


@pytest.mark.parametrize("extension", ["ogg", "oga", "opus"])
def test_wrong_positions_add_no_silence_to_an_ogg(tmp_path: Path, extension: str) -> None:
    path = make(tmp_path / f"a.{extension}", noise(6.0))
    data = bytearray(path.read_bytes())
    expected_s, _ = length_of(path, data)
    starts, at = [], 0
    while (at := data.find(b"OggS", at)) >= 0:
        starts.append(at)
        at += 4
    for start, stop in zip(starts[4:], [*starts[5:], len(data)], strict=True):  # each a quarter of an hour later
        granule = struct.unpack("<q", data[start + 6 : start + 14])[0]
        data[start + 6 : start + 14] = struct.pack("<q", granule + (start % 7 + 1) * 900 * RATE_HZ)
        data[start + 22 : start + 26] = struct.pack("<I", page_checksum(bytes(data[start:stop])))
    found_s, _ = length_of(path, data)
    assert found_s == pytest.approx(expected_s, abs=0.1)


def test_lost_packet_is_at_most_as_long_as_the_others(tmp_path: Path) -> None:
    path = make(tmp_path / "a.m4a", noise(6.0))
    data = bytearray(path.read_bytes())
    expected_s, _ = length_of(path, data)
    at = data.index(b"stts") + 12
    n = struct.unpack(">I", data[at : at + 4])[0]
    data[at : at + 8] = struct.pack(">II", n, 100 * RATE_HZ)  # every packet lasts 100 s
    data = data.replace(b"edts", b"free")
    rng = np.random.default_rng(5)
    for place in range(9_000, 60_000, 9_000):
        data[place : place + 300] = rng.bytes(300)
    found_s, flags = length_of(path, data)
    assert "damaged" in flags
    assert found_s < expected_s + 1.0


def test_lost_flac_frames_become_silence_of_their_length(tmp_path: Path) -> None:
    path = make(tmp_path / "a.flac", noise(8.0))
    data = bytearray(path.read_bytes())
    data[200_000:300_000] = bytes(100_000)
    found_s, flags = length_of(path, data)
    assert flags == ["damaged"]
    assert found_s == pytest.approx(8.0, abs=0.1)


def test_lost_time_does_not_depend_on_the_batch_size(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    packets, position = [], 0
    for size in rng.integers(100, 900, 200).tolist():
        packets.append((position, size))
        position += size + (5000 if rng.random() < 0.1 else 0)
    taken = []
    for most in (1, 7, 1000):
        monkeypatch.setattr(lost_packets, "_MOST_NOTED", most)
        lost = lost_packets.LostPackets()
        for number, (at, size) in enumerate(packets):
            lost.note(at, size, 0 if number % 50 == 49 else 1, 0.025)
            if number % 50 == 49:
                lost.failed(size)
        taken.append((lost.take(0.3), lost.take(1e6), lost.take(1.0)))
    assert taken[0] == taken[1] == taken[2]
    assert taken[0][0] == 0.3
    assert taken[0][1] > 0.3
    assert taken[0][2] == 0.0
