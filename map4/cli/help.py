"""The help of commands, for `--help` and manual pages: options under headings, global options in one line.

Call options declare their heading (`core/base/call_options.py`); `HEADINGS` places all others, in the order of the
help. `headings=` of `Map4Command` overrides both. Options without a heading go under "Options".
"""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from map4.core.base.declaration import Command, Topic, load
from map4.core.base.declarations import built_in, declarations, in_order, problems
from map4.core.base.stability import BETA_COMMANDS, NOTE, is_beta_command

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Headings = Mapping[str, str]
"""Heading -> long names of the options under it."""
HelpRow = tuple[str, str]
"""An option as written, and its help text."""

HEADINGS: Headings = {
    "Input": "--seed --to --include --folder --list --query --exclude --bpm --energy "
    "--key --genre --mood --year --certainty",
    "Length and energy": "",
    "Limits": "",
    "Order and choice": "--sort --prefer --avoid",
    "Speed": "",
    "Output": "--beats --cues --hamms --dry-run --yes --explain --figures --strict --all --output --as --relative-to "
    "--path-map --save --force --changed",
}
FOR_SCRIPTS = "For scripts"
OTHER_MACHINES = "On other machines"
KEYS = "Keys"
SHARED: Headings = {
    OTHER_MACHINES: "--executor --scheduler --map",
    KEYS: "--key-notation",
    FOR_SCRIPTS: "--files-from --json --jsonl --csv --paths --print0 --format",
}
"""Options shared by many commands: --help only lists their names, at the end."""
OPTIONS = "Options"
_META_ALL = "map4.help_all"
_FEW = 4  # with fewer options, the help has no headings
# Width of the options column; a longer option has its help on the next line.
_COLUMN = 24
GLOBAL_LINE = "Global options, such as --library and -q: map4 --help-all"


class Help(click.Command):
    """A command whose help has headings.

    folded: headings whose options --help only lists by name; --help-all shows their help
    """

    headings: Headings = MappingProxyType({})
    plugins: tuple[str, str] | None = None
    global_options: Sequence[click.Parameter] = ()
    folded: Sequence[str] = ()

    def sections(self, ctx: click.Context) -> dict[str, list[HelpRow]]:
        """Its non-global options by heading, in order."""
        own = {name: option for option in self.get_params(ctx) if (name := _long_name(option)) and not option.hidden}  # type: ignore[attr-defined]
        for name in ("--help", *map(_long_name, self.global_options)) if self.global_options else ():
            own.pop(name, None)
        place_of = {name: heading for heading, names in HEADINGS.items() for name in names.split()}
        place_of |= {name: heading for name, option in own.items() if (heading := getattr(option, "heading", None))}
        place_of |= {name: heading for heading, names in self.headings.items() for name in names.split()}
        others = [heading for name in own if (heading := place_of.get(name)) and heading not in HEADINGS]
        sections = {}
        listed_under = {**HEADINGS, **SHARED}
        place_of |= {name: heading for heading, names in SHARED.items() for name in names.split()}
        if isinstance(heading := getattr(own.get("--format"), "heading", None), str):  # not a format of the output
            place_of["--format"] = heading
        for heading in dict.fromkeys((*self.headings, *others, OPTIONS, *HEADINGS, *SHARED)):
            names = [name for name in own if place_of.get(name, OPTIONS) == heading]
            listed = f"{self.headings.get(heading, '')} {listed_under.get(heading, '')}".split()
            # Listed options follow the order of the list, in the places that they share out; others keep their place.
            places = [place for place, name in enumerate(names) if name in listed]
            for place, name in zip(places, sorted((names[place] for place in places), key=listed.index), strict=True):
                names[place] = name
            if names:
                sections[heading] = [_row(own[name], ctx) for name in names]
        if (len(sections) == 1 and not self.folded) or 0 < sum(map(len, sections.values())) < _FEW:
            return {OPTIONS: [row for rows in sections.values() for row in rows]}
        return sections

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)
        sections = self.sections(ctx)
        folded = () if _META_ALL in ctx.meta else [*self.folded, OTHER_MACHINES, KEYS]
        more = [_name(term) for heading in folded for term, _ in sections.pop(heading, ())]
        for_scripts = [] if _META_ALL in ctx.meta else [_name(term) for term, _ in sections.pop(FOR_SCRIPTS, ())]
        for heading, rows in sections.items():
            with formatter.section(heading):
                _write(rows, formatter)
        see_also = [f"map4 help {topic.name}" for topic in topics_of(ctx.command_path)]
        lines = {
            f"More options ({ctx.command_path} --help-all)": more,
            f"{FOR_SCRIPTS} (map4 help scripting)": for_scripts,
        }
        formatter.write_paragraph()
        for head, names in lines.items():
            if names:
                _write_line(f"{head}: {' '.join(names)}", formatter)
        if self.global_options:
            formatter.write_text(GLOBAL_LINE)
        if see_also:
            _write_line(f"See also: {', '.join(see_also)}", formatter)
        if self.plugins and (brought := plugin_rows(self.plugins[1])):
            with formatter.section(self.plugins[0]):
                _write(brought, formatter)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help_text(ctx, formatter)
        if is_beta_command(without_program(ctx)):
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(NOTE)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if codes := self.exit_codes(ctx):
            formatter.write_paragraph()
            formatter.write_text(codes)

    def exit_codes(self, ctx: click.Context) -> str | None:
        """Its exit codes, or else its group's."""
        return self.epilog or (ctx.parent.command.epilog if ctx.parent else None)


