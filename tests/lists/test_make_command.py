"""`map4 playlist`: lists that are made."""

import json
import os
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from conftest import Run, write_clicks
from playlist_library import make_playlist_library, song
from schemas import validated


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return make_playlist_library(tmp_path / "library.map4")


def lines_of(done: CompletedProcess[str]) -> list[str]:
    return done.stdout.splitlines()


def test_every_form_of_output_has_the_same_list(inside: Run, library: Path) -> None:
    ask = ["playlist", "--seed", song(1), "-n", "10", "--curve", "wave", "--policy", "strict", "-q"]
    document = validated(inside(*ask, "--json").stdout)
    paths = [pick["track"]["path"] for pick in document["picks"]]
    assert len(paths) == 10
    *picks, summary = [validated(line) for line in lines_of(inside(*ask, "--jsonl"))]
    assert [pick["track"]["path"] for pick in picks] == paths
    assert [pick["schema"] for pick in picks] == ["map4/pick/1"] * 10
    assert summary["picks"] == 10
    assert summary["quality"] == document["quality"]
    assert lines_of(inside(*ask, "--paths")) == paths
    assert inside(*ask, "--print0").stdout.split("\0")[:-1] == paths
    table = inside(*ask, "--csv").stdout
    assert [row.split(",")[:2] for row in table.splitlines()[1:]] == [[str(n), path] for n, path in enumerate(paths, 1)]
    assert inside(*ask, "-o", library.parent / "set.csv").returncode == 0
    assert (library.parent / "set.csv").read_bytes().decode().replace("\r\n", "\n") == table
    assert lines_of(inside(*ask, "-f", "{path}")) == paths
    assert lines_of(inside(*ask, "-f", "{position}")) == [str(number) for number in range(1, len(paths) + 1)]
    assert document["options"]["policy"] == "strict"
    assert document["seeds"] == [song(1)]


def test_list_along_a_tempo_curve_is_stored_drawn_and_judged(inside: Run, library: Path) -> None:
    done = inside("playlist", "--tempo-curve", "0:119,30:129", "--save", "Rise", "--json")
    document = validated(done.stdout)
    assert (document["options"]["tempo_curve"], document["options"]["minutes"]) == ("0:119,30:129", 30)
    assert document["tempo_misses"] == []
    assert "tempo_misses" not in validated(inside("playlist", "-n", "3", "--json").stdout)
    shown = validated(inside("playlist", "show", "Rise", "--json").stdout)
    assert (shown["options"], shown["tempo_misses"]) == (document["options"], [])
    assert "within 3 % of the tempo curve in 10 of 10 tenths\n" in inside("playlist", "show", "Rise").stderr
    drawn = inside("playlist", "show", "Rise", "--figures").stdout
    assert drawn.count("/12") == 9
    assert ", BPM/wanted" in drawn
    outside = inside("playlist", "--tempo-curve", "0:125,30:150")
    assert "within 3 % of the tempo curve in 3 of 10 tenths\n" in outside.stderr
    assert "28:30: 148.8 BPM wanted, track 9 has 12" in outside.stderr
    assert "no track has this tempo\n" in outside.stderr
    inside("playlist", "--tempo-curve", "0:119,30:129", "--save", "Rise")
    kept = inside("playlist", "check", "Rise", "--strict", "--no-suggestions")
    assert kept.returncode == 0
    assert "tempo    within 3 % of the tempo curve in 10 of 10 tenths\n" in kept.stdout
    other = inside("playlist", "check", "Rise", "--tempo-curve", "0:129,30:119", "--strict", "--no-suggestions")
    assert other.returncode == 3
    assert "tempo curve 20 (70)" in other.stderr
    document = validated(inside("playlist", "check", "Rise", "--tempo-curve", "0:129,30:119", "--json").stdout)
    assert (len(document["tempo_misses"]), document["passes"]) == (8, False)
    assert inside("playlist", "check", "Rise", "--tempo-curve", "fast").returncode == 2


def test_tracks_can_be_preferred_and_avoided(inside: Run, library: Path) -> None:
    ask = ["playlist", "--seed", song(1), "-n", "8", "--prefer", "key:8B", "--avoid", "is:imported", "-q"]
    document = validated(inside(*ask, "--json").stdout)
    assert (document["options"]["prefer"], document["options"]["avoid"]) == ("key:8B", "is:imported")
    preferred = [pick for pick in document["picks"] if "preferred: key:8B" in pick["reasons"]]
    assert preferred
    assert {pick["track"]["key"]["camelot"] for pick in preferred} == {"8B"}
    assert "      preferred: key:8B" in lines_of(inside(*ask, "--explain"))
    wrong = inside("playlist", "--seed", song(1), "--avoid", "played:soon")
    assert wrong.returncode == 2
    assert "'soon' is not a date" in wrong.stderr


