"""The studio of the key clips: a synthesiser, levels, and what studios, codecs and old machines do to a sound.

Needs `fluidsynth` (Debian: fluidsynth) and the fonts of `sound_fonts`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from key_voices import SAMPLE_RATE_HZ, Samples
from midi_file import Note
from sound_fonts import FLUID
from studio import synthesised

DETUNE_CENTS = 45.0


def levelled(y: Samples) -> Samples:
    """Root mean square 0.1 where something sounds."""
    level = float(np.sqrt(np.mean(np.square(y)))) if y.size else 0.0
    return y * np.float32(0.1 / level) if level > 1e-6 else y


def scaled(y: Samples, rng: np.random.Generator, low_db: float, high_db: float) -> Samples:
    """The same at a level drawn between two, relative to `levelled`."""
    return levelled(y) * np.float32(10.0 ** (rng.uniform(low_db, high_db) / 20.0))


def recorded(
    parts: list[tuple[int, int, list[Note]]], rng: np.random.Generator, n_samples: int, font: str = FLUID
) -> Samples:
    """What the synthesiser makes of the notes, mono."""
    y = synthesised(parts, font=font, room=rng.random() < 0.4, gain=0.4)[:n_samples]
    return np.pad(y, (0, max(0, n_samples - y.size)))


def treated(y: Samples, rng: np.random.Generator) -> Samples:
    """Chorus, room, saturation, filters, noise, another tuning and an unsteady tape, each with some chance."""
    out: Any = y / (np.abs(y).max() + 1e-9)
    if rng.random() < 0.25:
        out = out + np.float32(rng.uniform(0.2, 0.9)) * _wandering(
            out, rng, rng.uniform(3.0, 18.0), rng.uniform(0.2, 2.0)
        )
    if rng.random() < 0.3:
        out = out + np.float32(rng.uniform(0.1, 0.8)) * _reverberated(out, rng)
    if rng.random() < 0.45:
        out = np.tanh(np.float32(rng.uniform(1.0, 8.0)) * out / (np.abs(out).max() + 1e-9))
    if rng.random() < 0.5:
        out = _filtered(out, rng)
    if rng.random() < 0.35:
        noise = rng.normal(size=out.size)
        if rng.random() < 0.5:  # hiss falls by 6 dB an octave where it is rumble
            noise = np.convolve(noise, 0.95 ** np.arange(60), mode="same")
        out = out + np.float32(10.0 ** rng.uniform(-3.5, -1.2)) * (noise / noise.std())
    if rng.random() < 0.35:
        ratio = 2.0 ** (rng.uniform(-DETUNE_CENTS, DETUNE_CENTS) / 1200.0)
        out = np.interp(np.arange(0.0, out.size - 1, ratio), np.arange(out.size), out)
    if rng.random() < 0.15:
        out = _wandering(out, rng, rng.uniform(2.0, 12.0), rng.uniform(0.3, 1.5))
    return np.asarray(0.8 * out / (np.abs(out).max() + 1e-9), dtype=np.float32)


def _wandering(y: Samples, rng: np.random.Generator, cents: float, rate_hz: float) -> Samples:
    """The signal with a pitch that swings by some cents: a worn tape, or the second voice of a chorus."""
    depth = cents / 1200.0 * np.log(2.0) / (2.0 * np.pi * rate_hz) * SAMPLE_RATE_HZ
    n = np.arange(y.size)
    swing = depth * np.sin(2.0 * np.pi * (rate_hz * n / SAMPLE_RATE_HZ + rng.random()))
    return np.asarray(np.interp(n + swing, n, y), dtype=np.float32)


def _reverberated(y: Samples, rng: np.random.Generator) -> Samples:
    n = round(rng.uniform(0.3, 1.5) * SAMPLE_RATE_HZ)
    tail = rng.normal(size=n) * np.exp(-6.9 * np.arange(n) / n)
    size = 1 << int(y.size + n - 1).bit_length()
    wet = np.fft.irfft(np.fft.rfft(y, size) * np.fft.rfft(tail, size), size)[: y.size]
    return np.asarray(wet / (np.abs(wet).max() + 1e-9), dtype=np.float32)


def _filtered(y: Samples, rng: np.random.Generator) -> Samples:
    """A tilt, and now and then the narrow band of an old recording or a low bit rate."""
    hz = np.maximum(np.fft.rfftfreq(y.size, 1.0 / SAMPLE_RATE_HZ), 1.0)
    gain = (hz / 700.0) ** rng.uniform(-0.45, 0.45)
    if rng.random() < 0.35:
        gain /= np.sqrt(1.0 + (hz / rng.uniform(2500.0, 8000.0)) ** 8)
    if rng.random() < 0.3:
        gain /= np.sqrt(1.0 + (rng.uniform(50.0, 200.0) / hz) ** 6)
    return np.asarray(np.fft.irfft(np.fft.rfft(y) * gain, y.size), dtype=np.float32)
