"""`map4 validate` and `map4 generate`, the old names of `map4 playlist check` and `map4 playlist`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from map4.base.call_options import call_options, option
from map4.base.deprecation import Deprecation, deprecated
from map4.cli.call_options import options_of
from map4.cli.exits import exit_codes
from map4.cli.session import Map4Command, Session, current_session
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


def _ignored(default: Any, flag: str, instead: str, metavar: str | None = None) -> Any:
    return option(default, flag, metavar=metavar, deprecated=Deprecation("1.0", f"it has no effect: {instead}"))


@call_options
class IgnoredOptions:
    """Options of both old names."""

    api_key: str | None = _ignored(None, "--api-key", "'map4 classify' reads the key from the environment", "KEY")
    with_ai: bool = _ignored(True, "--no-ai", "only 'map4 classify' uses an AI")
    validated: bool = _ignored(True, "--no-validate", "every list is shown with its quality")
    write_metadata: bool = _ignored(False, "--write-metadata", "'map4 tags write' writes tags")


@call_options
class IgnoredCheckOptions(IgnoredOptions):
    """Options of `map4 validate`."""

    seed: str | None = _ignored(None, "--seed", "'map4 playlist --seed' makes lists", "FILE")
    length: str | None = _ignored(None, "--length", "'map4 playlist -n' makes lists", "N")
    max_files: str | None = _ignored(None, "--max", "use 'map4 scan --max'", "N")


_REPORT_FORMATS: dict[str, OutputFormat | None] = {"json": "json", "csv": "csv", "text": None, "table": None}
# The old tolerance was a share of the tempo; each policy here goes as far.
_POLICIES: tuple[tuple[float, TempoPolicy], ...] = ((0.03, "strict"), (0.06, "flexible"))


@click.command(
    cls=Map4Command,
    hidden=True,
    epilog=exit_codes(UNREADABLE_LIST, NOT_MATCHED, done="checked, also with findings"),
)
@click.argument("source", metavar="LIST", type=PathArgument(allow_dash=True))
@click.option("--tolerance", type=Number(0, 1), metavar="0-1", help="Maximum tempo change, as a share of the tempo.")
@click.option("--energy-curve", metavar="NAME", help="The wanted energy.")
@click.option("--output", metavar="FILE", type=PathArgument(), help="Write the report to FILE.")
@click.option("--format", "report_format", type=Name([*_REPORT_FORMATS]), help="Format of the report.")
@options_of(IgnoredCheckOptions, "ignored")
@deprecated("1.0", "use 'map4 playlist check'", name="map4 validate")
def validate(
    source: str,
    tolerance: float | None,
    energy_curve: str | None,
    output: str | None,
    report_format: str | None,
    ignored: IgnoredCheckOptions,
) -> None:
    """Judge a list; the same as 'map4 playlist check', with its old options."""
    session, folder = _without_folder(current_session())
    if folder is not None:
        with session.open_library(create=True) as opened:
            opened.scan([folder], keep_roots=False)
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


def _without_folder(session: Session) -> tuple[Session, str | None]:
    """The session, and the folder that --library named instead of a library."""
    folder: str = session.config["library"]
    return (session.without("library"), folder) if os.path.isdir(folder) else (session, None)


@Map4Command.of(
    (Map4Error, "a file can't be used or written"), (NothingFoundError, "nothing to choose from"), TOO_FEW_TRACKS,
    hidden=True,
)  # fmt: skip
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
@options_of(IgnoredOptions, "ignored")
@deprecated("1.0", "use 'map4 playlist'", name="map4 generate")
def generate(
    seeds: tuple[str, ...],
    length: int | None,
    tolerance: float | None,
    energy_curve: str | None,
    output: str | None,
    format_name: str | None,
    max_files: int | None,
    ignored: IgnoredOptions,
) -> None:
    """Make a playlist; the same as 'map4 playlist', with its old options."""
    from map4.lists.options import GenerateOptions

    session, folder = _without_folder(current_session())
    options = GenerateOptions(n=length, tolerance=tolerance, curve=energy_curve, folder=folder, relax=True)
    to_stdout = format_name is not None and output is None
    target = PlaylistTarget(file="-" if to_stdout else output, format_name=format_name and format_name.lower())
    make(session, seeds, options, target, Output(), max_files=max_files)
