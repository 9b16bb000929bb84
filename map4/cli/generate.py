"""`map4 generate`: `map4 playlist` as it was once called, for scripts that still do so."""

from __future__ import annotations

import click

from map4.cli.list_options import ListTarget
from map4.cli.options import Map4Command, current_session
from map4.cli.reading import Output

# What some old options are answered with; the others mean what they meant.
_ANSWERS = {
    "api_key": "--api-key is not needed here; 'map4 classify' takes the key from the environment",
    "no_ai": "--no-ai is not needed; only 'map4 classify' asks an AI",
    "no_validate": "--no-validate is left out; every list comes with its quality",
    "write_metadata": "--write-metadata is left out; 'map4 tags write' writes tags",
}


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
        *(click.Option([name], hidden=True, is_flag=flag, metavar=None if flag else "KEY")
          for name, flag in (("--api-key", False), ("--no-validate", True), ("--no-ai", True),
                             ("--write-metadata", True))),
    ],
)  # fmt: skip
def command(
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
    from map4.cli.playlist import make
    from map4.cli.playlist_options import Making

    session = current_session()
    for name, answer in _ANSWERS.items():
        if old[name]:
            session.tell(f"map4: {answer}")
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
    target = ListTarget(
        output="-" if to_stdout else output,
        kind=None if kind is None else kind.lower(),
        relative_to=None,
        path_maps=(),
        force=False,
        save=None,
    )
    make(session, making, target, Output(), max_files=max_files)
