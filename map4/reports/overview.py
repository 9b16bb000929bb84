"""What tracks are made of, as the first page of a report tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from map4.domain.analysis import energy_level
from map4.domain.key import Notation, parse_key
from map4.domain.statistics import LOUDNESS_BIN_LUFS, TEMPO_BIN_BPM, Distribution, Statistics, distribution
from map4.domain.track import Track
from map4.reports.figures.histogram import energy_histogram, growth, loudness_histogram, named_bars, tempo_histogram
from map4.reports.figures.shapes import Figure
from map4.reports.figures.wheel import camelot_wheel
from map4.reports.wording import analysis_of, bpm_of, energy_of, key_of, shown

MOST_NAMES = 10
"""Genres beyond the most frequent are only counted."""

_LEAST_FOR_HISTOGRAM = 8
"""Of fewer tracks, bars are only blocks; the table has their numbers."""

_LEAST_FOR_SPREAD = 20
"""Of fewer tracks, percentiles say nothing that the histogram does not."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is not known for sure: of how many tracks, the query that finds them, and the command that helps."""

    name: str
    tracks: int
    query: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Counts of tracks.

    Parameters
    ----------
    tracks, hours : how many, and how long in all
    tempo, loudness : BPM and LUFS
    keys : by Camelot position
    energy : by level 1-10
    genres, codecs, years : by name, in the order to show
    with_genre : how many have a genre
    added : by month, `YYYY-MM`, ascending
    doubtful_tempo, doubtful_key : measured with a confidence below one half
    """

    tracks: int
    hours: float
    tempo: Distribution
    loudness: Distribution
    keys: Mapping[str, int]
    energy: Mapping[int, int]
    genres: Sequence[tuple[str, int]]
    codecs: Sequence[tuple[str, int]] = ()
    years: Sequence[tuple[str, int]] = ()
    with_genre: int = 0
    added: Mapping[str, int] = field(default_factory=dict)
    doubtful_tempo: int = 0
    doubtful_key: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)

    def facts(self, notation: Notation) -> tuple[tuple[str, str], ...]:
        """The numbers in words."""
        items = [("Tracks", f"{self.tracks:,}"), ("Length", hours_text(self.hours))]
        if self.tempo.median is not None:
            items.append(("Tempo, median", f"{self.tempo.median:.1f} BPM"))
            if self.tempo.known >= _LEAST_FOR_SPREAD:
                items.append(("90 % of tempi", f"{self.tempo.low:.0f} to {self.tempo.high:.0f} BPM"))
        if any(self.keys.values()):
            most = max(self.keys, key=lambda name: self.keys[name])
            items.append(("Most frequent key", f"{parse_key(most).in_notation(notation)} ({self.keys[most]:,})"))
        if self.loudness.median is not None:
            items.append(("Loudness, median", f"{self.loudness.median:.1f} LUFS"))
        return tuple(items)

    def figures(self, notation: Notation) -> tuple[Figure, ...]:
        """Wheel and histograms of what is known; of a few tracks the wheel alone."""
        found: list[Figure] = []
        if any(self.keys.values()):
            found.append(camelot_wheel(self.keys, notation=notation))
        if self.tracks < _LEAST_FOR_HISTOGRAM:
            return tuple(found)
        if self.tempo.bins:
            found.append(tempo_histogram(self.tempo.bins, median_bpm=self.tempo.median))
        if any(self.energy.values()):
            found.append(energy_histogram(self.energy))
        return tuple(found)

    def more_figures(self) -> tuple[Figure, ...]:
        """What a report of a library has besides."""
        found: list[Figure] = []
        if self.loudness.bins and self.tracks >= _LEAST_FOR_HISTOGRAM:
            found.append(loudness_histogram(self.loudness.bins, median_lufs=self.loudness.median))
        for title, counts, query in (
            ("Genres", self.genres, _genre_query),
            ("Decades", self.years, lambda decade: f"year:{decade[:-1]}..{int(decade[:-1]) + 9}"),
            ("Formats", self.codecs, lambda codec: f"codec:{codec}"),
        ):
            if counts:
                beyond = len(counts) > MOST_NAMES
                head = f"{title}, the {MOST_NAMES} most frequent of {len(counts)}" if beyond else title
                found.append(named_bars(head, counts[:MOST_NAMES], query=query))
        return tuple(found)

    def growth(self) -> tuple[Figure, ...]:
        """How the library grew; nothing of one that was made within a month."""
        return (growth(self.added),) if len(self.added) > 1 else ()

    def doubts(self) -> tuple[Doubt, ...]:
        """What is not known, or not for sure, and the command that helps; without what there is none of."""
        missing = self.tracks - self.tempo.known, self.tracks - sum(self.keys.values()), self.tracks - self.with_genre
        found = (
            Doubt("Tempo in doubt", self.doubtful_tempo, "tempo-confidence:..0.4999", "map4 doctor --only tempo"),
            Doubt("Key in doubt", self.doubtful_key, "key-confidence:..0.4999", "map4 doctor --only key"),
            Doubt("Tempo not known", missing[0], "missing:bpm", "map4 tap TRACK"),
            Doubt("Key not known", missing[1], "missing:key", "map4 set TRACK key=8A"),
            Doubt("Genre not known", missing[2], "missing:genre", "map4 classify"),
            *(Doubt(f"Failed: {kind}", n, "is:failed", "map4 doctor --only file") for kind, n in self.failures.items()),
        )
        return tuple(doubt for doubt in found if doubt.tracks > 0)

    def coverage(self) -> tuple[tuple[str, str], ...]:
        """How much is known."""
        known = (
            ("Tempo known", self.tempo.known),
            ("Key known", sum(self.keys.values())),
            ("Energy known", sum(self.energy.values())),
            ("Loudness known", self.loudness.known),
        )
        return tuple((name, f"{count:,} of {self.tracks:,}") for name, count in known)


def overview_of_statistics(found: Statistics) -> Overview:
    """What is told of statistics; hours are as exact as in their record."""
    decades = Counter[str]()
    for year, count in found.years.items():
        decades[_decade(year)] += count
    return Overview(
        tracks=found.tracks,
        hours=round(found.hours, 3),
        tempo=found.tempo,
        loudness=found.loudness,
        keys=found.keys,
        energy=found.energy,
        genres=[(shown(genre), count) for genre, count in found.genres.items()],
        codecs=[(shown(codec), count) for codec, count in found.codecs.items()],
        years=_latest(decades),
        with_genre=found.with_genre,
        added=found.added,
        doubtful_tempo=found.doubtful_tempo,
        doubtful_key=found.doubtful_key,
        failures=found.failures,
    )


def overview_of_tracks(tracks: Sequence[Track]) -> Overview:
    """Count tracks."""
    import numpy as np

    analyses = [analysis for track in tracks if (analysis := analysis_of(track))]
    tempi = [bpm for track in tracks if (bpm := bpm_of(track)) is not None]
    loudness = [value for analysis in analyses if (value := analysis.loudness.integrated_lufs) is not None]
    return Overview(
        tracks=len(tracks),
        hours=sum(analysis.duration_s for analysis in analyses) / 3600.0,
        tempo=distribution(np.array(tempi, dtype=np.float64), TEMPO_BIN_BPM),
        loudness=distribution(np.array(loudness, dtype=np.float64), LOUDNESS_BIN_LUFS),
        keys=Counter(key.camelot for track in tracks if (key := key_of(track))),
        energy=Counter(energy_level(energy) for track in tracks if (energy := energy_of(track)) is not None),
        genres=_frequent(shown(genre) for track in tracks if (genre := track.genre())),
        codecs=_frequent(track.format.codec for track in tracks if track.format),
        years=_latest(Counter(_decade(year) for track in tracks if (year := track.year()))),
    )


def _genre_query(genre: str) -> str:
    escaped = genre.replace("\\", "\\\\").replace('"', '\\"')
    return f'genre:="{escaped}"'


def _decade(year: int) -> str:
    return f"{year // 10 * 10}s"


def hours_text(hours: float) -> str:
    """`3 h 05 min`."""
    whole, minutes = divmod(round(60 * hours), 60)
    return f"{whole:,} h {minutes:02d} min" if whole else f"{minutes} min"


def _frequent(names: Iterable[str]) -> list[tuple[str, int]]:
    return sorted(Counter(names).items(), key=lambda item: (-item[1], item[0].casefold()))


def _latest(decades: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(decades.items())[-MOST_NAMES:]
