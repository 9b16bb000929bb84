"""`map4 rename`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Map4DefaultGroup, Session
from map4.cli.track_output import Output
from map4.cli.track_selection import Selection
from map4.cli.undoing import Undoing
from map4.core.base.paths import display_path, is_inside
from map4.core.base.text import counted
from map4.errors import FileError, LibraryBusyError, Map4Error
from map4.extras.rename.records import RenamedFile, RenameDocument, RenameOptions, RenamePlan

if TYPE_CHECKING:
    from map4.extras.rename.part import Renames
    from map4.library import Library

_MOST_SHOWN = 100  # number of new names shown before the question, and of files that stay
_PROGRAMS = ("rekordbox", "Traktor", "Serato", "VirtualDJ", "Mixxx", "Engine")
_LEFT = (FileError, "some files stay")


@Map4DefaultGroup.of(
    (Map4Error, "files can't be renamed"), _LEFT, Exit.NO_MATCH, Exit.NO_LIBRARY, Exit.REFUSED, LibraryBusyError,
    Exit.INTERRUPTED, name="rename", note="Renamed files keep their new names.",
    headings={"Renaming": "--into --dry-run --yes"},
)  # fmt: skip
@click.argument("template", metavar="TEMPLATE")
@Selection.options
@CallOption.of(RenameOptions)
@CallOption.dry_run("Only show the new names.")
@CallOption.yes("Rename without asking.")
@Output.options("json", "jsonl")
def command(
    template: str, selection: Selection, options: RenameOptions, dry_run: bool, yes: bool, output: Output
) -> None:
    """Rename files, and move them to folders, by their tags.

    TEMPLATE has fields in braces, like -f. {artist|file} takes the first known value, {album|"Singles"} a text,
    {year|} nothing, {n} counts equal names. With '/', files move to folders in their scanned folder or --into DIR; else
    they stay in their folder. A file that lacks a value is named and stays. Shows the new
    names first.

    \b
    map4 rename '{track:02} {title}' album/
    map4 rename '{artist}/{year|} {album}/{track:02} {title}' --query has:year
    map4 rename undo                 move the last ones back

    Lists, imported data and your values follow, and nothing is analysed again. Lyrics (.lrc, .txt) and CUE sheets
    named like a file go along, and so does the cover of a folder whose music all moves to one folder. FILE in a sheet
    gets the new name. Nothing is overwritten; links stay. Names are valid on every system. DJ programs keep the old
    paths: --path-map JOURNAL of 'map4 import' and 'map4 export' translates between both.
    """
    session = Session.current()
    if selection.is_empty:
        raise click.UsageError("Name FILEs or a --query: map4 rename '{artist} - {title}' album/")
    with session.open_library(create=False) as library:
        picked = selection.pick_some(session, library, is_sure=yes or dry_run)
        plan = _part(library).plan(template, picked.tracks, options)
        if dry_run or not plan.planned:
            left = _show_plan(session, plan, output)
        else:
            if not yes:
                _ask(session, plan, output)
            left = _run(session, library, plan, output, is_shown=not yes)
    if left or picked.unknown:
        sys.exit(FileError.exit_code)


def _show_plan(session: Session, plan: RenamePlan, output: Output) -> int:
    lines = (file.document() for file in plan.files) if output.format == "jsonl" else None
    if not output.write(plan, lines):
        _print(plan.files, plan.roots, most=None)
    _report_left(session, plan.files)
    same = f", {plan.same:,} named so already" if plan.same else ""
    would = f"{counted(plan.planned, 'file')} would be renamed" if plan.planned else "nothing to rename"
    session.info(f"{would}{same}{_left(plan.left)}")
    return plan.left


def _ask(session: Session, plan: RenamePlan, output: Output) -> None:
    if output.format is None:
        _print(plan.files, plan.roots, most=_MOST_SHOWN)
    question = f"Rename {counted(plan.planned, 'file')}?{f' ({plan.left:,} will stay)' if plan.left else ''}"
    refusal = "This renames files; use --yes to skip the question, or --dry-run to see the new names."
    session.require_yes(question, refusal=refusal, otherwise="nothing was renamed")


def _run(session: Session, library: Library, plan: RenamePlan, output: Output, *, is_shown: bool) -> int:
    files = list[RenamedFile]()

    def so_far() -> str:
        renamed = sum(file.state == "renamed" for file in files)
        back = "; 'map4 rename undo' moves them back"
        return f"{counted(renamed, 'file')} renamed{back}" if renamed else "no file was renamed"

    with session.bar("renaming", total=plan.planned) as show, session.reporting_stop(so_far):
        left = (file for file in plan.files if file.state == "left")
        for file in chain(left, _part(library).run_events(plan)):
            show(advance=file.state == "renamed")
            files.append(file)
            if output.format == "jsonl":
                Session.write_json_line(file.document())
            elif output.format is None and not is_shown:
                _print((file,), plan.roots, most=None)
    document = RenameDocument.of(tuple(files))
    if output.format == "json":
        Session.write_json(document.to_record())
    _report_left(session, files)
    if document.done:
        undo = session.command("rename", "undo", os.path.basename(document.journal or ""))
        session.info(f"{counted(document.done, 'file')} renamed{_left(document.left)}; '{undo}' moves them back")
        imported = {entry.format.partition("-")[0] for entry in library.imports.history()}
        programs = [program for program in _PROGRAMS if program.lower() in imported] or _PROGRAMS[:3]
        session.info(
            f"{', '.join(programs)}: old paths stay there; this translates them: "
            f"{session.command('import', 'FILE', '--path-map', document.journal or '')} (or export)"
        )
    else:
        session.info(f"nothing was renamed{_left(document.left)}")
    return document.left


def _print(files: Iterable[RenamedFile], roots: Iterable[str], *, most: int | None) -> None:
    """Print old and new names, relative to the folders that they stay in."""
    named = [file for file in files if file.to is not None and file.state != "left"]
    for file in named[:most]:
        root = max((root for root in roots if is_inside(file.path, root)), key=len, default="")
        paths = [display_path(path.removeprefix(os.path.join(root, ""))) for path in (file.path, file.to or "")]
        Session.current().echo(" → ".join(paths))
    if most is not None and len(named) > most:
        Session.current().echo(f"… and {len(named) - most:,} more (--dry-run shows all)")


def _report_left(session: Session, files: Sequence[RenamedFile]) -> None:
    left = [file for file in files if file.state == "left"]
    for file in files:
        if file.state == "renamed" and file.problem:
            session.warn(f"map4: {display_path(file.to or '')}: {file.problem}")
    for file in left[:_MOST_SHOWN]:
        session.warn(f"map4: {display_path(file.path)}: stays: {file.problem or ''}")
    if len(left) > _MOST_SHOWN:
        session.warn(f"map4: {len(left) - _MOST_SHOWN:,} more files stay; --jsonl lists them")


def _left(count: int) -> str:
    return f", {count:,} left as {'it is' if count == 1 else 'they are'}" if count else ""


@Map4Command.of(*Undoing.EXITS, note=Undoing.NOTE)
@Undoing.options("json", "jsonl")
def undo(undoing: Undoing) -> None:
    """Move renamed files back.

    Default: the last rename that was not undone. A file whose old place is taken is named and stays; undo can be
    repeated. Works also if a rename was killed.

    \b
    map4 rename undo
    map4 rename undo --list
    map4 rename undo rename-20260131-221500
    """
    undoing.run("rename")


def _part(library: Library) -> Renames:
    from map4.extras.rename.part import Renames

    return library.part(Renames)
