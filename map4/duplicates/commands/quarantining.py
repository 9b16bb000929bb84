"""The options of `map4 duplicates` that move copies away and bring them back, and their output."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from map4.base.paths import display_path
from map4.cli import progress
from map4.cli.options import collect, dry_run_option, yes_option
from map4.cli.output import counted, local_time, printable, size_text, write_json
from map4.cli.session import Session
from map4.cli.value_types import PathArgument
from map4.duplicates.quarantine.options import (
    CopyDone,
    QuarantineDocument,
    QuarantineEvent,
    QuarantineFinished,
    QuarantineOptions,
    Quarantines,
    QuarantineStarted,
    QuarantineSummary,
)
from map4.duplicates.records import DuplicateGroup, GroupKind
from map4.errors import FileError, NothingFoundError

if TYPE_CHECKING:
    from map4.cli.track_output import Output
    from map4.library import Library

HEADING = {"Moving copies away": "--quarantine --undo --list --dry-run --yes"}
LAST = "-"
"""`--undo` without its value."""
_UNDO_REFUSAL = "This moves files; use --yes to skip the question, or name the journal."
_REFUSAL = "This moves files; use --yes to skip the question, or --dry-run to see what would move."
_NOT_MOVED = "nothing was moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantining:
    """The request: move copies into a folder, or put back those of a journal, or of the LAST; or neither."""

    folder: str | None
    journal: str | None
    lists: bool
    dry_run: bool
    yes: bool

    @property
    def is_wanted(self) -> bool:
        return self.folder is not None or self.journal is not None

    def require_sense(self, output: Output, *, is_narrowed: bool) -> None:
        """Reject combinations of options that make no sense.

        is_narrowed: whether options to find or choose copies were given
        """
        if self.folder is not None and self.journal is not None:
            raise click.UsageError("--quarantine and --undo can't be used together.")
        if not self.is_wanted and (self.dry_run or self.yes):
            raise click.UsageError(
                f"{'--dry-run' if self.dry_run else '--yes'} needs --quarantine or --undo; otherwise nothing is moved."
            )
        if self.lists and (self.journal != LAST or self.dry_run or self.yes):
            raise click.UsageError("--list can only be combined with --undo: map4 duplicates --undo --list.")
        if self.is_wanted and output.format not in (None, "json"):
            raise click.UsageError("--quarantine and --undo print their result only as text or --json.")
        if self.journal is not None and is_narrowed:
            raise click.UsageError("--undo puts back everything in its journal; leave the other options out.")


quarantine_options = collect(
    "quarantining",
    Quarantining,
    click.option("--quarantine", "folder", type=PathArgument(), metavar="DIR", help="Move the copies to this folder."),
    click.option(
        "--undo",
        "journal",
        type=PathArgument(),
        is_flag=False,
        flag_value=LAST,
        metavar="[JOURNAL]",
        help="Move back the files of JOURNAL (default: of the last move).",
    ),
    click.option("--list", "lists", is_flag=True, help="With --undo: only list what was moved away, and when."),
    dry_run_option("Only show what would move where."),
    yes_option("Move without asking."),
)
"""Adds --quarantine, --undo, --list, --dry-run and --yes; the command gets them as `quarantining`, a `Quarantining`."""


def put_back(session: Session, library: Library, quarantining: Quarantining, output: Output) -> None:
    """Carry out --undo; exits with 3 if a file could not be put back."""
    if quarantining.lists:
        _list_quarantines(session, library, output)
        return
    journal = None if quarantining.journal == LAST else quarantining.journal
    if journal is None and not quarantining.dry_run and not quarantining.yes:
        last = next(
            (quarantine for quarantine in library.duplicates.quarantines() if quarantine.returned < quarantine.files),
            None,
        )
        if last is not None:  # else the call below reports that there is none
            journal, copies = last.journal, _copies(last.files - last.returned)
            question = f"Move {copies} back, out of {_shown(os.path.dirname(journal))}?"
            session.require_yes(question, refusal=_UNDO_REFUSAL, otherwise=_NOT_MOVED)
    events = library.duplicates.undo_events(journal, dry_run=quarantining.dry_run)
    _tell_all(session, quarantining, output, events, total=None)


def _list_quarantines(session: Session, library: Library, output: Output) -> None:
    quarantines = library.duplicates.quarantines()
    if output.format == "json":
        write_json(Quarantines(quarantines=tuple(quarantines)).to_record())
    for quarantine in quarantines if output.format is None else ():
        back = {0: "", quarantine.files: "  (undone)"}.get(quarantine.returned, f"  ({quarantine.returned:,} put back)")
        did = f"{_copies(quarantine.files)}, {size_text(quarantine.size_bytes)}"
        when = "" if quarantine.begun_at is None else f"  {local_time(quarantine.begun_at)}"
        click.echo(f"{_shown(quarantine.journal)}{when}  {did}{back}")
    if not quarantines:
        raise NothingFoundError("no copies were moved away yet, or the folder with their journal is missing")


def move_away(
    session: Session,
    library: Library,
    groups: Iterable[DuplicateGroup],
    quarantining: Quarantining,
    output: Output,
    *,
    kinds: Collection[GroupKind],
    least_certainty: float,
) -> None:
    """Carry out --quarantine; exits with 3 if a copy was not moved."""
    assert quarantining.folder is not None
    groups = [_without_analyses(group) for group in groups]
    options = QuarantineOptions(
        kinds=kinds,
        least_certainty=least_certainty,
        jobs=session.jobs,
        timeout_s=session.timeout_s,
    )
    if not quarantining.dry_run and not quarantining.yes:
        plan = library.duplicates.quarantine(groups, quarantining.folder, options, dry_run=True)
        if plan.done:
            session.require_yes(_question(plan, quarantining.folder), refusal=_REFUSAL, otherwise=_NOT_MOVED)
    events = library.duplicates.quarantine_events(groups, quarantining.folder, options, dry_run=quarantining.dry_run)
    _tell_all(session, quarantining, output, events, total=sum(len(group.copies) for group in groups))


def _without_analyses(group: DuplicateGroup) -> DuplicateGroup:
    """Strip a group to what a move needs, as there may be very many."""
    tracks = (replace(each.track, analysis=None, imported=None) for each in group.members)
    members = tuple(replace(each, track=track) for each, track in zip(group.members, tracks, strict=True))
    return replace(group, members=members)


def _question(plan: QuarantineSummary, folder: str) -> str:
    left = f" ({_copies(plan.left)} will not be moved)" if plan.left else ""
    return f"Move {_copies(plan.done)}, {size_text(plan.size_bytes)}, to {folder}?{left}"


class _Teller:
    """Prints events as they come."""

    def __init__(self, session: Session, quarantining: Quarantining, output: Output, show: progress.Show) -> None:
        self.journal: str | None = None
        self.moved = 0
        self.summary: QuarantineSummary | None = None
        self._session, self._quarantining, self._output, self._show = session, quarantining, output, show
        self._files: list[CopyDone] = []

    def tell_all(self, events: Iterator[QuarantineEvent]) -> None:
        for event in events:
            if isinstance(event, QuarantineStarted):
                self.journal = event.journal
                self._show(total=event.files)
            elif isinstance(event, CopyDone):
                self._show(advance=1)
                self._tell(event)
            elif isinstance(event, QuarantineFinished):
                self.summary = event.summary

    def _tell(self, event: CopyDone) -> None:
        self.moved += event.outcome in ("moved", "returned")
        path = _shown(event.path)
        if self._output.format == "json":
            self._files.append(event)
        elif event.outcome != "left":
            way = (event.path, event.to) if self._quarantining.journal is None else (event.to, event.path)
            would = "would move " if event.outcome == "planned" else ""
            click.echo(f"{would}{_shown(way[0] or '')} → {_shown(way[1] or '')}")
        if event.problem is not None:
            self._session.tell(f"map4: {path}: left alone: {event.problem}")
        if event.remark is not None:
            self._session.say(f"map4: {path}: {event.remark}")

    def finish(self) -> int:
        """Print the document or the totals, and return the exit code."""
        assert self.summary is not None
        if self._output.format == "json":
            write_json(self._document(self.summary).to_record())
        self._session.say(self._sentence(self.summary))
        return FileError.exit_code if self.summary.left else 0

    def _document(self, summary: QuarantineSummary) -> QuarantineDocument:
        return QuarantineDocument(
            action="move" if self._quarantining.journal is None else "undo",
            dry_run=self._quarantining.dry_run,
            files=tuple(self._files),
            summary=summary,
        )

    def _sentence(self, summary: QuarantineSummary) -> str:
        is_undo, is_dry = self._quarantining.journal is not None, self._quarantining.dry_run
        if not summary.done and not summary.left:
            return "nothing to put back" if is_undo else "nothing to move: no copy is certain enough"
        did = "put back" if is_undo else "moved"
        did = f"would be {did}" if is_dry else did
        done = f"{_copies(summary.done)} {did} ({size_text(summary.size_bytes)})" if summary.done else f"nothing {did}"
        left = f", {summary.left:,} left alone" if summary.left else ""
        return done + left + (self._way_back() if self.moved and not is_undo else "")

    def _way_back(self) -> str:
        return f"; to put them back: {self._session.command('duplicates', '--undo', self.journal or '')}"

    def tell_interrupted(self) -> None:
        """Report how far it got, if it did not finish."""
        if self.summary is None and self.moved and self._quarantining.journal is None:
            self._session.tell(f"map4: {_copies(self.moved)} moved so far{self._way_back()}")


def _tell_all(
    session: Session,
    quarantining: Quarantining,
    output: Output,
    events: Iterator[QuarantineEvent],
    *,
    total: int | None,
) -> None:
    doing = "putting back" if quarantining.journal is not None else "checking and moving"
    with progress.bar(session, doing, total=total, is_wanted=not quarantining.dry_run) as show:
        teller = _Teller(session, quarantining, output, show)
        try:
            teller.tell_all(events)
        finally:
            teller.tell_interrupted()
    if code := teller.finish():
        sys.exit(code)


def _shown(path: str) -> str:
    return printable(display_path(path))


def _copies(count: int) -> str:
    return counted(count, "copy", "copies")
