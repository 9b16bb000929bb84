"""Help: options under headings, global ones in a line, and what was probably meant."""

from __future__ import annotations

import re
import shlex

import click
import pytest
from click.testing import CliRunner
from conftest import Run
from every_command import EVERY

from map4.cli.guesses import COMMANDS_TRIED
from map4.cli.help import OPTIONS, Help
from map4.cli.main import cli
from map4.cli.session import GLOBAL_OPTIONS

GLOBAL_LINE = "Global (map4 -h): --library --config --user -v -q --color --no-input --debug"
MANY = 6
"""Options of a command, from which on headings help."""


def help_of(name: str, width: int = 80, option: str = "--help") -> str:
    result = CliRunner().invoke(cli, [*name.split(), option], terminal_width=width)
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("name", EVERY)
def test_each_option_stands_once_and_global_ones_in_a_line(name: str) -> None:
    command = EVERY[name]
    assert isinstance(command, Help)
    text = help_of(name, option="--help-all" if command.folded else "--help")
    assert max(map(len, text.splitlines())) <= 80
    assert text.count(GLOBAL_LINE) == 1
    assert text.count("Exit codes: 0") == 1
    rows = [row for rows in command.sections(click.Context(command)).values() for row in rows]
    own = [option for option in command.params if isinstance(option, click.Option) and option not in GLOBAL_OPTIONS]
    own = [option for option in own if not option.hidden]
    assert sorted(term.split()[0].rstrip(",") for term, _ in rows) == sorted(option.opts[0] for option in own)
    for term, _ in rows:
        assert f"\n  {term}" in text


@pytest.mark.parametrize("name", EVERY)
def test_no_option_of_a_command_with_many_is_without_a_heading(name: str) -> None:
    command = EVERY[name]
    assert isinstance(command, Help)
    sections = command.sections(click.Context(command))
    if sum(map(len, sections.values())) >= MANY:
        assert OPTIONS not in sections
        assert len(sections) >= 2


def test_the_options_of_playlist_are_grouped() -> None:
    heads = re.findall(r"^(\w.*):$", help_of("playlist", option="--help-all"), re.MULTILINE)
    assert heads == ["Commands", "What goes in", "Length and energy", "Limits", "Choice", "Output"]


def test_options_that_are_rarely_needed_are_named_and_explained_on_request() -> None:
    folded = {name: command.folded for name, command in EVERY.items() if isinstance(command, Help) and command.folded}
    assert folded.keys() == {"playlist", "export"}
    for name, headings in folded.items():
        short, whole = help_of(name), help_of(name, option="--help-all")
        for heading in headings:
            assert (f"{heading}:" in short, f"{heading}:" in whole) == (False, True)
        assert ("More options (" in short, "More options (" in whole) == (True, False)
        assert len(short.splitlines()) < 100
    assert " playlist --help-all): --policy --tolerance --harmonic" in " ".join(help_of("playlist").split())
    assert help_of("scan", option="--help-all") == help_of("scan")


def test_help_is_a_command_too(inside: Run) -> None:
    for name in ("scan", "playlist", "playlist check"):
        assert inside("help", *name.split()).stdout == inside(*name.split(), "--help").stdout
    assert inside("help").stdout == inside("--help").stdout
    # By an alias, help names the command itself.
    assert inside("help", "cache", "info").stdout == inside("library", "info", "--help").stdout
    assert inside("cache", "info", "--help").stdout == inside("library", "info", "--help").stdout


def test_an_alias_is_named_by_its_command_and_listed_nowhere_else() -> None:
    aliased = [command for command in cli.listed() if command.aliases]
    assert [command.name for command in aliased] == ["library"]
    for command in aliased:
        assert all(f"'map4 {alias}' is the same command" in help_of(command.name) for alias in command.aliases)
        assert not set(command.aliases) & set(cli.list_commands(click.Context(cli)))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("help playlist chek", "There is no command 'map4 playlist chek'. Did you mean 'map4 playlist check'?"),
        ("help serach", "Did you mean 'map4 search'?"),
        ("help scan folder", "'map4 scan' has no commands; 'map4 help scan' explains it."),
        ("library infos", "There is no command 'map4 library infos'. Did you mean 'map4 library info'?"),
        ("undo", "Did you mean 'map4 tags undo' or 'map4 duplicates --undo'?"),
        ("info x.mp3", "Did you mean 'map4 analyze'?"),
        ("playlist new", "Did you mean 'map4 playlist --seed FILE'?"),
        ("cache xyzzy", "'map4 library --help' lists all commands."),
        ("playlist shwo", "Did you mean 'map4 playlist show'?"),
    ],
)
def test_what_is_no_command_gets_the_near_one(inside: Run, line: str, said: str) -> None:
    result = inside(*shlex.split(line))
    assert (result.returncode, result.stdout) == (2, "")
    assert said in result.stderr


def test_a_range_is_told_in_words() -> None:
    assert "Requests at the same time. (default: 4, 1 to 32)" in " ".join(help_of("classify").split())
    assert not re.search(r"x>=|<=x|INTEGER", "".join(map(help_of, EVERY)))


def test_sub_commands_are_told_in_whole_sentences() -> None:
    for name in ("playlist", "library"):
        assert "..." not in help_of(name).partition("Commands:")[2].partition("\n\n")[0]


def test_each_guess_names_a_command_that_there_is_for_one_that_there_is_not() -> None:
    for group, tried in COMMANDS_TRIED.items():
        for name, meant in tried.items():
            assert f"{group} {name}".removeprefix("map4 ") not in EVERY
            for words in meant.split("' or '"):
                called = " ".join(word for word in words.split()[1:] if word.isalpha() and word.islower())
                assert called in EVERY or words == "map4 --version"
