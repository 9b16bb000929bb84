"""`map4 set`."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption, read_source
from map4.cli.session import Map4Command, Map4DefaultGroup, Session
from map4.cli.track_selection import Selection
from map4.cli.undoing import Undoing
from map4.cli.value_types import Name, PathArgument, WholeNumber
from map4.core.base.text import counted, read_clock, whole_number
from map4.core.music.track.own_marks import MARK_NAMES
from map4.core.music.track.user_values import OWN_WORD, VALUE_NAMES, ValueChange, ValueName
from map4.errors import FileError, NotAllowedError, NothingFoundError, UsageError
from map4.library import hookspecs
from map4.values.commands.ranges import set_range
from map4.values.history import MOST_STEPS, STEPS_AT_ONCE
from map4.values.use import ValueEdit, changed_values

if TYPE_CHECKING:
    from map4.core.base.paths import Paths
    from map4.core.music.track.mark_words import MarkChange
    from map4.library import Library
    from map4.values.part import MarksPart

NO_MARK = (NothingFoundError, "no such mark")
_MARK_OPTIONS = ("marks", "rename_mark", "delete_mark", "paint_mark")


def _marks_action(
    *, marks: bool, rename_mark: tuple[str, str] | None, delete_mark: str | None, paint_mark: tuple[str, str] | None
) -> Callable[[], None] | None:
    """What is to be done with marks themselves; None if nothing is."""
    if not (given := CallOption.given() & set(_MARK_OPTIONS)):
        return None
    if len(given) > 1 or CallOption.given() - {"as_json"} != given:
        raise click.UsageError("--marks, --rename-mark, --delete-mark and --paint-mark take no files and values.")
    if rename_mark is not None:
        return lambda: _change_marks(lambda marks: marks.rename(*rename_mark))
    if delete_mark is not None:
        return lambda: _change_marks(lambda marks: marks.delete(delete_mark))
    if paint_mark is not None:
        return lambda: _paint_mark(*paint_mark)
    return _list_marks


mark_options = CallOption.collected(
    "manage_marks",
    _marks_action,
    click.option("--marks", is_flag=True, help="List your marks with key on the page, colour and number of tracks."),
    click.option(
        "--rename-mark", nargs=2, metavar="MARK NAME", shell_complete=CallOption.complete_marks,
        help="Rename a mark on all tracks and lists, or merge it with NAME.",
    ),
    click.option(
        "--delete-mark",
        metavar="MARK",
        shell_complete=CallOption.complete_marks,
        help="Remove a mark from all tracks and lists.",
    ),
    click.option(
        "--paint-mark", nargs=2, metavar="MARK COLOR|1-9", shell_complete=CallOption.complete_marks,
        help="Set the colour of a mark (#rrggbb), or its key on the page after Shift+M.",
    ),
)  # fmt: skip
"""Adds the options of marks themselves; the command gets what to do as `manage_marks`, or None."""


def _list_marks() -> None:
    session = Session.current()
    with session.open_library(create=False) as library:
        marks = library.marks.all()
    if not Session.print_json(marks) and marks.marks:
        has_lists = any(mark.lists for mark in marks.marks)
        rows = [
            (
                str(mark.key or ""),
                mark.name,
                f"{mark.tracks:,}",
                *([f"{mark.lists:,}"] if has_lists else []),
                mark.color,
            )
            for mark in marks.marks
        ]
        session.print_rows([("key", "mark", "tracks", *(["lists"] if has_lists else []), "colour"), *rows])
    if not marks.marks:
        raise NothingFoundError("there are no marks; set one with 'map4 set FILE --mark floorfiller'")


def _change_marks(call: Callable[[MarksPart], MarkChange]) -> None:
    session = Session.current()
    with session.open_library(create=False) as library:
        change = call(library.marks)
    Session.print_json(change)
    done = "removed from" if change.became is None else f"is now '{change.became}' on"
    undo = f"; to undo: {session.command('set', 'undo', str(change.step))}" if change.step else ""
    lists = f" and {counted(change.lists, 'list')}" if change.lists else ""
    session.info(f"'{change.name}' {done} {counted(change.tracks, 'track')}{lists}{undo}")


def _paint_mark(name: str, look: str) -> None:
    session = Session.current()
    key = whole_number(look)
    with session.open_library(create=False) as library:
        mark = library.marks.show_as(name, color=look if key is None else None, key=key)
    Session.print_json(mark)
    session.info(f"{mark.name}: {mark.color}{f', key {mark.key}' if mark.key else ''}")


_ASSIGNMENT = re.compile(r"([A-Za-z_-]+)=(.*)", re.DOTALL)
_ALIASES = {"tempo": "bpm", "stars": "rating", "albumartist": "album_artist", "disc": "disc_number"}
_NAMES = (*(name for name in VALUE_NAMES if name not in (*MARK_NAMES, OWN_WORD)), "downbeat", "metre")
_EXAMPLES = {
    "bpm": "bpm=87 or bpm=87.5",
    "track": "track=3",
    "disc_number": "disc=2",
    "year": "year=1998",
    "energy": "energy=7, from 1 to 10",
    "rating": "rating=4 or rating=3.5",
    "downbeat": "downbeat=83.5 or downbeat=1:23.5",
    "metre": "metre=3",
}
_MOST_DIGITS = 9
_RANGE = "tempo_range"
_MARKS = "Your marks"
_NOTHING_SET = (NothingFoundError, "nothing was set")


@Map4DefaultGroup.of(
    Exit.NOT_IN_LIBRARY, (FileError, "can't have the value"), Exit.NO_MATCH, NO_MARK, Exit.NO_LIBRARY,
    name="set", done="done, also where nothing had to change",
    headings={
        "What is set": "--half --double --respell --cues-to-copies --mark --unmark --unset --from-jsonl",
        _MARKS: "--marks --rename-mark --delete-mark --paint-mark",
    },
    folded=(_MARKS,),
)  # fmt: skip
@Selection.options
@click.option("--half", is_flag=True, help="Halve the tempo.")
@click.option("--respell", is_flag=True, help="With genre= or artist=: only replace other spellings of it.")
@click.option("--double", is_flag=True, help="Double the tempo.")
@click.option("--cues-to-copies", is_flag=True, help="Replace cue points of the recording's other copies.")
@click.option(
    "--mark",
    multiple=True,
    metavar="WORD",
    shell_complete=CallOption.complete_marks,
    help="Add a mark, a word of your own.",
)
@click.option(
    "--unmark", multiple=True, metavar="WORD", shell_complete=CallOption.complete_marks, help="Remove a mark."
)
@click.option(
    "--unset",
    type=Name(VALUE_NAMES),
    multiple=True,
    metavar="NAME",
    help=f"Remove a value that you set: {', '.join(VALUE_NAMES)} (all of them).",
)
@click.option(
    "--from-jsonl",
    metavar="FILE",
    type=PathArgument(allow_dash=True),
    help='Set lines such as {"path": "a.mp3", "year": 1998}.',
)
@mark_options
@CallOption.dry_run("Only show what would change.")
@CallOption.yes("Don't ask for confirmation when words name a track.")
@CallOption.json
def command(
    selection: Selection,
    half: bool,
    respell: bool,
    double: bool,
    cues_to_copies: bool,
    mark: tuple[str, ...],
    unmark: tuple[str, ...],
    unset: tuple[ValueName, ...],
    from_jsonl: str | None,
    manage_marks: Callable[[], None] | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Set tempo, key, energy, rating and tag values for map4.

    Your values override measurements and tags in every command, until you unset them. Tempo, key, energy, rating and
    marks also apply to other files with the same audio, which are listed. The files themselves are not changed.
    A FILE may be a folder, or a track of the library, named by its audio id or by words; for words, map4 asks first.
    Tag values: artist, title, album, album-artist, track and disc (their numbers), genre, label, year and comment.
    Marks are your own words, as many as you like: mark:floorfiller searches for them.
    Energy is a level from 1 to 10, a rating 0 to 5 stars (also 3.5), a year has four digits.

    \b
    map4 set track.mp3 bpm=87 key=8A       or key=1m, Am, 'A minor'
    map4 set track.mp3 downbeat=1:23.5     a bar begins there; also metre=3
    map4 set track.mp3 genre='Deep House' year=2016 energy=7 rating=4
    map4 set album/ --half                 an album at half its tempo
    map4 set --query 'genre:dnb bpm:..100' --double --dry-run
    map4 set --query 'genre:dnb' --respell genre='Drum & Bass'
    map4 set track.mp3 --mark floorfiller --mark 'after 3' --unmark new
    map4 set track.mp3 --unset bpm         use the measured tempo again
    map4 set --query genre:dnb tempo-range=120..239
    map4 set ranges                        ranges of tempi, and what they do
    map4 set history track.mp3             who set which value, and when
    map4 set undo                          undo your last changes
    """
    session = Session.current()
    if manage_marks is not None:
        manage_marks()
        return
    if from_jsonl is not None:
        _set_lines(from_jsonl, dry_run=dry_run)
        return
    selection, values = _assignments(selection)
    if half and double:
        raise click.UsageError("--half and --double can't be used together.")
    if half or double:
        values["factor"] = 0.5 if half else 2.0
    if _RANGE in values:
        if len(values) > 1 or CallOption.given() - {"query", "dry_run", "yes", "as_json", "files"}:
            raise click.UsageError("tempo-range= sets only the range, of a --query, a folder or all tracks.")
        set_range(selection, values[_RANGE], dry_run=dry_run)
        return
    added = {name: values.pop(name) for name in hookspecs.set_value.names() if name in values}
    is_edit = bool(values or unset or mark or unmark or cues_to_copies)
    if not (is_edit or added):
        raise click.UsageError(
            "Name the values to set: bpm=87, key=8A, genre=Techno, --half, --double, --mark WORD or --unset bpm."
        )
    if selection.is_empty:
        raise click.UsageError("Give FILEs or a --query: map4 set track.mp3 bpm=87")
    if selection.query is not None and not selection.query.strip():
        raise click.UsageError(
            "An empty --query would change every track; is a variable empty? For all tracks write --query 'bpm:1..'."
        )
    # Validates the values before any prompt.
    values |= {"mark": mark, "unmark": unmark, "unset": unset, "respell": respell, "cues_to_copies": cues_to_copies}
    wanted = [ValueEdit(**values)] if is_edit else []
    with session.open_library(create=False) as library:
        picked = selection.pick_some(session, library, is_sure=yes or dry_run)
        with session.reporting_stop(lambda: "no value is changed"):
            for name, text in added.items():
                session.info(next(hookspecs.set_value[name](library, picked.tracks, text, dry_run=dry_run)))
            if wanted or Session.wants_json():
                set_each(
                    library, [(picked.tracks, edit) for edit in wanted], dry_run=dry_run, as_json=Session.wants_json()
                )
    if picked.unknown:
        sys.exit(FileError.exit_code)


