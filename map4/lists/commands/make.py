"""`map4 playlist`: make a list; also the group of commands for existing lists."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from map4 import lists
from map4.cli.exits import Exit
from map4.cli.guesses import command_meant
from map4.cli.options import CallOption, F
from map4.cli.session import Map4Group, Session
from map4.cli.track_output import Output, TrackWriter
from map4.cli.track_selection import Selection
from map4.cli.value_types import PathArgument
from map4.core.base.paths import as_paths, display_path, quoted
from map4.errors import FileError, Map4Error, NothingFoundError
from map4.library import hookspecs
from map4.lists.commands.completion import curve_names
from map4.lists.commands.list_options import (
    TOO_FEW_TRACKS,
    PlaylistTarget,
    figures_option,
    playlist_target_options,
    set_of,
)
from map4.lists.options import GenerateOptions
from map4.lists.playlist.request import find_preset, presets_of

if TYPE_CHECKING:
    from map4.library import Library

OF_PRESETS = ("absolute_energy", "max_candidates")
"""Options that presets of the settings have, and the command has not."""


def _presets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Presets whose names begin with the text, including those of the settings."""
    try:
        presets = presets_of(Session.of(ctx).config["playlist.presets"])
    except Map4Error:
        presets = presets_of({})
    return [name for name in presets if name.startswith(incomplete)]


def generate_options(function: F) -> F:
    """Add the options that choose tracks and shape the list; the command gets `seeds`, `query` and `options`."""
    seeds = click.option(
        "--seed", "--from", "seeds", metavar="FILE", type=PathArgument(), multiple=True,
        help="Begin with FILE, and sound like it; repeatable.",
    )  # fmt: skip
    query = CallOption.query("Choose from what matches")
    others = CallOption.of(
        GenerateOptions, without=("query", "jobs", "timeout_s", *OF_PRESETS),
        complete={"curve": CallOption.completing(curve_names), "preset": _presets},
    )  # fmt: skip
    decorated: F = CallOption.added(function, seeds, query, others)
    return decorated


WRITING = "The file"
EXIT_SHORT = NothingFoundError.exit_code
EXIT_SOME_FAILED = FileError.exit_code


class PlaylistGroup(Map4Group):
    """The group; explains a file or list that is given instead of a sub-command."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the sub-command, or report how to name tracks and lists."""
        if args and not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            raise click.UsageError(_no_command(self, ctx, args), ctx)
        return super().resolve_command(ctx, args)


def _no_command(group: click.Group, ctx: click.Context, args: list[str]) -> str:
    word = args[0]
    if "." in word or "/" in word:
        return (
            f"'{word}' is not a sub-command; give tracks with --seed FILE (repeatable), and a list "
            "after a sub-command ('map4 playlist check LIST')."
        )
    missing: Map4Error | None = None
    for name in (word, " ".join(args)):
        try:
            with Session.of(ctx).open_library(create=False) as library:
                stored = library.lists.find(name)
        except Map4Error as error:
            missing = missing or error
        else:
            return f"'{word}' is not a sub-command; 'map4 playlist show {quoted(stored)}' shows the stored list."
    if (meant := command_meant("map4 playlist", word, group.list_commands(ctx))) is not None:
        return f"There is no command 'playlist {word}'. Did you mean '{meant}'?"
    end = " Give" if str(missing).endswith("?") else "; give"
    return f"'{word}' is not a sub-command, and {missing}{end} tracks with --seed."


