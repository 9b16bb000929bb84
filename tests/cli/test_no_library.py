"""A mistyped library in an existing folder: only commands that fill a library create it."""

import shlex
from pathlib import Path

import pytest
from conftest import Run
from every_command import ENDLESS, LEAST, command_of

NEEDS_LIBRARY = {
    "library info",
    "library verify",
    "library prune",
    "library prune --analyses",
    "library clear",
    "doctor",
}
FILLS = {"scan", "analyze", "import", "accounts add"}
LINES = {line for lines in LEAST.values() for line in lines if command_of(line) not in FILLS} - ENDLESS


@pytest.mark.parametrize("line", sorted(LINES | NEEDS_LIBRARY | {"library repair -y", "library merge absent.map4"}))
def test_command_creates_no_library(inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.chdir(tmp_path)
    result = inside(*shlex.split(line))
    assert result.returncode
    assert line not in NEEDS_LIBRARY or (result.returncode, "map4 scan" in result.stderr) == (4, True)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("library")] == []
