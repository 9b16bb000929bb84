"""`map4 decades`."""

from __future__ import annotations

import click

from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Session
from map4_decades.decades import Decades


@click.command(cls=Map4Command, epilog="Exit codes: 0 done, 2 wrong usage, 4 no library yet.")
@click.option("--name", "named", type=(int, str), metavar="DECADE NAME", help="Name a decade first.")
@CallOption.json
def command(named: tuple[int, str] | None) -> None:
    """Count the tracks of each decade, and name decades.

    \b
    map4 decades
    map4 decades --name 1990 Rave
    """
    with Session.current().open_library(create=False) as library:
        decades = library.part(Decades)
        if named is not None:
            decades.name(*named)
        rows = decades.all()
    if Session.print_json({"decades": rows}):
        return
    for row in rows:
        click.echo(f"{row['decade']}s  {row['tracks']}  {row['name'] or ''}".rstrip())
