"""Names of the regions of a map: what is common there, told apart by tempo, energy or an artist."""

from __future__ import annotations

import numpy as np

from map4.similar import RegionValues, regions_of

SIDE = 4095


def named(*corners: tuple[int, int, str | None, float, float, str | None]) -> dict[tuple[int, int], str]:
    """The names at the coarsest level; each corner has ten tracks: x, y, genre, tempo, energy level, artist."""
    tracks = [corner for corner in corners for _ in range(10)]
    x, y, genre, bpm, level, artist = zip(*tracks, strict=True)
    values = RegionValues(genre=genre, family=genre, artist=artist, bpm=np.array(bpm), level=np.array(level))
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


def test_a_few_tracks_are_no_region_and_what_nothing_tells_apart_is_named_once() -> None:
    assert named((100, 100, "House", 120.0, 5.0, None), (3900, 100, "House", 120.0, 5.0, None)).keys() == {(100, 100)}
    alone = RegionValues(genre=["House"] * 4, family=["House"] * 4, artist=[None] * 4, bpm=np.ones(4), level=np.ones(4))
    assert regions_of(np.zeros((4, 2)), SIDE, alone) == ()
