"""`map4 mix`: what a DJ reads, what a script gets, and what is said where there is no plan."""

import re
from pathlib import Path

import pytest
from conftest import Run, write_clicks
from made_library import analysis_of, path_of, put
from mixable_tracks import make_mixable_library
from schemas import validated


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return make_mixable_library(tmp_path / "library.map4")


def test_mix_command_prints_the_plan_and_objections(inside: Run, library: Path) -> None:
    done = inside("mix", path_of(1), path_of(11))
    assert done.returncode == 0
    assert "against bar one of the second is not known: beats are counted" in done.stdout
    assert "that beats align" in done.stdout
    done = inside("mix", "title 1", path_of(6), env={"COLUMNS": "90"})
    assert done.returncode == 0, done.stderr
    assert [line.rstrip() for line in done.stdout.splitlines()] == [
        "A     Artist 1 – Title 1  120.1 BPM, 8A",
        "B     Artist 6 – Title 6  120.5 BPM, 8A",
        "leave A at 1:36.2 (bar 49, outro)",
        "enter B at 0:00.2 (bar 1, intro), 0.35 % slower",
        "mix   32 beats (8 bars), 16.0 s at 120.08 BPM",
        "bass  swap at 1:52.2 of A, at the end",
        "end   A ends at 1:52.2, when B is at 0:16.2",
        "fits  100 % by tempo, key and energy: excellent",
        "sure  81 % that bars align; not compared: vocals, drums",
    ]
    assert "'title 1' is Artist 1 – Title 1" in done.stderr


def test_without_beats_there_is_no_plan(inside: Run, library: Path) -> None:
    put(library, 20, analysis_of(20))
    done = inside("mix", path_of(1), path_of(20))
    assert done.returncode == 4
    assert done.stdout == ""
    assert "map4: no plan: Track 20 has no beats" in done.stderr
    done = inside("mix", "--json", path_of(1), path_of(20))
    assert done.returncode == 4
    document = validated(done.stdout, "mix")
    assert document["plan"] is None
    assert document["no_plan"] == "Track 20 has no beats"


def test_render_is_written_and_reported(inside: Run, tmp_path: Path) -> None:
    for name, bpm in (("a.wav", 120.0), ("b.wav", 124.0)):
        write_clicks(tmp_path / name, bpm, seconds=30.0)
    done = inside("mix", tmp_path / "a.wav", tmp_path / "b.wav", "--render", tmp_path / "mix.wav", "--json")
    assert done.returncode == 0, done.stderr
    render = validated(done.stdout, "mix")["render"]
    assert render["path"] == str(tmp_path / "mix.wav")
    assert render["size_bytes"] == (tmp_path / "mix.wav").stat().st_size
    assert f"{tmp_path / 'mix.wav'}: 0:" in done.stderr
    assert ("pip install '.[stretch]'" in done.stderr) == (not render["keeps_pitch"])


def test_playlist_with_plan_option_contains_mix_plans(inside: Run, library: Path) -> None:
    done = inside("playlist", "--seed", path_of(0), "-n", "4", "--plan", "--json")
    assert done.returncode == 0, done.stderr
    document = validated(done.stdout)
    assert document["options"]["plan"] is True
    steps = [pick["transition"] for pick in document["picks"][1:]]
    assert [step["plan"]["beats"] for step in steps] == [32, 32, 32]
    table = inside("playlist", "--seed", path_of(0), "-n", "4", "--plan", "--explain")
    assert "leave the one before at 1:36, enter at 0:00, 32 beats together, 81 % sure" in table.stdout
    assert "1:36" in table.stdout.splitlines()[4]
    for more, end in ((["--as-mix"], ""), ([], "; --as-mix counts overlaps")):
        errors = inside("playlist", "--seed", path_of(0), "--minutes", "12", *more).stderr
        assert re.search(rf"^1\d:\d\d of tracks, about \d+:\d\d as a mix{end}$", errors, re.MULTILINE), errors
    short = inside("playlist", "--seed", path_of(0), "-n", "4", "--plan").stdout.splitlines()
    steps = [line.strip() for line in short if line.strip().startswith("leave")]
    pattern = r"leave the one before at 1:36, enter at 0:00, 32 beats together, \d+ % sure"
    assert [bool(re.fullmatch(pattern, step)) for step in steps] == [True] * 3
    assert not any("leave" in line for line in inside("playlist", "--seed", path_of(0), "-n", "4").stdout.splitlines())
    second = inside("playlist", "--seed", path_of(0), "-n", "4", "--plan", "--csv").stdout.splitlines()[2].split(",")
    assert any(cell.startswith("96.2") for cell in second)


def test_playlist_can_be_ordered_by_plans(inside: Run, library: Path, tmp_path: Path) -> None:
    crate = tmp_path / "crate.m3u8"
    crate.write_text("".join(f"{path_of(number)}\n" for number in (3, 11, 0, 6)))
    done = inside("playlist", "order", crate, "--plan", "--json")
    assert done.returncode == 0, done.stderr
    planned, plain = validated(done.stdout), validated(inside("playlist", "order", crate, "--json").stdout)
    steps = [pick["transition"] for pick in planned["picks"][1:]]
    assert all(step["plan"]["beats"] > 0 for step in steps)
    assert all("plan" not in pick["transition"] for pick in plain["picks"][1:])
    assert planned["duration_s"] < plain["duration_s"], "the time that tracks play together counts once"
    # Bar one of one track is not known: into or out of it, a plan is worth less, so it stands at an end.
    paths = [pick["track"]["path"] for pick in planned["picks"]]
    assert path_of(11) in (paths[0], paths[-1])
    shown = inside("playlist", "order", crate, "--plan").stdout
    assert shown.count("leave the one before at") == 3
    assert inside("playlist", "order", crate, "--plan", "--save", "planned").returncode == 0
    assert "leave the one before at" in inside("playlist", "show", "planned").stdout