def test_a_list_is_written_and_stored(inside: Run, library: Path, tmp_path: Path) -> None:
    target = tmp_path / "set.m3u8"
    done = inside("playlist", "--seed", song(1), "-n", "5", "-o", target, "--save", "Friday")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "5 tracks, " in done.stderr
    written = target.read_text(encoding="utf-8").splitlines()
    assert written[0] == "#EXTM3U"
    assert "#PLAYLIST:Friday" in written
    assert next(line for line in written if not line.startswith("#")) == song(1)
    shown = json.loads(inside("playlist", "show", "Friday", "--json").stdout)
    assert len(shown["picks"]) == 5
    assert shown["seeds"] == [song(1)]
    [stored] = json.loads(inside("playlist", "list", "--json").stdout)["lists"]
    assert shown["id"] == stored["id"]
    assert "id" not in json.loads(inside("playlist", "order", "Friday", "--json").stdout)
    to_stdout = inside("playlist", "--seed", song(1), "-n", "5", "-o", "-", "--as", "m3u8")
    assert next(line for line in lines_of(to_stdout) if not line.startswith("#")) == song(1)
    assert "artist – title" not in to_stdout.stdout


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
def test_terminal_output_explains_how_to_save_a_list(inside: Run, library: Path) -> None:
    def seen(*arguments: str) -> str:
        done = inside("playlist", *arguments, on_screen=True)
        assert done.returncode == 0
        return str(done.stderr)

    ask = ("--seed", song(1), "-n", "3")
    message = "not saved; save it with -o FILE or --save NAME"
    assert seen(*ask).count(message) == 1
    for options in (("-q",), ("--json",), ("--csv",), ("--save", "Friday"), ("-o", str(library.parent / "a.m3u8"))):
        assert message not in seen(*ask, *options)
    assert message not in seen("show", "Friday")
    for command in ("order", "merge"):
        assert seen(command, "Friday").count(message) == 1


def test_short_list_exits_with_4_and_names_its_limits(inside: Run, library: Path) -> None:
    done = inside("playlist", "--seed", song(1), "--query", "bpm:118..121", "-n", "30", "--no-relax", "--json")
    assert done.returncode == 4
    document = validated(done.stdout)
    assert 1 < len(document["picks"]) < 30
    assert document["missing"] is not None
    assert "instead of 30: " in done.stderr
    empty = inside("playlist", "--query", "bpm:30", "-n", "3")
    assert (empty.returncode, empty.stdout) == (4, "")
    assert "nothing matches 'bpm:30'" in empty.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seed", song(1), "--json", "--csv"], "can't be used together"),
        (["--seed", song(1), "other.mp3"], "'other.mp3' is not a sub-command; give tracks with --seed FILE"),
        (["--seed", song(1), "-o", "set.doc"], "set.doc"),
    ],
)
def test_wrong_usage_ends_with_2(inside: Run, library: Path, arguments: list[str], message: str) -> None:
    done = inside("playlist", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_presets_are_extended_by_configuration(inside: Run, library: Path, tmp_path: Path) -> None:
    config = tmp_path / "map4.toml"
    config.write_text('[playlist.presets.late]\ncurve = "closing"\nn = 4\nhelp = "the end"\n')
    done = inside("--config", config, "playlist", "--seed", song(1), "--preset", "late", "--json")
    document = json.loads(done.stdout)
    assert (document["options"]["curve"], document["options"]["n"]) == ("closing", 4)
    config.write_text('[playlist.presets.late]\ncurve = "up"\n')
    wrong = inside("--config", config, "playlist", "--seed", song(1))
    assert wrong.returncode == 2
    assert "there is no energy curve 'up'" in wrong.stderr


def test_given_folder_is_scanned_and_limits_the_list(inside: Run, tmp_path: Path) -> None:
    """From audio files to a list in a file, nothing scanned before."""
    folder = tmp_path / "new"
    folder.mkdir()
    for number in range(6):
        write_clicks(folder / f"{number}.wav", 120 + number, 3.0 + number / 10)
    (folder / "broken.mp3").write_bytes(b"no music" * 100)
    seed = write_clicks(tmp_path / "seed.wav", 122, 3.05)
    target = tmp_path / "set.m3u8"
    done = inside("playlist", "--seed", seed, "--folder", folder, "-n", "4", "--harmonic", "off", "-o", target)
    assert done.returncode == 3, done.stderr
    assert "broken.mp3" in done.stderr
    paths = [line for line in target.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert os.path.samefile(paths[0], seed)
    assert {os.path.dirname(path) for path in paths[1:]} == {str(folder)}
    assert inside("search", "--paths").stdout.count(".wav") == 6  # the seed was analysed for this list alone
    assert inside("scan").returncode == 2  # the folder is remembered for no other scan
    for wrong, message in (
        (tmp_path / "none", "there is no folder"),
        (seed, "there is no folder"),
        ("", "an empty path"),
    ):
        refused = inside("playlist", "--folder", wrong)
        assert (refused.returncode, message in refused.stderr) == (2, True)


def test_a_folder_as_the_library_names_the_right_option(inside: Run, tmp_path: Path) -> None:
    folder = tmp_path / "new music"
    folder.mkdir()
    done = inside("playlist", "--library", folder, "-n", "4")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"map4 playlist --folder '{folder}'" in done.stderr
    assert list(tmp_path.iterdir()) == [folder]  # no library came into being


@pytest.mark.parametrize("option", ["-n 5", "--explain", "--force"])
def test_options_before_a_sub_command_are_refused(inside: Run, library: Path, option: str) -> None:
    done = inside("playlist", *option.split(), "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Options of 'map4 playlist list' go after it" in done.stderr
    assert inside("-q", "playlist", "-v", "list").returncode == 4  # global options may stand anywhere
