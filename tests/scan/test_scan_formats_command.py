"""Every format through the whole command: found, analysed once, and known again when moved, renamed or retagged."""

import json
import shutil
from pathlib import Path

import mutagen
import pytest
from audio_files import ENCODED, EXTENSIONS, make, noise
from conftest import Run

from map4.core.music.analysis.audio import AudioFormat

# mutagen has no writer for these containers.
UNTAGGABLE = ("aac",)


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
    assert set(EXTENSIONS) == set(AudioFormat.EXTENSIONS)


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
