"""`map4 duplicates`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from functools import partial
from inspect import cleandoc
from typing import TYPE_CHECKING, Any

from map4.cli.added import AddedToCommand
from map4.cli.exits import EXIT_FINDINGS, Exit
from map4.cli.options import CallOption
from map4.cli.output import csv_text
from map4.cli.session import Map4DefaultGroup, Session
from map4.cli.track_output import Output, TrackWriter
from map4.cli.track_selection import Selection
from map4.core.base.text import counted, size_text
from map4.duplicates.options import DuplicateOptions
from map4.duplicates.records import GROUP_KINDS, DuplicateGroup, Duplicates
from map4.errors import NothingFoundError, QueryError
from map4.library import hookspecs

if TYPE_CHECKING:
    from map4.library import Library

CSV_COLUMNS = ("group", "kind", "role", "certainty", "quality", "size_bytes", "path", "why")
Added = Callable[..., bool]
"""Takes `find`, which finds the copies of the selection in a library with options, and `options`, `output` and
`narrowed`: whether anything was given that finds or chooses copies. Does what the options of the extra request; returns
whether they request anything."""
_ADDED: AddedToCommand = next(
    hookspecs.added_to["duplicates"](),
    AddedToCommand(endings=(QueryError, Exit.STRICT_FINDINGS, Exit.NO_TRACK, Exit.NO_LIBRARY, Exit.INTERRUPTED)),
)


@Map4DefaultGroup.of(
    *_ADDED.endings, done="done, also with findings",
    name="duplicates",
    headings={
        "Which groups": "--query --files-from",
        "Which copy is kept": "",
        **_ADDED.headings,
    },
)  # fmt: skip
@CallOption.of(DuplicateOptions)
@Selection.options
@CallOption.strict
@_ADDED.options
@Output.options()
def command(
    selection: Selection, options: DuplicateOptions, strict: bool, output: Output, added: Added = lambda **given: False
) -> None:
    """Find copies of the same recording, and which to keep.

    \b
    same_audio      the same audio, to the last bit; names and tags may differ
    same_recording  it sounds the same: another format, rate or level, other
                    silence, a few seconds cut off
    likely          names or numbers agree, and the sound does not contradict
    versions        remix, live, edit, instrumental, clean and the like: other
                    recordings of the same song, shown for information

    Each group shows the copy to keep and why, how certain it is, and the size of the others.{about} With FILEs or a
    --query, only their groups are shown.

    \b
    map4 duplicates
    map4 duplicates track.mp3              copies of one track
    map4 duplicates --query 'added:-1d'    new music that you already had
    map4 duplicates --paths                same_audio, same_recording: all but
                                           the copies to keep{examples}
    """
    session = Session.current()
    is_narrowed = (
        not selection.is_empty or strict or bool(CallOption.given() & {field.name for field in fields(options)})
    )
    if added(find=partial(_found, selection), options=options, output=output, narrowed=is_narrowed):
        return
    tally = _GroupTally()
    with session.open_library(create=False) as library:
        groups = _found(selection, library, options)
        with session.reporting_stop(lambda: "no file was moved"):
            _write(session, output, tally.counting(groups))
    session.info(tally.sentence() if tally.kinds or is_narrowed else "no duplicates: every recording is there once")
    if strict and tally.kinds:
        sys.exit(EXIT_FINDINGS)


command.help = cleandoc(command.help or "").format(about=_ADDED.about, examples=_ADDED.examples)


def _found(selection: Selection, library: Library, options: DuplicateOptions) -> Iterator[DuplicateGroup]:
    """Search the library for copies, only those of the selection."""
    if not library.count(""):
        raise NothingFoundError("no track is analysed and present; 'map4 scan FOLDER' adds some")
    session = Session.current()
    options = replace(options, files=Selection.named_paths(session, library, selection.files), query=selection.query)
    with session.comparing_sounds() as show:
        return library.duplicates.find_events(options, progress=show)


class _GroupTally:
    """Counts groups as they pass."""

    def __init__(self) -> None:
        self.kinds = Counter[str]()
        self.copies = 0
        self.spare_bytes = 0

    def counting(self, groups: Iterable[DuplicateGroup]) -> Iterator[DuplicateGroup]:
        for group in groups:
            self.kinds[group.kind] += 1
            if group.kind in DuplicateGroup.REMOVABLE:
                self.copies += len(group.copies)
                self.spare_bytes += group.spare_bytes
            yield group

    def sentence(self) -> str:
        from map4.duplicates.views import TITLES

        if not self.kinds:
            return "nothing found"
        groups = ", ".join(f"{self.kinds[kind]:,} {TITLES[kind]}" for kind in GROUP_KINDS if self.kinds[kind])
        spare = (
            f"; {counted(self.copies, 'copy', 'copies')} to spare: {size_text(self.spare_bytes)}" if self.copies else ""
        )
        return f"{counted(sum(self.kinds.values()), 'group')} ({groups}){spare}"


def _write(session: Session, output: Output, groups: Iterator[DuplicateGroup]) -> None:
    if output.format == "json":
        Session.write_json_list(Duplicates(groups=groups))
    elif output.format == "jsonl":
        for group in groups:
            Session.write_json_line(group.document())
    elif output.format == "csv":
        Session.write_text(csv_text([CSV_COLUMNS]))
        for number, group in enumerate(groups, start=1):
            Session.write_text(csv_text(_rows(number, group)))
    elif output.format is not None:
        writer = TrackWriter(session, output)
        writer.write_all(c.track for group in groups if group.kind in DuplicateGroup.REMOVABLE for c in group.copies)
    else:
        from map4.duplicates.views import group_view

        for number, group in enumerate(groups):
            session.out.print(group_view(group, session.out, is_first=number == 0), soft_wrap=True)


def _rows(number: int, group: DuplicateGroup) -> Iterator[list[Any]]:
    for member in group.members:
        record = member.to_record()
        is_kept = member is group.kept
        yield [
            number,
            group.kind,
            "keep" if is_kept else "copy" if group.kind in DuplicateGroup.REMOVABLE else "other",
            record["certainty"],
            record["quality"],
            record["size_bytes"],
            record["path"],
            group.why if is_kept else ", ".join(record["remarks"]),
        ]
