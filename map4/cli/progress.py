"""Progress on stderr, if it is a terminal."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from map4.cli.streams import end_pager
from map4.core.base.text import printable

if TYPE_CHECKING:
    from map4.cli.session import Session

Show = Callable[..., object]

_LEAST_NAME, _MOST_NAME = 16, 40
# Columns used by the rest of a bar.
_BESIDE_NAME = 62


def _without_markup(text: str) -> str:
    """Text for a line that Rich draws: a name in brackets is no style."""
    from rich.markup import escape

    return escape(printable(text))


@contextmanager
def status(session: Session, doing: str, *, every: int = 1) -> Iterator[Show]:
    """Show what is being done; yields a function that takes the progress as text.

    every: show only every n-th call, to save time
    """
    if not session.shows_progress():
        yield lambda progress: None
        return
    calls = itertools.count(1)
    with session.err.status(doing) as line:

        def show(progress: str) -> None:
            if next(calls) % every == 0:
                line.update(_without_markup(f"{doing}: {progress}"))

        yield show


@contextmanager
def reporting_stop(session: Session, done: Callable[[], str]) -> Iterator[None]:
    """Report what was done if Ctrl-C, a signal or a closed pipe ends the work.

    done: returns what was done, and how to undo it or to continue
    """
    try:
        yield
    except BaseException as error:
        if not isinstance(error, (Exception, SystemExit)):
            session.info(f"map4: stopped; {done()}")
        raise


@contextmanager
def comparing_sounds(session: Session) -> Iterator[Callable[[int, int], object]]:
    """Show the progress of comparing new recordings with the others."""
    with status(session, "comparing sounds", every=100) as show:
        yield lambda done, of: show(f"{100 * done // of} %")


@contextmanager
def bar(
    session: Session, doing: str, *, total: int | None = None, is_wanted: bool = True, named: bool = False
) -> Iterator[Show]:
    """Draw a progress bar; yields a function that updates it.

    The function takes the arguments of Rich's `Progress.update` (`completed`, `advance`, `total`, `description`) and
    the texts `rate`, `failures` and, if `named`, `name` (the current item).
    """
    if not is_wanted or not session.shows_progress():
        yield lambda **changes: None
        return
    end_pager()
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.table import Column

    columns: tuple[ProgressColumn, ...] = (
        SpinnerColumn("line"),  # moves before the first files are counted
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[failures]}"),
    )
    # The name has a fixed width, so that nothing moves; narrow terminals omit it.
    room = min(_MOST_NAME, session.err.width - _BESIDE_NAME) if named else 0
    if room >= _LEAST_NAME:
        columns = (*columns, TextColumn("{task.fields[name]}", table_column=Column(width=room, no_wrap=True)))
    with Progress(*columns, console=session.err, transient=True) as progress:
        task = progress.add_task(doing, total=total, rate="", failures="", name="")
        yield lambda **changes: progress.update(
            task, **changes | {name: _without_markup(changes[name]) for name in changes.keys() & {"name"}}
        )
