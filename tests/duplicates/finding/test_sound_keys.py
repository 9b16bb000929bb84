"""Keys of fingerprints: copies share some, other recordings none, and the comparison finds where they agree."""

import numpy as np
import pytest

from map4.core.music.sound.fingerprints import Fingerprint
from map4.duplicates.finding.sound_keys import MOST_KEYS, Sound, compare_sounds, pairs_to_compare, sound_keys

RNG = np.random.default_rng(3)


def words(count: int) -> np.ndarray:
    """As in music, about a quarter of the bits changes from word to word."""
    random = RNG.integers(0, 1 << 16, (2, count), dtype=np.uint16)
    return np.bitwise_xor.accumulate(random[0] & random[1])


def with_errors(original: np.ndarray, share: float) -> np.ndarray:
    turned = RNG.random((len(original), 16)) < share
    return original ^ (turned @ (1 << np.arange(16))).astype(np.uint16)


def proposed(*prints: np.ndarray, is_new: list[bool] | None = None) -> list[list[int]]:
    keys = [sound_keys(fingerprint) for fingerprint in prints]
    sizes = np.array([len(key) for key in keys])
    new = np.array(is_new or [True] * len(keys))
    return pairs_to_compare(np.concatenate(keys), sizes, new).tolist()


def test_sound_keys_are_the_lowest_distinct_values_if_any() -> None:
    many = sound_keys(words(2000))
    assert len(many) == MOST_KEYS
    assert np.all(many[1:] > many[:-1])
    loop = np.tile(words(30), 50)
    assert len(sound_keys(loop)) == 30
    assert np.array_equal(sound_keys(np.tile(loop, 2)), sound_keys(loop))
    assert len(sound_keys(np.zeros(100, np.uint16))) == 0
    assert len(sound_keys(words(4))) == 0


def test_copies_are_proposed_for_comparison_once() -> None:
    a, b, c = words(1200), words(900), words(1200)
    cut = with_errors(a, 0.07)[26:-26]
    later = np.concatenate([np.zeros(3, np.uint16), with_errors(b, 0.03)])
    assert proposed(a, b, cut, later, c) == [[0, 2], [1, 3]]
    a, b = words(1000), words(1000)
    assert proposed(a, a, b, b, is_new=[False, False, True, False]) == [[2, 3]]
    assert proposed(a, a, b, is_new=[False, False, True]) == []
    a = words(1000)
    pairs = proposed(*[a] * 100)
    assert len(pairs) == 99
    assert {number for pair in pairs for number in pair} == set(range(100))


def test_comparison_finds_lag_rest_and_error_rate_of_a_copy() -> None:
    for lag in [-60, -5, 0, 3, 90]:
        original = words(1200)
        mine, other = original[max(0, -lag) :], with_errors(original, 0.08)[max(0, lag) :]
        found = compare_sounds(Sound.of(mine), Sound.of(other))
        assert found.error_rate == pytest.approx(0.08, abs=0.01)
        assert found.lag_s == pytest.approx(lag / Fingerprint.RATE_HZ)
        assert found.alone_s == pytest.approx(abs(lag) / Fingerprint.RATE_HZ)
    piece = np.tile(words(60), 20) ^ (words(1200) & words(1200) & words(1200))
    found = compare_sounds(Sound.of(piece), Sound.of(with_errors(piece, 0.12)[20:]))
    assert found.lag_s == pytest.approx(20 / Fingerprint.RATE_HZ)
    found = compare_sounds(Sound.of(words(1000)), Sound.of(words(1000)))
    assert found is None or found.error_rate > 0.38
    assert compare_sounds(Sound.of(words(1000)), Sound.of(np.zeros(50, np.uint16))) is None
    original = words(1200)
    found = compare_sounds(Sound.of(original), Sound.of(original[300:900]))
    assert found.alone_s == pytest.approx(600 / Fingerprint.RATE_HZ)
