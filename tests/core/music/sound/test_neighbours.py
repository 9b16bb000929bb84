"""Sound spaces and rankings: what must hold for any library, and small cases worked out by hand."""

import numpy as np
import pytest

from map4.core.music.analysis.inside import SoundVector
from map4.core.music.analysis.key import Key
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.mixing.many import MixColumns
from map4.core.music.sound.similarity_tables import (
    CLIP,
    COMPONENTS,
    PCA_FROM_TRACKS,
    LibraryTable,
    SoundKinds,
    SoundSpace,
    mean_compatibilities,
    unit_rows,
)
from map4.core.music.track.hamms import HammsSimilarity

RNG = np.random.default_rng(3)


def library(count: int, clusters: int = 5, spread: float = 0.3) -> np.ndarray:
    """Vectors in clusters, each number on a scale of its own; row i belongs to cluster i % clusters."""
    centres = RNG.standard_normal((clusters, SoundVector.SIZE))
    noise = spread * RNG.standard_normal((count, SoundVector.SIZE))
    scale = 10.0 ** RNG.uniform(-2, 2, SoundVector.SIZE)
    return ((centres[np.arange(count) % clusters] + noise) * scale + 5.0 * scale).astype(np.float32)


@pytest.mark.parametrize("count", [20, 400])
def test_nearest_tracks_are_of_the_same_cluster(count: int) -> None:
    vectors = library(count)
    directions = SoundSpace.fit(vectors).project(vectors)
    assert np.linalg.norm(directions, axis=1) == pytest.approx(np.ones(count), abs=1e-5)
    for wanted in (0, 7):
        similarities = SoundSpace.similarities(directions, directions[[wanted]])
        order = LibraryTable.ranking(similarities)
        assert order[0] == wanted
        assert similarities[wanted] == pytest.approx(1.0, abs=1e-5)
        assert set(order[: count // 5] % 5) == {wanted % 5}


def test_groups_influence_by_weight_and_outliers_are_limited() -> None:
    vectors = library(60)
    stretched = vectors * np.where(np.arange(SoundVector.SIZE) % 2, 40.0, 0.1).astype(np.float32)
    ours, theirs = (SoundSpace.fit(v).project(v) for v in (vectors, stretched))
    assert ours @ ours.T == pytest.approx(theirs @ theirs.T, abs=1e-3)
    space = SoundSpace.fit(library(60))
    begin = 0
    for group in SoundVector.GROUPS:
        # The most a group can add to the squared length: size x (clip x weight / sqrt(size))^2.
        limit = space.limit[begin : begin + group.size]
        assert float(limit @ limit) == pytest.approx((CLIP * group.weight) ** 2, rel=1e-5)
        begin += group.size
    odd = vectors[0].copy()
    odd[5] = 1e4 * np.abs(vectors[:, 5]).max()
    space = SoundSpace.fit(vectors)
    assert np.abs(space.weighted(odd[None])).max() <= space.limit.max() + 1e-6
    assert float((space.project(odd[None]) @ space.project(vectors[:1]).T)[0, 0]) > 0.5
    vectors = library(300)
    vectors[:, 40] = 7.0
    space = SoundSpace.fit(vectors)
    assert np.isfinite(space.project(vectors)).all()
    other = vectors[0].copy()
    other[40] = -7.0
    assert space.project(other[None]) == pytest.approx(space.project(vectors[:1]), abs=1e-6)


def test_directions_are_damped_and_equal_tracks_have_none() -> None:
    vectors = library(PCA_FROM_TRACKS, clusters=30)
    assert SoundSpace.fit(vectors).project(vectors).shape == (PCA_FROM_TRACKS, COMPONENTS)
    assert SoundSpace.fit(vectors[:-1]).project(vectors).shape == (PCA_FROM_TRACKS, SoundVector.SIZE)
    vectors = library(400, clusters=30)
    space = SoundSpace.fit(vectors)
    spread = (space.weighted(vectors) @ space.projection).std(axis=0)
    plain = np.sqrt(np.sort(np.linalg.eigvalsh(np.cov(space.weighted(vectors), rowvar=False)))[::-1][:COMPONENTS])
    assert spread == pytest.approx(plain**0.6, rel=0.01)  # 1 - .4 of it is left
    vectors = np.repeat(library(1), 150, axis=0)
    assert not SoundSpace.fit(vectors).project(vectors).any()
    with pytest.raises(ValueError, match="at least two"):
        SoundSpace.fit(library(1))
    vectors = library(300)
    ours = SoundSpace.fit(vectors).project(vectors)
    halves = (vectors / np.abs(vectors).max(axis=0)).astype(np.float16)
    theirs = SoundSpace.fit(halves).project(halves)
    np.testing.assert_allclose(theirs @ theirs.T, ours @ ours.T, atol=0.02, rtol=0)


def test_tracks_that_sound_alike_are_one_kind_and_choose_in_turn() -> None:
    rows = unit_rows(np.array([[1, 0, 0], [1, 0.2, 0], [0, 1, 0], [0, 0, -1]], dtype=np.float32))
    kinds = SoundKinds.of(rows)
    assert kinds.counts.tolist() == [2, 1, 1]
    np.testing.assert_allclose(kinds.directions[0], unit_rows(rows[:2].sum(axis=0, keepdims=True))[0], atol=1e-6)
    known = np.array([0.9, 0.8, 0.7, 0.6, 0.5, np.nan], dtype=np.float32)
    other = np.array([0.1, 0.1, 0.1, 0.1, 0.5, 0.9], dtype=np.float32)
    turns = SoundKinds(directions=rows[:2], counts=np.array([2, 1])).in_turn([known, other], np.fmax(known, other))
    assert turns.tolist() == [0.25, 0.75, 1.25, 1.75, 2.25, 0.5]
    many = unit_rows(np.random.default_rng(1).normal(size=(40, 128)).astype(np.float32))
    assert len(SoundKinds.of(many).counts) <= 12


def test_similarity_to_several_tracks_is_a_mean() -> None:
    directions = unit_rows(np.array([[1, 0], [0, 1], [1, 1], [-1, 0]], dtype=np.float32))
    found = SoundSpace.similarities(directions, directions[:2])
    assert found == pytest.approx([np.sqrt(0.5), np.sqrt(0.5), 1.0, -np.sqrt(0.5)])
    vectors = np.round(RNG.uniform(0, 1, (20, 12)), 3)
    vectors[::3, :4] = np.nan
    vectors[1, 5:7] = np.nan
    as_known = [[None if np.isnan(x) else float(x) for x in row] for row in vectors]
    found = LibraryTable.mean_hamms(vectors, vectors[:3])
    for row, similarity in zip(as_known, found, strict=True):
        pairs = [HammsSimilarity.of(row, other) for other in as_known[:3]]
        known = [pair.similarity for pair in pairs if pair is not None]
        assert similarity == pytest.approx(np.mean(known))
    traits = [
        MixTraits(bpm=120.0, key=Key.parse("8A"), energy=0.5),
        MixTraits(bpm=126.0, key=Key.parse("9A"), energy=0.9),
        MixTraits(bpm=None, key=None, energy=None),
    ]
    columns = MixColumns.of(traits)
    found = mean_compatibilities(columns, columns[[0, 1]])
    expected = [np.mean([a.compared(b).total for a in traits[:2]]) for b in traits]
    assert found == pytest.approx(expected)


def test_ties_keep_their_order_and_tracks_without_values_are_not_ranked() -> None:
    similarities = np.array([0.5, 0.9, 0.5, 0.9 + 1e-8, np.nan])
    assert LibraryTable.ranking(similarities).tolist() == [1, 3, 0, 2]
    assert LibraryTable.ranking(similarities, then=np.array([0.1, 0.1, 0.2, 0.3, 1.0])).tolist() == [3, 1, 2, 0]
    vectors = np.full((3, 12), 0.5)
    vectors[1, :7] = np.nan
    found = LibraryTable.mean_hamms(vectors, vectors[:1])
    assert np.isnan(found[1])
    assert LibraryTable.ranking(found).tolist() == [0, 2]
