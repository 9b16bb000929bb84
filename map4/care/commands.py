"""`map4 library`: care of the library file."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import click

from map4 import scan
from map4.cli.exits import Ending, Exit
from map4.cli.options import CallOption
from map4.cli.output import local_time
from map4.cli.session import Map4Command, Map4Group, Session
from map4.cli.track_selection import Selection
from map4.cli.value_types import PathArgument, WholeNumber
from map4.core.base.paths import absolute_path, command_line, display_path, shown_argument
from map4.core.base.text import counted, size_text
from map4.errors import LibraryBusyError, LibraryDamagedError, Map4Error, NoLibraryError, NothingFoundError, UsageError
from map4.library import hookspecs

_yes = CallOption.yes()
_OPENED: tuple[Ending, ...] = (LibraryDamagedError, Exit.NO_LIBRARY)
_MOST_OFFERED = 5
_MOST_DOUBTS = 20
_CLOSED = "works on the file itself, before any login"


@Map4Group.of(
    Map4Error, LibraryDamagedError, Exit.NO_LIBRARY, (NothingFoundError, "no such folder"), Exit.REFUSED,
    LibraryBusyError, name="library",
)  # fmt: skip
def command() -> None:
    """Maintain the library file: check, repair, clean up, back up.

    'map4 cache' is the same command.
    Analyses and missing files are deleted only on request; values that you set are never deleted. A damaged library is
    kept until you replace it.
    """


@Map4Command.of(*_OPENED)
@CallOption.json
def info() -> None:
    """Show where the library is and what it contains."""
    session = Session.current()
    with session.open_library(create=False) as library:
        summary = library.care.info(parts=Session.wants_json())
    if Session.print_json(summary):
        return
    files = summary["files"]
    rows = [
        ("library", f"{summary['library']} ({size_text(summary['size_bytes'])}, schema {summary['schema_version']})"),
        *([("mirror", size_text(summary["mirror_bytes"]))] if summary["mirror_bytes"] else []),
        ("files", ", ".join(f"{count} {state}" for state, count in files.items() if count) or "none"),
        ("failures", ", ".join(f"{count} {kind}" for kind, count in summary["failures"].items()) or "none"),
        ("analyses", f"{summary['analyses']}, {summary['stale_analyses']} of an older version"),
        ("your values", str(summary["user_values"])),
        ("labels", ", ".join(f"{count} by {source}" for source, count in summary["labels"].items()) or "none"),
    ]
    rows += [
        ("unused", f"{path} ({size_text(size)}); 'map4 library prune' deletes it")
        for path, size in _unused_files().items()
    ]
    rows += [
        ("folder", f"{root['path']}{'' if root['present'] else ' (absent)'}, {_scanned(root['scanned_at'])}")
        for root in summary["roots"]
    ]
    for name, value in rows:
        session.echo(f"{name:<12} {value}")


def _unused_files() -> dict[str, int]:
    """Files of older versions that nothing reads, with their sizes."""
    return {path: size for files in hookspecs.unused_files() for path, size in files.items()}


def _scanned(at: str | None) -> str:
    return "not completely scanned yet" if at is None else f"scanned {local_time(at)}"


@Map4Command.of(*_OPENED, done="the library is sound")
@click.argument("file", type=PathArgument(), required=False)
@CallOption.json
def verify(file: str | None) -> None:
    """Check the whole library file, or a backup FILE; exit 1 if it is damaged."""
    from map4.library import Library

    session = Session.current()
    session.require_no_user("library verify", _CLOSED)
    result = Library.care.verify(file or session.config["library"])
    Session.print_json(result)
    repair = "map4 library repair" if file is None else command_line("map4", "--library", file, "library", "repair")
    advice = f"'{repair}' salvages what can be read"
    advice += ", 'map4 library restore FILE' brings back a backup" if file is None else ""
    if not result.is_library:
        raise NoLibraryError(f"{result.problems[0]}; if it was one, {advice}")
    if result.journal_problem is not None:
        session.info(result.journal_problem)
    if not result.is_sound:
        for problem in result.problems:
            session.info(f"map4: {problem}")
        if not result.needs_repair:
            raise LibraryDamagedError(
                f"the library is sound, and only the mirror beside it is damaged; '{repair}' deletes it"
            )
        raise LibraryDamagedError(f"{result.path} is damaged; {advice}")
    if not Session.wants_json():
        session.echo(f"sound: {counted(result.files, 'file')}, {counted(result.analyses, 'analysis', 'analyses')}")


@Map4Command.of(Map4Error, Exit.NO_LIBRARY, Exit.REFUSED)
@_yes
def repair(yes: bool) -> None:
    """Copy the readable data of a damaged library into a new file; the old file is kept.

    A sound library is left unchanged; if only its mirror is damaged, the mirror is deleted. Exit code 1 means that data
    was lost, or that rows are doubtful: their letters or numbers may be damaged.
    """
    from map4.library import Library

    session = Session.current()
    session.require_no_user("library repair", _CLOSED)
    path = session.config["library"]
    found = Library.care.verify(path)
    if found.needs_repair:
        session.require_yes(f"Rebuild {path} from what can be read?", yes=yes)
    result = Library.care.repair(path) if found.needs_repair or not found.is_mirror_whole else None
    if not found.is_mirror_whole:
        session.echo("deleted the damaged mirror; the next search or playlist that needs it makes another")
        return
    if result is None:
        session.echo(f"nothing to repair: {path} is sound")
        return
    for table, count in result.salvaged.items():
        lost = " (some may be lost)" if table in result.incomplete else ""
        session.echo(f"{table}: {counted(count, 'row')}{lost}")
    if result.lost_times:
        session.info(f"unreadable times replaced by those of the files or of this repair: {result.lost_times}")
    for doubt in result.doubtful[:_MOST_DOUBTS]:
        session.info(f"doubtful: {doubt}")
    if len(result.doubtful) > _MOST_DOUBTS:
        session.info(f"and {counted(len(result.doubtful) - _MOST_DOUBTS, 'more doubtful row')}")
    if result.unreadable_values_at is not None:
        more = " and doubtful rows" if result.doubtful else ""
        session.info(f"unreadable values that you set{more} were saved to {result.unreadable_values_at}")
    if {"imports", "imported_tracks", "imported"} & set(result.incomplete):
        session.info("some imported data was lost; 'map4 import' the files again ('map4 import history')")
    if result.journal_copy is not None:
        session.info(f"its -wal hid newer or sound values: it was left out, and is kept as {result.journal_copy}")
    if result.copy_without_journal is not None:
        session.info(f"the file without its -wal has other rows, and is kept as {result.copy_without_journal}")
    session.info(f"the damaged file is kept as {result.kept_old_at}; 'map4 scan' analyses again what was lost")
    if result.problems:
        for problem in result.problems:
            session.info(f"map4: {problem}")
        raise LibraryDamagedError(f"{path} is still damaged; 'map4 library restore FILE' brings back a backup")
    if result.incomplete or result.lost_times or result.doubtful:
        raise Map4Error(
            f"{path} is sound again, but not all of its data could be read; 'map4 library restore FILE' brings back a "
            "backup"
        )


@Map4Command.of((Map4Error, "a file can't be deleted"), *_OPENED, Exit.REFUSED)
@click.option("--analyses", is_flag=True, help="Delete every analysis; the next scan makes them again.")
@(lambda prune: CallOption.added(prune, *(added.options for added in hookspecs.added_to["library prune"]())))
@_yes
@CallOption.dry_run("Only show what would be deleted.")
@CallOption.json
def prune(yes: bool, dry_run: bool, analyses: bool, **added: Callable[..., None] | None) -> None:
    """Delete the data of files that are gone, and analyses that no file needs.

    Also deletes dumps of MusicBrainz and Discogs that release candidates imported; nothing reads them. An option
    deletes something else instead. Values that you set, lists and labels always stay. So do files of absent or empty
    folders, whose drive may not be mounted: of scanned folders, and of folders inside with at least 50 files and a
    fifth of the scanned folder.

    \b
    map4 library prune --dry-run
    map4 library prune
    map4 library prune --analyses
    """
    session = Session.current()
    instead = [_prune_analyses] * analyses + [delete for delete in added.values() if delete is not None]
    if len(instead) + (dry_run or Session.wants_json()) > 1:
        raise click.UsageError("choose one kind of data to delete; --dry-run and --json are for missing files.")
    delete = instead[0] if instead else partial(_prune_missing, dry_run=dry_run)
    delete(session, yes=yes)


def _prune_missing(session: Session, *, yes: bool, dry_run: bool) -> None:
    with session.open_library(create=False) as library:
        plan = library.care.prune(dry_run=True)
        for root in plan.skipped_roots:
            session.info(f"map4: {root} is absent or empty; its files are kept, in case the drive is not mounted")
        for skipped in plan.skipped_folders:
            session.info(
                f"map4: {skipped.folder} is absent or empty; its {skipped.files:,} files, of "
                f"{skipped.of_root:,} in {skipped.root}, are kept, in case a drive is not mounted there"
            )
        if plan.offers:
            places, values = counted(plan.places, "place"), counted(plan.values, "value")
            session.info(
                f"map4: {counted(len(plan.offers), 'missing file')} with {places} in lists and {values} would lose the "
                "copy that can stand in; to hand over to it first:"
            )
            for each in plan.offers[:_MOST_OFFERED]:
                session.info(f"  {session.command('duplicates', 'replace', each.path, each.copy)}")
            if len(plan.offers) > _MOST_OFFERED:
                session.info(f"  and {len(plan.offers) - _MOST_OFFERED:,} more, which --dry-run --json lists")
        analyses = f"{plan.orphaned_analyses:,} {'analysis' if plan.orphaned_analyses == 1 else 'analyses'}"
        unused = _unused_files()
        for path, size in unused.items():
            session.info(f"map4: nothing reads {display_path(path)} ({size_text(size)}), an imported dump")
        gone = f"{counted(plan.missing_files, 'missing file')} and {analyses} without a file"
        files = f"{counted(len(unused), 'unused file')} ({size_text(sum(unused.values()))})"
        has_gone = plan.missing_files or plan.orphaned_analyses
        what = ", and ".join(text for text, is_any in ((gone, has_gone), (files, unused)) if is_any)
        if what and not dry_run:
            session.require_yes(f"Drop {what}?", yes=yes)
            library.care.prune()
            for path in unused:
                os.unlink(path)
        if not Session.print_json(replace(plan, dry_run=dry_run)):
            session.echo(f"{'would drop' if dry_run else 'dropped'} {what}" if what else "nothing to drop")


def _prune_analyses(session: Session, *, yes: bool) -> None:
    with session.open_library(create=False) as library:
        count = library.care.info(parts=False)["analyses"]
        session.require_yes(f"Drop {count} analyses? The next scan makes them again; values you set stay.", yes=yes)
        session.echo(f"dropped {library.care.clear()} analyses")


@Map4Command.of(*_OPENED, Exit.REFUSED, hidden=True)
@_yes
def clear(yes: bool) -> None:
    """Delete every analysis, as 'map4 library prune --analyses' does."""
    _prune_analyses(Session.current(), yes=yes)


@Map4Command.of(
    *_OPENED, (NothingFoundError, "no such file or folder"), Exit.REFUSED,
    headings={"Files that scans skip": "--ignore --list --undo"},
)  # fmt: skip
@click.argument("path", type=PathArgument(), required=False)
@click.option("--ignore", is_flag=True, help="Skip this file in future scans.")
@click.option("--list", "lists", is_flag=True, help="List the files that scans skip.")
@click.option(
    "--undo", multiple=True, metavar="FILE", type=PathArgument(), help="Include FILE in scans again (repeatable)."
)
@_yes
@CallOption.json_of("With --list or --undo, print the files that scans skip as JSON.")
def forget(path: str | None, ignore: bool, lists: bool, undo: tuple[str, ...], yes: bool) -> None:
    """Forget a file, or stop scanning a folder unless it is named.

    The file stays on disk, and stored lists keep it as missing. The next scan adds it again unless you use --ignore.
    Data about the files of a forgotten folder stays until 'library prune'.

    \b
    map4 library forget track.mp3
    map4 library forget --ignore ~/Music/jingles/station.mp3
    map4 library forget --undo ~/Music/jingles/station.mp3
    map4 library forget /mnt/old-drive
    """
    session = Session.current()
    if (path is None) != (lists or bool(undo)) or (ignore if path is None else Session.wants_json()):
        raise click.UsageError("name a file or a folder (without --json), or use --list or --undo (without --ignore).")
    if path is None:
        _show_ignored(session, undo)
        return
    with session.open_library(create=False) as library:
        is_folder = os.path.isdir(os.path.expanduser(path)) or absolute_path(path) in library.files.folders()
        if is_folder and ignore:
            raise click.UsageError("--ignore takes a file; 'map4 scan --exclude' leaves out folders.")
        if is_folder:
            gone = library.files.forget_folder(path)
            remark = f"; its files that are now missing: {gone} ('map4 library prune' deletes them)" if gone else ""
            session.echo(f"forgotten{remark}")
            return
        [named] = Selection.named_paths(session, library, (path,), is_sure=yes)
        track = library.track(named)
        if track is None:
            library.files.forget_folder(path)  # its error lists the folders
            return
        library.files.forget([track], ignore=ignore)
    session.echo("forgotten" + (" and ignored; 'map4 library forget --undo' takes that back" if ignore else ""))


def _show_ignored(session: Session, undo: tuple[str, ...]) -> None:
    with session.open_library(create=False) as library:
        if undo:
            library.files.unignore(undo)
        files = library.files.ignored()
    if Session.print_json(scan.IgnoredFileList(files=tuple(files))):
        return
    for file in files:
        session.echo(display_path(file.path))
    if undo:
        session.info("no longer ignored; the next scan finds it")
    elif not files:
        session.info("no file is ignored")


@Map4Command.of(*_OPENED, (Map4Error, "FILE can't be written"))
@click.argument("file", type=PathArgument(), required=False)
@click.option("--force", is_flag=True, help="Overwrite FILE even if it is not a backup.")
@click.option("--keep", type=WholeNumber(min=1), metavar="N",
              help="Delete all but N dated backups in the folder.")  # fmt: skip
@CallOption.json
def backup(file: str | None, force: bool, keep: int | None) -> None:
    """Copy the library to FILE, also while a scan runs; an older backup is replaced.

    If FILE is a folder, the copy gets today's date as its name. Default: the folder of the setting backup.folder, which
    keeps the newest copies (backup.keep); 'map4 serve' makes one there each day.

    \b
    map4 library backup ~/library-backup.map4
    map4 library backup /srv/backups --keep 14
    map4 config set backup.folder /srv/backups
    """
    session = Session.current()
    if file is None:
        file = session.config["backup.folder"]
        if file is None:
            raise UsageError("name a FILE or a folder, or set a default: 'map4 config set backup.folder DIR'")
        keep = keep or session.config["backup.keep"]
    with session.open_library(create=False) as library:
        copy = library.care.backup(file, force=force, keep=keep)
        has_accounts = library.accounts.any()
    if Session.print_json(copy):
        return
    gone = f"; {counted(len(copy.dropped), 'older one')} deleted" if copy.dropped else ""
    session.info(f"{display_path(copy.path)}: {size_text(copy.size_bytes)}{gone}")
    if has_accounts:
        session.info(
            "it contains the accounts, with hashes of their passwords and tokens: keep it as safe as the library"
        )


@Map4Command.of(Map4Error, LibraryDamagedError)
@click.argument("source", type=PathArgument(), metavar="FROM")
@click.argument("target", type=PathArgument(), metavar="TO")
@CallOption.without
@CallOption.json
def copy(source: str, target: str, without: tuple[str, ...]) -> None:
    """Copy a library file into an empty database of Postgres, or a library there into a new file.

    Copies everything, including accounts and tokens, except jobs and the files beside a library file, such as the
    journals of written tags. FROM is only read.

    \b
    map4 library copy ~/library.map4 postgresql://map4@db.example.org/music
    map4 library copy postgresql://map4@db.example.org/music ~/library.map4
    """
    from map4.library import Library

    session = Session.current()
    session.require_no_user("library copy", _CLOSED)
    with session.bar("copying") as show:
        done = Library.care.copy(
            source, target, without=without, progress=lambda done, of: show(completed=done, total=of)
        )
    if Session.print_json(done):
        return
    session.info(
        f"copied into {done.target}: {counted(done.files, 'file')}, "
        f"{counted(done.analyses, 'analysis', 'analyses')}, {counted(done.accounts, 'account')}"
    )


@Map4Command.of(Map4Error, LibraryDamagedError, Exit.REFUSED)
@click.argument("file", type=PathArgument())
@_yes
def restore(file: str, yes: bool) -> None:
    """Replace the library with a backup; the old library is kept beside it.

    All users have to log in again. If the replaced library is readable, tokens removed since the backup stay removed,
    and passwords changed since stay changed.

    \b
    map4 library restore library-backup.map4
    """
    from map4.library import Library

    session = Session.current()
    session.require_no_user("library restore", _CLOSED)
    path = session.config["library"]
    Library.care.check_backup(file, path)
    if os.path.exists(path):
        session.require_yes(f"Put {shown_argument(file)} in the place of {path}?", yes=yes)
    replaced = Library.care.restore(file, path).kept_at
    session.info(f"restored {path}" + (f"; the replaced library is kept as {replaced}" if replaced else ""))
