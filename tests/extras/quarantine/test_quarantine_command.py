"""`map4 duplicates --quarantine` and `--undo`."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command_runs import typed
from conftest import Run
from quarantines import copy_of, opened, put_roots, scanned, tree, write_sound
from schemas import validated


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A recording and a copy of it, known to the library of this test."""
    folder = tmp_path / "music"
    keep = write_sound(folder / "keep.wav")
    scanned(tmp_path / "library.map4", keep, copy_of(keep, folder / "sub" / "copy.wav"))
    put_roots(tmp_path / "library.map4", folder)
    return folder


@pytest.fixture
def away(tmp_path: Path) -> Path:
    return tmp_path / "Copies"


def quarantine(inside: Run, music: Path, away: Path, *options: str, **settings: object) -> object:
    return inside("duplicates", "--keep", music / "keep.wav", "--quarantine", away, *options, **settings)


def test_yes_moves_copies_and_prints_the_command_to_undo(inside: Run, music: Path, away: Path) -> None:
    done = quarantine(inside, music, away, "--yes")
    [journal] = away.glob("map4-quarantine-*.jsonl")
    copy = music / "sub" / "copy.wav"
    assert done.stdout == f"{copy} → {away}/music/sub/copy.wav\n"
    assert done.stderr == f"1 copy moved (3.2 kB); to put them back: map4 duplicates --undo {journal}\n"
    assert done.returncode == 0
    undone = inside("duplicates", "--undo", journal)
    assert undone.stdout == f"{away}/music/sub/copy.wav → {copy}\n"
    assert (undone.stderr, undone.returncode) == ("1 file restored\n", 0)
    again = inside("duplicates", "--undo", journal)
    assert (again.stderr, again.returncode) == ("0 files restored\n", 0)


def test_last_quarantine_is_undone_and_all_are_listed(inside: Run, music: Path, away: Path) -> None:
    assert (none := inside("duplicates", "--undo", "--list")).returncode == 4, none.stderr
    assert "there is nothing to undo" in inside("duplicates", "--undo").stderr
    quarantine(inside, music, away, "--yes")
    planned = inside("duplicates", "--undo", "--dry-run")
    assert (planned.returncode, planned.stderr) == (0, "1 file would be restored\n")
    [journal] = away.glob("map4-quarantine-*.jsonl")
    [listed] = validated(inside("duplicates", "--undo", "--list", "--json").stdout, "undo-steps")["steps"]
    assert (listed["name"], listed["count"], listed["undone"]) == (str(journal), 1, 0)
    assert "1 copy, 3.2 kB" in inside("undo").stdout
    assert inside("undo", "1", "--yes").returncode == 0
    [line] = inside("duplicates", "--undo", "--list").stdout.splitlines()
    assert line.startswith(f"{journal}  20")
    assert line.endswith("  1 copy, 3.2 kB  (undone)")
    assert inside("duplicates", "--undo").returncode == 4
    assert inside("duplicates", "--undo", journal, "--list").returncode == 2


def test_dry_run_prints_the_target_paths_and_yes_is_needed(inside: Run, music: Path, away: Path) -> None:
    done = quarantine(inside, music, away, "--dry-run")
    assert done.stdout == f"would move {music}/sub/copy.wav → {away}/music/sub/copy.wav\n"
    assert (done.stderr, done.returncode) == ("1 copy would be moved (3.2 kB)\n", 0)
    assert not away.exists()
    done = quarantine(inside, music, away)
    assert done.returncode == 2
    assert "use --yes to skip the question, or --dry-run" in done.stderr
    assert not away.exists()


