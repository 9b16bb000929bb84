"""Jobs that read from music servers and write to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import Any

from map4.extras.connect.part import ConnectionsPart
from map4.extras.connect.records import PushedLists
from map4.extras.shared.service import Fault
from map4.jobs import Reporter
from map4.library import Library


def map_(library: Library, files: Sequence[str], options: Any, report: Reporter, task: Any) -> dict[str, Any]:
    parts, on_wait = library.part(ConnectionsPart), partial(_report_fault, report)
    state = parts.map(options.connection, on_read=_reading(library, options, report), on_wait=on_wait)
    if options.listen is not None:
        most, numbers = min(options.listen, state.songs - state.mapped), count(1)
        parts.listen(
            options.connection, most=most, on_wait=on_wait,
            on_song=lambda song, why: report.progress(next(numbers), most, song),
        )  # fmt: skip
        state = parts.status(options.connection)
    return state.document()


def pull(library: Library, files: Sequence[str], options: Any, report: Reporter, task: Any) -> dict[str, Any]:
    done = library.part(ConnectionsPart).pull(
        options.connection, take_theirs=options.take_theirs, on_read=_reading(library, options, report),
        on_wait=partial(_report_fault, report),
    )  # fmt: skip
    return done.document()


def push(library: Library, files: Sequence[str], options: Any, report: Reporter, task: Any) -> dict[str, Any]:
    done = library.part(ConnectionsPart).push(
        options.lists, options.connection, force=options.force, on_wait=partial(_report_fault, report)
    )
    for pushed in done:
        report("line", pushed.document())
    return PushedLists(lists=tuple(done)).document()


def _reading(library: Library, options: Any, report: Reporter) -> Callable[[int], object]:
    """Report how many songs are read, against the number known before."""
    known = library.part(ConnectionsPart).status(options.connection, shown=0).songs
    return lambda done: report.progress(done, max(done, known)) if known else None


def _report_fault(report: Reporter, fault: Fault, seconds: float) -> None:
    report("notice", {"message": f"{fault.message}; next try in {seconds:.0f} s"})
