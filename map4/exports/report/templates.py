"""The templates: which blocks a report has, in which order."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from map4.core.music.mixing.compatibility import MixRating, compare_mix
from map4.core.music.track.track import Track
from map4.core.music.track.wording import UNKNOWN, artist_of, duration_of, name_of, shown, title_of
from map4.exports.figures import matrix
from map4.exports.figures.library_map import library_map
from map4.exports.report import closeup
from map4.exports.report.blocks import Block, Cell, Column, Facts, Figures, Heading, Paragraph, Row, Table
from map4.exports.report.cells import bpm_cell, energy_cell, key_cell, loudness_cell, time_cell, traits_of
from map4.exports.report.overview import Doubt, StatisticsOverview, statistics_of_tracks
from map4.exports.report.report import MOST_DETAILED, Report, Template
from map4.exports.report.setlist import (
    Slot,
    length_facts,
    quality_facts,
    running_order,
    set_bars,
    set_figures,
    set_table,
    show_table,
    transition_note,
    weak_table,
)

_DOUBT = "A question mark follows values measured with a confidence below one half; – is unknown."
_MIX = "Each track plays from “mix in” to “mix out”, where the next track starts; without a mix plan in full."


_Note = tuple[str | None, MixRating | None]  # the list's note on a track, and the rating of the transition in it


def report_blocks(report: Report) -> Iterator[Block]:
    """Yield the blocks of a report."""
    yield Heading(text=report.heading, level=1)
    if report.made is not None:
        yield Paragraph(text=shown(report.made), small=True)
    if report.body is not None:
        yield from report.body(report)
    else:
        yield from _TEMPLATES[report.template](report)


def _standard(report: Report) -> Iterator[Block]:
    overview, tracks = _overview(report)
    if report.playlist is not None:
        slots = running_order(report.playlist)
        yield _list_facts(slots, report)
        yield from _set(slots, report)
        notes = [(transition_note(slot.pick, with_figures=report.judged), slot.pick.rating) for slot in slots]
        yield from _track_part(tracks, report, overview, notes)
        yield Heading(text="Contents")
        yield Figures(figures=overview.figures(report.notation))
        return
    first = list(itertools.islice(tracks, closeup.MOST_TRACKS + 1))
    if len(first) == 1:
        yield from _full_blocks(first[0], report, report.neighbours)
        return
    few = first if len(first) <= closeup.MOST_TRACKS else []
    yield Facts(items=overview.facts(report.notation))
    yield Figures(figures=(*overview.figures(report.notation), *closeup.radar_of(few)))
    if few:
        yield Heading(text="How each pair mixes")
        yield closeup.pair_table(few, report.notation)
    yield from _track_part(itertools.chain(first, tracks), report, overview)


def _summary(report: Report) -> Iterator[Block]:
    overview, _ = _overview(report)
    if report.playlist is not None:
        slots = running_order(report.playlist)
        yield _list_facts(slots, report)
        yield from _set(slots, report)
    yield Facts(items=overview.facts(report.notation))
    yield Figures(figures=overview.figures(report.notation))


def _library(report: Report) -> Iterator[Block]:
    overview, tracks = _overview(report)
    yield Facts(items=overview.facts(report.notation))
    yield Figures(figures=overview.figures(report.notation))
    yield Heading(text="Contents")
    yield Figures(figures=(*overview.more_figures(), *overview.growth()))
    if report.dots:
        yield Figures(figures=(library_map(report.dots),))
    yield Heading(text="How much is known")
    yield Facts(items=overview.coverage())
    if doubts := overview.doubts():
        yield _doubt_table(doubts)
    yield from _track_part(tracks, report, overview)


def _dj_setlist(report: Report) -> Iterator[Block]:
    listed = report.as_list()
    slots = running_order(listed)
    yield _list_facts(slots, report)
    if slots:
        yield from _set(slots, report)
        yield Heading(text="Running order")
        yield set_table(slots, report.notation)
        yield Paragraph(text=f"{_MIX} {_DOUBT}", small=True)


def _radio_show(report: Report) -> Iterator[Block]:
    listed = report.as_list()
    slots = running_order(listed)
    yield _list_facts(slots, report)
    if slots:
        yield show_table(slots, report.notation)
        yield Paragraph(
            text=f"“Clock” is minutes and seconds of the hour, such that the last track ends on the full hour. {_MIX}",
            small=True,
        )


def _professional(report: Report) -> Iterator[Block]:
    overview, every = _overview(report)
    tracks = list(itertools.islice(every, MOST_DETAILED))
    if len(tracks) == 1:
        yield from _full_blocks(tracks[0], report, report.neighbours)
        return
    yield Facts(items=overview.facts(report.notation))
    if report.playlist is not None and tracks:
        yield from _set(running_order(report.playlist), report)
    else:
        yield Figures(figures=overview.figures(report.notation))
    for track in tracks:
        yield Heading(text=name_of(track), new_page=True)
        yield from _full_blocks(track, report)
    if overview.counts.tracks > len(tracks):
        yield Paragraph(
            text=f"The first {len(tracks)} of {overview.counts.tracks:,} tracks in detail; a query picks others."
        )


def _compatibility_matrix(report: Report) -> Iterator[Block]:
    overview, tracks = _overview(report)
    chosen = list(itertools.islice(tracks, matrix.MOST_TRACKS))
    if chosen:
        traits = [traits_of(track) for track in chosen]
        mixes = [[None if i == j else compare_mix(a, b) for j, b in enumerate(traits)] for i, a in enumerate(traits)]
        yield Figures(figures=(matrix.compatibility_matrix([name_of(track) for track in chosen], mixes),))
    if overview.counts.tracks > len(chosen):
        note = f"The first {len(chosen)} of {overview.counts.tracks:,} tracks; more do not fit a page."
        yield Paragraph(text=note, small=True)
    if 1 < len(chosen) <= closeup.MOST_TRACKS:
        yield Figures(figures=closeup.radar_of(chosen))
        yield Heading(text="How each pair mixes")
        yield closeup.pair_table(chosen, report.notation)
    yield from _track_part(itertools.chain(chosen, tracks), report, overview)


_TEMPLATES: dict[Template, Callable[[Report], Iterator[Block]]] = {
    "standard": _standard,
    "summary": _summary,
    "library": _library,
    "dj_setlist": _dj_setlist,
    "radio_show": _radio_show,
    "professional": _professional,
    "compatibility_matrix": _compatibility_matrix,
}


def _full_blocks(track: Track, report: Report, neighbours: closeup.NeighboursOf | None = None) -> Iterator[Block]:
    return closeup.close_up(track, report.notation, neighbours, with_path=report.with_paths, cover=report.cover)


def _overview(report: Report) -> tuple[StatisticsOverview, Iterator[Track]]:
    """Return the counts and the tracks, which are loaded into memory only if they had to be counted here."""
    if report.playlist is not None or report.statistics is None:
        tracks = list(report.as_list().tracks)
        return StatisticsOverview(statistics_of_tracks(tracks)), iter(tracks)
    return StatisticsOverview(report.statistics), iter(report.tracks)


def _list_facts(slots: Sequence[Slot], report: Report) -> Facts:
    judged = quality_facts(report.playlist) if report.judged and report.playlist is not None else ()
    return Facts(items=(*length_facts(slots), *judged))


def _set(slots: Sequence[Slot], report: Report) -> Iterator[Block]:
    """Yield the course of the list and, for its maker, its weak places; nothing for a single track."""
    if len(slots) > 1:
        bars = set_bars(slots, report.notation, with_figures=report.judged)
        yield set_figures(bars)
        weak = weak_table(bars) if report.judged else None
        if weak is not None:
            yield Heading(text=weak.caption)
            yield weak


def _track_part(
    tracks: Iterable[Track], report: Report, overview: StatisticsOverview, notes: Sequence[_Note] = ()
) -> Iterator[Block]:
    yield Heading(text="Tracks")
    table = _track_table(itertools.islice(tracks, report.most_rows), report, notes)
    yield _filled(table, Artist=report.with_artists, Genre=bool(overview.genres), Year=bool(overview.decades))
    if report.most_rows is not None and overview.counts.tracks > report.most_rows:
        note = f"The first {report.most_rows:,} of {overview.counts.tracks:,} tracks; the figures count all of them."
        yield Paragraph(text=note)
    yield Paragraph(text=_DOUBT, small=True)


def _filled(table: Table, **filled: bool) -> Table:
    """Drop the columns of a table that have no known value."""
    has_value = [filled.get(column.name, True) for column in table.columns]
    rows = (replace(row, cells=tuple(itertools.compress(row.cells, has_value))) for row in table.rows)
    return replace(table, columns=tuple(itertools.compress(table.columns, has_value)), rows=rows)


def _doubt_table(doubts: Sequence[Doubt]) -> Table:
    columns = (
        Column(name="In doubt", share=2.0),
        Column(name="Tracks", share=0.8, numeric=True),
        Column(name="What helps", share=3.0),
    )
    rows = (Row(cells=(Cell(doubt.name), Cell(f"{doubt.tracks:,}"), Cell(doubt.command))) for doubt in doubts)
    return Table(caption="Uncertain values, and what helps", columns=columns, rows=rows)


def _track_table(tracks: Iterable[Track], report: Report, notes: Sequence[_Note]) -> Table:
    columns: list[tuple[Column, Callable[[Track], Cell]]] = [
        (Column(name="Artist", share=2.4, spare=True), lambda track: Cell(artist_of(track))),
        (Column(name="Title", share=3.2, noted=True), lambda track: Cell(title_of(track))),
        (Column(name="BPM", share=0.9, numeric=True), bpm_cell),
        (Column(name="Key", share=0.8, numeric=True), lambda track: key_cell(track, report.notation)),
        (Column(name="Energy", share=0.9, numeric=True), energy_cell),
        (Column(name="LUFS", share=0.9, numeric=True, spare=True), loudness_cell),
        (Column(name="Length", share=1.0, numeric=True, spare=True), lambda track: time_cell(duration_of(track))),
        (Column(name="Genre", share=1.7, spare=True), lambda track: Cell(shown(track.genre() or "") or UNKNOWN)),
        (Column(name="Year", share=0.8, numeric=True, spare=True), lambda track: Cell(str(track.year() or UNKNOWN))),
    ]
    every_note: Iterator[_Note] = itertools.chain(notes, itertools.repeat((None, None)))
    rows = (
        Row(
            cells=(Cell(str(number)), *(cell(track) for _, cell in columns)),
            note=f"not analysed: {shown(track.failure.kind)}" if track.failure else note,
            rating=None if track.failure else rating,
            track=track,
        )
        for number, (track, (note, rating)) in enumerate(zip(tracks, every_note, strict=False), 1)
    )
    heads = (Column(name="#", share=0.6, numeric=True), *(column for column, _ in columns))
    return Table(caption="Tracks", columns=heads, rows=rows)
