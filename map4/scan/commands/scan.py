"""`map4 scan`, once or as a watch."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import click

from map4 import errors, scan
from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import GLOBAL_META, Map4Command, Session, Show
from map4.core.base.declarations import in_order
from map4.core.base.paths import display_path, display_paths
from map4.core.base.text import counted
from map4.library import hookspecs
from map4.scan.options import FolderOptions, ScanOptions, WatchOptions

if TYPE_CHECKING:
    from map4.core.base.declaration import Setting
    from map4.scan.options import FileDone, ScanEvent, ScanSummary, ScanTally
    from map4.scan.watch import WatchEvent

EXIT_SOME_FAILED = errors.FileError.exit_code
# What `--changed` shows: everything that changed.
_UNREMARKABLE = ("unchanged", "known_failed")
_WORDS = {
    "copied": "with the same audio as another file",
    "restored": "back again",
    "known_failed": "failed before",
    "postponed": "left for later",
}
"""Counts of a summary that have other names in sentences."""
_FOLDED = "Rarely needed"
_OF_FOLDERS, _OF_SCANS, _OF_WATCHES = (
    {field.name for field in fields(record)} for record in (FolderOptions, ScanOptions, WatchOptions)
)
_OF_ONE_SCAN = _OF_SCANS - _OF_FOLDERS | {"files_from", "as_json", "changed"}
_OF_A_WATCH = _OF_WATCHES - _OF_FOLDERS
_NOT_WATCHED = {
    "files_from": "it follows folders",
    "as_json": "--jsonl prints each change",
    "changed": "it prints only changes",
    "wait": "it waits for other scans",
}
"""Why an option of a single scan is of no use to a watch."""


@Map4Command.of(
    errors.LibraryWriteError, (errors.UsageError, "none of the PATHs exist"),
    (errors.FileError, "done but some files newly failed"), (errors.FileError, "some PATHs do not exist"),
    (errors.NothingFoundError, "no audio files"), errors.LibraryBusyError,
    (errors.LibraryBusyError, "another watch of it with --watch"), errors.WorkerTimeoutError, Exit.HUNG_UP,
    Exit.INTERRUPTED, Exit.PIPE_CLOSED, Exit.TERMINATED,
    done="done (with --watch never)", note="Finished files stay in the library.",
    headings={
        "What is read": "--files-from",
        "Which files are read": "",
        "Watching": "--watch",
        _FOLDED: "--shard --max-age --settle",
    },
    folded=(_FOLDED,),
)  # fmt: skip
@CallOption.files("[PATH]...")
@CallOption.of(ScanOptions)
@click.option("--watch", is_flag=True, help="Then follow changes in the folders until Ctrl-C.")
@CallOption.of(WatchOptions, "watched", without=_OF_FOLDERS)
@CallOption.json_of("Print the summary as JSON.")
@click.option("--jsonl", "as_lines", is_flag=True, help="Print every file as a line of JSON, then the summary.")
@click.option("--changed", is_flag=True, help="With --jsonl: only new, changed and failed files.")
def command(
    files: tuple[str, ...], as_lines: bool, changed: bool, watch: bool, options: ScanOptions, watched: WatchOptions
) -> None:
    """Find audio files and analyse new and changed ones.

    A PATH is a folder or a file. Folders are read with their sub-folders and remembered: without a PATH, the folders
    scanned before are scanned again. A track is analysed once, even if its file is later moved, renamed or retagged.
    A file that can't be read is reported and never stops the scan. Ctrl-C keeps what is finished; the next scan
    continues from there.

    With --watch, changes are scanned as they come, each file when it has not changed for two seconds. A folder on an
    unplugged drive is watched again when it returns. Other scans can run at the same time.

    \b
    map4 scan ~/Music
    map4 scan --watch                      the folders scanned before
    map4 scan --watch --poll 60 /mnt/nas/Music
    map4 scan --jsonl --changed | jq .path
    find . -name '*.mp3' -print0 | map4 scan --files-from -
    map4 --library part-2.map4 scan --shard 2/8 /mnt/nas/Music
    """
    _require_sense(watch=watch)
    if Session.wants_json() and as_lines:
        raise click.UsageError("--json and --jsonl can't be used together.")
    if changed and not as_lines:
        raise click.UsageError("--changed belongs to --jsonl.")
    session = Session.current()
    if watch:
        watched = replace(watched, **{name: getattr(options, name) for name in _OF_FOLDERS})
        _watch(session, files, watched, as_lines=as_lines)
        return
    options = replace(options, report_unchanged=(as_lines and not changed) or session.verbosity > 1)
    # A typo, or a dry run, creates no library.
    is_idle = options.dry_run or not scan.any_there(files)
    with session.open_library(create=True, temporary=is_idle) as library:
        events = library.scan_events(files, options)
        summary = follow_scan(session, events, as_lines=as_lines, changed=changed)
        following = () if options.dry_run else hookspecs.after_scan(session, library, files, options, as_lines=as_lines)
        has_failed = [*following]
    if not Session.print_json(summary) and as_lines:
        Session.write_json_line(summary.to_record())
    session.info(_sentence(summary, dry_run=options.dry_run))
    if summary.analysed and session.err.is_terminal:
        search, playlist = session.command("search"), session.command("playlist", "--seed", "FILE")
        session.info(f"next: {search} (shows what is there), {playlist} (makes a list that mixes)")
    if summary.failed or summary.not_found or any(has_failed):
        sys.exit(EXIT_SOME_FAILED)
    if not summary.found and not summary.missing:
        where = display_paths(files) or "the folders scanned before"
        part = f" that are in shard {options.shard}" if options.shard else ""
        raise errors.NothingFoundError(f"no audio files{part} found in {where}")


_MANY_TO_DO = 50
_LINE_EVERY_S = 30.0


def follow_scan(
    session: Session, events: Iterator[ScanEvent], *, as_lines: bool = False, changed: bool = False
) -> ScanSummary:
    """Show the progress of a scan and return its summary."""
    from map4.scan.options import FileDone, ScanFinished, ScanNotice, ScanTally

    tally = ScanTally()
    started = next_line = time.monotonic()
    is_wanted = is_drawn_beside(as_lines=as_lines)

    def stop_message() -> str:
        return f"{tally.summary().analysed} of {tally.to_do} files are analysed and kept. The next scan continues."

    with (
        session.bar("looking for files", is_wanted=is_wanted, named=True) as show,
        session.reporting_stop(stop_message),
    ):
        for event in events:
            tally.add(event)
            if isinstance(event, ScanFinished):
                return event.summary
            if isinstance(event, ScanNotice):
                session.info(f"map4: {event.message}")
            elif isinstance(event, FileDone):
                report_file(session, event)
                if as_lines and not (changed and event.change in _UNREMARKABLE):
                    Session.write_json_line(event.to_record())
            show_progress(show, tally, event, started)
            # Without a bar, a sign of life: at once for a long scan, then every half minute.
            if tally.to_do >= _MANY_TO_DO and not session.shows_progress() and time.monotonic() >= next_line:
                next_line = time.monotonic() + _LINE_EVERY_S
                session.info(f"map4: {tally.finished:,} of {counted(tally.to_do, 'file')} done")
    raise AssertionError("a scan ends with its summary")


def _sentence(summary: ScanSummary, *, dry_run: bool) -> str:
    found = counted(summary.found, "file")
    absent = [f"{counted(summary.not_found, 'path')} not found"] if summary.not_found else []
    if dry_run:
        summary = replace(summary, unchanged=summary.unchanged + summary.restored)
        rest = _counts(summary, "unchanged known_failed postponed failed")
        return ", ".join([f"{found}: {summary.planned} would be read", *rest, *absent])
    counts = _counts(summary, "analysed unchanged moved copied retagged restored failed known_failed missing postponed")
    return f"{found}: {', '.join([*(counts or ['nothing to do']), *absent])} ({summary.seconds:.1f} s)"


def _counts(summary: ScanSummary, names: str) -> list[str]:
    """The counts that are not 0, in words."""
    counts = ((_WORDS.get(name, name), getattr(summary, name)) for name in names.split())
    return [f"{count:,} {name}" for name, count in counts if count]


def report_file(session: Session, event: FileDone) -> None:
    """Report a file that failed; report other files only with -v."""
    if event.failure is not None:
        session.warn_of(event.path, event.failure)
    elif session.verbosity:
        by = f" (by {event.worker})" if event.worker else ""
        session.info(f"{event.change} {display_path(event.path)}{by}")


def is_drawn_beside(*, as_lines: bool) -> bool:
    """Return whether a progress bar can be drawn: always without lines on stdout; with lines, only if stdout is a
    file and not the bar's terminal, also not through a pipe."""
    return not as_lines or stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)


