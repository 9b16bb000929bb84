"""Close-ups: everything about a track, and how a few tracks mix with each other."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from map4.core.base.text import percent
from map4.core.music.analysis.analysis import Loudness
from map4.core.music.analysis.key import Notation
from map4.core.music.mixing.compatibility import Compatibility
from map4.core.music.track.hamms import HammsSimilarity
from map4.core.music.track.labels import Labels
from map4.core.music.track.track import Track
from map4.core.music.track.track_cues import TrackCue
from map4.core.music.track.wording import TrackWords
from map4.exports.figures import radar
from map4.exports.figures.shapes import Figure
from map4.exports.figures.strip import Mark, track_strip
from map4.exports.figures.wheel import key_partners
from map4.exports.report.blocks import Block, Cell, Column, Facts, Figures, Heading, Paragraph, Picture, Row, Table
from map4.exports.report.report import bpm_cell, energy_cell, key_cell, traits_of
from map4.library import hookspecs

_HAMMS = "HAMMS, the twelve numbers for mixing"
NeighboursOf = Callable[[Track], Mapping[str, Sequence[tuple[Track, float]]]]
"""The nearest tracks of a library under a heading for each kind of nearness, with values up to 1."""

_COVER_PX = 250

MOST_TRACKS = radar.MOST_RADAR_TRACKS
"""More tracks would make more pairs than a person compares."""


def close_up(
    track: Track,
    notation: Notation,
    neighbours: NeighboursOf | None = None,
    *,
    with_path: bool = False,
    cover: Callable[[Track, int], bytes | None] | None = None,
) -> Iterator[Block]:
    """A track: details, cover, strip, sources of tempo and key, radar, partners, labels, and its nearest tracks."""
    if track.failure:
        yield Paragraph(text=f"Not analysed: {TrackWords.shown(track.failure.kind)}.")
    if with_path:
        path = track.shown_path
        yield Paragraph(text=TrackWords.shown(path), path=path)
    jpeg = cover and cover(track, _COVER_PX)
    picture = (
        Picture(jpeg=jpeg, alt=f"Cover of {TrackWords.shown(track.album() or '') or TrackWords(track).name}")
        if jpeg
        else None
    )
    yield Facts(items=_details(track, notation), picture=picture)
    if course := course_of(track, notation):
        yield Figures(figures=course)
    yield _sources(track, notation)
    key = TrackWords(track).key
    figures = [*radar_of([track]), *([key_partners(key, notation=notation)] if key else [])]
    if figures:
        yield Figures(figures=tuple(figures))
    labels = track.labels
    if labels and (labels.genre != Labels.UNKNOWN or any((labels.mood, labels.era, labels.tags, labels.notes))):
        yield Heading(text="Labels", level=3)
        yield Facts(items=_labels(labels))
    for title, near in neighbours(track).items() if neighbours else ():
        yield Heading(text=title, level=3)
        yield _nearest(title, near, notation)


def course_of(track: Track, notation: Notation) -> tuple[Figure, ...]:
    """Return the strip of a track; empty if it has none."""
    analysis = track.measured()
    bands = itertools.chain.from_iterable(hookspecs.track_bands(track))
    strip = analysis and track_strip(analysis, [_mark(cue) for cue in track.cues()], bands, notation=notation)
    return (strip,) if strip else ()


_LEAST_SHOWN = 0.01
"""Less likely alternatives are left out."""
_SOURCES = {
    "user": "you", "measured": "measured", "imported": "a DJ program", "tag": "its tag", "labels": "its labels",
    "provider": "a look-up",
}  # fmt: skip


def _sources(track: Track, notation: Notation) -> Table:
    """List the current tempo, key, bars, energy, genre and rating, their sources, certainty and alternatives."""
    columns = (
        Column(name="What", share=1.2),
        Column(name="Value", share=1.6),
        Column(name="From", share=1.6),
        Column(name="Sure", share=0.8, numeric=True),
        Column(name="Others say", share=4.0),
    )
    return Table(caption="Who says what", columns=columns, rows=list(_source_rows(track, notation)))


def _source_rows(track: Track, notation: Notation) -> Iterator[Row]:
    analysis = track.measured()
    tempo, key = (analysis.tempo, analysis.key) if analysis else (None, None)
    tempi = (
        [
            f"or {alternative.bpm:.1f} ({percent(alternative.confidence)})"
            for alternative in tempo.alternatives
            if alternative.confidence >= _LEAST_SHOWN
        ]
        if tempo
        else []
    )
    by_source: dict[str, str] = {source: f"{bpm:.2f}" for source, bpm in track.bpm_sources().items()}
    yield _source_row("Tempo", by_source, track.bpm_source(), tempo.confidence if tempo else None, tempi)
    next_best = key.runner_up if key else None
    keys = (
        [f"or {next_best.key.in_notation(notation)} ({percent(next_best.confidence)})"]
        if next_best and next_best.confidence >= _LEAST_SHOWN
        else []
    )
    by_source = {source: key.in_notation(notation) for source, key in track.key_sources().items()}
    yield _source_row("Key", by_source, track.key_source(), key.confidence if key else None, keys)
    if analysis and (bars := analysis.bars):
        yield _source_row("Bars", {"measured": f"{bars.metre.beats_per_bar} beats each"}, "measured", bars.sure, [])
    for name in ("energy", "genre", "rating"):
        known = {source: value for source, value in track.sources(name).items() if analysis or source != "measured"}
        by_source = {source: TrackWords.shown(str(value)) for source, value in known.items()}
        yield _source_row(name.capitalize(), by_source, next(iter(by_source), None))


def _source_row(
    name: str, by_source: Mapping[str, str], source: str | None, sure: float | None = None, others: Sequence[str] = ()
) -> Row:
    if source is None:
        return Row(
            cells=(
                Cell(name),
                Cell(TrackWords.UNKNOWN),
                Cell(TrackWords.UNKNOWN),
                Cell(TrackWords.UNKNOWN),
                Cell(TrackWords.UNKNOWN),
            )
        )
    listed = [f"{_SOURCES[other]}: {value}" for other, value in by_source.items() if other != source]
    certainty = Cell(TrackWords.UNKNOWN) if sure is None or source != "measured" else Cell(percent(sure))
    if source == "measured":
        listed += others
    others_text = "; ".join(listed) or TrackWords.UNKNOWN
    return Row(cells=(Cell(name), Cell(by_source[source]), Cell(_SOURCES[source]), certainty, Cell(others_text)))


def _nearest(title: str, near: Sequence[tuple[Track, float]], notation: Notation) -> Table:
    columns = (
        Column(name="Track", share=5.0, noted=True),
        Column(name="BPM", share=0.9, numeric=True),
        Column(name="Key", share=0.9, numeric=True),
        Column(name="Energy", share=0.9, numeric=True),
        Column(name="Score", share=1.1, numeric=True),
    )
    rows = (
        Row(
            cells=(
                Cell(TrackWords(track).name),
                bpm_cell(track),
                key_cell(track, notation),
                energy_cell(track),
                Cell(f"{value:.2f}"),
            ),
            track=track,
        )
        for track, value in near
    )
    return Table(caption=title, columns=columns, rows=rows)


def _mark(cue: TrackCue) -> Mark:
    name = TrackWords.shown(cue.point.name or cue.point.kind.replace("_", " "))
    detail = "" if cue.confidence is None else f", {percent(cue.confidence)} sure: {cue.reason}"
    return Mark(name=name, at_s=cue.point.position_s, detail=detail)


def radar_of(tracks: Sequence[Track]) -> tuple[Figure, ...]:
    """Return the HAMMS numbers of up to six tracks; empty if no track has any."""
    vectors, title = (
        [(TrackWords(track).name, vector) for track in tracks if (vector := TrackWords(track).vector)],
        _HAMMS,
    )
    if len(vectors) == 1:
        ((name, vector),) = vectors
        return (radar.hamms_radar(vector, name=name, title=title),)
    return (radar.hamms_lines(vectors, title=title),) if vectors else ()


def pair_table(tracks: Sequence[Track], notation: Notation) -> Table:
    """List each pair of tracks, best mix first: how well they mix and why, and how alike they are."""
    columns = (
        Column(name="Pair", share=6.0, noted=True),
        Column(name="Mix", share=0.8, numeric=True),
        Column(name="Fader", share=1.2, numeric=True, spare=True),
        Column(name="Keys", share=2.4, spare=True),
        Column(name="Energy", share=1.0, spare=True),
        Column(name="Alike", share=0.9, numeric=True, spare=True),
    )
    pairs = [
        (a, b, traits_of(a[1]).compared(traits_of(b[1]))) for a, b in itertools.combinations(enumerate(tracks, 1), 2)
    ]
    pairs.sort(key=lambda pair: -pair[2].total)
    return Table(caption="Pairs", columns=columns, rows=[_pair(*pair, notation) for pair in pairs])


def _pair(first_track: tuple[int, Track], other: tuple[int, Track], mix: Compatibility, notation: Notation) -> Row:
    (first, a), (second, b) = first_track, other
    keys = " → ".join(mix.key.ends(notation, TrackWords.UNKNOWN))
    levels = " → ".join(TrackWords(track).level for track in (a, b))
    return Row(
        cells=(
            Cell(f"{first} {TrackWords(a).name} + {second} {TrackWords(b).name}"),
            Cell(f"{mix.total:.2f}"),
            _tempo_cell(mix),
            Cell(f"{keys} {mix.key.relation.replace('_', ' ')}"),
            Cell(levels),
            _alike_cell(a, b),
        ),
        note=f"{mix.rating}: {mix.fit_words}",
        rating=mix.rating,
    )


def _tempo_cell(mix: Compatibility) -> Cell:
    if mix.tempo.change_percent is None:
        return Cell(TrackWords.UNKNOWN)
    return Cell(f"{mix.tempo.fader_text} %{ {None: '', 'half': ' /2', 'double': ' ×2'}[mix.tempo.folded] }")


def _alike_cell(a: Track, b: Track) -> Cell:
    first, other = TrackWords(a).vector, TrackWords(b).vector
    pair = HammsSimilarity.of(first, other) if first and other else None
    return Cell(TrackWords.UNKNOWN) if pair is None else Cell(f"{pair.similarity:.2f}")


def _details(track: Track, notation: Notation) -> tuple[tuple[str, str], ...]:
    analysis, bpm, key = track.measured(), TrackWords(track).bpm, TrackWords(track).key
    loudness = analysis.loudness if analysis else Loudness()
    cues = (analysis.cue_in_s, analysis.cue_out_s) if analysis else (None, None)
    values: list[tuple[str, Any, str]] = [
        ("Album", track.album(), ""),
        ("Genre", track.genre(), ""),
        ("Year", track.year(), ""),
        ("Tempo", None if bpm is None else f"{bpm:.2f}", " BPM"),
        ("Key", key and f"{key.in_notation(notation)}, {key.name}", ""),
        ("Energy", None if TrackWords(track).energy is None else f"{TrackWords(track).level} of 10", ""),
        ("Loudness", loudness.integrated_lufs, " LUFS"),
        ("Loudness range", loudness.range_lu, " LU"),
        ("True peak", loudness.true_peak_dbtp, " dBTP"),
        ("Length", TrackWords.time(TrackWords(track).duration_s), ""),
        ("First, last sound", f"{TrackWords.time(cues[0])}, {TrackWords.time(cues[1])}", ""),
        ("Format", track.format and track.format.codec, ""),
    ]
    return tuple(
        (name, TrackWords.UNKNOWN if value in (None, "") else TrackWords.shown(f"{value}{unit}"))
        for name, value, unit in values
    )


def _labels(labels: Labels) -> tuple[tuple[str, str], ...]:
    known = {"Genre": labels.genre, "Subgenre": labels.subgenre, "Mood": labels.mood, "Era": labels.era}
    items = [(name, TrackWords.shown(value)) for name, value in known.items() if value]
    if labels.tags:
        items.append(("Tags", TrackWords.shown(", ".join(labels.tags))))
    items.append(("Confidence", percent(labels.confidence)))
    items.append(("Said by", TrackWords.shown(labels.model or labels.source)))
    return tuple(items)
