"""Fingerprints of a recorded set as if it were played at other speeds.

A library stores one fingerprint of each track, at its own speed. For the set, a fingerprint is made per speed, with and
without the pitch following, from one short-time transform: windows are shorter as the track plays faster, and bands
are higher as it sounds higher. So tracks at other speeds are detected without storing more.
"""

# Results of numpy are partly Any to mypy.
# mypy: no-warn-return-any

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft

from map4.core.dsp.spectrum.filters import FloatArray, ShortWindow
from map4.core.dsp.spectrum.framing import Framer
from map4.core.music.sound.fingerprints import Fingerprint

SPEED_STEP = 0.015
"""Distance between the speeds that are tried. Half of it shifts bands and words by 0.1 s in 13 s, which windows of 1 s
tolerate: error rates hardly rise."""
SPEED_STEPS = 8  # in both directions: up to 12 %
COURSE_BANDS = 32  # bands of about a third of an octave, 60 Hz to 9 kHz, for exact alignment
COURSE_FRAMES = 2  # frames per step of the course: 20 ms
COURSE_RATE_HZ = ShortWindow.RATE_HZ / COURSE_FRAMES
COURSE_STEP_DB = 0.5  # levels are bytes in steps of 0.5 dB: twelve hours take 70 MB
COURSE_FLOOR_DB = -100.0
_COURSE_HZ = (60.0, 9000.0)
_WORD_BINS = 128  # up to the highest band at +12 %: 2.4 kHz
_BATCH = 1024
_TRANSFORMS = 128
_PART_FRAMES = round(300.0 * ShortWindow.RATE_HZ)  # words are computed for five minutes at a time
_SILENT_SHARE = 1e-6
_POWER_FLOOR = 1e-9
_WORDS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class WayOfPlaying:
    """Speed and pitch factors of a track; 1 means unchanged."""

    speed: float
    pitch: float


@cache
def playings() -> tuple[WayOfPlaying, ...]:
    """All variants that are tried: each speed with the pitch following, and with the pitch kept."""
    speeds = [round(1.0 + SPEED_STEP * step, 4) for step in range(-SPEED_STEPS, SPEED_STEPS + 1)]
    return (
        *(WayOfPlaying(speed, speed) for speed in speeds),
        *(WayOfPlaying(speed, 1.0) for speed in speeds if speed != 1.0),
    )


@dataclass(frozen=True, slots=True, eq=False)
class SetWords:
    """The fingerprint of a set for one way of playing.

    words: shape (k,); word j describes the audio from `j * hop_s` seconds on; 0 if silent
    weak: shape (k, 2), the two least certain bits
    soft: shape (k, 16), how certain each bit is, from -127 (surely 0) to 127 (surely 1)
    """

    playing: WayOfPlaying
    words: npt.NDArray[np.uint16]
    weak: npt.NDArray[np.uint8]
    soft: npt.NDArray[np.int8]


