"""The examples that run map4 unattended are read by what reads them, and know how it ends."""

import configparser
import plistlib
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import click
import pytest
from conftest import REPOSITORY
from lanes import sampled

from map4.cli.main import cli
from map4.errors import LibraryBusyError, UsageError

EXAMPLES = REPOSITORY / "examples"
SERVICE = EXAMPLES / "service"
UNITS = {
    "user/map4-watch": ["scan", "--watch"],
    "user/map4-serve": ["serve", "--rescan", "30"],
    "system/map4-watch": ["scan", "--watch", "/srv/music"],
    "system/map4-serve": ["serve", "--music", "/srv/music", "--rescan", "60"],
}
"""What each unit runs."""


def text_of(name: str) -> str:
    return (SERVICE / f"{name}.service").read_text()


def service(name: str) -> configparser.SectionProxy:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text_of(name))
    return unit["Service"]


def test_unit_restarts_after_temporary_failures() -> None:
    for name in UNITS:
        found = service(name)
        assert (found["Restart"], float(found["RestartSec"]) > 0) == ("on-failure", True)
        assert set(found["RestartPreventExitStatus"].split()) == {
            str(UsageError.exit_code),
            str(LibraryBusyError.exit_code),
        }
        assert found["SuccessExitStatus"] == str(128 + signal.SIGTERM)
        assert shlex.split(found["ExecStart"])[1:] == ["--no-input", *UNITS[name]]


@pytest.mark.parametrize("words", UNITS.values())
def test_parser_accepts_what_a_unit_runs(words: list[str]) -> None:
    command = cli.get_command(click.Context(cli), words[0])
    assert command is not None
    assert command.make_context(words[0], words[1:], resilient_parsing=False).params


@pytest.mark.contract
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze, which is not installed")
@pytest.mark.parametrize("is_sound", [True, False])
@pytest.mark.parametrize("name", sampled(UNITS, every=4))
def test_systemd_accepts_the_unit(tmp_path: Path, name: str, is_sound: bool) -> None:
    text = re.sub(r"(?<=^ExecStart=)\S+", "/bin/true", text_of(name), flags=re.MULTILINE)  # it looks for the program
    unit = tmp_path / f"{Path(name).name}.service"
    unit.write_text(text if is_sound else text.replace("RestartSec", "RestratSec"))
    result = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (unit.name not in result.stderr) == is_sound, result.stderr


@pytest.mark.contract
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze, which is not installed")
@pytest.mark.parametrize("name", [name for name in UNITS if name.startswith("system/")])
def test_system_units_have_few_rights(name: str) -> None:
    result = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", SERVICE / f"{name}.service"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout.splitlines()[-1]


@pytest.mark.contract
def test_shell_of_the_launch_agent_exits_with_the_code_of_map4(tmp_path: Path) -> None:
    with (SERVICE / "user" / "map4-watch.plist").open("rb") as file:
        command = plistlib.load(file)["ProgramArguments"]
    (tmp_path / "Library" / "Logs").mkdir(parents=True)
    (tmp_path / ".local" / "bin").mkdir(parents=True)
    program = tmp_path / ".local" / "bin" / "map4"
    program.write_text('#!/bin/sh\necho "$*" >&2\nexit 75\n')
    program.chmod(0o755)
    result = subprocess.run(
        command, env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, capture_output=True, timeout=60, check=False
    )
    assert result.returncode == 75
    assert (tmp_path / "Library" / "Logs" / "map4-watch.log").read_text() == "--no-input scan --watch\n"
