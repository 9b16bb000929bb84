"""`map4 scan`."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TextIO

import click

from map4.cli.options import Age, Map4Command, Seconds, Session, current_session, file_list_options, listed_paths
from map4.cli.output import failure_line, write_json, write_json_line
from map4.errors import FileError, NothingFoundError

if TYPE_CHECKING:
    from map4.app.scan.events import FileDone, ScanEvent, ScanSummary, Tally

EXIT_SOME_FAILED = FileError.exit_code
# What `--changed` shows: everything that is not as it was.
_UNREMARKABLE = ("unchanged", "known_failed")


@click.command(
    cls=Map4Command,
    epilog="Exit codes: 0 done, 3 done but some files newly failed, 4 no audio files found, 75 another scan of this "
    "library is running, 130 interrupted, 143 terminated; everything finished so far is kept.",
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=str), metavar="[PATH]...")
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="Worker processes (default: usable cores).")
@click.option("--force", is_flag=True, help="Analyse again what is known.")
@click.option("--retry-failed", is_flag=True, help="Try again what failed before.")
@click.option("--max-age", type=Age(), metavar="AGE", help="Analyse again what is older, such as 30d or 12h.")
@click.option("--max", "max_files", type=click.IntRange(min=1), metavar="N", help="Stop after N files were read.")
@click.option("--timeout", type=Seconds(), metavar="S", help="Seconds a file may take (default: grows with it).")
@click.option("--ext", multiple=True, metavar="EXT", help="Only these suffixes, such as mp3,flac.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out what matches, as in a .gitignore.")
@click.option("--no-recursive", is_flag=True, help="Don't go into sub-folders.")
@file_list_options
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would be read.")
@click.option("--wait", is_flag=True, help="Wait for another scan to end, instead of exit 75.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("--jsonl", "as_lines", is_flag=True, help="Print every file as a line of JSON, then the summary.")
@click.option("--changed", is_flag=True, help="With --jsonl: only new, changed and failed files.")
def command(
    paths: tuple[str, ...],
    jobs: int | None,
    force: bool,
    retry_failed: bool,
    max_age: timedelta | None,
    max_files: int | None,
    timeout: float | None,
    ext: tuple[str, ...],
    exclude: tuple[str, ...],
    no_recursive: bool,
    files_from: str | None,
    files_from0: str | None,
    dry_run: bool,
    wait: bool,
    as_json: bool,
    as_lines: bool,
    changed: bool,
) -> None:
    """Find audio files and analyse what is new or changed.

    Folders are walked and remembered: without a PATH, the folders scanned before are scanned again. What is known is
    not analysed again, also when it was moved, renamed or retagged. A file that can't be read is reported and never
    stops the others. Ctrl-C keeps what is finished; the next scan goes on from there.

    \b
    map4 scan ~/Music
    map4 scan --jsonl --changed | jq .path
    find . -name '*.mp3' -print0 | map4 scan --files-from0 -
    """
    if as_json and as_lines:
        raise click.UsageError("--json and --jsonl can't be combined.")
    if changed and not as_lines:
        raise click.UsageError("--changed belongs to --jsonl.")
    session = current_session()
    chosen = [*paths, *listed_paths(files_from, files_from0)]
    if not chosen and (files_from or files_from0):
        raise NothingFoundError("the list of files is empty")
    extensions = [part for text in ext for part in text.split(",") if part]
    options: dict[str, Any] = {"extensions": extensions} if extensions else {}
    with session.open_library(create=True) as library:
        events = library.scan_events(
            chosen,
            jobs=jobs or session.config["scan.jobs"],
            recursive=not no_recursive,
            exclude=(*session.config["scan.exclude"], *exclude),
            force=force,
            retry_failed=retry_failed,
            max_age=max_age,
            max_files=max_files,
            timeout_s=timeout or session.config["scan.timeout"],
            dry_run=dry_run,
            report_unchanged=(as_lines and not changed) or session.verbosity > 1,
            wait=wait,
            **options,
        )
        summary = follow_scan(session, events, as_lines=as_lines, changed=changed)
    if as_json:
        write_json(summary.to_record())
    elif as_lines:
        write_json_line(summary.to_record())
    session.say(_sentence(summary, dry_run=dry_run))
    if summary.analysed and session.err.is_terminal:
        session.say("map4 analyze FILE shows a track in full")
    if summary.failed:
        sys.exit(EXIT_SOME_FAILED)
    if not summary.found and not summary.missing:
        raise NothingFoundError("no audio files found there")


def follow_scan(
    session: Session, events: Iterator[ScanEvent], *, as_lines: bool = False, changed: bool = False
) -> ScanSummary:
    """Show a scan as it goes on, and give its summary."""
    from map4.app.scan.events import FileDone, ScanFinished, ScanNotice, Tally
    from map4.domain.track import display_path

    tally = Tally()
    with _progress(session, is_wanted=not as_lines or _is_file(sys.stdout)) as show:
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
                        write_json_line(file_record(event))
                show(tally, event)
        except BaseException as error:
            if not isinstance(error, Exception):  # Ctrl-C, SIGTERM
                done = tally.summary()
                session.say(
                    f"map4: stopped; {done.analysed} of {tally.to_do} files are analysed and kept. "
                    "The next scan goes on from here."
                )
            raise
    raise AssertionError("a scan ends with its summary")


def file_record(event: FileDone) -> dict[str, Any]:
    """A line of `scan --jsonl`: the track, and what the scan did with it (`change`)."""
    from map4.domain.track import Track

    track = event.track or Track(path=event.path, state="pending")
    return track.to_record() | {"change": event.change}


def _sentence(summary: ScanSummary, *, dry_run: bool) -> str:
    if dry_run:
        rest = [
            ("unchanged", summary.unchanged + summary.restored),
            ("failed before", summary.known_failed),
            ("left for later", summary.postponed),
            ("not there", summary.failed),
        ]
        counts = "".join(f", {count} {name}" for name, count in rest if count)
        return f"{_files(summary.found)}: {summary.planned} would be read{counts}"
    named = [
        ("analysed", summary.analysed),
        ("unchanged", summary.unchanged),
        ("moved", summary.moved),
        ("copied", summary.copied),
        ("retagged", summary.retagged),
        ("back again", summary.restored),
        ("failed", summary.failed),
        ("failed before", summary.known_failed),
        ("missing", summary.missing),
        ("left for later", summary.postponed),
    ]
    counts = ", ".join(f"{count} {name}" for name, count in named if count) or "nothing to do"
    return f"{_files(summary.found)}: {counts} ({summary.seconds:.1f} s)"


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _is_file(stream: TextIO) -> bool:
    """Whether what is written goes to a file, and not, perhaps through another program, to the terminal of the bar."""
    return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)


@contextmanager
def _progress(session: Session, *, is_wanted: bool) -> Iterator[Any]:
    """Draw a bar on stderr where that is a terminal; gives a function to call after each event."""
    # Asked first of the stream itself: a scan from cron need not import Rich, nor a forced colour draw into a file.
    is_quiet = not is_wanted or session.is_quiet or not sys.stderr.isatty()
    if is_quiet or not session.err.is_terminal or session.err.is_dumb_terminal:
        yield lambda tally, event: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from map4.app.scan.events import ScanStarted

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[failures]}"),
    )
    with Progress(*columns, console=session.err, transient=True) as bar:
        task = bar.add_task("looking for files", total=None, rate="", failures="")

        def show(tally: Tally, event: ScanEvent) -> None:
            if isinstance(event, ScanStarted):
                bar.update(task, description="analysing", total=event.to_do)
                return
            done = tally.summary()
            finished = done.analysed + done.moved + done.copied + done.retagged + done.failed
            elapsed = bar.tasks[0].elapsed or 0.0
            rate = f"{60 * finished / elapsed:.0f}/min" if elapsed > 1 else ""
            failures = f"{done.failed} failed" if done.failed else ""
            bar.update(task, completed=finished, rate=rate, failures=failures)

        yield show