class SetSound:
    """Compute the fingerprints and the course of a signal that arrives in blocks.

    Memory grows by 18 MB per hour.
    """

    def __init__(self) -> None:
        self._framer = Framer(ShortWindow.LENGTH, ShortWindow.HOP, _BATCH)
        self._power: list[FloatArray] = []
        self._n_frames = 0
        self._first = 0
        self._samples = 0
        self._course = bytearray()
        self._odd: FloatArray = np.zeros((0, COURSE_BANDS), dtype=np.float32)
        self._made = [(bytearray(), bytearray(), bytearray()) for _ in playings()]
        self._next = [0] * len(playings())

    def feed(self, mono: FloatArray) -> None:
        """Add the next samples, float32 at 22 050 Hz."""
        self._samples += mono.size
        for frames in self._framer.push(mono):
            self._take(frames)

    @property
    def duration_s(self) -> float:
        """Length of the audio so far."""
        return self._samples / ShortWindow.SAMPLE_RATE_HZ

    def finish(self) -> tuple[list[SetWords], npt.NDArray[np.uint8]]:
        """Return the words for each of `playings()` and the course of levels, shape (n, 32); `feed` must not follow."""
        for frames in self._framer.flush(1 + self._samples // ShortWindow.HOP):
            self._take(frames)
        self._make_words(is_last=True)
        words = [
            SetWords(
                playing,
                np.frombuffer(word_bytes, dtype=np.uint16),
                np.frombuffer(weak, dtype=np.uint8).reshape(-1, 2),
                np.frombuffer(soft, dtype=np.int8).reshape(-1, Fingerprint.WORD_BITS),
            )
            for playing, (word_bytes, weak, soft) in zip(playings(), self._made, strict=True)
        ]
        return words, np.frombuffer(self._course, dtype=np.uint8).reshape(-1, COURSE_BANDS)

    def _take(self, frames: FloatArray) -> None:
        for start in range(0, len(frames), _TRANSFORMS):
            power = power_of(frames[start : start + _TRANSFORMS])
            self._power.append(np.ascontiguousarray(power[:, :_WORD_BINS]))
            self._n_frames += len(power)
            levels = np.concatenate([self._odd, power @ course_bank(1.0)])
            whole = len(levels) // COURSE_FRAMES * COURSE_FRAMES
            self._odd = levels[whole:]
            if whole:
                steps = levels[:whole].reshape(-1, COURSE_FRAMES, COURSE_BANDS).mean(axis=1)
                self._course += as_levels(steps).tobytes()
        if self._n_frames >= _PART_FRAMES:
            self._make_words()

    def _make_words(self, *, is_last: bool = False) -> None:
        """Compute the words of the available frames, and keep the frames that the next words need."""
        if not self._power:
            return
        power = np.concatenate(self._power)
        least = self._first + len(power)
        for number, playing in enumerate(playings()):
            begins, window = _windows(self._next[number], self._first + len(power), playing.speed)
            count = len(begins) - Fingerprint.BACK_WORDS
            if count > 0:
                made: tuple[npt.NDArray[Any], ...] = _words(
                    power @ _word_bank(playing.pitch), begins - self._first, window
                )
                for stored, some in zip(self._made[number], made, strict=True):
                    stored.extend(some.tobytes())
                self._next[number] += count
            least = min(least, round(self._next[number] * Fingerprint.HOP_FRAMES / playing.speed))
        drop = 0 if is_last else least - self._first
        self._power = [power[drop:].copy()]
        self._n_frames, self._first = 0, self._first + drop


def _windows(word: int, frames: int, speed: float) -> tuple[npt.NDArray[np.int64], int]:
    """First frames of the windows from a word on, as far as frames exist, and the window length."""
    window = round(Fingerprint.WINDOW_FRAMES / speed)
    count = max(0, int((frames - window) * speed / Fingerprint.HOP_FRAMES) + 2 - word)
    begins = np.round((word + np.arange(count)) * (Fingerprint.HOP_FRAMES / speed)).astype(np.int64)
    return begins[begins + window <= frames], window


def _words(
    bands: FloatArray, begins: npt.NDArray[np.int64], window: int
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint8], npt.NDArray[np.int8]]:
    """Like `map4.core.dsp.sound.fingerprint.fingerprint`, with the weakest bits, and the certainty of each."""
    shape = np.hanning(window + 2)[1:-1].astype(np.float32)
    views = np.lib.stride_tricks.sliding_window_view(bands, window, axis=0)
    energy = np.empty((len(begins), bands.shape[1]), dtype=np.float32)
    for start in range(0, len(begins), _WORDS_AT_ONCE):
        part = slice(start, start + _WORDS_AT_ONCE)
        energy[part] = views[begins[part]] @ shape
    mean = float(energy.mean(dtype=np.float64))
    slope = np.diff(np.log(energy + np.float32(max(_POWER_FLOOR * mean, 1e-20))), axis=1)
    change = slope[Fingerprint.BACK_WORDS :] - slope[: -Fingerprint.BACK_WORDS]
    words = ((change > 0) @ (1 << np.arange(change.shape[1], dtype=np.uint32))).astype(np.uint16)
    level = energy.mean(axis=1)
    silent = np.minimum(level[Fingerprint.BACK_WORDS :], level[: -Fingerprint.BACK_WORDS]) <= _SILENT_SHARE * mean
    words[silent] = 0
    size = np.abs(change)
    soft = np.rint(127.0 * np.tanh(change / max(float(size.mean()), 1e-9))).astype(np.int8)
    soft[silent] = 0
    first = size.argmin(axis=1)
    np.put_along_axis(size, first[:, None], np.inf, axis=1)
    return words, np.stack([first, size.argmin(axis=1)], axis=1).astype(np.uint8), soft


