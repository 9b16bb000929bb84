"""Lists to be played: when each track starts, where it is mixed in and out, and why it follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from map4.core.music.analysis.key import Notation
from map4.core.music.lists.limits import USUAL_WEAK_STEPS
from map4.core.music.lists.listed import ListedPick
from map4.core.music.lists.quality import whole_figure
from map4.core.music.lists.tempo_curve import TempoCurve
from map4.core.music.lists.tracklist import Tracklist, length_s, start_times, stays
from map4.core.music.mixing.compatibility import Compatibility
from map4.core.music.mixing.mix_plan import MixPlan
from map4.core.music.track.track import Track
from map4.core.music.track.wording import TrackWords
from map4.exports.figures.set_clock import NARROW, Bar, Joint, set_clock
from map4.exports.report.blocks import Cell, Column, Figures, Row, Table
from map4.exports.report.report import bpm_cell, energy_cell, key_cell, loudness_cell, traits_of
from map4.lists import tempo_reason

HOUR_S = 3600.0
# Beginnings of reasons about requests, relaxed rules, and how the list was made.
_MAKERS_OWN = ("relaxed", "preferred", "although", "sounds", "must appear", "the seed", "where it leads")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A track with its times in seconds; None if its own length or a length before it is unknown.

    starts_s: from the start of the list
    mix_in_s, mix_out_s: positions in the track where it starts and where the next track starts: from the list's mix
        plans, else the track's beginning and end
    plays_s: from mix in to mix out
    overlap_s: how long it sounds together with the previous track
    wanted_bpm: the list's tempo curve in its middle
    """

    track: Track
    pick: ListedPick
    starts_s: float | None
    mix_in_s: float
    mix_out_s: float | None
    plays_s: float | None
    overlap_s: float = 0.0
    wanted_bpm: float | None = None


def running_order(listed: Tracklist) -> list[Slot]:
    """Compute when each track starts: by the list's mix plans, else tracks are played in full one after the other."""
    tracks = [*listed.tracks]
    stayed, starts = stays(tracks, listed.picks), start_times(tracks, listed.picks)
    curve = TempoCurve.of_options(listed.header.options)
    return [
        Slot(
            track=track,
            pick=pick,
            starts_s=starts_s,
            mix_in_s=stay.from_s,
            mix_out_s=stay.until_s,
            plays_s=stay.lasts_s,
            overlap_s=pick.plan.rounded().lasts_s if isinstance(pick.plan, MixPlan) else 0.0,
            wanted_bpm=None if curve is None or starts_s is None else curve.at(starts_s + (stay.lasts_s or 0.0) / 2),
        )
        for (track, pick), stay, starts_s in zip(listed.listed(), stayed, starts, strict=True)
    ]


def set_bars(slots: Sequence[Slot], notation: Notation, *, with_figures: bool = False) -> list[Bar]:
    """Return the tracks as bars on a clock; an unknown length counts as an average length.

    with_figures: include the compatibility of each transition, for the maker of the list
    """
    known = [slot.plays_s for slot in slots if slot.plays_s is not None]
    usual_s, bars, now = sum(known) / len(known) if known else Tracklist.USUAL_LENGTH_S, list[Bar](), 0.0
    for place, slot in enumerate(slots):
        following = slots[place + 1] if place + 1 < len(slots) else None
        plays_s = usual_s if slot.plays_s is None else slot.plays_s
        sounds_s = plays_s + (following.overlap_s if following else 0.0)
        analysis, track = slot.track.measured(), slot.track
        wanted = "" if slot.wanted_bpm is None else f", wanted {slot.wanted_bpm:.0f}"
        ends_s = (slot.mix_out_s or 0.0) + (following.overlap_s if following else 0.0)
        bars.append(
            Bar(
                number=place + 1,
                name=TrackWords(track).name,
                mark=f"{TrackWords(track).key_text(notation)}  {bpm_cell(track).text} BPM{wanted}",
                tempo=None if slot.wanted_bpm is None else f"{track.bpm() or 0:.0f}/{slot.wanted_bpm:.0f}",
                starts_s=now,
                sounds_s=sounds_s,
                overview=analysis.overview if analysis else None,
                shown=(slot.mix_in_s / analysis.duration_s, min(1.0, ends_s / analysis.duration_s))
                if analysis and analysis.duration_s
                else (0.0, 1.0),
                energy=TrackWords(track).energy,
                wanted=slot.pick.energy_target,
                joint=_joint(slots[place - 1].track, slot, notation, with_figures=with_figures) if place else None,
            )
        )
        now += plays_s
    return bars


