"""`map4 mix`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import cleandoc
from typing import TYPE_CHECKING

import click

from map4.cli.added import AddedToCommand
from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Session
from map4.cli.track_selection import Selection
from map4.cli.value_types import PathArgument
from map4.errors import Map4Error, NothingFoundError
from map4.library import hookspecs
from map4.similar import MixOptions

if TYPE_CHECKING:
    from map4.core.music.analysis.key import Notation

Added = Callable[[Sequence[str]], bool]
"""Takes the words: does what the options of the extra request for them; returns whether they request anything."""
_ADDED: AddedToCommand = next(
    hookspecs.added_to["mix"](),
    AddedToCommand(
        options=click.argument("words", nargs=-1, metavar="A B", type=PathArgument()),
        endings=(
            (Map4Error, "a track can't be analysed"), (Map4Error, "the WAV file can't be written"), Exit.NO_TRACK,
            (NothingFoundError, "no plan, as a track has no beats"), Exit.INTERRUPTED,
        ),
    ),
)  # fmt: skip


@Map4Command.of(*_ADDED.endings, headings={"Two tracks": "--render --click --jobs --timeout", **_ADDED.headings})
@_ADDED.options
@CallOption.of(MixOptions)
@CallOption.notation
@CallOption.json_of("Print the plan as one JSON document.")
def command(words: Sequence[str], notation: Notation, options: MixOptions, added: Added = lambda words: False) -> None:
    """Mix tracks into one another, as a plan or a file.

    The plan of two tracks is where to leave A and enter B, for how many beats both play, how fast B plays, when to swap
    the bass, and what speaks against the mix. Bars are aligned if bar one is known, else beats are counted. Your cue
    points named "mix in", "mix out" and the like take precedence over detected ones. Files that are not in the library
    are analysed but not stored. The render has 16 bars before and after the mix.
    {about}
    \b
    map4 mix one.mp3 two.mp3
    map4 mix 'velvet undertow' 'four doors down'
    map4 mix one.mp3 two.mp3 --render mix.wav --click
    map4 mix one.mp3 two.mp3 --json | jq .plan.leave.at_s{examples}
    """
    if added(words):
        return
    if len(words) != 2:
        raise click.UsageError("Name two tracks: map4 mix A B. No installed extra mixes lists.")
    session = Session.current()
    with session.open_library(create=True, temporary=True) as library:
        path_a, path_b = Selection.named_paths(session, library, words)
        with session.reporting_stop(lambda: "no file is written"), session.status("mixing"):
            mix = library.mix(path_a, path_b, options)
    if not Session.print_json(mix) and mix.plan is not None:
        from map4.transitions.views import mix_view

        session.out.print(mix_view(mix, mix.plan, notation=notation, width=session.out.width))
    if mix.render is not None:
        from map4.transitions.views import render_sentence

        session.info(render_sentence(mix.render))
    if mix.no_plan is not None:
        raise NothingFoundError(f"no plan: {mix.no_plan}")


command.help = cleandoc(command.help or "").format(about=_ADDED.about, examples=_ADDED.examples)
