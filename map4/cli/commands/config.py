"""`map4 config`."""

from __future__ import annotations

import click

from map4.cli.options import json_option
from map4.cli.output import printable, write_json
from map4.cli.session import Map4Command, current_session
from map4.infra.config import SETTINGS


@click.command(cls=Map4Command, epilog="Exit codes: 0 done, 2 a setting can't be read.")
@json_option
def command(as_json: bool) -> None:
    """Show every setting and where it comes from.

    A setting is taken from the command line, else from the environment (MAP4_...), else from map4.toml, else it has
    its default.
    """
    session = current_session()
    values = session.config.values()
    if as_json:
        write_json(
            {
                "schema": "map4/config/1",
                "file": session.config.file,
                "settings": {
                    name: {
                        "value": list(found.value) if isinstance(found.value, tuple) else found.value,
                        "origin": found.origin,
                    }
                    for name, found in values.items()
                },
            }
        )
        return
    click.echo(f"# {printable(session.config.file)}")
    for setting in SETTINGS:
        found = values[setting.name]
        shown = ", ".join(found.value) if isinstance(found.value, tuple) else found.value
        click.echo(f"{setting.name} = {printable('unset' if shown in (None, '') else str(shown))}")
        click.echo(f"    {setting.help}; from {printable(found.origin)}; {setting.variable}")
