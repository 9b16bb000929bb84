"""`map4 library merge`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import click

from map4.cli.options import CallOption
from map4.cli.output import local_time
from map4.cli.session import Map4Command, Session
from map4.cli.value_types import PathArgument
from map4.core.base.text import counted
from map4.errors import LibraryBusyError, LibraryDamagedError, LibraryVersionError
from map4.extras.cluster.records import MergeConflict, MergedLibraries

_MOST_SHOWN = 20
_NAMES = {"ignored_files": "ignored files", "lookups": "look-ups"}


def merge_lines(merged: MergedLibraries) -> Iterator[str]:
    """Yield what is new and newer, one line per kind, then the differences between the libraries."""
    for kind, count in merged.merged.items():
        parts = [f"{number:,} {word}" for word, number in (("new", count.new), ("newer", count.newer)) if number]
        yield f"{_NAMES.get(kind, kind):<14} {', '.join(parts)}"
    if not merged.merged:
        yield "nothing new"
    shown = merged.conflicts[:_MOST_SHOWN]
    if merged.conflicts:
        yield f"said differently in {counted(len(merged.conflicts), 'place')}; the newer counts:"
    yield from map(_conflict_line, shown)
    if len(merged.conflicts) > len(shown):
        yield f"  … and {len(merged.conflicts) - len(shown):,} more (--json has all)"
    if merged.hidden_conflicts:
        hidden = counted(merged.hidden_conflicts, "rating or private list", "ratings or private lists")
        yield f"and in {hidden} of others"


def _conflict_line(conflict: MergeConflict) -> str:
    if conflict.about == "list":
        what = f"list '{conflict.name}'"
    elif conflict.about == "file":
        what = f"what {conflict.file} holds"
    else:
        what = f"{conflict.name} of {conflict.file or conflict.audio_id}"
    return (
        f"  {what}: {_value(conflict, conflict.counts)} ({local_time(conflict.set_at)}), "
        f"not {_value(conflict, conflict.instead_of)} ({local_time(conflict.instead_set_at)})"
    )


def _value(conflict: MergeConflict, value: Any) -> str:
    if value is None:
        return "deleted" if conflict.about == "list" else "taken back"
    if conflict.about == "list":
        return counted(value, "track")
    if isinstance(value, list):
        return counted(len(value), "mark")
    return f"{value:g}" if isinstance(value, float) else str(value)


@Map4Command.of(LibraryDamagedError, LibraryVersionError, LibraryBusyError)
@click.argument("libraries", nargs=-1, required=True, type=PathArgument(), metavar="LIBRARY...")
@CallOption.dry_run("Only show changes and conflicts.")
@click.option(
    "--path-map", "path_maps", multiple=True, metavar="FROM=TO",
    help="Map folder FROM of the other libraries to TO here; repeatable.",
)  # fmt: skip
@CallOption.without
@CallOption.json
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

    session = Session.current()
    is_there = all(map(os.path.exists, libraries))  # else no library is made to merge into
    with session.open_library(create=is_there, temporary=dry_run) as library, session.bar("merging") as show:
        merged = merge(
            library,
            libraries,
            path_maps=path_maps,
            dry_run=dry_run,
            without=without,
            progress=lambda done, of: show(completed=done, total=of),
        )
    if Session.print_json(merged):
        return
    for source in merged.sources:
        older = f" (schema {source.schema_version}, read as an upgraded copy)" if source.is_older else ""
        session.info(f"{source.library}: {counted(source.files, 'file')}{older}")
    session.info(f"{'would be merged' if dry_run else 'merged'} into {session.library_shown}:")
    for line in merge_lines(merged):
        session.echo(line)
