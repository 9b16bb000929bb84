"""`map4 scan`."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Unpack

import click

from map4.app.scan.events import (
    FileDone,
    FileStarted,
    ScanEvent,
    ScanFinished,
    ScanNotice,
    ScanStarted,
    ScanSummary,
    Tally,
)
from map4.cli import progress
from map4.cli.options import files_options, worker_options
from map4.cli.output import counted, failure_line, printable, write_json, write_json_line
from map4.cli.session import Map4Command, Session, current_session
from map4.cli.value_types import Age, WholeNumber
from map4.domain.paths import display_path, display_paths
from map4.errors import FileError, NothingFoundError

if TYPE_CHECKING:
    from map4.app.scan.options import ScanKeywords

EXIT_SOME_FAILED = FileError.exit_code
# What `--changed` shows: everything that is not as it was.
_UNREMARKABLE = ("unchanged", "known_failed")


@click.command(
    cls=Map4Command,
    headings={
        "What is read": "--files-from --files-from0 --ext --exclude --no-recursive",
        "What is analysed again": "--force --retry-failed --max-age",
        "Speed": "--jobs --timeout --max --wait",
        "Output": "--dry-run --json --jsonl --changed",
    },
    epilog="Exit codes: 0 done, 2 wrong usage, or none of the PATHs is there, 3 done but some files newly failed or "
    "some PATHs are not there, 4 no audio files found, 75 another scan of this library is running, 130 interrupted, "
    "143 terminated; everything finished so far is kept.",
)
@files_options("[PATH]...")
@worker_options
@click.option("--force", is_flag=True, help="Analyse everything again.")
@click.option("--retry-failed", is_flag=True, help="Try again what failed before.")
@click.option(
    "--max-age", type=Age(), metavar="AGE", help="Analyse again what was analysed longer ago, such as 30d or 12h."
)
@click.option("--max", "max_files", type=WholeNumber(min=1), metavar="N", help="Stop after N files.")
@click.option("--ext", multiple=True, metavar="EXT", help="Only these suffixes, such as mp3,flac.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out files that match, as in a .gitignore.")
@click.option("--no-recursive", is_flag=True, help="Don't go into sub-folders.")
@click.option("-n", "--dry-run", is_flag=True, help="Only say which files would be analysed.")
@click.option("--wait", is_flag=True, help="If another scan runs, wait for its end; else this ends with 75.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("--jsonl", "as_lines", is_flag=True, help="Print every file as a line of JSON, then the summary.")
@click.option("--changed", is_flag=True, help="With --jsonl: only new, changed and failed files.")
def command(
    files: tuple[str, ...],
    ext: tuple[str, ...],
    no_recursive: bool,
    as_json: bool,
    as_lines: bool,
    changed: bool,
    **options: Unpack[ScanKeywords],
) -> None:
    """Find audio files and analyse what is new or changed.

    A PATH is a folder or a file. Folders are read with their sub-folders, and remembered: without a PATH, the folders
    scanned before are scanned again. A track is analysed once, also if its file is moved, renamed or retagged later.
    A file that can't be read is reported and never stops the others. Ctrl-C keeps what is finished; the next scan goes
    on from there.

    \b
    map4 scan ~/Music
    map4 scan --jsonl --changed | jq .path
    find . -name '*.mp3' -print0 | map4 scan --files-from0 -
    """
    if as_json and as_lines:
        raise click.UsageError("--json and --jsonl can't be used together.")
    if changed and not as_lines:
        raise click.UsageError("--changed belongs to --jsonl.")
    from map4.app.scan.scanner import any_there

    session = current_session()
    if extensions := extensions_of(ext):
        options["extensions"] = extensions
    options["exclude"] = (*session.config["scan.exclude"], *options["exclude"])
    options["recursive"] = not no_recursive
    options["report_unchanged"] = (as_lines and not changed) or session.verbosity > 1
    # A typo, or a look ahead, makes no library.
    is_idle = options["dry_run"] or not any_there(files)
    with session.open_library(create=True, temporary=is_idle) as library:
        summary = follow_scan(session, library.scan_events(files, **options), as_lines=as_lines, changed=changed)
    if as_json:
        write_json(summary.to_record())
    elif as_lines:
        write_json_line(summary.to_record())
    session.say(_sentence(summary, dry_run=options["dry_run"]))
    if summary.analysed and session.err.is_terminal:
        search, playlist = session.command("search"), session.command("playlist", "--seed", "FILE")
        session.say(f"next: {search} (shows what is there), {playlist} (makes a list that mixes)")
    if summary.failed or summary.not_found:
        sys.exit(EXIT_SOME_FAILED)
    if not summary.found and not summary.missing:
        raise NothingFoundError(f"no audio files found in {display_paths(files) or 'the folders scanned before'}")


def follow_scan(
    session: Session, events: Iterator[ScanEvent], *, as_lines: bool = False, changed: bool = False
) -> ScanSummary:
    """Show a scan as it goes on, and give its summary."""
    tally = Tally()
    started = time.monotonic()
    is_wanted = is_drawn_beside(as_lines=as_lines)
    with progress.bar(session, "looking for files", is_wanted=is_wanted, named=True) as show:
        try:
            for event in events:
                tally.add(event)
                if isinstance(event, ScanFinished):
                    return event.summary
                if isinstance(event, ScanNotice):
                    session.say(f"map4: {event.message}")
                elif isinstance(event, FileDone):
                    if event.failure is not None:
                        session.tell(failure_line(event.path, event.failure))
                    elif session.verbosity:
                        session.say(f"{event.change} {display_path(event.path)}")
                    if as_lines and not (changed and event.change in _UNREMARKABLE):
                        write_json_line(event.to_record())
                show_progress(show, tally, event, started)
        except BaseException as error:
            if not isinstance(error, Exception):  # Ctrl-C, SIGTERM
                done = tally.summary()
                session.say(
                    f"map4: stopped; {done.analysed} of {tally.to_do} files are analysed and kept. "
                    "The next scan goes on from here."
                )
            raise
    raise AssertionError("a scan ends with its summary")


def extensions_of(texts: tuple[str, ...]) -> list[str]:
    """The suffixes of --ext, given once or several times, with commas between them."""
    return [part for text in texts for part in text.split(",") if part]


def _sentence(summary: ScanSummary, *, dry_run: bool) -> str:
    absent = f", {counted(summary.not_found, 'path')} not found" if summary.not_found else ""
    if dry_run:
        rest = [
            ("unchanged", summary.unchanged + summary.restored),
            ("failed before", summary.known_failed),
            ("left for later", summary.postponed),
            ("failed", summary.failed),
        ]
        counts = "".join(f", {count} {name}" for name, count in rest if count) + absent
        return f"{counted(summary.found, 'file')}: {summary.planned} would be read{counts}"
    named = [
        ("analysed", summary.analysed),
        ("unchanged", summary.unchanged),
        ("moved", summary.moved),
        ("with the same audio as another file", summary.copied),
        ("retagged", summary.retagged),
        ("back again", summary.restored),
        ("failed", summary.failed),
        ("failed before", summary.known_failed),
        ("missing", summary.missing),
        ("left for later", summary.postponed),
    ]
    counts = ", ".join(f"{count} {name}" for name, count in named if count) or "nothing to do"
    return f"{counted(summary.found, 'file')}: {counts}{absent} ({summary.seconds:.1f} s)"


def is_drawn_beside(*, as_lines: bool) -> bool:
    """Whether a bar can be drawn: where lines go to stdout, only if that is a file, and not, perhaps through another
    program, the terminal of the bar."""
    return not as_lines or stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)


def show_progress(show: progress.Show, tally: Tally, event: ScanEvent, started: float) -> None:
    """Let a bar show how far a scan is."""
    if isinstance(event, ScanStarted):
        show(description="analysing", total=event.to_do)
        return
    if isinstance(event, (FileStarted, FileDone)):
        show(name=printable(display_path(os.path.basename(event.path))))
    if isinstance(event, FileStarted):
        return
    failed, elapsed = tally.summary().failed, time.monotonic() - started
    show(
        completed=tally.finished,
        rate=f"{60 * tally.finished / elapsed:.0f}/min" if tally.finished and elapsed > 1 else "",
        failures=f"{failed} failed" if failed else "",
    )