def power_of(frames: FloatArray) -> FloatArray:
    """Power spectra of frames under a Hann window, shape (count, 513)."""
    spectra = fft.rfft(frames * ShortWindow.samples(), axis=1, workers=1)
    power: FloatArray = np.square(spectra.real) + np.square(spectra.imag)
    return power


@cache
def _word_bank(pitch: float) -> FloatArray:
    """The mel bands of fingerprints, shifted by the pitch; shape (128, 17)."""
    edges = ShortWindow.mel_edges_hz()[Fingerprint.BANDS.start : Fingerprint.BANDS.stop + 2]
    return _triangles(edges * pitch)[:_WORD_BINS]


@cache
def course_bank(pitch: float) -> FloatArray:
    """The course bands of a track that is pitched by `pitch`; shape (513, 32)."""
    low, high = np.log(_COURSE_HZ)
    return _triangles(np.exp(np.linspace(low, high, COURSE_BANDS + 2)) / pitch)


def _triangles(edges: npt.NDArray[np.float64]) -> FloatArray:
    """Triangular filters between adjacent edges, each of area 1."""
    hz = ShortWindow.bins_hz()
    bin_hz = hz[1]
    # at least as wide as the transform's resolution: a band between two bins would be empty
    low, high = np.minimum(edges[:-2], edges[1:-1] - bin_hz), np.maximum(edges[2:], edges[1:-1] + bin_hz)
    rising = (hz[:, None] - low) / (edges[1:-1] - low)
    falling = (high - hz[:, None]) / (high - edges[1:-1])
    bank = np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (high - low))
    return bank.astype(np.float32)


def as_levels(power: FloatArray) -> npt.NDArray[np.uint8]:
    """Convert powers to bytes in steps of 0.5 dB from -100 dB."""
    decibels = 10.0 * np.log10(power + np.float32(1e-12))
    steps = (decibels - COURSE_FLOOR_DB) / COURSE_STEP_DB
    return np.clip(np.rint(steps), 0, 255).astype(np.uint8)


def track_course(mono: FloatArray, speed: float, pitch: float) -> npt.NDArray[np.uint8]:
    """The course of a track at a speed and a pitch, from its beginning; shape (n, 32).

    mono: the whole track, float32 at 22 050 Hz
    """
    hop = ShortWindow.HOP * speed
    count = int(mono.size / hop) // COURSE_FRAMES * COURSE_FRAMES
    padded = np.pad(mono, (ShortWindow.LENGTH // 2, ShortWindow.LENGTH))
    views = np.lib.stride_tricks.sliding_window_view(padded, ShortWindow.LENGTH)
    rows = np.empty((count // COURSE_FRAMES, COURSE_BANDS), dtype=np.uint8)
    for start in range(0, count, _BATCH):
        begins = np.round(np.arange(start, min(start + _BATCH, count)) * hop).astype(np.int64)
        levels = power_of(views[begins]) @ course_bank(pitch)
        rows[start // COURSE_FRAMES : (start + len(begins)) // COURSE_FRAMES] = as_levels(
            levels.reshape(-1, COURSE_FRAMES, COURSE_BANDS).mean(axis=1)
        )
    return rows
