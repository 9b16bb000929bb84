"""Every command and sub-command of map4, by what is typed for it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from map4.cli.main import COMMANDS, cli


def _every_command() -> Iterator[tuple[str, click.Command]]:
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            ctx = click.Context(command)
            names = command.list_commands(ctx)
            yield from ((f"{name} {sub}", found) for sub in names if (found := command.get_command(ctx, sub)))


EVERY = dict(_every_command())
