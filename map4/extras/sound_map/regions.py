"""Names of the regions of a sound map."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from map4.core.base.records import Count, Record

GRIDS = (4, 8, 16, 32)  # regions per side of the map, for each level of zoom
_LEAST, _LEAST_SHARE = 5, 1 / 3  # a region has at least this many tracks, and this share of a mean region's
_COMMON, _TYPICAL, _LIFT = 0.3, 0.2, 2.0
"""The share of tracks that gives a region its genre, or another value that is this many times its share elsewhere."""
_CALM, _DRIVING = 4.0, 7.0
_MOODS = (("vocal", "instrumental"), ("electronic", "acoustic"), ("dark", "bright"))
_MOOD_LIFT = 0.7  # a mood differs from that of the map by this many of its standard deviations
_OTHER_TEMPO = 0.04
_KNOWN = 0.05  # the least share of the tracks of a region that are by an artist in its name
_ARTISTS, _LIKE_NAMED = 3, 2
"""The most artists of a region, and the most regions of a level whose names begin with the same genre."""
_Part = npt.NDArray[np.intp]
_Tag = tuple[list[str], _Part, _Part]
"""Values, the first for unknown; the number of each track's value; and the number of tracks with each value."""


class MapRegion(Record):
    """A region of a map.

    grid: the regions per side of the map at this level of zoom
    x, y: the middle of its tracks
    name: a genre; in further regions of this genre the differences: mood, decade, label, artist, energy, tempo
    artists: those that are more common here than elsewhere
    """

    grid: int
    x: int
    y: int
    count: Count
    name: str
    artists: tuple[str, ...]


class MapRegions(Record, kind="map-regions"):
    """The named regions of a map, for each level of zoom."""

    regions: tuple[MapRegion, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RegionValues:
    """Values of the tracks of a map, in its order; None and NaN are unknown."""

    genre: Sequence[str | None]
    family: Sequence[str | None]
    artist: Sequence[str | None]
    label: Sequence[str | None]
    year: npt.NDArray[np.float64]
    bpm: npt.NDArray[np.float64]
    level: npt.NDArray[np.float64]
    moods: npt.NDArray[np.float64]
    """Instrumentalness, acousticness and valence, shape (n, 3)."""


def regions_of(places: npt.NDArray[Any], side: int, values: RegionValues) -> tuple[MapRegion, ...]:
    """The regions of tracks at places, shape (n, 2), from 0 to `side`."""
    decades = [f"{int(year) // 10}0s" if year > 0 else None for year in values.year.tolist()]
    firsts = [[text and text.partition(";")[0].strip() for text in texts] for texts in (values.genre, values.family)]
    tags = [_tag(column) for column in (*firsts, values.artist, decades, values.label)]
    return tuple(region for grid in GRIDS for region in _level(places, side, grid, values, tags))


def _tag(column: Sequence[str | None]) -> _Tag:
    numbers = {name: number for number, name in enumerate(dict.fromkeys(["", *filter(None, column)]))}
    of = np.fromiter((numbers[name or ""] for name in column), dtype=np.intp, count=len(column))
    return [*numbers], of, np.bincount(of, minlength=len(numbers))


def _counts(tag: _Tag, part: _Part) -> _Part:
    return np.bincount(tag[1][part], minlength=len(tag[0])) * (np.arange(len(tag[0])) > 0)


def _level(places: npt.NDArray[Any], side: int, grid: int, values: RegionValues, tags: list[_Tag]) -> list[MapRegion]:
    cells = (places.astype(np.int64) * grid // (side + 1)) @ np.array([1, grid])
    order = np.argsort(cells, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(cells[order])) + 1) if len(order) else []
    least = max(_LEAST, _LEAST_SHARE * len(places) / grid**2)
    large = sorted((part for part in parts if len(part) >= least), key=len, reverse=True)
    regions: dict[frozenset[str], MapRegion] = {}
    firsts: Counter[str] = Counter()
    for part in large:
        first, artists = _name(values, tags, part), _typical(tags[2], part)[:_ARTISTS]
        words = [first] if first and not firsts[first] else _differences(values, tags, part)
        if first and 0 < firsts[first] < _LIKE_NAMED:
            words = [first, *words[:1]]
        words = list(dict.fromkeys(words[:2]))
        if not words or frozenset(words) in regions:
            continue  # nothing tells it from a larger one
        firsts[first] += first in words
        x, y = np.rint(places[part].mean(axis=0)).astype(int).tolist()
        regions[frozenset(words)] = MapRegion(
            grid=grid, x=x, y=y, count=len(part), name=" · ".join(words), artists=tuple(artists)
        )
    return list(regions.values())


def _differences(values: RegionValues, tags: list[_Tag], part: _Part) -> list[str]:
    """Words for the differences from the rest of the map: mood, decade, label, artist, energy, tempo."""
    shares = zip(tags[2:], (_KNOWN, _TYPICAL, _TYPICAL), strict=True)
    [artist, decade, label] = (_typical(tag, part, share)[:1] for tag, share in shares)
    words = [*_moods(values, part)[:1], *decade, *label, *artist, _energy(values, part), _tempo(values, part)]
    return list(filter(None, words))


def _moods(values: RegionValues, part: _Part) -> list[str]:
    """The words of the moods that differ from those of the map, the most different first."""
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # of unknown ones
        every, here = values.moods, np.nanmean(values.moods[part], axis=0)
        lift = (here - np.nanmean(every, axis=0)) / np.nanstd(every, axis=0)
    order = sorted(np.flatnonzero(np.abs(lift) >= _MOOD_LIFT).tolist(), key=lambda mood: -abs(float(lift[mood])))
    return [_MOODS[mood][int(lift[mood] > 0)] for mood in order]


def _name(values: RegionValues, tags: list[_Tag], part: _Part) -> str:
    """The most common genre; else what is much more common here than elsewhere; else the energy."""
    for tag in tags[:2]:
        if (here := _counts(tag, part)).max() >= max(2, _COMMON * len(part)):
            return tag[0][here.argmax()]
    typical = (" / ".join(_typical(tag, part, _TYPICAL)[:2]) for tag in tags)
    return next(filter(None, typical), "") or _energy(values, part)


def _tempo(values: RegionValues, part: _Part) -> str:
    bpm, every = values.bpm[part], values.bpm
    if np.isnan(bpm).all():
        return ""
    here = float(np.nanmedian(bpm))
    return f"{round(here)} BPM" if abs(here / float(np.nanmedian(every)) - 1) >= _OTHER_TEMPO else ""


def _energy(values: RegionValues, part: _Part) -> str:
    level = values.level[part]
    middle = np.nan if np.isnan(level).all() else float(np.nanmean(level))
    return "calm" if middle <= _CALM else "driving" if middle >= _DRIVING else ""


def _typical(tag: _Tag, part: _Part, share: float = 0.0) -> list[str]:
    """The values of at least this share of the tracks that are more common here than elsewhere, most typical first."""
    (names, of, every), here = tag, _counts(tag, part)
    is_often = here * (len(of) - len(part)) >= _LIFT * len(part) * (every - here)
    often = np.flatnonzero(is_often & (here >= max(2, share * len(part)))).tolist()
    return [names[one] for one in sorted(often, key=lambda one: (-(here[one] ** 2) / every[one], names[one]))]
