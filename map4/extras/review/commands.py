"""Options of `map4 import waiting` that review entries without a sure match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from map4.cli.added import AddedToCommand
from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Session
from map4.core.base.declaration import load
from map4.core.base.paths import display_path
from map4.core.base.text import clock, counted
from map4.errors import NothingFoundError
from map4.library import hookspecs
from map4.plays import KeyPress

if TYPE_CHECKING:
    from map4.extras.review.part import Review, WaitingEntry

_QUIT = frozenset({"q", KeyPress.END, "\x1b"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewing:
    """The request: decide entries, or take back the choice `undo` ("": the last); or neither."""

    review: bool
    undo: str | None

    def run(self, as_table: bool) -> bool:
        """Do what the options request; returns whether they request anything."""
        if not self.review and self.undo is None:
            return False
        if as_table:
            raise click.UsageError("--csv can't be combined with --review or --undo.")
        with Session.current().open_library(create=False) as library:
            review: Review = library.part(load("map4.extras.review.part:Review"))  # not needed to import
            if self.undo is None:
                _review(review)
            else:
                left = review.undo(self.undo).count
                Session.current().info(f"undone; {counted(left, 'entry', 'entries')} to decide")
        return True


def _review(review: Review) -> None:
    session, found = Session.current(), review.waiting()
    if Session.print_json(found):
        return
    if not found.entries:
        raise NothingFoundError("there is nothing to decide; 'map4 import waiting' lists entries without a file")
    if not session.may_ask:
        raise click.UsageError("This needs a terminal. To list the entries, use --json.")
    place, done = 0, list[int]()
    with KeyPress.each() as keys:
        while place < found.count:
            entry = found.entries[place]
            known = _show(entry, f"{place + 1}/{found.count}")
            key = next((press.key for press in keys if press.key in known or press.key in _QUIT), "q")
            if key in _QUIT:
                break
            if key == "u" and done:
                place = done.pop()
                review.undo(found.entries[place].id)
            elif key in "123n":
                review.choose(entry.id, None if key == "n" else entry.candidates[int(key) - 1].audio_id)
                done.append(place)
            if key != "u":
                place += 1
    session.info(f"{counted(len(done), 'entry', 'entries')} decided; 'map4 import waiting --undo' undoes the last")


def _show(waiting: WaitingEntry, place: str) -> str:
    """Show an entry; returns the keys that it takes."""
    session, entry = Session.current(), waiting.entry
    more = (clock(entry.duration_s) if entry.duration_s else None, entry.album)
    session.warn(f"{place}  {'  '.join(filter(None, (entry.label(), *more)))}")
    for number, candidate in enumerate(waiting.candidates, start=1):
        differs = f" ({', '.join(candidate.differs)})" if candidate.differs else ""
        session.warn(f"  {number}  {100 * candidate.certainty:.0f} %  {candidate.name}{differs}")
        session.warn(f"     {display_path(candidate.path)}")
    session.warn("1-3 choose, n I don't have it, s later, u undo, q stop:")
    return "123"[: len(waiting.candidates)] + "nsu"


_OPTIONS = CallOption.collected(
    "added",
    lambda **values: Reviewing(**values).run,
    click.option("--review", is_flag=True, help="Choose the files of entries without a sure match."),
    click.option(
        "--undo", metavar="[ID]", is_flag=False, flag_value="", help="Undo the choice ID (default: the last)."
    ),
)


@hookspecs.added_to.implementation
def added() -> AddedToCommand:
    return AddedToCommand(
        options=_OPTIONS,
        about="\n\n--review shows each entry that has no sure match, with up to three files that it may be, and what "
        "differs. A key chooses: 1-3, n (I don't have it), s (later), u (undo the last), q (stop). Choices count for "
        "all lists and later imports.",
        examples="\nmap4 import waiting --review\nmap4 import waiting --undo",
        endings=(
            (NothingFoundError, "nothing waits"), (NothingFoundError, "nothing to decide, or to undo"), Exit.NO_LIBRARY,
            Exit.INTERRUPTED,
        ),
    )  # fmt: skip
