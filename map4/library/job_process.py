"""What runs in the process of one job: the call of `Library` that it is, with what it tells the server of it."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from itertools import count
from typing import Any

from map4.app.child_process import Parent, Tell
from map4.app.jobs.requests import JobOptions, restored
from map4.domain.jobs import JobKind
from map4.domain.paths import file_stem
from map4.domain.plans import PLAN_KINDS
from map4.domain.track.track import display_path, display_paths
from map4.errors import LibraryBusyError, Map4Error, NothingFoundError, ProviderSilentError, kind_of
from map4.infra.workers.lanes import niced_lanes
from map4.library import Library
from map4.ports.asking import Fault
from map4.ports.scanning import LaneFactory

PROGRESS_S = 0.5
"""Progress is reported no more often than this."""
_BUSY = "another scan of this library is running; this one goes on when it is over"


class Teller:
    """Tells the server what happens: `line`, `notice`, `progress` or `waiting`, each with its value."""

    def __init__(self, tell: Tell, monotonic: Callable[[], float]) -> None:
        self._tell, self._monotonic = tell, monotonic
        self._began = self._told = monotonic()

    def __call__(self, what: str, value: Any) -> None:
        self._tell(what, value)

    def progress(self, done: int, total: int, path: str | None = None) -> None:
        """How much is done, and of which file."""
        now = self._monotonic()
        if now - self._told < PROGRESS_S:
            return
        self._told = now
        done = min(done, total)
        self(
            "progress",
            {
                "percentage": round(100 * done / total, 1) if total else 0.0,
                "current_file": None if path is None else display_path(path),
                "eta_s": round((now - self._began) * (total - done) / done, 1) if done else None,
            },
        )


def main() -> None:
    """Do the job that the server tells."""
    Parent().answer(run_job, error_record)


def error_record(error: Exception) -> dict[str, Any]:
    """What a job says of why it failed."""
    if isinstance(error, MemoryError):
        return {"kind": "crashed", "code": 1, "message": "there was too little memory"}
    if not isinstance(error, Map4Error):
        if os.environ.get("MAP4_DEBUG"):
            traceback.print_exception(error, file=sys.stderr)
        return {"kind": "internal", "code": 1, "message": f"{type(error).__name__}: {error}"}
    said = {"kind": kind_of(error), "code": error.exit_code, "message": str(error)}
    if isinstance(error, ProviderSilentError):
        said |= {name: getattr(error, name) for name in ("failures", "retry_after_s", "answered")}
    return said


def run_job(
    task: Mapping[str, Any],
    tell: Tell,
    *,
    lanes: LaneFactory = niced_lanes,
    monotonic: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """Do what a task says, and give its result.

    task: `ways`: how the library is opened, and as whom; `kind`, `options`: of the job; `folder`: where what is written
        goes; `providers`: settings of providers of metadata
    lanes: makes the lanes that its own jobs run in
    """
    files, options = restored(task["kind"], task["options"])
    with Library.open(**task["ways"], create=False, lanes=lanes) as library:
        return _WORK[task["kind"]](library, files, options, Teller(tell, monotonic), task)


def _scan(library: Library, files: Sequence[str], options: Any, tell: Teller, task: Any) -> dict[str, Any]:
    from map4.app.scan.events import FileDone, FileStarted, ScanFinished, ScanNotice, ScanTally

    tally = ScanTally()
    for event in _when_free(library, files, options, tell):
        tally.add(event)
        if isinstance(event, ScanNotice):
            tell("notice", {"message": event.message})
        elif isinstance(event, FileDone):
            tell("line", event.to_record())
        if isinstance(event, (FileDone, FileStarted)):
            tell.progress(tally.finished, tally.to_do, event.path)
        if isinstance(event, ScanFinished):
            summary = event.summary
            if not summary.found and not summary.missing:
                raise NothingFoundError(f"no audio files found in {display_paths(files) or 'the known folders'}")
            tell("line", summary.to_record())
            return summary.to_record()
    raise AssertionError("a scan ends with its summary")


def _when_free(library: Library, files: Sequence[str], options: Any, tell: Teller) -> Iterator[Any]:
    """The events of a scan; where another one runs, after that."""
    try:
        yield from library.scan_events(files, options)
        return
    except LibraryBusyError:
        tell("waiting", _BUSY)
    is_waiting = True
    for event in library.scan_events(files, replace(options, wait=True)):
        if is_waiting:
            tell("waiting", None)
            is_waiting = False
        yield event


def _analyze(library: Library, files: Sequence[str], options: Any, tell: Teller, task: Any) -> dict[str, Any]:
    counts = {"files": 0, "analysed": 0, "known": 0, "failed": 0}
    first_failure = ""
    for track in library.analyze_events(files, options):
        counts["files"] += 1
        counts["failed" if track.failure else "known" if track.cached else "analysed"] += 1
        if track.failure and not first_failure:
            first_failure = f"{display_path(track.path)} {track.failure.message}"
        tell("line", track.to_record())
        tell.progress(counts["files"], max(len(files), counts["files"]), track.path)
    if counts["failed"] == counts["files"]:
        raise NothingFoundError(f"nothing could be analysed: {first_failure or 'the folders hold no music'}")
    return counts


def _export(library: Library, files: Sequence[str], options: Any, tell: Teller, task: Any) -> dict[str, Any]:
    from map4.library.formats import format_for_export

    suffix = format_for_export("-", options.to).suffixes[0]
    named = options.name or (options.playlist if isinstance(options.playlist, str) else None) or "map4"
    target = os.path.join(task["folder"], f"{file_stem(named, 'map4')}.{suffix.lstrip('.')}")
    return library.export(
        target,
        options,
        on_track=lambda done, total: tell.progress(done, total),
        warn=lambda message: tell("notice", {"message": message}),
    ).to_record()


def _duplicates(library: Library, files: Sequence[str], options: Any, tell: Teller, task: Any) -> dict[str, Any]:
    if not library.count():
        raise NothingFoundError("the library has no tracks to compare; scan a folder first")
    counts = {"groups": 0, "files": 0}
    for group in library.duplicates.find_events(options, progress=lambda done, total: tell.progress(done, total)):
        counts["groups"] += 1
        counts["files"] += len(group.members)
        tell("line", group.document())
    return counts


def _lookup(library: Library, files: Sequence[str], options: Any, tell: Teller, task: Any) -> dict[str, Any]:
    from map4.app.lookups.options import LookupOptions
    from map4.app.lookups.records import LookedUp, LookupSummary

    tracks = list(library.search(options.query or ""))
    if not tracks:
        raise NothingFoundError(f"no track matches '{options.query}'" if options.query else "the library has no tracks")
    said = {one.name: getattr(options, one.name) for one in fields(options) if one.name != "query"}
    settings = task.get("providers", {})
    looking_up = library.lookups.prepare(tracks, LookupOptions(settings=settings, **said))
    looking_up.plan.require_leave(settings)
    done, total = 0, len(tracks) * len(looking_up.plan.providers)
    summary = LookupSummary()
    for event in looking_up.events():
        if isinstance(event, LookupSummary):
            summary = event
        elif isinstance(event, LookedUp):
            done += len(event.files)
            for record in event.to_records() if event.status != "known" else ():
                tell("line", record)
            tell.progress(done, total, event.files[0][0])
        else:
            tell("notice", {"message": event.message})
    tell("line", summary.to_record())
    answered = summary.accepted + summary.review + summary.none
    failures = [one.to_record() for one in summary.failures]
    why = "; ".join(dict.fromkeys(one["message"] for one in failures))
    if summary.rest_s is not None:
        message = f"{', '.join(summary.silent)} gives no answer: {why}"
        raise ProviderSilentError(message, failures, retry_after_s=summary.rest_s, answered=answered)
    if summary.failed and not (answered or summary.known):
        raise NothingFoundError(f"nothing was looked up: {why}")
    return summary.to_record()


def _planned(library: Library, files: Sequence[str], options: Any, tell: Teller, task: Any) -> dict[str, Any]:
    return library.plans.carry_out(options.plan, tell)


def _map(library: Library, files: Sequence[str], options: Any, tell: Teller, task: Any) -> dict[str, Any]:
    parts, on_wait = library.connections, partial(_tell_fault, tell)
    state = parts.map(options.connection, on_read=_reading(library, options, tell), on_wait=on_wait)
    if options.listen is not None:
        most, heard = min(options.listen, state.songs - state.mapped), count(1)
        parts.listen(
            options.connection, most=most, on_wait=on_wait,
            on_song=lambda song, why: tell.progress(next(heard), most, song),
        )  # fmt: skip
        state = parts.status(options.connection)
    return state.document()


def _pull(library: Library, files: Sequence[str], options: Any, tell: Teller, task: Any) -> dict[str, Any]:
    done = library.connections.pull(
        options.connection, take_theirs=options.take_theirs, on_read=_reading(library, options, tell),
        on_wait=partial(_tell_fault, tell),
    )  # fmt: skip
    return done.document()


def _reading(library: Library, options: Any, tell: Teller) -> Callable[[int], object]:
    """Tells how many songs are read, of as many as there were before."""
    known = library.connections.status(options.connection, shown=0).songs
    return lambda done: tell.progress(done, max(done, known)) if known else None


def _push(library: Library, files: Sequence[str], options: Any, tell: Teller, task: Any) -> dict[str, Any]:
    from map4.app.connecting.records import PushedLists

    done = library.connections.push(
        options.lists, options.connection, force=options.force, on_wait=partial(_tell_fault, tell)
    )
    for one in done:
        tell("line", one.document())
    return PushedLists(lists=tuple(done)).document()


def _tell_fault(tell: Teller, fault: Fault, seconds: float) -> None:
    tell("notice", {"message": f"{fault.message}; asked again in {seconds:.0f} s"})


def _backup(library: Library, files: Sequence[str], options: Any, tell: Teller, task: Any) -> dict[str, Any]:
    return library.care.backup(options.folder, keep=options.keep).to_record()


def _unmix(library: Library, files: Sequence[str], options: Any, tell: Teller, task: Any) -> dict[str, Any]:
    from map4.library.unmix_job import unmix_recording

    return unmix_recording(library, options, tell, task["folder"])


_WORK: Mapping[JobKind, Callable[[Library, Sequence[str], JobOptions, Teller, Any], dict[str, Any]]] = {
    "scan": _scan,
    "analyze": _analyze,
    "export": _export,
    "duplicates": _duplicates,
    "lookup": _lookup,
    "map": _map,
    "pull": _pull,
    "push": _push,
    "backup": _backup,
    "unmix": _unmix,
    **dict.fromkeys(PLAN_KINDS, _planned),
}
