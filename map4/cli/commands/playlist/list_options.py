"""Options of commands that read lists and write them, and what they lead to."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from map4.cli.output import write_text
from map4.cli.track_output import Output, TrackWriter
from map4.errors import FileError

if TYPE_CHECKING:
    from map4.app.playlists.draft import PlaylistDraft
    from map4.app.playlists.playlists import Playlists
    from map4.cli.options import F, Session
    from map4.domain.path_maps import PathMaps
    from map4.domain.tracklist import Tracklist
    from map4.selection.matching.resolved_playlist import ResolvedEntry, ResolvedPlaylist

EXIT_FINDINGS = FileError.exit_code
"""Done, but something was found that a script may want to know of."""

policy_option = click.option(
    "--policy",
    type=click.Choice(["strict", "flexible", "creative"]),
    help="How far the tempo may go: 3 %, 6 %, 10 % (default: the list's own, else flexible).",
)

# So many entries that were not found are named; -v names all.
_MOST_TOLD = 10
_STREAM = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistReading:
    """How LISTs are read."""

    path_maps: tuple[str, ...]
    certainty: float

    def read(self, lists: Playlists, source: str) -> ResolvedPlaylist:
        """Look up a list: a stored one, a file, or stdin."""
        return lists.read(
            source,
            places=places_of(self.path_maps, None),
            least_certainty=self.certainty,
            data=sys.stdin.buffer.read() if source == _STREAM else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistTarget:
    """Where a made list goes."""

    output: str | None
    kind: str | None
    relative_to: str | None
    path_maps: tuple[str, ...]
    force: bool
    save: str | None

    @property
    def is_elsewhere(self) -> bool:
        """Whether it goes to a file or into the library, so that nothing need be shown."""
        return self.output is not None or self.save is not None

    @property
    def is_stdout(self) -> bool:
        """Whether the list itself goes to stdout."""
        return self.output == _STREAM

    def check(self, output: Output) -> None:
        """Refuse what can't be done before any work is."""
        from map4.domain.tracklist import checked_name
        from map4.library.formats import format_for_writing

        if self.is_stdout and output.form is not None:
            raise click.UsageError("-o - and another form of output can't be had at once; choose one.")
        if self.output is None and self.kind is not None:
            raise click.UsageError("--as names the format of a file; name the file with -o ('-' is stdout).")
        if self.output is not None:
            format_for_writing(self.output, self.kind)
        if self.save is not None:
            checked_name(self.save)
        places_of(self.path_maps, self.relative_to)

    def put(self, lists: Playlists, content: Tracklist, session: Session) -> None:
        """Write the list and store it, as asked."""
        from map4.library.formats import format_for_writing

        places = places_of(self.path_maps, self.relative_to)
        if self.output is not None and self.is_stdout:
            write_text("")
            kind = format_for_writing(self.output, self.kind).name
            notes = lists.write_to(content, sys.stdout.buffer, kind=kind, places=places)
            tell_notes(session, notes.sentences())
        elif self.output is not None:
            notes = lists.write(content, self.output, kind=self.kind, places=places, force=self.force)
            tell_notes(session, notes.sentences())
            session.say(f"{self.output}: {counted(notes.tracks, 'track')}")
        if self.save is not None:
            lists.save(self.save, content)
            session.say(f"stored as '{self.save.strip()}'; 'map4 playlist show' shows it")


def reading_list_options(function: F) -> F:
    """Add --path-map and --certainty; the command gets a `PlaylistReading` as `reading`."""

    @functools.wraps(function)
    def command(*args: Any, certainty: float, **kwargs: Any) -> Any:
        reading = PlaylistReading(path_maps=kwargs["path_maps"], certainty=certainty)
        return function(*args, reading=reading, **_without_maps(function, kwargs))

    decorated: Any = command
    decorated = click.option(
        "--certainty",
        type=click.FloatRange(0.0, 1.0),
        default=0.9,
        show_default=True,
        metavar="0-1",
        help="How sure a match must be to be taken; others are only told.",
    )(decorated)
    if not getattr(function, "has_path_maps", False):
        decorated = _path_map_option(decorated)
    decorated.has_path_maps = True
    result: F = decorated
    return result


def list_target_options(function: F) -> F:
    """Add -o, --as, --relative-to, --path-map, --force and --save; the command gets a `PlaylistTarget` as `target`."""

    @functools.wraps(function)
    def command(
        *args: Any,
        out: str | None,
        kind: str | None,
        relative_to: str | None,
        force: bool,
        save: str | None,
        **kwargs: Any,
    ) -> Any:
        target = PlaylistTarget(
            output=out, kind=kind, relative_to=relative_to, path_maps=kwargs["path_maps"], force=force, save=save
        )
        return function(*args, target=target, **_without_maps(function, kwargs))

    decorated: Any = command
    for names, settings in reversed(_TARGET_OPTIONS):
        decorated = click.option(*names, **settings)(decorated)
    if not getattr(function, "has_path_maps", False):
        decorated = _path_map_option(decorated)
    decorated.has_path_maps = True
    result: F = decorated
    return result