def _set_lines(source: str, *, dry_run: bool) -> None:
    if CallOption.given() - {"from_jsonl", "dry_run", "yes", "as_json"}:
        raise click.UsageError("--from-jsonl takes files and values from the lines, and only --dry-run and --json.")
    edits = list(_edits(read_source(source)))
    with Session.current().open_library(create=False) as library:
        set_each(library, edits, dry_run=dry_run, as_json=Session.wants_json())


def _edits(content: bytes) -> Iterator[tuple[str, ValueEdit]]:
    """The file and the values of each line of JSON."""
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            values = json.loads(line)
            yield str(values.pop("path")), ValueEdit(**values)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, UsageError) as error:
            problem = error if isinstance(error, UsageError) else 'it is not like {"path": "a.mp3", "genre": "Dub"}'
            raise click.UsageError(f"line {number} of --from-jsonl: {problem}") from None


def set_each(
    library: Library, edits: Iterable[tuple[Paths, ValueEdit]], *, dry_run: bool, as_json: bool, confirm: bool = False
) -> None:
    """Set values and show the changes; with `confirm`, ask first. Exits with 3 if a value was refused."""
    from map4.values.views import show_changes

    session = Session.current()
    changes = library.set_each(edits, dry_run=dry_run or confirm)
    if not as_json:
        show_changes(session, changes)
    if confirm and not dry_run:
        session.require_yes(f"Set {_counted(changes)}?", otherwise="nothing was set")
        changes = library.set_each(edits)
    if as_json:
        Session.write_json(changes.to_record())
    is_refused = _report_refused(session, changes)
    session.info(f"{_counted(changes)} {'would change' if dry_run else 'changed'}{_also(changes)}")
    if is_refused:
        sys.exit(FileError.exit_code)


