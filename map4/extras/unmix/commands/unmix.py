"""`map4 unmix`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.output import local_time
from map4.cli.session import Map4Command, Session
from map4.cli.track_selection import Selection
from map4.cli.value_types import PathArgument, WholeNumber
from map4.core.base.paths import display_path
from map4.core.base.text import counted, utc_text
from map4.core.music.analysis.key import Notation
from map4.errors import FileError, Map4Error, NothingFoundError
from map4.extras.unmix.access import unmix_events
from map4.extras.unmix.request import UnmixOptions
from map4.scan import expand_files

if TYPE_CHECKING:
    from map4.core.music.analysis.key import Notation
    from map4.extras.unmix.recorded_sets import RecordedSets
    from map4.extras.unmix.records import Unmixed
    from map4.library import Library


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTarget:
    """The files to write and what to store.

    output: a CUE sheet, a page or a list
    copy: the copy of the recording with chapters
    save: name of the history
    keep: record the tracks as plays
    began: when the recording began
    force: replace files that map4 did not write
    """

    output: str | None
    copy: str | None
    save: str | None
    keep: bool
    began: datetime | None
    force: bool

    def check(self, library: Library, paths: Sequence[str]) -> None:
        """Reject impossible requests before hours of work."""
        if self.began is not None and not (self.keep or self.save):
            raise click.UsageError("--began needs --keep or --save")
        if self.force and not (self.output or self.save):
            raise click.UsageError("--force replaces a file or a list: give it with -o or --save")
        if len(paths) > 1 and (self.output or self.copy or self.save or self.began):
            raise click.UsageError("-o, --write-chapters, --save and --began take only one recording")
        if self.keep:
            _sets(library).check_keep(self.began)
        if self.output is not None:
            _sets(library).check_write(self.output, force=self.force)
        if self.copy is not None and paths:
            _sets(library).check_chapters(paths[0], self.copy)
        if self.save is not None:
            library.lists.check_save(self.save, force=self.force)

    def put(self, library: Library, unmixed: Unmixed, session: Session, notation: Notation) -> None:
        """Write and store what the options request."""
        if self.output is not None:
            _sets(library).write(unmixed, self.output, notation=notation, force=self.force)
            session.info(f"written to {display_path(self.output)}")
        if self.copy is not None:
            _sets(library).write_chapters(unmixed, self.copy)
            session.info(f"copied with chapters to {display_path(self.copy)}")
        if self.save is not None or self.keep:
            moment = self.began or _sets(library).began(unmixed)
            when = local_time(utc_text(moment))
            source = "" if self.began else " according to its file; to correct it, use --began"
            session.info(f"the recording began {when}{source}")
            if self.save is not None:
                _sets(library).save(unmixed, self.save, began=moment, force=self.force)
                session.info(f"stored as '{self.save}'; to see it: {session.command('playlist', 'show', self.save)}")
            if self.keep:
                plays = _sets(library).keep(unmixed, moment)
                session.info(f"{counted(plays, 'play')} kept" if plays else "its plays are already recorded")


def _sets(library: Library) -> RecordedSets:
    from map4.extras.unmix.recorded_sets import RecordedSets

    return library.part(RecordedSets)


class MomentArgument(click.ParamType[datetime]):
    """A date and time; without a zone, in local time."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Parse the value into a datetime with a zone."""
        try:
            return datetime.fromisoformat(str(value)).astimezone()
        except (ValueError, OverflowError, OSError):
            self.fail(f"'{value}' is not a time; write 2026-11-21T22:00 (local time)", param, ctx)


