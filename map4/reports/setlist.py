"""Lists that are played: when each track starts, where it is mixed in and out, and why it follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from map4.domain.key import Notation
from map4.reports.blocks import UNKNOWN, Cell, Column, Row, Table
from map4.reports.figures.course import Stop, playlist_course
from map4.reports.figures.shapes import Figure
from map4.reports.wording import (
    bpm_cell,
    bpm_of,
    clock,
    duration_of,
    energy_cell,
    energy_of,
    key_cell,
    key_of,
    name_of,
    shown,
    time_cell,
)

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A pick with its place in time, in seconds; None where a length before, or its own, is not known.

    Parameters
    ----------
    pick : of a `map4/playlist/1` record
    starts_s : after the start of the list
    mix_in_s, mix_out_s : within the track: its cue points, else its start and end
    plays_s : from mix in to mix out
    """

    pick: Mapping[str, Any]
    starts_s: float | None
    mix_in_s: float
    mix_out_s: float | None
    plays_s: float | None

    @property
    def track(self) -> Mapping[str, Any]:
        """The `map4/track/1` record."""
        return self.pick["track"]  # type: ignore[no-any-return]


def running_order(picks: Sequence[Mapping[str, Any]]) -> list[Slot]:
    """Say when each track starts, each being played from its cue in to its cue out, where the next one sets in."""
    slots = []
    now: float | None = 0.0
    for pick in picks:
        track = pick["track"]
        begin = track["cue_in_s"] if track["cue_in_s"] is not None else 0.0
        end = track["cue_out_s"] if track["cue_out_s"] is not None else duration_of(track)
        plays = None if end is None else max(0.0, end - begin)
        slots.append(Slot(pick=pick, starts_s=now, mix_in_s=begin, mix_out_s=end, plays_s=plays))
        now = None if now is None or plays is None else now + plays
    return slots


def total_s(slots: Sequence[Slot]) -> float | None:
    """How long the list lasts; None where a length is not known."""
    lengths = [slot.plays_s for slot in slots]
    return None if None in lengths else sum(length for length in lengths if length is not None)


def set_table(slots: Sequence[Slot], notation: Notation) -> Table:
    """Running times, mix points, and each transition with its reasons."""
    columns = (
        Column(name="#", share=0.5, numeric=True),
        Column(name="Starts", share=0.9, numeric=True),
        Column(name="Track", share=5.0, noted=True),
        Column(name="BPM", share=0.8, numeric=True),
        Column(name="Key", share=0.7, numeric=True),
        Column(name="Energy", share=0.8, numeric=True),
        Column(name="Mix in", share=0.8, numeric=True),
        Column(name="Mix out", share=0.9, numeric=True),
        Column(name="Plays", share=0.8, numeric=True),
    )
    rows = (
        Row(
            cells=(
                _position(number),
                time_cell(slot.starts_s),
                Cell(name_of(slot.track)),
                bpm_cell(slot.track),
                key_cell(slot.track, notation),
                energy_cell(slot.track),
                time_cell(slot.mix_in_s),
                time_cell(slot.mix_out_s),
                time_cell(slot.plays_s),
            ),
            note=transition_note(slot.pick),
        )
        for number, slot in enumerate(slots, 1)
    )
    return Table(caption="Running order", columns=columns, rows=rows)


def show_table(slots: Sequence[Slot], notation: Notation) -> Table:
    """The clock of the hour at which each track starts, such that the last one ends on the full hour."""
    total = total_s(slots)
    columns = (
        Column(name="#", share=0.5, numeric=True),
        Column(name="Clock", share=1.0, numeric=True),
        Column(name="To the end", share=1.2, numeric=True),
        Column(name="Track", share=5.0, noted=True),
        Column(name="BPM", share=0.8, numeric=True),
        Column(name="Key", share=0.7, numeric=True),
        Column(name="LUFS", share=0.8, numeric=True),
        Column(name="Plays", share=0.8, numeric=True),
    )
    return Table(
        caption="Running order, back-timed to the full hour",
        columns=columns,
        rows=(_show_row(number, slot, total, notation) for number, slot in enumerate(slots, 1)),
    )


def transition_note(pick: Mapping[str, Any]) -> str | None:
    """How good the transition into a pick is, of what type, and the reasons; None where there is nothing to say."""
    step = pick.get("transition")
    reasons = "; ".join(shown(str(reason)) for reason in pick.get("reasons") or ())
    if step is None:
        return reasons or None
    head = f"{step['rating']} {step['compatibility']:.2f}, {step['type'].replace('_', ' ')}"
    return f"{head}: {reasons}" if reasons else head


def course(picks: Sequence[Mapping[str, Any]], notation: Notation) -> Figure:
    """Energy, tempo and key over the list."""
    return playlist_course(
        [
            Stop(
                name=name_of(pick["track"]),
                energy=energy_of(pick["track"]),
                wanted=pick.get("energy_target"),
                bpm=bpm_of(pick["track"]),
                key=key_of(pick["track"], notation),
            )
            for pick in picks
        ]
    )


def list_facts(slots: Sequence[Slot], quality: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """Length and quality of a list."""
    total = total_s(slots)
    items = [("Tracks", f"{len(slots):,}"), ("Plays for", clock(total))]
    if quality:
        verdict = "passes" if quality["passes"] else "does not pass"
        items.append(("Quality", f"{quality['overall']:.0f} of 100, {verdict}"))
        items += [
            (name.capitalize(), f"{quality[name]:.0f}")
            for name in ("tempo", "genre", "energy", "data", "transitions")
            if quality.get(name) is not None
        ]
    return tuple(items)


def _show_row(number: int, slot: Slot, total: float | None, notation: Notation) -> Row:
    from map4.reports.wording import loudness_cell

    left = None if total is None or slot.starts_s is None else total - slot.starts_s
    return Row(
        cells=(
            _position(number),
            Cell(UNKNOWN) if left is None else Cell(_hour_clock(left), -left),
            time_cell(left),
            Cell(name_of(slot.track)),
            bpm_cell(slot.track),
            key_cell(slot.track, notation),
            loudness_cell(slot.track),
            time_cell(slot.plays_s),
        ),
        note=transition_note(slot.pick),
    )


def _hour_clock(left_s: float) -> str:
    """Minute and second of the hour, so long before a full hour: 3 minutes before it is `57:00`."""
    minute, second = divmod(round(-left_s) % round(HOUR_S), 60)
    return f"{minute:02d}:{second:02d}"


def _position(number: int) -> Cell:
    return Cell(str(number), float(number))
