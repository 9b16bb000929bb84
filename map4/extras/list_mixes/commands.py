"""`map4 mix LIST`: what `map4 mix` gets for lists."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from map4.cli.added import AddedToCommand
from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Session
from map4.cli.value_types import PathArgument, WholeNumber
from map4.core.base.call_options import declared_options
from map4.core.base.paths import display_path
from map4.core.music.analysis.audio import AudioFormat
from map4.errors import FileError, Map4Error, NothingFoundError
from map4.extras.list_mixes.options import ListMixOptions
from map4.library import hookspecs
from map4.lists.commands.completion import complete_lists

if TYPE_CHECKING:
    from map4.extras.list_mixes.part import Listed

_SHARED = {"words", "as_json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MixingList:
    """The request: plan a list, or the tracks of a query, as a mix, or write it."""

    query: str | None
    options: ListMixOptions
    output: str | None
    bitrate: int | None
    force: bool
    is_plan: bool

    def run(self, words: Sequence[str]) -> bool:
        """Mix the list that is named; false if the words are two tracks."""
        own = {"query", "output", "bitrate", "force", "is_plan", *declared_options(ListMixOptions)}
        given = CallOption.given() - _SHARED
        if len(words) == 2:
            if given & own:
                raise click.UsageError(
                    f"{_flags(given & own)} is for a list: map4 mix LIST. --render writes the mix of two tracks."
                )
            return False
        if len(words) > 2:
            raise click.UsageError("Name two tracks or one list; 'map4 playlist --save NAME' makes a list.")
        if given - own:
            raise click.UsageError(
                f"{_flags(given - own)} is for two tracks: map4 mix A B. -o writes the mix of a list."
            )
        source = next(iter(words), None)
        if source is not None and self.query is not None:
            raise click.UsageError("Name a list or give --query, not both.")
        if source is None and self.query is None:
            raise click.UsageError("Name two tracks or one list, or give --query.")
        if self.output is None and (self.bitrate is not None or self.force):
            raise click.UsageError("--bitrate and --force need a file; name it with -o.")
        if source is not None and os.path.splitext(source)[1].lower().lstrip(".") in AudioFormat.EXTENSIONS:
            raise click.UsageError(f"{display_path(source)} is a track; name a second track, or a list of tracks.")
        self._mix(source)
        return True

    def _mix(self, source: str | None) -> None:
        from map4.extras.list_mixes.part import ListMixes

        session, output, bitrate, force = Session.current(), self.output, self.bitrate, self.force
        with session.open_library(create=False) as library:
            mixes = library.part(ListMixes)
            if output is not None:
                mixes.actor.require("own")
            listed: Listed = source if source is not None else mixes.tracks(self.query or "")
            with session.status("planning"):
                planned = mixes.plan(listed, self.options)
            written = None
            if output is not None and not self.is_plan:
                mixes.check_write(planned, output, kbps=bitrate, force=force)
                with (
                    session.reporting_stop(lambda: "no file is written"),
                    session.bar("mixing", total=round(planned.lasts_s)) as show,
                ):
                    written = mixes.write(
                        planned, output, kbps=bitrate, force=force,
                        on_progress=lambda done_s: show(completed=round(done_s)),
                    )  # fmt: skip
        if not Session.print_json((planned if written is None else written).document()) and written is None:
            from map4.extras.list_mixes.views import set_lines, set_view

            session.out.print(set_view(planned))
            for line in set_lines(planned):
                session.info(line)
        if written is not None:
            from map4.extras.list_mixes.views import written_lines

            for line in written_lines(written):
                session.info(line)
            session.info(planned.length_text)
            for left in planned.left_out:
                session.warn(f"map4: left out: {left.name}: {left.why}")
            if planned.left_out or written.gaps:
                raise SystemExit(FileError.exit_code)


def _flags(names: Iterable[str]) -> str:
    """The first of some options of the running command, as it is written."""
    params = {param.name: param for param in click.get_current_context().command.params}
    return min(max(params[name].opts, key=len) for name in names)


_OPTIONS = CallOption.collected(
    "added",
    lambda **values: MixingList(**values).run,
    click.option(
        "-o", "--output", metavar="FILE", type=PathArgument(),
        help="Write to FILE: mp3, flac, wav, opus, m4a; or liq, for Liquidsoap.",
    ),
    click.option(
        "--bitrate", type=WholeNumber(1), metavar="KBPS", help="Bit rate (default: mp3, m4a 256, opus 128 kbit/s)."
    ),
    click.option("--force", is_flag=True, help="Replace existing files; never music of the library."),
    click.option("--plan", "is_plan", is_flag=True, help="Only show the plan (default without -o)."),
    CallOption.query("The tracks that match, in the order of 'sort:', instead of a list"),
    CallOption.of(ListMixOptions),
)  # fmt: skip
_WORDS = click.argument("words", nargs=-1, metavar="A B | LIST", type=PathArgument(), shell_complete=complete_lists)


@hookspecs.added_to.implementation
def added() -> AddedToCommand:
    return AddedToCommand(
        options=lambda command: CallOption.added(command, _WORDS, _OPTIONS),
        headings={
            "A list": "--output --bitrate --force --plan --query --joint --tempo --tempo-curve --start --starts "
            "--minutes",
        },
        about="""
A LIST, stored or a file, is played as a mix: tracks stay in its order and are joined as planned, in time over some
bars, with the bass swapped, if their beats are known and within mix.pitch_range; else by a six-second fade. All play at
one loudness. Beside the file, a CUE sheet and a track list with times are written. Missing and damaged tracks are left
out and named.
""",
        examples="""
map4 mix Friday                      the plan
map4 mix Friday -o friday.mp3
map4 mix Run --tempo 170 --minutes 45 -o run.m4a
map4 mix --query 'genre:house sort:bpm' --joint 8bars -o house.flac""",
        endings=(
            (Map4Error, "a track can't be analysed, or the file can't be written"),
            (FileError, "written, but some tracks of the list are left out"),
            (NothingFoundError, "no such track or list, no plan, or nothing to play"), Exit.INTERRUPTED,
        ),
    )  # fmt: skip
