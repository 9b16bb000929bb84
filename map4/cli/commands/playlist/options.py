"""Options of `map4 playlist`: what to make a list of, and how it should be."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from map4.cli.options import QueryText

if TYPE_CHECKING:
    from map4.cli.options import F
    from map4.domain.query.parser import Query

_FILE = click.Path(path_type=str)
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
    from map4.domain.playlist.presets import shipped_presets

    return [name for name in shipped_presets() if name.startswith(incomplete)]


_OPTIONS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("--seed", "--from", "seeds"), {"metavar": "FILE", "type": _FILE, "multiple": True,
     "help": "Set out from FILE, and sound like it; repeatable."}),
    (("--to", "goal"), {"metavar": "FILE", "type": _FILE, "help": "End with FILE: a bridge from the seed to it."}),
    (("-n", "--count", "n"), {"metavar": "N", "type": int, "help": "So many tracks, the seed included (default 20)."}),
    (("--minutes",), {"metavar": "M", "type": float, "help": "So long, instead of -n."}),
    (("--preset",), {"metavar": "NAME", "shell_complete": _presets,
     "help": "Options under a name: warm_up peak_time closing dj_set radio ..."}),
    (("--curve",), {"metavar": "NAME|POINTS", "help": "Energy: ascending descending wave plateau warm_up peak_time "
                    "closing dj_set, or percent:energy points (0:.3,50:.9,100:.4). Default: the seed's."}),
    (("--absolute-energy",), {"is_flag": True, "help": "The curve's 0 and 1 are energy 0 and 1, not the lowest and "
                              "highest among the candidates."}),
    (("--policy",), {"metavar": "NAME", "help": "Tempo steps: strict 3 %, flexible 6 % (default), creative 10 % with "
                     "half and double time."}),
    (("--tolerance",), {"metavar": "SHARE", "type": float, "help": "Tempo steps up to SHARE (.02 is 2 %) instead."}),
    (("--harmonic",), {"metavar": "RULE", "help": "Key steps: strict, flexible (default), creative, off."}),
    (("--artist-gap",), {"metavar": "N|TIME", "help": "Picks or time (60m) between two of an artist (default 4)."}),
    (("--album-gap",), {"metavar": "N|TIME", "help": "The same for albums (default 0)."}),
    (("--include", "includes"), {"metavar": "FILE", "type": _FILE, "multiple": True,
     "help": "FILE must appear; repeatable."}),
    (("--exclude",), {"metavar": "QUERY", "type": QueryText(), "help": "Leave out what matches."}),
    (("--prefer",), {"metavar": "QUERY", "type": QueryText(),
     "help": "Rather take what matches, where it goes about as well."}),
    (("--avoid",), {"metavar": "QUERY", "type": QueryText(),
     "help": "Rather not take what matches, unless it goes clearly better."}),
    (("--query",), {"metavar": "QUERY", "type": QueryText(), "help": "Choose from what matches, as in 'map4 search'."}),
    *(
        ((f"--{name}", f"field_{name}"), {"metavar": "VALUE", "help": f"The same as --query {name}:{example}"})
        for name, example in _FIELDS
    ),
    (("--max-candidates",), {"metavar": "N", "type": int,
     "help": "A step chooses from N at most, the nearest by sound first (default 1000)."}),
    (("--vary",), {"metavar": "N", "type": int, "help": "Another good list for each N, the same for the same N."}),
    (("--no-relax",), {"is_flag": True, "help": "Stop where a limit can't be kept, instead of loosening it."}),
    (("--no-seed",), {"is_flag": True, "help": "Leave the seed itself out."}),
    (("--explain",), {"is_flag": True, "help": "Say below each pick why it is there."}),
    (("--figures",), {"is_flag": True, "help": "Draw the course of energy, tempo and key below the list."}),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What the user asked for.

    Parameters
    ----------
    seeds, goal, includes : files
    query, exclude, avoid : as text; None where not given
    fields : shorthands of the query, by field
    preset : its name
    wishes : plain values for `map4.domain.playlist.presets.playlist_options`; None where not given
    explain : say the reasons
    figures : draw the course of the list
    """

    seeds: tuple[str, ...]
    goal: str | None
    includes: tuple[str, ...]
    query: str | None
    exclude: str | None
    fields: Mapping[str, str]
    preset: str | None
    wishes: Mapping[str, Any]
    explain: bool
    prefer: str | None = None
    avoid: str | None = None
    figures: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was asked for."""
        named = (self.seeds, self.goal, self.includes, self.query, self.exclude, self.fields, self.preset)
        wished = (self.prefer, self.avoid, self.explain, self.figures)
        return not any((*named, *wished)) and all(value is None for value in self.wishes.values())

    def to_query(self) -> Query:
        """What to choose from.

        Raises
        ------
        QueryError
            If it can't be read.
        """
        from map4.domain.query.parser import parse_query

        whole = parse_query(self.query or "")
        if not self.fields:
            return whole
        more = parse_query(" ".join(f"{name}:{_quoted(value)}" for name, value in self.fields.items()))
        # The shorthands narrow each of the query's alternatives.
        groups = tuple((*group, *more.groups[0]) for group in whole.groups or ((),))
        return replace(whole, groups=groups, text=" ".join(text for text in (whole.text, more.text) if text))


def making_options(function: F) -> F:
    """Add what a list is made by; the command gets a `Making` as `making`."""

    @functools.wraps(function)
    def command(*args: Any, **kwargs: Any) -> Any:
        given = {parameter: kwargs.pop(parameter) for parameter in _PARAMETERS}
        return function(*args, making=_making(given), **kwargs)

    decorated: Any = command
    for names, settings in reversed(_OPTIONS):
        option: Callable[[Any], Any] = click.option(*names, **settings)
        decorated = option(decorated)
    result: F = decorated
    return result


# The last of the names that is no option is the parameter; else the longest option names it.
_PARAMETERS = tuple(
    names[-1] if not names[-1].startswith("-") else names[-1].lstrip("-").replace("-", "_") for names, _ in _OPTIONS
)
_WISHES = ("n", "minutes", "curve", "policy", "tolerance", "harmonic", "artist_gap", "album_gap", "max_candidates",
           "vary")  # fmt: skip


def _making(given: dict[str, Any]) -> Making:
    wishes = {name: given[name] for name in _WISHES}
    wishes["absolute_energy"] = given["absolute_energy"] or None
    wishes["relax"] = False if given["no_relax"] else None
    wishes["with_seed"] = False if given["no_seed"] else None
    return Making(
        seeds=given["seeds"],
        goal=given["goal"],
        includes=given["includes"],
        query=given["query"],
        exclude=given["exclude"],
        fields={name: given[f"field_{name}"] for name, _ in _FIELDS if given[f"field_{name}"] is not None},
        preset=given["preset"],
        wishes=wishes,
        explain=given["explain"],
        prefer=given["prefer"],
        avoid=given["avoid"],
        figures=given["figures"],
    )


def _quoted(value: str) -> str:
    """A value as a query takes it whole, blanks and all."""
    return '"' + value.replace('"', "") + '"' if " " in value.strip() and '"' not in value else value
