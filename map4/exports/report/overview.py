"""Statistics of tracks for the first page of a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from map4.core.music.analysis.key import Key, Notation
from map4.core.music.analysis.plausible import Energy
from map4.core.music.track.track import Track
from map4.core.music.track.wording import bpm_of, energy_of, key_of, shown
from map4.exports.figures.histogram import energy_histogram, growth, loudness_histogram, named_bars, tempo_histogram
from map4.exports.figures.shapes import Figure
from map4.exports.figures.wheel import camelot_wheel
from map4.stats import LOUDNESS_BIN_LUFS, TEMPO_BIN_BPM, Statistics, distribution

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
        return [(shown(genre), count) for genre, count in self.counts.genres.items()]

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
        codecs = [(shown(codec), count) for codec, count in self.counts.codecs.items()]
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
    tempi = [bpm for track in tracks if (bpm := bpm_of(track)) is not None]
    loudness = [value for analysis in analyses if (value := analysis.loudness.integrated_lufs) is not None]
    return Statistics(
        tracks=len(tracks),
        hours=sum(analysis.duration_s for analysis in analyses) / 3600.0,
        tempo=distribution(np.array(tempi, dtype=np.float64), TEMPO_BIN_BPM),
        loudness=distribution(np.array(loudness, dtype=np.float64), LOUDNESS_BIN_LUFS),
        keys=Counter(key.camelot for track in tracks if (key := key_of(track))),
        energy=Counter(Energy.level(energy) for track in tracks if (energy := energy_of(track)) is not None),
        genres=_frequent(shown(genre) for track in tracks if (genre := track.genre())),
        codecs=_frequent(track.format.codec for track in tracks if track.format),
        years=Counter(year for track in tracks if (year := track.year())),
    )


def hours_text(hours: float) -> str:
    """`3 h 05 min`."""
    whole, minutes = divmod(round(60 * hours), 60)
    return f"{whole:,} h {minutes:02d} min" if whole else f"{minutes} min"


def _frequent(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0].casefold())))
