"""The studio of the tempo clips: sound fonts, halls, old records, and what mixing desks do to a sound."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from typing import Any

import numpy as np
from midi_file import Note, write_notes
from scipy.signal import fftconvolve
from sound_fonts import sound_fonts

Samples = np.ndarray[Any, np.dtype[np.float32]]
Vector = np.ndarray[Any, np.dtype[np.float64]]

SAMPLE_RATE_HZ = 22050
HALL_S = (0.8, 2.6)
"""Reverberation time."""
OLD_LOW_HZ, OLD_HIGH_HZ = (90.0, 350.0), (2800.0, 6500.0)
"""What records before the microgroove passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One labelled piece of music; clips of the same `group` never stand on both sides of a cross-validation.

    `beats_s` are all beats, some after the end; every `metre`-th of them, from the first on, begins a bar.
    """

    y: Samples
    bpm: float
    style: str
    group: str
    beats_s: Vector
    metre: int


def recorded(parts: list[tuple[int, int, list[Note]]], rng: np.random.Generator, n_samples: int) -> Samples:
    """What the synthesiser makes of the notes with one of the sound fonts, mono, within -1 to 1."""
    font = sound_fonts()[int(rng.integers(2))]
    y = synthesised(parts, font=font, room=rng.random() < 0.4, gain=0.4)[:n_samples]
    return np.pad(y, (0, max(0, n_samples - y.size)))


def synthesised(parts: list[tuple[int, int, list[Note]]], *, font: str, room: bool, gain: float) -> Samples:
    """What FluidSynth makes of the notes, mono, within -1 to 1; `room`: with its reverberation and chorus."""
    effects = [] if room else ["-R", "0", "-C", "0"]
    with tempfile.TemporaryDirectory() as folder:
        midi, raw = os.path.join(folder, "clip.mid"), os.path.join(folder, "clip.raw")
        with open(midi, "wb") as file:
            file.write(write_notes(parts))
        command = ["fluidsynth", "-ni", "-q", "-o", "synth.dynamic-sample-loading=1", *effects, "-g", str(gain)]
        command += ["-r", str(SAMPLE_RATE_HZ), "-T", "raw", "-O", "s16", "-F", raw, font, midi]
        subprocess.run(command, check=True, capture_output=True, timeout=600)
        y = np.fromfile(raw, dtype="<i2").reshape(-1, 2).mean(axis=1)
    return np.asarray(y / 32768.0, dtype=np.float32)


def hall(y: Samples, rng: np.random.Generator) -> Samples:
    """The sound and, after a gap, its tail in a large room."""
    n = round(rng.uniform(*HALL_S) * SAMPLE_RATE_HZ)
    tail = rng.normal(size=n) * np.exp(-6.9 * np.arange(n) / n)
    # Walls swallow what is high.
    tail = np.convolve(tail, np.exp(-np.arange(24) / rng.uniform(0.5, 6.0)), mode="same")
    late = int(rng.uniform(0.0, 0.04) * SAMPLE_RATE_HZ)
    size = 1 << int(y.size + n).bit_length()
    wet = np.fft.irfft(np.fft.rfft(y, size) * np.fft.rfft(tail, size), size)[: y.size]
    wet = np.concatenate([np.zeros(late), wet])[: y.size]
    share = rng.uniform(0.1, 0.7) * np.sqrt(np.mean(np.square(y)) / (np.mean(np.square(wet)) + 1e-12))
    return np.asarray(y + share * wet, dtype=np.float32)


def old_record(y: Samples, rng: np.random.Generator) -> Samples:
    """A narrow band, hiss, crackle and a saturated cutter."""
    hz = np.maximum(np.fft.rfftfreq(y.size, 1.0 / SAMPLE_RATE_HZ), 1.0)
    gain = (
        1.0 / np.sqrt(1.0 + (hz / rng.uniform(*OLD_HIGH_HZ)) ** 8) / np.sqrt(1.0 + (rng.uniform(*OLD_LOW_HZ) / hz) ** 6)
    )
    cut: Any = np.fft.irfft(np.fft.rfft(y) * gain, y.size)
    cut = np.tanh(rng.uniform(1.0, 3.0) * cut / (np.abs(cut).max() + 1e-9))
    crackle = rng.normal(size=y.size) * (rng.random(y.size) < rng.uniform(0.0, 6e-4))
    hiss = rng.normal(size=y.size)
    return np.asarray(cut + 10.0 ** rng.uniform(-3.5, -1.5) * hiss + rng.uniform(0.05, 0.5) * crackle, dtype=np.float32)


def treated(y: Samples, rng: np.random.Generator, *, gently: bool = False) -> Samples:
    """Compress, drive, tilt and add noise, each with some chance; more rarely and with less noise if `gently`."""
    out: Any = y
    if rng.random() < (0.5 if gently else 0.6):
        block = SAMPLE_RATE_HZ // 50
        power = fftconvolve(np.square(out), np.full(8 * block, 1.0 / (8 * block)), mode="same")[::block]
        level = np.sqrt(np.interp(np.arange(out.size), np.arange(power.size) * block, np.maximum(power, 0.0)) + 1e-5)
        out = (out * level ** -rng.uniform(0.0, 0.7)).astype(np.float32)
    out = out / (np.abs(out).max() + 1e-6)
    if rng.random() < (0.3 if gently else 0.4):
        out = np.tanh(out * np.float32(rng.uniform(1.0, 5.0)))
    if rng.random() < 0.5:
        out = out - np.float32(rng.uniform(-0.7, 0.85)) * np.concatenate([out[:1], out[:-1]])
    out = 0.8 * out / (np.abs(out).max() + 1e-6)
    if rng.random() < 0.4:
        out = out + rng.normal(0.0, 10.0 ** rng.uniform(-4.0, -1.9 if gently else -1.7), out.size)
    return np.asarray(out, dtype=np.float32)
