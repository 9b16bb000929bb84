"""`map4 tags write` and `map4 tags undo`."""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption, ClickOption
from map4.cli.session import Map4Command, Session
from map4.cli.track_output import Output
from map4.cli.track_selection import Selection
from map4.cli.undoing import Undoing
from map4.cli.value_types import Name
from map4.core.base.paths import display_path
from map4.core.base.text import counted
from map4.errors import FileError, Map4Error, NothingFoundError
from map4.tags.options import TagOptions
from map4.tags.tagging import TAG_FIELDS, FieldState, TagField, TaggedFile, TagWrite

UNCONFIRMED = 100
"""Number of files that are written without a question."""
_OPTION_HELP = {
    "bpm": "Write the tempo.",
    "key": "Write the key (notation: setting tags.key_notation).",
    "energy": "Write the energy level, 1-10.",
    "gain": "Write the ReplayGain of the track (R128 of Opus), or of the album: tracks of a folder and its discs with "
    "one name (repeatable).",
    "genre": "Write the genre.",
    "year": "Write the year.",
    "artist": "Write the artist.",
    "title": "Write the title.",
    "album": "Write the album.",
    "album_artist": "Write the artist of the whole album.",
    "track": "Write the number of the track, and of its disc.",
    "rating": "Write the stars.",
    "label": "Write the record label, and its catalogue number.",
    "isrc": "Write the ISRC.",
    "advisory": "Write whether the title says explicit or clean.",
    "cover": "Write a missing cover, found in the folder.",
    "comment": "Write the comment.",
    "comment_prefix": "Put key and energy before the comment: '8A - 7 - …'.",
    "marks": "Put your marks into the comment, as My Tags of rekordbox: '/* peak / vocal */', or into the grouping: "
    "'peak; vocal' (repeatable).",
    "serato_cues": "Put detected cue points on Serato's free buttons.",
}
_FLAGS = {name: f"--{name.replace('_', '-')}" for name in _OPTION_HELP}
_OPTIONS: dict[TagField, tuple[str, str]] = {
    "gain": ("gain", "track"),
    "album_gain": ("gain", "album"),
    "comment_marks": ("marks", "comment"),
    "grouping_marks": ("marks", "grouping"),
    "disc_number": ("track", ""),
    "catalog_number": ("label", ""),
}
"""The option that writes a field, if it has another name, and the choice."""


def _field_option(name: str) -> ClickOption:
    choices = [choice for option, choice in _OPTIONS.values() if option == name and choice]
    kind: dict[str, Any] = {"type": Name(choices), "multiple": True} if choices else {"is_flag": True}
    return click.option(_FLAGS[name], name, help=_OPTION_HELP[name], **kind)


def _chosen_fields(**given: Any) -> list[TagField]:
    options = ((name, *_OPTIONS.get(name, (name, ""))) for name in TAG_FIELDS)
    return [name for name, option, choice in options if (choice in given[option] if choice else given[option])]


def _caption(name: TagField) -> str:
    option, choice = _OPTIONS.get(name, ("", name))
    return f"{option} {choice or name}".strip().replace("_", "-")


_field_options = CallOption.collected("fields", _chosen_fields, *map(_field_option, _OPTION_HELP))
_SKIPPED = (FileError, "some files were skipped")
_FOR_DJ_PROGRAMS = "For DJ programs"


