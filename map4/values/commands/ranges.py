"""Tempo ranges: `map4 set tempo-range=LOW..HIGH` and `map4 set ranges`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Session
from map4.cli.track_selection import Selection
from map4.core.base.text import counted
from map4.core.music.query.terms import quoted
from map4.errors import NotAllowedError, NothingFoundError
from map4.values.tempo_ranges import Progress, TempoRangeChange, scope_words


def set_range(selection: Selection, text: str, *, dry_run: bool) -> None:
    """Set the tempo range of a query, a folder or all tracks; an empty text removes it."""
    query = selection.query or ""
    if selection.files:
        folder = os.path.abspath(os.path.expanduser(selection.files[0]))
        if len(selection.files) > 1 or query or not os.path.isdir(folder):
            raise click.UsageError("tempo-range= is for a folder, a --query or all tracks; for a track write bpm=87.")
        query = f"path:{quoted(folder)}"
    elif selection.query is not None and not query.strip():
        raise click.UsageError(
            "An empty --query matches every track; is a variable empty? For all tracks leave it out."
        )
    with Session.current().open_library(create=False) as library, _progress() as show:
        change = library.tempo_ranges.set(text.strip() or None, query=query, dry_run=dry_run, progress=show)
    _show(change)


@Map4Command.of(NotAllowedError, (NothingFoundError, "no ranges, or nothing to undo"), Exit.NO_LIBRARY)
@click.option("--undo", is_flag=True, help="Undo the last change of a range.")
@CallOption.yes(shown=False)
@CallOption.json
def ranges(undo: bool) -> None:
    """List the tempo ranges, or undo the last change.

    A range says how you count: of the measured tempi of a track, such as 87 and 174 BPM, only those inside count. Of
    several ranges that match a track, the last one counts; the range for all tracks only if no other matches.

    \b
    map4 set tempo-range=80..159                           for all tracks
    map4 set --query genre:dnb tempo-range=120..239        for a query
    map4 set ~/Music/Downtempo tempo-range=60..119         for a folder
    map4 set --query genre:dnb tempo-range=                remove a range
    """
    session = Session.current()
    with session.open_library(create=False) as library:
        if undo:
            with _progress() as show:
                change = library.tempo_ranges.undo(progress=show)
            _show(change)
            return
        listed = library.tempo_ranges.all()
    if not Session.print_json(listed) and listed.ranges:
        rows = ((rule.range, scope_words(rule.query), rule.tracks, rule.outside) for rule in listed.ranges)
        session.print_rows([("BPM", "for", "tracks", "outside"), *(tuple(map(str, row)) for row in rows)])
    if not listed.ranges:
        raise NothingFoundError("no tempo range is set; 'map4 set tempo-range=80..159' sets a range for all tracks")


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show the progress of a change, and report a stop."""
    session = Session.current()
    listed = "'map4 set ranges' lists the ranges that count, and the next scan with news applies them"
    with session.reporting_stop(lambda: listed), session.bar("choosing tempi") as show:
        yield lambda done, of: show(completed=done, total=of)


def _show(change: TempoRangeChange) -> None:
    if Session.print_json(change):
        return
    changed = f"{counted(change.changed, 'track')} {'would get' if change.dry_run else 'got'} another tempo"
    which = "no range" if change.range is None else f"{change.range} BPM for {counted(change.tracks, 'track')}"
    outside = f", {change.outside:,} have none inside" if change.outside else ""
    Session.current().info(f"{scope_words(change.query)}: {which}; {changed}{outside}")
