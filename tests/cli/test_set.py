"""`map4 set`: values of one's own, that stay with the music."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import mutagen.wave
import pytest
from click.testing import CliRunner
from conftest import Run, write_clicks

from map4.cli.main import cli
from map4.errors import UsageError
from map4.infra.sqlite.database import Database
from map4.schemas import schema_text


@pytest.fixture
def scanned(map4: Run, tmp_path: Path) -> Path:
    """A folder of three files that are long enough to have a tempo, scanned."""
    folder = tmp_path / "music"
    (folder / "sub").mkdir(parents=True)
    for name, bpm in (("one.wav", 120), ("two.wav", 100), ("sub/four.wav", 140)):
        write_clicks(folder / name, bpm, seconds=8.0)
    assert map4("scan", folder).returncode == 0
    return folder


def tempo(map4: Run, path: Path) -> tuple[float, str]:
    [track] = json.loads(map4("search", "--json", f'path:"{path}"').stdout)["tracks"]
    return track["tempo"]["bpm"], track["tempo"]["source"]


def test_a_value_survives_analysis_move_and_tags_and_can_be_taken_back(map4: Run, scanned: Path) -> None:
    one = scanned / "one.wav"
    result = map4("set", one, "bpm=87,5", "key=Em")
    assert (result.returncode, result.stderr) == (0, "2 values changed\n")
    assert f"{one}: bpm " in result.stdout
    assert " → 87.5\n" in result.stdout
    assert result.stdout.endswith(" → 9A\n")
    assert tempo(map4, one) == (87.5, "user")
    assert map4("search", "is:set", "--paths").stdout == f"{one}\n"
    assert map4("search", "bpm:87.5 key:9A", "--paths").stdout == f"{one}\n"
    moved = scanned / "sub" / "moved.wav"
    one.rename(moved)
    tags = mutagen.wave.WAVE(moved)
    tags.add_tags()
    tags.tags.add(mutagen.id3.TBPM(encoding=3, text="101"))  # type: ignore[attr-defined]
    tags.save()
    map4("scan", scanned)
    map4("scan", scanned, "--force")
    assert tempo(map4, moved) == (87.5, "user")
    assert map4("set", moved, "--unset", "bpm").stdout.startswith(f"{moved}: bpm 87.5 → ")
    assert tempo(map4, moved)[1] == "measured"
    assert map4("search", "is:set", "--paths").stdout == f"{moved}\n"  # the key still is
    assert map4("set", moved, "--unset", "key").returncode == 0
    assert map4("search", "is:set").returncode == 4


def test_half_and_double_of_several_and_a_dry_run(map4: Run, scanned: Path) -> None:
    before = tempo(map4, scanned / "two.wav")[0]
    planned = map4("set", scanned / "two.wav", scanned / "sub", "--half", "-n")
    assert (planned.returncode, planned.stdout.count(" → "), planned.stderr) == (0, 2, "2 values would change\n")
    assert tempo(map4, scanned / "two.wav") == (before, "measured")
    document = json.loads(map4("set", scanned / "two.wav", scanned / "sub", "--half", "--json").stdout)
    jsonschema.validate(document, json.loads(schema_text("set")))
    assert [change["new"] / change["old"] for change in document["changes"]] == pytest.approx([0.5, 0.5], abs=1e-4)
    assert map4("set", "--query", "is:set", "--double").stderr == "2 values changed\n"
    assert tempo(map4, scanned / "two.wav") == (pytest.approx(before, abs=0.002), "user")
    assert map4("set", scanned, "--query", "path:two", "bpm=100").stderr == "1 value changed\n"
    again = map4("set", scanned, "--query", "path:two", "bpm=100")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "0 values changed\n")


def test_what_can_not_be_done_is_said_and_the_rest_done(map4: Run, scanned: Path) -> None:
    write_clicks(scanned / "later.wav")
    arguments = (scanned / "later.wav", scanned / "nowhere.wav", scanned / "one.wav")
    result = map4("set", *arguments, "bpm=87")
    assert (result.returncode, result.stdout.count(" → 87")) == (3, 1)
    assert f"{scanned / 'later.wav'}: is not in the library; 'map4 scan'" in result.stderr
    assert f"{scanned / 'nowhere.wav'}: is not there" in result.stderr
    low = map4("set", scanned / "one.wav", "bpm=40")
    assert low.returncode == 0
    refused = map4("set", scanned / "one.wav", "--half")
    assert (refused.returncode, "can't become 20" in refused.stderr, refused.stdout) == (3, True, "")
    listed = map4("set", "--files-from", "-", "key=8a", input=f"{scanned / 'two.wav'}\n")
    assert listed.returncode == 0
    assert map4("set", "--query", "nobody", "bpm=87").returncode == 4


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["x.mp3"], "Name what to set"),
        (["bpm=87"], "Name FILEs"),
        (["x.mp3", "bpm=fast"], "no tempo"),
        (["x.mp3", "bpm=1_00"], "no tempo"),
        (["x.mp3", "bpm=301"], "30 to 300"),
        (["x.mp3", "bpm=nan"], "30 to 300"),
        (["x.mp3", "key=H"], "is no key"),
        (["x.mp3", "bmp=87"], "did you mean bpm=?"),
        (["x.mp3", "colour=red"], "bpm= and key="),
        (["x.mp3", "bpm=87", "tempo=88"], "twice"),
        (["x.mp3", "--half", "--double"], "at once"),
        (["x.mp3", "--half", "bpm=87"], "one of these"),
        (["x.mp3", "--unset", "key", "key=8A"], "not both"),
        (["--query", "bmp:1", "bpm=87"], "did you mean bpm"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: list[str], complaint: str) -> None:
    library = tmp_path / "library.map4"
    Database(str(library)).close()
    result = CliRunner().invoke(cli, ["--library", str(library), "set", *arguments])
    assert isinstance(result.exception, SystemExit | UsageError)
    assert complaint in f"{result.output} {result.exception}"
    assert getattr(result.exception, "exit_code", result.exit_code) == 2


def test_without_a_library_there_is_nothing_to_set(map4: Run) -> None:
    result = map4("set", "x.mp3", "bpm=87")
    assert (result.returncode, "map4 scan" in result.stderr) == (4, True)


def test_a_file_with_an_equals_sign_is_a_file(map4: Run, scanned: Path) -> None:
    odd = scanned / "bpm=90"
    (scanned / "one.wav").rename(odd)
    map4("analyze", odd)
    result = map4("set", "bpm=90", "bpm=87", cwd=scanned)
    assert (result.returncode, f"{odd}: bpm" in result.stdout, os.path.exists(odd)) == (0, True, True)
