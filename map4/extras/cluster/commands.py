"""`map4 library merge`."""

from __future__ import annotations

import os

import click

from map4.cli import progress
from map4.cli.options import dry_run_option, json_option, without_option
from map4.cli.output import counted, print_json
from map4.cli.session import Map4Command, current_session
from map4.cli.value_types import PathArgument
from map4.errors import LibraryBusyError, LibraryDamagedError, LibraryVersionError
from map4.extras.cluster.views import merge_lines


@Map4Command.of(LibraryDamagedError, LibraryVersionError, LibraryBusyError)
@click.argument("libraries", nargs=-1, required=True, type=PathArgument(), metavar="LIBRARY...")
@dry_run_option("Only show changes and conflicts.")
@click.option(
    "--path-map", "path_maps", multiple=True, metavar="FROM=TO",
    help="Map folder FROM of the other libraries to TO here; repeatable.",
)  # fmt: skip
@without_option
@json_option
def command(libraries: tuple[str, ...], dry_run: bool, path_maps: tuple[str, ...], without: tuple[str, ...]) -> None:
    """Merge other libraries into this one, such as those that shards were scanned into.

    Order and repetition do not change the result. Files of all libraries are kept. The newer analysis of a recording
    wins; for your data (corrections, ratings, cue points, grids, lists, labels), the newest change wins, also a
    deletion. Differences between the libraries are listed. Each LIBRARY is only read. Accounts of this library stay.

    \b
    map4 library merge part-1.map4 part-2.map4 part-3.map4
    map4 library merge --dry-run laptop.map4
    map4 library merge --path-map /volumes/Music=/mnt/nas/Music laptop.map4
    """
    from map4.extras.cluster.access import merge

    session = current_session()
    is_there = all(map(os.path.exists, libraries))  # else no library is made to merge into
    with (
        session.open_library(create=is_there, temporary=dry_run) as library,
        progress.bar(session, "merging") as show,
    ):
        merged = merge(
            library,
            libraries,
            path_maps=path_maps,
            dry_run=dry_run,
            without=without,
            progress=lambda done, of: show(completed=done, total=of),
        )
    if print_json(merged):
        return
    for source in merged.sources:
        older = f" (schema {source.schema_version}, read as an upgraded copy)" if source.is_older else ""
        session.info(f"{source.library}: {counted(source.files, 'file')}{older}")
    session.info(f"{'would be merged' if dry_run else 'merged'} into {session.library_shown}:")
    for line in merge_lines(merged):
        session.echo(line)