@Map4Command.of(
    (Map4Error, "the journal can't be written"), _SKIPPED, (NothingFoundError, "nothing to write"), Exit.NO_MATCH,
    Exit.NO_LIBRARY, Exit.INTERRUPTED, note="Finished files stay changed.",
    name="write",
    headings={
        "What is written": " ".join(_FLAGS.values()),
        _FOR_DJ_PROGRAMS: "--comment-prefix --marks --serato-cues",
        "When and how": "--yes",
    },
    folded=(_FOR_DJ_PROGRAMS,),
)  # fmt: skip
@Selection.options
@_field_options
@CallOption.of(TagOptions)
@CallOption.yes("Don't ask for confirmation (for over 100 files, or a track named by words).")
@Output.options("json", "jsonl")
def write(selection: Selection, options: TagOptions, yes: bool, output: Output, fields: list[TagField]) -> None:
    """Write the current values into the tags of files.

    Fills in missing tags; --overwrite also replaces other values, and values of 'map4 set' are always written. Audio,
    pictures and the data of DJ programs are kept; --serato-cues adds cue points, --cover a missing picture. Each file
    is changed completely or not at all. Files that changed since the last scan are skipped. 'map4 tags undo' restores
    all files byte for byte. Without one of the fields below, nothing is written and the possible changes are listed.

    \b
    map4 tags write album/                        what could be written
    map4 tags write album/ --bpm --key --dry-run
    map4 tags write --query 'genre:house' --bpm --key --energy
    map4 tags write track.mp3 --gain track --gain album --overwrite
    map4 tags write --query is:set --bpm --key --genre --year
    map4 tags undo                                undo the last write
    """
    session = Session.current()
    if selection.is_empty:
        raise click.UsageError("Name FILEs or a --query: map4 tags write track.mp3 --bpm --key")
    if selection.query is not None and not selection.query.strip():
        raise click.UsageError("An empty --query would write every file; is a variable empty? Write --query 'bpm:1..'.")
    lists_only = not fields
    if lists_only and options.keep_times:
        raise click.UsageError("--keep-times has no effect without a field to write, such as --bpm; leave it out.")
    dry_run = lists_only or options.dry_run
    options = replace(options, fields=fields or TAG_FIELDS, dry_run=dry_run)
    with session.open_library(create=False) as library:
        picked = selection.pick_some(session, library, is_sure=yes or dry_run)
        if not (yes or dry_run) and len(picked.tracks) > UNCONFIRMED:
            _ask(session, len(picked.tracks))
        tally = _FileTally()
        files = tally.counting(
            _shown(session, library.tags.write_events(picked.tracks, options), output, lists_only), session
        )
        if output.format == "json":
            Session.write_json_list(
                TagWrite(dry_run=dry_run, files=files, journal=None), lambda: {"journal": tally.journal}
            )
        else:
            deque(files, maxlen=0)
    if output.format is None and lists_only:
        from map4.tags.views import fields_table

        session.out.print(fields_table(tally.fields, _caption))
    _conclude(session, tally, dry_run=dry_run, lists_only=lists_only)
    if picked.unknown or tally.states["left_alone"]:
        sys.exit(FileError.exit_code)


class _FileTally:
    """Counts files as they are processed."""

    def __init__(self) -> None:
        self.states = Counter[str]()
        self.fields = Counter[tuple[str, str]]()
        self.journal: str | None = None

    def counting(self, files: Iterable[TaggedFile], session: Session) -> Iterator[TaggedFile]:
        with session.reporting_stop(self._done_so_far):
            for file in files:
                self.states[file.state] += 1
                self.fields.update((field.name, field.state) for field in file.fields)
                self.journal = file.journal or self.journal
                yield file

    def _done_so_far(self) -> str:
        if written := self.states["written"]:
            return f"{counted(written, 'file')} written; 'map4 tags undo {self.journal}' restores them"
        return "no file was changed"

    def count(self, state: FieldState) -> int:
        """Return the number of fields in this state."""
        return sum(self.fields[name, state] for name in TAG_FIELDS)


def _ask(session: Session, count: int) -> None:
    question = f"Write into the tags of up to {count:,} files?"
    refusal = (
        f"More than {UNCONFIRMED} files are written only after confirmation; use --yes, or check first with --dry-run."
    )
    session.require_yes(question, refusal=refusal, otherwise="left as they are")


def _shown(session: Session, files: Iterable[TaggedFile], output: Output, lists_only: bool) -> Iterator[TaggedFile]:
    """Yield the files, and show each as soon as it is done."""
    from map4.tags.views import change_lines

    for file in files:
        if output.format == "jsonl":
            Session.write_json_line(file.to_record())
        elif output.format is None and not lists_only:
            for line in change_lines(file):
                session.echo(line)
        if file.problem is not None:
            session.warn(f"map4: {display_path(file.path)}: {file.problem}; left alone")
        yield file


def _conclude(session: Session, tally: _FileTally, *, dry_run: bool, lists_only: bool) -> None:
    """Report how many files were written or skipped and why, and how to undo it."""
    if not lists_only and (differing := tally.count("differs")):
        session.info(f"kept as tagged: {counted(differing, 'value')} (--overwrite writes over them)")
    if not lists_only and (unsure := tally.count("unsure")):
        session.info(f"not sure enough: {counted(unsure, 'value')} (--at-least says how sure)")
    changed = tally.states["written"] + tally.states["planned"]
    if not changed:
        if not tally.states["left_alone"]:
            raise NothingFoundError("nothing to write")
        return
    if lists_only:
        session.info("nothing was written; name what to write: --bpm --key …")
    elif dry_run:
        session.info(f"{counted(changed, 'file')} would be written")
    else:
        undo = session.command("tags", "undo", tally.journal or "")
        session.info(f"{counted(changed, 'file')} written; '{undo}' takes it back")


@Map4Command.of(*Undoing.EXITS, note=Undoing.NOTE)
@Undoing.options("json", "jsonl")
def undo(undoing: Undoing) -> None:
    """Restore files as they were before tags were written.

    Default: the last write that was not undone. Each file is restored byte for byte, with its modification time; a
    file that was changed since is skipped.

    \b
    map4 tags undo
    map4 tags undo --list
    map4 tags undo tags-20260131-221500
    """
    undoing.run("tags")
