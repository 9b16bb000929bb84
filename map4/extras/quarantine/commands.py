"""Options of `map4 duplicates` that move copies away and bring them back, and their output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import click

from map4.base.paths import display_path
from map4.cli import progress
from map4.cli.exits import INTERRUPTED, NO_LIBRARY, REFUSED, STRICT_FINDINGS
from map4.cli.options import collect, dry_run_option, given_options, yes_option
from map4.cli.output import counted, local_time, printable, size_text, write_json
from map4.cli.session import current_session
from map4.cli.track_output import Output
from map4.cli.track_selection import Selection
from map4.cli.value_types import PathArgument
from map4.duplicates import REMOVABLE_KINDS, DuplicateOptions
from map4.duplicates.commands.added import AddedToCommand, found_copies
from map4.errors import FileError, LibraryBusyError, Map4Error, NothingFoundError, QueryError
from map4.extras.quarantine.options import (
    LEAST_CERTAINTY,
    CopyDone,
    QuarantineDocument,
    QuarantineEvent,
    QuarantineOptions,
    Quarantines,
    QuarantineStarted,
    QuarantineSummary,
    without_analyses,
)

if TYPE_CHECKING:
    from map4.extras.quarantine.part import QuarantinePart
    from map4.library import Library
    from map4.music.mixing.harmony import HarmonicRule

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

    def run(
        self, *, selection: Selection, options: DuplicateOptions, harmonic: HarmonicRule, output: Output, narrowed: bool
    ) -> bool:
        """See `Added`; exits with 3 if a file stays where it is."""
        self._require_sense(output, narrowed=narrowed)
        session = current_session()
        if self.journal is not None:
            with session.open_library(create=True, temporary=True) as library:
                (self._list if self.lists else self._put_back)(library, output)
        elif self.folder is not None:
            with session.open_library(create=False, harmonic=harmonic) as library:
                self._move_away(library, self.folder, selection, options, output)
        return self._is_wanted

    @property
    def _is_wanted(self) -> bool:
        return self.folder is not None or self.journal is not None

    def _require_sense(self, output: Output, *, narrowed: bool) -> None:
        """Reject combinations of options that make no sense."""
        if self.folder is not None and self.journal is not None:
            raise click.UsageError("--quarantine and --undo can't be used together.")
        if not self._is_wanted and (self.dry_run or self.yes):
            raise click.UsageError(
                f"{'--dry-run' if self.dry_run else '--yes'} needs --quarantine or --undo; otherwise nothing is moved."
            )
        if self.lists and (self.journal != LAST or self.dry_run or self.yes):
            raise click.UsageError("--list can only be combined with --undo: map4 duplicates --undo --list.")
        if self._is_wanted and output.format not in (None, "json"):
            raise click.UsageError("--quarantine and --undo print their result only as text or --json.")
        if self.journal is not None and narrowed:
            raise click.UsageError("--undo puts back everything in its journal; leave the other options out.")

    def _put_back(self, library: Library, output: Output) -> None:
        part, journal = _part(library), None if self.journal == LAST else self.journal
        if journal is None and not self.dry_run and not self.yes:
            last = next((moved for moved in part.journals() if moved.returned < moved.files), None)
            if last is not None:  # else the call below reports that there is none
                journal, copies = last.journal, _copies(last.files - last.returned)
                question = f"Move {copies} back, out of {_shown(os.path.dirname(journal))}?"
                current_session().require_yes(question, refusal=_UNDO_REFUSAL, otherwise=_NOT_MOVED)
        _Teller(self, output).tell_all(part.undo_events(journal, dry_run=self.dry_run), total=None)

    def _list(self, library: Library, output: Output) -> None:
        quarantines = _part(library).journals()
        if output.format == "json":
            write_json(Quarantines(quarantines=tuple(quarantines)).to_record())
        for moved in quarantines if output.format is None else ():
            back = {0: "", moved.files: "  (undone)"}.get(moved.returned, f"  ({moved.returned:,} put back)")
            when = "" if moved.begun_at is None else f"  {local_time(moved.begun_at)}"
            did = f"{_copies(moved.files)}, {size_text(moved.size_bytes)}"
            click.echo(f"{_shown(moved.journal)}{when}  {did}{back}")
        if not quarantines:
            raise NothingFoundError("no copies were moved away yet, or the folder with their journal is missing")

    def _move_away(
        self, library: Library, folder: str, selection: Selection, given: DuplicateOptions, output: Output
    ) -> None:
        part, session, chosen = _part(library), current_session(), given_options()
        kinds = given.kinds if "kinds" in chosen else REMOVABLE_KINDS
        found = found_copies(session, library, selection, replace(given, kinds=kinds))
        groups = [without_analyses(group) for group in found]
        least = given.least_certainty if "least_certainty" in chosen else LEAST_CERTAINTY
        options = QuarantineOptions(kinds=kinds, least_certainty=least, jobs=session.jobs, timeout_s=session.timeout_s)
        if not self.dry_run and not self.yes:
            plan = part.move(groups, folder, options, dry_run=True)
            left = f" ({_copies(plan.left)} will not be moved)" if plan.left else ""
            question = f"Move {_copies(plan.done)}, {size_text(plan.size_bytes)}, to {folder}?{left}"
            if plan.done:
                session.require_yes(question, refusal=_REFUSAL, otherwise=_NOT_MOVED)
        events = part.move_events(groups, folder, options, dry_run=self.dry_run)
        _Teller(self, output).tell_all(events, total=sum(len(group.copies) for group in groups))


def _part(library: Library) -> QuarantinePart:
    from map4.extras.quarantine.part import QuarantinePart  # imports numpy

    return library.part(QuarantinePart)


class _Teller:
    """Prints events as they come, then the document or the totals."""

    def __init__(self, quarantining: Quarantining, output: Output) -> None:
        self._session, self._output, self._is_dry = current_session(), output, quarantining.dry_run
        self._is_undo = quarantining.journal is not None
        self._journal: str | None = None
        self._moved = 0
        self._files: list[CopyDone] = []

    def tell_all(self, events: Iterator[QuarantineEvent], *, total: int | None) -> None:
        doing, summary = "putting back" if self._is_undo else "checking and moving", None
        with progress.bar(self._session, doing, total=total, is_wanted=not self._is_dry) as show:
            try:
                for event in events:
                    if isinstance(event, QuarantineStarted):
                        self._journal = event.journal
                        show(total=event.files)
                    elif isinstance(event, CopyDone):
                        show(advance=1)
                        self._tell(event)
                    else:
                        summary = event.summary
            finally:
                if summary is None and self._moved and not self._is_undo:  # interrupted
                    self._session.tell(f"map4: {_copies(self._moved)} moved so far{self._way_back()}")
        assert summary is not None
        if self._output.format == "json":
            action: Literal["move", "undo"] = "undo" if self._is_undo else "move"
            files = tuple(self._files)
            document = QuarantineDocument(action=action, dry_run=self._is_dry, files=files, summary=summary)
            write_json(document.to_record())
        self._session.say(self._sentence(summary))
        if summary.left:
            sys.exit(FileError.exit_code)

    def _tell(self, event: CopyDone) -> None:
        self._moved += event.outcome in ("moved", "returned")
        path = _shown(event.path)
        if self._output.format == "json":
            self._files.append(event)
        elif event.outcome != "left":
            way = (event.to, event.path) if self._is_undo else (event.path, event.to)
            would = "would move " if event.outcome == "planned" else ""
            click.echo(f"{would}{_shown(way[0] or '')} → {_shown(way[1] or '')}")
        if event.problem is not None:
            self._session.tell(f"map4: {path}: left alone: {event.problem}")
        if event.remark is not None:
            self._session.say(f"map4: {path}: {event.remark}")

    def _sentence(self, summary: QuarantineSummary) -> str:
        if not summary.done and not summary.left:
            return "nothing to put back" if self._is_undo else "nothing to move: no copy is certain enough"
        did = ("would be " if self._is_dry else "") + ("put back" if self._is_undo else "moved")
        done = f"{_copies(summary.done)} {did} ({size_text(summary.size_bytes)})" if summary.done else f"nothing {did}"
        left = f", {summary.left:,} left alone" if summary.left else ""
        return done + left + (self._way_back() if self._moved and not self._is_undo else "")

    def _way_back(self) -> str:
        return f"; to put them back: {self._session.command('duplicates', '--undo', self._journal or '')}"


def _shown(path: str) -> str:
    return printable(display_path(path))


def _copies(count: int) -> str:
    return counted(count, "copy", "copies")


_OPTIONS = collect(
    "added",
    lambda **values: Quarantining(**values).run,
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


def added() -> AddedToCommand:
    return AddedToCommand(
        options=_OPTIONS,
        headings={"Moving copies away": "--quarantine --undo --list --dry-run --yes"},
        about=" Files are only moved with --quarantine: copies of same_audio and same_recording that are at least .9 "
        "certain (--at-least), those of likely only with --kind likely. Nothing is deleted.",
        examples="\nmap4 duplicates --quarantine ~/Copies  move them there"
        "\nmap4 duplicates --undo                 move the last ones back",
        endings=(
            (Map4Error, "copies can't be moved"), QueryError, STRICT_FINDINGS,
            (FileError, "some copies were not moved"), (NothingFoundError, "no such track or journal"), NO_LIBRARY,
            REFUSED, LibraryBusyError, INTERRUPTED,
        ),
    )  # fmt: skip
