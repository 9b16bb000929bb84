"""`map4 schema`."""

from __future__ import annotations

import click

from map4.cli.options import completing
from map4.cli.session import Map4Command
from map4.domain.near_names import did_you_mean
from map4.schemas import kinds, schema_text


@click.command(cls=Map4Command, epilog="Exit codes: 0 done, 2 no such kind.")
@click.argument("kind", required=False, shell_complete=completing(kinds))
def command(kind: str | None) -> None:
    """Print the JSON Schema of what map4 prints.

    KIND is the middle of a document's "schema" (map4/KIND/1); without it, the kinds are listed.
    """
    known = kinds()
    if kind is None:
        click.echo("\n".join(known))
        return
    if kind not in known:
        raise click.UsageError(f"There is no schema '{kind}'; {did_you_mean(kind, known)}")
    click.echo(schema_text(kind), nl=False)
