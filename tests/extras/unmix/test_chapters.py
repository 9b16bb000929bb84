"""Copies of recordings with chapters, read by FFmpeg and by mutagen; the sound is the same to the byte."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from audio_files import NEEDS_FFMPEG, make, noise
from extras.unmix.unmixed_by_hand import LENGTH_S, played, recorded_set
from mutagen.id3 import CHAP, ID3, TIT2
from mutagen.mp4 import MP4, MP4Cover

from map4.errors import Map4Error, UsageError
from map4.extras.shared.chapters import chapter_writer
from map4.extras.unmix.set_marks import set_marks

NAMES = [played(f"/m/{name}.mp3", title=f"{name} ♫", artist="Ann") for name in "ABC"]
WANTED = [
    (0.0, 5.5, "Ann - A ♫"), (5.5, 10.0, "Ann - B ♫"), (10.0, 13.0, "Unknown"), (13.0, 16.0, "Ann - C ♫"),
    (16.0, LENGTH_S, "Ann - A ♫"),
]  # fmt: skip


def _recording(folder: Path, suffix: str) -> Path:
    path = folder / f"set.{suffix}"
    if suffix == "mka":
        made = make(folder / "set.flac", noise(LENGTH_S))
        subprocess.run(["ffmpeg", "-v", "error", "-i", made, "-c", "copy", path], check=True)
        return path
    return make(path, noise(LENGTH_S))


def _copy(path: Path) -> Path:
    copy = path.with_name(f"copy{path.suffix}")
    with copy.open("wb") as out:
        chapter_writer(str(path))(out, set_marks(recorded_set(str(path), *NAMES)))
    return copy


def _told(path: Path) -> list[tuple[float, float, str]]:
    command = ["ffprobe", "-v", "error", "-show_chapters", "-of", "json", path]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["chapters"]
    return [(float(chapter["start_time"]), float(chapter["end_time"]), chapter["tags"]["title"]) for chapter in found]


def _sound(path: Path) -> str:
    command = ["ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-c", "copy", "-f", "md5", "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.world
@NEEDS_FFMPEG
@pytest.mark.parametrize("suffix", ["mp3", "m4a", "mka"])
def test_a_copy_has_the_chapters_and_the_same_sound(tmp_path: Path, suffix: str) -> None:
    path = _recording(tmp_path, suffix)
    before = hashlib.sha256(path.read_bytes()).digest()
    copy = _copy(path)
    assert [(pytest.approx(a, abs=0.011), pytest.approx(b, abs=0.011), name) for a, b, name in _told(copy)] == WANTED
    assert _sound(copy) == _sound(path)
    assert hashlib.sha256(path.read_bytes()).digest() == before


@pytest.mark.world
def test_id3_tag_keeps_its_version_and_texts_with_chapters(tmp_path: Path) -> None:
    path = _recording(tmp_path, "mp3")
    for version in (3, 4):
        tags = ID3()  # type: ignore[no-untyped-call]
        tags.add(TIT2(encoding=1, text=["My set"]))  # type: ignore[no-untyped-call]
        tags.add(CHAP(element_id="old", start_time=0, end_time=9, sub_frames=[]))  # type: ignore[no-untyped-call]
        tags.save(path, v2_version=version)
        copy = _copy(path)
        found = ID3(copy, translate=False)  # type: ignore[no-untyped-call]
        assert (found.version[:2], found["TIT2"].text) == ((2, version), ["My set"])
        chapters = sorted(found.getall("CHAP"), key=lambda chapter: chapter.start_time)
        assert [chapter.sub_frames["TIT2"].text[0] for chapter in chapters] == [name for *_, name in WANTED]
        assert found.getall("CTOC")[0].child_element_ids == [chapter.element_id for chapter in chapters]
        assert copy.read_bytes()[found.size :] == path.read_bytes()[ID3(path).size :]  # type: ignore[no-untyped-call]


@pytest.mark.world
@NEEDS_FFMPEG
def test_tags_and_covers_of_mp4_stay(tmp_path: Path) -> None:
    path = _recording(tmp_path, "m4a")
    tags = MP4(path)
    tags["\xa9nam"], tags["----:com.apple.iTunes:LABEL"] = ["My set"], [b"A label"]
    tags["covr"] = [MP4Cover(b"\xff\xd8\xff\xe0 a picture", MP4Cover.FORMAT_JPEG)]
    tags.save()
    copy = _copy(path)
    assert dict(MP4(copy).tags) == dict(MP4(path).tags)
    assert [name for *_, name in _told(copy)] == [name for *_, name in WANTED]
    assert _sound(copy) == _sound(path)


def test_unsupported_or_damaged_recordings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"set\.wav can't have chapters; only mp3, .* can\. Write a CUE sheet"):
        chapter_writer(str(tmp_path / "set.wav"))
    broken = tmp_path / "set.m4a"
    broken.write_bytes(b"no music")
    with pytest.raises(Map4Error, match=r"set\.m4a can't be copied with chapters"):
        _copy(broken)