def _counted(changes: Iterable[ValueChange]) -> str:
    return counted(len(changed_values(changes)), "value")


def _also(changes: Iterable[ValueChange]) -> str:
    """The number of other files that the changes affect."""
    reached = {path for change in changes if change.is_change for path in (change.track.path, *change.also)}
    files = len(reached.difference(changed_values(changes).values()))
    return f", also for {counted(files, 'other file')} with the same audio" if files else ""


def _report_refused(session: Session, changes: Iterable[ValueChange]) -> bool:
    refused = [change for change in changes if change.problem is not None]
    for change in refused:
        session.warn(f"map4: {change.track.shown_path}: {change.problem}")
    return bool(refused)


@Map4Command.of(Exit.NOT_IN_LIBRARY, Exit.NO_MATCH, _NOTHING_SET, Exit.NO_LIBRARY)
@Selection.options
@click.option(
    "--count",
    type=WholeNumber(min=1, max=MOST_STEPS),
    metavar="N",
    default=STEPS_AT_ONCE,
    show_default=True,
    help="Show the last N steps.",
)
@CallOption.json
def history(selection: Selection, count: int) -> None:
    """Show who set which values, and when, for FILEs or for all tracks.

    \b
    map4 set history
    map4 set history track.mp3
    """
    session = Session.current()
    with session.open_library(create=False) as library:
        picked = None if selection.is_empty else selection.pick_some(session, library)
        page = library.values.history(None if picked is None else picked.tracks, limit=count)
    if not Session.print_json(page) and page.steps:
        from map4.values.views import show_steps

        show_steps(session, page.steps)
    if not page.steps:
        raise NothingFoundError("nothing was set yet" if picked is None else "no values of these tracks were set")
    if page.next is not None:
        session.info(f"the last {counted(count, 'step')}; --count N shows more")
    if picked is not None and picked.unknown:
        sys.exit(FileError.exit_code)