@PlaylistGroup.of(
    (Map4Error, "a file can't be used or written"), (FileError, "with --folder: some files could not be analysed"),
    (NothingFoundError, "no such file"), (NothingFoundError, "nothing to choose from"), TOO_FEW_TRACKS,
    Exit.INTERRUPTED, name="playlist", invoke_without_command=True, no_args_is_help=True,
    folded=("Limits", "Order and choice", WRITING, "Language model"),
    headings={
        "Order and choice": "--include --exclude",
        WRITING: "--as",
    },
)  # fmt: skip
@generate_options
@Output.explain_option
@figures_option
@playlist_target_options
@Output.options(listed=True)
@click.pass_context
@CallOption.of_extra(hookspecs.ask_option(lists=True))
def command(
    ctx: click.Context,
    seeds: tuple[str, ...],
    query: str | None,
    options: GenerateOptions,
    explain: bool,
    figures: bool,
    target: PlaylistTarget,
    output: Output,
) -> None:
    """Make a playlist, or check, order, merge and store lists.

    A list begins with a --seed, leads --from A --to B, or fits a --query.

    \b
    map4 playlist --seed track.mp3 -n 50 -o set.m3u8
    map4 playlist --from a.mp3 --to b.mp3 --minutes 30
    map4 playlist --query 'genre:house bpm:120..126' --curve wave --minutes 90
    map4 playlist --seed track.mp3 --preset peak_time --explain
    map4 playlist --from-plays 30d -o now.m3u8    begin with what you heard most
    """
    if ctx.invoked_subcommand is not None:
        if CallOption.given():
            raise click.UsageError(
                f"Options of 'map4 playlist {ctx.invoked_subcommand}' go after it; options before it make a list."
            )
        return
    session = Session.current()
    _refuse_folder_as_library(session)
    preset = None
    if isinstance(options.preset, str):
        preset = find_preset(options.preset, presets_of(session.config["playlist.presets"]))
    make(
        session,
        seeds,
        replace(options, query=query or "", preset=preset),
        target,
        output,
        explain=explain,
        figures=figures,
    )


def make(
    session: Session,
    seeds: tuple[str, ...],
    options: GenerateOptions,
    target: PlaylistTarget,
    output: Output,
    *,
    explain: bool = False,
    figures: bool = False,
    max_files: int | None = None,
) -> None:
    """Make a list, show it pick by pick, write and store it; exits with 4 if it is short.

    explain: print the reasons of each pick
    figures: draw the list on the clock
    max_files: read at most this many files of the folder in `options`
    """
    target.check(output)
    output.check_figures(figures=figures, explain=explain, is_stdout=target.is_stdout)
    options = options.settled()  # refuses invalid options before anything is opened
    folder = None if options.folder is None else _checked_folder(os.fsdecode(options.folder))
    options = replace(options, folder=folder, **session.workers)
    # A missing library counts as empty; only a scan creates one.
    with session.open_library(create=folder is not None) as library:
        if target.is_elsewhere:
            target = target.agreed(library.lists, session)
        failed = 0 if folder is None else _scan(session, library, folder, max_files)
        # A list that goes elsewhere is shown only on request, as with the sub-commands.
        is_hidden = target.is_stdout or (target.is_elsewhere and output.format is None and not (explain or figures))
        seeds, options = _named(session, library, seeds, options)
        shown = _Shown(session, library, output, explain=explain, figures=figures, is_hidden=is_hidden)
        playlist = shown.follow(library.playlist_events(seeds, options))
        if playlist.picks and target.is_elsewhere:
            target.put(library.lists, playlist.to_tracklist(name=_name_of(playlist, target)), session)
    _report(session, playlist, explained=explain)
    if playlist.picks:
        target.report_unsaved(output, session)
    if playlist.missing is not None:
        sys.exit(EXIT_SHORT)
    if failed:
        sys.exit(EXIT_SOME_FAILED)


def _named(
    session: Session, library: Library, seeds: tuple[str, ...], options: GenerateOptions
) -> tuple[tuple[str, ...], GenerateOptions]:
    """Seeds and options with words replaced by paths; reports the matching tracks in the order of the list."""
    goal = () if options.to is None else (os.fsdecode(options.to),)
    included = tuple(os.fsdecode(path) for path in as_paths(options.include))
    paths = Selection.named_paths(session, library, (*seeds, *goal, *included))
    to = paths[len(seeds)] if goal else None
    return paths[: len(seeds)], replace(options, to=to, include=paths[len(seeds) + len(goal) :])


