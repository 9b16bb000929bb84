"""Values of options: numbers, lengths, choices, and paths that are empty."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from command_runs import run_inside
from conftest import Run
from every_command import EVERY

from map4 import Library
from map4.cli.main import cli
from map4.cli.value_types import Age, Minutes, Number, Seconds, WholeNumber
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


# Types of values, and what is said of a value that is none.
OPTIONS = {f"{name} {option.opts[-1]}": option for name, command in EVERY.items() for option in command.params}
CHOICES = {name: option.type for name, option in OPTIONS.items() if isinstance(option.type, click.Choice)}
NUMBERS = {
    name: option.type
    for name, option in OPTIONS.items()
    if isinstance(option.type, (click.types.FloatParamType, click.types.IntParamType))
    and not getattr(option, "count", False)
}


def test_invalid_numbers_and_ages_are_refused_in_plain_words() -> None:
    cases = [
        (Number(), "x", "'x' is not a number"),
        (Number(), "nan", "'nan' is not a number"),
        (Number(), "", "'' is not a number"),
        (Number(0, 1), "1.5", "'1.5' is not a number from 0 to 1"),
        (Number(min=0, min_open=True), "0", "'0' is not a number above 0"),
        (Number(-1, 1), "-1.01", "'-1.01' is not a number from -1 to 1"),
        (WholeNumber(), "1.5", "'1.5' is not a whole number"),
        (WholeNumber(min=1), "0", "'0' is not a whole number from 1"),
        (WholeNumber(1, 32), "9" * 5000, "is not a whole number from 1 to 32"),
    ]
    for kind, value, message in cases:
        with pytest.raises(click.BadParameter) as caught:
            kind.convert(value, None, None)
        assert caught.value.message.endswith(message)
    assert [Number(-1, 1).convert(text, None, None) for text in ("-1", "1", ".5", "1e-3")] == [-1.0, 1.0, 0.5, 0.001]
    assert [WholeNumber(1, 32).convert(text, None, None) for text in ("1", " 32 ")] == [1, 32]
    for value in ["inf", "-inf", "nan", "1e12", "0", "-1", "0.05", "soon", ""]:
        with pytest.raises(click.BadParameter, match="seconds"):
            Seconds().convert(value, None, None)
        assert [Seconds().convert(text, None, None) for text in ("0.1", "1e6", "30")] == [0.1, 1e6, 30.0]
    for value in ["999999w", "36526d", "999999999d", "1e5d", "3", "\u0663d", "-1d", ""]:
        with pytest.raises(click.BadParameter):
            Age().convert(value, None, None)
        ages = [Age().convert(text, None, None) for text in ("90m", "1.5 D", "5217w", timedelta(hours=1))]
        assert ages == [timedelta(minutes=90), timedelta(hours=36), timedelta(weeks=5217), timedelta(hours=1)]


def message_of(kind: click.ParamType, value: str) -> str:
    with pytest.raises(click.BadParameter) as caught:
        kind.convert(value, None, None)
    return caught.value.message


def test_lengths_are_taken_with_units_and_refused_options_suggest() -> None:
    names = {option: str(kind.choices[0]) for option, kind in CHOICES.items()}
    assert [
        option
        for option, name in names.items()
        if f"; did you mean {name}?" not in message_of(CHOICES[option], f"{name}x")
    ] == []
    plain = ("'soon' is not a number", "'soon' is not a whole number")
    assert [option for option, kind in NUMBERS.items() if not message_of(kind, "soon").startswith(plain)] == []
    minutes, seconds = Minutes(0.0, 1000.0, min_open=True), Seconds()
    given = ["90", "90.5", "20m", "1h30", "1:30:00", "90:00", "2 h", "45s"]
    assert [minutes.convert(text, None, None) for text in given] == [90.0, 90.5, 20.0, 90.0, 90.0, 90.0, 120.0, 0.75]
    assert [seconds.convert(text, None, None) for text in ("90", "1.5s", "5m", "1:30")] == [90.0, 1.5, 300.0, 90.0]
    how = "is not a number of minutes above 0 to 1000; write 90, 90m, 1h30 or 1:30:00"
    assert [message_of(minutes, text) for text in ("0", "-5", "20x", "1001")] == [
        f"'{text}' {how}" for text in ("0", "-5", "20x", "1001")
    ]
    assert "write 90, 90s or 5m" in message_of(seconds, "soon")


@pytest.mark.parametrize("line", ["playlist", "playlist fill x", "playlist live x", "mix x"])
def test_every_command_with_minutes_takes_units(inside: Run, line: str) -> None:
    assert "is not a number of minutes" in inside(*line.split(), "--minutes", "20x").stderr
    assert "is not" not in inside(*line.split(), "--minutes", "1h30").stderr


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("playlist --policy flex", "there is no tempo policy 'flex'; did you mean flexible?"),
        ("playlist --polcy flexible", "No such option '--polcy'. Did you mean '--policy'?"),
        ("playlist --length 90", "No such option '--length'. Did you mean --minutes?"),
        ("play x --at 0:30", "Did you mean --from?"),
        ("set x --bpm 120", "No such option '--bpm'. Write bpm=VALUE."),
        ("stats --genre house", "Write --query genre:house."),
        ("stats --energi", "No such option '--energi'. 'map4 stats --help' lists them."),
        ("doctor --only tmpo", "did you mean tempo?"),
        ("completion bsh", "did you mean bash?"),
        ("schema trak", "There is no schema 'trak'; did you mean track?"),
    ],
)  # fmt: skip
def test_unknown_name_gets_a_suggestion(inside: Run, line: str, hint: str) -> None:
    result = inside(*line.split())
    assert (result.returncode, result.stdout) == (2, "")
    assert hint in result.stderr


def test_files_like_options_get_hints_and_options_are_no_paths(
    inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-rf.ogg").touch()
    assert "For the file, write ./-rf.ogg\n" in inside("analyze", "-rf.ogg").stderr
    done = inside("export", "-o", "--force")
    message = "its value is missing; '--force' is an option (write ./--force for a file of this name)"
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr
    assert inside("export", "-o", "-", "--to", "csv").returncode == 4  # '-' is no option
