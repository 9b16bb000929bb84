"""`map4 stats`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from map4.app.query_context import nothing_found
from map4.cli.options import given_options, harmonic_option, json_option, query_option
from map4.cli.output import write_json
from map4.cli.session import Map4Command, Session, current_session
from map4.errors import NothingFoundError

if TYPE_CHECKING:
    from map4.domain.mixing.harmony import HarmonicRule


@click.command(
    cls=Map4Command,
    headings={"What is counted": "--query --harmonic --plays --mixes --since"},
    epilog="Exit codes: 0 done, 2 wrong usage or a query that can't be read, 4 nothing matched or no library yet.",
)
@query_option()
@harmonic_option
@click.option("--all", "everything", is_flag=True, help="Show every count, and the keys on the Camelot wheel.")
@click.option("--plays", is_flag=True, help="Show what you heard instead, and when.")
@click.option("--mixes", is_flag=True, help="Show what your sets say instead, beside chance.")
@click.option("--since", metavar="TIME", help="With --plays or --mixes: the last TIME alone, such as 30d, 6w or 1y.")
@json_option
def command(
    query: str | None,
    harmonic: HarmonicRule,
    everything: bool,
    plays: bool,
    mixes: bool,
    since: str | None,
    as_json: bool,
) -> None:
    """Show what is in the library: hours, tempi, keys, genres.

    It shows a line each for counts and hours, failed files, tempi, keys, energy, loudness, genres, years, ratings and
    formats, with how many are unknown or in doubt. "Most" are the middle 90 %.

    \b
    map4 stats
    map4 stats --all
    map4 stats --query 'genre:house year:2015..'
    map4 stats --json | jq '.keys'
    map4 stats --plays --since 30d
    map4 stats --mixes

    --plays counts what you heard, on the page, in players and in DJ programs: by hour, day of the week and month, what
    you heard most, who told of it, and how many tracks were never played.

    --mixes looks at your sets, which are the histories that 'map4 import' reads: how far tempo, key and energy go from
    one track to the next, which tracks you play after one another, and for how long. Beside each figure is that of the
    same sets shuffled: what lies between its two numbers is chance, not taste. 'map4 playlist --like-my-sets' makes
    lists by the rest.
    """
    session = current_session()
    if plays or mixes:
        name = "plays" if plays else "mixes"
        if given_options() - {name, "since", "as_json"}:
            raise click.UsageError(f"--{name} counts all of it; of other options it takes --since and --json.")
        (_show_plays if plays else _show_mixes)(session, since, as_json)
        return
    if since is not None:
        raise click.UsageError("--since is for --plays and --mixes.")
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


def _show_plays(session: Session, since: str | None, as_json: bool) -> None:
    with session.open_library(create=False) as library:
        found = library.plays.stats(since)
    if as_json:
        write_json(found.to_record())
        return
    from map4.cli.views.play_stats import play_stats_view

    session.out.print(play_stats_view(found))


def _show_mixes(session: Session, since: str | None, as_json: bool) -> None:
    with session.open_library(create=False) as library:
        found = library.plays.mixes(since)
    if as_json:
        write_json(found.to_record())
        return
    from map4.cli.views.mix_stats import mix_stats_view

    session.out.print(mix_stats_view(found))
