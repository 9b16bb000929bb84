"""Every format through the whole command: found, analysed once, and known again when moved, renamed or retagged."""

import json
import shutil
import subprocess
from pathlib import Path

import mutagen
import pytest
from audio_files import ENCODED, EXTENSIONS, NEEDS_FFMPEG, make, noise, torture
from conftest import Run

from map4.core.music.analysis.audio import AudioFormat

# mutagen has no writer for these containers.
UNTAGGABLE = ("aac",)
# Suffixes by FFmpeg's encoder and format, and files of ../shared/torture.
_LATER = {
    "-f ipod -c:a aac": "3ga m4r", "-f ac3": "ac3", "-f eac3": "eac3", "-f au": "au snd", "-f caf": "caf",
    "-f mlp -ar 48000 -strict -2": "mlp", "-f truehd -ar 48000 -strict -2": "thd", "-f dts -ar 48000 -strict -2": "dts",
    "-f matroska -c:a flac": "mka", "-f mp2 -ar 48000": "mp2", "-f rm -c:a real_144": "ra", "-f voc": "voc",
    "-f wav -rf64 always": "rf64", "-f spx -c:a libspeex": "spx", "-f w64": "w64",
    "-f webm -c:a libopus -ar 48000": "weba webm",
}  # fmt: skip
_LATER_FILES = {"tak": "silence-44-s.tak"}
_NO_ENCODER = {"amr", "dff", "mp1", "oma", "shn"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of each suffix, none with the same audio as another."""
    folder = tmp_path_factory.mktemp("formats")
    for index, extension in enumerate(ENCODED):
        make(folder / f"song.{extension}", noise(1.5, seed=index))
    return folder


def scan(inside: Run, *arguments: object) -> dict[str, int]:
    return json.loads(inside("scan", "--json", *arguments).stdout)


def retag(path: Path) -> None:
    """Write a title, and something large enough that nothing stays where it was."""
    audio = mutagen.File(path, easy=False)
    if audio.tags is None:
        audio.add_tags()
    text = "a new title " * 400
    kind = type(audio.tags).__name__
    if "ID3" in kind:
        audio.tags.add(mutagen.id3.TIT2(encoding=3, text=[text]))
    elif "MP4" in kind:
        audio.tags["\xa9nam"] = [text]
    else:
        audio.tags["Title"] = text
    audio.save()


def test_tests_cover_every_suffix() -> None:
    assert set(EXTENSIONS) == AudioFormat.EXTENSIONS - AudioFormat.LATER_EXTENSIONS
    encoded = {suffix for suffixes in _LATER.values() for suffix in suffixes.split()}
    assert encoded | set(_LATER_FILES) | _NO_ENCODER == AudioFormat.LATER_EXTENSIONS | {"webm"}


@pytest.mark.contract
@NEEDS_FFMPEG
def test_audio_in_rarer_kinds_of_files_is_scanned(inside: Run, tmp_path: Path) -> None:
    sources = ["-f", "lavfi", "-i", "anoisesrc=duration=1.5:amplitude=.3:r=8000"]
    for how, suffixes in _LATER.items():
        for number, suffix in enumerate(suffixes.split()):
            words = [*how.split(), "-t", f"1.{number + 1}", str(tmp_path / f"song.{suffix}")]
            subprocess.run(["ffmpeg", "-v", "error", *sources, *words], check=True)
    for suffix, name in _LATER_FILES.items():
        shutil.copyfile(torture(name), tmp_path / f"song.{suffix}")
    summary = scan(inside, tmp_path)
    assert (summary["failed"], summary["found"]) == (0, len(AudioFormat.LATER_EXTENSIONS - _NO_ENCODER) + 1)


def test_every_format_is_known_after_move_and_retagging(inside: Run, folder: Path, tmp_path: Path) -> None:
    music = tmp_path / "music"
    shutil.copytree(folder, music)
    first = scan(inside, music)
    assert (first["analysed"], first["failed"]) == (len(ENCODED), 0)
    retagged = [path for path in music.iterdir() if path.suffix[1:] not in UNTAGGABLE]
    for path in retagged:
        retag(path)
    second = scan(inside, music)
    assert (second["analysed"], second["retagged"], second["failed"]) == (0, len(retagged), 0)
    for path in list(music.iterdir()):
        path.rename(music / f"renamed {path.name}".upper())
    third = scan(inside, music)
    assert (third["analysed"], third["moved"], third["missing"]) == (0, len(ENCODED), 0)
    titles = [json.loads(line)["tags"]["title"] for line in inside("scan", "--jsonl", music).stdout.splitlines()[:-1]]
    assert sum(bool(title) and title.startswith("a new title") for title in titles) == len(retagged)


@pytest.mark.world
def test_every_awkward_file_gives_an_analysis_or_one_error(inside: Run, shared: Path) -> None:
    files = sorted(path for path in (shared / "torture").iterdir() if path.name != "README.md")
    result = inside("scan", "--jsonl", "--files-from", "-", input="\n".join(map(str, files)))
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert sorted(record["path"] for record in records[:-1]) == [str(path) for path in files]
    assert {record["state"] for record in records[:-1]} == {"ok", "failed"}
    assert result.returncode == 3
    assert "Traceback" not in result.stderr
    assert records[-1]["found"] == len(files)
