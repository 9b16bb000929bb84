"""The map of the sound: who is near whom stays near, and what is told of it is true."""

import numpy as np
import numpy.typing as npt
import pytest

from map4.extras.sound_map import map_layout as sound_map
from map4.extras.sound_map.map_layout import place_sounds, preserved_neighbours, principal_plane


def islands(count: int, island: int) -> npt.NDArray[np.float32]:
    """Sounds around so many centres, one after the other."""
    random = np.random.default_rng(1)
    centres = random.normal(size=(count, 128))
    return (centres[np.arange(count * island) % count] + 0.2 * random.normal(size=(count * island, 128))).astype(
        np.float32
    )


def test_principal_plane_separates_groups_and_copies() -> None:
    random = np.random.default_rng(1)
    vectors = np.concatenate([random.normal(0, 0.1, (20, 8)), random.normal(1, 0.1, (20, 8))])
    placed = principal_plane(vectors)
    assert placed.shape == (40, 2)
    assert np.ptp(placed[:, 0]) > 3 * np.ptp(placed[:, 1])  # the first axis is what tells most
    groups = placed[:20, 0], placed[20:, 0]
    assert groups[0].max() < groups[1].min()
    np.testing.assert_array_equal(placed, principal_plane(vectors))
    np.testing.assert_allclose(principal_plane(vectors[::-1])[::-1], placed, atol=1e-9)
    assert place_sounds(islands(7, 1)) is None
    copies = place_sounds(np.ones((13, 128), dtype=np.float32))
    assert np.isfinite(copies[0]).all()
    assert len(np.unique(copies[0].round(4), axis=0)) == 13


@pytest.mark.world
@pytest.mark.parametrize("most", [10_000, 100])  # all laid out, and most between others
def test_separate_groups_stay_separate_and_the_map_is_reproducible(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(sound_map, "MOST_LAID_OUT", most)
    vectors = islands(12, 20)
    placed = place_sounds(vectors)
    assert placed is not None
    points, kept = placed
    assert points.shape == (240, 2)
    assert points.min() >= 0.0
    assert points.max() <= 1.0
    away = np.linalg.norm(points[:, None] - points[None], axis=-1) + 9.0 * np.eye(240)
    assert (away.argmin(axis=1) % 12 == np.arange(240) % 12).mean() > 0.9
    assert kept > 0.3
    again = place_sounds(vectors)
    np.testing.assert_array_equal(points, again[0])


def test_preserved_neighbours_are_counted_directly_and_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    line = np.linspace(0, 1, 30)
    directions = np.stack([np.cos(line), np.sin(line)], axis=1).astype(np.float32)
    shuffled = np.random.default_rng(2).permutation(directions).astype(np.float64)
    kept, lost = preserved_neighbours(directions, directions.astype(np.float64), shuffled)
    assert kept == pytest.approx(1.0, abs=0.02)
    assert lost < 0.6
    random = np.random.default_rng(3)
    directions = random.normal(size=(700, 6)).astype(np.float32)
    directions[20:40] = directions[19]  # copies: which of them are the nearest is nobody's to say
    plane = directions[:, :2].astype(np.float64) + 0.1 * random.normal(size=(700, 2))
    far = -(directions @ directions.T) + 1e9 * np.eye(700, dtype=np.float32)
    away = np.linalg.norm(plane[:, None] - plane[None], axis=-1) + 1e9 * np.eye(700)
    both = [np.intersect1d(a[:10], b[:10]).size for a, b in zip(far.argsort(axis=1), away.argsort(axis=1), strict=True)]
    assert preserved_neighbours(directions, plane) == [pytest.approx(sum(both) / 7000, abs=0.02)]
    random = np.random.default_rng(3)
    directions = random.normal(size=(700, 6)).astype(np.float32)
    plane = principal_plane(directions)
    whole = preserved_neighbours(directions, plane)
    monkeypatch.setattr(sound_map, "_BLOCK_BYTES", 8_000)
    monkeypatch.setattr(sound_map, "_PLANE_ROWS", 50)
    assert preserved_neighbours(directions, plane) == whole
    np.testing.assert_allclose(principal_plane(directions), plane, atol=1e-9)
