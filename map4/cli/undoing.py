"""Commands that list and undo steps of a kind."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import click

from map4.cli.exits import Ending, Exit
from map4.cli.options import CallOption, F
from map4.cli.output import local_time
from map4.cli.session import Session
from map4.cli.track_output import Output, OutputFormat
from map4.core.base.files.undo import UndoneFile, UndoneFiles, UndoStep
from map4.core.base.paths import display_path
from map4.core.base.text import counted
from map4.errors import FileError, LibraryBusyError, Map4Error, NothingFoundError

if TYPE_CHECKING:
    from map4.library import Library


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """The step that a command undoes; with `lists`, it lists the steps of its kind.

    name: of the step; None is the newest that is not undone
    """

    EXITS: ClassVar[tuple[Ending, ...]] = (
        (Map4Error, "the journal is damaged"), (FileError, "some files were skipped"),
        (NothingFoundError, "nothing to undo"), LibraryBusyError, Exit.INTERRUPTED,
    )  # fmt: skip
    NOTE: ClassVar[str] = "Restored files stay so."
    name: str | None
    lists: bool
    dry_run: bool
    output: Output

    def __post_init__(self) -> None:
        if self.lists and (self.name is not None or self.dry_run):
            raise click.UsageError("--list takes no JOURNAL and no --dry-run.")

    @staticmethod
    def options(*formats: OutputFormat, journal: str = "[JOURNAL]") -> Callable[[F], F]:
        """Add the options of all undo commands; the command receives an `Undoing` as `undoing`.

        journal: the word for its argument, which names a step; "" adds none
        """
        named = (click.argument("name", required=False, metavar=journal),) if journal else ()
        return CallOption.collected(
            "undoing",
            lambda name=None, yes=False, **given: Undoing(name=name, **given),
            *named,
            click.option("--list", "lists", is_flag=True, help="Only list what can be undone, and when it was done."),
            CallOption.dry_run("Only show what would be undone."),
            CallOption.yes("Accepted for scripts; this never asks."),
            Output.options(*formats),
        )

    def run(self, kind: str, *, temporary: bool = False) -> None:
        """List the steps of a kind, or undo a step with files; exits with 3 if any is skipped.

        temporary: without a library, use a temporary one
        """
        with Session.current().open_library(create=temporary, temporary=temporary) as library:
            (self.list if self.lists else self._undo)(library, kind)

    def list(self, library: Library, kind: str) -> None:
        """Print the steps of a kind."""
        found = library.undo_steps(kind)
        for problem in found.problems:
            Session.current().warn(f"map4: {problem}")
        if not self.output.write(found, (step.to_record() for step in found.steps)):
            Session.current().print_rows([(step.name, *step_cells(step)) for step in found.steps])
        if not found.steps:
            raise NothingFoundError("there are no such steps yet")

    def _undo(self, library: Library, kind: str) -> None:
        session, files, states = Session.current(), list[UndoneFile](), Counter[str]()

        def so_far() -> str:
            return f"{counted(states['restored'], 'file')} restored; the same command restores the others"

        with session.reporting_stop(so_far):
            for file in library.undo_events(kind, self.name, dry_run=self.dry_run):
                states[file.state] += 1
                files.append(file)
                self._show(session, file)
        done, left = states["restored"] + states["planned"], states["left_alone"]
        if self.output.format == "json":
            Session.write_json(UndoneFiles(dry_run=self.dry_run, files=tuple(files), done=done, left=left).to_record())
        did = "as before in the library" if files and all(file.is_unmoved for file in files) else "restored"
        did = f"would be {did}" if self.dry_run else did
        session.info(f"{counted(done, 'file')} {did}{f', {left:,} left alone' if left else ''}")
        if left:
            sys.exit(FileError.exit_code)

    def _show(self, session: Session, file: UndoneFile) -> None:
        path = display_path(file.path)
        if self.output.format == "jsonl":
            Session.write_json_line(file.to_record())
        elif self.output.format is None and file.state in ("restored", "planned"):
            restored = f"{path}: places and values are as before" if file.is_unmoved else f"{path} restored"
            session.echo(restored if file.to is None else f"{display_path(file.to)} → {path}")
        if file.problem is not None:
            session.warn(f"map4: {path}: {file.problem}; left alone")


def step_cells(step: UndoStep) -> tuple[str, str]:
    """Time and content of a step, for a row."""
    undone = {0: "", step.count: "  (undone)"}.get(step.undone, f"  ({step.undone:,} undone)")
    return "" if step.at is None else local_time(step.at), step.what + undone
