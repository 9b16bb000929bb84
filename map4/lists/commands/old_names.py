"""`map4 validate` and `map4 generate`, the old names of `map4 playlist check` and `map4 playlist`."""

from __future__ import annotations

import os
from typing import Any, Literal

import click

from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Session
from map4.cli.track_output import Output, OutputFormat
from map4.cli.value_types import PathArgument, WholeNumber
from map4.core.base.call_options import CallOptions, option, worded
from map4.core.base.stability import Deprecation, deprecated
from map4.core.music.mixing.harmony import TempoPolicy
from map4.errors import Map4Error, NothingFoundError
from map4.lists.commands import list_options
from map4.lists.commands.check import report_text
from map4.lists.commands.make import make
from map4.lists.options import GenerateOptions
from map4.search import NameMatcher


def _ignored(default: Any, flag: str, instead: str, metavar: str | None = None) -> Any:
    return option(default, flag, metavar=metavar, deprecated=Deprecation("1.0", f"it has no effect: {instead}"))


class OldOptions(CallOptions):
    """Options of both old names; some are ignored."""

    tolerance: float | None = option(None, "--tolerance", "Tempo steps up to SHARE (.02 is 2 %).", metavar="SHARE")
    curve: str | None = option(None, "--energy-curve", "Energy over the list.", metavar="NAME")
    output: os.PathLike[str] | None = option(None, "--output", "Write to FILE.", metavar="FILE")
    format: str | None = option(None, "--format", "Format of FILE, or of stdout.", metavar="FORMAT")
    api_key: str | None = _ignored(None, "--api-key", "'map4 classify' reads the key from the environment", "KEY")
    with_ai: bool = _ignored(True, "--no-ai", "only 'map4 classify' uses an AI")
    validated: bool = _ignored(True, "--no-validate", "every list is shown with its quality")
    write_metadata: bool = _ignored(False, "--write-metadata", "'map4 tags write' writes tags")


class OldCheckOptions(OldOptions):
    """Options of `map4 validate`."""

    tolerance: float | None = worded(OldOptions, "tolerance", least=0, most=1)
    format: Literal["json", "csv", "text", "table"] | None = worded(OldOptions, "format")
    seed: str | None = _ignored(None, "--seed", "'map4 playlist --seed' makes lists", "FILE")
    length: str | None = _ignored(None, "--length", "'map4 playlist -n' makes lists", "N")
    max_files: str | None = _ignored(None, "--max", "use 'map4 scan --max'", "N")


_REPORT_FORMATS: dict[str, OutputFormat] = {"json": "json", "csv": "csv"}
# The old tolerance was a share of the tempo; each policy here goes as far.
_POLICIES: tuple[tuple[float, TempoPolicy], ...] = ((0.03, "strict"), (0.06, "flexible"))


@Map4Command.of(list_options.UNREADABLE_LIST, list_options.NOT_MATCHED, done="checked, also with findings", hidden=True)
@click.argument("source", metavar="LIST", type=PathArgument(allow_dash=True))
@CallOption.of(OldCheckOptions)
@deprecated("1.0", "use 'map4 playlist check'", name="map4 validate")
def validate(source: str, options: OldCheckOptions) -> None:
    """Judge a list; the same as 'map4 playlist check', with its old options."""
    session, folder = _without_folder(Session.current())
    if folder is not None:
        with session.open_library(create=True) as opened:
            opened.scan([folder], keep_roots=False)
    suffix = os.path.splitext(options.output or "")[1].lower().lstrip(".")
    chosen = Output(format=_REPORT_FORMATS.get(options.format or suffix))
    with session.open_library(create=False) as opened:
        resolved = list_options.PlaylistReading(path_maps=(), certainty=NameMatcher.SURE).read(opened.lists, source)
        list_options.report_unmatched(session, resolved)
        checked = opened.lists.check(resolved, policy=_policy(options.tolerance), curve=options.curve)
        text = report_text(session, checked, chosen)
        if options.output is None:
            click.echo(text, nl=False)  # noqa: TID251
        else:
            opened.lists.write_report(text, os.fspath(options.output))
            session.info(f"{options.output}: written")


def _policy(tolerance: float | None) -> TempoPolicy | None:
    if tolerance is None:
        return None
    return next((policy for most, policy in _POLICIES if tolerance <= most), "creative")


def _without_folder(session: Session) -> tuple[Session, str | None]:
    """The session, and the folder that --library named instead of a library."""
    folder: str = session.config["library"]
    return (session.without("library"), folder) if os.path.isdir(folder) else (session, None)


@Map4Command.of(
    (Map4Error, "a file can't be used or written"), (NothingFoundError, "nothing to choose from"),
    list_options.TOO_FEW_TRACKS, hidden=True,
)  # fmt: skip
@click.option(
    "--seed", "seeds", metavar="FILE", multiple=True, type=PathArgument(),
    help="Start from FILE, and sound like it.",
)  # fmt: skip
@click.option("--length", metavar="N", type=WholeNumber(), help="Number of tracks.")
@click.option(
    "--max", "max_files", metavar="N", type=WholeNumber(min=1),
    help="With a folder as --library: read at most N files.",
)  # fmt: skip
@CallOption.of(OldOptions)
@deprecated("1.0", "use 'map4 playlist'", name="map4 generate")
def generate(seeds: tuple[str, ...], length: int | None, max_files: int | None, options: OldOptions) -> None:
    """Make a playlist; the same as 'map4 playlist', with its old options."""
    session, folder = _without_folder(Session.current())
    wanted = GenerateOptions(n=length, tolerance=options.tolerance, curve=options.curve, folder=folder, relax=True)
    name = options.format and options.format.lower()
    file = os.fspath(options.output) if options.output else name and "-"
    target = list_options.PlaylistTarget(file=file, format_name=name)
    make(session, seeds, wanted, target, Output(), max_files=max_files)
