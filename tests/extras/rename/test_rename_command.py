"""`map4 rename` and `map4 rename undo`."""

from pathlib import Path
from unittest.mock import ANY

import pytest
from conftest import Run
from extras.rename.renamed_music import make_music, names
from schemas import validated

TEMPLATE = "{artist}/{title}"


@pytest.fixture
def music(tmp_path: Path) -> Path:
    files = {"in/1.wav": {"artist": "Mo", "title": "One"}, "in/2.wav": {"title": "Two"}}
    make_music(tmp_path / "library.map4", tmp_path / "music", files)
    return tmp_path / "music"


def test_rename_shows_a_plan_and_its_undo_restores_names(inside: Run, music: Path) -> None:
    planned = inside("rename", TEMPLATE, music, "--dry-run")
    assert planned.stdout == "in/1.wav → Mo/One.wav\n"
    assert planned.stderr == (
        f"map4: {music}/in/2.wav: stays: {{artist}} is not known\n"
        "1 file would be renamed, 1 left as it is\n"
    )  # fmt: skip
    refused = inside("rename", TEMPLATE, "--query", "one")
    assert (refused.returncode, refused.stdout) == (2, "in/1.wav → Mo/One.wav\n")
    assert "use --yes to skip the question" in refused.stderr
    assert names(music) == ["in/1.wav", "in/2.wav"]
    done = inside("rename", TEMPLATE, music, "--yes")
    assert (done.returncode, done.stdout) == (3, "in/1.wav → Mo/One.wav\n")
    assert "1 file renamed, 1 left as it is; 'map4 rename undo rename-" in done.stderr
    assert (
        "rekordbox, Traktor, Serato: old paths stay there; this translates them: map4 import FILE --path-map"
        in done.stderr
    )
    assert names(music) == ["Mo/One.wav", "in/2.wav"]
    again = inside("rename", TEMPLATE, "--query", "one")
    assert (again.returncode, again.stderr) == (0, "nothing to rename, 1 named so already\n")
    undone = inside("undo", "1", "--yes")
    assert (undone.returncode, undone.stdout, undone.stderr) == (0, f"{music}/Mo/One.wav → {music}/in/1.wav\n", ANY)
    assert undone.stderr.endswith("1 file restored\n")
    assert names(music) == ["in/1.wav", "in/2.wav"]
    assert "there is nothing to undo" in inside("rename", "undo", "--yes").stderr


def test_json_has_the_plan_and_the_result_of_valid_arguments(inside: Run, music: Path) -> None:
    plan = validated(inside("rename", TEMPLATE, music, "--dry-run", "--json").stdout)
    assert (plan["schema"], plan["planned"], plan["left"]) == ("map4/rename-plan/1", 1, 1)
    lines = inside("rename", TEMPLATE, music, "--yes", "--jsonl").stdout.splitlines()
    assert [validated(line)["state"] for line in lines] == ["left", "renamed"]
    [step] = validated(inside("rename", "undo", "--list", "--json").stdout)["steps"]
    assert (step["what"], step["undone"]) == ("1 file", 0)
    assert names(music) == ["Mo/One.wav", "in/2.wav"]
    assert validated(inside("rename", "undo", "--json").stdout)["done"] == 1
    assert "Name FILEs or a --query" in inside("rename", TEMPLATE).stderr
    assert "there is no field {performer}" in inside("rename", "{performer}", music).stderr
    assert "there is no journal 'x'" in inside("rename", "undo", "x").stderr


@pytest.mark.contract
def test_names_are_utf_8_also_under_an_ascii_locale(map4: Run, tmp_path: Path) -> None:
    make_music(tmp_path / "library.map4", tmp_path / "music", {"1.wav": {"title": "Été"}})
    ascii_only = dict.fromkeys(("PYTHONUTF8", "PYTHONCOERCECLOCALE"), "0") | {"LC_ALL": "C"}
    done = map4("rename", "{title}", tmp_path / "music", "--yes", env=ascii_only)
    assert (done.returncode, names(tmp_path / "music")) == (0, ["Été.wav"]), done.stderr
