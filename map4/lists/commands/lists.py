"""`map4 playlist order|merge|list|show|delete|versions|share`: commands for existing lists."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal

import click
from click.shell_completion import CompletionItem

from map4.cli.exits import EXIT_FINDINGS, Exit
from map4.cli.options import CallOption
from map4.cli.output import csv_text, local_time
from map4.cli.session import Map4Command, Session
from map4.cli.track_output import Output
from map4.cli.value_types import Name, PathArgument, WholeNumber
from map4.core.base.actor import Actor
from map4.core.base.text import clock, name_key
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.lists.commands.completion import complete_all_lists, complete_list_names, complete_lists
from map4.lists.commands.list_options import (
    BAD_LIST,
    MISSING_ENTRIES,
    NO_LIST,
    NOT_MATCHED,
    PlaylistRun,
    figures_option,
    list_argument,
    playlist_run_options,
)
from map4.lists.options import OrderOptions
from map4.lists.stored import SHARINGS, Sharing, StoredPlaylists

if TYPE_CHECKING:
    from map4.lists.draft import PlaylistDraft
    from map4.lists.playlists import Playlists
    from map4.search import ResolvedPlaylist

_STORED_COLUMNS = (
    "name", "tracks", "present", "duration_s", "compatibility", "updated_at", "description", "played_at", "folder",
    "deleted_at", "owner", "sharing", "marks",
)  # fmt: skip
_LIVE = "↻"
_DELETED: Literal["deleted"] = "deleted"
"""Marks a live list."""
_ENDINGS = BAD_LIST, MISSING_ENTRIES, NOT_MATCHED, NO_LIST


@Map4Command.of(*_ENDINGS)
@list_argument
@CallOption.of(OrderOptions)
@playlist_run_options
def order(source: str, options: OrderOptions, run: PlaylistRun) -> None:
    """Put the tracks of a list in the order that mixes best.

    LIST is the name of a stored list, or a file; '-' is stdin. Keeping the list's limits of tempo, key and artists
    counts more than good mixes. Up to 15 tracks, the order is the best possible; with more, it is improved until moving
    a track, or swapping two around kept places, no longer helps. Locked and pinned tracks keep their places. The
    present order stays if none is better. --shuffle takes a random order that keeps artists apart. The list itself does
    not change: write the new list with -o or --save.

    \b
    map4 playlist order crate.m3u8 --pin 1 --pin 7 -o set.m3u8
    map4 playlist order Friday --save "Friday, sorted"
    """
    draft, left = run.make(lambda lists, resolved: lists.order(resolved[0], options), source)
    before, now = draft.before or draft.content, draft.content
    if draft.method is not None and before.compatibility is not None and now.compatibility is not None:
        from map4.lists.views.playlist import quality_line

        session = Session.current()
        already = "" if draft.is_changed else "already "
        how = f"{already}the best order {'there is' if draft.method == 'exact' else 'found'}"
        if draft.is_changed:
            session.info(f"{how}: mean mix {before.compatibility:.2f} before, {now.compatibility:.2f} now")
            session.info(f"before: {quality_line(before)}")
        else:
            session.info(f"{how}: mean mix {now.compatibility:.2f}")
        if run.target.is_elsewhere or run.output.format is not None:  # else it is printed below the list
            session.info(f"now: {quality_line(now)}")
    for note in draft.notes:
        Session.current().info(note)
    run.report_unsaved()
    if left:
        sys.exit(EXIT_FINDINGS)


@Map4Command.of(*_ENDINGS)
@click.argument(
    "sources", metavar="LIST...", nargs=-1, required=True, type=PathArgument(allow_dash=True),
    shell_complete=complete_lists,
)  # fmt: skip
@playlist_run_options
def merge(sources: tuple[str, ...], run: PlaylistRun) -> None:
    """Put lists one after the other, each recording once.

    LIST is the name of a stored list, or a file; '-' is stdin. With a single LIST, this converts it to another format.

    \b
    map4 playlist merge warm-up.m3u8 peak.m3u8 -o night.m3u8
    map4 playlist merge old.pls -o new.xspf
    map4 playlist merge set.m3u8 --path-map /music=D:/Music -o usb.m3u8
    """
    _, left = run.make(lambda lists, resolved: lists.merge(resolved), *sources)
    run.report_unsaved()
    if left:
        sys.exit(EXIT_FINDINGS)


@Map4Command.of(*_ENDINGS)
@list_argument
@figures_option
@click.option("--starts", metavar="TIME", help="The list begins at 14:00, or 2026-12-24T18:00: show the time of day.")
@playlist_run_options
def show(source: str, figures: bool, starts: str | None, run: PlaylistRun) -> None:
    """Show the tracks of a list, or write them to a file.

    \b
    map4 playlist show Friday
    map4 playlist show Friday --figures
    map4 playlist show Friday -o ~/Music/friday.m3u8 --relative-to ~/Music
    map4 playlist show usb.m3u8 --paths
    map4 playlist show Morning --starts 6:00 -f '{start} {artist} - {title}'
    """

    def shown(lists: Playlists, resolved: Sequence[ResolvedPlaylist]) -> PlaylistDraft:
        from map4.lists.draft import PlaylistDraft

        return PlaylistDraft(content=lists.content(resolved[0], starts=starts), sources=tuple(resolved))

    draft, left = run.make(shown, source, figures=figures)
    if (live := draft.content.header.live) is not None:
        Session.current().info(f"live: {live.caption()}")
    if left:
        sys.exit(EXIT_FINDINGS)


@Map4Command.of(
    (NothingFoundError, "no such lists"), Exit.NO_LIBRARY,
    name="list",
    headings={"What is shown": "--history --deleted --mark"},
)  # fmt: skip
@click.option("--history", is_flag=True, help="Show sets played in other programs instead, by time.")
@click.option("--deleted", is_flag=True, help="Show lists deleted or replaced in the last 30 days.")
@click.option(
    "--mark",
    metavar="WORD",
    shell_complete=CallOption.complete_marks,
    help="Show only the lists with this mark of yours.",
)
@Output.options("json", "jsonl", "csv")
def stored(history: bool, deleted: bool, mark: str | None, output: Output) -> None:
    """Show the lists stored in the library.

    With --history: the sets that DJ programs recorded, as imported by 'map4 import'. They have names like other lists.
    With --deleted: the lists that 'map4 playlist versions NAME --restore deleted' brings back.

    \b
    map4 playlist list
    map4 playlist list --csv
    map4 playlist list --history
    map4 playlist list --deleted
    map4 playlist list --mark club
    """
    if history and deleted:
        raise click.UsageError("--history and --deleted can't be used together; choose one.")
    session = Session.current()
    with session.open_library(create=False) as library:
        stored = library.lists.deleted() if deleted else library.lists.stored(history=history)
    if mark is not None:
        stored = [stored_list for stored_list in stored if name_key(mark) in map(name_key, stored_list.marks)]
    records = [stored_list.to_record() for stored_list in stored]
    if output.write(StoredPlaylists(lists=tuple(stored)), (stored_list.document() for stored_list in stored)):
        pass
    elif output.format == "csv":
        plain = ({**each, "owner": each["owner"]["name"], "marks": "; ".join(each["marks"])} for each in records)
        Session.write_text(csv_text((_STORED_COLUMNS, *map(itemgetter(*_STORED_COLUMNS), plain))))
    elif records and deleted:
        _print_deleted(session, records)
    elif records:
        _print_stored(session, records, history)
    if not records and mark is not None:
        raise NothingFoundError(f"no such list has the mark '{mark}'; 'map4 playlist mark NAME WORD' adds a mark")
    if not records and deleted:
        raise NothingFoundError("no list was deleted or replaced in the last 30 days")
    if not records and history:
        raise NothingFoundError("no history was imported yet; 'map4 import' imports it from DJ programs")
    if not records:
        raise NothingFoundError(
            "no list is stored yet; --save NAME stores a list, as in 'map4 playlist order LIST --save NAME' "
            "(--history shows sets played in DJ programs)"
        )


def _print_stored(session: Session, records: Sequence[dict[str, Any]], history: bool) -> None:
    from map4.cli.views.columns import fit_text

    has_folders = any(record["folder"] for record in records)
    width = max(16, (session.out.width - 48) // 2) if has_folders else max(20, session.out.width - 46)
    optional = {
        "folder": has_folders,
        "whose": any(record["owner"]["id"] != Actor.LOCAL.id for record in records),
        "marks": any(record["marks"] for record in records),
    }
    columns = [name for name, is_shown in optional.items() if is_shown]
    rows = [("name", "tracks", "time", "mixes", "played" if history else "changed", *columns)]
    for record in records:
        gone = record["tracks"] - record["present"]
        when = record["played_at"] or "" if history else record["updated_at"]
        when = local_time(when)[: 16 if history else 10] if when else ""
        folder = fit_text(record["folder"] or "", width)
        cells = {"folder": folder, "whose": _whose(record), "marks": "; ".join(record["marks"])}
        rows.append(
            (
                fit_text(record["name"], width),
                _tracks(record, gone),
                clock(record["duration_s"]),
                "" if record["compatibility"] is None else f"{record['compatibility']:.2f}",
                when,
                *(cells[name] for name in columns),
            )
        )
    session.print_rows(rows)
    if any(record["live"] for record in records):
        session.info(f"{_LIVE}: live, with its current number of tracks")
    for record in records:
        if record["problem"]:
            session.warn(f"map4: the live list '{record['name']}' can't be answered: {record['problem']}")
    if any(record["present"] < record["tracks"] for record in records):
        session.info("(-N): N tracks have no file here; 'map4 playlist show NAME' lists them")


def _tracks(record: dict[str, Any], gone: int) -> str:
    if record["live"]:
        return f"{'?' if record['problem'] else record['tracks']} {_LIVE}"
    return f"{record['tracks']}{f' (-{gone})' if gone else ''}"


def _whose(record: dict[str, Any]) -> str:
    owner, sharing = record["owner"], record["sharing"]
    if owner["id"] == Actor.LOCAL.id:
        return "everybody"
    return f"{owner['name'] or owner['id']}, {sharing if sharing == 'private' else f'shared to {sharing}'}"


def _print_deleted(session: Session, records: Sequence[dict[str, Any]]) -> None:
    from map4.cli.views.columns import fit_text

    width = max(20, session.out.width - 56)
    rows = [("name", "tracks", "deleted", "kept until", "id")]
    for record in records:
        deleted, until = (local_time(record[name])[:10] for name in ("deleted_at", "kept_until"))
        rows.append((fit_text(record["name"], width), f"{record['tracks']}", deleted, until, record["id"]))
    session.print_rows(rows)


class _Version(click.ParamType[Any]):
    """The number of a version, or `deleted`."""

    name = "version"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | Literal["deleted"]:
        if value == _DELETED:
            return _DELETED
        return WholeNumber(min=1).convert(value, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(_DELETED)] if _DELETED.startswith(incomplete) else []


@Map4Command.of(
    (UsageError, "another list has its name"), (NothingFoundError, "no such list or version"), name="versions"
)
@click.argument("name", metavar="LIST", shell_complete=complete_all_lists)
@click.option(
    "--restore", "version", type=_Version(), metavar="N|deleted",
    help="Restore version N, or with 'deleted' a list that was deleted or replaced.",
)  # fmt: skip
@click.option("--as", "new_name", metavar="NEW", help="With '--restore deleted': restore it as NEW.")
@Output.options("json")
def versions(name: str, version: int | Literal["deleted"] | None, new_name: str | None, output: Output) -> None:
    """Show earlier versions of a stored list, or restore one.

    The last hundred versions of a list are kept. Restoring adds a version: nothing is lost. Deleted lists are kept for
    30 days, and so are lists replaced with --save or --force. If several had this name, the most recent comes back;
    'map4 playlist list --deleted' shows the id of each.

    \b
    map4 playlist versions Friday
    map4 playlist versions Friday --restore 3
    map4 playlist versions Friday --restore deleted --as "Friday, before"
    """
    if new_name is not None and version != _DELETED:
        raise click.UsageError("--as needs '--restore deleted'.")
    session = Session.current()
    with session.open_library(create=False) as library:
        if version == _DELETED:
            name = library.lists.restore(name, new_name)
        elif version is not None:
            library.lists.apply(library.lists.brought_back(name, version))
        answer = library.lists.versions(name)
    if output.write(answer):
        return
    if version is not None:
        at = "" if version == _DELETED else f" at version {version}"
        session.info(f"'{answer.name}' is back{at}; to see it: {session.command('playlist', 'show', answer.name)}")
        return
    rows = [("version", "since", "tracks", "what", "by")]
    for each in answer.versions:
        by = "" if each.by is None or each.by.id == Actor.LOCAL.id else each.by.name or str(each.by.id)
        rows.append((str(each.version), local_time(each.at)[:16], str(each.count), each.what, by))
    session.print_rows(rows)


@Map4Command.of(
    (Map4Error, "it belongs to another account"), (UsageError, "it belongs to everybody"), NO_LIST, name="share"
)
@click.argument("name", metavar="LIST", shell_complete=complete_list_names)
@click.argument("sharing", type=Name(SHARINGS))
def share(name: str, sharing: Sharing) -> None:
    """Set who else may see or change a stored list.

    With 'private' only its owner sees it, which is the default for lists made with an account. With 'read' all users of
    the library see it, with 'edit' they may change it too. A list made without an account belongs to everybody.

    \b
    map4 playlist share Friday read
    map4 playlist share Friday private
    """
    session = Session.current()
    with session.open_library(create=False) as library:
        shared = library.lists.share(name, sharing)
    what = {"private": "private", "read": "visible to everybody", "edit": "editable by everybody"}[sharing]
    session.info(f"'{shared}' is {what}")


@Map4Command.of(NO_LIST, Exit.REFUSED, note="The other lists are deleted anyway.")
@click.argument("names", metavar="NAME...", nargs=-1, required=True, shell_complete=complete_list_names)
@CallOption.yes("Don't ask for confirmation.")
def delete(names: tuple[str, ...], yes: bool) -> None:
    """Delete stored lists; files and tracks stay as they are.

    'map4 playlist versions NAME --restore deleted' brings them back for 30 days.
    """
    session = Session.current()
    with session.open_library(create=False) as library:
        missing: NothingFoundError | None = None
        for name in dict.fromkeys(names):
            try:
                list_name = library.lists.find(name)
                is_sure = yes or not session.may_ask
                session.require_yes(
                    f"Delete the stored list '{list_name}'?", yes=is_sure, otherwise=f"'{list_name}' stays"
                )
                library.lists.delete(list_name)
            except NothingFoundError as error:
                missing = error
                session.warn(f"map4: {error}")
            else:
                back = session.command("playlist", "versions", list_name, "--restore", _DELETED)
                session.info(f"deleted '{list_name}'; to bring it back: {back}")
    if missing is not None:
        sys.exit(missing.exit_code)