def _joint(before: Track, slot: Slot, notation: Notation, *, with_figures: bool) -> Joint:
    """Return how a track follows; data that the list lacks is computed from the two tracks."""
    mix = traits_of(before).compared(traits_of(slot.track))
    step = slot.pick.transition or mix
    rating = step.rate_joint(slot.pick.plan)
    keys = " → ".join(mix.key.ends(notation, TrackWords.UNKNOWN))
    relation = mix.key.relation.replace("_", " ")
    tempo, part = tempo_reason(mix), mix.tempo
    change = [] if part.change_percent is None else ["=" if part.is_same else f"{part.fader_text} %"]
    levels = " → ".join(TrackWords(track).level for track in (before, slot.track))
    head = f"{rating} {step.total:.2f}" if with_figures else rating
    faults = (fault.text for fault in step.joint_faults(slot.pick.plan))
    facts = (mix.key.apart, *faults, f"{keys} {relation}", tempo, mix.swing.words, f"energy {levels}")
    return Joint(
        rating=rating,
        compatibility=round(step.total, 4),
        lines=(head, f"{keys} {relation}", tempo),
        short=(keys.replace(" ", ""), *change),
        sentence=f"{head}: {', '.join(filter(None, facts))}",
        overlap_s=slot.overlap_s,
    )


def set_figures(bars: Sequence[Bar]) -> Figures:
    """Return the set on the clock, for pages and for phones."""
    return Figures(figures=set_clock(bars), narrow=set_clock(bars, width=NARROW))


def weak_joints(bars: Sequence[Bar]) -> list[tuple[int, Joint]]:
    """Return the weakest transitions first, with their positions (from 1)."""
    joints = [bar.joint for bar in bars]
    weak = Compatibility.weakest_steps(
        [None if joint is None else (joint.rating, joint.compatibility) for joint in joints]
    )
    return [(place, joint) for place in weak[:USUAL_WEAK_STEPS] if (joint := joints[place]) is not None]


def weak_table(bars: Sequence[Bar]) -> Table | None:
    """Return a table of the transitions that need help, weakest first; None if all are good."""
    rows = [
        Row(
            cells=(Cell(f"{place}–{place + 1}: {bars[place - 1].name} → {bars[place].name}"),),
            note=joint.sentence,
            rating=joint.rating,
        )
        for place, joint in weak_joints(bars)
    ]
    columns = (Column(name="From one track to the next", share=1.0, noted=True),)
    return Table(caption="Weakest transitions", columns=columns, rows=rows) if rows else None


def set_table(slots: Sequence[Slot], notation: Notation) -> Table:
    """Return a table of running times, mix points, and each transition with its reasons."""
    columns: list[_SlotColumn] = [
        (Column(name="Starts", share=0.9, numeric=True), lambda slot: Cell.time(slot.starts_s)),
        (Column(name="Track", share=5.0, noted=True), lambda slot: Cell(TrackWords(slot.track).name)),
        (Column(name="BPM", share=0.8, numeric=True), lambda slot: bpm_cell(slot.track)),
        (Column(name="Key", share=0.7, numeric=True), lambda slot: key_cell(slot.track, notation)),
        (Column(name="Energy", share=0.8, numeric=True, spare=True), lambda slot: energy_cell(slot.track)),
        (Column(name="Mix in", share=0.8, numeric=True, spare=True), lambda slot: Cell.time(slot.mix_in_s)),
        (Column(name="Mix out", share=0.9, numeric=True, spare=True), lambda slot: Cell.time(slot.mix_out_s)),
        (Column(name="Plays", share=0.8, numeric=True, spare=True), lambda slot: Cell.time(slot.plays_s)),
    ]
    return _slot_table("Running order", columns, slots)


