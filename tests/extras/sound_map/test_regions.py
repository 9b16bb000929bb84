"""Names of the regions of a map: what is common there, told apart by tempo, energy or an artist."""

from itertools import chain

import numpy as np

from map4.extras.sound_map.regions import RegionValues, regions_of

SIDE = 4095


def named(*corners: tuple[int, int, str | None, float, float, str | None]) -> dict[tuple[int, int], str]:
    """The names at the coarsest level; each corner has ten tracks: x, y, genre, tempo, energy level, artist."""
    tracks = [corner for corner in corners for _ in range(10)]
    x, y, genre, bpm, level, artist = zip(*tracks, strict=True)
    year = np.full(len(tracks), np.nan)
    values = RegionValues(
        genre=genre, family=genre, artist=artist, year=year, bpm=np.array(bpm), level=np.array(level)
    )  # fmt: skip
    regions = regions_of(np.column_stack((x, y)), SIDE, values)
    return {(region.x, region.y): region.name for region in regions if region.grid == 4}


def test_regions_of_one_genre_differ_by_tempo_then_energy_then_an_artist() -> None:
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
        (1500, 100): "House · 124 BPM",
        (2500, 100): "House · 128 BPM",
        (3900, 100): "Techno · 135 BPM · calm",
        (100, 1500): "Techno · 135 BPM · driving",
        (1500, 1500): "Disco · 118 BPM · Cy",
        (2500, 1500): "Disco · 118 BPM · Di",
        (3900, 1500): "90 BPM",
        (3900, 3900): "Unknown",
    }


def test_region_without_a_common_genre_has_a_distinctive_name() -> None:
    nan, none = float("nan"), None
    kinds: dict[str, tuple[list[str | None], list[str | None], list[float], float]] = {
        "Punk / Ska": ([*"ab", "Punk", "Punk", "Ska", "Ska", *"cdef"], [none] * 10, [1995, *[2005] * 9], 5.0),
        "Ann": ([*"ghijklmnop"], ["Ann", "Ann", *"abcdefgh"], [2005] * 10, 5.0),
        "1980s": ([none] * 10, [none] * 10, [1981, 1985, 1989, *[2005] * 7], 5.0),
        "driving": ([none] * 10, [*"ijklmnopqr"], [2005] * 10, 8.0),
        "120 BPM": ([none] * 10, [none] * 10, [nan] * 10, 5.0),
    }
    genre, artist, year, level = zip(*kinds.values(), strict=True)
    values = RegionValues(
        genre=[*chain(*genre)], family=[none] * 50, artist=[*chain(*artist)], year=np.concatenate(year, dtype=float),
        bpm=np.full(50, 120.0), level=np.repeat(level, 10),
    )  # fmt: skip
    corners = [(100, 100), (1500, 100), (2500, 100), (3900, 100), (3900, 3900)]
    regions = regions_of(np.repeat(corners, 10, axis=0), SIDE, values)
    assert [region.name for region in regions if region.grid == 4] == [*kinds]


def test_a_region_of_half_of_the_map_is_named_by_its_artist() -> None:
    ann, bo = (None, float("nan"), 5.0, "Ann"), (None, float("nan"), 5.0, "Bo")
    tracks = [(100, 100, *ann)] * 9 + [(3900, 100, *bo)] * 10
    assert named(*tracks) == {(100, 100): "Ann", (3900, 100): "Bo"}
    assert named(*tracks[-2:]) == {(3900, 100): "Bo"}  # all of it


def test_few_tracks_form_no_region_and_equal_names_appear_once() -> None:
    assert named((100, 100, "House", 120.0, 5.0, None), (3900, 100, "House", 120.0, 5.0, None)).keys() == {(100, 100)}
    house, ones = ["House"] * 4, np.ones(4)
    alone = RegionValues(genre=house, family=house, artist=[None] * 4, year=ones, bpm=ones, level=ones)
    assert regions_of(np.zeros((4, 2)), SIDE, alone) == ()
