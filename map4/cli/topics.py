"""`map4 help scripting`: output, file lists and exit codes for scripts. `map4 help install`: the extras."""

from contextlib import suppress

from map4.cli.exits import ALL_ENDINGS, meanings_of
from map4.core.base.declaration import load
from map4.core.base.declarations import declarations, declared_in
from map4.core.base.text import in_columns
from map4.version import Packages


def install() -> str:
    """The text of the topic: the declared tasks, and the extras of parts that are not installed."""
    declared = (row for each in (*declarations(), *declared_in("map4.formats")) for row in each.package_extras)
    rows = [(row.purpose, row.name) for row in sorted(declared, key=lambda row: row.order)]
    absent = sorted(package_extras() - {name for _, name in rows})
    rows += [("a part of map4 that is not installed here", name) for name in absent]
    heading, *lines = (f"{purpose:54}{name}" for purpose, name in (("to do this", "extra"), *rows))
    rows_text = "\n".join(f"  {line}" for line in lines)
    text = str(load("map4.cli:install.txt"))
    return text.format(heading=heading, rows=rows_text, command=Packages("EXTRA").how_to_add())


def package_extras() -> set[str]:
    """The extras in the metadata of the package; none if it is not installed."""
    from importlib.metadata import PackageNotFoundError, metadata  # takes longer than all of `map4 --help`

    with suppress(PackageNotFoundError):
        return set(metadata("map4-music").get_all("Provides-Extra") or ())
    return set()


def scripting() -> str:
    """The text of the topic, with all exit codes."""
    codes = ((str(code), meaning) for code, meaning in meanings_of(*ALL_ENDINGS).items())
    return str(load("map4.cli:scripting.txt")).format(codes=in_columns(codes))