def complete_writable(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of formats that lists can be written in, for Tab."""
    from map4.library.formats import writable_formats

    return [name for name in writable_formats() if name.startswith(incomplete)]


_TARGET_OPTIONS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (
        ("-o", "--output", "out"),
        {
            "metavar": "FILE",
            "type": click.Path(allow_dash=True),
            "help": "Write to FILE: .m3u8 .m3u .pls .xspf .json .csv .crate .vdjfolder ('-' is stdout).",
        },
    ),
    (
        ("--as", "kind"),
        {
            "metavar": "FORMAT",
            "shell_complete": complete_writable,
            "help": "Format of FILE, where its suffix does not tell.",
        },
    ),
    (("--relative-to",), {"metavar": "DIR", "type": click.Path(), "help": "Write paths relative to DIR."}),
    (("--force",), {"is_flag": True, "help": "Replace a FILE that map4 did not write."}),
    (("--save",), {"metavar": "NAME", "help": "Store the list in the library."}),
)  # fmt: skip


def _path_map_option(function: Any) -> Any:
    return click.option(
        "--path-map",
        "path_maps",
        metavar="FROM=TO",
        multiple=True,
        help="A folder that is called otherwise there: D:/Music=/music to read what lies there, /music=D:/Music to "
        "write for it; repeatable.",
    )(function)


def _without_maps(function: Callable[..., Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments for what is decorated: it takes the maps only where it has such options itself."""
    if getattr(function, "has_path_maps", False):
        return kwargs
    return {name: value for name, value in kwargs.items() if name != "path_maps"}


def places_of(path_maps: Iterable[str], relative_to: str | None) -> PathMaps:
    """How paths are read and written, of --path-map and --relative-to."""
    from map4.domain.path_maps import PathMap, PathMaps

    folder = None if relative_to is None else os.path.abspath(os.path.expanduser(relative_to))
    return PathMaps(maps=tuple(PathMap.parse(_with_home(text)) for text in path_maps), relative_to=folder)


def _with_home(path_map: str) -> str:
    """FROM=TO with the home folder in full: a shell leaves the ~ behind the = as it is."""
    source, equals, target = path_map.partition("=")
    return os.path.expanduser(source) + equals + os.path.expanduser(target)


def tell_notes(session: Session, sentences: Iterable[str]) -> None:
    """Say what a format could not hold."""
    for sentence in sentences:
        session.say(f"map4: {sentence}")


def tell_unmatched(session: Session, resolved: ResolvedPlaylist) -> int:
    """Say which entries were not taken, and why; gives how many of them were wanted (streams are not)."""
    left = [entry for entry in resolved.entries if entry.status != "found"]
    shown = left if session.verbosity else left[:_MOST_TOLD]
    for entry in shown:
        session.tell(f"map4: {resolved.source}, entry {entry.entry.position}: {entry.entry.label()}: {_why(entry)}")
    if len(left) > len(shown):
        session.tell(f"map4: {len(left) - len(shown)} more entries were not taken; -v names them all")
    return sum(entry.status != "url" for entry in left)


def _why(entry: ResolvedEntry) -> str:
    from map4.domain.track import display_path

    if entry.status == "url":
        return "a stream, passed over"
    if entry.status == "gone":
        return "is in the library, but its file is gone"
    if entry.status == "uncertain" and entry.match is not None:
        path = display_path(entry.match.path)
        rivals = f", as {counted(entry.match.rivals, 'other')} may" if entry.match.rivals else ""
        return f"may be {path}{rivals} ({entry.match.method}, certainty {entry.match.certainty:.2f}; see --certainty)"
    return "not found in the library"


def counted(count: int, what: str) -> str:
    """`1 track`, `1,234 tracks`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def give(session: Session, lists: Playlists, made: PlaylistDraft, target: PlaylistTarget, output: Output) -> None:
    """Write and store a made list as asked, and show it where it goes nowhere else."""
    target.put(lists, made.content, session)
    if output.form is not None or not target.is_elsewhere:
        show_list(session, lists, made.content, output)


def show_list(session: Session, lists: Playlists, content: Tracklist, output: Output) -> None:
    """Print a list: JSON as a playlist, all else as tracks."""
    if output.form in ("json", "jsonl"):
        write_text("")  # what Python still holds comes first
        lists.write_to(content, sys.stdout.buffer, kind=output.form)
    else:
        TrackWriter(session, output).write_all(content.tracks)
