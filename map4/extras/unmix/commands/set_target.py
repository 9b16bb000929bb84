"""Output options of `map4 unmix`: what to write and store of a track list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from map4.cli.output import counted, local_time
from map4.core.base.paths import display_path
from map4.core.base.text import utc_text

if TYPE_CHECKING:
    from map4.cli.session import Session
    from map4.core.music.analysis.key import Notation
    from map4.extras.unmix.recorded_sets import RecordedSets
    from map4.extras.unmix.records import Unmixed
    from map4.extras.unmix.request import StoredSet
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


def undo_set(library: Library, step: int) -> StoredSet:
    """Undo what `--save` and `--keep` stored."""
    return _sets(library).undo(step)


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
