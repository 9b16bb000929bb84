"""Typed calls of this extra: `library.move` and `library.plan_move`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from map4.base.actor import needs
from map4.base.given_paths import PathLike, path_text
from map4.base.options import USUAL, takes
from map4.store.output import OutputFiles

if TYPE_CHECKING:
    from map4.extras.move.records import Certificate
    from map4.extras.move.use import MoveOptions, MovePlan
    from map4.library import Library


@needs("files")
@takes("map4.extras.move.use:MoveOptions")
def move(library: Library, source: PathLike, to: str, options: MoveOptions = USUAL, **keywords: Any) -> Certificate:
    """Write another program's library for a further program, and compare the result with the source.

    The library is only used for journals of tags (Serato): tracks need not be scanned.

    >>> library.move("rekordbox.xml", "traktor").is_complete  # doctest: +SKIP

    source: the other program's file or folder, or its name if that is in its usual place
    to: rekordbox, traktor, serato, virtualdj, navidrome, mixxx or folder
    returns: A `Certificate`: counts by kind, and each loss with its reason
    raises NothingFoundError, ImportReadError: if the source does not exist, or is unreadable
    raises UsageError: if map4 can't write for the program
    raises OutputFileError: if a file exists, or can't be written
    """
    return carry_out(library, plan_move(library, source, to, options))


@needs("files")
@takes("map4.extras.move.use:MoveOptions")
def plan_move(library: Library, source: PathLike, to: str, options: MoveOptions = USUAL, **keywords: Any) -> MovePlan:
    """Plan `move` without writing: its `certificate` has what the target can hold."""
    from map4.extras.move.use import make_plan

    return make_plan(path_text(source), to, options, _output(library))


@needs("files")
def carry_out(library: Library, plan: MovePlan) -> Certificate:
    """Carry out a plan of `plan_move`."""
    from map4.extras.move.use import carry_out as carry_out_plan

    return carry_out_plan(plan, _output(library), library.tags)


def _output(library: Library) -> OutputFiles:
    store = library._services.store
    return OutputFiles.of(store)