class _Shown:
    """Prints picks as they come, in the chosen format."""

    def __init__(
        self, session: Session, library: Library, output: Output, *, explain: bool, figures: bool, is_hidden: bool
    ) -> None:
        self._session = session
        self._library = library
        self._format = output.format
        self._is_hidden = is_hidden
        self._write: Callable[[lists.Pick], object] | None = None
        self._finish: Callable[[lists.Playlist], object] = lambda playlist: None
        if output.format is None:
            from map4.lists.views.playlist import ListTable

            table = ListTable(session.out, notation=session.notation, explain=explain)

            def finish(playlist: lists.Playlist) -> None:
                for line in table.legend():
                    session.info(line)
                if figures and playlist.picks:
                    session.out.print(set_of(library.lists, playlist.to_tracklist(), session), soft_wrap=True)

            self._write, self._finish = lambda pick: table.write(pick.track, pick), finish
        elif output.format not in ("json", "jsonl", "csv"):
            from map4.core.music.lists.tracklist import PlaceCounter

            writer, places = TrackWriter(session, output), PlaceCounter()
            self._write = lambda pick: writer.write(pick.track, places.next(pick.track, pick))
            self._finish = lambda playlist: writer.finish()

    def follow(self, events: Iterator[lists.Pick | lists.Playlist]) -> lists.Playlist:
        """Print the events, and return the list."""
        for event in events:
            if not isinstance(event, lists.Pick):
                self._end(event)
                return event
            if self._format == "jsonl":
                Session.write_json_line(event.to_record())
            elif self._write is not None and not self._is_hidden:
                self._write(event)
        raise AssertionError("a list ends with itself")

    def _end(self, playlist: lists.Playlist) -> None:
        if self._format == "json":
            Session.write_json(playlist.to_record())
        elif self._format == "jsonl":
            Session.write_json_line(playlist.to_summary())
        elif self._format == "csv":
            self._library.lists.write_to(playlist.to_tracklist(), Session.data_stream(), format_name="csv")
        elif not self._is_hidden:
            self._finish(playlist)


def _report(session: Session, playlist: lists.Playlist, *, explained: bool) -> None:
    from map4.lists.views.playlist import missing_sentence

    if playlist.picks:
        for line in playlist.to_tracklist().words(with_parts=True):
            session.info(line)
        for line in (*playlist.mix_lines(), *playlist.notes):
            session.info(line)
        if playlist.like_my_sets is not None:
            session.info(playlist.like_my_sets)
        for way in playlist.ways_out:
            session.info(way.text)
        if playlist.relaxed:
            stop = "--no-relax ends the list there instead"
            session.info(stop if explained else f"--explain shows why; {stop}")
    if playlist.missing is not None:
        session.warn(f"map4: {missing_sentence(playlist, playlist.missing)}")


def _checked_folder(named: str) -> str:
    folder = os.path.expanduser(named)  # a shell leaves the ~ of --folder=~/Music as it is
    if not os.path.isdir(folder):
        raise click.UsageError(f"there is no folder {display_path(named)}")
    return folder


def _refuse_folder_as_library(session: Session) -> None:
    named = session.config["library"]
    if os.path.isdir(named):
        raise click.UsageError(
            f"--library must be a library file, but {display_path(named)} is a folder; "
            f"to choose from the tracks of a folder: map4 playlist --folder {quoted(named)}"
        )


def _scan(session: Session, library: Library, folder: str, max_files: int | None) -> int:
    """Scan a folder, and return the number of new failures."""
    from map4.scan.commands.scan import follow_scan

    summary = follow_scan(
        session,
        library.scan_events(
            [folder], **session.workers, exclude=session.config["scan.exclude"], max_files=max_files, keep_roots=False
        ),
    )
    return summary.failed


def _name_of(playlist: lists.Playlist, target: PlaylistTarget) -> str | None:
    """The name of the list in players."""
    if target.save is not None:
        return target.save.strip()
    if not playlist.seeds:
        return None
    # With a plain hyphen, which every format can store, as in captions of tracks.
    return f"From {playlist.seeds[0].caption().replace(' – ', ' - ')}"
