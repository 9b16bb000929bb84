"""HTML page of an un-mixed set: a timeline, and the start of each track with a link to it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from map4.base.text import percent
from map4.exports import Bar, Block, Cell, Column, Facts, Joint, Paragraph, Row, Table, set_figures, time_cell
from map4.extras.unmix.records import Passage, Unmixed
from map4.extras.unmix.set_marks import UNKNOWN_NAME, title_of
from map4.music.analysis.key import Notation
from map4.music.mixing.compatibility import MixTraits, compare_mix
from map4.music.track.track import Track
from map4.music.track.wording import UNKNOWN, analysis_of, energy_of, shown, time_text

_MIXES = {"fade": "faded into the next", "cut": "cut to the next", "bass_swap": "the bass changes over to the next"}
_SAME_SPEED = 0.0005
_MOST_SURE = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedSet:
    """A set, and its library tracks by path."""

    made: Unmixed
    tracks: Mapping[str, Track]

    def track(self, one: Passage) -> Track | None:
        return None if one.track is None else self.tracks.get(one.track.path)


def recorded_set_blocks(found: RecordedSet, notation: Notation) -> Iterator[Block]:
    """Blocks of the page of a set."""
    made = found.made
    known = made.known()
    unknown_s = sum(track.lasts_s for track in made.tracks if track.track is None)
    facts = [("Length", time_text(made.duration_s or 0.0)), ("Tracks", str(len(known)))]
    yield Facts(items=(*facts, *([("Unknown", time_text(unknown_s))] if unknown_s else [])))
    if made.tracks:
        yield set_figures(_bars(found, notation))
        yield _table(found, notation)
        recording = "the recording" if os.path.isabs(made.path) else "the recording, if this page is in its folder"
        yield Paragraph(
            text=f"Tempo and key are as heard in the set. A time links to {recording}; a name links to the track's own "
            "file, on the machine that has it.",
            small=True,
        )


def _bars(found: RecordedSet, notation: Notation) -> list[Bar]:
    bars = list[Bar]()
    before: Passage | None = None
    for number, one in enumerate(found.made.tracks, start=1):
        track = found.track(one)
        analysis = analysis_of(track) if track else None
        part = (0.0, 1.0)
        if analysis and analysis.duration_s and one.track_start_s is not None and one.track_end_s is not None:
            part = (
                min(1.0, one.track_start_s / analysis.duration_s),
                min(1.0, one.track_end_s / analysis.duration_s),
            )
        bars.append(
            Bar(
                number=number,
                name=_name(one),
                mark=f"{_key(one, notation)}  {_bpm(one)} BPM",
                starts_s=one.start_s,
                sounds_s=one.lasts_s,
                overview=analysis.overview if analysis else None,
                shown=part if part[0] < part[1] else (0.0, 1.0),
                energy=energy_of(track) if track else None,
                joint=None if before is None else _joint(found, before, one, notation),
            )
        )
        before = one
    return bars


def _joint(found: RecordedSet, before: Passage, one: Passage, notation: Notation) -> Joint | None:
    """The joint between two passages; None if either is unknown."""
    a, b = found.track(before), found.track(one)
    if a is None or b is None:
        return None
    step = compare_mix(_as_heard(before, a), _as_heard(one, b))
    keys = f"{_key(before, notation)} → {_key(one, notation)}"
    mixed = "" if before.mix is None else _MIXES[before.mix.kind]
    return Joint(
        rating=step.rating,
        compatibility=step.total,
        lines=(step.rating, keys),
        short=(keys,),
        told=", ".join(part for part in (mixed, keys, step.rating) if part),
        overlap_s=max(0.0, before.end_s - one.start_s),
    )


def _as_heard(one: Passage, track: Track) -> MixTraits:
    """Traits for mixing at the speed at which it plays."""
    return MixTraits(bpm=one.bpm, key=one.key, energy=energy_of(track))


def _table(found: RecordedSet, notation: Notation) -> Table:
    columns = (
        Column(name="From", share=0.9, numeric=True),
        Column(name="To", share=0.9, numeric=True, spare=True),
        Column(name="Track", share=5.0, noted=True),
        Column(name="BPM", share=0.8, numeric=True),
        Column(name="Key", share=0.7, numeric=True),
        Column(name="Speed", share=0.9, numeric=True, spare=True),
        Column(name="Sure", share=0.7, numeric=True, spare=True),
    )
    return Table(
        caption="What was played", columns=columns, rows=[_row(found, track, notation) for track in found.made.tracks]
    )


def _row(found: RecordedSet, one: Passage, notation: Notation) -> Row:
    begins = time_cell(one.start_s)
    speed = one.speed
    is_known = speed is not None and one.certainty is not None
    cells = (
        Cell(begins.text, begins.order, link=(found.made.path, one.start_s)),
        time_cell(one.end_s),
        Cell(_name(one)),
        Cell(_bpm(one), one.bpm),
        Cell(_key(one, notation)),
        Cell("" if speed is None or abs(speed - 1.0) < _SAME_SPEED else f"{100.0 * (speed - 1.0):+.1f} %", speed),
        Cell(percent(min(one.certainty or 0.0, _MOST_SURE)) if is_known else UNKNOWN, one.certainty),
    )
    return Row(cells=cells, note=None if one.mix is None else _mixed(one), track=found.track(one))


def _mixed(one: Passage) -> str:
    mix = one.mix
    assert mix is not None
    lasts = "" if mix.kind == "cut" else f" in {mix.lasts_s:.0f} s"
    return f"{_MIXES[mix.kind]}{lasts}{', bars on bars' if mix.bars else ''}"


def _name(one: Passage) -> str:
    if one.track is None:
        return UNKNOWN_NAME
    names: Sequence[str] = [name for name in (one.track.artist, title_of(one.track)) if name]
    return shown(" – ".join(names))


def _bpm(one: Passage) -> str:
    return UNKNOWN if one.bpm is None else f"{one.bpm:.1f}"


def _key(one: Passage, notation: Notation) -> str:
    return UNKNOWN if one.key is None else one.key.in_notation(notation)
