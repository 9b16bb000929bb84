"""Help: options under headings, global ones in a line, and what was probably meant."""

import re
import shlex
import tempfile

import click
import pytest
from click.testing import CliRunner
from conftest import Run
from declared import COMMANDS
from every_command import EVERY

from map4.cli.guesses import COMMANDS_TRIED
from map4.cli.help import GLOBAL_LINE, KEYS, OTHER_MACHINES, SHARED, Help, topic_text, topics
from map4.cli.main import cli
from map4.cli.session import GLOBAL_OPTIONS
from map4.core.base.declaration import Topic
from map4.core.music.query.fields import FIELDS as QUERY_FIELDS
from map4.core.music.query.fields import IS_WORDS

SCREEN = 60
"""Lines of a help at most, at 80 columns."""


TOPICS = ", ".join(topic.name for topic in topics())


def help_of(name: str, width: int = 80, option: str = "--help") -> str:
    result = CliRunner().invoke(cli, [*name.split(), option], terminal_width=width)
    assert result.exit_code == 0
    return result.output


def test_help_lists_options_once_and_dry_run_as_n() -> None:
    for name in EVERY:
        command = EVERY[name]
        assert isinstance(command, Help)
        text = help_of(name, option="--help-all")
        assert max(map(len, text.splitlines())) <= 80
        assert text.count(GLOBAL_LINE) == 1
        assert text.count("Exit codes: 0") == 1
        rows = [row for rows in command.sections(click.Context(command)).values() for row in rows]
        own = [option for option in command.params if isinstance(option, click.Option) and option not in GLOBAL_OPTIONS]
        own = [option for option in own if not option.hidden]
        assert sorted(term.split()[0].rstrip(",") for term, _ in rows) == sorted(option.opts[0] for option in own)
        for term, _ in rows:
            assert f"\n  {term}" in text
    options = [
        option
        for command in EVERY.values()
        for option in command.params
        if isinstance(option, click.Option) and "--dry-run" in option.opts
    ]
    assert [option.opts for option in options] == len(options) * [["-n", "--dry-run"]]


def test_help_fits_a_screen_and_lists_the_options_it_leaves_out() -> None:
    for name in ["", *EVERY]:
        command = EVERY.get(name, cli)
        assert isinstance(command, Help)
        short, whole = help_of(name), help_of(name, option="--help-all")
        assert len(short.splitlines()) <= SCREEN
        sections = command.sections(click.Context(command))
        for heading in command.folded:
            assert (f"{heading}:" in short, f"{heading}:" in whole) == (False, heading in sections)
        for heading in (*command.folded, *SHARED):
            for term, _ in sections.get(heading, ()):
                assert term.split()[0].rstrip(",") in short
        is_short = bool(command.folded) or bool({OTHER_MACHINES, KEYS} & sections.keys())
        assert ("More options (" in short, "More options (" in whole) == (is_short, False)


@pytest.mark.parametrize("topic", topics(), ids=lambda topic: topic.name)
def test_topics_fit_80_columns_and_name_existing_commands(topic: Topic, inside: Run) -> None:
    text = inside("help", topic.name).stdout
    assert max(map(len, text.splitlines())) <= 80
    for line in re.findall(r"^  (map4 .+?)(?:   .*)?$", text, re.MULTILINE):
        name, *words = shlex.split(line.partition(" | ")[0])[1:]
        command = cli.get_command(click.Context(cli), name)
        assert command is not None, line
        while isinstance(command, click.Group) and words and words[0] in command.list_commands(click.Context(command)):
            command = command.get_command(click.Context(command), words.pop(0))
            assert command is not None
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("-") and word != "-"} <= known, line
    for command_name in topic.commands:
        assert f"map4 help {topic.name}" in help_of(command_name)


def test_help_lists_every_field_and_guesses_existing_commands() -> None:
    text = topic_text("search")
    assert text is not None
    assert all(f"\n  {field.example}" in text for field in QUERY_FIELDS.values())
    assert all(f"\n  is:{word} " in text for word in IS_WORDS)
    for group, tried in COMMANDS_TRIED.items():
        for name, meant in tried.items():
            assert f"{group} {name}".removeprefix("map4 ") not in EVERY
            for words in meant.split("' or '"):
                called = " ".join(word for word in words.split()[1:] if word.isalpha() and word.islower())
                assert called in EVERY or words == "map4 --version"


def test_help_command_prints_the_same_as_the_option_with_aliases(inside: Run) -> None:
    for name in ("scan", "playlist", "playlist check"):
        assert inside("help", *name.split()).stdout == inside(*name.split(), "--help").stdout
    assert inside("help").stdout == inside("--help").stdout
    assert inside("help", "bpm").stdout.startswith("bpm: ")
    assert "bpm:120..128" in inside("help", "BPM").stdout
    # By an alias, help names the command itself.
    assert inside("help", "cache", "info").stdout == inside("library", "info", "--help").stdout
    assert inside("cache", "info", "--help").stdout == inside("library", "info", "--help").stdout
    aliased = [command for command in cli.listed() if command.aliases]
    assert [command.name for command in aliased] == ["library"]
    for command in aliased:
        assert all(f"'map4 {alias}' is the same command" in help_of(command.name) for alias in command.aliases)
        assert not set(command.aliases) & set(cli.list_commands(click.Context(cli)))
        assert f"  {command.name}, {', '.join(command.aliases)}  {COMMANDS[command.name]}" in inside("--help").stdout


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("help playlist chek", "There is no command 'map4 playlist chek'. Did you mean 'map4 playlist check'?"),
        ("help serach", "Did you mean 'map4 search'?"),
        ("help scan folder", "'map4 scan' has no commands; see 'map4 help scan'."),
        ("help nonsense", f"There is no command 'map4 nonsense'. 'map4 --help' lists all commands. Topics: {TOPICS}."),
        ("library infos", "There is no command 'map4 library infos'. Did you mean 'map4 library info'?"),
        (tempfile.gettempdir(), f"Did you mean 'map4 scan {tempfile.gettempdir()}'?"),
        (__file__, f"Did you mean 'map4 analyze {__file__}' or 'map4 import {__file__}'?"),
        ("scna", "Did you mean 'map4 scan'?"),
        ("tag x.mp3", "Did you mean 'map4 tags'?"),
        ("info x.mp3", "Did you mean 'map4 analyze'?"),
        ("forget x.mp3", "Did you mean 'map4 library forget'?"),
        ("playlist new", "Did you mean 'map4 playlist --seed FILE'?"),
        ("cache xyzzy", "'map4 library --help' lists all commands."),
        ("playlist shwo", "Did you mean 'map4 playlist show'?"),
    ],
)
def test_wrong_first_words_lead_to_the_right_command(inside: Run, line: str, message: str) -> None:
    result = inside(*shlex.split(line))
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr
