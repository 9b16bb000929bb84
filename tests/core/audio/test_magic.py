"""The table of containers, row by row, with a file of each: who identifies it, and what its damage is called."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from audio_files import make, noise, torture

from map4.core.audio.decode import open_audio
from map4.core.audio.identity import READERS, identify
from map4.core.audio.magic import CONTAINERS, container_of
from map4.errors import FileError


def encoded(name: str) -> Callable[[Path], Path]:
    return lambda folder: make(folder / name)


def written(container: str, subtype: str = "PCM_16") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "a"
        soundfile.write(path, noise(0.5, sr=22050, channels=1), 22050, format=container, subtype=subtype)
        return path

    return write


def bytes_of(data: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / "a").write_bytes(data)
        return folder / "a"

    return write


def given(name: str) -> Callable[[Path], Path]:
    return lambda folder: torture(name)


RIFX = b"RIFX" + bytes(4) + b"WAVEfmt " + struct.pack(">IHHIIHH", 16, 1, 2, 44100, 176400, 4, 16)
RIFX += b"data" + struct.pack(">I", 4000) + bytes(4000)
AMR = b"#!AMR\n" + (b"\x3c" + bytes(31)) * 50

# Each row of the table: what files of it begin with, and where one comes from; FFmpeg has no free encoder of DTS.
ROWS: list[tuple[str, bytes, Callable[[Path], Path] | None]] = [
    ("flac", b"fLaC", encoded("a.flac")),
    ("wav", b"RIFF\x24\1\0\0WAVE", encoded("a.wav")),
    ("wav", b"RF64\xff\xff\xff\xffWAVE", written("RF64")),
    ("wav", b"RIFX\0\0\1\x24WAVE", bytes_of(RIFX)),
    ("wav", b"BW64\xff\xff\xff\xffWAVE", bytes_of(b"BW64" + RIFX[4:12] + b"fmt " + struct.pack(
        "<IHHIIHH", 16, 1, 2, 44100, 176400, 4, 16) + b"data" + struct.pack("<I", 4000) + bytes(4000))),
    ("aiff", b"FORM\0\0\1\x24AIFF", encoded("a.aif")),
    ("aiff", b"FORM\0\0\1\x24AIFC", encoded("a.aifc")),
    ("ogg", b"OggS", encoded("a.ogg")),
    ("ape", b"MAC ", encoded("a.ape")),
    ("wavpack", b"wvpk", encoded("a.wv")),
    ("tta", b"TTA1", encoded("a.tta")),
    ("musepack", b"MP+\7", given("click.mpc")),
    ("musepack", b"MPCK", given("sv8_header.mpc")),
    ("dsf", b"DSD ", encoded("a.dsf")),
    ("mp4", b"\0\0\0\x20ftypM4A ", encoded("a.m4a")),
    ("mpeg", b"\xff\xfb\x90\0", encoded("a.mp3")),
    ("mpeg", b"\xff\xf1\x50\x80", encoded("a.aac")),
    ("w64", b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb", encoded("a.w64")),
    ("asf", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", encoded("a.wma")),
    ("matroska", b"\x1a\x45\xdf\xa3", encoded("a.mka")),
    ("ac3", b"\x0b\x77", given("silence-44-s.ac3")),
    ("tak", b"tBaK", given("silence-44-s.tak")),
    ("dff", b"FRM8", given("5644800-2ch-s01-silence.dff")),
    ("realmedia", b".RMF\0\0\0\x12", encoded("a.rm")),
    ("caf", b"caff\0\1", encoded("a.caf")),
    ("au", b".snd", written("AU")),
    ("amr", b"#!AMR\n", bytes_of(AMR)),
    ("dts", b"\x7f\xfe\x80\x01", None),
    ("iff", b"FORM\0\0\1\x2416SV", written("SVX")),
    ("voc", b"Creative Voice File\x1a", written("VOC")),
    ("paf", b" paf", encoded("a.paf")),
    ("mat", b"MATLAB 5.0", written("MAT5")),
    ("nist", b"NIST_1A\n", written("NIST")),
    ("pvf", b"PVF1\n", written("PVF")),
    ("avr", b"2BIT", written("AVR")),
    ("wve", b"ALawSoundFile**\0", written("WVE", "ALAW")),
    ("xi", b"Extended Instrument:", written("XI", "DPCM_16")),
    ("ircam", b"\x64\xa3\3\0", written("IRCAM")),
    ("sds", b"\xf0\x7e\0\1", written("SDS")),
    ("mpc2k", b"\x01\x04", written("MPC2K")),
]  # fmt: skip
READABLE = [row for row in ROWS if row[2] is not None]


def row_id(row: tuple[str, bytes, object]) -> str:
    return f"{row[0]} {row[1][:4]!r}"


def test_containers_have_test_rows_and_other_first_bytes_name_none() -> None:
    assert list(dict.fromkeys(row.name for row in CONTAINERS)) == list(dict.fromkeys(name for name, _, _ in ROWS))
    assert {row.name for row in CONTAINERS if row.identified_by == "reader"} == set(READERS)
    for head in (b"", b"hello, this is a letter", bytes(32), b"RIFF\x24\0\0\0AVI LIST", b"wvPk", b"\x89PNG\r\n\x1a\n"):
        assert container_of(head) is None


@pytest.mark.parametrize(("name", "magic", "source"), READABLE, ids=map(row_id, READABLE))
def test_first_bytes_give_container(tmp_path: Path, name: str, magic: bytes, source: Callable[[Path], Path]) -> None:
    path = source(tmp_path)
    head = path.read_bytes()[:32]
    container = container_of(head)
    assert (container.name, container) == (name, container_of(magic))
    assert identify(str(path)).format.payload_bytes > 0


@pytest.mark.parametrize(("name", "magic", "source"), ROWS, ids=map(row_id, ROWS))
def test_unreadable_audio_header_is_corrupt(tmp_path: Path, name: str, magic: bytes, source: object) -> None:
    container = container_of(magic)
    (tmp_path / "a").write_bytes(magic + b"\x55" * 3000)
    with pytest.raises(FileError) as caught, open_audio(str(tmp_path / "a")):
        pass
    assert caught.value.kind == ("corrupt" if container.is_certain else "unsupported")
