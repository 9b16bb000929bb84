"""The templates: which blocks a report has, in which order."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from map4.core.music.analysis.key import Key, Notation
from map4.core.music.analysis.plausible import Energy
from map4.core.music.mixing.compatibility import MixRating
from map4.core.music.track.track import Track
from map4.core.music.track.wording import TrackWords
from map4.exports.figures import matrix
from map4.exports.figures.histogram import energy_histogram, growth, loudness_histogram, named_bars, tempo_histogram
from map4.exports.figures.library_map import library_map
from map4.exports.figures.shapes import Figure
from map4.exports.figures.wheel import camelot_wheel
from map4.exports.report import closeup, setlist
from map4.exports.report import report as parts
from map4.exports.report.blocks import Block, Cell, Column, Facts, Figures, Heading, Paragraph, Row, Table
from map4.stats import Statistics, distribution

MOST_NAMES = 10
"""Genres beyond the most frequent are only counted."""

_LEAST_FOR_HISTOGRAM = 8  # with fewer tracks, bars are only blocks; the table has their numbers

_LEAST_FOR_SPREAD = 20  # with fewer tracks, percentiles add nothing to the histogram


@dataclass(frozen=True, slots=True)
class Doubt:
    """A kind of uncertain value: number of tracks, and the command that helps."""

    name: str
    tracks: int
    command: str


@dataclass(frozen=True, slots=True)
class StatisticsOverview:
    """Statistics for a report; names are safe to show, hours are as exact as in their record."""

    counts: Statistics

    @property
    def genres(self) -> list[tuple[str, int]]:
        """Genres by count, in the order to show."""
        return [(TrackWords.shown(genre), count) for genre, count in self.counts.genres.items()]

    @property
    def decades(self) -> list[tuple[str, int]]:
        """The last decades, ascending."""
        counts = Counter[str]()
        for year, count in self.counts.years.items():
            counts[f"{year // 10 * 10}s"] += count
        return sorted(counts.items())[-MOST_NAMES:]

    def facts(self, notation: Notation) -> tuple[tuple[str, str], ...]:
        items = [("Tracks", f"{self.counts.tracks:,}"), ("Length", hours_text(round(self.counts.hours, 3)))]
        if self.counts.tempo.median is not None:
            items.append(("Tempo, median", f"{self.counts.tempo.median:.1f} BPM"))
            if self.counts.tempo.known >= _LEAST_FOR_SPREAD:
                items.append(("90 % of tempi", f"{self.counts.tempo.low:.0f} to {self.counts.tempo.high:.0f} BPM"))
        if any(self.counts.keys.values()):
            most = max(self.counts.keys, key=lambda name: self.counts.keys[name])
            items.append(("Most frequent key", f"{Key.parse(most).in_notation(notation)} ({self.counts.keys[most]:,})"))
        if self.counts.loudness.median is not None:
            items.append(("Loudness, median", f"{self.counts.loudness.median:.1f} LUFS"))
        return tuple(items)

    def figures(self, notation: Notation) -> tuple[Figure, ...]:
        """Return the wheel and histograms of known values; for a few tracks only the wheel."""
        figures: list[Figure] = []
        if any(self.counts.keys.values()):
            figures.append(camelot_wheel(self.counts.keys, notation=notation))
        if self.counts.tracks < _LEAST_FOR_HISTOGRAM:
            return tuple(figures)
        if self.counts.tempo.bins:
            figures.append(tempo_histogram(self.counts.tempo.bins, median_bpm=self.counts.tempo.median))
        if any(self.counts.energy.values()):
            figures.append(energy_histogram(self.counts.energy))
        return tuple(figures)

    def more_figures(self) -> tuple[Figure, ...]:
        """Return further figures for a report of a library."""
        figures: list[Figure] = []
        codecs = [(TrackWords.shown(codec), count) for codec, count in self.counts.codecs.items()]
        if self.counts.loudness.bins and self.counts.tracks >= _LEAST_FOR_HISTOGRAM:
            figures.append(loudness_histogram(self.counts.loudness.bins, median_lufs=self.counts.loudness.median))
        for title, counts in (("Genres", self.genres), ("Decades", self.decades), ("Formats", codecs)):
            if counts:
                beyond = len(counts) > MOST_NAMES
                head = f"{title}, the {MOST_NAMES} most frequent of {len(counts)}" if beyond else title
                figures.append(named_bars(head, counts[:MOST_NAMES]))
        return tuple(figures)

    def growth(self) -> tuple[Figure, ...]:
        """Return how the library grew; empty if it was made within a month."""
        return (growth(self.counts.added),) if len(self.counts.added) > 1 else ()

    def doubts(self) -> tuple[Doubt, ...]:
        """Return unknown and uncertain values with the command that helps; kinds without tracks are left out."""
        counts = self.counts
        missing = (
            counts.tracks - counts.tempo.known,
            counts.tracks - sum(counts.keys.values()),
            counts.tracks - counts.with_genre,
        )
        doubts = (
            Doubt("Tempo in doubt", counts.doubtful_tempo, "map4 doctor --only tempo"),
            Doubt("Key in doubt", counts.doubtful_key, "map4 doctor --only key"),
            Doubt("Tempo not known", missing[0], "map4 tap TRACK"),
            Doubt("Key not known", missing[1], "map4 set TRACK key=8A"),
            Doubt("Genre not known", missing[2], "map4 classify"),
            *(Doubt(f"Failed: {kind}", n, "map4 doctor --only file") for kind, n in counts.failures.items()),
        )
        return tuple(doubt for doubt in doubts if doubt.tracks > 0)

    def coverage(self) -> tuple[tuple[str, str], ...]:
        """Return how much is known."""
        known = (
            ("Tempo known", self.counts.tempo.known),
            ("Key known", sum(self.counts.keys.values())),
            ("Energy known", sum(self.counts.energy.values())),
            ("Loudness known", self.counts.loudness.known),
        )
        return tuple((name, f"{count:,} of {self.counts.tracks:,}") for name, count in known)


def statistics_of_tracks(tracks: Sequence[Track]) -> Statistics:
    """Compute the statistics for an overview of tracks that no library counts."""
    analyses = [analysis for track in tracks if (analysis := track.measured())]
    tempi = [bpm for track in tracks if (bpm := TrackWords(track).bpm) is not None]
    loudness = [value for analysis in analyses if (value := analysis.loudness.integrated_lufs) is not None]
    return Statistics(
        tracks=len(tracks),
        hours=sum(analysis.duration_s for analysis in analyses) / 3600.0,
        tempo=distribution(np.array(tempi, dtype=np.float64), Statistics.TEMPO_BIN_BPM),
        loudness=distribution(np.array(loudness, dtype=np.float64), Statistics.LOUDNESS_BIN_LUFS),
        keys=Counter(key.camelot for track in tracks if (key := TrackWords(track).key)),
        energy=Counter(Energy.level(energy) for track in tracks if (energy := TrackWords(track).energy) is not None),
        genres=_frequent(TrackWords.shown(genre) for track in tracks if (genre := track.genre())),
        codecs=_frequent(track.format.codec for track in tracks if track.format),
        years=Counter(year for track in tracks if (year := track.year())),
    )


def hours_text(hours: float) -> str:
    """`3 h 05 min`."""
    whole, minutes = divmod(round(60 * hours), 60)
    return f"{whole:,} h {minutes:02d} min" if whole else f"{minutes} min"


def _frequent(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0].casefold())))


_DOUBT = "A question mark follows values measured with a confidence below one half; – is unknown."
_MIX = "Each track plays from “mix in” to “mix out”, where the next track starts; without a mix plan in full."


_Note = tuple[str | None, MixRating | None]  # the list's note on a track, and the rating of the transition in it


def report_blocks(report: parts.Report) -> Iterator[Block]:
    """Yield the blocks of a report."""
    yield Heading(text=report.heading, level=1)
    if report.made is not None:
        yield Paragraph(text=TrackWords.shown(report.made), small=True)
    if report.body is not None:
        yield from report.body(report)
    else:
        yield from _TEMPLATES[report.template](report)


def _standard(report: parts.Report) -> Iterator[Block]:
    overview, tracks = _overview(report)
    if report.playlist is not None:
        slots = setlist.running_order(report.playlist)
        yield _list_facts(slots, report)
        yield from _set(slots, report)
        notes = [(setlist.transition_note(slot.pick, with_figures=report.judged), slot.pick.rating) for slot in slots]
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


def _summary(report: parts.Report) -> Iterator[Block]:
    overview, _ = _overview(report)
    if report.playlist is not None:
        slots = setlist.running_order(report.playlist)
        yield _list_facts(slots, report)
        yield from _set(slots, report)
    yield Facts(items=overview.facts(report.notation))
    yield Figures(figures=overview.figures(report.notation))


def _library(report: parts.Report) -> Iterator[Block]:
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


def _dj_setlist(report: parts.Report) -> Iterator[Block]:
    listed = report.as_list()
    slots = setlist.running_order(listed)
    yield _list_facts(slots, report)
    if slots:
        yield from _set(slots, report)
        yield Heading(text="Running order")
        yield setlist.set_table(slots, report.notation)
        yield Paragraph(text=f"{_MIX} {_DOUBT}", small=True)


def _radio_show(report: parts.Report) -> Iterator[Block]:
    listed = report.as_list()
    slots = setlist.running_order(listed)
    yield _list_facts(slots, report)
    if slots:
        yield setlist.show_table(slots, report.notation)
        yield Paragraph(
            text=f"“Clock” is minutes and seconds of the hour, such that the last track ends on the full hour. {_MIX}",
            small=True,
        )


def _professional(report: parts.Report) -> Iterator[Block]:
    overview, every = _overview(report)
    tracks = list(itertools.islice(every, parts.MOST_DETAILED))
    if len(tracks) == 1:
        yield from _full_blocks(tracks[0], report, report.neighbours)
        return
    yield Facts(items=overview.facts(report.notation))
    if report.playlist is not None and tracks:
        yield from _set(setlist.running_order(report.playlist), report)
    else:
        yield Figures(figures=overview.figures(report.notation))
    for track in tracks:
        yield Heading(text=TrackWords(track).name, new_page=True)
        yield from _full_blocks(track, report)
    if overview.counts.tracks > len(tracks):
        yield Paragraph(
            text=f"The first {len(tracks)} of {overview.counts.tracks:,} tracks in detail; a query picks others."
        )


def _compatibility_matrix(report: parts.Report) -> Iterator[Block]:
    overview, tracks = _overview(report)
    chosen = list(itertools.islice(tracks, matrix.MOST_TRACKS))
    if chosen:
        traits = [parts.traits_of(track) for track in chosen]
        mixes = [[None if i == j else a.compared(b) for j, b in enumerate(traits)] for i, a in enumerate(traits)]
        yield Figures(figures=(matrix.compatibility_matrix([TrackWords(track).name for track in chosen], mixes),))
    if overview.counts.tracks > len(chosen):
        note = f"The first {len(chosen)} of {overview.counts.tracks:,} tracks; more do not fit a page."
        yield Paragraph(text=note, small=True)
    if 1 < len(chosen) <= closeup.MOST_TRACKS:
        yield Figures(figures=closeup.radar_of(chosen))
        yield Heading(text="How each pair mixes")
        yield closeup.pair_table(chosen, report.notation)
    yield from _track_part(itertools.chain(chosen, tracks), report, overview)


_TEMPLATES: dict[parts.Template, Callable[[parts.Report], Iterator[Block]]] = {
    "standard": _standard,
    "summary": _summary,
    "library": _library,
    "dj_setlist": _dj_setlist,
    "radio_show": _radio_show,
    "professional": _professional,
    "compatibility_matrix": _compatibility_matrix,
}


def _full_blocks(track: Track, report: parts.Report, neighbours: closeup.NeighboursOf | None = None) -> Iterator[Block]:
    return closeup.close_up(track, report.notation, neighbours, with_path=report.with_paths, cover=report.cover)


def _overview(report: parts.Report) -> tuple[StatisticsOverview, Iterator[Track]]:
    """Return the counts and the tracks, which are loaded into memory only if they had to be counted here."""
    if report.playlist is not None or report.statistics is None:
        tracks = list(report.as_list().tracks)
        return StatisticsOverview(statistics_of_tracks(tracks)), iter(tracks)
    return StatisticsOverview(report.statistics), iter(report.tracks)


def _list_facts(slots: Sequence[setlist.Slot], report: parts.Report) -> Facts:
    judged = setlist.quality_facts(report.playlist) if report.judged and report.playlist is not None else ()
    return Facts(items=(*setlist.length_facts(slots), *judged))


def _set(slots: Sequence[setlist.Slot], report: parts.Report) -> Iterator[Block]:
    """Yield the course of the list and, for its maker, its weak places; nothing for a single track."""
    if len(slots) > 1:
        bars = setlist.set_bars(slots, report.notation, with_figures=report.judged)
        yield setlist.set_figures(bars)
        weak = setlist.weak_table(bars) if report.judged else None
        if weak is not None:
            yield Heading(text=weak.caption)
            yield weak


def _track_part(
    tracks: Iterable[Track], report: parts.Report, overview: StatisticsOverview, notes: Sequence[_Note] = ()
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


def _track_table(tracks: Iterable[Track], report: parts.Report, notes: Sequence[_Note]) -> Table:
    columns: list[tuple[Column, Callable[[Track], Cell]]] = [
        (Column(name="Artist", share=2.4, spare=True), lambda track: Cell(TrackWords(track).artist)),
        (Column(name="Title", share=3.2, noted=True), lambda track: Cell(TrackWords(track).title)),
        (Column(name="BPM", share=0.9, numeric=True), parts.bpm_cell),
        (Column(name="Key", share=0.8, numeric=True), lambda track: parts.key_cell(track, report.notation)),
        (Column(name="Energy", share=0.9, numeric=True), parts.energy_cell),
        (Column(name="LUFS", share=0.9, numeric=True, spare=True), parts.loudness_cell),
        (
            Column(name="Length", share=1.0, numeric=True, spare=True),
            lambda track: Cell.time(TrackWords(track).duration_s),
        ),
        (
            Column(name="Genre", share=1.7, spare=True),
            lambda track: Cell(TrackWords.shown(track.genre() or "") or TrackWords.UNKNOWN),
        ),
        (
            Column(name="Year", share=0.8, numeric=True, spare=True),
            lambda track: Cell(str(track.year() or TrackWords.UNKNOWN)),
        ),
    ]
    every_note: Iterator[_Note] = itertools.chain(notes, itertools.repeat((None, None)))
    rows = (
        Row(
            cells=(Cell(str(number)), *(cell(track) for _, cell in columns)),
            note=f"not analysed: {TrackWords.shown(track.failure.kind)}" if track.failure else note,
            rating=None if track.failure else rating,
            track=track,
        )
        for number, (track, (note, rating)) in enumerate(zip(tracks, every_note, strict=False), 1)
    )
    heads = (Column(name="#", share=0.6, numeric=True), *(column for column, _ in columns))
    return Table(caption="Tracks", columns=heads, rows=rows)
