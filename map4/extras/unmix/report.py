"""HTML page of an un-mixed set: a timeline, and the start of each track with a link to it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from map4.core.base.text import percent
from map4.core.music.analysis.key import Notation
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.track.track import Track
from map4.core.music.track.wording import TrackWords
from map4.exports import Bar, Block, Cell, Column, Facts, Joint, Paragraph, Row, Table, set_figures
from map4.extras.unmix.records import Passage, Unmixed
from map4.extras.unmix.set_marks import UNKNOWN_NAME, title_of

_MIXES = {"fade": "faded into the next", "cut": "cut to the next", "bass_swap": "the bass changes over to the next"}
_BEATS_A_BAR = 4
_SAME_SPEED = 0.0005
_MOST_SURE = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedSet:
    """A set, and its library tracks by path."""

    made: Unmixed
    tracks: Mapping[str, Track]

    def track(self, passage: Passage) -> Track | None:
        return None if passage.track is None else self.tracks.get(passage.track.path)


def recorded_set_blocks(recorded: RecordedSet, notation: Notation) -> Iterator[Block]:
    """Blocks of the page of a set."""
    unmixed = recorded.made
    known = unmixed.known()
    unknown_s = sum(track.lasts_s for track in unmixed.tracks if track.track is None)
    facts = [("Length", TrackWords.time(unmixed.duration_s or 0.0)), ("Tracks", str(len(known)))]
    yield Facts(items=(*facts, *([("Unknown", TrackWords.time(unknown_s))] if unknown_s else [])))
    if unmixed.tracks:
        yield set_figures(_bars(recorded, notation))
        yield _table(recorded, notation)
        recording = "the recording" if os.path.isabs(unmixed.path) else "the recording, if this page is in its folder"
        yield Paragraph(
            text=f"Tempo and key are as heard in the set. A time links to {recording}; a name links to the track's own "
            "file, on the machine that has it.",
            small=True,
        )


def _bars(recorded: RecordedSet, notation: Notation) -> list[Bar]:
    bars = list[Bar]()
    before: Passage | None = None
    for number, passage in enumerate(recorded.made.tracks, start=1):
        track = recorded.track(passage)
        analysis = track.measured() if track else None
        part = (0.0, 1.0)
        if analysis and analysis.duration_s and passage.track_start_s is not None and passage.track_end_s is not None:
            part = (
                min(1.0, passage.track_start_s / analysis.duration_s),
                min(1.0, passage.track_end_s / analysis.duration_s),
            )
        bars.append(
            Bar(
                number=number,
                name=_name(passage),
                mark=f"{_key(passage, notation)}  {_bpm(passage)} BPM",
                starts_s=passage.start_s,
                sounds_s=passage.lasts_s,
                overview=analysis.overview if analysis else None,
                shown=part if part[0] < part[1] else (0.0, 1.0),
                energy=TrackWords(track).energy if track else None,
                joint=None if before is None else _joint(recorded, before, passage, notation),
            )
        )
        before = passage
    return bars


def _joint(recorded: RecordedSet, before: Passage, passage: Passage, notation: Notation) -> Joint | None:
    """The joint between two passages; None if either is unknown."""
    a, b = recorded.track(before), recorded.track(passage)
    if a is None or b is None:
        return None
    step = _as_played(before, a).compared(_as_played(passage, b))
    keys = f"{_key(before, notation)} → {_key(passage, notation)}"
    mixed = "" if before.mix is None else _MIXES[before.mix.kind]
    overlap_s = max(0.0, before.end_s - passage.start_s)
    rating = step.rated(None if passage.bpm is None else overlap_s * passage.bpm / (60.0 * _BEATS_A_BAR))
    return Joint(
        rating=rating,
        compatibility=step.total,
        lines=(rating, keys),
        short=(keys,),
        sentence=", ".join(part for part in (mixed, keys, rating) if part),
        overlap_s=overlap_s,
    )


def _as_played(passage: Passage, track: Track) -> MixTraits:
    """Traits for mixing at the speed at which it plays."""
    return replace(MixTraits.of(track), bpm=passage.bpm, key=passage.key)


def _table(recorded: RecordedSet, notation: Notation) -> Table:
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
        caption="What was played",
        columns=columns,
        rows=[_row(recorded, track, notation) for track in recorded.made.tracks],
    )


def _row(recorded: RecordedSet, passage: Passage, notation: Notation) -> Row:
    begins, ends = Cell.time(passage.start_s), Cell.time(passage.end_s)
    doubts = passage.doubts
    speed = passage.speed
    is_known = speed is not None and passage.certainty is not None
    cells = (
        Cell(begins.text + doubts[0], link=(recorded.made.path, passage.start_s)),
        Cell(ends.text + doubts[1]),
        Cell(_name(passage)),
        Cell(_bpm(passage)),
        Cell(_key(passage, notation)),
        Cell("" if speed is None or abs(speed - 1.0) < _SAME_SPEED else f"{100.0 * (speed - 1.0):+.1f} %"),
        Cell(percent(min(passage.certainty or 0.0, _MOST_SURE)) if is_known else TrackWords.UNKNOWN),
    )
    return Row(cells=cells, note=None if passage.mix is None else _mixed(passage), track=recorded.track(passage))


def _mixed(passage: Passage) -> str:
    mix = passage.mix
    assert mix is not None
    lasts = "" if mix.kind == "cut" else f" in {mix.lasts_s:.0f} s"
    return f"{_MIXES[mix.kind]}{lasts}{', bars on bars' if mix.bars else ''}"


def _name(passage: Passage) -> str:
    if passage.track is None:
        return UNKNOWN_NAME
    names: Sequence[str] = [name for name in (passage.track.artist, title_of(passage.track)) if name]
    return TrackWords.shown(" – ".join(names))


def _bpm(passage: Passage) -> str:
    return TrackWords.UNKNOWN if passage.bpm is None else f"{passage.bpm:.1f}"


def _key(passage: Passage, notation: Notation) -> str:
    return TrackWords.UNKNOWN if passage.key is None else passage.key.in_notation(notation)
