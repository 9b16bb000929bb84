"""Options of `map4 playlist`: what to make a list of, and how it should be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from map4.cli.commands.playlist.list_options import relax_option
from map4.cli.options import (
    HARMONIC_RULES,
    F,
    Option,
    apply,
    avoid_option,
    collect,
    completing,
    curve_names,
    exclude_option,
    prefer_option,
    query_option,
)
from map4.cli.session import session_of
from map4.cli.value_types import Number, PathArgument, WholeNumber
from map4.domain.tempo_step import TEMPO_POLICIES
from map4.errors import Map4Error

if TYPE_CHECKING:
    from map4.domain.query.parser import Query

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
    """Presets whose names begin so, those of the settings too."""
    from map4.domain.playlist.presets import read_presets, shipped_presets

    try:
        own = read_presets(session_of(ctx).config["playlist.presets"])
    except Map4Error:
        own = {}
    return [name for name in {**shipped_presets(), **own} if name.startswith(incomplete)]


def _switch(name: str, parameter: str, value: bool, text: str) -> Option:
    """A flag that gives the value, and without it None: then a preset counts."""
    return click.option(
        name, parameter, is_flag=True, callback=lambda ctx, param, given: value if given else None, help=text
    )


def _query(query: str | None, **fields: str | None) -> Query:
    """What to choose from: the query, each of its alternatives narrowed by the shorthands."""
    from map4.domain.query.parser import parse_query

    whole = parse_query(query or "")
    values = {name: value for name, _ in _FIELDS if (value := fields[f"field_{name}"]) is not None}
    if not values:
        return whole
    more = parse_query(" ".join(f"{name}:{_quoted(value)}" for name, value in values.items()))
    groups = tuple((*group, *more.groups[0]) for group in whole.groups or ((),))
    return replace(whole, groups=groups, text=" ".join(text for text in (whole.text, more.text) if text))


def _quoted(value: str) -> str:
    """A value as a query takes it whole, blanks and all."""
    return '"' + value.replace('"', "") + '"' if " " in value.strip() and '"' not in value else value


_OPTIONS: tuple[Option, ...] = (
    click.option("--seed", "--from", "seeds", metavar="FILE", type=_FILE, multiple=True,
           help="Start from FILE, and sound like it; repeatable."),
    click.option("--to", metavar="FILE", type=_FILE, help="End with FILE: a bridge from the seed to it."),
    click.option("-n", "--count", "n", metavar="N", type=WholeNumber(),
           help="How many tracks, with the seed (default 20)."),
    click.option("--minutes", metavar="M", type=Number(), help="How many minutes, instead of -n."),
    click.option("--preset", "preset_name", metavar="NAME", shell_complete=_presets,
           help="A set of options with a name: warm_up peak_time closing dj_set radio ..."),
    click.option("--curve", metavar="NAME|POINTS", shell_complete=completing(curve_names),
           help="Energy: ascending descending wave plateau warm_up peak_time closing dj_set, or percent:energy points "
           "(0:.3,50:.9,100:.4). Default: the seed's."),
    _switch("--absolute-energy", "absolute_energy", True,
            "Use the curve's values as they are; without it they are stretched to what there is to choose from."),
    click.option("--policy", metavar="NAME", shell_complete=completing(lambda: TEMPO_POLICIES),
           help="Tempo steps: strict 3 %, flexible 6 % (default), creative 10 % with half and double time."),
    click.option("--tolerance", metavar="SHARE", type=Number(), help="Tempo steps up to SHARE (.02 is 2 %) instead."),
    click.option("--harmonic", metavar="RULE", shell_complete=completing(lambda: HARMONIC_RULES),
           help="Key steps: strict, flexible (default), creative, off."),
    click.option("--artist-gap", metavar="N|TIME", help="Tracks, or time (60m), between two of an artist (default 4)."),
    click.option("--album-gap", metavar="N|TIME", help="The same for albums (default 0)."),
    click.option("--folder", metavar="DIR", type=_FILE,
           help="Choose from the tracks in DIR alone; it is scanned first."),
    click.option("--min-sound", metavar="-1..1", type=Number(-1.0, 1.0),
           help="How much each pick must sound like the seed, as 'map4 similar' shows it (default: as the nearer "
           "half of the library)."),
    click.option("--include", metavar="FILE", type=_FILE, multiple=True, help="FILE must appear; repeatable."),
    exclude_option,
    prefer_option,
    avoid_option,
    collect(
        "query",
        _query,
        query_option("Choose from what matches"),
        *(
            click.option(f"--{name}", f"field_{name}", metavar="VALUE", help=f"The same as --query {name}:{example}")
            for name, example in _FIELDS
        ),
    ),
    click.option("--max-candidates", metavar="N", type=WholeNumber(),
           help="Choose each step from N tracks at most, the nearest by sound first (default 1000)."),
    click.option("--vary", metavar="N", type=WholeNumber(),
           help="Another list for each number N; the same N gives the same list."),
    _switch("--plan", "plan", True,
            "Plan how each track is mixed in ('map4 mix'), choose by it between steps that fit as well, and count the "
            "time that tracks play together."),
    relax_option,
    _switch("--no-seed", "with_seed", False, "Leave the seed itself out."),
)  # fmt: skip


def generate_options(function: F) -> F:
    """Add what a list is made of and how it should be.

    The command gets them as `map4.app.playlists.candidates.GenerateOptions` names them, besides `seeds` and
    `preset_name`.
    """
    decorated: F = apply(function, *_OPTIONS)
    return decorated
