"""Every command as a viewer, a user and an admin: who may not is told so in one line, and nothing is done."""

import shlex
from pathlib import Path

import pytest
from command_runs import run_inside
from every_command import (
    ABOUT_NO_LIBRARY,
    ELSEWHERE,
    ENDLESS,
    EVERY,
    GROUPS,
    LEAST,
    NOT_AS_SOMEBODY,
    command_of,
    fill_for_every_command,
)

from map4.core.base.actor import ROLES, Role

WITH = {"library restore": "x", "library copy": "x y"}
REFUSAL = "may not do this; it needs the scope"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with an account of each role, and a list of everybody's."""
    monkeypatch.chdir(tmp_path)
    fill_for_every_command(tmp_path / "library.map4")
    return tmp_path / "library.map4"


def _run(path: Path, typed: str, role: Role) -> tuple[int, str]:
    done = run_inside(*shlex.split(typed), "--no-input", library=path, env={"MAP4_USER": role})
    return done.returncode, done.stderr


def test_every_command_refuses_lower_roles_with_one_line(path: Path) -> None:
    wrong = list[tuple[str, Role, int, str]]()
    for least in ROLES[1:]:
        for typed in LEAST[least]:
            role = ROLES[ROLES.index(least) - 1]  # what that may not, no lesser one may: `tests/accounts/test_roles.py`
            code, output = _run(path, typed, role)
            if code != 1 or REFUSAL not in output or len(output.splitlines()) > 1:
                wrong.append((typed, role, code, output))
    assert wrong == []
    typed = {command_of(command) for commands in LEAST.values() for command in commands}
    assert typed | NOT_AS_SOMEBODY | ABOUT_NO_LIBRARY | ELSEWHERE | GROUPS == EVERY.keys()


@pytest.mark.world
@pytest.mark.parametrize("role", ROLES)
def test_command_is_allowed_from_its_required_role_on(path: Path, role: Role) -> None:
    kept = path.read_bytes()
    wrong = list[tuple[str, int, str]]()
    for typed in LEAST[role]:
        if typed not in ENDLESS:
            code, output = _run(path, typed, role)
            if REFUSAL in output:
                wrong.append((typed, code, output))
            path.write_bytes(kept)
    assert wrong == []


@pytest.mark.parametrize("command", sorted(NOT_AS_SOMEBODY))
def test_commands_on_the_library_file_refuse_an_account(path: Path, command: str) -> None:
    code, output = _run(path, f"{command} {WITH.get(command, '')}", "admin")
    assert (code, "remove --user or MAP4_USER" in output) == (2, True)
