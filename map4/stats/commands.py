"""`map4 stats`."""

from __future__ import annotations

from contextlib import suppress

import click

from map4.cli.exits import NO_LIBRARY, NO_MATCH, exit_codes
from map4.cli.options import given_options, json_option, query_option
from map4.cli.output import print_json
from map4.cli.session import Map4DefaultGroup, Session, current_session
from map4.errors import NothingFoundError, QueryError
from map4.music.analysis.certainty import JUDGED_FIELDS
from map4.settings.commands import change
from map4.store.query_context import nothing_found

_imported = click.option("--imported", is_flag=True, help="Also count values of your DJ programs as your own.")
_since = click.option("--since", metavar="TIME", help="Only the last TIME, such as 30d, 6w or 1y.")


@Map4DefaultGroup.of(QueryError, NO_MATCH, NO_LIBRARY)
@query_option()
@click.option("--all", "everything", is_flag=True, help="Show every count, and the keys on the Camelot wheel.")
@json_option
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
    map4 stats accuracy
    map4 stats calibrate
    """
    session = current_session()
    with session.open_library(create=False) as library:
        statistics = library.stats(query or "")
    if not statistics.tracks and not sum(statistics.states.values()):
        raise NothingFoundError(nothing_found(query))
    if print_json(statistics):
        return
    from map4.stats.views.stats import stats_view

    width = session.out.width
    session.out.print(stats_view(statistics, notation=session.notation, width=width, everything=everything))


@command.command("plays", epilog=exit_codes(NO_LIBRARY))
@_since
@json_option
def plays(since: str | None) -> None:
    """Show what you heard, and when.

    Counts plays on the page, in players and in DJ programs: by hour, day of the week and month, the most played
    tracks, the sources, and how many tracks were never played.

    \b
    map4 stats plays --since 30d
    """
    session = current_session()
    with session.open_library(create=False) as library:
        statistics = library.plays.stats(since)
    if print_json(statistics):
        return
    from map4.plays.views import play_stats_view

    session.out.print(play_stats_view(statistics))


@command.command("mixes", epilog=exit_codes(NothingFoundError, NO_LIBRARY))
@_since
@json_option
def mixes(since: str | None) -> None:
    """Analyse your DJ sets, compared with chance.

    Sets are histories that 'map4 import' reads and recordings analysed by 'map4 unmix --keep'. Shows how far tempo, key
    and energy change from track to track, which tracks you play after one another, and for how long. Beside each
    figure is the range of the same sets shuffled: a figure inside that range is chance, not taste.
    'map4 playlist --like-my-sets' makes lists by the rest.

    \b
    map4 stats mixes --since 1y
    """
    session = current_session()
    with session.open_library(create=False) as library:
        statistics = library.plays.mixes(since)
    if print_json(statistics):
        return
    from map4.transitions.views import mix_stats_view

    session.out.print(mix_stats_view(statistics))


@command.command("accuracy", epilog=exit_codes(QueryError, NO_MATCH, NO_LIBRARY))
@query_option()
@_imported
@json_option
def accuracy(query: str | None, imported: bool) -> None:
    """Show how often map4 agrees with tempi, keys and bars that you set.

    Compares measured values with the tempi, keys and beat grids that you set or tapped. Shows the 95 % interval of the
    true share, and the results by certainty. Values of DJ programs count only with --imported: most of them are
    measured by these programs, not by you.

    \b
    map4 stats accuracy
    map4 stats accuracy --imported
    """
    session = current_session()
    with session.open_library(create=False) as library:
        result = library.accuracy(query or "", imported=imported)
    if print_json(result):
        return
    from map4.stats.views.accuracy import accuracy_view

    session.out.print(accuracy_view(result))


@command.command(
    "calibrate", epilog=exit_codes(QueryError, NO_MATCH, NO_LIBRARY, (NothingFoundError, "nothing was fitted"))
)
@query_option()
@_imported
@click.option("--off", is_flag=True, help="Undo the calibration.")
@json_option
def calibrate(query: str | None, imported: bool, off: bool) -> None:
    """Fit map4's certainty to the tempi, keys and bars that you set.

    Afterwards about 80 % of the tempi, keys or bars with a certainty of 80 % are right. Needs 50 values of yours, and
    changes nothing unless it helps on held-out values. Measured values stay; --off undoes it.

    \b
    map4 stats calibrate
    map4 stats calibrate --off
    """
    session = current_session()
    if off:
        if given_options() != {"off"}:
            raise click.UsageError("--off takes no other options.")
        _be_as_measured(session)
        return
    with session.open_library(create=False) as library:
        fits = library.calibration(query or "", imported=imported)
    if not print_json(fits):
        from map4.stats.views.accuracy import calibration_view

        session.out.print(calibration_view(fits))
    fitted = [field for field in fits.fields if field.fitted is not None]
    if not fitted:
        raise NothingFoundError("nothing was fitted: certainties stay as they were")
    for fit in fitted:
        change(session, f"analysis.{fit.field}_certainty", fit.fitted)
    session.info("'map4 stats calibrate --off' undoes it")


def _be_as_measured(session: Session) -> None:
    is_changed = False
    for field in JUDGED_FIELDS:
        with suppress(NothingFoundError):
            change(session, f"analysis.{field}_certainty", None)
            is_changed = True
    if not is_changed:
        raise NothingFoundError(f"{session.config.file} has no fitted certainties")
