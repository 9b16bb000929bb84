"""Albums and genres in order, by the commands that the doctor prints, and back, in files of several formats."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mutagen
import pytest
from audio_files import make, noise
from conftest import Run
from mutagen.id3 import ID3, TALB, TCON, TDRC, TIT2, TPE1, TRCK

SAMPLER = (("Ann", "mp3", "Drum & Bass"), ("Bob", "flac", "drum and bass"), ("Cid", "m4a", "Drum & Bass"),
           ("Dee", "ogg", "Drum & Bass"))  # fmt: skip


def write(path: Path, **values: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    make(path, noise(0.5 + 0.01 * values["track"]))
    if path.suffix == ".mp3":
        tags = ID3()
        names = {"artist": TPE1, "title": TIT2, "album": TALB, "track": TRCK, "year": TDRC, "genre": TCON}
        for name, value in values.items():
            tags.add(names[name](encoding=3, text=[str(value)]))
        tags.save(path)
        return
    names = {"track": "tracknumber", "year": "date"}
    file = mutagen.File(path, easy=True)
    for name, value in values.items():
        file[names.get(name, name)] = [str(value)]
    file.save()


@pytest.fixture
def music(tmp_path: Path) -> Path:
    for number, (artist, end, genre) in enumerate(SAMPLER, 1):
        path = tmp_path / "music" / "Sampler" / f"{number:02} {artist}.{end}"
        write(path, artist=artist, title=f"By {artist}", album="Sampler", track=number, year=2005, genre=genre)
    return tmp_path / "music"


def findings(inside: Run) -> Iterator[tuple[str, list[str]]]:
    for line in inside("doctor", "--only", "albums", "--only", "genres", "--jsonl").stdout.splitlines():
        finding = json.loads(line)
        yield finding["check"], [choice["command"] for choice in finding["choices"]]


def test_printed_commands_repair_albums_and_can_be_undone(inside: Run, music: Path) -> None:
    before = {path: path.read_bytes() for path in music.rglob("*.*")}
    assert inside("scan", str(music)).returncode == 0
    found = dict(findings(inside))
    assert [*found] == ["album_artist_missing", "cover_missing", "genre_spellings"]
    shown = inside("doctor", "--only", "albums", "--only", "genres")
    assert "Sampler: 4 artists and no album artist\n" in shown.stdout
    assert "albums without a cover: 1 album " in shown.stdout
    assert inside("doctor", "--apply", "album_artist_missing", "--apply", "genre_spellings", "--yes").returncode == 0
    assert [check for check, _ in findings(inside)] == ["cover_missing"]

    written = inside("tags", "write", "--query", "is:set", "--album-artist", "--genre")
    assert written.returncode == 0, written.stderr
    names = {".mp3": "TPE2", ".flac": "albumartist", ".m4a": "aART", ".ogg": "albumartist"}
    for path in before:
        stored = mutagen.File(path).tags[names[path.suffix]]
        assert (stored.text if path.suffix == ".mp3" else stored) == ["Various Artists"]
    assert mutagen.File(music / "Sampler" / "02 Bob.flac")["genre"] == ["Drum & Bass"]
    assert inside("tags", "undo").returncode == 0
    assert {path: path.read_bytes() for path in before} == before
    assert inside("set", "undo").returncode == 0
    assert dict(findings(inside)) == found


@pytest.mark.world
def test_one_genre_of_several_is_respelled(inside: Run, music: Path) -> None:
    inside("scan", str(music))
    inside("set", str(music / "Sampler" / "03 Cid.m4a"), "genre=House; DnB")
    result = inside("set", "--query", "genre:dnb or genre:house", "--respell", "genre=Drum & Bass", "--json")
    assert [change["new"] for change in json.loads(result.stdout)["changes"]] == ["House; Drum & Bass"]
    refused = inside("set", str(music), "--respell", "year=1999")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "respell needs a genre" in refused.stderr
