"""`map4 playlist live`: lists whose query runs whenever they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Session
from map4.cli.track_output import Output
from map4.cli.track_selection import Selection
from map4.cli.value_types import PathArgument
from map4.core.base.call_options import declared_options
from map4.core.base.text import clock, counted
from map4.errors import NothingFoundError, QueryError, StoredListExistsError
from map4.lists.commands.completion import complete_list_names, curve_names
from map4.lists.commands.list_options import may_replace
from map4.lists.options import LiveOptions

if TYPE_CHECKING:
    from map4.lists.live import LiveAnswer
    from map4.lists.playlists import Playlists


@Map4Command.of(
    QueryError, StoredListExistsError, (NothingFoundError, "no such list or seed"), Exit.NO_LIBRARY,
    name="live",
)  # fmt: skip
@click.argument("name", metavar="NAME", shell_complete=complete_list_names)
@click.argument("query", nargs=-1, metavar="[QUERY]...", shell_complete=CallOption.complete_fields)
@CallOption.of(LiveOptions, without=("sort", "shuffle", "n"), complete={"curve": CallOption.completing(curve_names)})
@click.option(
    "--seed",
    "seeds",
    metavar="FILE",
    type=PathArgument(),
    multiple=True,
    help="Make a playlist that mixes from the results: start from FILE, and sound like it; repeatable.",
)
@click.option("--force", is_flag=True, help="Replace a stored list of this name.")
@Output.options("json")
def live(
    name: str, query: tuple[str, ...], options: LiveOptions, seeds: tuple[str, ...], force: bool, output: Output
) -> None:
    """Store a live list: its query runs whenever the list is read.

    It is used like any other list and contains the current results of the query; ratings and plays are those of the
    reader; sort: and limit: in the query order and shorten it. Its tracks can't be edited: 'map4 playlist show' with
    --save and --force makes it a normal list. With only NAME, show its query.

    \b
    map4 playlist live Fresh 'genre:house added:-30d sort:bpm- limit:50'
    map4 playlist live "Long unheard" 'rating:4.. played:..-6m' --per-artist 2
    map4 playlist live Tonight genre:techno --curve wave --minutes 90
    map4 playlist live Fresh
    map4 playlist show Fresh --save Fresh --force
    """
    session = Session.current()
    given = CallOption.given() & {"query", "seeds", *declared_options(LiveOptions)}
    if force and not given:
        raise click.UsageError("--force replaces a list: give a QUERY for it ('is:ok' is every track).")
    with session.open_library(create=False) as library:
        lists = library.lists
        if given:
            paths = Selection.named_paths(session, library, seeds)
            text = " ".join(query)
            answer = lists.live_answer(text, options, seeds=paths)  # invalid queries fail before the confirmation
            lists.keep_live(name, answer.live, force=may_replace(session, lists, name, force=force))
        else:
            answer = _known(lists, name)
    if output.write(answer):
        return
    session.echo(answer.live.caption())
    session.info(f"{counted(answer.tracks, 'track')} now, {clock(answer.duration_s)}")
    if given:
        session.info(f"stored as '{name.strip()}'; to see it: {session.command('playlist', 'show', name.strip())}")


def _known(lists: Playlists, name: str) -> LiveAnswer:
    list_name = lists.find(name)
    live_list = lists.live(list_name)
    if live_list is None:
        raise NothingFoundError(f"'{list_name}' is not a live list; to replace it with one, give a QUERY and --force")
    return lists.answer(live_list)