def help_all_option() -> click.Option:
    """--help-all: the help with every option explained."""

    def show(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            ctx.meta[_META_ALL] = True
            click.echo(ctx.get_help())
            ctx.exit()

    return click.Option(["--help-all"], is_flag=True, is_eager=True, expose_value=False, callback=show, hidden=True)


class LazyCommands(click.Group):
    """A group of declared commands, each imported when called."""

    prefix = ""
    """Prefix of its commands' names in declarations, such as "playlist "."""
    command_groups: Sequence[str] = ()
    """Headings of its commands in the help, in order."""

    def declared(self, name: str) -> Command | None:
        """The declaration of a command of this group."""
        return command_named(self.prefix + name)

    def listed(self) -> list[Command]:
        """Its commands, in the order of the help: under headings as declared, sub-commands by name."""
        own = (
            command
            for declaration in declarations()
            for command in declaration.commands
            if command.name.startswith(self.prefix)
            and " " not in command.name.removeprefix(self.prefix)
            and (command.is_listed or command.group)
        )
        if self.prefix:
            return sorted(own, key=lambda command: command.name)
        places = {heading: place for place, heading in enumerate(self.command_groups)}
        return sorted(own, key=lambda command: (places.get(command.group, len(places)), command.order))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The command names, in the order of the help."""
        return [command.name.removeprefix(self.prefix) for command in self.listed()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        declared = self.declared(cmd_name)
        if declared is None:
            return None
        command = load(declared.target)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command by name or alias; an unknown name is an error that suggests the closest."""
        if self.declared(args[0]) is None and not ctx.resilient_parsing:
            raise unknown_command(ctx, args[0], self.list_commands(ctx))
        name, command, rest = super().resolve_command(ctx, args)
        declared = self.declared(name) if name else None
        return declared.name.removeprefix(self.prefix) if declared else name, command, rest

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Command names, plus aliases once something is typed."""
        from click.shell_completion import CompletionItem

        items = super().shell_complete(ctx, incomplete)
        aliases = (alias.removeprefix(self.prefix) for command in self.listed() for alias in command.aliases)
        return [*items, *(CompletionItem(alias) for alias in aliases if incomplete and alias.startswith(incomplete))]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        commands = [command for command in self.listed() if command.is_listed]
        if not commands:
            return
        names = {command: ", ".join((command.name, *command.aliases)).removeprefix(self.prefix) for command in commands}
        width = max(map(len, names.values()))
        for heading in dict.fromkeys(command.group for command in commands):
            with formatter.section(heading or "Commands"):
                formatter.write_dl(
                    [
                        (name.ljust(width), marked_summary(command))
                        for command, name in names.items()
                        if command.group == heading
                    ]
                )
        for problem in problems():
            click.echo(f"map4: {problem}", err=True)


def without_program(ctx: click.Context) -> str:
    """The command path without `map4`."""
    return ctx.command_path.partition(" ")[2]


def command_named(name: str) -> Command | None:
    """The declared command of a name or alias; plug-ins are searched only for names unknown to map4."""
    for source in (built_in, declarations):
        for declaration in source():
            for command in declaration.commands:
                if name in (command.name, *command.aliases):
                    return command
    return None


def summary_of(command: Command) -> str:
    """The first sentence of a command's docstring, read from the source: importing every command takes a second."""
    module, _, name = command.target.partition(":")
    package, *inside = module.split(".")
    spec = find_spec(package)
    path = spec.origin if spec and spec.origin else ""
    if inside:
        path = os.path.join(os.path.dirname(path), *inside) + ".py"
    try:
        with open(path, encoding="utf-8") as source:
            text = source.read()
    except OSError:  # of a package without sources
        return ""
    match = re.search(rf'^def {name}\((?:(?!\n\w).)*?"""(.*?)("""|\n)', text, re.DOTALL | re.MULTILINE)
    return re.split(r"(?<=\.) ", match[1])[0] if match else ""


def marked_summary(command: Command) -> str:
    """The summary, with a mark of a beta."""
    return f"{summary_of(command)}{' (beta)' if is_beta_command(command.name) else ''}"


def topics() -> list[Topic]:
    """All topics of `map4 help`, in order."""
    return in_order(lambda each: each.topics)


def topics_of(command_path: str) -> list[Topic]:
    """The topics that concern a command, such as "map4 search"."""
    return [topic for topic in topics() if command_path.partition(" ")[2] in topic.commands]


def topic_text(name: str) -> str | None:
    """The text of a topic; None if the name is unknown."""
    target = next((topic.target for topic in topics() if topic.name == name), None)
    text = load(target) if target else None
    return text() if callable(text) else text


def plugin_rows(group: str) -> list[HelpRow]:
    """The plug-ins of an entry point group: each name, and its package and version."""
    from importlib.metadata import entry_points  # slow import, needed only for help

    entries = sorted(entry_points(group=group), key=lambda entry: entry.name)
    brought = ((entry.name, entry.dist) for entry in entries if entry.dist is not None)
    return [(name, f"from {dist.name} {dist.version}") for name, dist in brought if dist.name != "map4-music"]


def unknown_command(ctx: click.Context, name: str, known: Sequence[str]) -> click.UsageError:
    """The error for an unknown command, with the closest command or where commands are listed."""
    from map4.cli.guesses import command_meant

    meant = command_meant(ctx.command_path, name, known)
    hint = f"Did you mean '{meant}'?" if meant else f"'{ctx.command_path} --help' lists all commands."
    return click.UsageError(f"There is no command '{ctx.command_path} {name}'. {hint}", ctx)


def _write(rows: Sequence[HelpRow], formatter: click.HelpFormatter) -> None:
    # Give every section the same first column, so that the help texts align.
    formatter.write_dl([(term.ljust(_COLUMN), text) for term, text in rows], col_max=_COLUMN)


def _write_line(text: str, formatter: click.HelpFormatter) -> None:
    # Click's own wrapping breaks option names at hyphens.
    formatter.write("\n".join(textwrap.wrap(text, formatter.width, break_on_hyphens=False)) + "\n")


def _name(term: str) -> str:
    return term.split()[0].rstrip(",")


def _row(option: click.Parameter, ctx: click.Context) -> HelpRow:
    assert isinstance(option, click.Option)
    record = option.get_help_record(ctx)
    assert record is not None
    extra: Any = option.get_help_extra(ctx)
    notes = [f"default: {extra['default']}"] if "default" in extra else []
    if isinstance(option.type, click.IntRange) and option.type.max is not None:
        notes.append(f"{option.type.min} to {option.type.max}")
    if f"{without_program(ctx)} {_long_name(option)}" in BETA_COMMANDS:
        notes.append("beta")
    return record[0], (option.help or "") + (f" ({', '.join(notes)})" if notes else "")


def _long_name(option: click.Parameter) -> str:
    """Its first name that begins with two dashes; "" for an argument."""
    return next((name for name in option.opts if name.startswith("--")), "")
