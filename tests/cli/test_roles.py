"""Every command as a viewer, a user and an admin: who may not is told so in one line, and nothing is done."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from command_runs import run_inside
from every_command import EVERY
from made_library import analysis_of, path_of, put

from map4 import Library
from map4.domain.actor import ROLES, Role

A, B = path_of(1), path_of(2)
# What is typed for each command, by the least role that may. Words in the place of a name are there for nobody.
LEAST: dict[Role, tuple[str, ...]] = {
    "viewer": (
        f"analyze --no-store {A}", "search bpm:1..", "ask 'house of 120 bpm'", f"similar {A}", f"compare {A} {B}",
        f"mix {A} {B}", f"unmix {A}", f"playlist --seed {A} -n 2", "playlist check Ours", "playlist fill Ours -n 3",
        "playlist list", "playlist merge Ours", "playlist order Ours", "playlist refresh Ours", "playlist show Ours",
        "playlist versions Ours", "playlist live New bpm:1.. --dry-run",
        f"play {A}", f"tags show {A}", "tags prefer", "stats", "doctor", "duplicates", "users export me", "jobs list",
        "jobs show job-9", "tokens list", "tokens remove t-0000000000000000", "cache ignored", "cache info",
        "set --history", "connect status", "marks",
    ),
    "user": (
        f"set {A} rating=3", f"set {A} bpm=99", "set --undo 1", "export --to csv -o out.csv",
        "playlist order Ours --save New", "playlist delete -y Ours", "playlist restore Gone",
        "playlist share Ours read", "playlist live New bpm:1..", "playlist mark Ours club",
        f"mix {A} {B} --render out.wav", "playlist show Ours -o out.m3u8", "marks peak --delete",
        "jobs cancel job-1", "jobs retry job-1", "connect map none", "connect push Ours", "connect pull",
        f"unmix {A} --keep", f"unmix {A} --save New", f"unmix {A} -o out.cue",
        "connect remove none",
    ),
    "admin": (
        "scan .", "watch .", f"analyze {A}", "import none.xml", "tags write -y --query bpm:1..", "tags undo",
        "tags prefer label tag",
        "duplicates --quarantine /nowhere -y", "duplicates --undo -y", "classify --dry-run", "lookup --dry-run",
        "users add carl --no-password", "users list", "users audit", "users remove -y other", "users role other viewer",
        "users rename other Otto", "users export other", "tokens rotate", "cache backup out.map4", "cache clear -y",
        "cache merge none.map4",
        f"cache forget {A}", "cache prune -y", "cache warm",
    ),
}  # fmt: skip
NOT_AS_SOMEBODY = {"serve", "cache verify", "cache repair", "cache restore"}
ABOUT_NO_LIBRARY = {"providers check", "providers import-dump", "providers list", "config", "config set",
                    "config unset", "schema", "help", "completion"}  # fmt: skip
ELSEWHERE = {"mcp", "tap", "users password", "tokens add", "connect add"}
"""They wait for an assistant, a keyboard or a password, or make what the caller may have."""
ENDLESS = {"watch ."}
GROUPS = {"tags", "users", "jobs", "tokens", "cache", "providers", "connect"}
REFUSAL = "may not do this; it needs the scope"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with an account of each role, and a list of everybody's."""
    monkeypatch.chdir(tmp_path)
    with Library.open(tmp_path / "library.map4") as library:
        for number in range(10):
            put(library._store.tracks, number, analysis_of(number))
        for name in ("Ours", "Gone"):
            library.lists.save(name, library.lists.in_order(name, list(library.search("limit:2"))))
        library.lists.delete("Gone")
        library.set(A, year=1999)
        for role in reversed(ROLES):
            library.accounts.add(role, role)
        library.accounts.add("other", "user")
        # Asked for while that was allowed.
        library._store.jobs.add("export", {"to": "csv"}, priority=5, asked_by=library.accounts.get("viewer").actor())
    return tmp_path / "library.map4"


def _command(typed: str) -> str:
    first, second = (*shlex.split(typed), "")[:2]
    return f"{first} {second}" if f"{first} {second}" in EVERY else first


def _told(path: Path, typed: str, role: Role) -> tuple[int, str]:
    done = run_inside(*shlex.split(typed), "--no-input", library=path, env={"MAP4_USER": role})
    return done.returncode, done.stderr


def test_every_command_stands_in_the_table() -> None:
    typed = {_command(one) for commands in LEAST.values() for one in commands}
    assert typed | NOT_AS_SOMEBODY | ABOUT_NO_LIBRARY | ELSEWHERE | GROUPS == EVERY.keys()


def test_a_command_refuses_who_may_not_in_a_line(path: Path) -> None:
    wrong = list[tuple[str, Role, int, str]]()
    for least in ROLES[1:]:
        for typed in LEAST[least]:
            role = ROLES[ROLES.index(least) - 1]  # what that may not, no lesser one may: `tests/library/test_roles.py`
            code, said = _told(path, typed, role)
            if code != 1 or REFUSAL not in said or len(said.splitlines()) > 1:
                wrong.append((typed, role, code, said))
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_a_command_refuses_nobody_who_may(path: Path, role: Role) -> None:
    kept = path.read_bytes()
    wrong = list[tuple[str, int, str]]()
    for typed in LEAST[role]:
        if typed not in ENDLESS:
            code, said = _told(path, typed, role)
            if REFUSAL in said:
                wrong.append((typed, code, said))
            path.write_bytes(kept)
    assert wrong == []


@pytest.mark.parametrize("command", sorted(NOT_AS_SOMEBODY))
def test_what_is_about_the_file_itself_is_done_as_nobody(path: Path, command: str) -> None:
    code, said = _told(path, f"{command} {'x' if command == 'cache restore' else ''}", "admin")
    assert (code, "leave --user (or MAP4_USER) out" in said) == (2, True)