def show_progress(show: Show, tally: ScanTally, event: ScanEvent, started: float) -> None:
    """Update a bar with the progress of a scan."""
    from map4.scan.options import FileDone, FileStarted, ScanStarted

    if isinstance(event, ScanStarted):
        show(description="analysing", total=event.to_do)
        return
    if isinstance(event, (FileStarted, FileDone)):
        by = f"{event.worker}: " if event.worker else ""
        show(name=f"{by}{display_path(os.path.basename(event.path))}")
    if isinstance(event, FileStarted):
        return
    failed, elapsed = tally.summary().failed, time.monotonic() - started
    show(
        completed=tally.finished,
        rate=f"{60 * tally.finished / elapsed:.0f}/min" if tally.finished and elapsed > 1 else "",
        failures=f"{failed} failed" if failed else "",
    )


def _require_sense(*, watch: bool) -> None:
    """Reject options that only a single scan, or only a watch, has."""
    given = CallOption.given()
    for parameter in click.get_current_context().command.params:
        name, flag = parameter.name or "", max(parameter.opts, key=len)
        if watch and name in given & _OF_ONE_SCAN:
            why = _NOT_WATCHED.get(name, "scan with it first, then watch")
            raise click.UsageError(f"{flag} can't be combined with --watch: {why}.")
        if not watch and name in given & _OF_A_WATCH:
            raise click.UsageError(f"{flag} belongs to --watch.")


