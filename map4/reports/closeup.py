"""Tracks seen from near: everything about one, and how a few of them mix with each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from map4.domain.analysis import Loudness
from map4.domain.compatibility import Compatibility, compare_mix
from map4.domain.hamms import compare_hamms
from map4.domain.key import Notation
from map4.domain.labels import Labels
from map4.domain.text import percent
from map4.domain.track import Track
from map4.domain.track_cues import TrackCue
from map4.reports.blocks import UNKNOWN, Block, Cell, Column, Facts, Figures, Heading, Paragraph, Row, Table
from map4.reports.figures import radar
from map4.reports.figures.shapes import Figure
from map4.reports.figures.strip import Mark, track_strip
from map4.reports.figures.wheel import key_partners
from map4.reports.wording import (
    analysis_of,
    bpm_of,
    clock,
    duration_of,
    energy_of,
    key_of,
    key_text,
    level_text,
    name_of,
    shown,
    traits_of,
    vector_of,
)

MOST_TRACKS = radar.MOST_TRACKS
"""Of more tracks, the pairs are more than anyone compares one by one."""


def close_up(track: Track, notation: Notation) -> Iterator[Block]:
    """Details of a track, its strip, its radar, the keys it mixes with, and its labels with who said so."""
    if track.failure:
        yield Paragraph(text=f"Not analysed: {shown(track.failure.kind)}.")
    yield Facts(items=_details(track, notation))
    analysis = analysis_of(track)
    course = analysis and track_strip(analysis, [_mark(cue) for cue in track.cues()], notation=notation)
    if course:
        yield Figures(figures=(course,))
    key = key_of(track)
    figures = [*radar_of([track]), *([key_partners(key, notation=notation)] if key else [])]
    if figures:
        yield Figures(figures=tuple(figures))
    if track.labels:
        yield Heading(text="Labels", level=3)
        yield Facts(items=_labels(track.labels))


def _mark(cue: TrackCue) -> Mark:
    name = shown(cue.point.name or cue.point.kind.replace("_", " "))
    detail = "" if cue.confidence is None else f", {percent(cue.confidence)} sure: {cue.reason}"
    return Mark(name=name, at_s=cue.point.position_s, detail=detail)


def radar_of(tracks: Sequence[Track]) -> tuple[Figure, ...]:
    """The radar of up to six tracks; nothing where none of them has HAMMS numbers."""
    vectors = [(name_of(track), vector) for track in tracks if (vector := vector_of(track))]
    return (radar.hamms_radar(vectors, title="HAMMS, the twelve numbers for mixing"),) if vectors else ()


def pair_table(tracks: Sequence[Track], notation: Notation) -> Table:
    """Each pair of tracks: how well it mixes and by what, and how alike it is."""
    columns = (
        Column(name="Pair", share=5.4),
        Column(name="Mix", share=0.8, numeric=True),
        Column(name="Tempo", share=1.2, numeric=True),
        Column(name="Keys", share=2.4),
        Column(name="Energy", share=1.0),
        Column(name="Fits", share=1.0),
        Column(name="Alike", share=0.9, numeric=True),
    )
    rows = (_pair(a, b, notation) for a, b in itertools.combinations(enumerate(tracks, 1), 2))
    return Table(caption="Pairs", columns=columns, rows=rows, brief=True)


def _pair(one: tuple[int, Track], other: tuple[int, Track], notation: Notation) -> Row:
    (first, a), (second, b) = one, other
    found = compare_mix(traits_of(a), traits_of(b))
    keys = " → ".join(key_text(track, notation) for track in (a, b))
    levels = " → ".join(level_text(track) for track in (a, b))
    return Row(
        cells=(
            Cell(f"{first} {name_of(a)} + {second} {name_of(b)}"),
            Cell(f"{found.total:.2f}", found.total),
            _tempo_cell(found),
            Cell(f"{keys} {found.key.relation.replace('_', ' ')}"),
            Cell(levels),
            Cell(found.what_fits),
            _alike_cell(a, b),
        )
    )


def _tempo_cell(found: Compatibility) -> Cell:
    change, folded = found.tempo.change_percent, found.tempo.folded
    if change is None:
        return Cell(UNKNOWN)
    fold = {"half": " /2", "double": " ×2"}[folded] if folded else ""
    return Cell(f"{change:+.1f} %{fold}", abs(change))


def _alike_cell(a: Track, b: Track) -> Cell:
    one, other = vector_of(a), vector_of(b)
    found = compare_hamms(one, other) if one and other else None
    return Cell(UNKNOWN) if found is None else Cell(f"{found.similarity:.2f}", found.similarity)


def _details(track: Track, notation: Notation) -> tuple[tuple[str, str], ...]:
    analysis, bpm, key = analysis_of(track), bpm_of(track), key_of(track)
    loudness = analysis.loudness if analysis else Loudness()
    cues = (analysis.cue_in_s, analysis.cue_out_s) if analysis else (None, None)
    values: list[tuple[str, Any, str]] = [
        ("Album", track.album(), ""),
        ("Genre", track.genre(), ""),
        ("Year", track.year(), ""),
        ("Tempo", None if bpm is None else f"{bpm:.2f}", " BPM"),
        ("Key", key and f"{key.in_notation(notation)}, {key.name}", ""),
        ("Energy", None if energy_of(track) is None else f"{level_text(track)} of 10", ""),
        ("Loudness", loudness.integrated_lufs, " LUFS"),
        ("Loudness range", loudness.range_lu, " LU"),
        ("True peak", loudness.true_peak_dbtp, " dBTP"),
        ("Length", clock(duration_of(track)), ""),
        ("First, last sound", f"{clock(cues[0])}, {clock(cues[1])}", ""),
        ("Format", track.format and track.format.codec, ""),
    ]
    return tuple((name, UNKNOWN if value in (None, "") else shown(f"{value}{unit}")) for name, value, unit in values)


def _labels(labels: Labels) -> tuple[tuple[str, str], ...]:
    known = {"Genre": labels.genre, "Subgenre": labels.subgenre, "Mood": labels.mood, "Era": labels.era}
    items = [(name, shown(value)) for name, value in known.items() if value]
    if labels.tags:
        items.append(("Tags", shown(", ".join(labels.tags))))
    items.append(("Confidence", percent(labels.confidence)))
    items.append(("Said by", shown(labels.model or labels.source)))
    return tuple(items)
