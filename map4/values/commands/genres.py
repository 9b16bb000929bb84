"""`map4 config genres`: the library's own table of genres."""

from __future__ import annotations

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Session
from map4.cli.value_types import PathArgument
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import counted
from map4.core.music.track.genre import GenreNames
from map4.errors import NotAllowedError, NothingFoundError, UsageError

_MOST_BYTES = 2_000_000


@Map4Command.of(
    NotAllowedError, (UsageError, "the table has a fault"), (NothingFoundError, "nothing to undo"), Exit.NO_LIBRARY
)
@click.option("--from", "file", metavar="FILE", type=PathArgument(), help="Replace the table by that of a TOML file.")
@click.option("--undo", is_flag=True, help="Restore the table before the last change.")
@CallOption.yes(shown=False)
@CallOption.json
def genres(file: str | None, undo: bool) -> None:
    """Print the library's own table of genres as TOML, or replace it.

    It has spellings of a genre, and the wider genre of each: then genre:House also finds Progressive House, written as
    Prog House or not. Statistics, lists, doctor and 'tags write --genre' use it too. An empty file removes it.

    \b
    map4 config genres > genres.toml        write it to a file, and edit that:
        [spellings]
        "Prog House" = "Progressive House"
        [parents]
        "Progressive House" = "House"
    map4 config genres --from genres.toml
    """
    if file is not None and undo:
        raise click.UsageError("--from and --undo exclude each other.")
    given = None if file is None else _read(file)
    session = Session.current()
    with session.open_library(create=False) as library:
        if undo:
            table = library.genres.undo()
        else:
            table = library.genres.table() if given is None else library.genres.set(given.spellings, given.parents)
        if not Session.print_json(table) and given is None and not undo:
            click.echo(table.to_toml(), nl=False)  # noqa: TID251
            return
        spellings, parents = counted(len(table.spellings), "spelling"), counted(len(table.parents), "parent")
        session.info(f"the library has {spellings} and {parents} of genres")


def _read(file: str) -> GenreNames:
    try:
        return GenreNames.read(OnDisk(file).read(most_bytes=_MOST_BYTES).decode())
    except (OSError, ValueError, UsageError) as error:
        raise UsageError(f"{file}: {getattr(error, 'strerror', None) or error}") from None
