"""What a library, or a part of it, is made of: counts, hours and histograms."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from map4.domain.analysis.analysis import DOUBTFUL
from map4.domain.analysis.audio import LOSSLESS_CODECS, NEARLY_THE_RATE
from map4.domain.analysis.key import ALL_KEYS
from map4.domain.columns import NO_KEY, Columns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STATS_SCHEMA = "map4/stats/1"
TEMPO_BIN_BPM = 5.0
LOUDNESS_BIN_LUFS = 1.0
QUALITY_STEPS_KBPS = (128, 192, 256)
"""Lossy files are counted by the bit rates that encoders are usually set to; in between counts as the lower one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """How many values lie from `low` up to, not including, `high`."""

    low: float
    high: float
    count: int


def coarser(bins: Sequence[Bin], most: int) -> Sequence[Bin]:
    """Bins so wide that there are few enough to be shown; no value is lost.

    bins: of one width, in order, without gaps
    most: how many there may be
    returns: The same where they are few enough; else bins each as wide as two, three ... of them, which begin at
        multiples of their width.
    """
    factor = 1
    found = bins
    while len(found) > most:
        factor += 1
        width = factor * (bins[0].high - bins[0].low)
        counts = Counter[int]()
        for item in bins:
            counts[math.floor(item.low / width)] += item.count
        places = range(min(counts), max(counts) + 1)
        found = [Bin(low=place * width, high=(place + 1) * width, count=counts[place]) for place in places]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A histogram without empty ends, and the quartiles; None where nothing is known."""

    known: int = 0
    low: float | None = None
    median: float | None = None
    high: float | None = None
    bins: tuple[Bin, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """JSON values; low and high are the 5th and the 95th percentile."""
        return {
            "known": self.known,
            "p5": self.low,
            "median": self.median,
            "p95": self.high,
            "histogram": [{"from": b.low, "to": b.high, "count": b.count} for b in self.bins],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Statistics of some tracks.

    tracks, hours: how many, and how long in all
    states: of all files of the library that were asked about, by state
    failures: by kind of error
    tempo, loudness: BPM and LUFS
    keys: by Camelot position, all 24
    energy: by level 1-10
    doubtful: how many have a measured tempo, or key, of a confidence below one half
    stale: analysed by an older version
    with_genre: how many have a genre
    genres, codecs, qualities: by name, the most frequent first; a track counts for each genre it has
    years: by year, ascending
    ratings: by whole stars 0-5, of the tracks that are rated
    added: by month in which the library met them, `YYYY-MM`, ascending
    """

    tracks: int
    hours: float
    states: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    tempo: Distribution
    loudness: Distribution
    keys: Mapping[str, int]
    energy: Mapping[int, int]
    doubtful_tempo: int = 0
    doubtful_key: int = 0
    stale: int = 0
    with_genre: int = 0
    genres: Mapping[str, int]
    codecs: Mapping[str, int]
    qualities: Mapping[str, int] = field(default_factory=dict)
    years: Mapping[int, int]
    ratings: Mapping[int, int] = field(default_factory=dict)
    added: Mapping[str, int] = field(default_factory=dict)

    def to_record(self) -> dict[str, Any]:
        """The `map4/stats/1` record."""
        known_keys = sum(self.keys.values())
        return {
            "schema": STATS_SCHEMA,
            "tracks": self.tracks,
            "hours": round(self.hours, 3),
            "states": dict(self.states),
            "failures": dict(self.failures),
            "coverage": {
                "tempo": self.tempo.known,
                "key": known_keys,
                "energy": sum(self.energy.values()),
                "loudness": self.loudness.known,
                "genre": self.with_genre,
                "year": sum(self.years.values()),
                "rating": sum(self.ratings.values()),
                "stale": self.stale,
            },
            "doubtful": {"tempo": self.doubtful_tempo, "key": self.doubtful_key},
            "tempo": self.tempo.to_record(),
            "keys": dict(self.keys),
            "energy_levels": {str(level): count for level, count in self.energy.items()},
            "loudness": self.loudness.to_record(),
            "genres": _named(self.genres, "genre"),
            "codecs": _named(self.codecs, "codec"),
            "qualities": _named(self.qualities, "quality"),
            "years": [{"year": year, "count": count} for year, count in self.years.items()],
            "ratings": [{"stars": stars, "count": count} for stars, count in self.ratings.items()],
            "added": [{"month": month, "count": count} for month, count in self.added.items()],
        }


