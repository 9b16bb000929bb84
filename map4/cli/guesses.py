"""Command and option names that users of other programs try, and their map4 equivalents."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence

import click

from map4.cli.topics import package_extras
from map4.core.base.declarations import built_in
from map4.core.base.near_names import near_names
from map4.version import how_to_add

COMMANDS_TRIED: Mapping[str, Mapping[str, str]] = {
    "map4": {
        "find": "map4 search",
        "ls": "map4 search",
        "list": "map4 playlist list",
        "lists": "map4 playlist list",
        "info": "map4 analyze",
        "show": "map4 analyze",
        "view": "map4 analyze",
        "bpm": "map4 analyze",
        "key": "map4 analyze",
        "add": "map4 scan",
        "update": "map4 scan",
        "refresh": "map4 scan",
        "init": "map4 scan",
        "new": "map4 search added:-2w",
        "version": "map4 --version",
        "edit": "map4 set",
        "genre": "map4 set",
        "rate": "map4 set",
        "remove": "map4 library forget",
        "delete": "map4 library forget",
        "settings": "map4 config",
        "listen": "map4 play",
        "render": "map4 mix --render",
    },
    "map4 playlist": {
        "new": "map4 playlist --seed FILE",
        "create": "map4 playlist --seed FILE",
        "make": "map4 playlist --seed FILE",
        "generate": "map4 playlist --seed FILE",
        "rm": "map4 playlist delete",
        "remove": "map4 playlist delete",
        "add": "map4 playlist fill",
        "extend": "map4 playlist fill",
        "sort": "map4 playlist order",
        "combine": "map4 playlist merge",
        "copy": "map4 playlist show NAME --save OTHER",
        "rename": "map4 playlist show NAME --save OTHER",
        "export": "map4 playlist show NAME -o FILE",
        "view": "map4 playlist show",
    },
    "map4 accounts": {
        "list": "map4 accounts",
        "delete": "map4 accounts remove",
        "password": "map4 accounts set NAME --password",
        "rename": "map4 accounts set NAME --name NEW",
        "role": "map4 accounts set NAME --role ROLE",
        "token": "map4 accounts issue",
    },
    "map4 library": {"size": "map4 library info", "check": "map4 library verify", "clean": "map4 library prune"},
    "map4 tags": {"restore": "map4 tags undo", "edit": "map4 set", "set": "map4 set", "list": "map4 tags show"},
    "map4 config": {"edit": "map4 config set", "get": "map4 config", "list": "map4 config", "show": "map4 config"},
}
"""Per group: a mistaken command name and the right command."""

_OPTIONS: Mapping[str, str] = {
    "--length": "--minutes",
    "--time": "--minutes",
    "--duration": "--minutes",
    "--tracks": "--count",
    "--top": "--count",
    "--limit": "--count",
    "--number": "--count",
    "--at": "--from",
    "--start": "--from",
    "--out": "--output",
    "--order": "--sort",
    "--threads": "--jobs",
    "--workers": "--jobs",
    "--delete": "--quarantine",
    "--move": "--quarantine",
    "--public": "--host",
    "--bind": "--host",
    "--listen": "--host",
    "--filter": "--query",
    "--like": "--seed",
}
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
    near = near_names(name, known)
    return f"{group} {near[0]}" if near else None


def option_meant(ctx: click.Context, name: str) -> str | None:
    """A hint for an option that the command lacks, or None."""
    if (sentence := _SENTENCES.get((ctx.command_path, name))) is not None:
        return sentence
    if (ctx.command_path, name) in _PARTS:
        extra = name.lstrip("-")
        command = how_to_add(extra if extra in package_extras() else "")
        return f"Its part of map4 is not installed; to add it: {command}"
    if isinstance(ctx.command, click.Group) and (sub := name.lstrip("-")) in ctx.command.list_commands(ctx):
        return f"Did you mean '{ctx.command_path} {sub}'?"
    known = {opt for option in ctx.command.get_params(ctx) for opt in option.opts}
    if (meant := _OPTIONS.get(name)) in known:
        return f"Did you mean {meant}?"
    return _as_field(ctx.command_path, name.lstrip("-"), known)


def _as_field(command: str, name: str, known: set[str]) -> str | None:
    from map4.core.music.query.fields import field_named

    field = field_named(name)
    if field is None or field.kind == "control":
        return None
    if command == "map4 set":
        return f"Write {field.name}=VALUE."
    if command == "map4 search":
        return f"Write {field.example} in the query."
    return f"Write --query {field.example}." if "--query" in known else None
