"""`map4 stats` on a small library."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import Run
from doubtful_library import make_doubtful_library
from doubtful_users import make_users_library
from schemas import validate

from map4 import Library


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return make_doubtful_library(tmp_path / "library.map4")


def test_stats_of_a_whole_library(inside: Run, library: Path) -> None:
    result = inside("stats", "--json")
    document = json.loads(result.stdout)

    validate(document)
    assert result.returncode == 0
    assert document["tracks"] == 3
    assert document["hours"] == 0.2
    assert document["states"] == {"ok": 3, "failed": 1, "missing": 0, "pending": 0}
    assert document["failures"] == {"corrupt": 1}
    assert document["doubtful"] == {"tempo": 1, "key": 1}
    assert document["keys"]["8A"] == 2
    assert [item["genre"] for item in document["genres"]] == ["Drum & Bass", "House"]
    assert document["added"] == [{"month": "2026-03", "count": 3}]


def test_stats_of_a_query(inside: Run, library: Path) -> None:
    document = json.loads(inside("stats", "--json", "--query", "genre:house").stdout)

    assert document["tracks"] == 1
    assert document["states"] == {"ok": 1, "failed": 0, "missing": 0, "pending": 0}
    assert inside("stats", "--query", "genre:polka").returncode == 4
    assert inside("stats", "--query", "gnere:polka").returncode == 2


def test_plays_are_counted_and_drawn(inside: Run, library: Path) -> None:
    with Library.open(library) as opened:
        first, second, *_ = opened.search("is:ok")
        for hours in (2, 26, 50):
            opened.plays.add(first, heard_s=300, at=datetime.now(UTC) - timedelta(hours=hours), source="page")
        opened.plays.add(second, heard_s=1, source="page")
    shown = inside("stats", "plays", env={"COLUMNS": "80"})
    assert shown.stdout.startswith("3 plays of 1 track, 0.2 hours; 1 skip\n")
    assert f"     3  {first.caption()}\n" in shown.stdout
    assert "told by   page 3\n" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80
    document = json.loads(inside("stats", "plays", "--since", "36h", "--json").stdout)
    validate(document)
    assert (document["plays"], document["most"][0]["id"], document["never"]) == (2, first.audio_id, 2)
    nothing = inside("stats", "plays", "--since", "1h").stdout
    assert nothing.startswith("0 plays of 0 tracks since ")
    for wrong in (["plays", "--since", "soon"], ["plays", "--query", "house"], ["--since", "1d"]):
        assert inside("stats", *wrong).returncode == 2


def test_sets_are_compared_with_chance(inside: Run, library: Path) -> None:
    refused = inside("stats", "mixes", "--all")
    assert (refused.returncode, "No such option '--all'" in refused.stderr) == (2, True)
    nothing = inside("stats", "mixes")
    assert (nothing.returncode, nothing.stdout) == (4, "")
    assert "map4: there is no set of two tracks or more; 'map4 import' imports the histories of DJ" in nothing.stderr
    with Library.open(library) as opened:
        tracks = list(opened.search("is:ok"))
        for day in range(3):
            for place, track in enumerate(tracks):
                at = datetime.now(UTC) - timedelta(days=day + 1) + timedelta(minutes=4 * place)
                opened.plays.add(track, at=at, source="unmix")
    shown = inside("stats", "mixes", env={"COLUMNS": "80"}).stdout
    assert shown.startswith("3 sets, 6 steps between 3 tracks of the library\n")
    assert max(map(len, shown.splitlines())) <= 80
    assert "from one track to the next  4:00, most 4:00 to 4:00 (6)\n" in shown
    assert f"   3 (1.0)  {tracks[0].caption()} → {tracks[1].caption()}\n" in shown
    assert [line.split() for line in shown.splitlines() if line.startswith("tempo ±2 % ")] != []
    document = json.loads(inside("stats", "mixes", "--since", "36h", "--json").stdout)
    validate(document)
    assert (document["sets"], document["again"]["share"], document["following"]) == (1, 0.0, [])


# ---- how right map4 is ----------------------------------------------------------------------------


def test_accuracy_compares_measurements_with_values_of_the_user(inside: Run, tmp_path: Path) -> None:
    make_users_library(tmp_path / "library.map4", 60)
    document = json.loads(inside("stats", "accuracy", "--json").stdout)
    validate(document)
    tempo = document["fields"][0]
    assert (tempo["right"]["count"], tempo["fitted"]) == (60, None)
    assert tempo["right"]["low"] < tempo["right"]["share"] < tempo["right"]["high"]

    shown = inside("stats", "accuracy", env={"COLUMNS": "80"}).stdout
    assert f"tempo  {tempo['right']['right']} of 60 right" in shown
    assert "octaves aside 60 of 60 right" in shown
    assert "key    no value of yours to compare with" in shown
    assert "key    15 of 30 right, 50 % (between 33 % and 67 %)" in inside("stats", "accuracy", "--imported").stdout
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.usefixtures("library")
def test_suggested_command_to_set_a_value_works(inside: Run) -> None:
    command, _ = inside("stats", "accuracy").stdout.splitlines()[-1].split(" sets values")
    _, name, _, *values = command.split()
    assert inside(name, "--query", "is:ok", *values, "--dry-run").returncode == 0


@pytest.mark.world
def test_calibration_is_stored_and_can_be_reset(inside: Run, tmp_path: Path) -> None:
    make_users_library(tmp_path / "library.map4", 240)
    file = tmp_path / "map4.toml"
    file.write_text("# mine\n[scan]\njobs = 1\n")
    usual = ("--config", file)
    measured = inside("search", "--json", "is:any", *usual).stdout

    done = inside("stats", "calibrate", "--json", *usual)
    fits = json.loads(done.stdout)
    validate(fits)
    tempo, key, _ = fits["fields"]
    assert (done.returncode, tempo["refused"], key["fitted"]) == (0, None, None)
    assert key["refused"] == "0 values are too few: 50 are needed"
    assert tempo["error_after"] <= tempo["error_before"] * 2 / 3
    assert file.read_text().startswith("# mine\n")
    assert f'tempo_certainty = "{tempo["fitted"]}"' in file.read_text()
    assert inside("search", "--json", "is:any", *usual).stdout != measured
    assert "fitted to values of yours" in inside("stats", "accuracy", *usual).stdout
    assert "fitted to 240 values; on values held out" in inside("stats", "calibrate", *usual).stdout

    assert inside("stats", "calibrate", "--off", *usual).returncode == 0
    assert inside("search", "--json", "is:any", *usual).stdout == measured
    again = inside("stats", "calibrate", "--off", *usual)
    assert (again.returncode, "no fitted certainties" in again.stderr) == (4, True)


def test_calibration_of_another_analysis_version_is_ignored(inside: Run, tmp_path: Path) -> None:
    make_users_library(tmp_path / "library.map4", 4)
    measured = inside("search", "--json", "is:any").stdout
    old = {"MAP4_TEMPO_CERTAINTY": "0.5 -1 of analysis 11"}
    assert inside("search", "--json", "is:any", env=old).stdout == measured
    wrong = inside("search", "--json", "is:any", env={"MAP4_TEMPO_CERTAINTY": "0.5"})
    assert wrong.returncode == 2
    assert "must be written by 'map4 stats calibrate'" in wrong.stderr


@pytest.mark.parametrize(
    "words", [["--off"], ["accuracy", "--all"], ["--all", "accuracy"], ["calibrate", "--off", "--json"]],
)  # fmt: skip
def test_conflicting_options_are_refused(inside: Run, words: list[str]) -> None:
    done = inside("stats", *words)
    assert done.returncode == 2
    assert "--" in done.stderr
