"""Every command and sub-command of map4, by what is typed for it."""

import shlex
from pathlib import Path

import click
from extra_cases import of_extras
from made_library import put_tracks
from rights import COMMANDS, A

from map4 import Library
from map4.core.base.actor import ROLES
from map4.core.base.declaration import load
from map4.core.base.declarations import declarations
from map4.jobs.store.queue import SqlJobs

EVERY: dict[str, click.Command] = {
    command.name: load(command.target)
    for declaration in declarations()
    for command in declaration.commands
    if command.is_listed or command.group or " " in command.name  # without names that are gone
}
_OF_EXTRAS = of_extras("COMMANDS")
LEAST = {
    role: (*typed, *(command for rows in _OF_EXTRAS for command in rows.get(role, ())))
    for role, typed in COMMANDS.items()
}
NOT_AS_SOMEBODY = {"serve", "library verify", "library repair", "library restore", "library copy"}
ABOUT_NO_LIBRARY = {"config", "config set", "config unset", "schema", "help", "completion"}.union(
    *of_extras("ABOUT_NO_LIBRARY")
)
ELSEWHERE = {"tap", "accounts issue"}.union(*of_extras("ELSEWHERE"))
"""They wait for an assistant, a keyboard or a password, or make what the caller may have."""
ENDLESS = {"scan --watch ."}
GROUPS = {name for name, command in EVERY.items()
          if isinstance(command, click.Group) and not command.invoke_without_command}  # fmt: skip


def command_of(typed: str) -> str:
    """The command that is typed, with its sub-command."""
    first, second = (*shlex.split(typed), "")[:2]
    return f"{first} {second}" if f"{first} {second}" in EVERY else first


def fill_for_every_command(path: Path) -> None:
    """A library with an account of each role, and a list of everybody's."""
    with Library.open(path) as library:
        put_tracks(library, range(10))
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
