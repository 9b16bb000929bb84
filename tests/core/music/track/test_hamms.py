"""The HAMMS formulas against the numbers the specification gives."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.core.music.track.hamms import (
    HAMMS_NAMES,
    HAMMS_WEIGHTS,
    HammsSimilarity,
    compare_hamms,
    hamms_confidence,
    rate_similarity,
)

vectors = st.lists(st.none() | st.floats(0, 1), min_size=12, max_size=12)


def test_hamms_numbers_and_similarity_have_the_published_values() -> None:
    assert HAMMS_NAMES == (
        "bpm", "key", "energy", "danceability", "valence", "acousticness", "instrumentalness", "rhythmic_pattern",
        "spectral_centroid", "tempo_stability", "harmonic_complexity", "dynamic_range",
    )  # fmt: skip
    assert list(HAMMS_WEIGHTS.values()) == [1.3, 1.4, 1.2, 0.9, 0.8, 0.6, 0.5, 1.1, 0.7, 0.9, 0.8, 0.6]
    assert math.sqrt(sum(w * w for w in HAMMS_WEIGHTS.values())) == pytest.approx(3.264966, abs=1e-6)
    result = compare_hamms([0.5] * 12, [0.8] * 12)
    assert result.closeness == pytest.approx(0.70)
    assert result.cosine == pytest.approx(1.00)
    assert result.similarity == pytest.approx(0.82)
    assert result.shared == 12
    assert result.rating == "good"


def test_hamms_similarity_over_shared_numbers_equals_a_hand_calculation() -> None:
    a = [1.0, 0.0, 0.5, 0.5, 0.5, 0.5, None, 0.9, None, None, None, None]
    b = [0.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.7, None, None, None, None, None]
    # Shared weights 1.3 1.4 1.2 .9 .8 .6: sum of squares 8.10, of the difference 3.65, of the common part 3.25.
    result = compare_hamms(a, b)
    assert result.shared == 6
    assert result.closeness == pytest.approx(1 - math.sqrt(3.65 / 6.90))
    common = 3.25 / 4
    assert result.cosine == pytest.approx(common / math.sqrt((1.69 + common) * (1.96 + common)))
    assert result.similarity == pytest.approx(0.6 * result.closeness + 0.4 * result.cosine)
    assert compare_hamms([0.5] * 5 + [None] * 7, [0.5] * 12) is None
    assert compare_hamms([0.5] * 6 + [None] * 6, [None] * 6 + [0.5] * 6) is None
    assert compare_hamms([0.5] * 6 + [None] * 6, [0.5] * 12) is not None
    result = compare_hamms([0.0] * 12, [1.0] * 12)
    assert result == HammsSimilarity(similarity=0.0, closeness=0.0, cosine=0.0, shared=12)
    for size in (0, 11, 13):
        with pytest.raises(ValueError, match="12 numbers"):
            compare_hamms([0.5] * size, [0.5] * 12)


@given(vectors, vectors)
def test_symmetric_and_within_bounds(a: list[float | None], b: list[float | None]) -> None:
    forth, back = compare_hamms(a, b), compare_hamms(b, a)
    numbers = [] if forth is None else [forth.similarity, forth.closeness, forth.cosine]
    assert forth == back
    assert all(type(n) is float and -1e-12 <= n <= 1.0 for n in numbers)


@given(st.lists(st.floats(0.01, 1), min_size=12, max_size=12))
def test_vector_is_fully_similar_to_itself(a: list[float]) -> None:
    result = compare_hamms(a, a)
    assert result.similarity == pytest.approx(1.0)


def test_hamms_confidence_and_ratings_have_known_values() -> None:
    cases = [
        (0.93, 0.81, True, 0.962),  # the record printed in the specification
        (1.0, 1.0, True, 1.0),
        (None, 0.9, True, 0.6),
        (0.9, None, True, 0.7),
        (0.5, 0.9, False, 0.8),
        (None, None, False, 0.4),
    ]
    for tempo, key, energy, expected in cases:
        value = hamms_confidence(tempo_confidence=tempo, key_confidence=key, has_energy=energy)
        assert value == pytest.approx(expected, abs=1e-9)
    with pytest.raises(ValueError, match="finite"):
        hamms_confidence(tempo_confidence=math.nan, key_confidence=0.9, has_energy=True)
    cases = [(1.0, "excellent"), (0.9, "excellent"), (0.8999, "good"), (0.8, "good"), (0.7, "fair"), (0.6999, "poor")]
    assert [(similarity, rate_similarity(similarity)) for similarity, _ in cases] == cases
