"""What `--help` and the manual pages show of a command: its options under headings, the global ones in a line.

An option of a call declares its heading itself (`domain/call_options.py`); `HEADINGS` has the places of all others, in
the order of the help. A command whose options mean something of their own there (`headings=` of `Map4Command`) wins
over both; what nobody names stands under "Options".
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import click

Headings = Mapping[str, str]
"""Heading -> long names of the options under it."""
HelpRow = tuple[str, str]
"""How an option is written, and what it does."""

HEADINGS: Headings = {
    "What goes in": "--seed --to --include --folder --list --files-from --files-from0 --query --exclude --bpm --energy "
    "--key --genre --mood --year --certainty",
    "Length and energy": "",
    "Limits": "--harmonic",
    "Choice": "--sort --prefer --avoid",
    "Speed": "",
    "Output": "--beats --cues --hamms --dry-run --yes --explain --figures --strict --all --output --as --relative-to "
    "--path-map --save --force --key-notation --json --jsonl --changed --csv --paths --print0 --format",
}
OPTIONS = "Options"
_META_ALL = "map4.help_all"
_FEW = 4
"""Fewer options than these need no headings."""
# The first column of options; what is longer has its text on the next line.
_COLUMN = 24
# In the help of every command; `map4 --help` says what each does.
_GLOBAL = "Global (map4 -h)"


class Help(click.Command):
    """A command whose help has headings.

    folded: headings whose options --help only names; --help-all explains them
    """

    headings: Headings = MappingProxyType({})
    plugins: tuple[str, str] | None = None
    global_options: Sequence[click.Parameter] = ()
    folded: Sequence[str] = ()

    def sections(self, ctx: click.Context) -> dict[str, list[HelpRow]]:
        """Its own options by heading, in order."""
        own = {name: option for option in self.get_params(ctx) if (name := _long_name(option)) and not option.hidden}  # type: ignore[attr-defined]
        for name in ("--help", *map(_long_name, self.global_options)) if self.global_options else ():
            own.pop(name, None)
        place_of = {name: heading for heading, names in HEADINGS.items() for name in names.split()}
        place_of |= {name: heading for name, one in own.items() if (heading := getattr(one, "heading", None))}
        place_of |= {name: heading for heading, names in self.headings.items() for name in names.split()}
        others = [heading for name in own if (heading := place_of.get(name)) and heading not in HEADINGS]
        found = {}
        for heading in dict.fromkeys((*self.headings, *others, OPTIONS, *HEADINGS)):
            names = [name for name in own if place_of.get(name, OPTIONS) == heading]
            listed = f"{self.headings.get(heading, '')} {HEADINGS.get(heading, '')}".split()
            # What is listed stands in the order of the list, all else where it is declared.
            in_order = iter(sorted((name for name in names if name in listed), key=listed.index))
            if names:
                found[heading] = [_row(own[next(in_order) if name in listed else name], ctx) for name in names]
        if len(found) == 1 or 0 < sum(map(len, found.values())) < _FEW:
            return {OPTIONS: [row for rows in found.values() for row in rows]}
        return found

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)
        sections = self.sections(ctx)
        folded = () if _META_ALL in ctx.meta else self.folded
        named = [term.split()[0].rstrip(",") for heading in folded for term, _ in sections.pop(heading)]
        for heading, rows in sections.items():
            with formatter.section(heading):
                _write(rows, formatter)
        if named:
            formatter.write_paragraph()
            formatter.write_text(f"More options ({ctx.command_path} --help-all): {' '.join(named)}")
        if self.global_options:
            formatter.write_paragraph()
            names = " ".join(min(option.opts, key=len) for option in self.global_options)
            formatter.write_text(f"{_GLOBAL}: {names}")
        if self.plugins and (brought := plugin_rows(self.plugins[1])):
            with formatter.section(self.plugins[0]):
                _write(brought, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if codes := self.exit_codes(ctx):
            formatter.write_paragraph()
            formatter.write_text(codes)

    def exit_codes(self, ctx: click.Context) -> str | None:
        """Its own exit codes, or else those of its group."""
        return self.epilog or (ctx.parent.command.epilog if ctx.parent else None)


def help_all_option() -> click.Option:
    """--help-all: the help with the options that --help only names."""

    def show(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            ctx.meta[_META_ALL] = True
            click.echo(ctx.get_help())
            ctx.exit()

    return click.Option(["--help-all"], is_flag=True, is_eager=True, expose_value=False, callback=show, hidden=True)


class LazyCommands(click.Group):
    """A group whose commands are imported when they are called."""

    lazy: Mapping[str, tuple[str, str]] = MappingProxyType({})
    """Name -> where in `map4.cli.commands` it stands (`module`, or `module:name`), and the first sentence of its help,
    in the order of the help; one without a sentence is not listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which a user meets them."""
        return [name for name, (_, summary) in self.lazy.items() if summary]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lazy:
            return None
        module, _, name = self.lazy[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(f"map4.cli.commands.{module}"), name or "command")
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.lazy[name][1]) for name in self.list_commands(ctx)])


def command_rows(group: click.Group, ctx: click.Context) -> list[HelpRow]:
    """The sub-commands of a group and the first sentence of each, whole."""
    commands = [(name, group.get_command(ctx, name)) for name in group.list_commands(ctx)]
    return [
        (name, command.get_short_help_str(limit=200)) for name, command in commands if command and not command.hidden
    ]


def plugin_rows(group: str) -> list[HelpRow]:
    """What other packages bring along by the entry points of a group: each name, and where it is from."""
    from importlib.metadata import entry_points  # only who asks for help waits for it

    found = sorted(entry_points(group=group), key=lambda entry: entry.name)
    brought = ((entry.name, entry.dist) for entry in found if entry.dist is not None and entry.dist.name != "map4")
    return [(name, f"from {dist.name} {dist.version}") for name, dist in brought]


def unknown_command(ctx: click.Context, name: str, known: Sequence[str]) -> click.UsageError:
    """What to say of a word that is no command: the one that was probably meant, or where they are listed."""
    from map4.cli.guesses import command_meant

    meant = command_meant(ctx.command_path, name, known)
    hint = f"Did you mean '{meant}'?" if meant else f"'{ctx.command_path} --help' lists all commands."
    return click.UsageError(f"There is no command '{ctx.command_path} {name}'. {hint}", ctx)


def _write(rows: Sequence[HelpRow], formatter: click.HelpFormatter) -> None:
    # Every section has the same first column, so that the texts stand below each other.
    formatter.write_dl([(term.ljust(_COLUMN), text) for term, text in rows], col_max=_COLUMN)


def _row(option: click.Parameter, ctx: click.Context) -> HelpRow:
    assert isinstance(option, click.Option)
    record = option.get_help_record(ctx)
    assert record is not None
    extra: Any = option.get_help_extra(ctx)
    notes = [f"default: {extra['default']}"] if "default" in extra else []
    if isinstance(option.type, click.IntRange) and option.type.max is not None:
        notes.append(f"{option.type.min} to {option.type.max}")
    return record[0], (option.help or "") + (f" ({', '.join(notes)})" if notes else "")


def _long_name(option: click.Parameter) -> str:
    """The first of its names that begins with two dashes; "" of an argument."""
    return next((name for name in option.opts if name.startswith("--")), "")
