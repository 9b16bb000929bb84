"""Lists that are played: when each track starts, where it is mixed in and out, and why it follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from map4.domain.key import Notation
from map4.domain.playlist.playlist import whole_figure
from map4.domain.track import Track
from map4.domain.tracklist import Tracklist, stays
from map4.reports.blocks import UNKNOWN, Cell, Column, Row, Table
from map4.reports.figures.course import Stop, playlist_course
from map4.reports.figures.shapes import Figure
from map4.reports.wording import (
    analysis_of,
    bpm_cell,
    bpm_of,
    clock,
    duration_of,
    energy_cell,
    energy_of,
    key_cell,
    key_of,
    loudness_cell,
    name_of,
    shown,
    time_cell,
)

HOUR_S = 3600.0
# How reasons begin that say what was asked for, what was loosened, and how it was found.
_MAKERS_OWN = ("relaxed", "preferred", "although", "sounds", "must appear", "the seed", "where it leads")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A track with its place in time, in seconds; None where a length before, or its own, is not known.

    Parameters
    ----------
    detail : what the list says of it besides
    starts_s : after the start of the list
    mix_in_s, mix_out_s : within the track: where it sets in, and where the next one does: by the list's mix plans, else
        its first and last sound
    plays_s : from mix in to mix out
    """

    track: Track
    detail: Mapping[str, Any]
    starts_s: float | None
    mix_in_s: float
    mix_out_s: float | None
    plays_s: float | None


def running_order(listed: Tracklist) -> list[Slot]:
    """Say when each track starts: by the list's mix plans, else each is played from its first to its last sound."""
    tracks, details = [*listed.tracks], [listed.detail(index) for index in range(len(listed.tracks))]
    slots = []
    now: float | None = 0.0
    for track, detail, stay in zip(
        tracks, details, stays(tracks, details, begin=_cue_in_s, end=_cue_out_s), strict=True
    ):
        slots.append(
            Slot(
                track=track,
                detail=detail,
                starts_s=now,
                mix_in_s=stay.from_s,
                mix_out_s=stay.until_s,
                plays_s=stay.lasts_s,
            )
        )
        now = None if now is None or stay.lasts_s is None else now + stay.lasts_s
    return slots


def _cue_in_s(track: Track) -> float:
    analysis = analysis_of(track)
    return analysis.cue_in_s if analysis and analysis.cue_in_s is not None else 0.0


def _cue_out_s(track: Track) -> float | None:
    analysis = analysis_of(track)
    return analysis.cue_out_s if analysis and analysis.cue_out_s is not None else duration_of(track)


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
            note=transition_note(slot.detail),
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


def transition_note(detail: Mapping[str, Any], *, with_figures: bool = False) -> str | None:
    """How good the transition into a track is, and why it is there; None where there is nothing to say.

    Parameters
    ----------
    with_figures : also its compatibility, and what only whoever made the list asked for or had to leave
    """
    step = detail["transition"]
    said = [str(reason) for reason in detail["reasons"] or ()]
    if not with_figures:
        said = [reason.partition(", wanted")[0] for reason in said if not reason.startswith(_MAKERS_OWN)]
    reasons = "; ".join(map(shown, said))
    if step is None:
        return reasons or None
    head = f"{step['rating']} {step['compatibility']:.2f}" if with_figures else str(step["rating"])
    return f"{head}: {reasons}" if reasons else head


def course(listed: Tracklist, notation: Notation) -> Figure:
    """Energy, tempo and key over the list."""
    return playlist_course(
        [
            Stop(
                name=name_of(track),
                energy=energy_of(track),
                wanted=listed.detail(index)["energy_target"],
                bpm=bpm_of(track),
                key=None if (key := key_of(track)) is None else key.in_notation(notation),
            )
            for index, track in enumerate(listed.tracks)
        ]
    )


def length_facts(slots: Sequence[Slot]) -> tuple[tuple[str, str], ...]:
    """How long a list is: what others ask of it."""
    return (("Tracks", f"{len(slots):,}"), ("Plays for", clock(total_s(slots))))


def list_facts(slots: Sequence[Slot], listed: Tracklist) -> tuple[tuple[str, str], ...]:
    """Length and quality of a list, for whoever made it."""
    quality, items = listed.header.get("quality"), [*length_facts(slots)]
    if quality and quality["overall"] is not None:
        verdict = f"does not pass: {', '.join(quality['failed'])}" if quality["failed"] else "passes"
        items.append(("Quality", f"{whole_figure(quality['overall'])} of 100, {verdict}"))
        items += [
            (name.capitalize(), f"{whole_figure(quality[name])}")
            for name in ("tempo", "harmony", "transitions", "genre", "energy", "limits")
            if quality.get(name) is not None
        ]
    return tuple(items)


def _show_row(number: int, slot: Slot, total: float | None, notation: Notation) -> Row:
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
        note=transition_note(slot.detail),
    )


def _hour_clock(left_s: float) -> str:
    """Minute and second of the hour, so long before a full hour: 3 minutes before it is `57:00`."""
    minute, second = divmod(round(-left_s) % round(HOUR_S), 60)
    return f"{minute:02d}:{second:02d}"


def _position(number: int) -> Cell:
    return Cell(str(number), float(number))