def show_table(slots: Sequence[Slot], notation: Notation) -> Table:
    """Return a table of the times of the hour at which tracks start if the last track ends on the full hour."""
    lengths = [slot.plays_s for slot in slots]
    total = None if None in lengths else length_s([slot.track for slot in slots], [slot.pick for slot in slots])

    def left_s(slot: Slot) -> float | None:
        return None if total is None or slot.starts_s is None else total - slot.starts_s

    columns: list[_SlotColumn] = [
        (Column(name="Clock", share=1.0, numeric=True), lambda slot: _hour_clock(left_s(slot))),
        (Column(name="To the end", share=1.2, numeric=True, spare=True), lambda slot: Cell.time(left_s(slot))),
        (Column(name="Track", share=5.0, noted=True), lambda slot: Cell(TrackWords(slot.track).name)),
        (Column(name="BPM", share=0.8, numeric=True), lambda slot: bpm_cell(slot.track)),
        (Column(name="Key", share=0.7, numeric=True), lambda slot: key_cell(slot.track, notation)),
        (Column(name="LUFS", share=0.8, numeric=True, spare=True), lambda slot: loudness_cell(slot.track)),
        (Column(name="Plays", share=0.8, numeric=True, spare=True), lambda slot: Cell.time(slot.plays_s)),
    ]
    return _slot_table("Running order, back-timed to the full hour", columns, slots)


_SlotColumn = tuple[Column, Callable[[Slot], Cell]]


def _slot_table(caption: str, columns: Sequence[_SlotColumn], slots: Sequence[Slot]) -> Table:
    """Return a table with a row per slot that begins with its position."""
    rows = (
        Row(
            cells=(Cell(str(number)), *(cell(slot) for _, cell in columns)),
            note=transition_note(slot.pick),
            rating=slot.pick.rating,
            track=slot.track,
        )
        for number, slot in enumerate(slots, 1)
    )
    heads = (Column(name="#", share=0.5, numeric=True), *(column for column, _ in columns))
    return Table(caption=caption, columns=heads, rows=rows)


def transition_note(pick: ListedPick, *, with_figures: bool = False) -> str | None:
    """Return how good the transition into a track is and why it is there; None if there is nothing to report.

    with_figures: include its compatibility, and reasons that only the maker of the list needs
    """
    step, notes = pick.transition, [*pick.reasons]
    if not with_figures:
        notes = [reason.partition(", wanted")[0] for reason in notes if not reason.startswith(_MAKERS_OWN)]
    if step is not None:
        words = step.joint_words(pick.plan) if pick.rating == "poor" else ()
        faults = (fault.text for fault in step.joint_faults(pick.plan))
        notes = [*dict.fromkeys((*faults, *words, *notes))]
    reasons = "; ".join(map(TrackWords.shown, notes))
    if step is None:
        return reasons or None
    head = f"{pick.rating} {step.total:.2f}" if with_figures else str(pick.rating)
    return f"{head}: {reasons}" if reasons else head


def length_facts(slots: Sequence[Slot]) -> tuple[tuple[str, str], ...]:
    """Return how long a list is."""
    unknown = sum(slot.plays_s is None for slot in slots)
    without = f" and {unknown} of unknown length" if unknown else ""
    lasts_s = length_s([slot.track for slot in slots], [slot.pick for slot in slots])
    return (("Tracks", f"{len(slots):,}"), ("Plays for", f"{TrackWords.time(lasts_s)}{without}"))


def quality_facts(listed: Tracklist) -> tuple[tuple[str, str], ...]:
    """Return the quality and the number of weak steps of a list, for its maker."""
    quality = listed.header.quality
    if quality is None or quality.overall is None:
        return ()
    return (
        ("Quality", f"{whole_figure(quality.overall)} of 100"),
        ("Its parts, of 100", quality.parts_text()),
        ("Steps", quality.weak_text(listed.poor)),
    )


def _hour_clock(left_s: float | None) -> Cell:
    """Return minute and second of the hour, `left_s` before a full hour: 3 minutes before it is `57:00`."""
    if left_s is None:
        return Cell(TrackWords.UNKNOWN)
    minute, second = divmod(round(-left_s) % round(HOUR_S), 60)
    return Cell(f"{minute:02d}:{second:02d}")
