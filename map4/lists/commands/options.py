"""Options of `map4 playlist`: the tracks to choose from, and the shape of the list."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from map4.cli.call_options import options_of
from map4.cli.options import F, apply, collect, completing, query_option
from map4.cli.session import session_of
from map4.cli.value_types import PathArgument
from map4.errors import Map4Error
from map4.lists.commands.completion import curve_names
from map4.lists.options import GenerateOptions
from map4.lists.playlist.request import presets_of

if TYPE_CHECKING:
    from map4.music.query.parser import Query

_FILE = PathArgument()
# Shorthands of --query: option, field, and an example.
_FIELDS: tuple[tuple[str, str], ...] = (
    ("bpm", "120..128"),
    ("energy", "6.."),
    ("key", "~8A"),
    ("genre", "house"),
    ("mood", "dark"),
    ("year", "1990..1999"),
)


def _presets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Presets whose names begin with the text, including those of the settings."""
    try:
        presets = presets_of(session_of(ctx).config["playlist.presets"])
    except Map4Error:
        presets = presets_of({})
    return [name for name in presets if name.startswith(incomplete)]


def _query(query: str | None, **fields: str | None) -> Query:
    """The query, with each of its alternatives narrowed by the shorthands."""
    from map4.music.query.parser import parse_query

    whole = parse_query(query or "")
    values = {name: value for name, _ in _FIELDS if (value := fields[f"field_{name}"]) is not None}
    if not values:
        return whole
    more = parse_query(" ".join(f"{name}:{_quoted(value)}" for name, value in values.items()))
    groups = tuple((*group, *more.groups[0]) for group in whole.groups or ((),))
    return replace(whole, groups=groups, text=" ".join(text for text in (whole.text, more.text) if text))


def _quoted(value: str) -> str:
    """A value in quotes if it contains blanks."""
    return '"' + value.replace('"', "") + '"' if " " in value.strip() and '"' not in value else value


def generate_options(function: F) -> F:
    """Add the options that choose tracks and shape the list; the command gets `seeds`, `query` and `options`."""
    seeds = click.option(
        "--seed", "--from", "seeds", metavar="FILE", type=PathArgument(), multiple=True,
        help="Begin with FILE, and sound like it; repeatable.",
    )  # fmt: skip
    query = collect(
        "query",
        _query,
        query_option("Choose from what matches"),
        *(
            click.option(f"--{name}", f"field_{name}", metavar="VALUE", help=f"The same as --query {name}:{example}")
            for name, example in _FIELDS
        ),
    )
    others = options_of(
        GenerateOptions, without=("query", "jobs", "timeout_s"),
        complete={"curve": completing(curve_names), "preset": _presets},
    )  # fmt: skip
    decorated: F = apply(function, seeds, query, others)
    return decorated
