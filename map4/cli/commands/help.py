"""`map4 help`."""

from __future__ import annotations

import click

from map4.cli.help import unknown_command
from map4.cli.session import Map4Command


@click.command(cls=Map4Command, epilog="Exit codes: 0 done, 2 no such command.")
@click.argument("names", metavar="[COMMAND]...", nargs=-1)
@click.pass_context
def command(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Explain a command: map4 help playlist check.

    The same as 'map4 playlist check --help'; without a COMMAND, all commands are listed.
    """
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
    click.echo(at.get_help())
