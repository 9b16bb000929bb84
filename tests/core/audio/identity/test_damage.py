"""Of anything that lies in a folder, identify gives an Identity or a FileError, soon and without side effects."""

import errno
import os
import time
from pathlib import Path

import pytest
from audio_files import BORROWED, ENCODED, TORTURE, make, mp4_file, noise, torture
from examples_tried import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from map4.core.audio.identity import identify
from map4.core.music.analysis.audio import Identity
from map4.errors import FileError


def refusal(path: Path | str) -> str:
    with pytest.raises(FileError) as caught:
        identify(str(path))
    return caught.value.kind


@pytest.mark.parametrize("extension", ["flac", "wma", "paf"])  # own reader, PyAV, soundfile
def test_file_on_a_failing_disk_gets_no_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extension: str) -> None:
    path = make(tmp_path / f"a.{extension}", noise(10.0))
    assert path.stat().st_size > 100_000
    read = os.read

    def failing(fd: int, count: int) -> bytes:
        if os.lseek(fd, 0, os.SEEK_CUR) > 20_000:
            raise OSError(errno.EIO, "Input/output error")
        return read(fd, count)

    monkeypatch.setattr(os, "read", failing)
    assert refusal(path) == "unreadable"


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"", "a.mp3", "corrupt"),
        (b"no audio, just a text\n" * 50, "a.mp3", "unsupported"),
        (b"no audio, just a text\n" * 50, "a.txt", "unsupported"),
        (bytes(5000), "a.mp3", "unsupported"),
        (b"\xff" * 300_000, "a.mp3", "unsupported"),
        (b"\xff\xfb\x90\x00" * 2, "a.mp3", "unsupported"),
        (b"ID3\x04\0\0\x7f\x7f\x7f\x7f", "a.mp3", "unsupported"),
        (b"fLaC", "a.flac", "corrupt"),
        (b"#EXTM3U\n#EXTINF:1,\nhttp://localhost:9/a.mp3\n", "a.m3u8", "unsupported"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "a.mp3", "unsupported"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "a.png", "unsupported"),
    ],
)
def test_files_without_audio_are_refused_by_kind(tmp_path: Path, data: bytes, name: str, kind: str) -> None:
    (tmp_path / name).write_bytes(data)
    assert refusal(tmp_path / name) == kind


def test_every_awkward_file_is_identified_or_refused() -> None:
    torture("README.md")
    kinds = {}
    for path in sorted(TORTURE.iterdir()):
        try:
            found = identify(str(path))
        except FileError as error:
            kinds[path.name] = error.kind
        else:
            kinds[path.name] = "ok"
            assert isinstance(found, Identity)
    assert {name for name, kind in kinds.items() if kind == "corrupt"} == {
        "2822400-1ch-0s-silence.dff", "2822400-1ch-0s-silence.dsf", "emptyfile.mp3", "nero-chapters.m4b",
        "ooming-header.flac", "with-id3.dsf", "without-id3.dsf",
    }  # fmt: skip
    # Nothing that mutagen calls an MP3, a FLAC, an Ogg or an MP4 with sound in it is refused.
    assert not {
        name for name, kind in kinds.items() if kind == "unsupported" and name.endswith((".mp3", ".flac", ".m4a"))
    }


SMALL = [*ENCODED, *BORROWED]
PIECES = st.lists(
    st.tuples(
        st.sampled_from(["overwrite", "cut", "drop", "insert", "repeat"]),
        st.floats(0, 1),
        st.sampled_from(
            [b"\0", b"\xff" * 4, b"\0\0\0\1", b"\x7f\xff\xff\xff", b"OggS", b"TAG", b"\x80", b"moov", b"APETAGEX"]
        ),
        st.integers(1, 300),
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("small")
    files = {extension: make(folder / f"a.{extension}", noise(0.1)).read_bytes() for extension in ENCODED}
    files |= {extension: make(folder / f"a.{extension}").read_bytes()[:20_000] for extension in BORROWED}
    return {**files, "handmade.mp4": mp4_file([[b"abc", b"defg"], [bytes(50)]])}


def mutate(data: bytes, changes: list[tuple[str, float, bytes, int]]) -> bytes:
    for what, place, value, count in changes:
        # Headers are where it hurts: half of all changes fall into the first kilobyte or the last.
        at = int(place * 2 * len(data)) if place < 0.5 else int((place - 0.5) * 2048)
        at = min(at, len(data)) if place < 0.75 else max(0, len(data) - at)
        if what == "overwrite":
            data = data[:at] + value + data[at + len(value) :]
        elif what == "cut":
            data = data[:at]
        elif what == "drop":
            data = data[:at] + data[at + count :]
        elif what == "insert":
            data = data[:at] + value + data[at:]
        else:
            data = data[:at] + data[at : at + count] * 2 + data[at + count :]
    return data


@settings(max_examples=examples(200), derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(extension=st.sampled_from([*SMALL, "handmade.mp4"]), changes=PIECES)
def test_damaged_files_are_identified_or_refused(
    originals: dict[str, bytes], tmp_path: Path, extension: str, changes: list[tuple[str, float, bytes, int]]
) -> None:
    path = tmp_path / f"damaged.{extension}"
    path.write_bytes(mutate(originals[extension], changes))
    begin = time.monotonic()
    try:
        outcome = "ok" if identify(str(path)).format.payload_bytes <= path.stat().st_size else "too much"
    except FileError as error:
        outcome = error.kind
    assert outcome in ("ok", "corrupt", "unsupported")
    assert time.monotonic() - begin < 5  # never a hang: these files have a few kilobytes


def test_a_damaged_mp3_keeps_an_id(tmp_path: Path) -> None:
    data = bytearray(make(tmp_path / "a.mp3", noise(5.0)).read_bytes())
    data[0:600] = bytes(600)
    for at in range(1000, len(data), 2000):
        data[at : at + 200] = bytes(200)
    (tmp_path / "b.mp3").write_bytes(data)
    assert identify(str(tmp_path / "b.mp3")).format.codec == "mp3"


@pytest.mark.skipif(not hasattr(os.stat_result, "st_blocks"), reason="the system does not say what is on the disk")
def test_large_file_of_holes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF\xff\xff\xff\xffWAVEfmt ")
    os.truncate(path, 20 << 30)
    with pytest.raises(FileError, match="only of holes"):
        identify(str(path))
