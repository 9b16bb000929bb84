"""Options of `map4 playlist`: the tracks to choose from, and the shape of the list."""

from __future__ import annotations

import click

from map4.cli.call_options import options_of
from map4.cli.options import F, apply, completing, query_option
from map4.cli.session import session_of
from map4.cli.value_types import PathArgument
from map4.errors import Map4Error
from map4.lists.commands.completion import curve_names
from map4.lists.options import GenerateOptions
from map4.lists.playlist.request import presets_of

OF_PRESETS = ("absolute_energy", "max_candidates")
"""Options that presets of the settings have, and the command has not."""


def _presets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Presets whose names begin with the text, including those of the settings."""
    try:
        presets = presets_of(session_of(ctx).config["playlist.presets"])
    except Map4Error:
        presets = presets_of({})
    return [name for name in presets if name.startswith(incomplete)]


def generate_options(function: F) -> F:
    """Add the options that choose tracks and shape the list; the command gets `seeds`, `query` and `options`."""
    seeds = click.option(
        "--seed", "--from", "seeds", metavar="FILE", type=PathArgument(), multiple=True,
        help="Begin with FILE, and sound like it; repeatable.",
    )  # fmt: skip
    query = query_option("Choose from what matches")
    others = options_of(
        GenerateOptions, without=("query", "jobs", "timeout_s", *OF_PRESETS),
        complete={"curve": completing(curve_names), "preset": _presets},
    )  # fmt: skip
    decorated: F = apply(function, seeds, query, others)
    return decorated