@Map4Command.of(NotAllowedError, (FileError, "some values were set again since"), _NOTHING_SET, Exit.NO_LIBRARY)
@Undoing.options("json", journal="[STEP]")
def undo(undoing: Undoing) -> None:
    """Undo STEP, or your last step.

    The changes of a command are a step. Undo reverts a whole step, except values that were set again since. It is a
    step itself, so it can be undone, too. Only an admin can undo other users' steps; ratings and marks are personal.

    \b
    map4 set undo
    map4 set undo 12 --dry-run
    """
    session = Session.current()
    number = None if undoing.name is None else whole_number(undoing.name, most_digits=_MOST_DIGITS)
    if undoing.name is not None and number is None:
        raise click.UsageError(f"'{undoing.name}' is not a step number; 'map4 set history' lists them.")
    with session.open_library(create=False) as library:
        if undoing.lists:
            undoing.list(library, "set")
            return
        undone = library.values.undo(number, dry_run=undoing.dry_run)
    if not undoing.output.write(undone):
        from map4.values.views import show_changes

        show_changes(session, undone.changes)
    is_refused = _report_refused(session, undone.changes)
    done = "would be undone" if undoing.dry_run else "undone"
    again = f"; to redo it: {session.command('set', 'undo', str(undone.step))}" if undone.step is not None else ""
    if any(change.is_change for change in undone.changes):
        session.info(f"step {undone.undid} {done}, {_counted(undone.changes)}{_also(undone.changes)}{again}")
    else:
        session.warn(f"nothing of step {undone.undid} {'would be' if undoing.dry_run else 'is'} undone")
    if is_refused:
        sys.exit(FileError.exit_code)


def _assignments(selection: Selection) -> tuple[Selection, dict[str, Any]]:
    """Separate `bpm=87` from the FILEs; a file with such a name counts as a file."""
    files: list[str] = []
    values: dict[str, Any] = {}
    for argument in selection.files:
        match = _ASSIGNMENT.fullmatch(argument)
        if match is None or os.path.lexists(argument):
            files.append(argument)
            continue
        name = match[1].lower().replace("-", "_")
        name = _ALIASES.get(name, name)
        names = (*_NAMES, _RANGE, *hookspecs.set_value.names())
        if name not in names:
            hint = UsageError.did_you_mean(
                name, (*names, *_ALIASES), otherwise=f"you can set {'=, '.join(names)}=", written="{}="
            )
            raise click.UsageError(f"there is neither a value '{match[1]}' to set nor a file '{argument}'; {hint}")
        if name in values:
            raise click.UsageError(f"{name}= is given twice.")
        values["downbeat_s" if name == "downbeat" else name] = _read(name, match[2])
    return replace(selection, files=tuple(files)), values


def _read(name: str, text: str) -> Any:
    """The value of a text; other text than a number raises an error with an example."""
    if name not in _EXAMPLES:
        return text
    if name == "downbeat":
        if (at_s := read_clock(text)) is not None:
            return at_s
        raise click.UsageError(f"downbeat='{text}' is not a time in a track; write {_EXAMPLES[name]}")
    if name in ("bpm", "rating"):
        # Accept a decimal comma; but not 1_000, which Python would accept.
        with suppress(ValueError):
            return float(text.replace(",", ".").replace("_", " "))
    elif (number := whole_number(text.strip(), most_digits=_MOST_DIGITS)) is not None:
        return number
    raise click.UsageError(f"{name}='{text}' is not a number; write {_EXAMPLES[name]}")
