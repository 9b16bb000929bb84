"""Every command and sub-command of map4, by what is typed for it."""

import shlex
from pathlib import Path

import click
from extra_cases import of_extras
from made_library import analysis_of, path_of, put

from map4 import Library
from map4.base.actor import ROLES, Role
from map4.base.declaration import load
from map4.base.declarations import declarations
from map4.jobs.store.queue import SqlJobs

EVERY: dict[str, click.Command] = {
    command.name: load(command.target)
    for declaration in declarations()
    for command in declaration.commands
    if command.is_listed or command.group or " " in command.name  # without names that are gone
}


A, B = path_of(1), path_of(2)
# What is typed for each command, by the least role that may. Words in the place of a name are there for nobody.
_CORE: dict[Role, tuple[str, ...]] = {
    "viewer": (
        f"analyze --no-store {A}", "search bpm:1..", f"similar {A}", f"compare {A} {B}",
        f"mix {A} {B}", f"playlist --seed {A} -n 2", "playlist check Ours", "playlist fill Ours -n 3",
        "playlist list", "playlist merge Ours", "playlist order Ours", "playlist fill Ours --refresh",
        "playlist show Ours", "playlist versions Ours",
        f"play {A}", f"tags show {A}", "tags prefer", "stats", "doctor", "duplicates", "accounts export me",
        "accounts tokens", "accounts revoke t-0000000000000000", "jobs list", "jobs show job-9",
        "library forget --list", "library info",
        "set history", "set ranges", "undo", "set --marks", "stats plays", "stats mixes",
        "export history", "import history", "import waiting",
    ),
    "user": (
        f"set {A} rating=3", f"set {A} bpm=99", "set undo 1", "export --to csv -o out.csv",
        "playlist order Ours --save New", "playlist delete -y Ours", "playlist versions Gone --restore deleted",
        "playlist share Ours read", "playlist live New bpm:1..", "playlist mark Ours club",
        "playlist joint Ours 2 --bars 4",
        f"mix {A} {B} --render out.wav", "playlist show Ours -o out.m3u8", "set --delete-mark peak",
        "set --rename-mark peak late", "set --paint-mark peak 1", "set tempo-range=80..159", "set ranges --undo",
        "jobs cancel job-1", "jobs retry job-1",
    ),
    "admin": (
        "scan .", "scan --watch .", f"analyze {A}", "import none.xml", "import forget none.xml",
        "tags write -y --query bpm:1..", "tags undo",
        "tags prefer label tag",
        "accounts", "accounts add carl --no-password", "accounts audit", "accounts remove -y other",
        "accounts set other --role viewer", "accounts export other", "accounts rotate",
        "library backup out.map4", "library clear -y", f"library forget {A}", "library prune -y",
    ),
}  # fmt: skip
_OF_EXTRAS = of_extras("COMMANDS")
LEAST = {role: (*typed, *(one for rows in _OF_EXTRAS for one in rows.get(role, ()))) for role, typed in _CORE.items()}
NOT_AS_SOMEBODY = {"serve", "library verify", "library repair", "library restore", "library copy"}
ABOUT_NO_LIBRARY = {"config", "config set", "config unset", "schema", "help", "completion"}.union(
    *of_extras("ABOUT_NO_LIBRARY")
)
ELSEWHERE = {"tap", "accounts issue"}.union(*of_extras("ELSEWHERE"))
"""They wait for an assistant, a keyboard or a password, or make what the caller may have."""
ENDLESS = {"scan --watch ."}
GROUPS = {"tags", "jobs", "library"}.union(*of_extras("GROUPS"))


def command_of(typed: str) -> str:
    """The command that is typed, with its sub-command."""
    first, second = (*shlex.split(typed), "")[:2]
    return f"{first} {second}" if f"{first} {second}" in EVERY else first


def fill_for_every_command(path: Path) -> None:
    """A library with an account of each role, and a list of everybody's."""
    with Library.open(path) as library:
        for number in range(10):
            put(library, number, analysis_of(number))
        for name in ("Ours", "Gone"):
            library.lists.save(name, library.lists.in_order(name, list(library.search("limit:2"))))
        library.lists.delete("Gone")
        library.set(A, year=1999)
        for role in reversed(ROLES):
            library.accounts.add(role, role)
        library.accounts.add("other", "user")
        # Asked for while that was allowed.
        library._store.part(SqlJobs).add(
            "export", {"to": "csv"}, priority=5, asked_by=library.accounts.get("viewer").actor()
        )