def test_missing_journal_is_reported_even_without_a_library(inside: Run, tmp_path: Path) -> None:
    done = inside("duplicates", "--undo", tmp_path / "none.jsonl")
    assert (done.returncode, done.stderr) == (4, f"map4: there is no journal {tmp_path / 'none.jsonl'}\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 4)])
def test_terminal_confirms_the_move(inside: Run, music: Path, away: Path, answer: str, code: int) -> None:
    with typed(answer) as terminal:
        done = quarantine(inside, music, away, stdin=terminal)
    assert f"Move 1 copy, 3.2 kB, to {away}? [y/N]" in done.stderr
    assert done.returncode == code
    assert (music / "sub" / "copy.wav").exists() == bool(code)


def test_skipped_copy_is_reported_and_exits_with_3(inside: Run, music: Path, away: Path) -> None:
    copy = music / "sub" / "copy.wav"
    os.utime(copy, (0, 0))
    done = quarantine(inside, music, away, "--yes")
    assert done.stderr == (
        f"map4: {copy}: left alone: it was changed since it was scanned; scan again\nnothing moved, 1 left alone\n"
    )
    assert done.returncode == 3


def test_json_of_a_quarantine_and_its_undo_fits_the_schema(inside: Run, music: Path, away: Path) -> None:
    copy = str(music / "sub" / "copy.wav")
    planned = validated(quarantine(inside, music, away, "--dry-run", "--json").stdout, "quarantine")
    assert (planned["journal"], planned["dry_run"], planned["files"][0]["outcome"]) == (None, True, "planned")
    done = validated(quarantine(inside, music, away, "--yes", "--json").stdout, "quarantine")
    assert (done["done"], done["left"]) == (1, 0)
    [file] = done["files"]
    assert (file["path"], file["to"], file["keep"]) == (copy, f"{away}/music/sub/copy.wav", str(music / "keep.wav"))
    undone = validated(inside("duplicates", "--undo", done["journal"], "--json").stdout, "undo")
    assert [file["state"] for file in undone["files"]] == ["restored"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--quarantine", "x", "--undo", "y"), "can't be used together"),
        (("--dry-run",), "--dry-run needs --quarantine or --undo"),
        (("--yes",), "--yes needs --quarantine or --undo"),
        (("--quarantine", "x", "--csv"), "only as text or --json"),
        (("--quarantine", "x", "--strict"), "--strict has no effect on --quarantine and --undo"),
        (("--undo", "x", "--kind", "likely"), "leave the other options out"),
        (("--quarantine", "x", "--kind", "versions", "--yes"), "versions are no copies"),
        (("--quarantine", "music/x", "--yes"), "which map4 scans"),
    ],
)
def test_wrong_usage_is_refused(
    inside: Run, music: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(music.parent)
    done = inside("duplicates", *options)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A recording and many copies of it."""
    folder = tmp_path / "many"
    keep = write_sound(folder / "keep.wav")
    scanned(tmp_path / "library.map4", keep, *(copy_of(keep, folder / str(n) / "copy.wav") for n in range(40)))
    put_roots(tmp_path / "library.map4", folder)
    return folder


def begun(path: Path, away: Path, keep: Path) -> subprocess.Popen[str]:
    """The real command, which has moved its first file."""
    process = subprocess.Popen(
        [sys.executable, "-m", "map4", "duplicates", "--keep", keep, "--quarantine", away, "--yes"],
        env={**os.environ, "MAP4_LIBRARY": str(path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.readline()
    return process


@pytest.mark.world
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_signal_during_quarantine_loses_no_file(many: Path, away: Path, tmp_path: Path, number: signal.Signals) -> None:
    before = tree(many)
    process = begun(tmp_path / "library.map4", away, many / "keep.wav")
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == (-9 if number == signal.SIGKILL else 128 + number)
    [journal] = away.glob("map4-quarantine-*.jsonl")
    assert len([path for folder in (many, away) for path in folder.rglob("*.wav")]) >= len(before)
    assert number == signal.SIGKILL or f"; to put them back: map4 duplicates --undo {journal}" in errors
    with opened(tmp_path / "library.map4") as library:
        assert all(file.problem is None for file in library.undo("copies", journal))
        assert library.scan(many).unchanged == len(before)
    assert tree(many) == before
