"""Tab completion: scripts, answers, and values of options."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from conftest import REPOSITORY, Run

from map4.cli.commands.completion import SHELLS, completion_script
from map4.cli.main import cli

COMPLETION_FILES = {"bash": "map4.bash", "zsh": "map4.zsh", "fish": "map4.fish", "powershell": "map4.ps1"}


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_files_are_current(shell: str) -> None:
    assert (REPOSITORY / "completions" / COMPLETION_FILES[shell]).read_text() == completion_script(shell)


@pytest.mark.parametrize(
    ("shell", "variables"),
    [
        ("bash", {"COMP_WORDS": "map4 sc", "COMP_CWORD": "1"}),
        ("zsh", {"COMP_WORDS": "map4 sc", "COMP_CWORD": "1"}),
        ("fish", {"COMP_WORDS": "map4 sc", "COMP_CWORD": "sc"}),
        ("powershell", {"COMP_WORDS": "map4 sc", "COMP_CWORD": "1"}),
    ],
)
def test_completion_answers(map4: Run, shell: str, variables: dict[str, str]) -> None:
    result = map4(env={"_MAP4_COMPLETE": f"{shell}_complete", **variables})
    assert "scan" in result.stdout
    assert "schema" in result.stdout
    assert "cache" not in result.stdout


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("map4 import --from re", ["rekordbox", "rekordbox-db"]),
        ("map4 export --to s", ["serato"]),
        ("map4 playlist --as vi", ["virtualdj"]),
        ("map4 playlist order --as vi", ["virtualdj"]),
        ("map4 playlist --preset pe", ["peak_time"]),
    ],
)
def test_values_of_options_are_completed(words: str, values: list[str]) -> None:
    *args, incomplete = words.split()[1:]
    found = ShellComplete(cli, {}, "map4", "_MAP4_COMPLETE").get_completions(args, incomplete)
    assert [item.value for item in found] == values


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_valid_for_their_shell(shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    script = REPOSITORY / "completions" / COMPLETION_FILES[shell]
    assert subprocess.run([program, "-n", script], capture_output=True, check=False).returncode == 0


def test_fish_shows_descriptions_whole_and_files_with_commas(tmp_path: Path) -> None:
    program = shutil.which("fish")
    if program is None:
        pytest.skip("fish is not installed")
    (tmp_path / "Vol,3").mkdir()
    (tmp_path / "Vol,3" / "one.xml").touch()
    (tmp_path / "map4").write_text('#!/bin/sh\nprintf "plain,import\\tTake over lists, cue points\\nfile,Vol,3/\\n"\n')
    (tmp_path / "map4").chmod(0o755)
    script = REPOSITORY / "completions" / COMPLETION_FILES["fish"]
    answer = subprocess.run(
        [program, "--no-config", "-c", f"source '{script}'; complete -C 'map4 im'; complete -C 'map4 Vol,3/'"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert answer.stdout.splitlines() == ["import\tTake over lists, cue points", "Vol,3/one.xml"]
