"""How scores of bars and lengths of phrases become boundaries."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from map4.core.dsp import network
from map4.core.dsp.inside.boundary_scorer import (
    WEIGHTS_FILE,
    boundary_probabilities,
    choose_boundaries,
    read_weights,
    shipped_weights,
)


def test_boundary_probabilities_are_sums_over_segmentations_with_a_prior() -> None:
    lengths = np.array([[0.0, 0.1, 0.2, 0.4, 0.3]])
    weights = replace(shipped_weights(), lengths=lengths, trust=1.0)
    scores = np.array([0.0, 0.3, -0.5, 1.2, 0.1, -1.0])
    total, sums = 0.0, np.zeros(6)
    for count in range(6):
        for inner in combinations(range(1, 6), count):
            edges = [0, *inner, 6]
            spans = np.diff(edges)
            if spans.max() > 4:
                continue
            chance = np.prod(lengths[0][spans]) * np.exp(scores[list(inner)].sum())
            total += chance
            sums[list(edges[:-1])] += chance
    assert boundary_probabilities(scores, weights) == pytest.approx(sums / total)
    probability = boundary_probabilities(np.zeros(64), shipped_weights())
    assert probability[0] == pytest.approx(1.0)
    assert probability[8] > probability[7]
    assert probability[8] > probability[9]
    rng = np.random.default_rng(1)
    scores = rng.normal(0.0, 3.0, 6000)
    probability = boundary_probabilities(scores, shipped_weights())
    assert np.isfinite(probability).all()
    # The beginning knows nothing of the end.
    assert probability[:300] == pytest.approx(boundary_probabilities(scores[:600], shipped_weights())[:300], abs=1e-3)


def test_boundaries_of_greatest_f_are_chosen_by_small_normalised_weights() -> None:
    assert choose_boundaries(np.array([1.0, 0.1, 0.9, 0.05, 0.8])).tolist() == [0, 2, 4]
    # Where much is doubtful, more is told.
    assert choose_boundaries(np.array([1.0, 0.4, 0.1, 0.4, 0.1, 0.4])).tolist() == [0, 1, 3, 5]
    assert choose_boundaries(np.array([1.0])).tolist() == [0]
    path = Path(network.__file__).parent / WEIGHTS_FILE
    weights = read_weights(path)
    assert weights.lengths.sum(axis=1) == pytest.approx(1.0)
    assert path.stat().st_size < 150_000
