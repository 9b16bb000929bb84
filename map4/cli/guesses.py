"""Command and option names that users of other programs try, and their map4 equivalents."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence

import click

from map4.cli.topics import package_extras
from map4.core.base.declarations import built_in
from map4.errors import UsageError
from map4.version import Packages


def _by_mistake(rights: Mapping[str, str]) -> Mapping[str, str]:
    return {mistake: right for right, mistakes in rights.items() for mistake in mistakes.split()}


_COMMANDS: Mapping[str, Mapping[str, str]] = {
    "map4": {
        "map4 search": "find ls",
        "map4 playlist list": "list lists",
        "map4 analyze": "info show view bpm key",
        "map4 scan": "add update refresh init",
        "map4 search added:-2w": "new",
        "map4 --version": "version",
        "map4 set": "edit genre rate",
        "map4 library forget": "remove delete",
        "map4 config": "settings",
        "map4 play": "listen",
        "map4 mix --render": "render",
    },
    "map4 playlist": {
        "map4 playlist --seed FILE": "new create make generate",
        "map4 playlist delete": "rm remove",
        "map4 playlist fill": "add extend",
        "map4 playlist order": "sort",
        "map4 playlist merge": "combine",
        "map4 playlist show NAME --save OTHER": "copy rename",
        "map4 playlist show NAME -o FILE": "export",
        "map4 playlist show": "view",
    },
    "map4 accounts": {
        "map4 accounts": "list",
        "map4 accounts remove": "delete",
        "map4 accounts set NAME --password": "password",
        "map4 accounts set NAME --name NEW": "rename",
        "map4 accounts set NAME --role ROLE": "role",
        "map4 accounts issue": "token",
    },
    "map4 library": {"map4 library info": "size", "map4 library verify": "check", "map4 library prune": "clean"},
    "map4 tags": {"map4 tags undo": "restore", "map4 set": "edit set", "map4 tags show": "list"},
    "map4 config": {"map4 config set": "edit", "map4 config": "get list show"},
}
COMMANDS_TRIED: Mapping[str, Mapping[str, str]] = {group: _by_mistake(rights) for group, rights in _COMMANDS.items()}
"""Per group: a mistaken command name and the right command."""

_OPTIONS = _by_mistake(
    {
        "--minutes": "--length --time --duration",
        "--count": "--tracks --top --limit --number",
        "--from": "--at --start",
        "--output": "--out",
        "--sort": "--order",
        "--jobs": "--threads --workers",
        "--quarantine": "--delete --move",
        "--host": "--public --bind --listen",
        "--query": "--filter",
        "--seed": "--like",
    }
)
"""A mistaken option name and the right option, suggested if the command has it."""

_SENTENCES: Mapping[tuple[str, str], str] = {
    ("map4 export", "-f"): "'--to FORMAT' names the format.",
    ("map4 mix", "--out"): "'--render FILE' writes the mix of two tracks.",
    ("map4 mix", "--playlist"): "Name the list without an option: map4 mix LIST.",
    ("map4 scan", "--query"): "'map4 search QUERY -0 | map4 scan --files-from -' scans the tracks of a query.",
    ("map4 search", "--limit"): "Write limit:20 in the query.",
}

_PARTS = frozenset({
    ("map4 import waiting", "--review"), ("map4 import waiting", "--undo"), ("map4 analyze", "--voice"),
    ("map4 scan", "--voice"), ("map4 search", "--ask"), ("map4 playlist", "--ask"),
})  # fmt: skip
"""Options of parts that an installation may lack."""


def command_meant(group: str, name: str, known: Sequence[str]) -> str | None:
    """The command that was probably meant, or None."""
    if (meant := COMMANDS_TRIED.get(group, {}).get(name.lower())) is not None:
        return meant
    if group == "map4" and os.path.exists(name):
        words = ("scan",) if os.path.isdir(name) else ("analyze", "import")
        return "' or '".join(f"map4 {word} {shlex.quote(name)}" for word in words)
    commands = (command.name for declaration in built_in() for command in declaration.commands)
    if group == "map4" and (sub := next((each for each in commands if each.endswith(f" {name}")), None)) is not None:
        return f"map4 {sub}"
    near = UsageError.near(name, known)
    return f"{group} {near[0]}" if near else None


def option_meant(ctx: click.Context, name: str) -> str | None:
    """A hint for an option that the command lacks, or None."""
    if (sentence := _SENTENCES.get((ctx.command_path, name))) is not None:
        return sentence
    if (ctx.command_path, name) in _PARTS:
        extra = name.lstrip("-")
        command = Packages(extra if extra in package_extras() else "").how_to_add()
        return f"Its part of map4 is not installed; to add it: {command}"
    if isinstance(ctx.command, click.Group) and (sub := name.lstrip("-")) in ctx.command.list_commands(ctx):
        return f"Did you mean '{ctx.command_path} {sub}'?"
    known = {opt for option in ctx.command.get_params(ctx) for opt in option.opts}
    if (meant := _OPTIONS.get(name)) in known:
        return f"Did you mean {meant}?"
    from map4.core.music.query.fields import field_named

    field = field_named(name.lstrip("-"))
    if field is None or field.kind == "control":
        return None
    if ctx.command_path == "map4 set":
        return f"Write {field.name}=VALUE."
    if ctx.command_path == "map4 search":
        return f"Write {field.example} in the query."
    return f"Write --query {field.example}." if "--query" in known else None
