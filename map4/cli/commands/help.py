"""`map4 help`."""

from __future__ import annotations

from collections.abc import Sequence

import click
from click.shell_completion import CompletionItem

from map4.cli.help import unknown_command
from map4.cli.session import Map4Command


def _context(ctx: click.Context, names: Sequence[str]) -> click.Context:
    """The context of a command, by its name and those of the groups that it stands in."""
    at = ctx.find_root()
    for name in names:
        group = at.command
        if not isinstance(group, click.Group):
            raise click.UsageError(
                f"'{at.command_path}' has no commands; 'map4 help {' '.join(at.command_path.split()[1:])}' explains it."
            )
        found = group.get_command(at, name)
        if found is None:
            raise unknown_command(at, name, group.list_commands(at))
        at = click.Context(found, info_name=name, parent=at)
    return at


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """For `shell_complete`: the commands that may stand behind those that were typed."""
    try:
        at = _context(ctx, ctx.params.get("names") or ())
    except click.UsageError:  # Tab is no place to say it
        return []
    if not isinstance(at.command, click.Group):
        return []
    return [
        CompletionItem(name, help=found.get_short_help_str())
        for name in at.command.list_commands(at)
        if name.startswith(incomplete) and (found := at.command.get_command(at, name)) and not found.hidden
    ]


@click.command(cls=Map4Command, epilog="Exit codes: 0 done, 2 no such command.")
@click.argument("names", metavar="[COMMAND]...", nargs=-1, shell_complete=_complete)
@click.pass_context
def command(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Explain a command: map4 help playlist check.

    The same as 'map4 playlist check --help'; without a COMMAND, all commands are listed.
    """
    click.echo(_context(ctx, names).get_help())
