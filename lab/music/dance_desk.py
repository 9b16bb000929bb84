"""A mixing desk in numpy for made dance tracks: hits onto buses, filters that open and close, ducking, one master."""

from __future__ import annotations

from typing import Any

import numpy as np
from made_track import Samples

FRAME = 4096
"""Samples of one frame of a moving filter, a tenth of a second at 44.1 kHz."""
LIMIT = 0.93
"""Peak of what leaves the desk, so that nothing is clipped when it is written."""


class Desk:
    """Buses of equal length that are mixed into one.

    seconds: float > 0, length
    rate_hz: samples a second
    """

    def __init__(self, seconds: float, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.size = round(seconds * rate_hz)
        self._buses: dict[str, Samples] = {}

    def bus(self, name: str) -> Samples:
        """The samples of a bus, silent when it is new; written in place."""
        if name not in self._buses:
            self._buses[name] = np.zeros(self.size, dtype=np.float32)
        return self._buses[name]

    def hit(self, bus: str, y: Samples, at_s: float, gain: float = 1.0) -> None:
        """Add a sound that begins at a time; what lies outside the desk's length is lost."""
        start = round(at_s * self.rate_hz)
        first, last = max(0, start), min(self.size, start + y.size)
        if first < last:
            self.bus(bus)[first:last] += np.float32(gain) * y[first - start : last - start]

    def sweep(self, bus: str, start_s: float, end_s: float, from_hz: float, to_hz: float, *, high: bool) -> None:
        """Filter a bus between two times with a corner that moves evenly in pitch; `high`: highs pass."""
        first, last = (int(np.clip(round(at * self.rate_hz), 0, self.size)) for at in (start_s, end_s))
        if last - first > FRAME:
            y = self.bus(bus)
            y[first:last] = swept(y[first:last], self.rate_hz, from_hz, to_hz, high=high)

    def level(self, bus: str, start_s: float, end_s: float, from_gain: float, to_gain: float) -> None:
        """Move the level of a bus evenly between two times."""
        first, last = (int(np.clip(round(at * self.rate_hz), 0, self.size)) for at in (start_s, end_s))
        self.bus(bus)[first:last] *= np.linspace(from_gain, to_gain, last - first, dtype=np.float32)

    def duck(self, bus: str, times_s: list[float], depth: float, release_s: float) -> None:
        """Push a bus down at each of the times, as a compressor does that listens to the kick."""
        n = round(release_s * self.rate_hz)
        shape = (1.0 - depth * (1.0 - np.linspace(0.0, 1.0, n)) ** 2).astype(np.float32)
        y = self.bus(bus)
        for at_s in times_s:
            start = round(at_s * self.rate_hz)
            if 0 <= start < self.size:
                part = y[start : start + n]
                part *= shape[: part.size]

    def echo(self, bus: str, delay_s: float, feedback: float, gain: float) -> None:
        """Add repeats to a bus, three of them."""
        y = self.bus(bus)
        dry = y.copy()
        for number in range(1, 4):
            shift = round(number * delay_s * self.rate_hz)
            if shift < y.size:
                y[shift:] += np.float32(gain * feedback ** (number - 1)) * dry[: y.size - shift]

    def mixed(self, drive: float) -> Samples:
        """All buses together, driven into saturation, peak at `LIMIT`."""
        y: Any = np.sum(list(self._buses.values()), axis=0, dtype=np.float32)
        y /= np.float32(np.percentile(np.abs(y[::16]), 99.9) + 1e-6)
        y = np.tanh(np.float32(drive) * y)
        return np.asarray(LIMIT * y / (np.abs(y).max() + 1e-9), dtype=np.float32)


def swept(y: Samples, rate_hz: int, from_hz: float, to_hz: float, *, high: bool) -> Samples:
    """Filter samples, 24 dB an octave, with a corner that moves evenly in pitch from one frequency to the other."""
    hop = FRAME // 2
    window = np.sin(np.pi * (np.arange(FRAME) + 0.5) / FRAME).astype(np.float32)
    padded = np.pad(y, (hop, FRAME))
    count = (padded.size - FRAME) // hop + 1
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::hop][:count] * window
    spectra = np.fft.rfft(frames, axis=1)
    hz = np.maximum(np.fft.rfftfreq(FRAME, 1.0 / rate_hz), 1.0)
    corner = np.exp(np.linspace(np.log(from_hz), np.log(to_hz), count))[:, None]
    ratio = corner / hz if high else hz / corner
    spectra *= 1.0 / np.sqrt(1.0 + np.minimum(ratio, 1e3) ** 8)
    wave = np.fft.irfft(spectra, FRAME, axis=1).astype(np.float32) * window
    out = np.zeros(padded.size + FRAME, dtype=np.float32)
    for parity in (0, 1):
        part = wave[parity::2].ravel()
        out[parity * hop : parity * hop + part.size] += part
    return out[hop : hop + y.size]


def noise(seconds: float, rate_hz: int, rng: np.random.Generator) -> Samples:
    """White noise within -1 to 1."""
    return rng.uniform(-1.0, 1.0, round(seconds * rate_hz)).astype(np.float32)


def riser(seconds: float, rate_hz: int, rng: np.random.Generator, *, low_hz: float, top_hz: float) -> Samples:
    """Noise that rises in level and pitch."""
    y = swept(noise(seconds, rate_hz, rng), rate_hz, low_hz, top_hz, high=False)
    return np.asarray(y * np.linspace(0.0, 1.0, y.size) ** 2, dtype=np.float32)


def tuned(y: Any, factor: float) -> Samples:
    """A hit played faster (factor above 1) or slower, by reading between its samples."""
    places = np.arange(0.0, y.size - 1, factor)
    return np.interp(places, np.arange(y.size), y).astype(np.float32)
