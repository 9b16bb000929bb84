"""`map4 tags prefer`: which source of a field goes first."""

from __future__ import annotations

from typing import cast

import click

from map4.base.text import counted
from map4.cli.options import completing, json_option
from map4.cli.output import print_json, printable
from map4.cli.session import Map4Command, current_session
from map4.errors import LibraryWriteError
from map4.music.track.fields import CHOSEN_FIELDS
from map4.music.track.sources import METADATA_SOURCES, MetadataSource
from map4.tags.preferred import FieldSources, SourceChange

_USUAL = "usual"
_MOST_SHOWN = 20


@Map4Command.of(LibraryWriteError, name="prefer")
@click.argument("field", required=False, metavar="[FIELD]", shell_complete=completing(lambda: CHOSEN_FIELDS))
@click.argument(
    "source", required=False, metavar="[SOURCE]", shell_complete=completing(lambda: (*METADATA_SOURCES, _USUAL))
)
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@json_option
def prefer(field: str | None, source: str | None, dry_run: bool) -> None:
    """Show or set which source of a field goes first.

    Tags, look-ups (provider) and DJ programs (imported) may contradict each other. Without arguments, this shows for
    each field the order of its sources, the number of tracks on which they differ, and how many values another order
    would change. FIELD and SOURCE put a source first for all users of the library; 'usual' restores the default order.
    Your own values always come first. Tempo and key follow the setting analysis.prefer.

    \b
    map4 tags prefer
    map4 tags prefer label provider --dry-run
    map4 tags prefer label provider
    map4 tags prefer label usual
    """
    if dry_run and source is None:
        raise click.UsageError("--dry-run needs a FIELD and a SOURCE: map4 tags prefer label provider --dry-run")
    session = current_session()
    with session.open_library(create=False) as library:
        if field is None or source is None:
            sources = library.tags.sources()
            if field is not None:
                library.tags.source_change(field, None, most=0)  # rejects unknown fields
                sources = FieldSources(fields=tuple(source for source in sources.fields if source.field == field))
            if not print_json(sources):
                session.print_rows(_rows(sources))
            return
        first = cast("MetadataSource | None", None if source == _USUAL else source)
        change = library.tags.source_change(field, first, most=_MOST_SHOWN)
        if not dry_run:
            library.tags.prefer(field, first)
    if print_json(change):
        return
    _show(change)
    session.say(_said(change, dry_run=dry_run))


def _rows(sources: FieldSources) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("field", "goes first", "contradicted", "another first would change")]
    for field in sources.fields:
        order = f"{field.sources[0].source}{'' if field.first else ' (usual)'}"
        others = ", ".join(f"{other.source} {other.changes:,}" for other in field.sources[1:])
        rows.append((field.field, order, f"{field.contradicted:,}", others))
    return rows


def _show(change: SourceChange) -> None:
    changes = () if change.changes is ... else change.changes
    for moved in changes:
        name = f"{moved.artist or '?'} – {moved.title}" if moved.title else moved.path
        now, then = ("nothing" if value is None else str(value) for value in (moved.now, moved.then))
        click.echo(printable(f"{name}: {now} → {then}"))
    count = 0 if change.count is ... else change.count
    if count > len(changes):
        click.echo(f"… and {count - len(changes):,} more")


def _said(change: SourceChange, *, dry_run: bool) -> str:
    order = f"{change.first} goes first" if change.first else "the usual order counts"
    count = 0 if change.count is ... else change.count
    shows = "would show" if dry_run else "now show" if count != 1 else "now shows"
    return f"{change.words}: {order}; {counted(count, 'track')} {shows} another value"
