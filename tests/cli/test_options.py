"""Options that several commands share, and options made of the record that declares them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import click
import pytest
from click.testing import CliRunner
from conftest import Run
from extra_cases import of_extras

from map4.cli.main import cli
from map4.cli.options import CallOption
from map4.cli.session import Map4Command
from map4.core.base.call_options import WorkerOptions, option
from map4.errors import QueryError, UsageError

SELECTING = [line for lines in of_extras("SELECTING") for line in lines]
"""Commands of extras that work on tracks."""
QUERIES = [
    f"{command} --query gnere:x"
    for command in (
        "stats", "doctor", "similar a.mp3", "export -o x.csv", "set bpm=90", "compare", "playlist",
        "playlist fill a.m3u8", *SELECTING,
    )
]  # fmt: skip


@pytest.mark.parametrize("line", [*QUERIES, "search gnere:x", "playlist --exclude gnere:x"])
def test_query_error_is_reported_without_a_library(line: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["--library", str(tmp_path / "none.map4"), *line.split()])
    assert isinstance(result.exception, QueryError)
    assert result.exception.exit_code == 2


def test_limits_are_checked_and_paths_of_a_list_end_with_lines_or_nul(music: Path, inside: Run) -> None:
    for arguments in (["analyze", "--timeout", "inf"], ["scan", "--max-age", "999999w"]):
        assert CliRunner().invoke(cli, [*arguments, str(music)]).exit_code == 2
    for listed, names in (("a\nb.wav\0c.wav\0", ["b.wav", "c.wav"]), ("a\nb.wav\n", ["a", "b.wav"])):
        result = inside("analyze", "--files-from", "-", input=listed)
        assert result.returncode == 4
        found = zip(result.stderr.splitlines(), names, strict=True)
        assert all(line.endswith(f"{name}: does not exist (vanished)") for line, name in found)


@pytest.mark.parametrize("command", ["export -o all.csv", "set", *SELECTING])
def test_empty_list_of_files_does_not_select_all_files(inside: Run, friday: Path, command: str) -> None:
    done = inside(*command.split(), "--files-from", "-", input="\n", cwd=friday.parent)
    assert (done.returncode, done.stdout) == (4, "")
    assert "the list of files is empty" in done.stderr
    assert not (friday.parent / "all.csv").exists()


def spices_of(text: str) -> tuple[str, ...]:
    if "," not in text:
        raise UsageError(f"'{text}' are no spices")
    return tuple(text.split(","))


class Tea(WorkerOptions):
    """How tea is made."""

    kind: Literal["green", "black"] = option("green", "--kind", "Which tea.")
    cups: int = option(2, "-n --cups", "How many cups.", least=1, metavar="N", heading="How much")
    heat: float = option(0.8, "--heat", "Heat.", least=0, most=1, shows_default=True, metavar="H", heading="How much")
    steep_s: float = option(2.0, "--steep", "How long.", shows_default=True)
    milk: bool | None = option(None, "--milk/--no-milk", "With or without milk.")
    sweet: bool = option(False, "--sweet", "With sugar.")
    strain: bool = option(True, "--no-strain", "Leave the leaves in.")
    herbs: Iterable[str] = option((), "--herb", "With this herb; repeatable.", metavar="HERB")
    lid: bool = option(True, about="With the lid on.")
    spices: Sequence[str] = option((), "--spices", "With these.", metavar="A,B", reads=spices_of)
    more: Mapping[str, str] = option({}, "--more", "What else; repeatable.", metavar="NAME=VALUE")


@click.command(cls=Map4Command)
@CallOption.of(Tea, without=("sweet",))
def brew(options: Tea) -> None:
    """Make tea."""
    click.echo(repr(options))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", Tea(jobs=1)),
        ("--kind black -n 3 --heat .5 --steep 90", Tea(jobs=1, kind="black", cups=3, heat=0.5, steep_s=90.0)),
        ("--milk --no-strain --herb mint --herb sage", Tea(jobs=1, milk=True, strain=False, herbs=("mint", "sage"))),
        ("--no-milk", Tea(jobs=1, milk=False)),
        ("--jobs 3", Tea(jobs=3)),
        ("--spices a,b --more c=d --more e=f=g", Tea(jobs=1, spices=("a", "b"), more={"c": "d", "e": "f=g"})),
    ],
)
def test_command_gets_a_record_of_its_options(monkeypatch: pytest.MonkeyPatch, line: str, expected: Tea) -> None:
    monkeypatch.setenv("MAP4_JOBS", "1")
    assert CliRunner().invoke(brew, line.split()).output.strip() == repr(expected)


def test_options_record_gives_defaults_help_and_completion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAP4_JOBS", "4")
    assert CliRunner().invoke(brew, []).output.strip() == repr(Tea(jobs=4))
    assert CliRunner().invoke(brew, ["-j", "1"]).output.strip() == repr(Tea(jobs=1))
    lines = [" ".join(line.split()) for line in CliRunner().invoke(brew, ["--help"]).output.splitlines()]
    how_much = lines.index("How much:")
    assert lines[how_much + 1 : how_much + 3] == ["-n, --cups N How many cups.", "--heat H Heat. (default: 0.8)"]
    assert {"--no-strain Leave the leaves in.", "--herb HERB With this herb; repeatable."} <= {*lines}
    command = click.Command("brew", params=[])
    completes = CallOption.of(Tea, complete={"kind": lambda ctx, param, incomplete: [f"{incomplete}een"]})
    made = click.command(cls=Map4Command)(completes(lambda options: None))
    [kind] = [parameter for parameter in made.params if parameter.name == "kind"]
    assert [item.value for item in kind.shell_complete(click.Context(command), "gr")] == ["green"]


def test_invalid_option_values_are_explained() -> None:
    cases = [
        ("--kind red", "'red' is not a valid value; there are green, black"),
        ("-n 0", "'0' is not a whole number from 1"),
        ("--heat 2", "'2' is not a number from 0 to 1"),
        ("--steep 0", "'0' is not a number of seconds from 0.1 to 1000000"),
        ("--sweet", "No such option"),
        ("--spices a", "'a' are no spices"),
        ("--more a", "'a' is not an option; write it as NAME=VALUE."),
    ]
    for line, message in cases:
        done = CliRunner().invoke(brew, line.split())
        assert (done.exit_code, message in done.output) == (2, True)
