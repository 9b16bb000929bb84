"""What `--help` and the manual pages show of a command: its options under headings, the global ones in a line.

An option of a call declares its heading itself (`base/call_options.py`); `HEADINGS` has the places of all others, in
the order of the help. A command whose options mean something of their own there (`headings=` of `Map4Command`) wins
over both; what nobody names stands under "Options".
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from map4.base.declaration import Command, Topic, load
from map4.base.declarations import built_in, declarations, problems

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Headings = Mapping[str, str]
"""Heading -> long names of the options under it."""
HelpRow = tuple[str, str]
"""How an option is written, and what it does."""

HEADINGS: Headings = {
    "What goes in": "--seed --to --include --folder --list --query --exclude --bpm --energy "
    "--key --genre --mood --year --certainty",
    "Length and energy": "",
    "Limits": "",
    "Choice": "--sort --prefer --avoid",
    "Speed": "",
    "Output": "--beats --cues --hamms --dry-run --yes --explain --figures --strict --all --output --as --relative-to "
    "--path-map --save --force --changed",
}
FOR_SCRIPTS = "For scripts"
OTHER_MACHINES = "On other machines"
KEYS = "Keys"
SHARED: Headings = {
    OTHER_MACHINES: "--executor --scheduler --map",
    KEYS: "--harmonic --key-notation",
    FOR_SCRIPTS: "--files-from --files-from0 --json --jsonl --csv --paths --print0 --format",
}
"""Options that mean the same in many commands: --help only names them, at the end."""
OPTIONS = "Options"
_META_ALL = "map4.help_all"
_FEW = 4
"""Fewer options than these need no headings."""
# The first column of options; what is longer has its text on the next line.
_COLUMN = 24
GLOBAL_LINE = "Global options, such as --library and -q: map4 --help-all"


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
        listed_under = {**HEADINGS, **SHARED}
        place_of |= {name: heading for heading, names in SHARED.items() for name in names.split()}
        for heading in dict.fromkeys((*self.headings, *others, OPTIONS, *HEADINGS, *SHARED)):
            names = [name for name in own if place_of.get(name, OPTIONS) == heading]
            listed = f"{self.headings.get(heading, '')} {listed_under.get(heading, '')}".split()
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
        folded = () if _META_ALL in ctx.meta else [*self.folded, OTHER_MACHINES, KEYS]
        more = [_name(term) for heading in folded for term, _ in sections.pop(heading, ())]
        for_scripts = [] if _META_ALL in ctx.meta else [_name(term) for term, _ in sections.pop(FOR_SCRIPTS, ())]
        for heading, rows in sections.items():
            with formatter.section(heading):
                _write(rows, formatter)
        topics = [f"map4 help {topic.name}" for topic in topics_of(ctx.command_path)]
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
        if topics:
            _write_line(f"See also: {', '.join(topics)}", formatter)
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
    """A group of declared commands, each imported when it is called."""

    prefix = ""
    """What the names of its commands begin with in declarations, such as "playlist "."""
    command_groups: Sequence[str] = ("",)
    """Headings of its commands in the help, in order; "" is "Commands"."""

    def declared(self, name: str) -> Command | None:
        """The declaration of a command of this group."""
        return command_named(self.prefix + name)

    def listed(self) -> list[Command]:
        """Commands with a summary, in the order of the help."""
        own = (
            command
            for declaration in declarations()
            for command in declaration.commands
            if command.name.startswith(self.prefix)
            and " " not in command.name.removeprefix(self.prefix)
            and command.summary
        )
        return sorted(own, key=lambda command: (self._place_of(command), command.order, command.name))

    def _place_of(self, command: Command) -> int:
        headings = self.command_groups
        return headings.index(command.group) if command.group in headings else len(headings)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which a user meets them."""
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
        """Find the command; an alias becomes its name."""
        name, command, rest = super().resolve_command(ctx, args)
        declared = self.declared(name) if name else None
        return declared.name.removeprefix(self.prefix) if declared else name, command, rest

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Names of commands, and aliases as soon as something is typed."""
        from click.shell_completion import CompletionItem

        found = super().shell_complete(ctx, incomplete)
        aliases = (alias.removeprefix(self.prefix) for command in self.listed() for alias in command.aliases)
        return [*found, *(CompletionItem(alias) for alias in aliases if incomplete and alias.startswith(incomplete))]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        commands = self.listed()
        width = max(len(command.name) for command in commands) - len(self.prefix)
        for heading in dict.fromkeys(command.group for command in commands):
            with formatter.section(heading or "Commands"):
                formatter.write_dl(
                    [
                        (command.name.removeprefix(self.prefix).ljust(width), command.summary)
                        for command in commands
                        if command.group == heading
                    ]
                )
        for problem in problems():
            click.echo(f"map4: {problem}", err=True)


def command_named(name: str) -> Command | None:
    """The declared command of a name or alias; other packages are searched only for names that map4 doesn't know."""
    for source in (built_in, declarations):
        for declaration in source():
            for command in declaration.commands:
                if name in (command.name, *command.aliases):
                    return command
    return None


def topics() -> list[Topic]:
    """All topics of `map4 help`, in order."""
    return sorted((topic for each in declarations() for topic in each.topics), key=lambda topic: topic.order)


def topics_of(command_path: str) -> list[Topic]:
    """The topics that concern a command, such as "map4 search"."""
    return [topic for topic in topics() if command_path.partition(" ")[2] in topic.commands]


def topic_text(name: str) -> str | None:
    """The text of a topic; None if there is none of this name."""
    target = next((topic.target for topic in topics() if topic.name == name), None)
    found = load(target) if target else None
    return found() if callable(found) else found


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
    brought = ((entry.name, entry.dist) for entry in found if entry.dist is not None)
    return [(name, f"from {dist.name} {dist.version}") for name, dist in brought if dist.name != "map4-music"]


def unknown_command(ctx: click.Context, name: str, known: Sequence[str]) -> click.UsageError:
    """What to say of a word that is no command: the one that was probably meant, or where they are listed."""
    from map4.cli.guesses import command_meant

    meant = command_meant(ctx.command_path, name, known)
    hint = f"Did you mean '{meant}'?" if meant else f"'{ctx.command_path} --help' lists all commands."
    return click.UsageError(f"There is no command '{ctx.command_path} {name}'. {hint}", ctx)


def _write(rows: Sequence[HelpRow], formatter: click.HelpFormatter) -> None:
    # Every section has the same first column, so that the texts stand below each other.
    formatter.write_dl([(term.ljust(_COLUMN), text) for term, text in rows], col_max=_COLUMN)


def _write_line(text: str, formatter: click.HelpFormatter) -> None:
    # Click's own wrapping breaks the names of options at their hyphens.
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
    return record[0], (option.help or "") + (f" ({', '.join(notes)})" if notes else "")


def _long_name(option: click.Parameter) -> str:
    """The first of its names that begins with two dashes; "" of an argument."""
    return next((name for name in option.opts if name.startswith("--")), "")
