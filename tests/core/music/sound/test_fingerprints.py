"""Comparing fingerprints: known error rates, lags and overlaps."""

import numpy as np
import pytest

from map4.core.music.sound.fingerprints import Fingerprint

RNG = np.random.default_rng(7)


def words(count: int) -> np.ndarray:
    return RNG.integers(1, 1 << 16, count).astype(np.uint16)


def with_errors(original: np.ndarray, bits: int) -> np.ndarray:
    """The same with so many bits of each word turned over."""
    changed = original.copy()
    for bit in range(bits):
        changed ^= np.uint16(1 << bit)
    return changed


def test_equal_fingerprints_agree_and_wrong_bits_count_a_sixteenth() -> None:
    mine = words(300)
    found = Fingerprint.align(mine, mine)
    assert (found.error_rate, found.lag_s) == (0.0, 0.0)
    assert found.overlap_s == pytest.approx(300 / Fingerprint.RATE_HZ)
    for bits in (1, 4, 7):
        mine = words(300)
        assert Fingerprint.error_rate(mine, with_errors(mine, bits)) == pytest.approx(bits / 16)
    assert Fingerprint.unpack(b"\x01\x00\x00\x80").tolist() == [1, 0x8000]


def test_parts_and_later_starts_are_found_unless_too_late() -> None:
    for lag in (-31, -3, 5, 30):
        mine = words(400)
        first, second = mine[max(0, -lag) :], mine[max(0, lag) :]
        found = Fingerprint.align(first, second)
        assert found.error_rate == 0.0
        assert found.lag_s == pytest.approx(lag / Fingerprint.RATE_HZ)
        assert Fingerprint.error_rate(second, first) == 0.0
    mine = words(400)
    rate = Fingerprint.error_rate(mine, mine[60:])
    assert rate > 0.4
    mine = words(600)
    assert Fingerprint.error_rate(mine, mine[20:120]) == 0.0


def test_unrelated_words_differ_and_silence_is_ignored() -> None:
    rate = Fingerprint.error_rate(words(600), words(600))
    assert rate == pytest.approx(0.48, abs=0.02)  # the best of 63 lags, so a little below one half
    mine, other = words(300), words(300)
    mine[:100] = other[:100] = 0
    rate = Fingerprint.error_rate(mine, other)
    assert rate > 0.4
    other[100:] = mine[100:]
    assert Fingerprint.error_rate(mine, other) == 0.0
    assert Fingerprint.error_rate(np.zeros(300, np.uint16), words(300)) is None
    assert Fingerprint.error_rate(words(0), words(300)) is None
    half_silent = words(300)
    half_silent[150:] = 0
    other_half = words(300)
    other_half[:150] = 0
    assert Fingerprint.error_rate(half_silent, other_half, max_lag_s=1.0) is None
