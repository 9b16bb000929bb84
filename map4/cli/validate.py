"""`map4 validate`: `map4 playlist check` as it was once called, for scripts that still do so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from map4.cli.list_options import ReadingLists
from map4.cli.options import GLOBAL_OPTIONS, HELP_SETTINGS, current_session
from map4.cli.reading import Form, Output

if TYPE_CHECKING:
    from map4.domain.tempo_step import TempoPolicy

# What the old options said, and what says it now.
_ANSWERS = {
    "api_key": "--api-key is not needed here; 'map4 classify' takes the key from the environment",
    "no_ai": "--no-ai is not needed; only 'map4 classify' asks an AI",
    "no_validate": "--no-validate means nothing to a check, and is left out",
    "write_metadata": "--write-metadata is left out; 'map4 tags write' writes tags",
    "seed": "--seed means nothing to a check, and is left out; 'map4 playlist --seed' makes lists",
    "length": "--length means nothing to a check, and is left out; 'map4 playlist -n' makes lists",
    "max_files": "--max means nothing to a check, and is left out; 'map4 scan --max' takes it",
}
_FORMS: dict[str, Form | None] = {"json": "json", "csv": "csv", "text": None, "table": None}
# The old tolerance was a share of the tempo; the policies that go as far.
_POLICIES: tuple[tuple[float, TempoPolicy], ...] = ((0.03, "strict"), (0.06, "flexible"))


def _old(*names: str, is_flag: bool = False, metavar: str | None = None) -> click.Option:
    return click.Option([*names], is_flag=is_flag, metavar=metavar, hidden=True)


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
        _old("--api-key", metavar="KEY"),
        _old("--no-validate", is_flag=True),
        _old("--no-ai", is_flag=True),
        _old("--write-metadata", is_flag=True),
        *(option for option in GLOBAL_OPTIONS if option.name != "library"),
    ],
)  # fmt: skip
def command(
    source: str,
    tolerance: float | None,
    energy_curve: str | None,
    output: str | None,
    form: str | None,
    library: str | None,
    **old: str | bool | None,
) -> None:
    """Judge a list; the same as 'map4 playlist check', with the options it once had."""
    from map4.cli.playlist_lists import check_source, report_text
    from map4.selection.matching import SURE

    if library is not None and not os.path.isdir(library):
        _use_library(library)
    session = current_session()
    for name, answer in _ANSWERS.items():
        if old[name]:
            session.tell(f"map4: {answer}")
    if library is not None and os.path.isdir(library):
        with session.open_library(create=True) as opened:
            opened.scan([library], keep_roots=False)
    suffix = os.path.splitext(output or "")[1].lower().lstrip(".")
    chosen = Output(form=_FORMS[form] if form else _FORMS.get(suffix))
    reading = ReadingLists(path_maps=(), certainty=SURE)
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