def _watch(session: Session, paths: tuple[str, ...], options: WatchOptions, *, as_lines: bool) -> None:
    # A typo creates no library.
    with (
        session.open_library(create=True, temporary=not scan.any_there(paths)) as library,
        session.reporting_stop(lambda: "everything finished is kept."),
    ):
        _follow(session, library.watch(paths, options), as_lines=as_lines)


def _follow(session: Session, events: Iterator[WatchEvent], *, as_lines: bool) -> None:
    """Show the events of a watch until it is stopped."""
    from map4.scan.options import FileDone, ScanStarted, ScanTally
    from map4.scan.watch import Settled, WatchNotice

    show: Show = _nothing
    tally, started = ScanTally(), 0.0
    with ExitStack() as bars:
        for event in events:
            if isinstance(event, WatchNotice):
                session.info(f"map4: {event.message}")
                if as_lines:
                    Session.write_json_line(event.to_record())
                continue
            if isinstance(event, Settled):
                bars.close()
                show = _nothing
                counts = ", ".join(_counts(event.summary, "analysed copied moved retagged restored missing failed"))
                session.info(f"{counts or 'nothing new'}; {counted(event.tracks, 'track')}")
                if as_lines:
                    Session.write_json_line(event.summary.to_record())
                continue
            if isinstance(event, ScanStarted):
                bars.close()
                tally, show, started = ScanTally(), _nothing, time.monotonic()
                if event.to_do:
                    is_wanted = is_drawn_beside(as_lines=as_lines)
                    bar = session.bar("analysing", is_wanted=is_wanted, named=True)
                    show = bars.enter_context(bar)
            tally.add(event)
            if isinstance(event, FileDone):
                report_file(session, event)
                if as_lines:
                    Session.write_json_line(event.to_record())
            show_progress(show, tally, event, started)


def _nothing(**changes: object) -> None:
    """Draw no bar."""


def _switch(setting: Setting) -> CallOption:
    """The option that sets a switch for one run."""
    word = setting.name.rpartition(".")[2]

    def remember(ctx: click.Context, param: click.Parameter, given: bool | None) -> None:
        if given is not None:
            ctx.meta.setdefault(GLOBAL_META, {})[setting.name] = given

    return CallOption(
        [f"--{word}/--no-{word}"], default=None, expose_value=False, callback=remember, heading="What is analysed",
        help=f"{setting.help.capitalize()} (setting {setting.name}).",
    )  # fmt: skip


# The switches of listeners, among them those of extras, which the decorators of the command can't name.
command.params += [
    _switch(setting) for setting in in_order(lambda room: room.settings) if setting.name in hookspecs.listener.names()
]
