"""What the documentation runs runs: sessions, Python programs, command lines."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from every_command import EVERY
from extra_cases import rows_of_extras
from pages import ALL_CALLS, DOCS, SESSION_PAGES, blocks, map4_calls, page, session_commands, shell_lines
from stage import HALL, VELVET, as_command, shell, workspace

from map4.cli import main as command_line

__all__ = ["workspace"]


def accept(arguments: list[str]) -> None:
    """Take arguments through the parser alone."""
    command: click.Command = command_line.cli
    parent, name = None, "map4"
    while arguments or not isinstance(command, click.Group):
        try:
            context = command.make_context(name, list(arguments), parent=parent)
        except click.exceptions.Exit:  # --help, --version
            return
        if not isinstance(command, click.Group):
            return
        rest = [*context._protected_args, *context.args]
        if not rest and command.invoke_without_command:  # as `map4 playlist`, which makes a list by itself
            return
        found, subcommand, arguments = command.resolve_command(context, rest)
        assert found is not None
        assert subcommand is not None
        name, command, parent = found, subcommand, context


def test_shell_line_parser_finds_every_call_and_refuses_unknown_ones() -> None:
    line = "FOO=1 map4 -q scan 'a b' | jq .x > out && eval \"$(map4 completion bash)\"; find . | map4 scan --json"
    found = [["completion", "bash"], ["-q", "scan", "a b"], ["scan", "--json"]]
    assert sorted(map4_calls(line)) == sorted(found)
    assert len(ALL_CALLS) > 40
    for wrong in (["scan", "--jsnl"], ["library", "fix"], ["completion", "tcsh"], ["sing"]):
        with pytest.raises(click.UsageError):
            accept(wrong)
    text = (
        "- Removed: `map4 sing` and\n  `map4 hum`; use `map4 play`.\n- Removed: `map4 rap`.\n"
        "- Changed: `map4 hum --key` is text.\n- `map4 scan` is new.\n"
    )
    assert shell_lines(text) == ["map4 play", "map4 scan"]


def test_every_command_line_is_accepted_and_all_commands_are_in_the_docs() -> None:
    refused = []
    for name, *call in ALL_CALLS:
        try:
            accept(call)
        except click.ClickException as error:
            refused.append((name, " ".join(call), error.format_message()))
    assert refused == []
    text = page("README.md") + "".join(path.read_text("utf-8") for path in DOCS)
    assert [name for name in EVERY if f"map4 {name}" not in text] == []
    targets = re.findall(r"^([a-z-]+):", page("Makefile"), re.MULTILINE)
    used = re.findall(r"^make ([a-z-]+)|`make ([a-z-]+)`", page("README.md") + page("CONTRIBUTING.md"), re.MULTILINE)
    assert {a or b for a, b in used} <= set(targets)
    assert len(used) > 8


def runnable(commands: list[str]) -> list[str]:
    return [line for line in commands if "jq" not in line or shutil.which("jq")]


@pytest.mark.world
@pytest.mark.parametrize("name", SESSION_PAGES)
def test_commands_of_documented_sessions_succeed(workspace: Path, name: str) -> None:
    commands = runnable(session_commands(page(name)))
    results = {line: shell(line, workspace) for line in ["map4 -q scan demo-music", *commands]}
    assert len(results) >= 2
    for line, result in results.items():
        assert result.returncode in (0, 3), f"{line}\n{result.stderr}"
        assert result.stdout + result.stderr, line


@pytest.mark.world
def test_documented_command_lines_run(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(workspace))
    (workspace / "Music").symlink_to("demo-music")
    for name_of_track, file in (("track.mp3", HALL), ("other.mp3", VELVET)):
        shutil.copy(workspace / "demo-music" / file, workspace / name_of_track)
    (workspace / "wanted.txt").write_text("Nadia Vellum - Velvet Undertow\n")
    (workspace / "stick").mkdir()
    typed = [line for block in blocks(page("docs/first-hour.md"), "sh", "console") for line in block.splitlines()]
    lines = [line.removeprefix("$ ") for line in typed if re.match(r"\$ |map4 |find ", line)]
    results = {line: shell(line.replace("/media/STICK", "stick"), workspace) for line in runnable(lines)}
    # The stand-in for the demo is small and says little: a query may find nothing, and a list may be short.
    wrong = {line: result.stderr for line, result in results.items() if result.returncode not in (0, 3, 4)}
    assert wrong == {}
    assert len(results) > 8
    assert sum(result.returncode == 0 for result in results.values()) > len(results) // 2


PRINTED = {
    "docs/scripting.md": [
        r"^9 analysed, 2 failed$",
        r"^12\d\.\d+ \d+[AB] ",
        r"^1 .* None$",
        r"^was 13[12]\.\d+ is 132",
    ],
    "README.md": [r"^9 analysed$", r"^12\d\.\d+ \d+[AB] ", r"^\d+\.\d$"],
    "docs/developers/architecture.md": [r"\A.*found=11, analysed=9,.*\n\Z"],
    **rows_of_extras("PRINTED"),
}


@pytest.mark.world
@pytest.mark.parametrize("name", PRINTED)
def test_python_blocks_run_as_scripts(workspace: Path, name: str) -> None:
    [program] = blocks(page(name), "python")
    script = workspace / "program.py"
    script.write_text(program, encoding="utf-8")
    result = subprocess.run(
        [sys.executable, script], cwd=workspace, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert [wanted for wanted in PRINTED[name] if not re.search(wanted, result.stdout, re.MULTILINE)] == []


def seen(text: str) -> list[str]:
    """A session's lines without what differs from run to run: times, wrapped paths, and which stream was quicker."""
    lines = [re.sub(r"\(\d+\.\d s\)", "(… s)", line.rstrip()) for line in text.splitlines()]
    return sorted(line for line in lines if "/demo-music/" not in line and "Undertow.flac" not in line)


@pytest.mark.world
@pytest.mark.skipif(shutil.which("jq") is None, reason="the sessions use jq, which is not installed")
def test_sessions_agree_with_the_output_of_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_command(tmp_path, monkeypatch)
    pytest.importorskip("map4.extras.demo.folder").DemoFolder(str(tmp_path / "demo-music")).write()
    for number, name in enumerate(SESSION_PAGES):
        if session_commands(page(name))[0].startswith("map4 scan"):
            monkeypatch.setenv("MAP4_LIBRARY", str(tmp_path / f"{number}.map4"))
        shown = "".join(blocks(page(name), "console"))
        real = ""
        for line in session_commands(page(name)):
            result = shell(f"{{ {line}; }} 2>&1", tmp_path)
            real += f"$ {line}\n{result.stdout}"
        assert seen(shown) == seen(real), f"{name} is stale: run tests/docs/refresh.py"
