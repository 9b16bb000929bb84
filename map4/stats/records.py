"""Statistics of a library, or a part of it: counts, hours and histograms."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from map4.core.base.records import Count, Json, Ordinal, Record, Seconds
from map4.core.music.analysis.analysis import DOUBTFUL
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.columns import Columns
from map4.core.music.track.genre import NO_TABLE, GenreNames

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

QUALITY_STEPS_KBPS = (128, 192, 256)
"""Usual bit rates of encoders, by which lossy files are counted; values in between count as the lower."""


_POSITIONS = tuple(key.camelot for key in ALL_KEYS)
_States = Annotated[Mapping[str, Count], Json(names=["ok", "failed", "missing", "pending"])]
_Stars = Annotated[int, Json(minimum=0, maximum=5)]
_COVERED = ("tempo", "key", "energy", "loudness", "genre", "year", "rating", "stale")


class Bin(Record, members="from=low to=high count"):
    """The number of values from `low` up to `high`.

    high: not included
    """

    low: float
    high: float
    count: Count


def coarser(bins: Sequence[Bin], most: int) -> Sequence[Bin]:
    """Merge bins until they are few enough to show; no value is lost.

    bins: of one width, in order, without gaps
    most: maximum number
    returns: The same bins if they are few enough; else bins two, three ... times as wide, which begin at multiples of
        their width.
    """
    factor = 1
    coarse = bins
    while len(coarse) > most:
        factor += 1
        width = factor * (bins[0].high - bins[0].low)
        counts = Counter[int]()
        for item in bins:
            counts[math.floor(item.low / width)] += item.count
        places = range(min(counts), max(counts) + 1)
        coarse = [Bin(low=place * width, high=(place + 1) * width, count=counts[place]) for place in places]
    return coarse


class Distribution(Record, members="known p5=low median p95=high histogram=bins"):
    """A histogram without empty ends, and its percentiles; None if nothing is known."""

    known: Count = 0
    low: float | None = None
    median: float | None = None
    high: float | None = None
    bins: tuple[Bin, ...] = ()


class Statistics(
    Record,
    kind="stats",
    members="tracks hours states failures coverage doubtful.tempo=doubtful_tempo doubtful.key=doubtful_key"
    " tempo keys energy_levels=energy loudness genres codecs qualities years ratings added",
):
    """Statistics of a library, or a part of it ('map4 stats --json').

    tracks: matching tracks; analysed and present ones unless the query names another state
    hours: total length
    states: of all matching files of the library, by state
    failures: by kind of error
    tempo: BPM, in steps of 5
    loudness: LUFS, in steps of 1
    keys: by Camelot position, all 24
    energy: by level 1-10
    doubtful: measured with a confidence below one half
    stale: analysed by an older version
    with_genre: tracks with a genre
    genres, codecs, qualities: by name, the most frequent first; a track counts for each of its genres
    years: by year, ascending
    ratings: by whole stars 0-5, of rated tracks
    added: by month of the first scan, `YYYY-MM`, ascending
    """

    LOUDNESS_BIN_LUFS: ClassVar[float] = 1.0
    TEMPO_BIN_BPM: ClassVar[float] = 5.0

    tracks: Count
    hours: Seconds
    states: _States = field(default_factory=dict)
    failures: Mapping[str, Count] = field(default_factory=dict)
    tempo: Distribution
    loudness: Distribution
    keys: Annotated[Mapping[str, Count], Json(names=_POSITIONS)]
    energy: Annotated[Mapping[int, Count], Json(names=range(1, 11))]
    doubtful_tempo: Count = 0
    doubtful_key: Count = 0
    stale: int = 0
    with_genre: int = 0
    genres: Annotated[Mapping[str, Count], Json(each="genre")]
    codecs: Annotated[Mapping[str, Count], Json(each="codec")]
    qualities: Annotated[Mapping[str, Count], Json(each="quality")] = field(default_factory=dict)
    years: Annotated[Mapping[int, Count], Json(each="year")]
    ratings: Annotated[Mapping[_Stars, Ordinal], Json(each="stars")] = field(default_factory=dict)
    added: Annotated[Mapping[str, Count], Json(each="month")] = field(default_factory=dict)

    @property
    def coverage(self) -> Annotated[Mapping[str, Count], Json(names=_COVERED)]:
        """Return how many tracks have a value; genre counts genres (a track may have several); stale: analysed by an
        older version."""
        counts = self.keys, self.energy, self.years, self.ratings
        keys, energies, years, ratings = (sum(count.values()) for count in counts)
        known = (self.tempo.known, keys, energies, self.loudness.known, self.with_genre, years, ratings, self.stale)
        return dict(zip(_COVERED, known, strict=True))


class GenreStatistics(Record, kind="stats-genres", members="tracks=found.tracks genres=found.genres"):
    """The number of tracks of each genre."""

    found: Statistics


class YearStatistics(Record, kind="stats-timeline", members="tracks=found.tracks added=found.added years=found.years"):
    """The number of tracks added in each month, and of each year."""

    found: Statistics


def statistics(
    blocks: Iterable[Columns],
    *,
    states: Mapping[str, int],
    failures: Mapping[str, int],
    stale: int,
    added: Annotated[Mapping[str, Count], Json(each="month")],
    genres: Annotated[Mapping[str, Count], Json(each="genre")],
    genre_names: GenreNames = NO_TABLE,
) -> Statistics:
    """Count the values of columns.

    blocks: the tracks, some at a time; `codec` is the only text that is used
    states, failures, stale, added: values that columns do not contain
    genres: tracks per text of genres; "House; Techno" is two genres
    genre_names: the library's own table; a track also counts for the parents of its genres
    """
    import numpy as np

    counts = defaultdict[str, Counter[Any]](Counter)
    tempi, loudness = bytearray(), bytearray()  # for percentiles
    seconds = 0.0
    for columns in blocks:
        tempi += columns.bpm.tobytes()
        loudness += columns.loudness_lufs.tobytes()
        seconds += float(np.nansum(columns.duration_s))
        counts["tracks"][None] += len(columns)
        counts["keys"] += _counts(np.where(columns.key == Columns.NO_KEY, np.nan, columns.key))
        counts["energy"] += _counts(np.floor(10.0 * columns.energy + 0.5).clip(1, 10))  # NaN stays one
        counts["doubtful"]["tempo"] += int(np.count_nonzero(columns.tempo_confidence < DOUBTFUL))
        counts["doubtful"]["key"] += int(np.count_nonzero(columns.key_confidence < DOUBTFUL))
        counts["codecs"].update(filter(None, columns.codec.tolist()))
        counts["qualities"] += _qualities(columns)
        counts["years"] += _counts(columns.year)
        counts["ratings"] += _counts(np.floor(columns.rating + 0.5))
    by_camelot = sorted(range(len(ALL_KEYS)), key=lambda i: (ALL_KEYS[i].camelot_number, ALL_KEYS[i].mode == "major"))
    return Statistics(
        tracks=counts["tracks"][None],
        hours=seconds / 3600.0,
        states=states,
        failures=failures,
        tempo=distribution(np.frombuffer(tempi), Statistics.TEMPO_BIN_BPM),
        loudness=distribution(np.frombuffer(loudness), Statistics.LOUDNESS_BIN_LUFS),
        keys={ALL_KEYS[i].camelot: counts["keys"][i] for i in by_camelot},
        energy={level: counts["energy"][level] for level in range(1, 11)},
        doubtful_tempo=counts["doubtful"]["tempo"],
        doubtful_key=counts["doubtful"]["key"],
        stale=stale,
        with_genre=sum(genres.values()),
        genres=_frequent(_one_by_one(genres, genre_names)),
        codecs=_frequent(counts["codecs"]),
        qualities=_frequent(counts["qualities"]),
        years=dict(sorted(counts["years"].items())),
        ratings=dict(sorted(counts["ratings"].items())),
        added=added,
    )


def distribution(values: NDArray[np.float64], width: float) -> Distribution:
    """Return a histogram in bins that start at multiples of a width.

    values: shape=(n,), NaN if unknown
    width: of a bin, > 0
    """
    import numpy as np

    known = values[np.isfinite(values)]
    if not known.size:
        return Distribution()
    places = np.floor(known / width).astype(np.int32)
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


def _counts(values: NDArray[np.float64]) -> Counter[int]:
    import numpy as np

    numbers, counts = np.unique(values[np.isfinite(values)].astype(np.int64), return_counts=True)
    return Counter(dict(zip(numbers.tolist(), counts.tolist(), strict=True)))


def _one_by_one(genres: Mapping[str, int], names: GenreNames) -> Counter[str]:
    """Count each genre of a text once; spellings that differ only in case count as the first spelling."""
    spelling: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for text, count in genres.items():
        parts = {genre.casefold(): genre for genre in names.genres_of(text)}
        for folded, genre in parts.items():
            counts[spelling.setdefault(folded, genre)] += count
    return counts


def _qualities(columns: Columns) -> Counter[str]:
    import numpy as np

    is_lossless = np.array([codec in AudioFormat.LOSSLESS_CODECS for codec in columns.codec], dtype=bool)
    rates = columns.bit_rate_bps[~is_lossless & ~np.isnan(columns.bit_rate_bps)]
    steps = [AudioFormat.NEARLY_THE_RATE * 1000 * step for step in QUALITY_STEPS_KBPS]
    reached = np.bincount(np.searchsorted(steps, rates, side="right"), minlength=len(steps) + 1)
    names = (f"below {QUALITY_STEPS_KBPS[0]} kbit/s", *(f"from {step} kbit/s" for step in QUALITY_STEPS_KBPS))
    return Counter({"lossless": int(is_lossless.sum()), **dict(zip(names, reached.tolist(), strict=True))})


def _frequent(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0].casefold())))
