"""`map4 stats`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from map4.app.query_context import nothing_found
from map4.cli.options import harmonic_option, json_option, query_option
from map4.cli.output import write_json
from map4.cli.session import Map4Command, current_session
from map4.errors import NothingFoundError

if TYPE_CHECKING:
    from map4.domain.mixing.harmony import HarmonicRule


@click.command(
    cls=Map4Command,
    epilog="Exit codes: 0 done, 2 wrong usage or a query that can't be read, 4 nothing matched or no library yet.",
)
@query_option()
@harmonic_option
@click.option("--all", "everything", is_flag=True, help="Show every count, and the keys on the Camelot wheel.")
@json_option
def command(query: str | None, harmonic: HarmonicRule, everything: bool, as_json: bool) -> None:
    """Show what is in the library: hours, tempi, keys, genres.

    It shows a line each for counts and hours, failed files, tempi, keys, energy, loudness, genres, years, ratings and
    formats, with how many are unknown or in doubt. "Most" are the middle 90 %.

    \b
    map4 stats
    map4 stats --all
    map4 stats --query 'genre:house year:2015..'
    map4 stats --json | jq '.keys'
    """
    session = current_session()
    with session.open_library(create=False, harmonic=harmonic) as library:
        found = library.stats(query or "")
    if not found.tracks and not sum(found.states.values()):
        raise NothingFoundError(nothing_found(query))
    if as_json:
        write_json(found.to_record())
        return
    from map4.cli.views.stats import stats_view

    width = session.out.width
    session.out.print(stats_view(found, notation=session.notation, width=width, everything=everything))
