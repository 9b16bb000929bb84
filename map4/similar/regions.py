"""Names of the regions of a sound map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from map4.base.records import Count, Record

GRIDS = (4, 8, 16, 32)
"""Regions per side of the map, for each level of zoom."""
_LEAST, _LEAST_SHARE = 5, 1 / 3
"""A region has at least this many tracks, and this share of a mean region's."""
_COMMON = 0.3
"""The share of tracks that gives a region its genre."""
_CALM, _DRIVING = 4.0, 7.0
_ARTISTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRegion(Record):
    """A region of a map.

    grid: the regions per side of the map at this level of zoom
    x, y: the middle of its tracks
    name: differs from other regions of the level: genre, then tempo, energy or an artist
    artists: those that are more common here than elsewhere
    """

    grid: int
    x: int
    y: int
    count: Count
    name: str
    artists: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRegions(Record, kind="map-regions"):
    """The named regions of a map, for each level of zoom."""

    regions: tuple[MapRegion, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RegionValues:
    """Values of the tracks of a map, in its order; None and NaN are unknown."""

    genre: Sequence[str | None]
    family: Sequence[str | None]
    artist: Sequence[str | None]
    bpm: npt.NDArray[np.float64]
    level: npt.NDArray[np.float64]


def regions_of(places: npt.NDArray[Any], side: int, values: RegionValues) -> tuple[MapRegion, ...]:
    """The regions of tracks at places, shape (n, 2), from 0 to `side`."""
    of_all = Counter(filter(None, values.artist))
    values = replace(values, genre=list(map(_first, values.genre)), family=list(map(_first, values.family)))
    return tuple(region for grid in GRIDS for region in _level(places, side, grid, values, of_all))


def _level(
    places: npt.NDArray[Any], side: int, grid: int, values: RegionValues, of_all: Counter[str]
) -> list[MapRegion]:
    cells = (places.astype(np.int64) * grid // (side + 1)) @ np.array([1, grid])
    order = np.argsort(cells, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(cells[order])) + 1) if len(order) else []
    least = max(_LEAST, _LEAST_SHARE * len(places) / grid**2)
    large = sorted((part for part in parts if len(part) >= least), key=len, reverse=True)
    artists = [_artists(values, part, of_all) for part in large]
    regions: list[MapRegion] = []
    for name, part, known in zip(_names(values, large, artists), large, artists, strict=True):
        if any(region.name == name for region in regions):
            continue  # nothing tells it from a larger one
        x, y = np.rint(places[part].mean(axis=0)).astype(int).tolist()
        regions.append(MapRegion(grid=grid, x=x, y=y, count=len(part), name=name, artists=tuple(known)))
    return regions


def _names(values: RegionValues, parts: list[npt.NDArray[np.intp]], artists: list[list[str]]) -> list[str]:
    names = [_genre(values, part) for part in parts]
    more: tuple[Callable[[int], str], ...] = (
        lambda at: _tempo(values, parts[at]),
        lambda at: _energy(values, parts[at]),
        lambda at: artists[at][0] if artists[at] else "",
    )
    for addition in more:
        seen = Counter(names)
        names = [
            " · ".join(filter(None, (name, addition(at)))) if not name or seen[name] > 1 else name
            for at, name in enumerate(names)
        ]
    return [name or "Unknown" for name in names]


def _first(genres: str | None) -> str | None:
    return genres and genres.partition(";")[0].strip()


def _genre(values: RegionValues, part: npt.NDArray[np.intp]) -> str:
    for named in (values.genre, values.family):
        known = Counter(filter(None, map(named.__getitem__, part.tolist())))
        if known and (best := known.most_common(1)[0])[1] >= max(2, _COMMON * len(part)):
            return best[0]
    return ""


def _tempo(values: RegionValues, part: npt.NDArray[np.intp]) -> str:
    bpm = values.bpm[part]
    return "" if np.isnan(bpm).all() else f"{round(float(np.nanmedian(bpm)))} BPM"


def _energy(values: RegionValues, part: npt.NDArray[np.intp]) -> str:
    level = values.level[part]
    middle = np.nan if np.isnan(level).all() else float(np.nanmean(level))
    return "calm" if middle <= _CALM else "driving" if middle >= _DRIVING else ""


def _artists(values: RegionValues, part: npt.NDArray[np.intp], of_all: Counter[str]) -> list[str]:
    here = Counter(filter(None, map(values.artist.__getitem__, part.tolist())))
    often = [(count * count / of_all[artist], artist) for artist, count in here.items() if count > 1]
    return [artist for _, artist in sorted(often, key=lambda pair: (-pair[0], pair[1]))[:_ARTISTS]]