def statistics(
    columns: Columns,
    *,
    states: Mapping[str, int],
    failures: Mapping[str, int],
    stale: int,
    added: Mapping[str, int],
    genres: Mapping[str, int],
) -> Statistics:
    """Count what columns hold.

    columns: the tracks; of their texts only `codec` is looked at
    states, failures, stale, added: what columns do not have
    genres: how many tracks have each text of genres; "House; Techno" is two
    """
    import numpy as np

    levels = _counts(np.floor(10.0 * columns.energy + 0.5).clip(1, 10))  # NaN stays one
    keys = np.bincount(columns.key[columns.key != NO_KEY], minlength=len(ALL_KEYS))
    by_camelot = sorted(range(len(ALL_KEYS)), key=lambda i: (ALL_KEYS[i].camelot_number, ALL_KEYS[i].mode == "major"))
    return Statistics(
        tracks=len(columns),
        hours=float(np.nansum(columns.duration_s)) / 3600.0,
        states=states,
        failures=failures,
        tempo=distribution(columns.bpm, TEMPO_BIN_BPM),
        loudness=distribution(columns.loudness_lufs, LOUDNESS_BIN_LUFS),
        keys={ALL_KEYS[i].camelot: int(keys[i]) for i in by_camelot},
        energy={level: levels.get(level, 0) for level in range(1, 11)},
        doubtful_tempo=int(np.count_nonzero(columns.tempo_confidence < DOUBTFUL)),
        doubtful_key=int(np.count_nonzero(columns.key_confidence < DOUBTFUL)),
        stale=stale,
        with_genre=sum(genres.values()),
        genres=_frequent(_one_by_one(genres)),
        codecs=_frequent(Counter(filter(None, columns.codec.tolist()))),
        qualities=_frequent(_qualities(columns)),
        years=dict(sorted(_counts(columns.year).items())),
        ratings=dict(sorted(_counts(np.floor(columns.rating + 0.5)).items())),
        added=added,
    )


def distribution(values: NDArray[np.float64], width: float) -> Distribution:
    """Histogram in bins that start at multiples of a width.

    values: shape=(n,), NaN where not known
    width: of a bin, > 0
    """
    import numpy as np

    known = values[np.isfinite(values)]
    if not known.size:
        return Distribution()
    places = np.floor(known / width).astype(np.int64)
    first = int(places.min())
    counts = np.bincount(places - first)
    low, median, high = (float(value) for value in np.percentile(known, (5, 50, 95)))
    return Distribution(
        known=int(known.size),
        low=round(low, 2),
        median=round(median, 2),
        high=round(high, 2),
        bins=tuple(
            Bin(low=(first + i) * width, high=(first + i + 1) * width, count=int(n)) for i, n in enumerate(counts)
        ),
    )


def _counts(values: NDArray[np.float64]) -> dict[int, int]:
    import numpy as np

    found, counts = np.unique(values[np.isfinite(values)].astype(np.int64), return_counts=True)
    return {int(value): int(count) for value, count in zip(found, counts, strict=True)}


def _one_by_one(genres: Mapping[str, int]) -> Counter[str]:
    """Each genre of a text once; spellings that differ in case only count as the first of them that was met."""
    spelling: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for text, count in genres.items():
        parts = {part.strip().casefold(): part.strip() for part in text.split(";") if part.strip()}
        for folded, genre in parts.items():
            counts[spelling.setdefault(folded, genre)] += count
    return counts


def _qualities(columns: Columns) -> Counter[str]:
    import numpy as np

    is_lossless = np.array([codec in LOSSLESS_CODECS for codec in columns.codec], dtype=bool)
    rates = columns.bit_rate_bps[~is_lossless & ~np.isnan(columns.bit_rate_bps)]
    steps = [NEARLY_THE_RATE * 1000 * step for step in QUALITY_STEPS_KBPS]
    reached = np.bincount(np.searchsorted(steps, rates, side="right"), minlength=len(steps) + 1)
    names = (f"below {QUALITY_STEPS_KBPS[0]} kbit/s", *(f"from {step} kbit/s" for step in QUALITY_STEPS_KBPS))
    counts = Counter({"lossless": int(is_lossless.sum()), **dict(zip(names, reached.tolist(), strict=True))})
    return +counts  # what there is none of is left out


def _frequent(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0].casefold())))


def _named(counts: Mapping[str, int], name: str) -> list[dict[str, Any]]:
    return [{name: key, "count": count} for key, count in counts.items()]
