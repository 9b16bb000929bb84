"""`map4 similar` as a process: its forms, exit codes and messages."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import Run, write_clicks
from copied import copied
from made_library import TRACKS, analysis_of, path_of, put
from schemas import validate

from map4 import Library
from map4.cli.main import cli
from map4.core.music.track.tags import Tags


@pytest.fixture
def library_path(tmp_path: Path) -> Path:
    return make_tracks(tmp_path / "library.map4")


@copied
def make_tracks(path: Path) -> None:
    for number in range(TRACKS):
        tags = Tags(artist="Évora", title="Sodade\x1b[31m " + "na na " * 20) if number == 3 else None
        put(path, number, analysis_of(number), tags=tags)


def run(library_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["similar", "--library", str(library_path), *arguments])


def test_narrow_table_shortens_names_and_options_are_passed(inside: Run, library_path: Path) -> None:
    with Library.open(library_path) as library:
        library.set([track for track in library.tracks.all() if track.path == path_of(3)], bpm=101.5, key="10A")
    done = inside("similar", path_of(0), "-n", "30", env={"COLUMNS": "40"})
    lines = done.stdout.splitlines()
    assert lines[0].split()[-3:] == ["sound", "BPM", "key"]
    assert max(map(len, lines)) <= 40
    [own] = [line for line in lines if "Évora" in line]
    assert own.split()[-2:] == ["101.5*", "10A*"]
    options = ["--query", "bpm:110..120 key:Bm,5m", "--by", "mix", "--paths"]
    found = run(library_path, path_of(0), *options).stdout.split()
    assert found == [path_of(11)]  # of 110 to 120 BPM; 10A has numbers 9 and 21, 12A has 11 and 23
    explained = inside("similar", path_of(0), "-n", "2", "--explain", env={"COLUMNS": "50"}).stdout
    assert (explained.count("  alike: "), "…" in explained) == (2, False)
    least = json.loads(run(library_path, path_of(0), "--min", "0.6", "--json").stdout)
    assert all(neighbour["similarity"] >= 0.6 for neighbour in least["similar"])


def test_a_file_from_outside_is_analysed_on_the_spot(inside: Run, library_path: Path, tmp_path: Path) -> None:
    clicks, broken = write_clicks(tmp_path / "new.wav", seconds=4.0), tmp_path / "broken.wav"
    broken.write_bytes(b"no audio")
    done = inside("similar", clicks, broken, "--json", "-n", "3")
    assert done.returncode == 3
    assert "broken.wav" in done.stderr
    document = json.loads(done.stdout)
    validate(document)
    assert [wanted["path"] for wanted in document["wanted"]] == [str(clicks)]
    assert len(document["similar"]) == 3


def test_output_forms_contain_the_same_tracks(library_path: Path) -> None:
    document = json.loads(run(library_path, path_of(0), "-n", "5", "--json").stdout)
    paths = [neighbour["track"]["path"] for neighbour in document["similar"]]
    lines = [json.loads(line) for line in run(library_path, path_of(0), "-n", "5", "--jsonl").stdout.splitlines()]
    for line in lines:
        validate(line)
        validate(line["track"])
    assert lines == document["similar"]
    assert run(library_path, path_of(0), "-n", "5", "--paths").stdout.splitlines() == paths
    assert run(library_path, path_of(0), "-n", "5", "-0").stdout.split("\0")[:-1] == paths
    table = run(library_path, path_of(0), "-n", "5", "--csv").stdout.splitlines()
    assert [line.split(",")[0] for line in table] == ["path", *paths]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "Name the FILE"),
        ([path_of(0), "--by", "colour"], 2, "colour"),
        ([path_of(0), "--min", "2"], 2, "is not a number from 0 to 1"),
        ([path_of(0), "--explain", "--json"], 2, "--explain writes for a terminal"),
    ],
)
def test_wrong_usage_is_refused(library_path: Path, arguments: list[str], code: int, message: str) -> None:
    done = run(library_path, *arguments)
    assert (done.exit_code, message in done.stderr) == (code, True)


def test_errors_have_their_exit_code_and_message(inside: Run, library_path: Path, tmp_path: Path) -> None:
    nothing = inside("similar", path_of(0), "--min", "1")
    assert (nothing.returncode, nothing.stdout) == (4, "")
    assert ("no track in the library is that similar" in nothing.stderr, "--query" in nothing.stderr) == (True, False)
    assert "or another --query" in inside("similar", path_of(0), "--query", "genre:polka").stderr
    none = inside("similar", path_of(0), "--library", tmp_path / "none.map4")
    assert (none.returncode, "map4 scan" in none.stderr) == (4, True)
    gone = inside("similar", tmp_path / "gone.mp3")
    assert (gone.returncode, f"{tmp_path}/gone.mp3" in gone.stderr) == (4, True)


def test_small_library_is_compared_by_hamms_with_a_message(inside: Run, tmp_path: Path) -> None:
    for number in range(3):
        put(tmp_path / "library.map4", number, analysis_of(number))
    done = inside("similar", path_of(0))
    assert (done.returncode, "HAMMS" in done.stdout.splitlines()[0]) == (0, True)
    assert done.stderr.startswith("map4: the library has 3 tracks with a sound to compare, and 8 are needed. So these ")
    assert json.loads(inside("similar", path_of(0), "--json").stdout)["by"] == "hamms"
    assert inside("similar", path_of(0), "--by", "hamms").stderr == ""
