"""The fingerprints of a set at other speeds: those of tracks that play so fast, however the set is fed."""

import numpy as np
import pytest
import soxr
from extras.unmix import recorded_sets as sets
from spectra import spectra_of

from map4.core.dsp.sound.fingerprint import fingerprint
from map4.extras.unmix.set_words import COURSE_BANDS, COURSE_RATE_HZ, SetSound, SetWords, WayOfPlaying, track_course

SPEED = 1.06
"""One of those that are tried."""


def heard(y: np.ndarray, block: int = 100_000) -> tuple[list[SetWords], np.ndarray]:
    sound = SetSound()
    for start in range(0, len(y), block):
        sound.feed(y[start : start + block].astype(np.float32))
    return sound.finish()


def words_of(y: np.ndarray) -> np.ndarray:
    return fingerprint(spectra_of(y.astype(np.float32)).mel_power)


def error_rate(first: np.ndarray, second: np.ndarray) -> float:
    size = min(len(first), len(second))
    apart = (first[:size] ^ second[:size]).astype(np.uint16)
    return float(np.unpackbits(apart.view(np.uint8)).mean())


@pytest.fixture(scope="module")
def song() -> np.ndarray:
    return sets.song(1, 30.0)


@pytest.mark.world
def test_track_at_original_speed_keeps_its_fingerprint(song: np.ndarray) -> None:
    words, _ = heard(song)
    [plain] = [word for word in words if word.playing == WayOfPlaying(1.0, 1.0)]
    assert error_rate(plain.words, words_of(song)) < 0.01


@pytest.mark.world
def test_faster_track_matches_only_at_its_speed(song: np.ndarray) -> None:
    faster = soxr.resample(song, 22_050 * SPEED, 22_050)
    words, _ = heard(faster)
    rates = {word.playing: error_rate(word.words, words_of(song)) for word in words}
    best = min(rates, key=lambda playing: rates[playing])
    assert best == WayOfPlaying(SPEED, SPEED)
    assert rates[best] < 0.05
    assert rates[WayOfPlaying(1.0, 1.0)] > 0.3


def test_set_words_do_not_depend_on_blocks_and_silence_has_zeros(song: np.ndarray) -> None:
    first, course = heard(song, block=len(song))
    second, other = heard(song, block=7777)
    assert all(np.array_equal(word.words, two.words) for word, two in zip(first, second, strict=True))
    assert np.array_equal(course, other)
    assert course.shape == (pytest.approx(30.0 * COURSE_RATE_HZ, abs=2), COURSE_BANDS)
    _, course = heard(soxr.resample(song, 22_050 * SPEED, 22_050))
    made = track_course(song.astype(np.float32), SPEED, SPEED)
    size = min(len(made), len(course))
    apart = np.abs(made[:size].astype(int) - course[:size].astype(int))
    loud = course[:size] > course.max() - 80
    assert np.median(apart[loud]) <= 3  # 1.5 dB
    words, _ = heard(np.zeros(22_050 * 10))
    assert all(not word.words.any() for word in words)
    words, course = heard(np.zeros(0))
    assert all(len(word.words) == 0 for word in words)
    assert len(course) <= 1
