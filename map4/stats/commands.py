"""`map4 stats`."""

from __future__ import annotations

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Map4DefaultGroup, Session
from map4.core.music.query.context import nothing_found
from map4.errors import NothingFoundError, QueryError

_since = click.option("--since", metavar="TIME", help="Only the last TIME, such as 30d, 6w or 1y.")


@Map4DefaultGroup.of(QueryError, Exit.NO_MATCH, Exit.NO_LIBRARY, name="stats")
@CallOption.query()
@click.option("--all", "everything", is_flag=True, help="Show every count, and the keys on the Camelot wheel.")
@CallOption.json
def command(query: str | None, everything: bool) -> None:
    """Show what is in the library: hours, tempi, keys, genres.

    One line each for counts and hours, failed files, tempi, keys, energy, loudness, genres, years, ratings and
    formats, with the number of unknown or uncertain values. "Most" is the middle 90 %.

    \b
    map4 stats
    map4 stats --all
    map4 stats --query 'genre:house year:2015..'
    map4 stats --json | jq '.keys'
    map4 stats plays --since 30d
    map4 stats mixes
    """
    session = Session.current()
    with session.open_library(create=False) as library:
        statistics = library.stats(query or "")
    if not statistics.tracks and not sum(statistics.states.values()):
        raise NothingFoundError(nothing_found(query))
    if Session.print_json(statistics):
        return
    from map4.stats.views.stats import stats_view

    width = session.out.width
    session.out.print(stats_view(statistics, notation=session.notation, width=width, everything=everything))


@Map4Command.of(Exit.NO_LIBRARY)
@_since
@CallOption.json
def plays(since: str | None) -> None:
    """Show what you heard, and when.

    Counts plays on the page, in players and in DJ programs: by hour, day of the week and month, the most played
    tracks, the sources, and how many tracks were never played.

    \b
    map4 stats plays --since 30d
    """
    session = Session.current()
    with session.open_library(create=False) as library:
        statistics = library.plays.stats(since)
    if Session.print_json(statistics):
        return
    from map4.plays.views import play_stats_view

    session.out.print(play_stats_view(statistics))


@Map4Command.of(NothingFoundError, Exit.NO_LIBRARY)
@_since
@CallOption.json
def mixes(since: str | None) -> None:
    """Analyse your DJ sets, compared with chance.

    Sets are histories that 'map4 import' reads and recordings analysed by 'map4 unmix --keep'. Shows how far tempo, key
    and energy change from track to track, which tracks you play after one another, and for how long. Beside each
    figure is the range of the same sets shuffled: a figure inside that range is chance, not taste.
    'map4 playlist --like-my-sets' makes lists by the rest.

    \b
    map4 stats mixes --since 1y
    """
    session = Session.current()
    with session.open_library(create=False) as library:
        statistics = library.plays.mixes(since)
    if Session.print_json(statistics):
        return
    from map4.transitions.views import mix_stats_view

    session.out.print(mix_stats_view(statistics))
