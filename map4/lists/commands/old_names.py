"""`map4 validate` and `map4 generate`, the old names of `map4 playlist check` and `map4 playlist`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from map4.cli.exits import exit_codes
from map4.cli.options import ClickOption, F, collect
from map4.cli.session import GLOBAL_OPTIONS, HELP_SETTINGS, Map4Command, current_session
from map4.cli.track_output import Output, OutputFormat
from map4.cli.value_types import Name, Number, PathArgument, WholeNumber
from map4.errors import Map4Error, NothingFoundError
from map4.lists.commands.check import report_text
from map4.lists.commands.list_options import (
    NOT_MATCHED,
    TOO_FEW_TRACKS,
    UNREADABLE_LIST,
    PlaylistReading,
    PlaylistTarget,
    tell_unmatched,
)
from map4.lists.commands.make import make
from map4.search import SURE

if TYPE_CHECKING:
    from map4.music.mixing.harmony import TempoPolicy

_NO_KEY = "--api-key is ignored; 'map4 classify' reads the key from the environment"
_NO_AI = "--no-ai is ignored; only 'map4 classify' uses an AI"
_WRITE_METADATA = "--write-metadata is ignored; 'map4 tags write' writes tags"
# Old options without effect: the name of their value (None is a flag), and the messages of `validate` and `generate`.
# An option without a message still works and is declared with its command.
_ANSWERED: dict[str, tuple[str | None, str | None, str | None]] = {
    "--api-key": ("KEY", _NO_KEY, _NO_KEY),
    "--no-ai": (None, _NO_AI, _NO_AI),
    "--no-validate": (
        None,
        "--no-validate is ignored by a check",
        "--no-validate is ignored; every list is shown with its quality",
    ),
    "--write-metadata": (None, _WRITE_METADATA, _WRITE_METADATA),
    "--seed": ("FILE", "--seed is ignored by a check; 'map4 playlist --seed' makes lists", None),
    "--length": ("N", "--length is ignored by a check; 'map4 playlist -n' makes lists", None),
    "--max": ("N", "--max is ignored by a check; use it with 'map4 scan --max'", None),
}
_REPORT_FORMATS: dict[str, OutputFormat | None] = {"json": "json", "csv": "csv", "text": None, "table": None}
# The old tolerance was a share of the tempo; each policy here goes as far.
_POLICIES: tuple[tuple[float, TempoPolicy], ...] = ((0.03, "strict"), (0.06, "flexible"))


def _answered(place: int) -> Callable[[F], F]:
    """Add the old options that a command only answers with a message: 0 is `validate`, 1 is `generate`."""
    answers = {name: texts[place] for name, (_, *texts) in _ANSWERED.items() if texts[place] is not None}

    def tell(**given: str | bool | None) -> None:
        for name, answer in answers.items():
            if given[_parameter(name)]:
                click.echo(f"map4: {answer}", err=True)

    def old(name: str) -> ClickOption:
        metavar = _ANSWERED[name][0]
        return click.option(name, _parameter(name), is_flag=metavar is None, metavar=metavar, hidden=True)

    return collect("answered", tell, *map(old, answers))


def _parameter(option: str) -> str:
    return "old_" + option.strip("-").replace("-", "_")


@click.command(
    hidden=True,
    context_settings=HELP_SETTINGS,
    epilog=exit_codes(UNREADABLE_LIST, NOT_MATCHED, done="checked, also with findings"),
    params=[option for option in GLOBAL_OPTIONS if option.name != "library"],
)
@click.argument("source", metavar="LIST", type=PathArgument(allow_dash=True))
@click.option("--tolerance", type=Number(0, 1), metavar="0-1", help="Maximum tempo change, as a share of the tempo.")
@click.option("--energy-curve", metavar="NAME", help="The wanted energy.")
@click.option("--output", metavar="FILE", type=PathArgument(), help="Write the report to FILE.")
@click.option("--format", "report_format", type=Name([*_REPORT_FORMATS]), help="Format of the report.")
@click.option("--library", metavar="DIR", type=PathArgument(), help="A folder to scan first.")
@_answered(0)
def validate(
    source: str,
    tolerance: float | None,
    energy_curve: str | None,
    output: str | None,
    report_format: str | None,
    library: str | None,
    answered: None,
) -> None:
    """Judge a list; the same as 'map4 playlist check', with its old options."""
    is_folder = library is not None and os.path.isdir(library)
    if library is not None and not is_folder:
        _use_library(library)
    session = current_session()
    if library is not None and is_folder:
        with session.open_library(create=True) as opened:
            opened.scan([library], keep_roots=False)
    suffix = os.path.splitext(output or "")[1].lower().lstrip(".")
    chosen = Output(format=_REPORT_FORMATS.get(report_format or suffix))
    with session.open_library(create=False) as opened:
        resolved = PlaylistReading(path_maps=(), certainty=SURE).read(opened.lists, source)
        tell_unmatched(session, resolved)
        checked = opened.lists.check(resolved, policy=_policy(tolerance), curve=energy_curve)
        text = report_text(session, checked, chosen)
        if output is None:
            click.echo(text, nl=False)
        else:
            opened.lists.write_report(text, output)
            session.say(f"{output}: written")


def _policy(tolerance: float | None) -> TempoPolicy | None:
    if tolerance is None:
        return None
    return next((policy for most, policy in _POLICIES if tolerance <= most), "creative")


def _use_library(path: str) -> None:
    """Use this library file for the rest of the run, as the global option does."""
    context = click.get_current_context()
    option = next(option for option in GLOBAL_OPTIONS if option.name == "library")
    assert option.callback is not None
    option.callback(context, option, path)


@click.command(
    cls=Map4Command,
    hidden=True,
    epilog=exit_codes(
        (Map4Error, "a file can't be used or written"), (NothingFoundError, "nothing to choose from"), TOO_FEW_TRACKS
    ),
)
@click.option(
    "--seed", "seeds", metavar="FILE", multiple=True, type=PathArgument(),
    help="Start from FILE, and sound like it.",
)  # fmt: skip
@click.option("--length", metavar="N", type=WholeNumber(), help="Number of tracks.")
@click.option("--tolerance", metavar="SHARE", type=Number(), help="Tempo steps up to SHARE (.02 is 2 %).")
@click.option("--energy-curve", metavar="NAME", help="Energy over the list.")
@click.option("--output", metavar="FILE", type=PathArgument(allow_dash=True), help="Write to FILE.")
@click.option("--format", "format_name", metavar="FORMAT", help="Format of FILE, or of stdout.")
@click.option(
    "--max", "max_files", metavar="N", type=WholeNumber(min=1),
    help="With a folder as --library: read at most N files.",
)  # fmt: skip
@_answered(1)
def generate(
    seeds: tuple[str, ...],
    length: int | None,
    tolerance: float | None,
    energy_curve: str | None,
    output: str | None,
    format_name: str | None,
    max_files: int | None,
    answered: None,
) -> None:
    """Make a playlist; the same as 'map4 playlist', with its old options."""
    from map4.lists.options import GenerateOptions

    session = current_session()
    folder = session.config["library"] if os.path.isdir(session.config["library"]) else None
    options = GenerateOptions(n=length, tolerance=tolerance, curve=energy_curve, folder=folder, relax=True)
    to_stdout = format_name is not None and output is None
    target = PlaylistTarget(file="-" if to_stdout else output, format_name=format_name and format_name.lower())
    if folder is not None:
        session = session.without("library")
    make(session, seeds, options, target, Output(), max_files=max_files)
