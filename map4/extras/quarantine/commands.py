"""Options of `map4 duplicates` that move copies away and bring them back, and their output."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from map4.cli.added import AddedToCommand
from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Session
from map4.cli.track_output import Output
from map4.cli.undoing import Undoing
from map4.cli.value_types import PathArgument
from map4.core.base.declaration import load
from map4.core.base.paths import display_path
from map4.core.base.text import counted, size_text
from map4.duplicates import DuplicateGroup, DuplicateOptions
from map4.errors import FileError, LibraryBusyError, Map4Error, NothingFoundError, QueryError
from map4.extras.quarantine.options import (
    LEAST_CERTAINTY,
    CopyDone,
    QuarantineDocument,
    QuarantineOptions,
    without_analyses,
)
from map4.library import hookspecs

if TYPE_CHECKING:
    from map4.extras.quarantine.part import QuarantinePart
    from map4.library import Library

    FindCopies = Callable[[Library, DuplicateOptions], Iterator[DuplicateGroup]]

_PART = "map4.extras.quarantine.part:QuarantinePart"  # imports numpy
LAST = "-"  # `--undo` without its value
_REFUSAL = "This moves files; use --yes to skip the question, or --dry-run to see what would move."


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantining:
    """The request: move copies into a folder, or put back those of a journal, or of the LAST; or neither."""

    folder: str | None
    journal: str | None
    lists: bool
    dry_run: bool
    yes: bool

    def run(self, *, find: FindCopies, options: DuplicateOptions, output: Output, narrowed: bool) -> bool:
        """See `Added`; exits with 3 if a file stays where it is."""
        if self.folder is not None and self.journal is not None:
            raise click.UsageError("--quarantine and --undo can't be used together.")
        if not self._is_wanted and (self.dry_run or self.yes):
            raise click.UsageError(
                f"{'--dry-run' if self.dry_run else '--yes'} needs --quarantine or --undo; otherwise nothing is moved."
            )
        if self.lists and self.journal is None:
            raise click.UsageError("--list can only be combined with --undo: map4 duplicates --undo --list.")
        if self._is_wanted and output.format not in (None, "json"):
            raise click.UsageError("--quarantine and --undo print their result only as text or --json.")
        if self._is_wanted and "strict" in CallOption.given():
            raise click.UsageError("--strict has no effect on --quarantine and --undo; leave it out.")
        if self.journal is not None and narrowed:
            raise click.UsageError("--undo puts back everything in its journal; leave the other options out.")
        session = Session.current()
        if self.journal is not None:
            name = None if self.journal == LAST else self.journal
            undoing = Undoing(name=name, lists=self.lists, dry_run=self.dry_run, output=output)
            undoing.run("copies", temporary=True)
        elif self.folder is not None:
            with session.open_library(create=False) as library:
                self._move_away(library, self.folder, find, options, output)
        return self._is_wanted

    @property
    def _is_wanted(self) -> bool:
        return self.folder is not None or self.journal is not None

    def _move_away(
        self, library: Library, folder: str, find: FindCopies, given: DuplicateOptions, output: Output
    ) -> None:
        part: QuarantinePart = library.part(load(_PART))
        session, chosen = Session.current(), CallOption.given()
        kinds = given.kinds if "kinds" in chosen else DuplicateGroup.REMOVABLE
        found = find(library, replace(given, kinds=kinds))
        groups = [without_analyses(group) for group in found]
        least = given.least_certainty if "least_certainty" in chosen else LEAST_CERTAINTY
        options = QuarantineOptions(kinds=kinds, least_certainty=least, **session.workers)
        if not self.dry_run and not self.yes:
            plan = part.move(groups, folder, options, dry_run=True)
            left = f" ({_copies(plan.left)} will not be moved)" if plan.left else ""
            question = f"Move {_copies(plan.done)}, {size_text(plan.size_bytes)}, to {folder}?{left}"
            if plan.done:
                session.require_yes(question, refusal=_REFUSAL, otherwise="nothing was moved")
        total = sum(len(group.copies) for group in groups)
        events = part.move_events(groups, folder, options, dry_run=self.dry_run)
        if _run(events, output, total=total, dry_run=self.dry_run).left:
            sys.exit(FileError.exit_code)


def _run(events: Iterable[CopyDone], output: Output, *, total: int, dry_run: bool) -> QuarantineDocument:
    """Move copies and report each."""
    session, done = Session.current(), list[CopyDone]()

    def document() -> QuarantineDocument:
        return QuarantineDocument(dry_run=dry_run, files=tuple(done))

    with (
        session.bar("checking and moving", total=total, is_wanted=not dry_run) as show,
        session.reporting_stop(lambda: _sentence(document()) if done else "nothing was moved"),
    ):
        for copy in events:
            done.append(copy)
            show(advance=1)
            _report(copy, output)
    output.write(document())
    session.info(_sentence(document()))
    return document()


def _report(copy: CopyDone, output: Output) -> None:
    session, path = Session.current(), display_path(copy.path)
    if output.format is None and copy.outcome != "left":
        would, did = ("would hand over ", "handed over ") if copy.is_gone else ("would move ", "")
        session.echo(f"{would if copy.outcome == 'planned' else did}{path} → {display_path(copy.to or copy.kept)}")
    if copy.problem is not None:
        session.warn(f"map4: {path}: left alone: {copy.problem}")
    if copy.remark is not None:
        session.info(f"map4: {path}: {copy.remark}")


def _sentence(document: QuarantineDocument) -> str:
    if not document.files:
        return "nothing to move: no copy is certain enough"
    would = "would be " if document.dry_run else ""
    gone = sum(copy.is_gone and copy.outcome != "left" for copy in document.files)
    done = [f"{_copies(document.done - gone)} {would}moved ({size_text(document.size_bytes)})"]
    done = done if document.done > gone else [] if gone else [f"nothing {would}moved"]
    done += [f"{counted(gone, 'gone file')} {would}handed over"] if gone else []
    done += [f"{document.left:,} left alone"] if document.left else []
    undo = Session.current().command("duplicates", "--undo", document.journal or "")
    back = f"; to {'give all' if gone else 'put them'} back: {undo}" if document.journal else ""
    return ", ".join(done) + back


def _copies(count: int) -> str:
    return counted(count, "copy", "copies")


@Map4Command.of(
    (Map4Error, "files can't be replaced"), (FileError, "some files were not replaced"),
    (NothingFoundError, "no such file"), Exit.NO_LIBRARY, Exit.REFUSED, LibraryBusyError, Exit.INTERRUPTED,
)  # fmt: skip
@click.argument("old", metavar="OLD", type=PathArgument())
@click.argument("new", metavar="NEW", type=PathArgument())
@CallOption.of(QuarantineOptions)
@CallOption.dry_run("Only show what would be replaced.")
@CallOption.yes("Replace without asking.")
@Output.options("json")
def replace_files(old: str, new: str, options: QuarantineOptions, dry_run: bool, yes: bool, output: Output) -> None:
    """Replace a file by a better one, and keep all else.

    OLD and NEW are files of the library, or folders whose files replace each other. Both must be the same recording at
    one constant offset. NEW gets OLD's places in lists, plays, values and marks, and its cue points, loops and grids,
    moved by the offset. OLD moves to the folder 'map4 quarantine' beside the music. Tags that NEW lacks become values.
    OLD may be gone from the disk: what the library has of it goes to NEW, and --undo gives it back.

    \b
    map4 duplicates replace song.mp3 song.flac
    map4 duplicates replace ~/Music/mp3 ~/Music/flac --dry-run
    map4 duplicates --undo                    revert the last one

    DJ programs keep the old paths: --path-map JOURNAL of 'map4 import' and 'map4 export' translates between both.
    """
    session = Session.current()
    with session.open_library(create=False) as library:
        part: QuarantinePart = library.part(load(_PART))
        if not dry_run and not yes:
            plan = part.replace(old, new, options, dry_run=True)
            if names := sorted({name for copy in plan.files for name in copy.conflicts}):
                question = f"Both files have values of yours ({', '.join(names)}). Use those of the old file?"
                options = replace(options, values="old" if session.confirm(question, _REFUSAL) else "new")
                plan = part.replace(old, new, options, dry_run=True)
            for copy in plan.files if plan.done else ():
                _report(copy, output)
            if plan.done:
                question = f"Replace {counted(plan.done, 'file')}?"
                session.require_yes(question, refusal=_REFUSAL, otherwise="nothing was replaced")
        events = part.replace_events(old, new, options, dry_run=dry_run)
        done = _run(events, output, total=0, dry_run=dry_run)
        if done.journal:
            words = session.command("import", "FILE", "--path-map", done.journal)
            session.info(f"DJ programs keep the old paths; this translates them: {words} (or export)")
    if done.left:
        sys.exit(FileError.exit_code)


_OPTIONS = CallOption.collected(
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
    CallOption.dry_run("Only show what would move where."),
    CallOption.yes("Move without asking."),
)


@hookspecs.added_to.implementation
def added() -> AddedToCommand:
    return AddedToCommand(
        options=_OPTIONS,
        headings={"Moving copies away": "--quarantine --undo --list --dry-run --yes"},
        about=" Files are only moved with --quarantine: copies of same_audio and same_recording that are at least .9 "
        "certain (--at-least), those of likely only with --kind likely. Nothing is deleted.",
        examples="\nmap4 duplicates --quarantine ~/Copies  move them there",
        endings=(
            (Map4Error, "copies can't be moved"), QueryError, Exit.STRICT_FINDINGS,
            (FileError, "some copies were not moved"), (NothingFoundError, "no such track or journal"), Exit.NO_LIBRARY,
            Exit.REFUSED, LibraryBusyError, Exit.INTERRUPTED,
        ),
    )  # fmt: skip
