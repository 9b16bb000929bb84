"""`map4 validate` and `map4 generate`, as `map4 playlist check` and `map4 playlist` were once called."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from map4.cli.commands.playlist.list_options import PlaylistReading, PlaylistTarget
from map4.cli.options import GLOBAL_OPTIONS, HELP_SETTINGS, Map4Command, Session, current_session
from map4.cli.track_output import Form, Output

if TYPE_CHECKING:
    from map4.domain.tempo_step import TempoPolicy

# What an old option is answered with where it no longer means anything.
_NO_KEY = "--api-key is not needed here; 'map4 classify' takes the key from the environment"
_NO_AI = "--no-ai is not needed; only 'map4 classify' asks an AI"
_WRITE_METADATA = "--write-metadata is left out; 'map4 tags write' writes tags"
_CHECK_ANSWERS = {
    "api_key": _NO_KEY,
    "no_ai": _NO_AI,
    "no_validate": "--no-validate means nothing to a check, and is left out",
    "write_metadata": _WRITE_METADATA,
    "seed": "--seed means nothing to a check, and is left out; 'map4 playlist --seed' makes lists",
    "length": "--length means nothing to a check, and is left out; 'map4 playlist -n' makes lists",
    "max_files": "--max means nothing to a check, and is left out; 'map4 scan --max' takes it",
}
_MAKE_ANSWERS = {
    "api_key": _NO_KEY,
    "no_ai": _NO_AI,
    "no_validate": "--no-validate is left out; every list comes with its quality",
    "write_metadata": _WRITE_METADATA,
}
_FORMS: dict[str, Form | None] = {"json": "json", "csv": "csv", "text": None, "table": None}
# The old tolerance was a share of the tempo; the policies that go as far.
_POLICIES: tuple[tuple[float, TempoPolicy], ...] = ((0.03, "strict"), (0.06, "flexible"))


def _old(*names: str, is_flag: bool = False, metavar: str | None = None) -> click.Option:
    return click.Option([*names], is_flag=is_flag, metavar=metavar, hidden=True)


def _answered() -> list[click.Option]:
    """Old options of both commands that are answered alone."""
    return [
        _old("--api-key", metavar="KEY"),
        _old("--no-validate", is_flag=True),
        _old("--no-ai", is_flag=True),
        _old("--write-metadata", is_flag=True),
    ]


def _answer(session: Session, answers: dict[str, str], given: dict[str, str | bool | None]) -> None:
    for name, answer in answers.items():
        if given[name]:
            session.tell(f"map4: {answer}")


@click.command(
    hidden=True,
    context_settings=HELP_SETTINGS,
    epilog="Exit codes: 0 checked, whatever was found, 1 could not read the list, 2 wrong usage, 4 none of its tracks "
    "is in the library.",
    params=[
        click.Argument(["source"], metavar="LIST"),
        click.Option(["--tolerance"], type=click.FloatRange(0, 1), metavar="0-1", help="Share the tempo may change."),
        click.Option(["--energy-curve"], metavar="NAME", help="The energy that was wanted."),
        click.Option(["--output"], metavar="FILE", type=click.Path(), help="Write the report to FILE."),
        click.Option(["--format", "form"], type=click.Choice([*_FORMS]), help="Format of the report."),
        click.Option(["--library"], metavar="DIR", type=click.Path(), help="A folder to scan first."),
        _old("--seed", metavar="FILE"),
        _old("--length", metavar="N"),
        _old("--max", "max_files", metavar="N"),
        *_answered(),
        *(option for option in GLOBAL_OPTIONS if option.name != "library"),
    ],
)  # fmt: skip
def validate(
    source: str,
    tolerance: float | None,
    energy_curve: str | None,
    output: str | None,
    form: str | None,
    library: str | None,
    **old: str | bool | None,
) -> None:
    """Judge a list; the same as 'map4 playlist check', with the options it once had."""
    from map4.cli.commands.playlist.lists import check_source, report_text
    from map4.selection.matching.names import SURE

    if library is not None and not os.path.isdir(library):
        _use_library(library)
    session = current_session()
    _answer(session, _CHECK_ANSWERS, old)
    if library is not None and os.path.isdir(library):
        with session.open_library(create=True) as opened:
            opened.scan([library], keep_roots=False)
    suffix = os.path.splitext(output or "")[1].lower().lstrip(".")
    chosen = Output(form=_FORMS[form] if form else _FORMS.get(suffix))
    reading = PlaylistReading(path_maps=(), certainty=SURE)
    with session.open_library(create=False) as opened:
        found = check_source(session, opened.lists, source, reading, policy=_policy(tolerance), curve=energy_curve)
        text = report_text(session, found, chosen)
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
    """Have this library file for the rest of the run, as the global option does."""
    context = click.get_current_context()
    option = next(option for option in GLOBAL_OPTIONS if option.name == "library")
    assert option.callback is not None
    option.callback(context, option, path)


@click.command(
    cls=Map4Command,
    hidden=True,
    epilog="Exit codes: 0 done, 1 a file can't be used or written, 2 wrong usage, 4 nothing to choose from, or fewer "
    "tracks than asked.",
    params=[
        click.Option(["--seed", "seeds"], metavar="FILE", multiple=True, type=click.Path(path_type=str),
                     help="Set out from FILE, and sound like it."),
        click.Option(["--length"], metavar="N", type=int, help="So many tracks."),
        click.Option(["--tolerance"], metavar="SHARE", type=float, help="Tempo steps up to SHARE (.02 is 2 %)."),
        click.Option(["--energy-curve"], metavar="NAME", help="Energy over the list."),
        click.Option(["--output"], metavar="FILE", type=click.Path(allow_dash=True), help="Write to FILE."),
        click.Option(["--format", "kind"], metavar="FORMAT", help="Format of FILE, or of stdout."),
        click.Option(["--max", "max_files"], metavar="N", type=click.IntRange(min=1),
                     help="With a folder as --library: read so many files at most."),
        *_answered(),
    ],
)  # fmt: skip
def generate(
    seeds: tuple[str, ...],
    length: int | None,
    tolerance: float | None,
    energy_curve: str | None,
    output: str | None,
    kind: str | None,
    max_files: int | None,
    **old: str | bool | None,
) -> None:
    """Make a playlist; the same as 'map4 playlist', with the options it once had."""
    from map4.cli.commands.playlist.make import make
    from map4.cli.commands.playlist.options import Making

    session = current_session()
    _answer(session, _MAKE_ANSWERS, old)
    making = Making(
        seeds=seeds,
        goal=None,
        includes=(),
        query=None,
        exclude=None,
        fields={},
        preset=None,
        wishes={"n": length, "tolerance": tolerance, "curve": energy_curve},
        explain=False,
    )
    to_stdout = kind is not None and output is None
    target = PlaylistTarget(
        output="-" if to_stdout else output,
        kind=None if kind is None else kind.lower(),
        relative_to=None,
        path_maps=(),
        force=False,
        save=None,
    )
    make(session, making, target, Output(), max_files=max_files)