@Map4Command.of(
    (Map4Error, "an output can't be written"), (FileError, "a recording can't be read"),
    (NothingFoundError, "no track to look for"), (NothingFoundError, "no recording contains a detected track"),
    Exit.INTERRUPTED,
    headings={
        "Input": "--files-from",
        "Results": "-o --write-chapters --save --keep --began --force --undo",
    },
)  # fmt: skip
@CallOption.files("FILE...")
@CallOption.of(UnmixOptions)
@click.option(
    "-o",
    "--output",
    "output",
    metavar="FILE",
    type=PathArgument(),
    help="Write the set to FILE: a CUE sheet (.cue), a page with a timeline (.html), or a list of its tracks "
    "(.m3u8 ...).",
)
@click.option(
    "--write-chapters",
    "copy",
    metavar="COPY",
    type=PathArgument(),
    help="Write a copy of FILE with the tracks as chapters (MP3, MP4 or Matroska).",
)
@click.option("--save", metavar="NAME", help="Store the tracks as a history, shown by 'playlist list --history'.")
@click.option("--keep", is_flag=True, help="Record the tracks as plays, for 'stats plays' and 'stats mixes'.")
@click.option(
    "--began",
    metavar="TIME",
    type=MomentArgument(),
    help="Start of the recording, such as 2026-11-21T22:00 (default: from the file's time).",
)
@click.option("--force", is_flag=True, help="Replace a stored list, or a FILE that map4 did not write.")
@click.option(
    "--undo", metavar="STEP", type=WholeNumber(1), help="Delete the plays and the new list of a step of 'map4 undo'."
)
@CallOption.yes(shown=False)
@CallOption.notation
@CallOption.json_of("Print a JSON document for each recording (map4/unmix/1).")
def command(
    files: tuple[str, ...], notation: Notation, options: UnmixOptions, undo: int | None, **becomes: Any
) -> None:
    """Detect which tracks were played in a recorded set.

    FILE is a recording of up to a day, such as a DJ set, a radio show or a club night. The result lists the library
    tracks in it: start and end, which part of the track, speed (up to 12 % faster or slower), pitch, loudness,
    certainty, and how it was mixed into the next. Passages without a match are unknown; their tempo and key are
    shown. Nothing is stored unless an option requests it, and FILE need not be in the library.

    \b
    map4 unmix set.mp3
    map4 unmix --json set.mp3 | jq '.tracks[] | select(.track).track.path'
    map4 unmix --from 'genre:house' set.mp3     look only for these
    map4 unmix --tracklist played.m3u8 set.mp3  when each of these was played
    map4 unmix -o set.cue set.mp3               a sheet for players
    map4 unmix --clip 20s.wav                   which track is this?
    map4 unmix --keep --began 2026-11-21T22:00 set.mp3

    In the table, ~ marks a fade, × a cut, b a mix in which the bass is swapped, and | a mix with aligned bars.
    """
    if undo is not None:
        _undo(undo)
        return
    if not files:
        raise click.UsageError("Name the recording: map4 unmix set.mp3")
    session = Session.current()
    wanted = SetTarget(**becomes)
    failed = known = done = 0
    with session.open_library(create=False) as library:
        named = Selection.named_paths(session, library, files)
        paths = list(dict.fromkeys(file for path in named for file in expand_files(path, library.lists.read)))
        wanted.check(library, paths)
        with (
            session.reporting_stop(
                lambda: f"{done} of {counted(len(paths), 'recording')} done; nothing of the others is kept"
            ),
            session.status("un-mixing") as show,
        ):
            for unmixed in unmix_events(library, paths, options, on_stage=show):
                done += 1
                known += bool(unmixed.known())
                if unmixed.failure is not None:
                    failed += 1
                    session.warn_of(unmixed.path, unmixed.failure)
                elif not unmixed.tracks:
                    session.warn(f"map4: {unmixed.path}: no track detected")
                if not Session.print_json(unmixed.document()) and unmixed.tracks:
                    from map4.extras.unmix.views import unmix_view

                    width, is_named = session.out.width, len(paths) > 1
                    session.out.print(unmix_view(unmixed, notation=notation, width=width, is_named=is_named))
                if unmixed.known():
                    wanted.put(library, unmixed, session, notation)
    if failed:
        sys.exit(FileError.exit_code)
    if not known:
        raise NothingFoundError("no track detected in any recording")


def _undo(step: int) -> None:
    if CallOption.given() != {"undo"}:
        raise click.UsageError("--undo takes no FILE and no other option.")
    session = Session.current()
    with session.open_library(create=False) as library:
        done = _sets(library).undo(step)
    gone = [counted(done.plays, "play")] if done.plays or not done.list else []
    session.info(f"{' and '.join([*gone, *(['its list'] if done.list else [])])} deleted")
    if done.list:
        session.info(
            f"to restore the list: {session.command('playlist', 'versions', done.list, '--restore', 'deleted')}"
        )
