"""Names of release candidates that are gone lead to their replacement."""

import json
from pathlib import Path
from typing import cast

import click
import pytest
from conftest import Run
from every_command import EVERY
from libraries import make_library

from map4.cli import scheduled
from map4.cli.main import cli
from map4.core.base import old_names
from map4.core.base.old_names import OldSetting, new_line
from map4.settings.config import SETTINGS


@pytest.fixture
def _old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        old_names,
        "COMMANDS",
        {
            "map4 follow": "map4 scan --watch",
            "map4 library shrink": "map4 library prune",
            "map4 people": "map4 accounts",
            "map4 people add": "map4 accounts add",
            "map4 playlist back": "map4 playlist versions NAME --restore N",
            "map4 stats guess": "The lab does it.",
        },
    )


@pytest.mark.usefixtures("_old")
@pytest.mark.parametrize(
    ("line", "new"),
    [
        ("map4 follow", "map4 scan --watch"),
        ("/usr/bin/map4 --no-input follow ~/Music --jobs 2", "/usr/bin/map4 --no-input scan --watch ~/Music --jobs 2"),
        ("map4 --library follow scan", None),
        ("map4 --library a.map4 follow", "map4 --library a.map4 scan --watch"),
        ("map4 library shrink --yes", "map4 library prune --yes"),
        ("map4 playlist back Set 3", "map4 playlist versions NAME --restore N"),
        ("map4 stats guess", None),
        ("map4 scan follow", None),
        ("map4", None),
    ],
)
def test_old_commands_in_a_line_are_replaced(line: str, new: str | None) -> None:
    assert new_line(line.split()) == new


def test_replacements_name_commands_that_exist() -> None:
    for old, instead in old_names.COMMANDS.items():
        assert old.removeprefix("map4 ") not in EVERY, old
        if old_names.is_command_line(instead):
            words = [word for word in instead.split()[1:] if word.isalpha() and word.islower()]
            assert " ".join(words[:2]) in EVERY or words[0] in EVERY, instead


def test_old_options_are_gone_from_commands_that_exist() -> None:
    for old in old_names.OPTIONS:
        called, _, option = old.rpartition(" ")
        if not called:
            assert option not in {
                name for command in EVERY.values() for parameter in command.params for name in parameter.opts
            }
        command: click.Command = cli
        for word in called.split()[1:]:
            assert isinstance(command, click.Group), old
            found = command.get_command(click.Context(command), word)
            assert found is not None, old
            command = found
        assert option not in {name for parameter in command.params for name in parameter.opts}, old


def test_old_settings_and_their_variables_have_no_other_meaning() -> None:
    for name, old in old_names.SETTINGS.items():
        assert name not in SETTINGS
        assert old.variable not in {setting.variable for setting in SETTINGS.values()}


@pytest.mark.usefixtures("_old")
def test_old_commands_and_options_are_errors_that_name_the_replacement(
    inside: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(cast("dict[str, str]", old_names.OPTIONS), "map4 scan --often", "write --watch")
    for words, hint in (
        (("follow", "x"), "The command 'map4 follow' is gone. Write 'map4 scan --watch'."),
        (("people", "add", "ann"), "The command 'map4 people add' is gone. Write 'map4 accounts add'."),
        (("people", "--json"), "The command 'map4 people' is gone. Write 'map4 accounts'."),
        (("library", "shrink"), "The command 'map4 library shrink' is gone. Write 'map4 library prune'."),
        (("playlist", "back", "Set"), "is gone. Write 'map4 playlist versions NAME --restore N'."),
        (("stats", "guess"), "The command 'map4 stats guess' is gone. The lab does it."),
        (("scan", "--often"), "No such option '--often'. It is gone; write --watch."),
        (("playlist", "live", "L", "-n7"), "It is gone; write limit:7 in the query."),
        (("playlist", "live", "L", "--sort", "a b"), "It is gone; write sort:'a b' in the query."),
        (("playlist", "live", "L", "--shuffle"), "It is gone; write shuffle:weekly in the query."),
    ):
        result = inside(*words)
        assert (result.returncode, result.stdout) == (2, "")
        assert hint in result.stderr


def test_old_sub_commands_of_a_command_with_files_are_errors(
    inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_names, "COMMANDS", {"map4 import guess": "map4 import waiting"})
    monkeypatch.chdir(tmp_path)
    gone = inside("import", "guess")
    assert (gone.returncode, gone.stdout) == (2, "")
    assert "The command 'map4 import guess' is gone. Write 'map4 import waiting'." in gone.stderr
    (tmp_path / "guess").write_text("")
    assert "is gone" not in inside("import", "guess").stderr


def test_old_settings_are_ignored_with_a_warning(inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = cast("dict[str, OldSetting]", old_names.SETTINGS)
    monkeypatch.setitem(old, "radio.lists", OldSetting("MAP4_LISTS", "play lists as files"))
    file = tmp_path / "map4.toml"
    file.write_text("[radio]\nlists = 'a'\n[scan]\njobs = 3\n")
    shown = inside("config", "--config", file, "--json", env={"MAP4_LISTS": "a"})
    assert json.loads(shown.stdout)["settings"]["scan.jobs"]["value"] == 3
    assert shown.stderr == (
        f"map4: radio.lists in {file} is ignored; play lists as files. "
        "the variable MAP4_LISTS is ignored; play lists as files\n"
    )
    refused = inside("config", "set", "radio.lists", "a", "--config", file)
    assert refused.returncode == 2
    assert "the setting 'radio.lists' is gone; play lists as files" in refused.stderr
    assert inside("config", "unset", "radio.lists", "--config", file).returncode == 0
    assert file.read_text() == "[radio]\n[scan]\njobs = 3\n"


@pytest.mark.usefixtures("_old")
def test_doctor_names_services_that_run_old_commands(
    inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_library(tmp_path / "library.map4")
    (tmp_path / "map4-follow.service").write_text("[Service]\nExecStart=%h/.local/bin/map4 --no-input follow\n")
    monkeypatch.setattr(scheduled, "SERVICES", (str(tmp_path),))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (
        f"{tmp_path}/map4-follow.service runs 'map4 --no-input follow', which is gone; "
        "write: map4 --no-input scan --watch\n"
    ) in inside("doctor").stderr


@pytest.mark.usefixtures("_old")
@pytest.mark.parametrize("after", ["2>>log", "2&gt;&gt;log", ">log 2>&1", "| tail", "; true"])
def test_lines_to_write_have_no_part_of_what_follows_the_command(
    after: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "map4.plist").write_text(f"exec map4 follow 2 {after}\n")
    monkeypatch.setattr(scheduled, "SERVICES", (str(tmp_path),))
    monkeypatch.setenv("PATH", str(tmp_path))
    [line] = scheduled.lines_to_change()
    assert line.endswith("runs 'map4 follow 2', which is gone; write: map4 scan --watch 2")
