"""What tracks are made of, as the first page of a report tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from map4.domain.key import Notation, parse_key
from map4.domain.statistics import LOUDNESS_BIN_LUFS, TEMPO_BIN_BPM, Bin, Distribution, distribution
from map4.reports.figures.histogram import energy_histogram, loudness_histogram, named_bars, tempo_histogram
from map4.reports.figures.shapes import Figure
from map4.reports.figures.wheel import camelot_wheel
from map4.reports.wording import bpm_of, duration_of, genre_of, shown

MOST_NAMES = 10
"""Genres beyond the most frequent are only counted."""

_LEAST_FOR_HISTOGRAM = 8
"""Of fewer tracks, bars are only blocks; the table has their numbers."""

_LEAST_FOR_SPREAD = 20
"""Of fewer tracks, percentiles say nothing that the histogram does not."""


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
    doubtful_tempo: int = 0
    doubtful_key: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)

    def facts(self, notation: Notation) -> tuple[tuple[str, str], ...]:
        """The numbers in words."""
        items = [("Tracks", f"{self.tracks:,}"), ("Length", hours_text(self.hours))]
        if self.tempo.median is not None:
            items.append(("Tempo, median", f"{self.tempo.median:.1f} BPM"))
            if self.tempo.known >= _LEAST_FOR_SPREAD:
                items.append(("90 % of tempos", f"{self.tempo.low:.0f} to {self.tempo.high:.0f} BPM"))
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
        for title, counts in (("Genres", self.genres), ("Decades", self.years), ("Formats", self.codecs)):
            if counts:
                beyond = len(counts) > MOST_NAMES
                head = f"{title}, the {MOST_NAMES} most frequent of {len(counts)}" if beyond else title
                found.append(named_bars(head, counts[:MOST_NAMES]))
        return tuple(found)

    def coverage(self) -> tuple[tuple[str, str], ...]:
        """How much is known, and how much of it is in doubt."""
        known = (
            ("Tempo known", self.tempo.known),
            ("Key known", sum(self.keys.values())),
            ("Energy known", sum(self.energy.values())),
            ("Loudness known", self.loudness.known),
        )
        items = [(name, f"{count:,} of {self.tracks:,}") for name, count in known]
        items += [("Tempo in doubt", f"{self.doubtful_tempo:,}"), ("Key in doubt", f"{self.doubtful_key:,}")]
        return tuple(items) + tuple((f"Failed: {kind}", f"{n:,}") for kind, n in self.failures.items())


def overview_of_statistics(record: Mapping[str, Any]) -> Overview:
    """Read a `map4/stats/1` record."""
    decades = Counter[str]()
    for item in record["years"]:
        decades[f"{item['year'] // 10 * 10}s"] += item["count"]
    return Overview(
        tracks=record["tracks"],
        hours=record["hours"],
        tempo=_distribution(record["tempo"]),
        loudness=_distribution(record["loudness"]),
        keys=record["keys"],
        energy={int(level): count for level, count in record["energy_levels"].items()},
        genres=[(shown(item["genre"]), item["count"]) for item in record["genres"]],
        codecs=[(shown(item["codec"]), item["count"]) for item in record["codecs"]],
        years=_latest(decades),
        doubtful_tempo=record["doubtful"]["tempo"],
        doubtful_key=record["doubtful"]["key"],
        failures=record["failures"],
    )


def overview_of_tracks(tracks: Sequence[Mapping[str, Any]]) -> Overview:
    """Count `map4/track/1` records."""
    import numpy as np

    tempi = [bpm for track in tracks if (bpm := bpm_of(track)) is not None]
    loudness = [t["loudness"]["integrated_lufs"] for t in tracks if t["loudness"]]
    return Overview(
        tracks=len(tracks),
        hours=sum(duration_of(track) or 0.0 for track in tracks) / 3600.0,
        tempo=distribution(np.array(tempi, dtype=np.float64), TEMPO_BIN_BPM),
        loudness=distribution(np.array([v for v in loudness if v is not None], dtype=np.float64), LOUDNESS_BIN_LUFS),
        keys=Counter(track["key"]["camelot"] for track in tracks if track["key"]),
        energy=Counter(track["energy"]["level"] for track in tracks if track["energy"]),
        genres=_frequent(shown(genre) for track in tracks if (genre := genre_of(track))),
        codecs=_frequent(track["file"]["codec"] for track in tracks if track["file"] and track["file"]["codec"]),
        years=_latest(Counter(f"{y // 10 * 10}s" for t in tracks if (y := t["tags"].get("year")))),
    )


def hours_text(hours: float) -> str:
    """`3 h 05 min`."""
    whole, minutes = divmod(round(60 * hours), 60)
    return f"{whole:,} h {minutes:02d} min" if whole else f"{minutes} min"


def _distribution(record: Mapping[str, Any]) -> Distribution:
    return Distribution(
        known=record["known"],
        low=record["p5"],
        median=record["median"],
        high=record["p95"],
        bins=tuple(Bin(low=b["from"], high=b["to"], count=b["count"]) for b in record["histogram"]),
    )


def _frequent(names: Any) -> list[tuple[str, int]]:
    return sorted(Counter(names).items(), key=lambda item: (-item[1], item[0].casefold()))


def _latest(decades: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(decades.items())[-MOST_NAMES:]
