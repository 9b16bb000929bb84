"""Display changed values and steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from map4.cli.output import local_time, same_audio_line
from map4.cli.session import Session
from map4.core.base.text import bpm_text, counted
from map4.core.music.analysis.key import Key, Notation
from map4.core.music.track.user_values import OWN_WORD, ValueChange
from map4.values.history_records import PastChange, StoredValue, ValueStep

_MARKS = {"cues": ("cue point", "cue points"), "grid": ("mark", "marks")}


def show_changes(session: Session, changes: Iterable[ValueChange]) -> None:
    """Print a line per changed value, and per track a line for its other affected files."""
    for _, of_track in groupby(changes, key=lambda change: change.track.path):
        also: Sequence[str] = ()
        for change in of_track:
            if change.is_change and change.name == OWN_WORD:
                session.echo(f"{_name(change)}: {_marked(change.old, change.new)}")
            elif change.is_change:
                old = _value(change.name, change.old, session.notation, is_own=change.was_own)
                new = _value(change.name, change.new, session.notation, is_own=change.is_own)
                is_another = change.old != change.new and old != new
                what = f"{old} → {new}" if is_another else f"{new}, {'now' if change.is_own else 'no longer'} your own"
                session.echo(f"{_name(change)}: {change.name} {what}")
            also = also or change.also
        if also:
            session.echo(same_audio_line("also", also))


def show_steps(session: Session, steps: Sequence[ValueStep]) -> None:
    """A table of steps, each with its first changes."""
    rows = [("step", "when", "who", "what")]
    for step in steps:
        who = step.name or f"account {step.by} (removed)"
        first = (str(step.number), local_time(step.at), who)
        lines = [_past(change, session.notation) for change in step.changes]
        if step.undoes is not None:
            lines.insert(0, f"undid step {step.undoes}: {counted(step.count, 'value')}")
        if step.kind == "moved":
            lines.insert(0, f"moved with audio: {counted(step.count, 'value')}")
        if step.undone_by is not None:
            lines[0] += f" (undone by step {step.undone_by})"
        if step.count > len(step.changes):
            lines.append(f"… and {counted(step.count - len(step.changes), 'value')} more")
        rows += [(*(first if place == 0 else ("", "", "")), line) for place, line in enumerate(lines)]
    session.print_rows(rows)


def _marked(old: StoredValue, new: StoredValue) -> str:
    return f"marked '{new}'" if new is not None else f"mark '{old}' removed"


def _past(change: PastChange, notation: Notation) -> str:
    name = change.audio_id if change.track is None else change.track.caption()
    if change.name == OWN_WORD:
        return f"{name}: {_marked(change.was, change.became)}"
    was, became = (_value(change.name, value, notation, is_own=True) for value in (change.was, change.became))
    return f"{name}: {change.name} {was} → {became}"


def _value(name: str, value: StoredValue, notation: Notation, *, is_own: bool) -> str:
    if value is None:
        return "none"
    if isinstance(value, str):
        return Key.parse(value).in_notation(notation) if name == "key" else value
    if isinstance(value, (int, float)):
        return bpm_text(value, is_own=is_own) if name == "bpm" else f"{value:g}"
    return counted(len(value), *_MARKS[name])


def _name(change: ValueChange) -> str:
    return change.track.caption() if change.track.title() else change.track.shown_path
