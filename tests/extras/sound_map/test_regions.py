"""Names of the regions of a map: what is common there, then what differs from the rest of the map."""

from itertools import chain
from typing import Any

import numpy as np

from map4.extras.sound_map.part import RegionValues, regions_of

SIDE = 4095


def named(*corners: tuple[int, int, str | None, float, float, str | None]) -> dict[tuple[int, int], str]:
    """The names at the coarsest level; each corner has ten tracks: x, y, genre, tempo, energy level, artist."""
    tracks = [corner for corner in corners for _ in range(10)]
    x, y, genre, bpm, level, artist = zip(*tracks, strict=True)
    values = values_of(genre=genre, family=genre, artist=artist, bpm=np.array(bpm), level=np.array(level))
    regions = regions_of(np.column_stack((x, y)), SIDE, values)
    return {(region.x, region.y): region.name for region in regions if region.grid == 4}


def values_of(**known: Any) -> RegionValues:
    """Values of tracks of which the others are unknown."""
    n = len(known["genre"])
    unknown = {name: np.full(n, np.nan) for name in ("year", "bpm", "level")}
    texts = {name: [None] * n for name in ("family", "artist", "label")}
    return RegionValues(**{**unknown, **texts, "moods": np.full((n, 3), np.nan), **known})


def test_further_regions_of_a_genre_are_named_once_by_what_differs() -> None:
    nan = float("nan")
    names = named(
        (100, 100, "Dub; Reggae", 70.0, 3.0, "Ann"),
        (1500, 100, "House", 124.0, 5.0, "Ann"),
        (2500, 100, "House", 128.0, 5.0, "Bo"),
        (3900, 100, "Techno", 135.0, 3.0, "Bo"),
        (100, 1500, "Techno", 135.0, 8.0, "Bo"),
        (1500, 1500, "Disco", 118.0, 5.0, "Cy"),
        (2500, 1500, "Disco", 118.0, 5.0, "Di"),
        (3900, 1500, None, 90.0, nan, None),
        (3900, 3900, None, nan, nan, None),
    )
    assert names == {
        (100, 100): "Dub",
        (1500, 100): "House",
        (2500, 100): "House · Bo",
        (3900, 100): "Techno",
        (100, 1500): "Techno · Bo",
        (1500, 1500): "Disco",
        (2500, 1500): "Disco · Di",
        (3900, 1500): "90 BPM",
    }
    ann, bo = (None, float("nan"), 5.0, "Ann"), (None, float("nan"), 5.0, "Bo")
    tracks = [(100, 100, *ann)] * 9 + [(3900, 100, *bo)] * 10
    assert named(*tracks) == {(100, 100): "Ann", (3900, 100): "Bo"}
    assert named(*tracks[-2:]) == {(3900, 100): "Bo"}  # all of it
    assert named((100, 100, "House", 120.0, 5.0, None), (3900, 100, "House", 120.0, 5.0, None)).keys() == {(100, 100)}
    assert regions_of(np.zeros((4, 2)), SIDE, values_of(genre=["House"] * 4)) == ()


def test_regions_beyond_two_of_a_genre_have_a_distinctive_name() -> None:
    nan, none = float("nan"), None
    kinds: dict[str, tuple[list[str | None], list[str | None], list[float], float]] = {
        "Punk / Ska": ([*"ab", "Punk", "Punk", "Ska", "Ska", *"cdef"], [none] * 10, [1995, *[2005] * 9], 5.0),
        "Ann": ([*"ghijklmnop"], ["Ann", "Ann", *"abcdefgh"], [2005] * 10, 5.0),
        "1980s": ([none] * 10, [none] * 10, [1981, 1985, 1989, *[2005] * 7], 5.0),
        "driving": ([none] * 10, [*"ijklmnopqr"], [2005] * 10, 8.0),
        "": ([none] * 10, [none] * 10, [nan] * 10, 5.0),
    }
    genre, artist, year, level = zip(*kinds.values(), strict=True)
    values = values_of(
        genre=[*chain(*genre)], artist=[*chain(*artist)], year=np.concatenate(year, dtype=float),
        bpm=np.full(50, 120.0), level=np.repeat(level, 10),
    )  # fmt: skip
    corners = [(100, 100), (1500, 100), (2500, 100), (3900, 100), (3900, 3900)]
    regions = regions_of(np.repeat(corners, 10, axis=0), SIDE, values)
    assert [region.name for region in regions if region.grid == 4] == [*kinds][
        :-1
    ]  # of the last, only its tempo is known
    moods = np.full((60, 3), 0.5)
    moods[10:20, 2] = 0.1  # sad
    moods[20:30, 0] = 0.9  # without a voice
    years = np.repeat([2005.0, 2005.0, 2005.0, 1994.0, 2005.0, 2005.0], 10)
    label = [*[None] * 40, *["Hall"] * 10, *[None] * 10]
    values = values_of(genre=["House"] * 60, year=years, label=label, moods=moods)
    corners = [(100, 100), (1500, 100), (2500, 100), (3900, 100), (100, 1500), (1500, 1500)]
    regions = regions_of(np.repeat(corners, 10, axis=0), SIDE, values)
    names = [region.name for region in regions if region.grid == 4]
    assert names == ["House", "House · dark", "instrumental", "1990s", "Hall"]  # nothing tells the last from the first
