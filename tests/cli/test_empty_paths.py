"""An empty path, as of a variable that is not set, means nothing: neither the current folder nor the whole library."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from command_runs import run_inside

from map4 import Library
from map4.cli.main import cli
from map4.errors import UsageError


def lines() -> Iterator[list[str]]:
    """Every command with an empty text in one place where it takes a path."""
    under_way: list[tuple[list[str], click.Command]] = [([], cli)]
    while under_way:
        words, command = under_way.pop()
        ctx = click.Context(command)
        if isinstance(command, click.Group):
            names = command.list_commands(ctx)
            under_way += [([*words, name], found) for name in names if (found := command.get_command(ctx, name))]
        before: list[str] = []
        for parameter in command.params:
            is_argument = isinstance(parameter, click.Argument)
            if isinstance(parameter.type, click.Path):
                yield [*words, *(before if is_argument else parameter.opts[:1]), ""]
            elif is_argument and parameter.required:
                before.append("{title}")


@pytest.mark.parametrize("command", sorted({line[0] for line in lines()}))
def test_an_empty_path_is_wrong_usage_in_every_command(command: str, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    for line in [line for line in lines() if line[0] == command]:
        done = run_inside(*line, library=tmp_path / "library.map4", cwd=tmp_path / "here")

        assert (line, done.returncode, "an empty path" in done.stderr, done.stdout) == (line, 2, True, "")
        assert (line, sorted(file.name for file in tmp_path.rglob("*"))) == (line, ["here"])


CALLS: dict[str, Callable[[Library], Any]] = {
    "scan": lambda library: library.scan(""),
    "scan of several": lambda library: library.scan([Path(), b""]),
    "analyze": lambda library: library.analyze([""]),
    "track": lambda library: library.track(""),
    "tracks at": lambda library: library.tracks.at([""]),
    "compare": lambda library: library.compare(["a.wav", ""]),
    "similar": lambda library: library.similar(""),
    "seed": lambda library: library.playlist(""),
    "to": lambda library: library.playlist(to=""),
    "include": lambda library: library.playlist(include=[""]),
    "folder": lambda library: library.playlist(folder=""),
    "export": lambda library: library.export("", to="csv"),
    "export of files": lambda library: library.export("x.csv", files=""),
    "export of a list": lambda library: library.export("x.csv", playlist=""),
    "import": lambda library: library.imports.read(""),
    "forget an import": lambda library: library.imports.forget(""),
    "forget": lambda library: library.files.forget_folder(""),
    "backup": lambda library: library.care.backup(""),
    "read a list": lambda library: library.lists.read(""),
    "write a report": lambda library: library.lists.write_report("text", ""),
    "verify": lambda library: Library.care.verify(""),
    "repair": lambda library: Library.care.repair(""),
    "restore": lambda library: Library.care.restore("", library.path),
    "open": lambda library: Library.open(""),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_library_calls_refuse_an_empty_path(call: Callable[[Library], Any], scanned: Path, tmp_path: Path) -> None:
    with Library.open(tmp_path / "library.map4") as library, pytest.raises(UsageError, match="an empty path"):
        call(library)
