"""Tab completion: scripts, answers, and values of options."""

import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from conftest import REPOSITORY, Run

from map4.cli.commands.about import SHELLS, completion_script
from map4.cli.help import topics
from map4.cli.main import cli

COMPLETION_FILES = {"bash": "map4.bash", "zsh": "map4.zsh", "fish": "map4.fish", "powershell": "map4.ps1"}


@pytest.mark.contract
@pytest.mark.parametrize(
    ("shell", "variables"),
    [
        ("bash", {"COMP_WORDS": "map4 sc", "COMP_CWORD": "1"}),
        ("fish", {"COMP_WORDS": "map4 sc", "COMP_CWORD": "sc"}),
        ("powershell", {"COMP_WORDS": "map4 sc", "COMP_CWORD": "1"}),
    ],
)
def test_completion_lists_matching_commands(map4: Run, shell: str, variables: dict[str, str]) -> None:
    result = map4(env={"_MAP4_COMPLETE": f"{shell}_complete", **variables})
    assert "scan" in result.stdout
    assert "schema" in result.stdout
    assert "cache" not in result.stdout


@pytest.mark.contract
@pytest.mark.parametrize("words", ["map4 playlist shw x", "map4 search --jsonx a"])
def test_completion_after_a_typo_prints_no_error(map4: Run, words: str) -> None:
    variables = {"COMP_WORDS": words.replace(" ", "\n"), "COMP_CWORD": "2"}
    assert map4(env={"_MAP4_COMPLETE": "bash_complete", **variables}).stderr == ""


def test_values_of_options_are_completed() -> None:
    cases = [
        ("map4 import --from re", ["rekordbox", "rekordbox-db", "rekordbox-usb"]),
        ("map4 export --to s", ["serato"]),
        ("map4 playlist --as vi", ["virtualdj"]),
        ("map4 playlist --preset pe", ["peak_time"]),
        ("map4 playlist --curve pl", ["plateau"]),
        ("map4 playlist --harmonic cr", ["creative"]),
        ("map4 search bp", ["bpm:"]),
        ("map4 search --sort ra", ["rating", "random"]),
        ("map4 search house ^ge", ["^genre:"]),
        ("map4 search tempo_c", ["tempo-confidence:"]),
        ("map4 doctor --query bp", ["bpm:"]),
        ("map4 playlist --prefer ra", ["rating:"]),
        ("map4 help li", ["library"]),
        ("map4 li", ["library"]),
        ("map4 ca", ["cache"]),
        ("map4 cache ver", ["verify"]),
        ("map4 set hist", ["hist", "history"]),
        ("map4 set --library l.map4 und", ["und", "undo"]),
        ("map4 set x.mp3 hist", ["hist"]),
        ("map4 stats pl", ["plays"]),
        ("map4 help playlist ch", ["check"]),
        ("map4 help scan s", []),
    ]
    for words, values in cases:
        *args, incomplete = words.split()[1:]
        found = ShellComplete(cli, {}, "map4", "_MAP4_COMPLETE").get_completions(args, incomplete)
        assert [item.value for item in found] == values


@pytest.mark.parametrize("command", ["", "playlist", "library"])
def test_completion_after_help_offers_all_commands(command: str) -> None:
    def offered(*args: str) -> list[str]:
        found = ShellComplete(cli, {}, "map4", "_MAP4_COMPLETE").get_completions(list(args), "")
        return [item.value for item in found]

    also = [] if command else [topic.name for topic in topics()]
    assert sorted(offered("help", *command.split())) == sorted([*also, *offered(*command.split())])


def test_last_terms_and_files_are_completed_by_current_scripts(tmp_path: Path) -> None:
    found = ShellComplete(cli, {}, "map4", "_MAP4_COMPLETE").get_completions(["stats", "--query"], "genre:house bp")
    assert [item.value for item in found] == ["genre:house bpm:"]
    args = ["--library", str(tmp_path / "none.map4"), "playlist", "show"]
    found = ShellComplete(cli, {}, "map4", "_MAP4_COMPLETE").get_completions(args, "F")
    assert [item.type for item in found] == ["file"]
    for shell in SHELLS:
        assert (REPOSITORY / "completions" / COMPLETION_FILES[shell]).read_text() == completion_script(shell)


def test_presets_of_the_settings_are_completed(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "map4.toml").write_text('[playlist.presets.peak_hour]\ncurve = "wave"\n')
    words = f"map4 --config {tmp_path / 'map4.toml'} playlist --preset pe"
    found = ShellComplete(cli, {}, "map4", "_MAP4_COMPLETE").get_completions(words.split()[1:-1], "pe")
    assert [item.value for item in found] == ["peak_time", "peak_hour"]


def line_completed_by_bash(typed: str, rc: Path, environment: dict[str, str]) -> str:
    """What stands on the line of a real bash after Tab; its start file shows the line in <> on Ctrl-G."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe("bash", ["bash", "--noprofile", "--rcfile", str(rc), "-i"], environment)
    os.write(terminal, typed.encode() + b"\t\x07")
    output = b""
    while b">" not in output:
        output += os.read(terminal, 4096)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(terminal)
    return output.rpartition(b"<")[2].partition(b">")[0].decode()


@pytest.fixture
def with_lists(inside: Run, good: Path, tmp_path: Path) -> str:
    """A library of lists with names that shells have to quote."""
    for name in ("Friday night", "friday, late", "It's $HOME"):
        inside("playlist", "merge", good, "--save", name)
    return str(tmp_path / "library.map4")


@pytest.mark.parametrize(
    ("words", "kinds", "values"),
    [
        ("playlist show fri", ["file", "plain", "plain"], ["fri", "Friday night", "friday, late"]),
        ("playlist merge x.m3u8 It", ["file", "plain"], ["It", "It's $HOME"]),
        ("playlist delete F", ["plain", "plain"], ["Friday night", "friday, late"]),
        ("export --playlist It", ["file", "plain"], ["It", "It's $HOME"]),
    ],
)
def test_completion_offers_lists_in_any_case(with_lists: str, words: str, kinds: list[str], values: list[str]) -> None:
    *args, incomplete = ["--library", with_lists, *words.split()]
    found = ShellComplete(cli, {}, "map4", "_MAP4_COMPLETE").get_completions(args, incomplete)
    assert ([item.type for item in found], [item.value for item in found]) == (kinds, values)


@pytest.mark.world
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("map4 playlist show It", "map4 playlist show It\\'s\\ \\$HOME "),
        ('map4 playlist show "Friday n', 'map4 playlist show "Friday night" '),
        ("map4 help playlist ver", "map4 help playlist versions "),
    ],
)
def test_bash_treats_a_completed_value_as_one_word(with_lists: str, tmp_path: Path, typed: str, completed: str) -> None:
    (tmp_path / "map4").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m map4 "$@"\n')
    (tmp_path / "map4").chmod(0o755)
    script = REPOSITORY / "completions" / COMPLETION_FILES["bash"]
    shows = """bind -x '"\\C-g": printf "<%s>" "$READLINE_LINE"'"""
    (tmp_path / "rc").write_text(f"source '{script}'\nPS1=\n{shows}\n")
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "MAP4_LIBRARY": with_lists, "TERM": "dumb"}
    assert line_completed_by_bash(typed, tmp_path / "rc", environment) == completed


@pytest.mark.world
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_valid_for_their_shell(shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    script = REPOSITORY / "completions" / COMPLETION_FILES[shell]
    assert subprocess.run([program, "-n", script], capture_output=True, check=False).returncode == 0


@pytest.mark.world
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
