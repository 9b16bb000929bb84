"""Options of commands that read and write playlists, and their effects."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from map4 import exports, formats
from map4.cli.options import STREAM, CallOption, ClickOption, read_source
from map4.cli.session import Session
from map4.cli.track_output import Output, TrackWriter
from map4.cli.value_types import Number, PathArgument
from map4.core.base.files.journal import Journal
from map4.core.base.path_maps import PathMap, PathMaps, RenamedPaths
from map4.core.base.paths import absolute_path, display_path
from map4.core.base.text import counted
from map4.errors import FileError, Map4Error, NothingFoundError, StoredListExistsError
from map4.lists.commands.completion import complete_lists

if TYPE_CHECKING:
    from rich.text import Text

    from map4.core.music.lists.tracklist import Tracklist
    from map4.lists.draft import PlaylistDraft
    from map4.lists.playlists import Playlists
    from map4.search import ResolvedEntry, ResolvedPlaylist

BAD_LIST = (Map4Error, "a list can't be read or written")
UNREADABLE_LIST = (Map4Error, "the list can't be read")
MISSING_ENTRIES = (FileError, "some entries are not in the library")
NO_LIST = (NothingFoundError, "no such list")
NOT_MATCHED = (NothingFoundError, "none of its tracks is in the library")
TOO_FEW_TRACKS = (NothingFoundError, "fewer tracks than requested (still printed)")

_SURE = 0.9
# Maximum number of unmatched entries that are named; -v names all.
MOST_SHOWN = 10


def may_replace(session: Session, lists: Playlists, name: str, *, force: bool) -> bool:
    """Whether a stored list of this name may be replaced: with --force, or if the user confirms.

    raises StoredListExistsError: if the list exists and may not be replaced
    """
    try:
        lists.check_save(name, force=force)
    except StoredListExistsError as error:
        held = "live" if error.tracks is None else counted(error.tracks, "track")
        question = f"Replace the stored list '{error.name}' ({held})?"
        if not (session.may_ask and session.confirm(question, str(error))):
            raise
        return True
    return force


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistReading:
    """How to read LISTs."""

    path_maps: tuple[str, ...]
    certainty: float = _SURE

    def read(self, lists: Playlists, source: str) -> ResolvedPlaylist:
        """Read a list and match its tracks: a stored list, a file, or stdin."""
        return lists.read(
            source,
            path_maps=places_of(self.path_maps),
            least_certainty=self.certainty,
            data=read_source(source) if source == STREAM else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistTarget:
    """The target of a new list.

    may_replace: a stored list of this name may be replaced
    """

    file: str | None = None
    format_name: str | None = None
    relative_to: str | None = None
    path_maps: tuple[str, ...] = ()
    force: bool = False
    save: str | None = None
    may_replace: bool = False

    @property
    def is_elsewhere(self) -> bool:
        """Whether the list goes to a file or into the library, so that it need not be printed."""
        return self.file is not None or self.save is not None

    @property
    def is_stdout(self) -> bool:
        return self.file == STREAM

    def report_unsaved(self, output: Output, session: Session) -> None:
        """Report how to save the list that was just printed, if it is not saved."""
        if not self.is_elsewhere and output.format is None and sys.stderr.isatty():
            session.info("not saved; save it with -o FILE or --save NAME")

    def check(self, output: Output) -> None:
        """Refuse invalid combinations before any work is done."""
        if self.is_stdout and output.format is not None:
            raise click.UsageError("-o - and another form of output can't be used together; choose one.")
        if self.file is None and self.format_name is not None:
            raise click.UsageError("--as needs a file: give it with -o ('-' is stdout).")
        if self.file is None and self.relative_to is not None:
            raise click.UsageError("--relative-to needs a file: give it with -o ('-' is stdout).")
        if self.force and self.save is None and self.file in (None, STREAM):
            raise click.UsageError("--force replaces a list or a file: give it with --save NAME or -o FILE.")
        if self.file is not None:
            formats.ListFormats.for_writing(self.file, self.format_name)
        if self.save is not None:
            from map4.core.music.lists.listed import ListName

            ListName.checked(self.save)
        places_of(self.path_maps, self.relative_to)

    def agreed(self, lists: Playlists, session: Session) -> PlaylistTarget:
        """The target, after the user confirmed that a stored list is replaced, if needed and without --force."""
        if self.file is not None and not self.is_stdout:
            lists.check_write(self.file, force=self.force)
        if self.save is None:
            return self
        return replace(self, may_replace=may_replace(session, lists, self.save, force=self.force))

    def put(self, lists: Playlists, content: Tracklist, session: Session) -> None:
        """Write and store the list."""
        places = places_of(self.path_maps, self.relative_to)
        if self.file is not None and self.is_stdout:
            format_name = formats.ListFormats.for_writing(self.file, self.format_name).name
            notes = lists.write_to(content, Session.data_stream(), format_name=format_name, path_maps=places)
            session.report(notes.sentences())
        elif self.file is not None:
            notes = lists.write(content, self.file, format_name=self.format_name, path_maps=places, force=self.force)
            session.report([*notes.sentences(), *lost_to_players(self.file, places)])
            session.info(f"{self.file}: {counted(notes.tracks, 'track')}")
        if self.save is not None:
            name = self.save.strip()
            lists.save(name, content, force=self.may_replace)
            session.info(f"stored as '{name}'; to see it: {session.command('playlist', 'show', name)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistRun:
    """A command that reads lists, makes a new list, and writes it."""

    reading: PlaylistReading
    target: PlaylistTarget
    output: Output

    def make(
        self,
        make: Callable[[Playlists, Sequence[ResolvedPlaylist]], PlaylistDraft],
        *sources: str,
        report: bool = True,
        figures: bool = False,
    ) -> tuple[PlaylistDraft, int]:
        """Read lists, make a new list, and write and store it; print it if it goes nowhere else.

        make: makes the list
        report: whether to report unmatched entries
        figures: draw the list on the clock
        returns: The list, and the number of unmatched entries.
        """
        session = Session.current()
        self.target.check(self.output)
        self.output.check_figures(figures=figures, is_stdout=self.target.is_stdout)
        with session.open_library(create=False) as library:
            lists = library.lists
            target = self.target.agreed(lists, session)
            resolved = [self.reading.read(lists, source) for source in sources]
            left = sum(report_unmatched(session, each) for each in resolved) if report else 0
            draft = make(lists, resolved)
            target.put(lists, draft.content, session)
            if self.output.format is not None or not target.is_elsewhere or (figures and not target.is_stdout):
                _show(session, lists, draft.content, self.output, figures=figures)
        return draft, left

    def report_unsaved(self) -> None:
        """Report how to save the list, if it is not saved."""
        self.target.report_unsaved(self.output, Session.current())


# ---- options -------------------------------------------------------------------------------------


list_argument = click.argument(
    "source", metavar="LIST", type=PathArgument(allow_dash=True), shell_complete=complete_lists
)


figures_option = click.option("--figures", is_flag=True, help="Draw the set over time, with transitions.")
path_map_option = click.option(
    "--path-map",
    "path_maps",
    metavar="FROM=TO",
    multiple=True,
    help="Map path prefixes: D:/Music=/music to read a list from another computer, /music=D:/Music to write one "
    "for it; or a journal of 'map4 rename'; repeatable.",
)
_CERTAINTY = click.option(
    "--certainty",
    type=Number(0.0, 1.0),
    default=_SURE,
    show_default=True,
    metavar="0-1",
    help="Minimum certainty of a match with the library; less certain matches are only reported.",
)
_TARGET: tuple[ClickOption, ...] = (
    click.option(
        "-o",
        "--output",
        "file",
        metavar="FILE",
        type=PathArgument(allow_dash=True),
        help="Write to FILE, by its suffix; '-' is stdout.",
    ),
    click.option(
        "--as",
        "format_name",
        metavar="FORMAT",
        shell_complete=CallOption.completing(lambda: formats.ListFormats.writable()),
        help="Format of FILE (default: by its suffix).",
    ),
    click.option("--force", is_flag=True, help="Replace a stored list, or a FILE not by map4."),
    click.option("--save", metavar="NAME", help="Store the list in the library."),
)

playlist_reading_options = CallOption.collected("reading", PlaylistReading, path_map_option, _CERTAINTY)
"""Adds --path-map and --certainty; the command gets a `PlaylistReading` as `reading`."""

playlist_target_options = CallOption.collected("target", PlaylistTarget, *_TARGET)
"""Adds -o, --as, --force and --save; the command gets a `PlaylistTarget` as `target`."""


def _run(*, certainty: float, path_maps: tuple[str, ...], output: Output, **target: Any) -> PlaylistRun:
    reading = PlaylistReading(path_maps=path_maps, certainty=certainty)
    return PlaylistRun(reading=reading, target=PlaylistTarget(path_maps=path_maps, **target), output=output)


playlist_run_options = CallOption.collected(
    "run", _run, *_TARGET, CallOption.relative_to, path_map_option, _CERTAINTY, Output.options(listed=True)
)
"""Adds the options of reading and of the target, and the output options; the command gets a `PlaylistRun` as `run`."""


_BESIDE_MUSIC = (".m3u8", ".m3u", ".pls", ".xspf", ".jspf", ".txt")


def places_of(path_maps: Iterable[str], relative_to: str | None = None) -> PathMaps:
    """The path mapping of --path-map and --relative-to."""
    folder = None if relative_to is None else absolute_path(relative_to)
    maps, moves = list[PathMap](), list[tuple[str, str]]()
    for text in path_maps:
        if text.endswith(Journal.SUFFIX) and os.path.isfile(os.path.expanduser(text)):
            moves += Journal.moves_in(os.path.expanduser(text))
        else:
            # A shell does not expand the ~ after =.
            maps.append(PathMap.parse("=".join(map(os.path.expanduser, text.split("=", 1)))))
    return PathMaps(maps=tuple(maps), relative_to=folder, renamed=RenamedPaths.of(moves) if moves else None)


# ---- messages ------------------------------------------------------------------------------------


def lost_to_players(file: str, places: PathMaps) -> list[str]:
    """A warning if a list with relative paths is not in the folder they are relative to."""
    folder, base = os.path.realpath(os.path.dirname(absolute_path(file))), places.relative_to
    if base is None or folder == os.path.realpath(base) or not file.lower().endswith(_BESIDE_MUSIC):
        return []
    instead = display_path(os.path.join(base, os.path.basename(file)))
    return [f"players look for these paths beside the list, in {display_path(folder)}; write it to {instead}"]


def report_unmatched(session: Session, resolved: ResolvedPlaylist) -> int:
    """Report the entries that were not used, and why; returns how many they are, without streams."""
    left = [entry for entry in resolved.entries if entry.status != "found"]
    shown = left if session.verbosity else left[:MOST_SHOWN]
    for entry in shown:
        session.warn(f"map4: {resolved.source}, entry {entry.entry.position}: {entry.entry.label()}: {_why(entry)}")
    if len(left) > len(shown):
        session.warn(f"map4: {len(left) - len(shown)} more entries were left out; -v lists all")
    copies = [
        (entry.entry.position, entry.track) for entry in resolved.entries if entry.track and entry.track.represents
    ]
    for position, track in copies if session.verbosity else copies[:MOST_SHOWN]:
        session.info(f"{resolved.source}, entry {position}: its file is away; {display_path(track.path)} is a copy")
    if len(copies) > MOST_SHOWN and not session.verbosity:
        session.info(f"{len(copies) - MOST_SHOWN} more entries are copies of files that are away; -v lists all")
    return sum(entry.status != "url" for entry in left)


def _why(entry: ResolvedEntry) -> str:
    if entry.status == "url":
        return "a stream, skipped"
    if entry.status == "gone":
        return "is in the library, but its file is gone"
    if entry.status == "uncertain" and entry.match is not None:
        path = display_path(entry.match.path)
        rivals = f", as {counted(entry.match.rivals, 'other')} may" if entry.match.rivals else ""
        return f"may be {path}{rivals} ({entry.match.method}, certainty {entry.match.certainty:.2f}; see --certainty)"
    return "not found in the library"


def set_of(lists: Playlists, content: Tracklist, session: Session) -> Text:
    """A list on the clock; if the terminal shows pictures, it is drawn, and only the rest is text."""
    from map4.exports.views import draw
    from map4.lists.views.set_clock import set_block

    listed = lists.detailed(content)
    drawn = draw(
        session,
        lambda: exports.set_clock(exports.set_bars(exports.running_order(listed), session.notation, with_figures=True)),
    )
    return set_block(listed, session.notation, width=session.out.width, is_drawn=drawn)


def _show(session: Session, lists: Playlists, content: Tracklist, output: Output, *, figures: bool) -> None:
    """Print a list: paths and template lines as for tracks, all other formats as a list."""
    if output.format in ("json", "jsonl", "csv"):
        lists.write_to(content, Session.data_stream(), format_name=output.format)
    elif output.format is not None:
        from map4.core.music.lists.tracklist import PlaceCounter

        writer, places = TrackWriter(session, output), PlaceCounter()
        for track, pick in content.listed():
            writer.write(track, places.next(track, pick))
        writer.finish()
    else:
        from map4.lists.views.playlist import ListTable

        quality = content.header.quality
        weak = () if quality is None else quality.weak_positions
        table = ListTable(session.out, notation=session.notation, weak=weak)
        for track, pick in content.listed():
            table.write(track, pick)
        for line in table.legend():
            session.info(line)
        if figures:
            session.out.print(set_of(lists, content, session), soft_wrap=True)
        for line in content.words(with_parts=True):
            session.info(line)
