"""`map4 validate` and `map4 generate`, as commands were once called."""

from pathlib import Path

import playlist_library
from conftest import Run
from schemas import validated


def test_old_command_lines_still_work(inside: Run, friday: Path, good: Path) -> None:
    report = friday.parent / "report.json"
    old = ("--tolerance", "0.02", "--energy-curve", "wave", "--length", "20", "--max", "9", "--seed", "x.mp3")
    gone = ("--api-key", "k", "--no-ai", "--no-validate", "--write-metadata")
    result = inside("validate", good, *old, *gone, "--output", report, "--format", "json")
    assert (result.returncode, result.stdout) == (0, "")
    document = validated(report.read_text())
    assert (document["policy"], document["passes"]) == ("strict", True)
    answers = result.stderr.splitlines()
    warned = [line.split(" is deprecated")[0].removeprefix("map4: ") for line in answers[:-1]]
    assert warned == [
        "--api-key", "--no-ai", "--no-validate", "--write-metadata", "--seed", "--length", "--max", "map4 validate",
    ]  # fmt: skip
    assert answers[-1] == f"{report}: written"
    plain = inside("validate", good)
    assert plain.stdout.splitlines()[1] == "quality  99 of 100 (policy flexible, harmonic flexible)"
    assert inside("validate", good, "--tolerance", "0.1", "--format", "csv").stdout.startswith("from,to,compatibility")
    assert inside("validate", friday, "--library", friday.parent / "none.map4").returncode == 4


def test_old_library_option_with_a_folder_scans_it(inside: Run, music: Path, tmp_path: Path) -> None:
    listed = tmp_path / "x.m3u"
    listed.write_text("\n".join(str(path) for path in sorted(music.glob("*.wav"))))
    result = inside("validate", listed, "--library", music)
    assert (result.returncode, result.stdout.splitlines()[0]) == (0, "x.m3u: 3 of 3 tracks, 0:06")


def test_generate_accepts_its_old_options(inside: Run, tmp_path: Path) -> None:
    playlist_library.make_playlist_library(tmp_path / "library.map4")
    target = tmp_path / "old.m3u"
    done = inside(
        "generate", "--seed", playlist_library.song(1), "--length", "5", "--tolerance", "0.05",
        "--energy-curve", "wave",
        "--output", target, "--format", "m3u", "--no-validate", "--no-ai", "--write-metadata", "--api-key", "x",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len([line for line in target.read_text().splitlines() if not line.startswith("#")]) == 5
    for word in ("--no-validate", "--no-ai", "--write-metadata", "--api-key"):
        assert sum(word in line for line in done.stderr.splitlines()) == 1
    to_stdout = inside("generate", "--seed", playlist_library.song(1), "--length", "3", "--format", "json")
    assert len(validated(to_stdout.stdout)["picks"]) == 3
    assert "generate" not in inside("--help").stdout
