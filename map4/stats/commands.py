"""`map4 stats`."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import click

from map4.cli.exits import NO_LIBRARY, NO_MATCH, exit_codes
from map4.cli.options import given_options, harmonic_option, json_option, query_option
from map4.cli.output import write_json
from map4.cli.session import Map4Command, Session, current_session
from map4.errors import NothingFoundError, QueryError
from map4.settings.commands import change
from map4.store.query_context import nothing_found

if TYPE_CHECKING:
    from rich.console import RenderableType

    from map4.base.records import Record
    from map4.music.mixing.harmony import HarmonicRule
    from map4.stats.accuracy.calibration import Calibration

_SUBJECTS = frozenset(("accuracy", "calibrate"))
_HOW_RIGHT = _SUBJECTS | {"imported", "off"}


@click.command(
    cls=Map4Command,
    headings={
        "What is counted": "--query --harmonic --plays --mixes --since",
        "How right map4 is": "--accuracy --calibrate --imported --off",
    },
    epilog=exit_codes(QueryError, NO_MATCH, NO_LIBRARY, (NothingFoundError, "with --calibrate: nothing was fitted")),
)
@query_option()
@harmonic_option
@click.option("--all", "everything", is_flag=True, help="Show every count, and the keys on the Camelot wheel.")
@click.option("--plays", is_flag=True, help="Show what you heard instead, and when.")
@click.option("--mixes", is_flag=True, help="Show what your sets say instead, beside chance.")
@click.option("--since", metavar="TIME", help="With --plays or --mixes: the last TIME alone, such as 30d, 6w or 1y.")
@click.option("--accuracy", is_flag=True, help="Show how right map4 is on tempi, keys and bars that you set.")
@click.option("--calibrate", is_flag=True, help="Fit how sure map4 is to these tempi and keys, where that helps.")
@click.option("--imported", is_flag=True, help="With either: values of your DJ programs are your own, too.")
@click.option("--off", is_flag=True, help="With --calibrate: be as sure as measured again.")
@json_option
def command(
    query: str | None,
    harmonic: HarmonicRule,
    everything: bool,
    plays: bool,
    mixes: bool,
    since: str | None,
    accuracy: bool,
    calibrate: bool,
    imported: bool,
    off: bool,
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
    map4 stats --accuracy
    map4 stats --calibrate

    --plays counts what you heard, on the page, in players and in DJ programs: by hour, day of the week and month, what
    you heard most, who told of it, and how many tracks were never played.

    --mixes looks at your sets, the histories that 'map4 import' reads and recordings that 'map4 unmix --keep' heard:
    how far tempo, key and energy go from one track to the next, which tracks you play after one another, and for how
    long. Beside each figure is that of the same sets shuffled: what lies between its two numbers is chance, not taste.
    'map4 playlist --like-my-sets' makes lists by the rest.

    --accuracy compares what map4 measured with the tempi, keys and beat grids that you set or tapped, with the range in
    which the true share lies (95 %), and by how sure it was. What DJ programs say counts with --imported alone: most of
    it is measured by them, and not by you.

    --calibrate makes map4 as sure of tempi, or keys, as it is right on these: 50 and more of them. It refuses unless
    that helps on values held out. What was measured stays; --off goes back to it.
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
    if _HOW_RIGHT & given_options():
        _tell_how_right(session, query, harmonic, imported=imported, as_json=as_json)
        return
    with session.open_library(create=False, harmonic=harmonic) as library:
        found = library.stats(query or "")
    if not found.tracks and not sum(found.states.values()):
        raise NothingFoundError(nothing_found(query))
    if as_json:
        write_json(found.to_record())
        return
    from map4.stats.views.stats import stats_view

    width = session.out.width
    session.out.print(stats_view(found, notation=session.notation, width=width, everything=everything))


def _show_plays(session: Session, since: str | None, as_json: bool) -> None:
    with session.open_library(create=False) as library:
        found = library.plays.stats(since)
    if as_json:
        write_json(found.to_record())
        return
    from map4.plays.views import play_stats_view

    session.out.print(play_stats_view(found))


def _show_mixes(session: Session, since: str | None, as_json: bool) -> None:
    with session.open_library(create=False) as library:
        found = library.plays.mixes(since)
    if as_json:
        write_json(found.to_record())
        return
    from map4.mixes.views.mix_stats import mix_stats_view

    session.out.print(mix_stats_view(found))


def _tell_how_right(
    session: Session, query: str | None, harmonic: HarmonicRule, *, imported: bool, as_json: bool
) -> None:
    given = given_options()
    if len(given & _SUBJECTS) != 1:
        raise click.UsageError("--imported is for --accuracy or --calibrate, --off for the latter: give one of them.")
    if "everything" in given:
        raise click.UsageError("--all is for counts: leave it out, or --accuracy and --calibrate.")
    if "off" in given:
        if given != {"calibrate", "off"}:
            raise click.UsageError("--off is for --calibrate, and takes no other options.")
        _be_as_measured(session)
        return
    from map4.stats.views.accuracy import accuracy_view, calibration_view

    with session.open_library(create=False, harmonic=harmonic) as library:
        if "accuracy" in given:
            told = library.accuracy(query or "", imported=imported)
            _show(session, told, None if as_json else accuracy_view(told))
            return
        fits = library.calibration(query or "", imported=imported)
    _show(session, fits, None if as_json else calibration_view(fits))
    _keep(session, fits)


def _show(session: Session, told: Record, view: RenderableType | None) -> None:
    if view is None:
        write_json(told.to_record())
    else:
        session.out.print(view)


def _keep(session: Session, fits: Calibration) -> None:
    kept = [one for one in fits.fields if one.fitted is not None]
    if not kept:
        raise NothingFoundError("nothing was fitted: map4 stays as sure as it was")
    for one in kept:
        change(session, f"analysis.{one.field}_certainty", one.fitted)
    session.say("'map4 stats --calibrate --off' takes it back")


def _be_as_measured(session: Session) -> None:
    from map4.music.analysis.certainty import JUDGED_FIELDS

    is_changed = False
    for field in JUDGED_FIELDS:
        with suppress(NothingFoundError):
            change(session, f"analysis.{field}_certainty", None)
            is_changed = True
    if not is_changed:
        raise NothingFoundError(f"{session.config.file} has no fitted certainties: map4 is as sure as measured")
